#!/bin/sh
# What the network of kincnet lets through, and by which road: --setup,
# masquerading by nftables and by iptables, isolation, both families, chains.
set -u
. "$(dirname -- "$0")/ground.sh"

ip netns add outside
ip link add up0 type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev up0
ip addr add 2001:db8::1/64 dev up0 nodad
ip link set up0 up
ip -n outside addr add 192.0.2.2/24 dev eth0
ip -n outside addr add 2001:db8::2/64 dev eth0 nodad
ip -n outside link set eth0 up

# --- kincnet --setup ---------------------------------------------------------
plugin='"type":"kincnet","bridge":"kinc0","isGateway":true,"ipMasq":true,"mtu":1400,
	"ipam":{"subnet":"10.244.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}'
printf '{"cniVersion":"1.0.0","name":"one","plugins":[{%s},{"type":"portmap"}]}' "$plugin" \
	>/run/kinc.conflist
check 'kincnet --setup' "$kincnet" --setup /run/kinc.conflist
check 'twice' "$kincnet" --setup /run/kinc.conflist
like 'made the bridge' "$(ip -br addr show kinc0)" '10\.244\.0\.1/24'
is 'and one rule' "$(nft list chain ip kinc masquerade-one | grep -c masquerade$)" 1
nft flush ruleset
pods s1
check 'ADD touches no rules' cni ADD s1 "{\"cniVersion\":\"1.0.0\",\"name\":\"one\",$plugin}"
is 'none came' "$(nft list ruleset)" ''
is 'the MTU is as asked' "$(ip netns exec s1 cat /sys/class/net/eth0/mtu)" 1400
check 'DEL' cni DEL s1 "{\"cniVersion\":\"1.0.0\",\"name\":\"one\",$plugin}"
printf '{"cniVersion":"1.0.0","name":"one","plugins":[]}' >/run/none.conflist
"$kincnet" --setup /run/none.conflist 2>/run/said
is 'a list without kincnet is misuse' "$?" 100
like 'and says so' "$(cat /run/said)" '^kincnet: /run/none.conflist: .*no plugin'

# --- both families -----------------------------------------------------------
dual='{"cniVersion":"1.0.0","name":"dual","bridge":"kinc6","isDefaultGateway":true,"ipMasq":true,
	"ipam":{"ranges":[[{"subnet":"10.6.0.0/24"}],[{"subnet":"fd00:6::/64"}]]}}'
pods d1 d2
if [ -e /proc/sys/net/ipv6/conf/all/disable_ipv6 ] &&
	[ "$(cat /proc/sys/net/ipv6/conf/all/disable_ipv6)" = 0 ]; then
	check 'ADD with IPv4 and IPv6' cni ADD d1 "$dual"
	check 'ADD of another' cni ADD d2 "$dual"
	check 'IPv4 pod to pod' ping_from d1 10.6.0.3
	check 'IPv6 pod to pod' ping_from d1 fd00:6::3
	check 'IPv4 to outside' ping_from d1 192.0.2.2
	# The link to outside is new: a second goes by until it has a link-local address.
	check 'IPv6 to outside' ip netns exec d1 ping -c1 -W3 2001:db8::2
	check 'DEL' cni DEL d1 "$dual"
	is 'gives back both' "$(find /run/kinc/cni/dual/addresses -type l | wc -l)" 2
	check 'DEL of the other' cni DEL d2 "$dual"
else
	skip 'both families' 'IPv6 is switched off'
fi

