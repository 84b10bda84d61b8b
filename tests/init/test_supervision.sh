#!/bin/sh
# Restarts, reaping, stopping and shutdown; kinc-init as PID 1 in a namespace.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# A service killed with -9 comes back, its dependents stay; the limit holds
unit cluster '{"type":"target","requires":["svc","user"]}'
unit svc '{"type":"service","exec":["sleep","1000"],"restart":{"delay_ms":50,"limit":3,"window_s":60}}'
unit user '{"type":"service","exec":["sleep","2000"],"requires":["svc"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
user=$(field user pid)
for i in 1 2 3; do
	kill -9 "$(field svc pid)"
	await 5 status_has '.units[]|select(.name=="svc" and .restarts=='$i' and .state=="ready")' &&
		echo "restart $i"
done
[ "$(field user pid)" = "$user" ] && echo user stayed
kill -9 "$(field svc pid)"
await 5 unit_is svc failed && echo failed
field svc message
field svc exit
await 5 state_is degraded && echo degraded
$ctl start svc && echo started again
await 5 state_is ready && echo ready again
kill -TERM 1
EOF_INSIDE
boot
check 'a service killed with -9 is restarted' says 'restart 1'
check 'up to its limit' says 'restart 3'
check 'what depends on it stays' says 'user stayed'
check 'beyond the limit it has failed' says 'restarted 3 times within 60 s'
check 'the signal is told' says 'signal KILL'
check 'the node is degraded then' says '^degraded'
check 'kincctl start tries again' says 'ready again'
check 'backoff doubles' sh -c "grep -q 'trying again in 0.05 s' '$work/story' && grep -q 'trying again in 0.10 s' '$work/story'"

# kincctl stop and restart
no_units
unit cluster '{"type":"target","requires":["a","b"]}'
unit a '{"type":"service","exec":["sleep","1000"]}'
unit b '{"type":"service","exec":["sleep","2000"],"requires":["a"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
old=$(field a pid)
$ctl restart a && [ "$(field a pid)" != "$old" ] && echo restarted
unit_is b ready && echo b stays
$ctl stop a && unit_is b stopped && echo both stopped
$ctl start b && unit_is a ready && echo both started
$ctl stop nonsense; echo "nonsense $?"
kill -TERM 1
EOF_INSIDE
boot
check 'kincctl restart' says '^restarted'
check 'restart leaves dependents alone' says 'b stays'
check 'stop stops first what requires it' says 'both stopped'
check 'start starts what is required' says 'both started'
check 'an unknown unit exits 1' says 'nonsense 1'

# Orphans and zombies by the thousand
no_units
unit cluster '{"type":"target","requires":["fork"]}'
unit fork '{"type":"service","exec":["sh","-c","i=0; while [ $i -lt 1500 ]; do (true & ) ; i=$((i+1)); done; touch /run/forked; exec sleep 1000"],"ready":[{"file":"/run/forked"}]}'
inside <<'EOF_INSIDE'
await 20 state_is ready
(setsid sleep 3000 &)
reaped() { ! ps -eo stat | grep -q '^Z'; }
await 10 reaped && echo none is left
kill -TERM 1
EOF_INSIDE
boot
check 'orphans are reaped' says 'none is left'
check 'processes of no unit are ended at last' tells 'SIGTERM to [0-9]+ processes left'
is 'and the shutdown is orderly' "$status" 0

# What is in a pid namespace of its own ends before what serves it
no_units
unit cluster '{"type":"target","requires":["runtime"]}'
cat >"$work/pod" <<'EOF_POD'
trap 'sleep 0.5; echo pod; exit 0' TERM
touch /run/pod
while :; do sleep 0.1; done
EOF_POD
cat >"$work/shim" <<'EOF_SHIM'
trap 'echo shim; exit 0' TERM
unshare --pid --fork --kill-child sh "$1" &
touch /run/shim
while :; do sleep 0.1; done
EOF_SHIM
unit runtime '{"type":"service","exec":["sh","-c","setsid sh '"$work/shim $work/pod"' >>'"$work/order"' & exec sleep 1000"],"ready":[{"file":"/run/pod"},{"file":"/run/shim"}],"stop":{"mode":"process"}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
kill -TERM 1
EOF_INSIDE
boot
is 'pods end before what serves them' "$(paste -sd' ' "$work/order")" 'pod shim'
is 'and nothing is waited for in vain' "$status" 0

