# Sourced after lib.sh: a pod's image through mirrors of a registry, one of which
# is Debian's docker-registry. The user runs it beside the cluster.

# registry_begin: `registry` is where a node finds it, by podman's name of its host.
registry_begin() {
	program=$KINC_CACHE/docker-registry
	if [ ! -x "$program" ]; then
		unpacked=$(mktemp -d "$KINC_CACHE/registry.XXXXXX")
		mmdebstrap --quiet --variant=extract --include=docker-registry bookworm "$unpacked" "$KINC_MIRROR" >&2 &&
			mv "$unpacked/usr/bin/docker-registry" "$program"
		rm -rf --one-file-system "${unpacked:?}"
	fi
	cp "$program" "$home/docker-registry"
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: /home/%s/registry}}\nhttp: {addr: ":0"}\n' "$user" >"$home/registry.yml"
	# Not by in_host: a signal would reach the function's shell and no more.
	"$launch" enter --user "$user" -- "/home/$user/docker-registry" serve "/home/$user/registry.yml" >"$home/registry.log" 2>&1 &
	registry_job=$!
	wait_for 60 grep -q 'listening on' "$home/registry.log"
	registry=host.containers.internal:$(sed -n 's/.*listening on .*:\([0-9]*\).*/\1/p' "$home/registry.log")
}

# mirrors_of_test: the value of registryMirrors: nothing listens at the first one.
mirrors_of_test() { echo "{registry.example: [\"http://host.containers.internal:1\", \"http://$registry\"]}"; }

# mirror_check CLUSTER: localhost/loaded:1 of the user's Podman is pulled by a pod.
mirror_check() {
	name=$1
	check "$name: an image is pushed to the mirror" in_host podman --cgroup-manager=cgroupfs push --quiet --tls-verify=false \
		localhost/loaded:1 "127.0.0.1:${registry#*:}/some/loaded:1"
	is "$name: a pod gets it through the second mirror when the first is down" \
		"$(loaded_pod mirrored registry.example/some/loaded:1 Always)" 'from mirrored'
	check "$name: the mirror was asked for it" grep -q 'GET.*/v2/some/loaded/blobs/' "$home/registry.log"
}

registry_end() {
	kill "$registry_job"
	wait "$registry_job"
	rm -rf "${home:?}/registry" "$home/docker-registry" "$home/registry.yml"
}