# --- pods that reach each other through the forward hook ---------------------
# With br_netfilter bridged packets would meet the IP hooks, which proves nothing,
# and services would be lost: kincnet switches it off where pods are ports of a bridge.
knob=/proc/sys/net/bridge/bridge-nf-call-iptables
# network NAME BRIDGE NUMBER MEMBERS: its configuration.
network() {
	printf '{"cniVersion":"1.0.0","name":"%s","bridge":"%s","isGateway":true,"ipMasq":true%s,
	"ipam":{"subnet":"10.%s.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}' "$1" "$2" "$4" "$3"
}
# A service: its address becomes a pod's of the same network, the answer must
# come back through the node to be turned again. When it becomes the asking pod's
# own, such packets are masqueraded, as kube-proxy has it.
services() {
	nft "add table ip t; add chain ip t p { type nat hook prerouting priority dstnat; };
	add rule ip t p ip daddr 10.96.0.7 dnat to 10.$1.0.3; add rule ip t p ip daddr 10.96.0.9 dnat to 10.$1.0.2;
	add chain ip t m { type nat hook postrouting priority 90; };
	add rule ip t m ip saddr 10.$1.0.2 ip daddr 10.$1.0.2 masquerade"
}
forward_drop='add chain ip t f { type filter hook forward priority 0; policy drop; }'
# by_the_hook NAME BRIDGE NUMBER MEMBERS
by_the_hook() {
	pods "$1-a" "$1-b"
	[ ! -e $knob ] || echo 1 >$knob
	hook_conf=$(network "$@")
	works "$1: ADD" ADD "$1-a" "$hook_conf"
	cni ADD "$1-b" "$hook_conf"
	hook_result=$result
	case $1 in isolated) wanted=0 ;; *) wanted=1 ;; esac
	if [ -e $knob ]; then is "$1: br_netfilter is $wanted" "$(cat $knob)" $wanted; else skip "$1: br_netfilter" 'this kernel has none'; fi
	check "$1: pods reach each other" ping_from "$1-a" "10.$3.0.3"
	check "$1: and the gateway" ping_from "$1-a" "10.$3.0.1"
	check "$1: the node reaches them" ping -c1 -W1 "10.$3.0.3"
	check "$1: they reach outside" ping_from "$1-a" 192.0.2.2
	works "$1: CHECK" CHECK "$1-b" "$(with "$hook_conf" "\"prevResult\":$hook_result")"
	services "$3"
	check "$1: a service on the same node" ping_from "$1-a" 10.96.0.7
	check "$1: a pod reaches itself through its service" ping_from "$1-a" 10.96.0.9
	nft "$forward_drop"
	check "$1: a drop in the forward hook parts pods" not ping_from "$1-a" "10.$3.0.3"
	check "$1: but not node and pod" ping -c1 -W1 "10.$3.0.3"
	nft delete table ip t
}
by_the_hook isolated kinc7 7 ',"isolation":true'
by_the_hook routed kinc10 11 ',"mode":"routed"'

plain=$(network plain kinc8 8 '')
pods q1 q2
[ ! -e $knob ] || echo 0 >$knob
cni ADD q1 "$plain" && cni ADD q2 "$plain"
services 8
like 'on a plain bridge the answer of a service takes the short way, and is lost to TCP' \
	"$(ping_from q1 10.96.0.7)" 'DIFFERENT ADDRESS'
nft "$forward_drop"
check 'and a drop in the forward hook parts nobody' ping_from q1 10.8.0.3
nft delete table ip t

# --- masquerading without nftables -------------------------------------------
library=$(ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p' | head -n 1)
library=$(readlink -f "$library")
iptables='{"cniVersion":"1.0.0","name":"old","bridge":"kinc9","isGateway":true,"ipMasq":true,
	"ipam":{"subnet":"10.9.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}'
pods o1
if [ -n "$library" ] && mount --bind /dev/null "$library" && iptables -t nat -S >/run/said 2>&1; then
	check 'ADD falls back to iptables' cni ADD o1 "$iptables"
	check 'to outside' ping_from o1 192.0.2.2
	is 'one jump' "$(iptables -t nat -S POSTROUTING | grep -c 'KINC-')" 1
	rm /run/kinc/cni/old/masquerade
	printf %s "$iptables" >/run/old.conf
	check 'again, with the rules in place' "$kincnet" --setup /run/old.conf
	is 'still one jump' "$(iptables -t nat -S POSTROUTING | grep -c 'KINC-')" 1
	is 'and one masquerade' "$(iptables -t nat -S | grep -c 'j MASQUERADE')" 1
	check 'DEL' cni DEL o1 "$iptables"
else
	skip 'masquerading by iptables' 'no iptables to fall back to'
fi
finish
