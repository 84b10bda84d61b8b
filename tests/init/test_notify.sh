#!/bin/sh
# Who is heard on a notify socket, and what the messages do; with real cgroups.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"
cgroups_or_skip 'notify messages and cgroups'

cat >"$work/send.py" <<'EOF_PY'
import array, os, select, socket, sys, time
def send(text, *fds):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ["NOTIFY_SOCKET"])
    s.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
def barrier():
    here, there = os.pipe()
    send("BARRIER=1", there)
    os.close(there)
    poll = select.poll()
    poll.register(here, 0)
    return bool(poll.poll(10000))
EOF_PY
cat >"$work/foreign.py" <<'EOF_PY'
import sys
exec(open(sys.argv[1] + "/send.py").read())
send("READY=1\nSTATUS=I am root, believe me\nMAINPID=1")
print("barrier", barrier(), flush=True)
EOF_PY
cat >"$work/service.py" <<'EOF_PY'
import sys, subprocess
work = sys.argv[1]
exec(open(work + "/send.py").read())
def wait_for(name):
    while not os.path.exists("/run/" + name):
        time.sleep(0.05)
send("MAINPID=" + open("/run/foreigner").read())
wait_for("own")
# a child of the service may speak for it
child = os.fork()
if child == 0:
    send("STATUS=from a child")
    barrier()
    os._exit(0)
os.waitpid(child, 0)
wait_for("go")
keep, kept = os.pipe()
send("FDSTORE=1\nFDNAME=x\nERRNO=28", kept)
print("barrier", barrier(), flush=True)
os.close(kept)
# nobody keeps what FDSTORE sent: the pipe has no writer left
print("stored", os.read(keep, 1) != b"", flush=True)
send("READY=1\nSTATUS=up")
wait_for("reload")
send("RELOADING=1\nMONOTONIC_USEC=1")
wait_for("reloaded")
send("READY=1")
wait_for("stop")
send("STOPPING=1")
time.sleep(1000)
EOF_PY
unit cluster '{"type":"target","requires":["cgroup"],"wants":["svc","slow"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup"}'
unit svc '{"type":"service","requires":["cgroup"],"exec":["sh","-c","while [ ! -e /run/foreigner ]; do sleep 0.05; done; exec python3 '"$work/service.py $work"'"],"ready":[{"notify":true}]}'
# It asks for more time than it has.
unit slow '{"type":"service","requires":["cgroup"],"exec":["python3","-c","import sys; exec(open(\"'"$work"'/send.py\").read()); send(\"EXTEND_TIMEOUT_USEC=60000000\"); time.sleep(3); send(\"READY=1\"); time.sleep(1000)"],"ready":[{"notify":true}],"start_timeout_s":2,"restart":{"policy":"never"}}'
inside <<'EOF_INSIDE'
message_is() { [ "$(field svc message)" = "$1" ]; }
await 10 unit_is svc starting
sleep 4000 & echo $! >/run/foreigner.new; mv /run/foreigner.new /run/foreigner
NOTIFY_SOCKET=/run/kinc/notify/svc python3 "$work/foreign.py" "$work"
unit_is svc starting && echo the foreigner was not heard
touch /run/own
await 10 message_is 'from a child' && echo a child was heard
[ "$(field svc pid)" != "$(cat /run/foreigner)" ] && echo a foreign main process was refused
touch /run/go
await 10 unit_is svc ready && message_is up && echo it was heard itself
touch /run/reload; await 10 message_is reloading && echo reloading
touch /run/reloaded; await 10 message_is '' && echo reloaded
touch /run/stop; await 10 message_is 'stopping by itself' && echo stopping
await 20 unit_is slow ready && echo extended
$ctl log svc
kill $(cat /run/foreigner)
$ctl shutdown
EOF_INSIDE
enclosed
check 'a root process of another cgroup is not heard' says 'the foreigner was not heard'
check 'and the story tells it' tells 'svc +a notify message of process [0-9]+ was refused'
check 'its barrier is answered all the same' says '^barrier True'
check 'a child of the service is heard' says 'a child was heard'
check 'MAINPID of a foreign process is refused' says 'a foreign main process was refused'
check 'the service is heard' says 'it was heard itself'
check 'BARRIER is answered to the service' says 'Z barrier True|^barrier True'
check 'FDSTORE keeps nothing' says 'stored False'
check 'RELOADING is shown' says '^reloading'
check 'until READY comes again' says '^reloaded'
check 'STOPPING is shown' says '^stopping'
check 'EXTEND_TIMEOUT_USEC gives more time' says '^extended'
[ "$tap_failed" -eq 0 ] || { diag "$(cat "$work/inside.out")"; diag "$(cat "$work/story" "$work/stderr")"; }
finish
