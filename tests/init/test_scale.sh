#!/bin/sh
# A thousand units, and what happens where the system runs short: descriptors,
# processes, memory. One operation fails then, not PID 1.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"
own_net=--net

# many N JSON [chain]: units u1 to uN; in a chain each requires the one before
many() {
	awk -v n="$1" -v json="$2" -v chain="${3-}" -v units="$units" 'BEGIN {
		for (i = 1; i <= n; i++) {
			file = units "/u" i ".json"
			more = chain && i > 1 ? ",\"requires\":[\"u" i - 1 "\"]" : ""
			print substr(json, 1, length(json) - 1) more "}" > file
			close(file)
			all = all (i > 1 ? "," : "") "\"u" i "\""
		}
		print "{\"type\":\"target\",\"wants\":[" (chain ? "\"u" n "\"" : all) "]}" > units "/cluster.json"
	}'
}
# patient [OPTION...]: boot, for as long as a sanitizer takes
patient() {
	timeout -s KILL 300 unshare -Urpfmn --mount-proc --kill-child \
		sh "$work/enter" "$work" "$init" --units "$units" "$@" \
		>"$work/story" 2>"$work/stderr" </dev/null
	status=$?
}
inside <<'EOF_INSIDE'
until grep -q 'cluster: ' "$work/story"; do sleep 0.1; done
awk '{ print "cpu", int($1 / 1000) }' /proc/1/schedstat
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
cpu() { sed -n 's/^cpu //p' "$work/inside.out"; }

for shape in chain parallel; do
	no_units
	many 500 '{"type":"target"}' "${shape#parallel}"
	patient
	small=$(cpu)
	no_units
	many 2000 '{"type":"target"}' "${shape#parallel}"
	patient
	diag "$shape: 500 units take $small us of PID 1, 2000 take $(cpu) us"
	# 4 is linear, 16 would be quadratic
	check "2000 units ($shape) cost not much more than four times 500" [ "$(cpu)" -lt $((small * 9)) ]
	no_units
	many 1000 '{"type":"oneshot","exec":["true"],"start_timeout_s":0}' "${shape#parallel}"
	patient
	is "1000 oneshots ($shape) are done" "$(jq -c '[.state, (.units | map(select(.state == "done")) | length)]' "$work/status")" \
		'["ready",1000]'
	is 'and everything ends in order' "$status" 0
done

# Too few descriptors for all at once: what fails is tried again
no_units
many 600 '{"type":"oneshot","exec":["true"],"start_timeout_s":0,"restart":{"policy":"on-failure","delay_ms":50,"limit":0}}'
cat >"$work/limited" <<'EOF_LIMITED'
shift
exec prlimit --nofile=1024:1024 "$@"
EOF_LIMITED
timeout -s KILL 300 unshare -Urpfmn --mount-proc --kill-child \
	sh "$work/enter" "$work" sh "$work/limited" - "$init" --units "$units" \
	>"$work/story" 2>"$work/stderr" </dev/null
is '600 units start with 1024 descriptors' "$(jq '.units | map(select(.state == "done")) | length' "$work/status")" 600
like 'and the mend is told' "$(jq -r '.warnings[0]' "$work/status")" \
	'^only 1024 files may be open: the output of 472 of 600 units is not kept, .* give the container --ulimit nofile=6256:6256$'

# No more processes: one start fails, and is tried again by its policy
no_units
unit cluster '{"type":"target","wants":["retried","once"]}'
unit retried '{"type":"service","exec":["sleep","1000"],"restart":{"delay_ms":100,"max_delay_ms":200,"limit":0}}'
unit once '{"type":"oneshot","exec":["true"],"restart":{"policy":"never"}}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl stop retried >/dev/null; await 10 unit_is retried stopped
prlimit --pid 1 --nproc=1:4000
$ctl start once >/dev/null 2>&1
await 10 unit_is once failed; field once message
$ctl start retried >/dev/null 2>&1 &
tries() { [ "$(field retried restarts)" -ge 3 ]; }
await 10 tries && echo tried again
prlimit --pid 1 --nproc=4000:4000
await 20 unit_is retried ready && echo started at last
$ctl start once && await 10 unit_is once "done" && echo PID 1 lives
kill -TERM 1
EOF_INSIDE
# RLIMIT_NPROC binds everybody but the machine's root.
chmod 0777 "$work"
chmod 0755 "$units"
chmod 0644 "$units"/*
touch "$work/inside.out" && chmod 0666 "$work/inside.out"
as_user=''
[ "$(id -u)" -ne 0 ] || as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
if $as_user unshare -Urpfm --mount-proc sh -c "test -x '$init'" 2>/dev/null; then
	timeout -s KILL 60 $as_user unshare -Urpfmn --mount-proc --kill-child \
		sh "$work/enter" "$work" "$init" --units "$units" >"$work/story" 2>"$work/stderr" </dev/null
	is 'PID 1 ends in order after it had no processes' "$?" 0
	check 'a start without a process fails and says why' says 'cannot start a process: Resource temporarily unavailable'
	check 'it is tried again' says 'tried again'
	check 'until there is one' says 'started at last'
	check 'what failed for good can be started by hand' says 'PID 1 lives'
else
	skip 'fork failure' 'an ordinary user may not make a user namespace, or not read this folder'
fi

# No more memory: clients are dropped, PID 1 serves the next
no_units
unit cluster '{"type":"target","requires":["svc"]}'
unit svc '{"type":"service","exec":["sleep","1000"],"restart":{"delay_ms":50,"limit":0}}'
cat >"$work/flood.py" <<'EOF_PY'
import os, resource, socket, time
os.system("prlimit --pid 1 --as=%d" % (int(open("/proc/1/statm").read().split()[0]) * 4096 + 1000000))
clients = []
for i in range(200):
    s = socket.socket(socket.AF_UNIX)
    s.connect("/run/kinc/control/kinc.sock")
    s.settimeout(2)
    clients.append(s)
lost = 0
for s in clients:
    try:
        s.sendall(b"x" * 60000)
    except OSError:
        lost += 1
time.sleep(1)
for s in clients:
    try:
        s.sendall(b"\n")
        if not s.recv(100000):
            lost += 1
    except OSError:
        lost += 1
    s.close()
print("some were dropped" if lost else "none was dropped", flush=True)
EOF_PY
inside <<'EOF_INSIDE'
await 10 state_is ready
python3 "$work/flood.py"
await 10 state_is ready && echo it serves again
old=$(field svc pid)
kill -9 "$old"
restarted() { [ "$(field svc restarts)" -ge 1 ] && unit_is svc ready; }
await 10 restarted && echo and starts again
kill -TERM 1
EOF_INSIDE
if "$init" --version >/dev/null && grep -q __asan_init "$init"; then
	skip 'memory runs out' 'a sanitizer has memory of its own'
else
	boot
	check 'clients are dropped when memory runs out' says 'some were dropped'
	check 'others are served afterwards' says 'it serves again'
	check 'a service that is killed comes back' says 'and starts again'
	is 'and the shutdown is orderly' "$status" 0
fi
finish
