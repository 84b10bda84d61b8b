#!/bin/sh
# Readiness beyond what a boot shows: a newline on a descriptor, https by a
# helper, time stamps, probes that hang.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"
own_net=--net

# A newline on a descriptor, which is closed then
cat >"$work/s6.py" <<'EOF_PY'
import os, signal, sys, time
number, words = int(sys.argv[1]), sys.argv[2:]
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
for word in words:
    time.sleep(0.2)
    os.write(number, word.encode().replace(b"/", b"\n"))
if not words:
    os.close(number)
deadline = time.time() + 10
try:
    while time.time() < deadline:
        os.write(number, b"more")
        time.sleep(0.05)
except OSError as error:
    print("write says", os.strerror(error.errno), flush=True)
time.sleep(1000)
EOF_PY
s6() { printf '{"type":"service","exec":["python3","%s",%s],"ready":[%s],"start_timeout_s":%d,"restart":{"policy":"never"}}' "$work/s6.py" "$@"; }
unit cluster '{"type":"target","wants":["three","high","both","closes","plain"]}'
unit three "$(s6 '"3","not yet","now/then"' '{"fd":3}' 30)"
unit high "$(s6 '"63","/"' '{"fd":63}' 30)"
unit both "$(s6 '"5","/"' '{"fd":5},{"file":"/run/flag"}' 30)"
unit closes "$(s6 '"3"' '{"fd":3}' 1)"
unit plain '{"type":"service","exec":["sh","-c","ls /proc/self/fd | tr \"\\n\" \" \"; echo; exec sleep 1000"]}'
inside <<'EOF_INSIDE'
await 20 unit_is three ready && await 20 unit_is high ready && echo newlines were seen
await 10 sh -c "$ctl log three | grep -q 'write says Broken pipe'" && echo and the pipe is closed
await 10 status_has '.units[] | select(.name == "both") | .ready |
	length == 2 and .[0].probe == "fd 5" and .[0].since_ms > 0 and
	.[1].probe == "file /run/flag" and .[1].since_ms == null' && echo stamps of one
touch /run/flag
await 10 unit_is both ready
status_has '.units[] | select(.name == "both") |
	.ready[1].since_ms >= .ready[0].since_ms and .ready_ms >= .ready[1].since_ms' >/dev/null &&
	echo stamps of both
await 10 unit_is closes failed && field closes message
await 10 sh -c "$ctl log plain | grep -q [0-9]"; $ctl log plain
kill -TERM 1
EOF_INSIDE
boot
check 'a newline on the descriptor is readiness, less is not' says 'newlines were seen'
check 'the descriptor is closed after it' says 'and the pipe is closed'
check 'each probe has the time since which it holds' says 'stamps of one'
check 'all of them together are readiness' says 'stamps of both'
check 'closing it without a newline is none' says 'not ready within 1 s; waits for fd 3'
check 'other services get no descriptor' says "(^| )0 1 2 3 *\$"

# https: verified with the CA and the name, asked by one process outside PID 1
no_units
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout "$work/ca.key" \
	-out "$work/ca.crt" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout "$work/other.key" \
	-out "$work/other.crt" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout "$work/server.key" \
	-out "$work/server.csr" 2>/dev/null
echo 'subjectAltName=IP:127.0.0.1' >"$work/names"
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial \
	-days 2 -extfile "$work/names" -out "$work/server.crt" 2>/dev/null
cat >"$work/https.py" <<'EOF_PY'
import http.server, os, ssl, sys, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.path.exists("/run/well") else 503)
        self.end_headers()
    def log_message(self, *what):
        print("asked", flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 18443), Answer)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1] + "/server.crt", sys.argv[1] + "/server.key")
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
EOF_PY
https() { printf '{"type":"service","exec":[%s],"ready":[{"https":"%s","ca":"%s"}]}' "$@"; }
unit cluster '{"type":"target","wants":["good","wrong-ca","wrong-name"]}'
unit good "$(https '"python3","'"$work/https.py"'","'"$work"'"' https://127.0.0.1:18443/readyz "$work/ca.crt")"
unit wrong-ca "$(https '"sleep","1000"' https://127.0.0.1:18443/readyz "$work/other.crt")"
unit wrong-name "$(https '"sleep","1000"' https://localhost:18443/readyz "$work/ca.crt")"
inside <<'EOF_INSIDE'
ip link set lo up
waits() { status_has ".units[] | select(.name == \"$1\") | .waiting_for[0] | test(\"$2\")"; }
await 20 waits good 'https https://127.0.0.1:18443/readyz \\(it answers with status 503\\)' && echo unwell
await 20 waits wrong-ca certificate && await 20 waits wrong-name 'ubject' && echo refused
helper() { pgrep -f "kinc-probe.*$1"; }
first=$(helper ca.crt.https://127); sleep 1
[ "$first" ] && [ "$(helper ca.crt.https://127)" = "$first" ] && echo one helper for all tries
grep -q '^NoNewPrivs:.*1' "/proc/$first/status" && echo it has no new privileges
kill -9 "$first"
replaced() { helper "$1" | grep -qvx "$first"; }
await 20 replaced ca.crt.https://127 && echo another helper
touch /run/well
await 20 unit_is good ready && echo well
gone() { ! helper "$1"; }
await 20 gone ca.crt.https://127 && echo the helper has gone
await 5 unit_is wrong-ca starting && unit_is wrong-name starting && echo still refused
ldd "/proc/1/exe" | grep -q ssl || echo no TLS in PID 1
kill -TERM 1
EOF_INSIDE
boot
check 'a status of 503 is not ready, and status says so' says '^unwell'
check 'another CA and another name are refused' says '^refused'
check 'one process asks again and again' says 'one helper for all tries'
check 'it can gain no privileges' says 'no new privileges'
check 'a killed one is replaced' says 'another helper'
check 'a good answer is readiness' says '^well'
check 'the helper ends with it' says 'the helper has gone'
check 'the certificates are not forgotten later' says 'still refused'
check 'PID 1 is linked with no TLS' says 'no TLS in PID 1'

# Probes that hang are ended, with what they started
no_units
unit cluster '{"type":"target","wants":["exec","http"]}'
unit exec '{"type":"service","exec":["sleep","1000"],"ready":[{"exec":["sh","-c","sleep 4321; true"]}],"start_timeout_s":1,"restart":{"policy":"never"}}'
cat >"$work/hang.py" <<'EOF_PY'
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 18002))
s.listen(5)
for answer in (b"", b"HTTP/1.1 ", b"HTTP/1.1 204 fine\r\n\r\n"):
    c, _ = s.accept()
    c.sendall(answer)
    if not answer.endswith(b"\n"):
        c.settimeout(30)
        while c.recv(1000):
            pass
        print("given up", flush=True)
time.sleep(1000)
EOF_PY
unit http '{"type":"service","exec":["python3","'"$work/hang.py"'"],"ready":[{"http":"http://127.0.0.1:18002/"}]}'
inside <<'EOF_INSIDE'
ip link set lo up
await 10 pgrep -xf 'sleep 4321' && echo the probe runs
await 10 unit_is exec failed
gone() { ! pgrep -xf "sleep 4321"; }
await 10 gone && echo nothing of it is left
await 30 unit_is http ready && [ "$($ctl log http | grep -c 'given up')" = 2 ] && echo gave up twice
kill -TERM 1
EOF_INSIDE
boot
check 'a probe that hangs is ended with what it started' says 'nothing of it is left'
check 'an answer that never ends is given up and asked for again' says 'gave up twice'
finish
