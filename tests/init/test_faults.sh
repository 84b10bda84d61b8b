#!/bin/sh
# Bad input and a bad system: what is said, and that PID 1 stays.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# Unit files that are wrong: no namespace needed
checks() { # DESCRIPTION REGEX
	errors=$("$init" --check --units "$units" 2>&1 >/dev/null)
	is "$1: exit 100" "$?" 100
	like "$1" "$errors" "$2"
}
printf '{\n  "type": "target",\n}\n' >"$units/cluster.json"
checks 'a syntax error has its place' "^$units/cluster.json:3:1: "
printf '{\n  "type": "target",\n  "requries": []\n}\n' >"$units/cluster.json"
checks 'an unknown key has its place' "^$units/cluster.json:3:3: unknown key \"requries\"$"
unit cluster '{"type":"target","requires":["a"]}'
checks 'an unknown unit' "^$units/cluster.json:1:30: there is no unit \"a\", which \"cluster\" names$"
unit a '{"type":"target","after":["b"]}'
unit b '{"type":"target","requires":["a"]}'
checks 'a cycle is printed' '^dependency cycle: a -> b -> a$'
unit b '{"type":"oneshot","exec":["{{WHAT}}"]}'
checks 'an unknown variable has its place' "^$units/b.json:1:27: unknown variable \{\{WHAT\}\}$"
printf '{"type":"target","x":1}' >"$units/a.json"
errors=$("$init" --check --units "$units" 2>&1)
is 'all faults are told at once' "$(printf '%s\n' "$errors" | grep -c 'json:1')" 2
errors=$("$init" --check --units "$work/none" 2>&1)
is 'a directory that is not there: exit 111' "$?" 111
like 'and it is named' "$errors" "cannot read the units in $work/none: No such file"
no_units
unit other '{"type":"target"}'
checks 'a target that is not there' '^there is no unit "cluster" to reach$'
unit cluster '{"type":"target","requires":["one"],"after":["other"]}'
unit one '{"type":"oneshot","exec":["true"],"after":["other"]}'
like 'the order is printed' "$("$init" --check --units "$units")" 'target   cluster  after one, other'
"$init" --nonsense 2>/dev/null
is 'an unknown option: exit 100' "$?" 100
like '--version' "$("$init" --version)" '^kinc-init [0-9]'
check '--help' sh -c "'$init' --help | grep -q Example"
boot --target nope
is 'the same faults end a boot with 100' "$status" 100

# Templates
no_units
unit cluster '{"type":"target","requires":["render"]}'
unit render "{\"type\":\"builtin\",\"builtin\":\"render\",\"critical\":true,\"templates\":[{\"source\":\"$work/in\",\"target\":\"/run/out/x.conf\",\"mode\":\"0600\",\"override\":\"$work/override\"}]}"
printf 'name: {{NODE_NAME}}\nip:  {{NODE_IPP}}\n' >"$work/in"
rm -f "$work/inside"
boot
is 'a template with an unknown variable: exit 111' "$status" 111
like 'with file, line and column' "$(cat "$work/stderr")" "render: $work/in:2:6: unknown variable \{\{NODE_IPP\}\}"
printf 'over {{KINC_A}} {{{{\n' >"$work/override"
inside <<'EOF_INSIDE'
await 5 state_is ready
cat /run/out/x.conf
stat -c %a /run/out/x.conf
kill -TERM 1
EOF_INSIDE
KINC_A=1 boot
check 'the override is rendered instead' says '^over 1 \{\{$'
check 'with the mode that was asked for' says '^600$'

# The check of an override
unit render "{\"type\":\"builtin\",\"builtin\":\"render\",\"critical\":true,\"templates\":[{\"source\":\"$work/in\",\"target\":\"/run/out/x.conf\",\"override\":\"$work/override\",\"check\":[\"sh\",\"$work/judge\"]}]}"
cat >"$work/judge" <<'EOF_JUDGE'
case $(cat "$1") in
*bad*) echo 'W1125 18:10:01.4 13 a.go:1] noise'; echo 'line 1 is bad'; echo 'think again'; exit 3 ;;
*odd*) echo 'an error: line 1 is odd'; echo 'noise' ;;
esac >&2
EOF_JUDGE
echo 'bad {{NODE_NAME}}' >"$work/override"
rm -f "$work/inside"
boot
is 'an override that its check refuses: exit 111' "$status" 111
like 'which file, why, and what to do' "$(cat "$work/stderr")" \
	"render: $work/override: sh refuses it: line 1 is bad; think again; correct or remove that file, then restart"
