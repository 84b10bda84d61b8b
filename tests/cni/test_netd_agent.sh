#!/bin/sh
# kincnetd on a node: objects of an API server (fake_api.py) become rules, pods of
# kincnet pass the gate, and real packets show what holds, whatever is killed.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/policy.sh"
. "$(dirname -- "$0")/netd.sh"
api_state=$work/state.json
gate=$work/gate
flood_pid=''
trap 'kill $servers $api_pid $netd_pid $flood_pid $heard_pid 2>/dev/null' EXIT
conf=$(with "$conf" "\"policy\":{\"gate\":\"$gate\",\"wait\":10}")
pods_path=/api/v1/pods
policies=/apis/networking.k8s.io/v1/networkpolicies
# What kinc-init would hear.
python3 -c '
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
while True:
    print(heard.recv(4096).decode().strip(), flush=True)
' "$work/notify" >"$work/heard" &
heard_pid=$!
wait_for 5 test -S "$work/notify"
export NOTIFY_SOCKET="$work/notify"
heard() { grep -q "$1" "$work/heard"; }
begin() {
	: >"$work/heard"
	netd --policy --pod-subnets 10.4.0.0/24,fd00:4::/64 --gate "$gate" --node node1 "$@"
}
put_namespace() { put /api/v1/namespaces "$(namespace "$1" "'team':'$1'")"; }
# put_pod NAMESPACE NAME LABELS [gone]: of this node; with its address once it is in HOSTS
put_pod() {
	case " $HOSTS " in
	*" $2="*) put $pods_path "$(pod "$1" "$2" "$3" '' "'nodeName':'node1'")" ${4:+gone} ;;
	*) put $pods_path "$(object Pod "$1" "$2" "'spec':{'nodeName':'node1','containers':[]},'status':{'phase':'Pending'}" "'labels':{$3}")" ${4:+gone} ;;
	esac
}
put_policy() { put $policies "$(policy "$1" "$2" "$3")" ${4:+gone}; }
identity() { cni_args="K8S_POD_NAMESPACE=$1;K8S_POD_NAME=$2;K8S_POD_UID=$2;K8S_POD_INFRA_CONTAINER_ID=x"; }
# start NAMESPACE NAME LABELS: as the scheduler, the kubelet and the runtime do it
start() {
	put_pod "$1" "$2" "$3"
	identity "$1" "$2"
	attach "$2"
	put_pod "$1" "$2" "$3"
}
reaches() { [ "$(reach "$1" "$2")" = "$2" ]; }
no_more() { [ -z "$(reach "$1" "$2")" ]; }
known() { nft list set inet kinc_policy known4 | grep -q "$1"; }
summary() { printf '{"command":"summary"}\n' | timeout 5 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.send(sys.stdin.buffer.read())
print(s.makefile().readline())' "$gate"; }

printf %s "$conf" >"$work/conf"
check 'the ground is laid at boot' "$kincnet" --setup "$work/conf"
api_begin
put_namespace a
put_namespace b
begin
check 'it is ready when everything was listed and stands' wait_for 10 heard '^READY=1'
check 'and says how it is doing' heard 'STATUS=policies are enforced'
start a client "'app':'client'"
start b web "'app':'web'"
check 'no policy: it passes' reaches client web:80/TCP
put_policy b deny "'podSelector':{}"
check 'a policy: denied' wait_for 5 no_more client web:80/TCP
put_policy b allow "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'team':'a'}}}]}]"
check 'another: allowed' wait_for 5 reaches client web:80/TCP
ip netns exec client python3 "$here/probe.py" talk 60 "$(address4 web):80" "$work/count" &
servers="$servers $!"
counts() { before=$(cat "$work/count" 2>/dev/null) && sleep 0.3 && [ "$(cat "$work/count")" -gt "${before:-0}" ]; }
check 'a connection talks' wait_for 5 counts
put /api/v1/namespaces "$(namespace a "'team':'z'")"
check 'labels of a namespace change: denied' wait_for 5 no_more client web:80/TCP
not_counts() { ! counts; }
check 'and the connection is cut' wait_for 5 not_counts
put_namespace a
check 'and back' wait_for 5 reaches client web:80/TCP
dropped() { metric 'kincnetd_policy_dropped_packets_total{direction="ingress",policies="b\/deny"}'; }
put_policy b allow '' gone
check 'a policy goes' wait_for 5 no_more client web:80/TCP
like 'drops are counted for a policy' "$(dropped)" '^[1-9]'
is 'as many as there are pods' "$(metric kincnetd_policy_pods)" 2
put_policy b odd "'podSelector':{'matchExpressions':[{'key':'a','operator':'Near'}]}"
told_of() { told "$api/test/events" | grep -q "$1"; }
check 'a policy that is not understood becomes an event' wait_for 5 told_of '"involvedObject":{.*"name":"odd".*NetworkPolicyFault'
put_policy b odd '' gone
put $pods_path '{"metadata":{"namespace":"b","name":"strange"},"spec":7,"status":{"podIPs":[{"ip":"none"}]}}'
put $pods_path '{"metadata":{"namespace":"b","name":"strange"}}' gone

# The pod is known after its ADD has begun.
identity b late
pods late
(sleep 1; put_pod b late "'app':'late'") &
works 'ADD waits until the pod is known' ADD late "$conf"
check 'and then its address is' known "$(address4 late)"
cni DEL late "$conf"
put_pod b late '' gone

# Two hundred pods start while packets fly at every address that they can get.
addresses=$(for i in $(seq 2 250); do printf '10.4.0.%d,fd00:4::%x,' "$i" "$i"; done)
ip netns exec client python3 "$here/probe.py" flood "${addresses%,}" 53 "$work/flood" &
flood_pid=$!
wait_for 5 test -s "$work/flood"
rounds() { cut -d' ' -f1 "$work/flood"; }
# Datagrams that came in, to whatever port, by both families.
received() {
	ip netns exec "$1" cat /proc/net/snmp /proc/net/snmp6 | awk '
		$1 == "Udp:" && $2 + 0 == $2 { n += $2 + $3 }
		$1 ~ /^Udp6(InDatagrams|NoPorts)$/ { n += $2 }
		END { print n }'
}
first=$(rounds)
for i in $(seq 200); do
	pods "f$i"
	put_pod b "f$i" "'app':'flooded'"
	identity b "f$i"
	cni ADD "f$i" "$conf" || { not_ok "ADD f$i"; diag "$answer"; }
	HOSTS="$HOSTS f$i=$(address4 "f$i"),$(address6 "f$i")"
	[ $((i % 4)) -ne 0 ] || put_pod b "f$i" "'app':'flooded'"
done
last=$(rounds)
total=0
for i in $(seq 200); do total=$((total + $(received "f$i"))); done
is '200 pods start: not one packet got in' "$total" 0
check "while every address was sent to ($((last - first)) times)" test $((last - first)) -ge 200
put_policy b flooded "'podSelector':{'matchLabels':{'app':'flooded'}},'ingress':[{'from':[{'namespaceSelector':{}}]}]"
arrives() { [ "$(received f200)" -gt 0 ] && [ "$(received f4)" -gt 0 ]; }
check 'a policy lets them in: packets arrive at once' wait_for 10 arrives
put_policy b flooded '' gone
stops() { n=$(received f4) && sleep 0.3 && [ "$(received f4)" = "$n" ]; }
check 'and without it no more' wait_for 10 stops
kill $flood_pid
flood_pid=''

# kincnetd is killed.
kill -9 "$netd_pid"
wait "$netd_pid" 2>/dev/null
check 'killed: denied stays denied' no_more client web:80/TCP
check 'and what passed passes' reaches web client:80/TCP
put_policy b allow "'podSelector':{'matchLabels':{'app':'web'}},'ingress':[{}]"
put_policy a shut "'podSelector':{}"
before=$(received f4)
ip netns exec web python3 "$here/probe.py" flood "$(address4 f4),$(address6 f4)" 53 "$work/flood" &
flood_pid=$!
begin
check 'it comes back' wait_for 20 heard '^READY=1'
check 'what changed meanwhile holds' wait_for 5 reaches client web:80/TCP
check 'in both ways' wait_for 5 no_more web client:80/TCP
is 'and no packet passed while it did' "$(received f4)" "$before"
is 'its predecessor left nothing' "$(nft list table inet kinc_policy | sed -n 's/^	chain \(g[0-9]*\)_.*/\1/p' | sort -u | wc -l)" 1

# The API server goes, and comes back with more.
api_end
troubled() { heard 'STATUS=.*(pods|namespaces|networkpolicies): ' || grep -Eq 'STATUS=(pods|namespaces|networkpolicies): ' "$work/heard"; }
check 'the API server is away, which is said' wait_for 10 troubled
check 'rules stand' no_more web client:80/TCP
check 'in both ways too' reaches client web:80/TCP
python3 - "$api_state" <<-'END'
	import json, sys
	version, kinds = json.load(open(sys.argv[1]))
	policies = kinds["/apis/networking.k8s.io/v1/networkpolicies"]
	del policies["a/shut"]
	policies["b/allow"]["spec"]["ingress"] = []
	json.dump([version + 500, kinds], open(sys.argv[1], "w"))
END
api_begin
check 'it comes back: everything is listed again, and what is gone is gone' wait_for 20 reaches web client:80/TCP
check 'and what is new holds' wait_for 5 no_more client web:80/TCP
is 'no packet passed in all that time' "$(received f4)" "$before"
kill $flood_pid
nft delete table inet kinc_policy
put_policy b allow "'podSelector':{'matchLabels':{'app':'web'}},'ingress':[{}]"
check 'who deletes the table gets it back with the next change' wait_for 5 reaches client web:80/TCP
check 'whole' no_more client f4:80/TCP
like 'explained by who runs' "$(KINCNETD_GATE=$gate "$kincnetd" --explain a/client b/f4 80/TCP)" 'b/deny'
for i in $(seq 200); do cni DEL "f$i" "$conf"; put_pod b "f$i" '' gone; done
few() { [ "$(metric kincnetd_policy_pods)" = 2 ]; }
check 'pods go' wait_for 10 few
netd_end
is 'SIGTERM ends it in order' $? 0
check 'and the rules stay' nft list table inet kinc_policy

# A kernel without nftables, as far as kincnetd sees: no netlink of netfilter.
cat >"$work/without.py" <<-'END'
	import ctypes, os, struct, sys
	def op(code, k, jt=0, jf=0): return struct.pack("HBBI", code, jt, jf, k)
	number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
	program = (op(0x20, 0) + op(0x15, number, 0, 5) + op(0x20, 16) + op(0x15, 16, 0, 3) +
	           op(0x20, 32) + op(0x15, 12, 0, 1) + op(0x06, 0x50000 | 93) + op(0x06, 0x7FFF0000))
	held = ctypes.create_string_buffer(program)
	class Filter(ctypes.Structure):
	    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_void_p)]
	libc = ctypes.CDLL(None, use_errno=True)
	libc.prctl(38, 1, 0, 0, 0)
	if libc.prctl(22, 2, ctypes.byref(Filter(8, ctypes.addressof(held))), 0, 0):
	    raise OSError(ctypes.get_errno(), "seccomp")
	os.execv(sys.argv[1], sys.argv[1:])
END
real=$kincnetd
printf '#!/bin/sh\nexec python3 %s %s "$@"\n' "$work/without.py" "$real" >"$work/kincnetd" && chmod +x "$work/kincnetd"
kincnetd=$work/kincnetd
nft delete table inet kinc_policy
begin
check 'no nftables: it is ready all the same' wait_for 10 heard '^READY=1'
check 'a warning for the status of the node' heard '^X_KINC_WARNING=NetworkPolicies are NOT enforced'
check 'its status says so' heard '^STATUS=NetworkPolicies are NOT enforced'
check 'an event about the node' wait_for 5 told_of '"kind":"Node","name":"node1".*NetworkPolicyUnenforced'
identity b web2
put_pod b web2 ''
pods web2
works 'and ADD is not held up' ADD web2 "$conf"
netd_end
finish
