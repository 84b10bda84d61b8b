# Sourced by the whole-cluster tests. The simulated host is a Debian 12 root
# with its own Podman, an ordinary user, a delegated cgroup and no systemd;
# in it stands a clone of this tree, as a new user would have it, with the slow
# results of earlier builds.

. "$(dirname -- "$0")/../lib.sh"
. "$KINC_TOP/containerfile/build/common.sh"
. "$KINC_TOP/tests/e2e/network.sh"
. "$KINC_TOP/tests/e2e/policy.sh"
. "$KINC_TOP/tests/e2e/mirror.sh"

launch=$KINC_BUILD/bin/kinc-launch
# Another name and number let two runs share a machine.
user=${KINC_TEST_USER:-tester} uid=${KINC_TEST_UID:-4242}
ours=/home/$user/kinc/build/bin/kinc-launch # as it was built in the simulated host
host= grounded=

# in_host COMMAND...: as the user, in the simulated host.
in_host() { "$launch" enter --user $user -- "$@"; }
# in_clone SHELL-TEXT: the same in the clone.
in_clone() { in_host sh -c "cd ~/kinc && $1"; }
# in_node CLUSTER COMMAND...
in_node() {
	node=kinc-$1-control-plane
	shift
	in_host podman --cgroup-manager=cgroupfs exec "$node" "$@"
}
# on CLUSTER KUBECTL-ARGUMENT...: from the host, through the kubeconfig.
on() {
	cluster=$1
	shift
	in_host "$kubectl" --kubeconfig "/home/$user/.kube/kinc-$cluster" "$@"
}

