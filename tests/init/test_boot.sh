#!/bin/sh
# Order, readiness, conditions, overrides; kinc-init as PID 1 in a namespace.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# Parallel start in order
unit cluster '{"type":"target","requires":["last"]}'
for i in 1 2 3 4; do
	unit "slow$i" '{"type":"oneshot","exec":["sleep","0.5"]}'
done
unit last '{"type":"oneshot","exec":["true"],"requires":["slow1","slow2","slow3","slow4"]}'
unit apart '{"type":"oneshot","exec":["true"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl status --json >"$work/status"
$ctl status >/dev/null; echo "status exits $?"
kill -TERM 1
EOF_INSIDE
boot
is 'an orderly shutdown exits 0' "$status" 0
is 'four that sleep run at the same time' \
	"$(jq '[.units[] | select(.name | startswith("slow"))] | (map(.started_ms) | max) < (map(.ready_ms) | min)' "$work/status")" true
check 'what requires them starts after them' order 'slow4 +done' 'last +starting'
is 'a unit outside the target is not started' \
	"$(jq -r '.units[] | select(.name=="apart") | .state' "$work/status")" stopped
is 'units are listed in boot order' "$(jq -r '.units[-1].name' "$work/status")" cluster
check 'kincctl status exits 0 when ready' says 'status exits 0'

# Every kind of readiness
no_units
unit cluster '{"type":"target","requires":["file","exec","tcp","http","unix","hunix","notify","none"]}'
unit none '{"type":"service","exec":["sleep","100"]}'
unit file '{"type":"service","exec":["sh","-c","sleep 0.3; touch /run/flag; exec sleep 100"],"ready":[{"file":"/run/flag"}]}'
unit exec '{"type":"service","exec":["sh","-c","sleep 0.3; touch /run/flag2; exec sleep 100"],"ready":[{"exec":["test","-e","/run/flag2"]},{"file":"/run/flag2"}]}'
cat >"$work/serve.py" <<'EOF_PY'
import socket, sys, time, os
kind, address, answer = sys.argv[1:4]
time.sleep(0.2)
if kind == "notify":
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ["NOTIFY_SOCKET"])
    s.send(b"STATUS=warming up\n")
    time.sleep(0.2)
    s.send(b"X_UNKNOWN=1\nX_KINC_WARNING=half of it\nREADY=1\nSTATUS=here I am")
    time.sleep(100)
if address.startswith("/"):
    s = socket.socket(socket.AF_UNIX)
    s.bind(address)
else:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(address)))
s.listen(5)
start = time.time()
while True:
    c, _ = s.accept()
    if answer:
        c.recv(1000)
        # first unwell, then well
        c.send(b"HTTP/1.1 500 no\r\n\r\n" if time.time() - start < 0.3 else b"HTTP/1.1 200 OK\r\n\r\n")
    c.close()
EOF_PY
serve() { printf '{"type":"service","exec":["python3","%s","%s","%s","%s"],"ready":[%s]}' "$work/serve.py" "$@"; }
unit tcp "$(serve tcp 18001 '' '{"tcp":"127.0.0.1:18001"}')"
unit http "$(serve http 18002 yes '{"http":"http://127.0.0.1:18002/healthz"}')"
unit unix "$(serve unix /run/u1 '' '{"unix":"/run/u1"}')"
unit hunix "$(serve unix /run/u2 yes '{"http_unix":"/run/u2","path":"/info"}')"
unit notify "$(serve notify - '' '{"notify":true}')"
inside <<'EOF_INSIDE'
ip link set lo up
await 10 unit_is notify starting
await 10 status_has '.units[]|select(.name=="notify" and .message=="warming up" and .waiting_for==["notify"])' && echo waits for notify
await 20 state_is ready && echo all ready
$ctl status --json >"$work/status"
kill -INT 1
EOF_INSIDE
own_net=--net boot
check 'all kinds of readiness are seen' says 'all ready'
check 'status shows what a unit waits for' says 'waits for notify'
is 'STATUS= is shown' "$(jq -r '.units[]|select(.name=="notify")|.message' "$work/status")" 'here I am'
is 'X_KINC_WARNING= stays among the warnings' \
	"$(jq -c '.warnings | map(select(. == "half of it"))' "$work/status")" '["half of it"]'
