#!/bin/sh
# kinc-launch expose: a port of the host that leads into the network of a node.
# Podman and kubectl are scripts, the node is a process in namespaces of its
# own, the network is real.
. "$(dirname -- "$0")/../lib.sh"
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"
ip link set lo up

. "$KINC_TOP/tests/host/fake.sh"
fake_program exec <<'E2'
#!/bin/sh
# What kubectl says: get KIND [NAME] --namespace=NS --output=json
case $* in
*' kincctl status --json')
	echo '{"protocol":1,"ok":true,"state":"ready","elapsed_ms":1000,"units":[],"warnings":[]}' && exit ;;
esac
shift 4
case $* in
'get service web --namespace=default --output=json')
	echo '{"spec":{"clusterIP":"127.0.0.1","ports":[{"name":"dns","port":53,"protocol":"UDP"},{"name":"http","port":8080,"protocol":"TCP"},{"name":"echo","port":8081}]}}' ;;
'get service six --namespace=default --output=json') echo '{"spec":{"clusterIP":"::1","ports":[{"port":8082}]}}' ;;
'get service headless --namespace=default --output=json') echo '{"spec":{"clusterIP":"None"}}' ;;
'get pod web-1 --namespace=other --output=json')
	echo '{"spec":{"containers":[{"ports":[{"name":"http","containerPort":8080}]}]},"status":{"podIP":"127.0.0.1"}}' ;;
'get pod new --namespace=default --output=json') echo '{"status":{}}' ;;
'get nodes --namespace=default --output=json')
	echo '{"items":[{"status":{"addresses":[{"type":"Hostname","address":"x"},{"type":"InternalIP","address":"127.0.0.1"}]}}]}' ;;
*json) echo "Error from server (NotFound): $2 \"$3\" not found" >&2 && exit 1 ;;
*) echo "the fake kubectl does not know $*" >&2 && exit 1 ;;
esac
E2
fake_program node <<'E2'
#!/usr/bin/python3
# The node: answers on 8080 and 8082 with how much it got, when that ends; sends
# back on 8081.
import os, socket, subprocess, sys, threading
subprocess.check_call(["ip", "link", "set", "lo", "up"])
def serve(peer, port):
    count = 0
    try:
        while some := peer.recv(65536):
            count += len(some)
            if port == 8081:
                peer.sendall(some)
        if port != 8081:
            peer.sendall(b"%d bytes at %d\n" % (count, port))
    except OSError:
        pass
    peer.close()
def listen(family, address, port):
    listener = socket.create_server((address, port), family=family, backlog=300)
    def run():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], port), daemon=True).start()
    threading.Thread(target=run).start()
listen(socket.AF_INET, "127.0.0.1", 8080)
listen(socket.AF_INET, "127.0.0.1", 8081)
listen(socket.AF_INET6, "::1", 8082)
open(sys.argv[1], "w").write("%d\n" % os.getpid())
E2
cat >"$work/client" <<'E2'
#!/usr/bin/python3
# client ADDRESS PORT HOW: says hello and what comes back (ask, many), sends
# 20 MB both ways (data), or hangs up at once (reset).
import os, socket, struct, sys, threading
where, how = (sys.argv[1], int(sys.argv[2])), sys.argv[3]
def talk(data):
    peer = socket.create_connection(where, timeout=60)
    def send():
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    back = b""
    while some := peer.recv(1 << 20):
        back += some
    sender.join()
    return back
try:
    if how == "ask":
        print(talk(b"hello").decode().strip())
    elif how == "many":
        peers = [socket.create_connection(where, timeout=60) for _ in range(300)]
        answers = []
        for peer in peers:
            peer.sendall(b"hello")
            peer.shutdown(socket.SHUT_WR)
        for peer in peers:
            answers.append(peer.recv(100))
        print(len(answers), *{answer.decode().strip() for answer in answers})
    elif how == "data":
        data = os.urandom(20 << 20)
        print("the same" if talk(data) == data else "another")
    else:
        peer = socket.create_connection(where)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.sendall(b"x" * 100000)
        peer.close()
except ConnectionRefusedError:
    print("refused")
E2
chmod 0755 "$work/client"
fake_cluster running

expose() { fake "$launch" --cluster dev expose "$@"; }
unexpose() { fake "$launch" --cluster dev unexpose "$@"; }
node_begin() {
	rm -f "$FAKE/pid"
	fake unshare --user --map-root-user --net "$FAKE/bin/node" "$FAKE/pid" &
	wait_for 10 test -s "$FAKE/pid"
	cp "$FAKE/pid" "$FAKE/node.pid"
}
# ask PORT [ADDRESS]: what the node says to "hello" and the end of it.
ask() { timeout 20 "$work/client" "${2:-127.0.0.1}" "$1" ask; }
forwarders() { pgrep -u $TEST_USER -f "^$launch --cluster dev expose" | wc -l; }
gone() { [ "$(forwarders)" -eq 0 ]; }

for words in '' 'web' 'service/' 'service/WEB' 'service/../x' 'service/-n' 'pod/web-1' 'node' 'node:' 'node/x:1' 'service/web:' 'service/web:a/b'; do
	refuses "expose ${words:-nothing}" 100 'expose what\?|is not what can be exposed' expose $words
