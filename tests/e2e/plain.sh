# Sourced by test_debian.sh: the node image without kinc-launch, by plain
# podman run, and the example of docs/embedding that stands on it.

podman='podman --cgroup-manager=cgroupfs --events-backend=file'
# The port of the machine is shared with what else is tested on it.
plain_port=${KINC_TEST_PORT:-7443}

# in_kinc COMMAND...: in the container of the label "run".
in_kinc() { in_host $podman exec kinc "$@"; }
kinc_ready() { in_kinc kincctl health; }
kinc_units() { in_kinc kincctl status --json | jq -r "$1"; }
web_count() { in_kinc curl -s "http://$(in_kinc kubectl -n web get service web -o 'jsonpath={.spec.clusterIP}')/count"; }

# run_as_labelled IMAGE [FLAG...]: as the image itself says.
run_as_labelled() {
	line=$(in_host $podman image inspect --format '{{index .Labels "run"}}' "$1" |
		sed "s|^podman run|$podman run $2|; s|127.0.0.1:6443:|127.0.0.1:$plain_port:|; s|IMAGE|$1|")
	in_host sh -c "$line" >/dev/null
}
unready() {
	diag "$(in_host $podman logs kinc 2>&1 | tail -n 40)"
	in_host $podman rm --force --volumes kinc >/dev/null
	return 0
}

# sbom_check CONTAINER: the SPDX document names what is really there.
sbom_check() {
	in_host $podman exec "$1" cat /usr/share/kinc/sbom.spdx.json >"$home/sbom"
	listed() { jq -r '.packages[] | select(.SPDXID | startswith("SPDXRef-'"$1"'-")) | '"$2" "$home/sbom" | sort -u; }
	listed deb '"\(.name) \(.versionInfo)"' >"$home/listed"
	is 'the SPDX document has every package with version and digest' \
		"$(in_host $podman exec "$1" dpkg-query -W -f '${Package} ${Version}\n' | sort | comm -23 - "$home/listed" 2>&1
			listed deb 'select(.checksums[0].checksumValue | test("^[0-9a-f]{64}$") | not).name')" ''
	is 'every image' "$(listed image '"\(.name):\(.versionInfo)"')" \
		"$(in_host $podman exec "$1" ctr --namespace k8s.io images ls -q | grep -v ^sha256: | sort)"
	is 'every program of Kubernetes and kinc, with its digest' "$(listed program '"\(.checksums[0].checksumValue)  \(.name)"' |
		in_host $podman exec --interactive "$1" sha256sum --check --quiet 2>&1)" ''
	check 'of which there are at least eight' test "$(listed program .name | wc -l)" -ge 8
}

# plain_check NODE-IMAGE
plain_check() {
	is 'podman run without flags ends with 111' "$(in_host sh -c "$podman run --rm -p 127.0.0.1:$plain_port:6443 $1 >plain.out 2>&1; echo \$?")" 111
	said=$(cat "$home/plain.out")
	like 'and says all that are missing' "$said" \
		'^kinc-init: container: .*add to podman run:  --cap-add=SYS_ADMIN,SYS_PTRACE,NET_ADMIN,NET_RAW --security-opt=unmask=ALL$'
	for flag in --cap-add=SYS_ADMIN --cap-add=SYS_PTRACE --cap-add=NET_ADMIN --security-opt=unmask=ALL; do
		like "what $flag is for" "$said" "container +\| $flag +[a-z/]"
	done
	check 'in one screen' test "$(printf '%s\n' "$said" | wc -l)" -le 24
	flags=$(printf '%s\n' "$said" | sed -n 's/^kinc-init: .*add to podman run:  //p')
	in_host sh -c "$podman run -d --name least -p 127.0.0.1:$plain_port:6443 $flags $1" >/dev/null
	check 'those flags are enough' wait_for 120 in_host $podman exec least kincctl health
	is 'nothing is privileged, seccomp is that of Podman' \
		"$(in_host $podman inspect least | jq -c '.[0].HostConfig | [.Privileged, (.SecurityOpt | map(select(test("seccomp"))))]')" '[false,[]]'
	sbom_check least
	check 'kubectl is ready for who comes in, and bash completes it' in_host $podman exec least bash -ic \
		'kubectl get nodes && _completion_loader kubectl; complete -p kubectl'
	in_host $podman rm --force --volumes --time 30 least >/dev/null
}

