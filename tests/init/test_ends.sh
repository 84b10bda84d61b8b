#!/bin/sh
# How a unit's process ends, what counts as success, and what follows.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# success_exit and prevent_exit, by code and by signal
unit cluster '{"type":"target","wants":["code","signal","once","never","polite","always","rare"]}'
unit code '{"type":"oneshot","exec":["sh","-c","exit 7"],"restart":{"success_exit":[6,7]}}'
unit signal '{"type":"service","exec":["sh","-c","sleep 0.2; kill -USR1 $$"],"restart":{"success_exit":["SIGUSR1"]}}'
unit once '{"type":"service","exec":["sh","-c","echo o >>/run/once; sleep 0.1; exit 9"],"restart":{"prevent_exit":[9],"delay_ms":10}}'
unit never '{"type":"service","exec":["sh","-c","echo n >>/run/never; sleep 0.1; kill -QUIT $$"],"restart":{"prevent_exit":["QUIT"],"delay_ms":10}}'
unit polite '{"type":"service","exec":["sh","-c","trap \"touch $work/polite; exit 0\" TERM; touch /run/polite; while :; do sleep 0.05; done"],"ready":[{"file":"/run/polite"}],"stop":{"timeout_s":30}}'
unit always '{"type":"service","exec":["sh","-c","echo a >>/run/always; sleep 0.1"],"restart":{"policy":"always","delay_ms":10,"limit":0}}'
unit rare '{"type":"service","exec":["sh","-c","echo r >>/run/rare; sleep 1.2"],"restart":{"policy":"always","delay_ms":10,"limit":1,"window_s":1}}'
inside <<'EOF_INSIDE'
await 10 unit_is code "done" && echo code counts as success
await 10 unit_is signal stopped && echo signal counts as success
await 10 unit_is once failed && echo "once ran $(wc -l </run/once)"
await 10 unit_is never failed && echo "never ran $(wc -l </run/never)"
again() { [ "$(wc -l </run/always)" -ge 3 ]; }
await 10 again && echo always comes again after code 0
rarely() { [ "$(wc -l </run/rare)" -ge 3 ]; }
await 20 rarely && echo a restart beyond the window does not count
await 10 unit_is polite ready
kill -STOP "$(field polite pid)"
$ctl stop polite
kill -TERM 1
EOF_INSIDE
work=$work boot
check 'a code that is as good as 0' says 'code counts as success'
check 'a signal likewise' says 'signal counts as success'
check 'restarts count within their window' says 'beyond the window does not count'
check 'a code that prevents the next try' says '^once ran 1$'
check 'a signal likewise ' says '^never ran 1$'
check 'always means after code 0 too' says 'always comes again'
check 'a process that is stopped gets to handle its signal' test -e "$work/polite"

# A critical unit that is lost ends everything with 1; 111 when a builtin is the cause
no_units
unit cluster '{"type":"target","requires":["vital","other"]}'
unit vital '{"type":"service","critical":true,"exec":["sh","-c","sleep 0.3; exit 3"],"restart":{"limit":2,"delay_ms":10}}'
unit other '{"type":"service","exec":["sleep","1000"]}'
rm -f "$work/inside"
boot
is 'a critical unit that is lost: exit 1' "$status" 1
like 'and it is said why' "$(cat "$work/stderr")" 'vital: ended with code 3.*restarted 2 times within 60 s'
check 'the others are stopped in order' tells 'other +stopped'

# Watchdog: without a sign of life it is ended and started again
no_units
unit cluster '{"type":"target","requires":["dog"]}'
cat >"$work/dog.py" <<'EOF_PY'
import os, socket, sys, time
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); n.connect(os.environ["NOTIFY_SOCKET"])
n.send(b"READY=1")
first = not os.path.exists("/run/bitten"); open("/run/bitten", "w")
assert os.environ["WATCHDOG_USEC"] == "2000000"
while True:
    if not first: n.send(b"WATCHDOG=1")
    time.sleep(0.2)
EOF_PY
unit dog '{"type":"service","exec":["python3","'"$work"'/dog.py"],"ready":[{"notify":true}],"watchdog_s":2,"restart":{"delay_ms":10}}'
inside <<'EOF_INSIDE'
await 20 status_has '.units[]|select(.name=="dog" and .restarts==1 and .state=="ready")' && echo bitten once
sleep 3
[ "$(field dog restarts)" = 1 ] && echo and then well
kill -TERM 1
EOF_INSIDE
boot
check 'a missed watchdog is a restart' says 'bitten once'
check 'a kept one is none' says 'and then well'
check 'and it is told' tells 'no sign of life within its watchdog time of 2000 ms'

# Hidden from SIGTERM and forking while it is killed
no_units
unit cluster '{"type":"target","requires":["hydra"]}'
unit hydra '{"type":"service","exec":["sh","-c","trap \"\" TERM; while :; do sleep 0.01 & wait; done"],"stop":{"timeout_s":1}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl stop hydra && echo stopped
kill -TERM 1
EOF_INSIDE
boot
check 'what ignores SIGTERM and forks is stopped' says '^stopped'
check 'by SIGKILL' tells 'hydra +did not stop within 1 s: SIGKILL'
[ "$tap_failed" -eq 0 ] || diag "$(cat "$work/inside.out" "$work/story" "$work/stderr")"
finish
