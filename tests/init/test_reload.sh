#!/bin/sh
# kincctl reload: by a signal, by a program, and by a service that tells.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

unit cluster '{"type":"target","requires":["signal","program","tells","silent","hangs","refuses","none"]}'
unit signal '{"type":"service","exec":["sh","-c","trap \"echo hup >>/run/signal\" HUP; touch /run/set; while :; do sleep 0.05; done"],"ready":[{"file":"/run/set"}],"reload":{"signal":"HUP"}}'
unit program '{"type":"service","exec":["sleep","1000"],"reload":{"exec":["sh","-c","echo word; sleep 0.2; touch /run/program"]}}'
cat >"$work/tells.py" <<'EOF_PY'
import os, signal, socket, time
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
n.connect(os.environ["NOTIFY_SOCKET"])
def reload(number, frame):
    n.send(b"RELOADING=1\nMONOTONIC_USEC=%d" % (time.monotonic_ns() // 1000))
    time.sleep(0.3)
    open("/run/told", "w").close()
    n.send(b"READY=1")
signal.signal(signal.SIGHUP, reload)
n.send(b"READY=1")
while True: signal.pause()
EOF_PY
unit tells '{"type":"service","exec":["python3","'"$work"'/tells.py"],"ready":[{"notify":true}],"reload":{"signal":"HUP","notify":true}}'
unit hangs '{"type":"service","exec":["sleep","1000"],"reload":{"exec":["sleep","4321"],"timeout_s":1},"stop":{"mode":"process"}}'
unit refuses '{"type":"service","exec":["sleep","1000"],"reload":{"exec":["sh","-c","exit 7"]}}'
unit none '{"type":"service","exec":["sleep","1000"]}'
unit silent '{"type":"service","exec":["python3","-c","import os,signal,socket; n=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); n.connect(os.environ[\"NOTIFY_SOCKET\"]); signal.signal(signal.SIGHUP,lambda *a: None); n.send(b\"READY=1\")\nwhile True: signal.pause()"],"ready":[{"notify":true}],"reload":{"signal":"HUP","notify":true,"timeout_s":1}}'
inside <<'EOF_INSIDE'
await 20 state_is ready
$ctl reload signal; echo "signal exits $?"
await 5 test -s /run/signal && echo the signal came
$ctl reload program --json; echo "program exits $?"
test -e /run/program && echo its program had ended
$ctl log program | grep -q word && echo its output is logged
$ctl reload tells; echo "tells exits $?"
test -e /run/told && echo it had told
$ctl reload silent; echo "silent exits $?"
$ctl reload hangs; echo "hangs exits $?"
gone() { ! grep -qs 4321 /proc/[0-9]*/cmdline; }
await 5 gone && echo its program was ended
$ctl reload refuses; echo "refuses exits $?"
echo "fault $(field refuses reload_fault)"
$ctl reload none; echo "none exits $?"
$ctl reload tells --no-wait; echo "no-wait exits $?"
echo "reloading $(field tells reloading)"
$ctl reload tells; echo "twice exits $?"
for unit in signal program tells silent hangs refuses none; do
	unit_is $unit ready && [ "$(field $unit restarts)" = 0 ] || echo "$unit was disturbed"
done
# What is under way fails with its service, which can be stopped meanwhile.
$ctl reload hangs --no-wait
$ctl stop hangs; echo "stop exits $?"
echo "meanwhile $(field hangs reload_fault)"
await 5 gone && echo and nothing is left of it
$ctl reload hangs; echo "stopped exits $?"
kill -TERM 1
EOF_INSIDE
boot
is 'orderly end' "$status" 0
check 'a signal' says 'signal exits 0'
check 'is sent' says 'the signal came'
check 'a program' says 'program exits 0'
check 'is waited for' says 'its program had ended'
check 'with its output in the log' says 'its output is logged'
check 'a service that tells' says 'tells exits 0'
check 'is waited for until READY=1' says 'it had told'
check 'one that does not has failed' says 'silent exits 1'
check 'which is said' says 'silent reload failed: not done within 1 s'
check 'a program that hangs' says 'hangs exits 1'
check 'is ended' says 'its program was ended'
check 'one that fails' says 'refuses exits 1'
check 'is in the status' says '^fault its program ended with code 7'
check 'a unit without a way' says 'none exits 1'
check 'is told so' says 'none has no "reload"'
check 'without waiting' says 'no-wait exits 0'
check 'it is under way' says '^reloading true'
check 'and not begun twice' says 'twice exits 1'
check 'services go on' sh -c "! grep 'was disturbed' '$work/inside.out'"
check 'a stop meanwhile' says 'stop exits 0'
check 'ends the reload' says '^meanwhile it ended meanwhile'
check 'with all of it' says 'and nothing is left of it'
check 'what is stopped cannot reload' says 'hangs is not ready'

no_units
unit cluster '{"type":"target","requires":["a"]}'
unit a '{"type":"service","exec":["true"],"reload":{"notify":true}}'
like 'reload needs a way' "$("$init" --check --units "$units" 2>&1)" \
	'a.json:1:[0-9]+: .*needs one of "signal" and "exec"'
unit a '{"type":"service","exec":["true"],"reload":{"notify":true,"signal":"HUP"}}'
like 'notify needs a service that notifies' "$("$init" --check --units "$units" 2>&1)" 'needs .*"ready"'
unit a '{"type":"oneshot","exec":["true"],"reload":{"signal":"HUP"}}'
like 'a oneshot cannot' "$("$init" --check --units "$units" 2>&1)" 'a oneshot has no "reload"'
finish
