#!/bin/sh
# Real controllers, a clock that can be set, and a machine of its own:
# kinc-init in User-Mode Linux, Debian's kernel as an ordinary process.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"
for tool in linux.uml busybox; do
	command -v $tool >/dev/null && continue
	skip 'kinc-init in User-Mode Linux' "$tool is not installed"
	finish
done
if nm "$init" 2>/dev/null | grep -q __asan_init; then
	skip 'kinc-init in User-Mode Linux' 'the machine has too little memory for sanitizers; it runs with the ordinary build'
	finish
fi
cp "$init" "$ctl" "$work/"
ctl=$work/kincctl

unit cluster '{"type":"target","wants":["cgroup","calm","hungry","bomb","spin","late","c"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup"}'
unit calm '{"type":"service","requires":["cgroup"],"exec":["sleep","1000"],"resources":{"memory_low":"1M","memory_high":"64M"}}'
unit hungry '{"type":"service","requires":["cgroup"],"exec":["sh","-c","echo h >>/run/hungry; sleep 0.2; [ $(wc -l </run/hungry) -ge 3 ] && exec sleep 1000; exec dd if=/dev/zero of=/dev/null bs=128M count=1"],"resources":{"memory_max":"32M","swap_max":0},"restart":{"delay_ms":10}}'
unit bomb '{"type":"service","requires":["cgroup"],"exec":["perl","-e","$SIG{TERM}=\"IGNORE\"; while (1) { fork; select(undef, undef, undef, 0.01) }"],"resources":{"pids_max":20,"cpu_weight":10,"cpu_max":"200m"},"condition":{"controller":["pids"]},"stop":{"timeout_s":1}}'
unit spin '{"type":"service","requires":["cgroup"],"exec":["sh","-c","while :; do :; done"],"resources":{"cpu_max":"0.1"}}'
unit late '{"type":"service","requires":["cgroup"],"resources":{"io_weight":50},"exec":["sleep","2000"],"ready":[{"file":"/run/late"}],"start_timeout_s":600,"restart":{"policy":"never"}}'
unit a '{"type":"service","requires":["cgroup"],"exec":["sleep","3001"]}'
unit b '{"type":"service","requires":["a"],"exec":["sleep","3002"]}'
unit c '{"type":"service","requires":["b"],"exec":["sleep","3003"]}'
inside <<'EOF_INSIDE'
group=/sys/fs/cgroup
await 60 unit_is calm ready
await 60 unit_is c ready
calm=$(field calm pid)
echo "controllers $(cat $group/cgroup.controllers)"
echo "init $(grep ^0:: /proc/1/cgroup)"
echo "root $(cat $group/cgroup.subtree_control)"
fed() { [ "$(wc -l </run/hungry)" -ge 3 ] && unit_is hungry ready; }
await 60 fed
echo "units $(cat $group/kinc/cgroup.subtree_control)"
echo "hungry restarts $(field hungry restarts)"
echo "hungry limits $(cat $group/kinc/hungry/memory.max $group/kinc/hungry/memory.swap.max | paste -sd' ')"
echo "calm limits $(cat $group/kinc/calm/memory.low $group/kinc/calm/memory.high | paste -sd' ')"
[ "$(field calm pid)" = "$calm" ] && [ "$(field calm restarts)" = 0 ] && echo calm was left alone
echo "resources $(field hungry resources | jq -c '[.memory_max_bytes, (.memory_bytes > 0), (.pids > 0), (.cpu_ms >= 0), .oom_kills]')"
full() { [ "$(cat $group/kinc/bomb/pids.current)" = 20 ]; }
await 60 full && echo bomb has 20 processes
echo "bomb cpu $(cat $group/kinc/bomb/cpu.weight $group/kinc/bomb/cpu.max | paste -sd' ')"
perls() { cat /proc/[0-9]*/stat 2>/dev/null | grep -c '(perl)'; }
echo "perls before $(perls)"
$ctl stop bomb && echo bomb is stopped
echo "perls after $(perls)"
[ ! -e $group/kinc/bomb ] && echo its cgroup is gone
echo "spin cpu $(cat $group/kinc/spin/cpu.max)"
throttled() { [ "$(sed -n 's/^nr_throttled //p' $group/kinc/spin/cpu.stat)" -gt 0 ]; }
await 60 throttled && echo spin is throttled
# The clock: two days forward, four back. Timers and states do not care.
elapsed() { $ctl status --json | jq .elapsed_ms; }
before=$(elapsed) now=$(date +%s)
date -s "@$((now + 172800))" >/dev/null
sleep 1
[ "$(date +%s)" -gt $((now + 100000)) ] && echo the clock is ahead
unit_is late starting && echo late still waits
date -s "@$((now - 172800))" >/dev/null
sleep 1
[ "$(date +%s)" -lt $((now - 100000)) ] && echo the clock is behind
after=$(elapsed)
[ "$after" -gt "$before" ] && [ $((after - before)) -lt 100000 ] && echo elapsed goes on
$ctl restart calm && echo a restart works
touch /run/late
await 30 unit_is late ready && echo late is ready
kill -9 "$(field late pid)"
await 30 unit_is late failed
date -s "@$now" >/dev/null
kill -TERM 1
EOF_INSIDE
# /dev/shm holds the machine's memory, which would be written to a disk elsewhere.
timeout -s KILL 120 env TMPDIR=/dev/shm LD_PRELOAD="$KINC_BUILD/tests/uml_xstate.so" linux.uml mem=256M rootfstype=hostfs rootflags=/ ro \
	init=/bin/sh uml_dir="$work/" con=null con0=null,fd:1 ssl=null quiet \
	KINC_WORK="$work" -- "$KINC_TOP/tests/init/uml.sh" >"$work/console" 2>&1 </dev/null
