#!/bin/sh
# What a line of the log knows: its stream and level; lines of all units in
# order; lines that are in files only.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# kept UNIT TEXT: waits until the log has it, since streams and units are read as they come
cat >"$work/kept" <<EOF_KEPT
until $ctl --socket /run/kinc/control/kinc.sock log "\$1" | grep -qF -- "\$2"; do sleep 0.02; done
EOF_KEPT
unit cluster '{"type":"target","requires":["both","loud","a","b","much"]}'
unit both '{"type":"oneshot","exec":["sh","-c","echo to out; KEPT both \"to out\"; echo to err >&2; KEPT both \"to err\"; echo \"<3>grave\"; echo \"<9>none\"; printf unfinished"]}'
unit loud '{"type":"oneshot","exec":["sh","-c","echo \"<4>a warning\"; echo \"<2>critical\" >&2; echo \"<5>a notice\"; echo plain"],"log":{"forward":"warning"}}'
unit quiet '{"type":"oneshot","exec":["sh","-c","echo \"<0>emergency\""],"wanted_by":["cluster"]}'
unit a '{"type":"service","exec":["sh","-c","for i in 1 3 5; do until [ -e /run/$i ]; do sleep 0.01; done; echo line $i; KEPT a \"line $i\"; touch /run/$((i+1)); done; exec sleep 1000"]}'
unit b '{"type":"service","exec":["sh","-c","touch /run/1; for i in 2 4 6; do until [ -e /run/$i ]; do sleep 0.01; done; echo line $i; KEPT b \"line $i\"; touch /run/$((i+1)); done; until [ -e /run/go ]; do sleep 0.05; done; echo late; exec sleep 1000"]}'
unit much '{"type":"oneshot","exec":["sh","-c","i=0; while [ $i -lt 300000 ]; do echo number $i 0123456789012345678901234567890123456789; i=$((i+1)); done"]}'
sed -i "s|KEPT|sh $work/kept|g" "$units"/*.json
inside <<'EOF_INSIDE'
await 30 state_is ready
await 5 test -e /run/7
$ctl log both --json >"$work/both"
$ctl log -n 100000 --json >"$work/merged"
$ctl log -n 3 >"$work/three"
$ctl log nobody; echo "nobody exits $?"
$ctl log cluster; echo "target exits $?"
# The writer may be behind: what counts is that files and memory together have each line once.
$ctl log much --since 1h | sed 's/.* number \([0-9]*\) .*/\1/' >"$work/numbers"
$ctl log much --since 1h -n 2 | sed 's/.* number \([0-9]*\) .*/\1/' >"$work/last"
$ctl log much -n 100000 | wc -l >"$work/memory"
$ctl log --since 1h --follow >"$work/follow" &
follower=$!
await 20 grep -q 'line 6' "$work/follow"
await 20 grep -q 'number 299999' "$work/follow"
touch /run/go
await 5 grep -q late "$work/follow" && echo follow goes on
kill $follower
seen() { cat /var/log/kinc/both.log; }
await 5 sh -c 'grep -q grave /var/log/kinc/both.log'
seen >"$work/file"
ls /var/log/kinc | grep -c '^much.log' >"$work/files"
# As many as are served at once, then one more; all of them hang.
python3 - <<'EOF_PY'
import socket, time, json
ask = b'{"protocol":1,"command":"log","since_ms":1,"follow":true}\n'
def client():
    s = socket.socket(socket.AF_UNIX); s.connect("/run/kinc/control/kinc.sock"); s.settimeout(10); s.sendall(ask); return s
hanging = [client() for _ in range(8)]
for s in hanging: assert b'"ok":true' in s.recv(40)
late = client()
assert b"too many ask" in late.recv(1000); print("the ninth is refused")
for s in hanging: s.close()
end = time.time() + 20
while time.time() < end:
    s = client()
    if b'"ok":true' in s.recv(40): print("then others are served"); break
    time.sleep(0.2)
EOF_PY
readers() { ! grep -qs kinc-log-read /proc/[0-9]*/comm; }
await 20 readers && echo no reader is left
kill -TERM 1
EOF_INSIDE
boot
is 'orderly end' "$status" 0
line() { jq -c "select(.text == \"$1\") | [.unit, .stream, .level]" "$work/both"; }
is 'a line of stdout' "$(line 'to out')" '["both","stdout",null]'
is 'a line of stderr' "$(line 'to err')" '["both","stderr",null]'
is 'a line with a level' "$(line grave)" '["both","stdout","err"]'
is 'what is no level is text' "$(line '<9>none')" '["both","stdout",null]'
check 'the file has the stream' grep -Eq '^[^ ]*Z stderr to err$' "$work/file"
check 'a warning is forwarded' tells 'loud +\| a warning$'
check 'what is graver too' tells 'loud +\| critical$'
check 'a notice is not' sh -c "! grep -q 'a notice' '$work/story'"
check 'nor is a line without a level' sh -c "! grep -q 'plain' '$work/story'"
check 'of other units nothing' sh -c "! grep -q emergency '$work/story'"
is 'units are merged in order' "$(jq -r 'select(.text | startswith("line")) | .text[5:]' "$work/merged" | tr '\n' ' ')" '1 2 3 4 5 6 '
is 'the last three of all' "$(wc -l <"$work/three")" 3
check 'the unit is named' grep -Eq '^[^ ]+Z +[a-z]+ +' "$work/three"
check 'an unknown unit' says 'nobody exits 1'
check 'a target' says 'target exits 1'
is 'several files were written' "$(cat "$work/files")" 3
is 'files and memory have each line once' "$(seq 0 299999 | cmp - "$work/numbers" 2>&1)" ''
is 'the last two of them' "$(tr '\n' ' ' <"$work/last")" '299998 299999 '
check 'memory alone has fewer' [ "$(cat "$work/memory")" -lt 2000 ]
check 'follow comes after what was' says 'follow goes on'
is 'and nothing comes twice' "$(grep -c 'number 299999' "$work/follow")" 1
check 'only so many read files at once' says 'the ninth is refused'
check 'others are served when they have gone' says 'then others are served'
check 'readers end with who asked' says 'no reader is left'

no_units
unit a '{"type":"service","exec":["true"],"log":{"forward":"loud"}}'
like 'a level that is none' "$("$init" --check --units "$units" 2>&1)" '"forward" must be one of: emerg, '
finish