# host_begin [DIRECTORY-OF-BINARIES]
host_begin() {
	if [ "$(id -u)" -ne 0 ]; then
		# shellcheck disable=SC2086
		! sudo -n true 2>/dev/null || exec sudo env KINC_CACHE="$KINC_CACHE" KINC_BUILD="$KINC_BUILD" \
			${KINC_TEST_BIN_DIR:+"KINC_TEST_BIN_DIR=$KINC_TEST_BIN_DIR"} \
			${KINC_TEST_BIN_DIR_BEFORE:+"KINC_TEST_BIN_DIR_BEFORE=$KINC_TEST_BIN_DIR_BEFORE"} "$0"
		skip 'the simulated host' "only root can make it, and sudo does not let us: sudo $0"
		finish
	fi
	kubernetes=${1:-$("$KINC_TOP/containerfile/build/kubernetes.sh")} || die 'no Kubernetes'
	root=$("$KINC_TOP/containerfile/build/root.sh" host) || die 'no root for the simulated host'
	for name in "node-$(runtime_of "$kubernetes")" pod; do "$KINC_TOP/containerfile/build/root.sh" $name >/dev/null || exit 111; done
	mounts_before=$(cut -d' ' -f5- /proc/self/mountinfo | sort)
	trap host_end EXIT
	trap 'exit 130' INT TERM
	host_unpack "$root"
	mkdir -p "$home/kinc" "$home/.cache/kinc"
	git -c safe.directory="$KINC_TOP" -C "$KINC_TOP" ls-files -z --cached --others --exclude-standard |
		(cd "$KINC_TOP" && xargs -0 cp --parents --preserve=mode --target-directory "$home/kinc")
	cp /bin/busybox "$home/busybox"
	chown -R "$uid:$uid" "$home"
	for result in "$kubernetes" "$KINC_CACHE"/root-node-*.tar "$KINC_CACHE"/root-pod-*.tar; do
		cp -al "$result" "$home/.cache/kinc/" 2>/dev/null || cp -a "$result" "$home/.cache/kinc/"
	done
	theirs=/home/$user/.cache/kinc/${kubernetes##*/}
	kubectl=$theirs/kubectl
	host_start
}

# host_unpack ROOT: that root in a folder of its own, and the user in it.
host_unpack() {
	host=$(mktemp -d "$KINC_CACHE/host.XXXXXX")
	tar -C "$host" -xpf "$1"
	chmod 0755 "$host"
	echo "$user:x:$uid:$uid:a tester:/home/$user:/bin/sh" >>"$host/etc/passwd"
	echo "$user:x:$uid:" >>"$host/etc/group"
	echo "$user:1000000:65536" | tee "$host/etc/subuid" >"$host/etc/subgid"
	home=$host/home/$user
	mkdir -p "$home"
}

host_start() {
	"$launch" ground --user "$user" --root "$host" >&2 || die 'the simulated host does not start'
	grounded=true
}

# image_make: the node image, in the simulated host.
image_make() {
	in_host true
	if ! output=$(in_clone 'make image' 2>&1); then
		not_ok 'make image'
		diag "$output"
		finish
	fi
	image=$(in_host podman --cgroup-manager=cgroupfs images --format '{{.Repository}}:{{.Tag}}' \
		--filter reference=localhost/kinc/node | head -n 1)
}

# image_keep: what host_bare needs of this host: the image, in $archive, and kubectl.
image_keep() {
	archive=$(mktemp "$KINC_CACHE/node.XXXXXX.tar")
	trap 'host_end; rm -f "$archive" "$archive.kubectl"' EXIT
	in_host podman --cgroup-manager=cgroupfs save --quiet "$image" >"$archive"
	cp "$kubernetes/kubectl" "$archive.kubectl"
}

# host_bare NAME: after image_keep, the simulated host of that root (root.sh) instead
# of the one that there is: without the clone, kinc-launch and kubectl as installed.
# It is not started yet.
host_bare() {
	host_end
	root=$("$KINC_TOP/containerfile/build/root.sh" "$1") || die "no root \"$1\""
	host_unpack "$root"
	cp "$launch" "$host/usr/local/bin/kinc-launch"
	cp "$archive.kubectl" "$host/usr/local/bin/kubectl"
	ours=kinc-launch kubectl=kubectl
	# The network of the tests' machine is what slirp4netns was proved on.
	mkdir -p "$home/.config/containers"
	printf '[network]\ndefault_rootless_network_cmd = "slirp4netns"\n' >"$home/.config/containers/containers.conf"
	chown -R "$uid:$uid" "$home"
}

# host_stop: ends all that runs in it; its files stay.
host_stop() {
	[ -n "$grounded" ] || return 0
	"$launch" unground --user "$user" >&2
	grounded=
}

host_end() {
	[ -n "$host" ] || return 0
	host_stop
	rm -rf --one-file-system "$host"
	host=
}

# cluster_up CLUSTER DESCRIPTION COMMAND...: a check that all that follows needs.
# What COMMAND printed is in $tap_output.
cluster_up() {
	name=$1 failed_before=$tap_failed
	shift
	check "$@"
	[ "$tap_failed" -ne "$failed_before" ] || return 0
	diag "$(in_host podman --cgroup-manager=cgroupfs logs "kinc-$name-control-plane" 2>&1 | tail -n 60)"
	finish
}

# What the user has: to compare before a cluster and after it.
host_inventory() {
	in_host sh -c '
		p="podman --cgroup-manager=cgroupfs"
		echo containers: $($p ps --all --quiet)
		echo volumes: $($p volume ls --quiet)
		echo mounts: $(cut -d" " -f5 /proc/self/mountinfo | sort)
		echo processes: $(ps -u "$(id -u)" -o args= | grep -v "^podman\$\|catatonit\|^ps\|^sh\|kinc-launch" | sort)
		echo files: $(ls ~/.kube "$XDG_RUNTIME_DIR/kinc" 2>/dev/null | grep -v "cache\$\|:\$")
		echo cgroups: $(find /sys/fs/cgroup/kinc.'$user' -mindepth 2 -type d | sort)'
}

# cluster_check CLUSTER TYPES: what every cluster must show; TYPES are those
# of its CNI plugins.
cluster_check() {
	name=$1
	is "$name: PID 1 is kinc-init" \
		"$(in_node "$name" sha256sum /proc/1/exe | cut -d' ' -f1)" \
		"$(sha256sum "$home/kinc/build/bin/kinc-init" | cut -d' ' -f1)"
	is "$name: its only CNI plugins are $2" \
		"$(in_node "$name" sh -c 'cat /etc/cni/net.d/*' | jq -r '.plugins[].type' | paste -sd' ')" "$2"
	untraced='' count=0
	for id in $(in_node "$name" sh -c 'for root in /run/containerd/runc/k8s.io /run/crun; do
			[ ! -d $root ] || ls $root; done'); do
		count=$((count + 1))
		in_node "$name" test -s "/run/kinc/crun/$id.json" || untraced="$untraced $id"
	done
	is "$name: kinc-crun made every container" "$untraced" ''
	check "$name: and there are at least seven ($count)" test "$count" -ge 7
	is "$name: no unit runs a shell, or kubeadm init without a phase" \
		"$(in_node "$name" sh -c 'cat /usr/lib/kinc/units/*.json' | jq -r '
			select(.exec) | select((.exec[0] | test("(^|/)(ba|da)?sh$")) or
			(.exec[0] == "kubeadm" and (.exec[1:3] != ["init", "phase"]))) | .description')" ''
	is "$name: no program of a unit is a script" \
		"$(in_node "$name" sh -c 'for program in '"$(in_node "$name" sh -c 'cat /usr/lib/kinc/units/*.json' |
			jq -r '.exec[0]? // empty' | sort -u | paste -sd' ')"'; do
				case $(head -c 2 "$(command -v $program)") in "#!") echo $program ;; esac
			done')" ''
	# Podman lists those that it would not have given by itself.
	is "$name: no capability but four is added, and nothing is privileged" \
		"$(in_host podman container inspect "kinc-$name-control-plane" | jq -c '.[0].HostConfig |
			[(.CapAdd - ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]), .Privileged]')" \
		'[[],false]'
}

