#!/bin/sh
# Units in cgroups of their own, with a real cgroup v2 hierarchy: needs root.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# A cgroup of our own, which becomes the root of a cgroup namespace. It is made
# in a private mount of the hierarchy and removed again.
cat >"$work/enclose" <<'EOF_ENCLOSE'
mount -t cgroup2 none /sys/fs/cgroup || exit 113
own=/sys/fs/cgroup/kinc-init-test-$$
mkdir "$own" && echo $$ >"$own/cgroup.procs" || exit 113
work=$1
shift
unshare -Cpfm --mount-proc --kill-child sh -c '
	umount /sys/fs/cgroup
	mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/kinc || exit 112
	mount -t cgroup2 none /sys/fs/cgroup || exit 113
	sh "$0/inside" >"$0/inside.out" 2>&1 &
	exec "$@"' "$work" "$@"
status=$?
echo $$ >/sys/fs/cgroup/cgroup.procs
for i in 1 2 3 4 5; do
	find "$own" -depth -type d -exec rmdir {} + 2>/dev/null && break
	sleep 0.2
done
exit $status
EOF_ENCLOSE
enclosed() {
	timeout -s KILL 60 unshare -m sh "$work/enclose" "$work" "$init" --units "$units" \
		>"$work/story" 2>"$work/stderr" </dev/null
	status=$?
}

if [ "$(id -u)" -ne 0 ] || ! unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup &&
	mkdir /sys/fs/cgroup/kinc-init-probe.$$ && rmdir /sys/fs/cgroup/kinc-init-probe.$$' 2>/dev/null; then
	skip 'cgroups of units' 'no cgroup v2 hierarchy that could be written'
	finish
fi

unit cluster '{"type":"target","requires":["cgroup","all","only","mixed"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup"}'
unit all '{"type":"service","requires":["cgroup"],"exec":["sh","-c","setsid sleep 1001 & exec sleep 1000"]}'
unit only '{"type":"service","requires":["cgroup"],"exec":["sh","-c","setsid sleep 2001 & exec sleep 2000"],"stop":{"mode":"process"},"restart":{"delay_ms":10}}'
unit mixed '{"type":"service","requires":["cgroup"],"exec":["sh","-c","(trap \"\" TERM; exec sleep 3001) & exec sleep 3000"],"stop":{"mode":"mixed","timeout_s":20}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
has() { pgrep -xf "sleep $1" >/dev/null; }
await 5 has 1001; await 5 has 2001; await 5 has 3001
grep -q '^0::/init$' /proc/1/cgroup && echo PID 1 has moved to /init
grep -q '^0::/kinc/all$' "/proc/$(field all pid)/cgroup" && echo a unit has its own
grep -q '^0::/kinc/all$' "/proc/$(pgrep -xf 'sleep 1001')/cgroup" && echo its children too
$ctl stop all && ! has 1000 && ! has 1001 && echo cgroup mode stops everything
[ ! -e /sys/fs/cgroup/kinc/all ] && echo and removes the cgroup
$ctl stop only && ! has 2000 && has 2001 && echo process mode leaves the others
$ctl start only
child=$(pgrep -xf 'sleep 2001' | head -n 1)
kill -9 "$(field only pid)"
await 5 sh -c "$ctl status --json | jq -e '.units[]|select(.name==\"only\" and .restarts==1 and .state==\"ready\")'"
kill -0 "$child" && echo also when it is killed
before=$(date +%s)
$ctl stop mixed && ! has 3000 && ! has 3001 && [ $(($(date +%s) - before)) -lt 5 ] && echo mixed mode kills the rest at once
$ctl status --json >"$work/status"
$ctl shutdown
EOF_INSIDE
enclosed
for line in 'PID 1 has moved to /init' 'a unit has its own' 'its children too' \
	'cgroup mode stops everything' 'and removes the cgroup' 'process mode leaves the others' \
	'also when it is killed' 'mixed mode kills the rest at once'; do
	check "$line" says "$line"
done
is 'shutdown ends what process mode left' "$status" 0
missing=$(unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && cat /sys/fs/cgroup/cgroup.controllers')
case " $missing " in
*' memory '*) skip 'missing controllers are one warning' 'this machine delegates them' ;;
*) is 'missing controllers are one warning' "$(jq '.warnings | length' "$work/status")" 1 ;;
esac
is 'nothing is left of the test cgroup' "$(unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && ls -d /sys/fs/cgroup/kinc-init-test-* 2>/dev/null')" ''
[ "$tap_failed" -eq 0 ] || { diag "$(cat "$work/inside.out")"; diag "$(cat "$work/story" "$work/stderr")"; }
finish