# embedding_check NODE-IMAGE
embedding_check() {
	cp /bin/busybox "$home/kinc/docs/embedding/web/busybox"
	check 'the example of docs/embedding is built' in_clone "cd docs/embedding && rm -f web.tar &&
		$podman build --quiet --tag localhost/example/web:1 web &&
		$podman save --quiet --output web.tar localhost/example/web:1 &&
		$podman build --quiet --build-arg NODE=$1 --tag localhost/example/node ."
	check 'and one whose shells tell when they run' record_shells localhost/example/node localhost/example/recorded

	# A configuration that is mounted, with a fault, then one that says something else.
	template=/usr/share/kinc/templates/kubeadm.yaml
	in_host $podman run --rm --entrypoint cat "$1" "$template" >"$home/kubeadm.good"
	sed -i 's/^clusterName:.*/clusterName: mounted/' "$home/kubeadm.good"
	sed 's|podSubnet:.*|podSubnet: "10.244/24"|' "$home/kubeadm.good" >"$home/kubeadm.conf"
	chown "$uid:$uid" "$home/kubeadm.conf" "$home/kubeadm.good"
	mounted="-v /home/$user/kubeadm.conf:/etc/kinc/config/kubeadm.conf"
	run_as_labelled localhost/example/recorded "$mounted"
	config_failed() { in_host $podman logs kinc 2>&1 | grep -q 'config .*FAILED'; }
	wait_for 30 config_failed
	like 'a wrong kubeadm.conf: the file, why, and what to do' "$(in_host $podman logs kinc 2>&1)" \
		'/etc/kinc/config/kubeadm.conf: kubeadm refuses it: .*podSubnet.*correct or remove that file, then restart'
	cat "$home/kubeadm.good" >"$home/kubeadm.conf"
	in_host $podman restart --time 30 kinc >/dev/null
	if wait_for 120 kinc_ready; then ok 'corrected, the example comes up by the line of its label'; else
		not_ok 'corrected, the example comes up by the line of its label'
		unready
		return
	fi
	shells_check kinc
	is 'the mounted configuration is in force' \
		"$(in_kinc kubectl config view -o 'jsonpath={.clusters[0].name}')" mounted
	like 'the pod of the API server is patched' "$(in_kinc cat /etc/kubernetes/manifests/kube-apiserver.yaml)" \
		'example.com/patched: "yes"'
	is 'the web service answers, from its volume' "$(web_count)" 1
	applied=$(in_kinc kubectl -n web get deployment web -o 'jsonpath={.metadata.generation}')

	# The container is stopped and started; then another manifest.
	in_host $podman restart --time 60 kinc >/dev/null
	check 'it comes back when the container is restarted' wait_for 120 kinc_ready
	counted() { [ "$(web_count)" = "$1" ]; }
	check 'with its data' wait_for 60 counted 2
	is 'manifests that have not changed are not applied again' \
		"$(kinc_units '.units[] | select(.name == "site-manifests" or .name == "image@web") | .message' |
			grep -c '^unchanged since')" 2
	in_kinc kubectl -n web delete pod -l app=web >/dev/null
	check 'the volume outlives its pod' wait_for 60 counted 3

	# Another container on the same volume, made from an image that says more.
	in_clone "cd docs/embedding && printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' \
			'metadata: { name: later, namespace: web }' >manifests/30-later.yaml &&
		$podman build --quiet --build-arg NODE=$1 --tag localhost/example/node ." >/dev/null
	in_host $podman rm --force --time 60 kinc >/dev/null
	run_as_labelled localhost/example/node "$mounted"
	check 'another container takes its place' wait_for 120 kinc_ready
	check 'the volume outlives the container' wait_for 60 counted 4
	like 'a changed folder of manifests is applied again' \
		"$(kinc_units '.units[] | select(.name == "site-manifests") | .message')" 'input /etc/kinc/manifests.d changed'
	check 'with what came new' in_kinc kubectl -n web get configmap later
	is 'and what was there stays as it was' \
		"$(in_kinc kubectl -n web get deployment web -o 'jsonpath={.metadata.generation}')" "$applied"

	# The host loses power, as far as its processes can tell.
	host_stop
	"$launch" ground --user "$user" --root "$host" >&2
	grounded=true
	in_host $podman start kinc >/dev/null
	check 'it comes back when the host does' wait_for 120 kinc_ready
	check 'the volume outlives that too' wait_for 60 counted 5
	in_host $podman rm --force --time 60 kinc >/dev/null
	in_host $podman volume rm kinc-var-data >/dev/null
}