# workload_check CLUSTER: two pods of a Deployment answer a third through their
# Service. They run busybox out of a folder of the node, on the image of pause:
# no registry, and the same for every runtime.
workload_check() {
	name=$1
	in_node "$name" mkdir -p /var/lib/kinc/test
	in_host podman cp /home/$user/busybox "kinc-$name-control-plane:/var/lib/kinc/test/busybox" 2>/dev/null
	on "$name" apply -f "/home/$user/kinc/tests/e2e/workload.yaml" >/dev/null
	check "$name: the Deployment becomes available" \
		on "$name" rollout status deployment/web --timeout=120s
	check "$name: the client runs" on "$name" wait --for=condition=Ready pod/client --timeout=60s
	address=$(on "$name" get service web -o 'jsonpath={.spec.clusterIP}')
	like "$name: the Service has an address of its subnet" "$address." \
		"^$(in_host $ours list --json | jq -r --arg name "$name" \
			'.. | objects | select(.name? == $name).service_subnet | sub("([.]0[.]0/16.*|:/112)$"; "")')[.:]"
	wanted=$(on "$name" get pods -l app=web -o 'jsonpath={.items[*].metadata.name}' | tr ' ' '\n' | sort | paste -sd' ')
	answers='' tries=0
	while [ "$answers" != "$wanted" ] && [ $tries -lt 60 ]; do
		tries=$((tries + 1))
		answers=$({ printf '%s\n' $answers
			printf 'GET / HTTP/1.0\r\n\r\n' | on "$name" exec --stdin client -- /test/busybox nc -w 2 "$address" 80
		} | tr -d '\r' | grep '^web-' | sort -u | paste -sd' ')
	done
	is "$name: both pods answer through the Service" "$answers" "$wanted"
	like "$name: the volume claim is bound and written to" \
		"$(on "$name" exec client -- /test/busybox cat /data/written </dev/null)" '^kept$'
}