# Who cannot hear SIGTERM is not waited for; who has children that can, or a handler, is.
no_units
unit cluster '{"type":"target","requires":["pods"]}'
cat >"$work/parent" <<'EOF_PARENT'
sh -c 'trap "sleep 0.5; echo child >>$0; exit 0" TERM; touch /run/parent; while :; do sleep 0.1; done' "$1"
EOF_PARENT
cat >"$work/waits.py" <<'EOF_WAITS'
import signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
open("/run/waits", "w")
signal.sigwait([signal.SIGTERM])
time.sleep(2)
open(sys.argv[1], "w").write("waited\n")
EOF_WAITS
unit pods '{"type":"service","exec":["sh","-c","setsid unshare --pid --fork python3 '"$work/waits.py $work/waited"' & setsid unshare --pid --fork sleep 4711 & setsid unshare --pid --fork sh '"$work/parent $work/heard"' & exec sleep 1000"],"ready":[{"file":"/run/parent"},{"file":"/run/waits"}],"stop":{"mode":"process"}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
await 10 pgrep -x -f 'sleep 4711'
kill -TERM 1
EOF_INSIDE
boot
is 'a child that hears SIGTERM has its time, though its parent is deaf' "$(cat "$work/heard")" child
is 'who waits for it by sigwait has it too' "$(cat "$work/waited")" waited
check 'and nobody had to be given up' sh -c '! grep -E "SIGKILL to" "$1"' - "$work/story"
is 'PID 1 ends well' "$status" 0

# A pod that will not end has ten seconds, not ten for each stage.
no_units
unit cluster '{"type":"target","requires":["pod"]}'
cat >"$work/stubborn" <<'EOF_STUBBORN'
trap : TERM
printf '\033[2Jred' >/proc/self/comm
touch /run/stubborn
while :; do sleep 1; done
EOF_STUBBORN
unit pod '{"type":"service","exec":["sh","-c","setsid unshare --pid --fork sh '"$work/stubborn"' & exec sleep 1000"],"ready":[{"file":"/run/stubborn"}],"stop":{"mode":"process"}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
kill -TERM 1
EOF_INSIDE
boot
check 'a pod that will not end is killed, and named by no more than letters' \
	tells 'SIGKILL to [0-9]+ processes of pods, [?]\[2Jred among them'
check 'and with it all is over' sh -c '! grep "SIGKILL to [0-9]* processes left" "$1"' - "$work/story"
is 'PID 1 ends well after that' "$status" 0

# Shutdown in reverse order; SIGTERM ignored becomes SIGKILL; SIGRTMIN+3
no_units
unit cluster '{"type":"target","requires":["c"]}'
unit a '{"type":"service","exec":["sleep","1000"]}'
unit b '{"type":"service","exec":["sh","-c","trap \"\" TERM; touch /run/b; while :; do sleep 1; done"],"requires":["a"],"ready":[{"file":"/run/b"}],"stop":{"timeout_s":1}}'
unit c '{"type":"service","exec":["sh","-c","trap \"sleep 0.3; exit 0\" TERM; touch /run/c; while :; do sleep 0.1; done"],"requires":["b"],"ready":[{"file":"/run/c"}]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
kill -RTMIN+3 1
await 5 state_is stopping && echo stopping is shown
$ctl start a; echo "start while stopping $?"
EOF_INSIDE
boot
is 'SIGRTMIN+3 is an orderly shutdown' "$status" 0
check 'the last started stops first' order 'c +stopped' 'b +stopping'
check 'and the next after it' order 'b +stopped' 'a +stopping'
check 'SIGTERM ignored becomes SIGKILL' tells 'b +did not stop within 1 s: SIGKILL'
check 'the state is stopping meanwhile' says 'stopping is shown'
check 'nothing is started meanwhile' says 'start while stopping 1'

# Timeouts: a start that takes too long, a oneshot that retries, exit 0 of a service
no_units
unit cluster '{"type":"target","wants":["slow","again","ends","early"]}'
unit slow '{"type":"service","exec":["sleep","100"],"ready":[{"file":"/nope"},{"tcp":"127.0.0.1:1"}],"start_timeout_s":1,"restart":{"policy":"never"}}'
unit again '{"type":"oneshot","exec":["sh","-c","echo try >>/run/tries; [ $(wc -l </run/tries) -ge 4 ]"],"restart":{"policy":"on-failure","delay_ms":10,"limit":10}}'
unit ends '{"type":"service","exec":["sh","-c","sleep 0.2; exit 0"]}'
unit early '{"type":"service","exec":["true"],"ready":[{"file":"/nope"}],"restart":{"policy":"never"}}'
inside <<'EOF_INSIDE'
await 10 unit_is slow failed; field slow message
await 10 unit_is again "done" && echo "tried $(wc -l </run/tries)"
await 10 unit_is ends stopped && field ends message
await 10 unit_is early failed && field early message
kill -TERM 1
EOF_INSIDE
boot
check 'a start timeout names what was waited for' says 'not ready within 1 s; waits for file /nope, tcp 127.0.0.1:1'
check 'a oneshot may be tried again' says 'tried 4'
check 'a service may end well' says 'ended with code 0'
check 'but not before it is ready' says 'ended before it was ready, with code 0'
finish
