#!/bin/sh
# SIGKILL of PID 1's children in the middle of every transition.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# The builtin reads from a FIFO, so that it can be found running.
unit cluster '{"type":"target","wants":["starts","probed","stops","refuses","builds","once","forks","thief","writes"]}'
unit starts '{"type":"service","exec":["sh","-c","echo s >>/run/starts; [ $(wc -l </run/starts) -ge 2 ] && touch /run/started; exec sleep 1000"],"ready":[{"file":"/run/started"}],"restart":{"delay_ms":10}}'
unit probed '{"type":"service","exec":["sleep","2000"],"ready":[{"exec":["sh","-c","[ -e /run/probe-ok ] || exec sleep 2001"]}],"restart":{"policy":"never"}}'
unit stops '{"type":"service","exec":["sleep","3000"],"stop":{"exec":["sleep","3001"],"timeout_s":60}}'
unit refuses '{"type":"service","exec":["sh","-c","trap \"\" TERM; touch /run/refuses; while :; do sleep 0.1; done"],"ready":[{"file":"/run/refuses"}],"stop":{"timeout_s":60}}'
unit builds '{"type":"builtin","builtin":"render","templates":[{"source":"'"$work"'/fifo","target":"/run/built"}],"restart":{"policy":"on-failure","delay_ms":10}}'
unit once '{"type":"oneshot","exec":["sh","-c","echo o >>/run/once; [ $(wc -l </run/once) -ge 2 ] || exec sleep 4000"],"restart":{"policy":"on-failure","delay_ms":10}}'
unit forks '{"type":"service","exec":["python3","'"$work"'/forks.py"],"ready":[{"notify":true}],"restart":{"delay_ms":10}}'
unit thief '{"type":"service","exec":["python3","'"$work"'/thief.py"],"after":["stops"],"ready":[{"notify":true}],"restart":{"policy":"never"}}'
unit writes '{"type":"service","exec":["sh","-c","while :; do echo a line; sleep 0.05; done"]}'
cat >"$work/forks.py" <<'EOF_PY'
import os, socket, time
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); n.connect(os.environ["NOTIFY_SOCKET"])
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    n.send(b"MAINPID=%d\nREADY=1" % os.getpid())
    time.sleep(1000)
time.sleep(0.3)
EOF_PY
# Claims that the main process of another unit is its own; with a dead one's id
# besides, whose number the next process may have.
cat >"$work/thief.py" <<'EOF_PY'
import os, re, socket, subprocess, time
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); n.connect(os.environ["NOTIFY_SOCKET"])
other = next(p for p in os.listdir("/proc") if p.isdigit() and open(f"/proc/{p}/cmdline").read() == "sleep\0003000\0")
gone = subprocess.Popen(["true"]); gone.wait()
n.send(b"MAINPID=%s" % other.encode()); n.send(b"MAINPID=%d\nREADY=1" % gone.pid)
time.sleep(1000)
EOF_PY
mkfifo "$work/fifo"
inside <<'EOF_INSIDE'
pid_of() { pgrep -xf "$1" | head -n 1; }
kill_it() { # COMMAND LINE: once it is there
	await 20 pid_of "$1" && [ -n "$(pid_of "$1")" ] && kill -9 "$(pid_of "$1")"
}
there() { [ -n "$(pid_of "$1")" ]; }

await 20 test -s /run/starts
await 20 unit_is starts starting && kill -9 "$(field starts pid)"
await 20 unit_is starts ready && echo "starting: restarts $(field starts restarts)"

await 20 there 'sleep 2001' && first=$(pid_of 'sleep 2001')
touch /run/probe-ok
kill -9 "$first"
await 20 unit_is probed ready && echo probing: asked again

