#!/bin/sh
# What the outside is told: sd_notify of whoever started PID 1, kincctl
# health, and the exit codes of docs/exit-codes.md.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# Plays conmon: writes each datagram as one line; stuffs the socket first when asked to.
cat >"$work/listen.py" <<'EOF_PY'
import os, socket, sys, time
path, out, stuffed = sys.argv[1:4]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
if stuffed == "stuffed":
    c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    c.setblocking(False)
    c.connect(path)
    try:
        while True:
            c.send(b"X_STUFF=1")
    except BlockingIOError:
        pass
    open(out + ".full", "w").close()
    while not os.path.exists(out + ".go"):
        time.sleep(0.05)
f = open(out, "a", buffering=1)
open(out + ".up", "w").close()
while True:
    text = s.recv(65536).decode()
    if "X_STUFF" not in text:
        f.write(text.strip().replace("\n", "|") + "\n")
EOF_PY
listen() { # how
	rm -f "$work/notify" "$work/told" "$work/told."*
	python3 "$work/listen.py" "$work/notify" "$work/told" "$1" &
	listener=$!
	wait_for 20 sh -c "[ -e '$work/told.up' ] || [ -e '$work/told.full' ]"
}
told() { grep -Eq -- "$1" "$work/told"; }

unit cluster '{"type":"target","requires":["one","two"]}'
unit one '{"type":"oneshot","exec":["true"]}'
unit two '{"type":"service","exec":["sh","-c","env >/run/env; while ! test -e /run/go; do sleep 0.05; done; exec sleep 1000"],"requires":["one"],"ready":[{"file":"/run/go"}]}'
listen plain
inside <<'EOF_INSIDE'
await 15 unit_is two starting
await 15 grep -q '1/3 starting; two is starting' "$work/told"
grep -c READY=1 "$work/told"; $ctl health; echo "starting: $?"
touch /run/go
await 15 state_is ready
$ctl health; echo "ready: $?"; $ctl health --json
await 15 grep -q READY=1 "$work/told"
await 15 grep -q WATCHDOG=1 "$work/told"
kill -9 $(field two pid)
rm /run/go
await 15 state_is degraded
$ctl health; echo "degraded: $?"
cat /run/env | grep -c 'NOTIFY_SOCKET\|WATCHDOG'
kill -TERM 1
EOF_INSIDE
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=200000 boot
is 'an orderly end: 0' "$status" 0
wait_for 10 told 'EXIT_STATUS'
kill "$listener"
check 'READY=1 when the target is reached' told '^READY=1[|]STATUS=3/3 ready$'
is 'and once' "$(grep -c READY=1 "$work/told")" 1
check 'not before' says '^0$'
check 'progress before' told 'STATUS=1/3 starting; two is starting'
check 'WATCHDOG=1 as it was asked for' told '^WATCHDOG=1$'
check 'STOPPING=1' told 'STOPPING=1'
like 'the exit status last' "$(tail -n 1 "$work/told")" '^STOPPING=1[|]EXIT_STATUS=0[|]STATUS=stopped$'
is 'units see nothing of it' "$(tail -n 1 "$work/inside.out")" 0
check 'kincctl health while it starts: 1' says '^starting: 1$'
check 'health names the units' says '^starting; two starting, cluster waiting$'
check 'when ready: 0' says '^ready: 0$'
check 'as JSON' says '"healthy":true,"state":"ready","units":\[\]'
check 'when degraded: 1' says '^degraded: 1$'
"$ctl" --socket "$work/none" health 2>/dev/null
is 'with nobody to ask: 111' "$?" 111

# A socket that is full is tried again, and PID 1 goes on.
listen stuffed
inside <<'EOF_INSIDE'
touch /run/go
await 15 state_is ready && echo ready all the same
touch "$work/told.go"
await 15 grep -q READY=1 "$work/told"
kill -TERM 1
EOF_INSIDE
NOTIFY_SOCKET=$work/notify boot
kill "$listener"
check 'a full socket holds nobody up' says 'ready all the same'
check 'and READY=1 comes later' told 'READY=1'

# The exit codes of the table (112 is shown by test_flight.sh)
rm -f "$work/inside"
unit two '{"type":"oneshot","exec":["false"],"critical":true}'
listen plain
NOTIFY_SOCKET=$work/notify boot
wait_for 10 told 'EXIT_STATUS'
kill "$listener"
is 'a critical unit that failed: 1' "$status" 1
check 'and the outside is told why' told 'EXIT_STATUS=1[|]STATUS=two: ended with code 1'
unit two '{"type":"builtin","builtin":"cgroup","critical":true}'
boot
is 'the system lacks something: 111' "$status" 111
unit two '{"type":"nonsense"}'
boot
is 'wrong units: 100' "$status" 100
boot --nonsense
is 'a wrong option: 100' "$status" 100
for code in 0 1 100 111 112; do
	check "docs/exit-codes.md has $code" grep -q "^| $code |" "$KINC_TOP/docs/exit-codes.md"
done
finish
