#!/bin/sh
# kinc-crun as Podman's runtime, for a container that crun alone refuses in a
# user namespace.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/ground.sh"

if [ "${1:-}" != inner ]; then
	what="kinc-crun under Podman"
	for tool in podman crun busybox; do
		command -v "$tool" >/dev/null || { skip "$what" "no $tool"; finish; }
	done
	[ "$(id -u)" -eq 0 ] || { skip "$what" "an ordinary user maps only one id"; finish; }
	ground_run "$0" inner
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$what" "no user namespace with a cgroup2 mount here"
		status=0
	fi
	exit "$status"
fi

mount -t tmpfs none /run || exit 77
work=/run/test
mkdir -p $work/rootfs/bin
cp "$(command -v busybox)" $work/rootfs/bin/
# The container keeps the output open, so that it goes to a file.
with() {
	runtime=$1
	shift
	HOME=$work podman --root $work/store --runroot $work/state --storage-driver vfs --events-backend none \
		--cgroup-manager cgroupfs --runtime "$runtime" "$@" >$work/out 2>&1 </dev/null
}
run() {
	with "$1" run --detach --name c --network none --oom-score-adj -500 --pids-limit 99 --memory 64m \
		--ulimit nofile=1048576:1048576 --rootfs $work/rootfs /bin/busybox sleep 1000
}
# works WANTED ARGUMENT...: what Podman prints.
works() {
	works_wanted=$1
	shift
	with "$KINC_BUILD/bin/kinc-crun" "$@"
	is "$1" "$? $(cat $work/out)" "0 $works_wanted"
}
run /usr/bin/crun
like "crun alone refuses it" "$? $(cat $work/out)" '^12[56] .*(Operation not permitted|not available)'
with /usr/bin/crun rm --force c
run "$KINC_BUILD/bin/kinc-crun"
like "run" "$? $(cat $work/out)" '^0 [0-9a-f]{64}$'
id=$(cat $work/out)
works hello exec c /bin/busybox echo hello
for command in pause unpause kill rm; do works c $command c; done
is "nothing of it is left" "$(find /sys/fs/cgroup /run/crun $work/state -name "*$id*")" ""
finish