await 20 unit_is stops ready
$ctl stop --no-wait stops
await 20 there 'sleep 3001' && there 'sleep 3000' && kill -9 "$(pid_of 'sleep 3001')"
await 20 unit_is stops stopped && echo stop.exec: the signal follows
$ctl start stops
$ctl stop --no-wait stops
await 20 there 'sleep 3001' && kill -9 "$(pid_of 'sleep 3000')"
await 5 unit_is stops stopping && kill -9 "$(pid_of 'sleep 3001')"
await 20 unit_is stops stopped && echo stop.exec: the main process first

await 20 unit_is refuses ready
$ctl stop --no-wait refuses
await 20 unit_is refuses stopping && kill -9 "$(field refuses pid)"
await 20 unit_is refuses stopped && echo stopping: gone is gone

await 20 unit_is builds starting
builtin=$(field builds pid)
rm "$work/fifo" && echo text >"$work/fifo"
kill -9 "$builtin"
await 20 unit_is builds "done" && echo "builtin: $(cat /run/built), restarts $(field builds restarts)"

kill_it 'sleep 4000'
await 20 unit_is once "done" && echo "oneshot: restarts $(field once restarts)"

await 20 unit_is forks ready
alone() { [ "$(cut -d' ' -f4 "/proc/$(field forks pid)/stat")" = 1 ]; } # what forked it has ended
await 20 alone
kill -9 "$(field forks pid)"
again() { [ "$(field forks restarts)" = 1 ] && unit_is forks ready; }
await 20 again && echo a forked main process: restarted

$ctl start stops
$ctl restart thief
own=$(field thief pid)
tr '\0' ' ' <"/proc/$own/cmdline" | grep -q thief.py && echo no process is stolen
kill -9 "$(field stops pid)"
noticed() { [ "$(field stops restarts)" = 1 ] && unit_is stops ready; }
await 20 noticed && echo and its end is seen by its own unit

# The helper and its writer, while lines come
called() { cat /proc/[0-9]*/stat 2>/dev/null | awk -v name="($1)" '$2 == name {print $1; exit}'; }
helper() { [ -n "$(called kinc-log)" ]; }
for i in 1 2 3; do
	await 20 helper
	old=$(called kinc-log)
	kill -9 "$old"
	new() { [ -n "$(called kinc-log)" ] && [ "$(called kinc-log)" != "$old" ]; }
	await 20 new
done
lines() { cat /var/log/kinc/writes.log* | wc -l; }
before=$(lines)
grown() { [ "$(lines)" -gt $((before + 5)) ]; }
await 20 grown && echo log helper: lines go on

# Children that are killed while everything stops
refusing() { unit_is refuses ready; }
rm -f /run/refuses
$ctl start refuses
$ctl shutdown
for i in $(seq 50); do
	for name in kinc-log kinc-log-disk; do
		pid=$(called $name)
		[ $((i % 10)) -ne 0 ] || [ -z "$pid" ] || kill -9 "$pid"
	done
	[ "$i" -ne 20 ] || kill -9 "$(field refuses pid)"
	[ "$i" -ne 30 ] || kill -9 "$(pid_of 'sleep 3001')"
	sleep 0.05
done
EOF_INSIDE
boot
check 'starting: it is started again' says '^starting: restarts 1$'
check 'probing: the next probe comes' says '^probing: asked again'
check 'stop.exec: the signal follows' says '^stop.exec: the signal follows'
check 'stop.exec: the main process may go first' says '^stop.exec: the main process first'
check 'stopping: a killed process is a stopped unit' says '^stopping: gone is gone'
check 'a builtin is tried again' says '^builtin: text, restarts 1$'
check 'a oneshot is tried again' says '^oneshot: restarts 1$'
check 'a main process that forked itself away is watched' says '^a forked main process: restarted'
check 'MAINPID takes no other unit its process, and no dead one' says '^no process is stolen'
check 'which its own unit goes on watching' says '^and its end is seen'
check 'the log goes on after three helpers were killed' says '^log helper: lines go on'
is 'and so does the shutdown' "$status" 0
[ "$tap_failed" -eq 0 ] || diag "$(cat "$work/inside.out" "$work/story" "$work/stderr")"
finish