# loaded_pod NAME IMAGE [POLICY]: what busybox from that image prints, by default one that no registry has.
loaded_pod() {
	on "$name" run "$1" --image="$2" --image-pull-policy="${3:-Never}" --restart=Never -- /busybox echo "from $1" >/dev/null
	wait_for 60 loaded_ended "$1"
	on "$name" logs "$1"
}
loaded_ended() { [ "$(on "$name" get pod "$1" -o 'jsonpath={.status.phase}')" = Succeeded ]; }

# load_check CLUSTER: images that the user made, of two layers, reach pods.
load_check() {
	name=$1
	in_host sh -c 'mkdir ~/loaded && cp ~/busybox ~/loaded/ && cd ~/loaded && echo words >file &&
		printf "FROM scratch\nCOPY busybox /busybox\nCOPY file /file\n" >Containerfile &&
		podman --cgroup-manager=cgroupfs build --quiet --layers --tag localhost/loaded:1 --tag localhost/loaded:2 . &&
		podman --cgroup-manager=cgroupfs save --quiet --format oci-archive --output oci.tar localhost/loaded:2' >/dev/null
	is "$name: load-image: an image of the user's Podman, by the name of" \
		"$(in_host $ours --cluster "$name" load-image localhost/loaded:1 2>/dev/null)" localhost/loaded:1
	is "$name: it runs" "$(loaded_pod of-podman localhost/loaded:1)" 'from of-podman'
	is "$name: load-image: an OCI archive" \
		"$(in_host $ours --cluster "$name" load-image "/home/$user/loaded/oci.tar" 2>/dev/null)" localhost/loaded:2
	is "$name: it runs" "$(loaded_pod of-archive localhost/loaded:2)" 'from of-archive'
	like "$name: load-image: what is no archive" \
		"$(in_host $ours --cluster "$name" load-image "/home/$user/loaded/file" 2>&1; echo "status $?")" \
		"^status 1$"
	on "$name" delete pod of-podman of-archive >/dev/null
}