done
refuses 'a port of the host that is none' 100 'is not a port' expose service/web 70000
refuses 'too many words' 100 'expose what' expose service/web 1 2
refuses 'unexpose nothing' 100 'unexpose what' unexpose
refuses 'unexpose what is none' 100 'is not a port' unexpose web
refuses 'an address that is none' 100 '.-address lan is not an IP address' expose service/web --address lan
refuses 'a namespace that is an option' 100 'is not a name' expose service/web --namespace=-A
refuses 'an unknown cluster' 1 'no cluster nope' fake "$launch" --cluster nope expose service/web
refuses 'no such service' 1 'service "nope" not found' expose service/nope
refuses 'a service without that port' 1 'service web has no TCP port 53' expose service/web:53
refuses 'a headless service' 1 'has no address of its own' expose service/headless
refuses 'a pod without an address' 1 'pod new has no address yet' expose pod/new:1
refuses 'a port that the pod does not name' 1 'names a port ssh' expose pod/web-1:ssh --namespace other
refuses 'what is not exposed' 1 'port 8000 of cluster dev is not exposed' unexpose 8000
echo 4000000 >"$FAKE/pid"
refuses 'a node without a process' 1 'has no process' expose service/web
node_begin

is 'a service: said where' "$(expose service/web 8000 2>"$work/stderr")" 127.0.0.1:8000
like 'a service: said how it ends' "$(cat "$work/stderr")" 'answers on 127\.0\.0\.1, port 8000, until `kinc-launch --cluster dev unexpose 8000`'
is 'a service: its first TCP port answers, to one who has ended' "$(ask 8000)" '5 bytes at 8080'
is 'not on other addresses' "$(ip address add 10.99.0.1/32 dev lo; ask 8000 10.99.0.1 )" refused
refuses 'a taken port' 1 'cannot listen on 127\.0\.0\.1, port 8000: Address already in use' expose service/web 8000
is 'a port by its name' "$(expose service/web:echo 8001 2>/dev/null)" 127.0.0.1:8001
is 'another address' "$(expose node:8080 8002 --address 10.99.0.1 2>/dev/null; ask 8002 10.99.0.1)" '10.99.0.1:8002
5 bytes at 8080'
is 'a pod of another namespace, a port by its name' "$(expose pod/web-1:http 8003 --namespace other 2>/dev/null; ask 8003)" \
	'127.0.0.1:8003
5 bytes at 8080'
is 'IPv6 on both ends' "$(expose service/six 8004 --address ::1 2>/dev/null; ask 8004 ::1)" '[::1]:8004
5 bytes at 8082'
port=$(expose service/web 2>/dev/null)
is 'a port that is chosen' "$(ask "${port#*:}")" '5 bytes at 8080'

is '20 MB there and back' "$(timeout 60 "$work/client" 127.0.0.1 8001 data)" 'the same'
is '300 at once, more than it takes: each has its answer' "$(timeout 60 "$work/client" 127.0.0.1 8000 many)" '300 5 bytes at 8080'
"$work/client" 127.0.0.1 8001 reset
is 'one who hangs up does no harm' "$(ask 8000)" '5 bytes at 8080'

is 'status shows each' "$(fake "$launch" --cluster dev status | grep '^exposed: ' | cut -d' ' -f2-9)" \
	"$(printf '%s\n' '127.0.0.1 port 8000 -> service/web (127.0.0.1 port 8080),' \
		'127.0.0.1 port 8001 -> service/web (127.0.0.1 port 8081),' '10.99.0.1 port 8002 -> node (127.0.0.1 port 8080),' \
		'127.0.0.1 port 8003 -> pod/web-1 (127.0.0.1 port 8080),' '::1 port 8004 -> service/six (::1 port 8082),' \
		"127.0.0.1 port ${port#*:} -> service/web (127.0.0.1 port 8080),")"
is 'status --json too' "$(fake "$launch" --cluster dev status --json | jq -c '.exposed[3] | [.port, .namespace, .target]')" '[8003,"other","pod/web-1"]'
is 'each is one process' "$(forwarders)" 6
check 'unexpose' unexpose 8000
is 'unexpose: it is closed' "$(ask 8000)" refused
is 'unexpose: the others stay' "$(forwarders):$(ask 8003)" '5:5 bytes at 8080'
pkill -KILL -u $TEST_USER -f "^$launch --cluster dev expose service/web:echo"
is 'one that was killed is not shown' "$(fake "$launch" --cluster dev status | grep -c 'port 8001')" 0
is 'and its port is free again' "$(expose service/web 8001 2>/dev/null; ask 8001)" '127.0.0.1:8001
5 bytes at 8080'
check 'unexpose all' unexpose all
check 'unexpose all: none is left' wait_for 5 gone
is 'unexpose all: no file is left' "$(find "$home/run" -path '*expose*')" ''
expose service/web 8000 >/dev/null 2>&1
check 'down ends it' fake "$launch" --cluster dev down
check 'down: none is left' wait_for 5 gone
is 'down: no file is left' "$(find "$home/run" -path '*expose*')" ''
fake_cluster running
expose service/web 8000 >/dev/null 2>&1
kill -KILL "$(cat "$FAKE/node.pid")"
check 'a node that stops ends it' wait_for 5 gone
is 'and it is not shown' "$(fake "$launch" --cluster dev status | grep -c exposed)" 0
fake_end
finish
