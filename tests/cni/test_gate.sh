#!/bin/sh
# kincnet's side of policy: what ADD asks kincnetd, how long it waits, and what is
# reachable when nobody answers.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/policy.sh"
gate=$work/gate
conf_kept=$conf
with_policy() { with "$conf_kept" "\"policy\":{\"gate\":\"$gate\",\"wait\":1${1:+,$1}}"; }
setup() { with_policy "${1-}" >"$work/conf" && "$kincnet" --setup "$work/conf"; }
identity() { cni_args="K8S_POD_NAMESPACE=$1;K8S_POD_NAME=$2;K8S_POD_UID=u-$2;K8S_POD_INFRA_CONTAINER_ID=x"; }
known() { nft list set inet kinc_policy known4 | grep -q "$1"; }
# answering ANSWER: a gate that takes one request
answering() {
	rm -f "$gate" "$work/request" "$work/ready"
	mkfifo "$work/ready"
	python3 -c '
import socket, sys
made = socket.socket(socket.AF_UNIX)
made.bind(sys.argv[1])
made.listen(1)
print("ready", flush=True)
peer = made.accept()[0]
open(sys.argv[2], "wb").write(peer.makefile("rb").readline())
if sys.argv[3]:
    peer.send(sys.argv[3].encode() + b"\n")
peer.recv(1)
' "$gate" "$work/request" "$1" >"$work/ready" &
	servers="$servers $!"
	read -r _ <"$work/ready"
}
refuses 'policy needs isolation' 7 'isolation' ADD p0 '{"cniVersion":"1.1.0","name":"x","type":"kincnet","policy":{}}'
refuses 'no other default than deny and admit' 7 'deny or admit' ADD p0 "$(with_policy '"missing":"no"')"
refuses 'no other key' 2 'policy.more' ADD p0 "$(with_policy '"more":1')"

check 'setup lays the ground' setup
like 'an unknown address is dropped from then on' "$(nft list chain inet kinc_policy gate)" \
	'ip daddr 10.4.0.0/24 ip daddr != @known4 .*drop'
pods p1 p2 p3 p4 p5
identity default one
conf=$(with_policy)
works 'nobody answers: ADD succeeds' ADD p1 "$conf"
check 'and the pod is not reachable for others' not known "$(address4 p1)"
identity kube-system dns
works 'a pod of kube-system' ADD p2 "$conf"
check 'is reachable' known "$(address4 p2)"
like 'by IPv6 too' "$(nft list set inet kinc_policy known6)" "$(address6 p2)"
identity default three
answering '{"ok":true,"standing":true}'
works 'an answer' ADD p3 "$conf"
is 'what it was asked' "$(cat "$work/request")" \
	'{"protocol":1,"command":"isolate","namespace":"default","name":"three","uid":"u-three","addresses":["'"$(address4 p3)"'","'"$(address6 p3)"'"]}'
answering ''
identity default four
began=$(date +%s%N)
works 'no answer in time: ADD succeeds' ADD p4 "$conf"
waited=$((($(date +%s%N) - began) / 1000000))
check "it waited as long as it was told, not longer ($waited ms)" test "$waited" -ge 1000 -a "$waited" -lt 5000
check 'and the pod is not reachable' not known "$(address4 p4)"
rm -f "$gate"
identity default five
works 'missing: admit' ADD p5 "$(with_policy '"missing":"admit"')"
check 'lets any pod through' known "$(address4 p5)"
nft delete table inet kinc_policy
works 'DEL needs nobody' DEL p2 "$conf"
identity kube-system dns
works 'without a table there is nothing to pass' ADD p2 "$conf"
check 'and none is made' not nft list table inet kinc_policy
for name in p1 p2 p3 p4 p5; do cni DEL "$name" "$conf"; done
data=/run/kinc/cni/policy traces_are 'nothing is left' "$clean"
finish