# logs_check CLUSTER: what export-logs gathers has all logs, and no secret of the cluster.
logs_check() {
	name=$1
	check "$name: export-logs" in_host sh -c "cd && $ours --cluster $name export-logs logs.tgz"
	is "$name: nothing was missing" "$(tar -tzf "$home/logs.tgz" | grep -c missing.txt)" 0
	is "$name: logs of the static pods are in it" "$(tar -tzf "$home/logs.tgz" |
		grep -o 'pods/kube-system_\(etcd\|kube-apiserver\)-.*/0.log$' | wc -l)" 2
	tar -xOzf "$home/logs.tgz" >"$home/logs.all"
	# One line of each private key, and what the kubeconfigs hold.
	in_node "$name" sh -c 'for key in $(find /etc/kubernetes /var/lib/kubelet -name "*.key"); do sed -n 3p $key; done
		sed -n "s/^ *\(client-key-data\|token\): //p" /etc/kubernetes/*.conf' >"$home/secrets"
	check "$name: there are secrets to look for" test "$(grep -c . "$home/secrets")" -ge 8
	is "$name: none of them is in it" "$(grep -c -F -f "$home/secrets" "$home/logs.all")" 0
	is "$name: nor a key or token of any kind" "$(grep -c -E 'PRIVATE KEY-----|eyJhbGciOi[A-Za-z0-9_-]+[.]' "$home/logs.all")" 0
}

# config_check: a cluster as a file says, and again as another file says. After load_check.
config_check() {
	name=set
	registry_begin
	mkdir "$home/set" "$home/patches" && echo word >"$home/set/file"
	echo 'metadata: { labels: { patched: "yes" } }' >"$home/patches/kube-scheduler0+merge.yaml"
	chown -R "$uid:$uid" "$home/set" "$home/patches"
	cat >"$home/set.yaml" <<-END
		extraPortMappings: [{hostPort: 18080, containerPort: 10256}]
		extraMounts:
		- {hostPath: /home/$user/set, containerPath: /data, readOnly: true}
		kubeadmPatches: /home/$user/patches
		registryMirrors: $(mirrors_of_test)
		featureGates: {TTLAfterFinished: true}
		network: slirp4netns
	END
	check "$name: up --config" in_host $ours --cluster $name --config "/home/$user/set.yaml" up
	is "$name: the folder is there" "$(in_node $name cat /data/file)" word
	like "$name: and cannot be written to" "$(in_node $name touch /data/new 2>&1)" 'Read-only'
	like "$name: the port answers" "$(in_host "/home/$user/busybox" wget -qO- http://127.0.0.1:18080/healthz)" lastUpdated
	for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
		check "$name: $program knows the gate" in_node $name sh -c 'tr "\0" "\n" <"/proc/$(pidof $1)/cmdline" |
			grep -qx -e --feature-gates=TTLAfterFinished=true' - $program
	done
	mirror_check $name
	registry_end
	check "$name: a patch of kubeadm is in effect" in_node $name grep 'patched: "yes"' /etc/kubernetes/manifests/kube-scheduler.yaml
	on $name create configmap kept >/dev/null
	echo 'featureGates: {TTLAfterFinished: false}' >"$home/set.yaml"
	check "$name: up with another configuration" in_host $ours --cluster $name --config "/home/$user/set.yaml" up
	check "$name: the gate is off" in_node $name sh -c 'tr "\0" "\n" <"/proc/$(pidof kube-apiserver)/cmdline" |
		grep -qx -e --feature-gates=TTLAfterFinished=false'
	check "$name: and its data is there" on $name get configmap kept
	check "$name: down" in_host $ours --cluster $name down
	if in_host grep -qw memory "/sys/fs/cgroup/kinc.$user/cgroup.controllers"; then
		check "$name: up --memory --cpus" in_host $ours --cluster $name --memory 3g --cpus 1.5 up
		is "$name: that is what the node can give" "$(on $name get nodes -o 'jsonpath={.items[0].status.allocatable.cpu}')" 1500m
		check "$name: down" in_host $ours --cluster $name down
	else
		like "$name: a limit that cannot hold is refused" "$(in_host $ours --cluster $name --memory 3g up 2>&1)" \
			'only where their cgroup controllers are delegated'
	fi
}

# kinds_check CLUSTER: pods of each kind run as their owner asked, seen from
# inside; what cannot be is said to the owner.
kinds_check() {
	name=$1
	in_node "$name" mkdir -p /var/lib/kubelet/seccomp
	in_host podman --cgroup-manager=cgroupfs cp "/home/$user/kinc/tests/e2e/notify.json" \
		"kinc-$name-control-plane:/var/lib/kubelet/seccomp/notify.json" 2>/dev/null
	on "$name" apply -f "/home/$user/kinc/tests/e2e/kinds.yaml" >/dev/null
	check "$name: pods of each kind run" on "$name" wait --for=condition=Ready --timeout=120s \
		pod/guaranteed pod/burstable pod/besteffort pod/restricted pod/privileged
	inside() {
		pod=$1
		shift
		on "$name" exec "$pod" -- /test/busybox "$@" </dev/null
	}
	scores=$(for pod in guaranteed burstable besteffort; do inside $pod cat /proc/1/oom_score_adj; done | paste -sd' ')
	check "$name: Guaranteed, Burstable, BestEffort keep their OOM order ($scores)" \
		sh -c 'test "$1" -lt "$2" && test "$2" -lt "$3" && test "$3" -eq 1000' order $scores
	like "$name: runAsUser 1000 is 1000, and of its groups only one is left out, which is not mapped" \
		"$(inside restricted sed -n 's/^\(Uid\|Gid\|Groups\):[[:space:]]*//p' /proc/1/status | paste -sd' ' | tr '\t' ' ')" \
		'^1000 1000 1000 1000 1000 1000 1000 1000 (1000 )?2000 ?$'
	is "$name: no capability, no new privileges, a seccomp filter" \
		"$(inside restricted sed -n 's/^\(CapPrm\|CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):[[:space:]]*//p' /proc/1/status | paste -sd' ')" \
		'0000000000000000 0000000000000000 0000000000000400 1 2'
	like "$name: the root filesystem is read-only" "$(inside restricted touch /here 2>&1)" 'Read-only file system'
	like "$name: what the seccomp profile forbids is forbidden" \
		"$(inside restricted unshare -U true 2>&1)" 'Operation not permitted|Function not implemented'
	is "$name: a privileged pod has what the node has" \
		"$(inside privileged sed -n 's/^CapEff:[[:space:]]*//p' /proc/1/status)" \
		"$(in_node "$name" sed -n 's/^CapPrm:[[:space:]]*//p' /proc/1/status)"
	told() { on "$name" describe pod "$1" | grep -q "$2"; }
	check "$name: an unmapped runAsUser is told to its owner" \
		wait_for 60 told unmapped 'kinc-crun: this node cannot run a process as uid 70000000: .*set runAsUser'
	check "$name: so is a profile that would notify nobody" \
		wait_for 60 told notifying 'kinc-crun: the seccomp profile of this container hands system calls'
}