check 'all that the check said is in the story' tells 'render +\| think again'
echo odd >"$work/override"
inside <<'EOF_INSIDE'
await 5 state_is ready
ls /run/out
cat /run/out/x.conf
$ctl status --json | grep -o 'sh says: [^"]*'
kill -TERM 1
EOF_INSIDE
boot
is 'one that it accepts is used, and nothing else is left' "$(sed -n '1,2p' "$work/inside.out" | paste -sd' ')" 'x.conf odd'
check 'what it says then is a warning' says '^sh says: an error: line 1 is odd$'
echo "{ bad" >"$work/in"
rm "$work/override"
boot
is 'what is shipped is not checked' "$status" 0

# What the container lacks: all at once
no_units
unit cluster '{"type":"target","requires":["container"]}'
unit container '{"type":"builtin","builtin":"container","critical":true}'
cat >"$work/hide" <<'EOF_HIDE'
mount --bind /dev/null /proc/uptime && exec setpriv --bounding-set -sys_admin,-net_raw "$@"
EOF_HIDE
rm -f "$work/inside"
timeout -s KILL 20 unshare -Urpfm --mount-proc --kill-child sh "$work/enter" "$work" \
	sh "$work/hide" "$init" --units "$units" >"$work/story" 2>"$work/stderr"
is 'flags of podman run are missing: exit 111' "$?" 111
like 'all of them in one line' "$(cat "$work/stderr")" \
	'container: .* add to podman run:  --cap-add=SYS_ADMIN,NET_RAW --security-opt=unmask=ALL'
for flag in --cap-add=SYS_ADMIN --cap-add=NET_RAW --security-opt=unmask=ALL; do
	check "$flag: and what it is for" tells "container +\\| $flag +[a-z/]+.*"
done

# What the system lacks: which check, and the mend
no_units
unit cluster '{"type":"target","requires":["ip-forward"]}'
unit ip-forward '{"type":"builtin","builtin":"ip-forward","critical":true}'
cat >"$work/hide" <<'EOF_HIDE'
echo 0 >/run/zero && mount --bind -o ro /run/zero /proc/sys/net/ipv4/ip_forward &&
	mount -o remount,bind,ro /proc/sys/net/ipv4/ip_forward && exec "$@"
EOF_HIDE
rm -f "$work/inside"
timeout -s KILL 20 unshare -Urpfm --mount-proc --kill-child sh "$work/enter" "$work" \
	sh "$work/hide" "$init" --units "$units" >"$work/story" 2>"$work/stderr"
is 'no IP forwarding: exit 111' "$?" 111
like 'and the mend' "$(cat "$work/stderr")" \
	'ip-forward: net.ipv4.ip_forward is 0 .* --sysctl net.ipv4.ip_forward=1$'
unit cluster '{"type":"target","requires":["cgroup"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup","critical":true}'
boot
is 'no cgroup v2: exit 111' "$status" 111
like 'and the mend for that' "$(cat "$work/stderr")" \
	'cgroup: no cgroup v2 hierarchy at /sys/fs/cgroup: start the container with podman run'
unit cluster '{"type":"target","requires":["node-address"]}'
unit node-address '{"type":"builtin","builtin":"node-address","critical":true}'
timeout -s KILL 20 unshare -Urpfmn --mount-proc --kill-child sh "$work/enter" "$work" \
	"$init" --units "$units" >"$work/story" 2>"$work/stderr"
is 'no default route: exit 111' "$?" 111
like 'and it is said' "$(cat "$work/stderr")" 'no default route'

# Garbage on the sockets
no_units
unit cluster '{"type":"target","requires":["svc"]}'
unit svc '{"type":"service","exec":["sh","-c","echo $NOTIFY_SOCKET >/run/where; exec sleep 1000"],"ready":[{"notify":true}]}'
cat >"$work/garbage.py" <<'EOF_PY'
import socket, os, array, time
path = "/run/kinc/control/kinc.sock"
def control():
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(path); return s
def ask(data):
    s = control(); s.sendall(data); answer = s.recv(65536); s.close(); return answer