is 'http waits for a good answer' \
	"$(jq '.units[]|select(.name=="http")|.ready_ms-.started_ms >= 400' "$work/status")" true
is 'SIGINT is an orderly shutdown' "$status" 0

# Conditions, templates, environment, a failing want, an override directory
no_units
mkdir -p "$work/more"
unit cluster '{"type":"target","requires":["show","skip"],"wants":["fails"]}'
unit skip '{"type":"oneshot","exec":["false"],"condition":{"path_missing":["/proc"]}}'
mkdir -p "$work/empty" "$work/full"
touch "$work/empty/.hidden" "$work/full/file"
for name in empty full skip.json nothing; do
	unit "in-${name%%.*}" '{"type":"oneshot","exec":["true"],"condition":{"directory_not_empty":["'"$work/$name"'"]},"wanted_by":["cluster"]}'
done
touch "$work/skip.json"
unit fails '{"type":"oneshot","exec":["sh","-c","echo the reason; exit 3"]}'
unit show '{"type":"oneshot","exec":["sh","-c","echo a=$A name={{NODE_NAME}} k={{KINC_X}} pwd=$PWD n=$NOTIFY_SOCKET"],"environment":{"A":"x{{KINC_X}}"},"working_directory":"/proc"}'
echo '{"environment":{"A":"overridden"}}' >"$work/more/show.json"
echo '{"type":"oneshot","exec":["echo","added"],"wanted_by":["cluster"]}' >"$work/more/added.json"
inside <<'EOF_INSIDE'
await 10 state_is degraded && echo degraded
$ctl log show
$ctl status --json >"$work/status"
$ctl status >/dev/null; echo "status exits $?"
$ctl shutdown
EOF_INSIDE
KINC_X=42 NOTIFY_SOCKET=/outer boot --units "$work/more"
check 'a wanted unit that fails leaves the node degraded' says '^degraded'
check 'environment, templates and working directory' says "a=overridden name=$(hostname) k=42 pwd=/proc n=$"
is 'an unmet condition skips' "$(jq -r '.units[]|select(.name=="skip")|.state' "$work/status")" skipped
is 'a directory must not be empty' \
	"$(jq -r '.units[]|select(.name|startswith("in-"))|[.name,.state,.message]|join(" ")' "$work/status" | sort | sed "s|$work/||; s/ *$//")" \
	'in-empty skipped empty is empty
in-full done
in-nothing skipped there is no nothing
in-skip skipped skip.json is no directory'
is 'a failure names the status and the last line' \
	"$(jq -r '.units[]|select(.name=="fails")|.message' "$work/status")" 'ended with code 3: the reason'
check 'its output is in the story' tells 'fails +\| the reason'
is 'an added unit runs' "$(jq -r '.units[]|select(.name=="added")|.state' "$work/status")" done
check 'kincctl status exits 1 when not ready' says 'status exits 1'
is 'kincctl shutdown ends PID 1' "$status" 0

# A needed unit that fails: the target fails, PID 1 stays; critical ones end it
no_units
unit cluster '{"type":"target","requires":["second"]}'
unit first '{"type":"oneshot","exec":["/nonexistent"]}'
unit second '{"type":"oneshot","exec":["true"],"requires":["first"]}'
inside <<'EOF_INSIDE'
await 10 state_is failed && echo failed
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
boot
check 'what requires a failed unit fails' says '^failed'
is 'it says whom it needed' "$(jq -r '.units[]|select(.name=="second")|.message' "$work/status")" \
	'needs first, which failed'
check 'a program that is not there is named' tells 'cannot execute /nonexistent: No such file'
unit first '{"type":"oneshot","exec":["false"],"critical":true}'
rm "$work/inside"
boot
is 'a critical unit that fails ends PID 1 with 1' "$status" 1
like 'and stderr says which' "$(cat "$work/stderr")" '^kinc-init: first: ended with code 1'
finish