# lives_check CLUSTER PROGRAM: what is done to a container after kinc-crun made
# it, before and after PROGRAM, its runtime, was killed.
lives_check() {
	name=$1
	id_of() { on "$name" get pod "$1" -o 'jsonpath={.status.containerStatuses[0].containerID}' | sed 's|.*//||'; }
	state=$(in_node "$name" sh -c 'ls -d /run/containerd/runc/k8s.io /run/crun 2>/dev/null')
	runtime() { in_node "$name" /usr/libexec/kinc/kinc-crun --root "$state" "$@"; }
	is_replaced() { [ "$(id_of burstable)" != "$ended" ] && inside burstable true; }
	for when in before after; do
		is "$name: exec $when the runtime is killed" "$(inside besteffort echo hello)" hello
		id=$(id_of guaranteed)
		in_node "$name" sh -c "echo '{\"unified\": {\"cgroup.max.depth\": \"${#when}\"}}' >/run/update.json"
		is "$name: update $when" "$(runtime update --resources /run/update.json "$id" 2>&1)" ''
		# CRI-O has a cgroup of the monitor beside it, whose name ends alike.
		is "$name: and what it changed" "$(in_node "$name" find /sys/fs/cgroup \
			-path "*$id/cgroup.max.depth" -exec cat {} + | grep -v max)" ${#when}
		ended=$(id_of burstable)
		check "$name: kill $when" runtime kill "$ended" KILL
		check "$name: kubelet has another one made" wait_for 90 is_replaced
		[ $when = after ] || in_node "$name" sh -c 'kill -9 $(pidof '"$2"')'
		check "$name: exec works $when" wait_for 60 inside guaranteed true
	done
	check "$name: pods are deleted" on "$name" delete --timeout=90s -f "/home/$user/kinc/tests/e2e/kinds.yaml"
	is "$name: and nothing of their containers stays" "$(in_node "$name" find "$state" /run/kinc/crun -name "*$id*")" ''
}

# record_shells FROM TO: an image whose shells tell that they were called.
record_shells() {
	in_clone 'mkdir -p ~/recorder && cc -Os -static -o ~/recorder/recorder tests/e2e/shell_recorder.c &&
		printf "%s\n" "FROM '"$1"'" "COPY recorder /usr/libexec/recorder" \
			"RUN for shell in dash bash; do mv /usr/bin/\$shell /usr/bin/\$shell.real && cp /usr/libexec/recorder /usr/bin/\$shell; done" \
			>~/recorder/Containerfile &&
		podman --cgroup-manager=cgroupfs build --quiet --tag '"$2"' ~/recorder'
}
# shells_check NODE: what record_shells made has come up without one, and would have told.
shells_check() {
	is 'no shell has run between the start of the container and Ready' \
		"$(in_host podman --cgroup-manager=cgroupfs exec "$1" cat /run/shells 2>/dev/null)" ''
	is 'a shell that does run is seen' \
		"$(in_host podman --cgroup-manager=cgroupfs exec "$1" sh -c 'cat /run/shells')" 'sh -c cat /run/shells '
}
