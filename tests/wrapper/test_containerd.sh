#!/bin/sh
# kinc-crun under the node's own containerd and crun, in a user namespace such
# as the node's: what is done to a container later works, too. KINC_CONTAINERD
# names a directory with another containerd's programs to take instead.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/ground.sh"

if [ "${1:-}" != inner ]; then
	what="kinc-crun under containerd"
	[ "$(id -u)" -eq 0 ] || { skip "$what" "only root can unpack the node's root"; finish; }
	case $(ldd "$KINC_BUILD/bin/kinc-crun" 2>&1) in
	*statically*) ;;
	*) skip "$what" "a build with sanitizers does not run on the node's root"; finish ;;
	esac
	tar=$("$KINC_TOP/containerfile/build/root.sh" node-containerd) || exit 111
	root=$(mktemp -d)
	trap 'rm -rf --one-file-system "$root"' EXIT
	chmod 0755 "$root"
	tar -C "$root" -xpf "$tar" --exclude='./dev/*'
	install -D "$KINC_BUILD/bin/kinc-crun" "$root/usr/libexec/kinc/kinc-crun"
	install -D "$(command -v busybox)" "$root/bundle/rootfs/bin/busybox"
	install -D -m 0644 "$KINC_TOP/containerfile/rootfs-containerd/etc/containerd/config.toml" \
		"$root/etc/containerd/config.toml"
	install -D -m 0755 "$0" "$root/kinc/tests/wrapper/test_containerd.sh"
	cp "$KINC_TOP/tests/lib.sh" "$root/kinc/tests/"
	cp "$KINC_TOP/tests/wrapper/ground.sh" "$root/kinc/tests/wrapper/"
	for program in ${KINC_CONTAINERD:+containerd ctr containerd-shim-runc-v2}; do
		install -D "$KINC_CONTAINERD/$program" "$root/usr/local/bin/$program"
	done
	# shellcheck disable=SC2016
	ground_run -c '
		set -e
		mount --bind "$1" "$1"
		cd "$1"
		mkdir -p proc sys run
		mount -t proc proc proc
		mount --rbind /sys sys
		mount -t tmpfs tmpfs run
		mkdir -p dev old tmp
		mount -t tmpfs -o mode=755 tmpfs dev
		for node in null zero full random urandom tty; do
			: >dev/$node
			mount --bind /dev/$node dev/$node
		done
		ln -s /proc/self/fd dev/fd
		ln -s /proc/self/fd/0 dev/stdin
		pivot_root . old
		cd /
		umount -l old
		exec /kinc/tests/wrapper/test_containerd.sh inner' pivot "$root"
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$what" "no user namespace with a cgroup2 mount here"
		status=0
	fi
	exit "$status"
fi

# Here the root is the node's; /bundle has a static busybox.
kinc=/usr/libexec/kinc/kinc-crun
state=/run/containerd/runc/default
mkdir -p /run/kinc/crun /etc/kinc /run/log
# The floor, as kinc-init finds it: below the score of a shim.
cat /proc/self/oom_score_adj >/run/kinc/oom-score-adj-min
echo '{"trace": "/run/kinc/crun"}' >/etc/kinc/crun.json
begin_containerd() {
	containerd >>/run/log/containerd 2>&1 &
	containerd=$!
	wait_for 30 ctr version
}
in_container() { ctr task exec --exec-id "e$tap_count" c /bin/busybox "$@" 2>&1; }
pid_of() { ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }
status_is() { [ "$(ctr task ls | awk '$1 == "c" { print $3 }')" = "$1" ]; }

# A static pod's wishes, of which this namespace refuses most.
cat >/bundle/spec.json <<'SPEC'
{ "ociVersion": "1.0.2", "hostname": "c",
  "process": { "user": { "uid": 0, "gid": 0 }, "cwd": "/", "args": ["/bin/busybox", "sleep", "1000"],
    "env": ["PATH=/bin"], "oomScoreAdj": -998, "apparmorProfile": "cri-containerd.apparmor.d",
    "capabilities": { "bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL", "CAP_CHOWN"],
      "permitted": ["CAP_KILL", "CAP_CHOWN"] },
    "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024 }] },
  "root": { "path": "/bundle/rootfs" },
  "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" }],
  "linux": { "cgroupsPath": "/kubepods/c",
    "resources": { "devices": [{ "allow": false, "access": "rwm" }], "hugepageLimits": [{ "pageSize": "2MB", "limit": 0 }],
      "unified": { "hugetlb.2MB.max": "0" }, "cpu": { "shares": 2, "cpus": "0" } },
    "namespaces": [{ "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "network" }] } }
SPEC
begin_containerd
diag "containerd $(ctr version | awk '/Version/ { print $2 }' | sort -u)"
run() { ctr run --detach --runc-binary "$1" --config /bundle/spec.json c 2>&1; }
like 'crun alone refuses the spec' "$(run /usr/bin/crun)" 'OCI runtime create failed.*(oom_score_adj|not available|Operation not permitted)'
ctr container rm c >/dev/null 2>&1
is 'create and start' "$(run $kinc)" ''
check 'kinc-crun has made it' grep -q '"oom-score"' /run/kinc/crun/c.json
is 'its OOM score is the floor' "$(cat "/proc/$(pid_of c)/oom_score_adj")" "$(cat /proc/self/oom_score_adj)"
is "containerd's copy of the spec is as it was written" \
	"$(grep -o '"oomScoreAdj":-998' /run/containerd/io.containerd.runtime.v2.task/default/c/config.json)" '"oomScoreAdj":-998'
is 'exec' "$(in_container echo hello)" hello
in_container sh -c 'exit 7' >/dev/null
is 'exec hands on the exit status' "$?" 7
check 'pause' ctr task pause c
check 'the task is paused' status_is PAUSED
check 'resume' ctr task resume c
# As the shim calls it for UpdateContainerResources.
is 'update' "$(echo '{"unified": {"cgroup.max.depth": "5"}}' | $kinc --root $state update --resources - c 2>&1)" ''
is 'what was updated' "$(cat /sys/fs/cgroup/kubepods/c/cgroup.max.depth)" 5

kill -9 $containerd
wait $containerd 2>/dev/null
check 'the container lives without containerd' kill -0 "$($kinc --root $state state c | awk -F: '/"pid"/ { print $2 + 0 }')"
begin_containerd
check 'containerd restarts and finds it running' status_is RUNNING
is 'exec after the restart' "$(in_container echo again)" again
is 'update after the restart' "$(echo '{"unified": {"cgroup.max.depth": "6"}}' | $kinc --root $state update --resources - c 2>&1)$(cat /sys/fs/cgroup/kubepods/c/cgroup.max.depth)" 6
check 'kill' ctr task kill --signal KILL c
check 'it ends' wait_for 10 status_is STOPPED
check 'delete' ctr task delete --force c
check 'its trace goes with it' test ! -e /run/kinc/crun/c.json
check 'and its state' test ! -e $state/c
check 'and its cgroup' test ! -e /sys/fs/cgroup/kubepods/c
ctr container rm c >/dev/null 2>&1

sed -i 's/"uid": 0/"uid": 70000000/' /bundle/spec.json
like 'what is refused: the sentence reaches who asked containerd' "$(run $kinc)" \
	'OCI runtime create failed: kinc-crun: this node cannot run a process as uid 70000000: .*runAsUser'
kill $containerd
wait $containerd 2>/dev/null
finish
