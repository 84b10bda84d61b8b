#!/bin/sh
# Units in cgroups of their own, with a real cgroup v2 hierarchy: needs root.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

cgroups_or_skip 'cgroups of units'

unit cluster '{"type":"target","requires":["cgroup","all","only","mixed"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup"}'
unit all '{"type":"service","requires":["cgroup"],"exec":["sh","-c","setsid sleep 1001 & exec sleep 1000"]}'
unit only '{"type":"service","requires":["cgroup"],"exec":["sh","-c","setsid sleep 2001 & exec sleep 2000"],"stop":{"mode":"process"},"restart":{"delay_ms":10}}'
unit mixed '{"type":"service","requires":["cgroup"],"exec":["sh","-c","(trap \"\" TERM; exec sleep 3001) & exec sleep 3000"],"stop":{"mode":"mixed","timeout_s":20}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
[ ! -e /sys/fs/cgroup/pods ] && echo what pods of an earlier start left is removed
[ -e /sys/fs/cgroup/lives/on ] && echo but not what has a process
kill "$(cat /sys/fs/cgroup/lives/on/cgroup.procs)"
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
await 5 status_has '.units[]|select(.name=="only" and .restarts==1 and .state=="ready")'
kill -0 "$child" && echo also when it is killed
before=$(date +%s)
$ctl stop mixed && ! has 3000 && ! has 3001 && [ $(($(date +%s) - before)) -lt 5 ] && echo mixed mode kills the rest at once
$ctl status --json >"$work/status"
$ctl shutdown
EOF_INSIDE
cat >"$work/earlier" <<'EOF_EARLIER'
mkdir -p /sys/fs/cgroup/pods/pod1/container /sys/fs/cgroup/pods/pod2 /sys/fs/cgroup/lives/on
sleep 4000 &
echo $! >/sys/fs/cgroup/lives/on/cgroup.procs
exec "$@"
EOF_EARLIER
enclosed sh "$work/earlier" "$init" --units "$units"
for line in 'what pods of an earlier start left is removed' 'but not what has a process' \
	'PID 1 has moved to /init' 'a unit has its own' 'its children too' \
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
is 'nothing is left of the test cgroup' "$(unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && ls -d /sys/fs/cgroup/"$0" 2>/dev/null' "${work##*/}")" ''
[ "$tap_failed" -eq 0 ] || { diag "$(cat "$work/inside.out")"; diag "$(cat "$work/story" "$work/stderr")"; }
finish