def refused(data): return b'"ok":false' in ask(data)
good = b'{"protocol":1,"command":"status"}\n'
assert refused(b"garbage\n"); print("garbage is refused")
assert refused(b"[]\n") and refused(b"\x00\xff\n") and refused(b"\n")
assert refused(b"x" * 70000); print("too long is refused")
answer = ask(b'{"protocol":7,"command":"status"}\n')
assert b"protocol 1" in answer and b"protocol 7" in answer; print("versions are named")
assert refused(b'{"protocol":1,"command":"dance"}\n')
assert refused(b'{"protocol":1}\n') and refused(b'{"command":"status"}\n')
assert refused(b'{"protocol":1,"command":"start","unit":7}\n')
assert refused(b'{"protocol":1,"command":"log","unit":"svc","lines":-1}\n')
assert refused(b'{"protocol":1,"command":"log","unit":"cluster"}\n')
# half a request, then the rest
s = control(); s.sendall(good[:10]); time.sleep(0.1); s.sendall(good[10:]); assert b'"ok":true' in s.recv(65536); print("halves are put together")
# many clients, idle and with half requests
idle = [control() for _ in range(200)]
for c in idle: c.sendall(b'{"proto')
assert b'"ok":true' in ask(good); print("200 idle clients")
more = [control() for _ in range(60)]
time.sleep(0.2)
assert b"as many clients" in more[-1].recv(1000); print("the 251st is refused")
for c in idle + more: c.close()
time.sleep(0.2)
# a client that asks and never reads is dropped
s = control(); s.settimeout(0.5)
try:
    for _ in range(200000): s.sendall(good)
except (BrokenPipeError, ConnectionResetError, socket.timeout) as e: print("slow reader dropped or stuck:", type(e).__name__)
s.close()
assert b'"ok":true' in ask(good)
# notify: garbage, oversized, floods, descriptors
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); n.connect(open("/run/where").read().strip())
n.send(os.urandom(500)); n.send(b"=\n==\nREADY\nREADY=\nREADY=2\n"); n.send(b"")
n.send(b"READY=1\n" + b"x" * 10000)
for _ in range(2000): n.send(b"STATUS=flood")
assert b'"state":"starting"' in ask(good); print("garbage is not READY")
r, w = os.pipe()
n.sendmsg([b"BARRIER=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w]))])
os.close(w)
os.set_blocking(r, True)
assert os.read(r, 1) == b""; print("the barrier is closed")
EOF_PY
inside <<'EOF_INSIDE'
await 10 test -s /run/where
fds=$(ls /proc/1/fd | wc -l)
python3 "$work/garbage.py" || echo FAILED
python3 - <<'EOF_PY'
import socket, os
where = open("/run/where").read().strip()
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
n.connect(where)
n.send(b"STATUS=last words\nREADY=1\nMAINPID=999999")
EOF_PY
await 5 state_is ready && echo ready at last
closed() { [ "$(ls /proc/1/fd | wc -l)" -le "$fds" ]; }
await 5 closed && echo no descriptor leaked
# The log helper killed: the next one takes over
helper() { cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(kinc-log)" && $4 == 1 {print $1; exit}'; }
old=$(helper)
kill -9 "$old"
new() { now=$(helper) && [ -n "$now" ] && [ "$now" != "$old" ]; }
await 5 new && echo the log helper came back
$ctl log svc >/dev/null && echo and serves
kill -HUP 1; kill -USR1 1; kill -PIPE 1
# Where AddressSanitizer has the handler, that signal ends the program.
grep -q __asan_init /proc/1/exe || kill -SEGV 1
sleep 0.2
state_is ready && echo signals are ignored
kill -TERM 1
EOF_INSIDE
boot
for line in 'garbage is refused' 'too long is refused' 'versions are named' 'halves are put together' \
	'200 idle clients' 'the 251st is refused' 'slow reader dropped' 'garbage is not READY' \
	'the barrier is closed' 'ready at last' 'no descriptor leaked' 'the log helper came back' \
	'and serves' 'signals are ignored'; do
	check "$line" says "$line"
done
is 'PID 1 came through it all' "$status" 0
says FAILED && diag "$(cat "$work/inside.out")"
finish