is 'the machine ends by itself' "$?" 0
is 'kinc-init ended in order' "$(cat "$work/status")" 0
check 'the controllers are delegated' says '^controllers cpu io memory pids$'
check 'PID 1 makes room for them' says '^init 0::/init$'
check 'and enables them for pods' says '^root cpu io memory pids$'
check 'for units only those that one of them needs' says '^units cpu io memory pids$'
check 'a unit over its memory limit is killed, and restarted' says '^hungry restarts 2$'
check 'which is told' tells 'hungry +ended with signal KILL: killed by the kernel, which had no memory left for it; trying again'
check 'its limits stand in the cgroup' says '^hungry limits 33554432 0$'
check 'so do those that only press' says '^calm limits 1048576 67108864$'
check 'what this kernel lacks is told' tells 'io_weight does not hold: there is no io.weight'
check 'it is killed alone' says '^calm was left alone'
check 'status tells what it uses' says '^resources \[33554432,true,true,true,2\]$'
check 'a fork bomb stays within pids_max' says '^bomb has 20 processes'
check 'its CPU share and limit stand in the cgroup' says '^bomb cpu 10 20000 100000$'
check 'a fork bomb that ignores SIGTERM is stopped' says '^bomb is stopped'
check 'by cgroup.kill: nothing is left' says '^perls after 0$'
check 'nor its cgroup' says '^its cgroup is gone'
check 'a CPU limit stands' says '^spin cpu 10000 100000$'
check 'and holds' says '^spin is throttled'
check 'a clock set forward ends no waiting' says '^late still waits'
check 'nor does one set back: time goes on' says '^elapsed goes on'
check 'a restart is not held up by it' says '^a restart works'
check 'nor is readiness' says '^late is ready'
check 'c stops before b' order '\] c +stopped' '\] b +stopping'
check 'b before a' order '\] b +stopped' '\] a +stopping'
[ "$tap_failed" -eq 0 ] || diag "$(cat "$work/inside.out" "$work/story" "$work/stderr"; tail -n 30 "$work/console")"
finish
