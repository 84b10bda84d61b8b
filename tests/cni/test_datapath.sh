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
isolated='{"cniVersion":"1.0.0","name":"iso","bridge":"kinc7","isGateway":true,"isolation":true,
	"ipam":{"subnet":"10.7.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}'
plain='{"cniVersion":"1.0.0","name":"plain","bridge":"kinc8","isGateway":true,
	"ipam":{"subnet":"10.8.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}'
pods i1 i2 q1 q2
# With br_netfilter bridged packets would meet the IP hooks, which proves nothing,
# and services would be lost: kincnet switches it off.
knob=/proc/sys/net/bridge/bridge-nf-call-iptables
[ ! -e $knob ] || echo 1 >$knob
cni ADD i1 "$isolated" && cni ADD i2 "$isolated"
isolated_result=$result
if [ -e $knob ]; then is 'br_netfilter is off' "$(cat $knob)" 0; else skip 'br_netfilter is off' 'this kernel has none'; fi
cni ADD q1 "$plain" && cni ADD q2 "$plain"
check 'isolated pods reach each other' ping_from i1 10.7.0.3
check 'and the gateway' ping_from i1 10.7.0.1
check 'CHECK of an isolated pod' cni CHECK i2 "${isolated%\}},\"prevResult\":$isolated_result}"
# A service: its address becomes a pod's of the same network, the answer must
# come back through the node to be turned again.
nft 'add table ip t; add chain ip t p { type nat hook prerouting priority dstnat; };
	add rule ip t p ip daddr 10.96.0.7 dnat to 10.7.0.3;
	add rule ip t p ip daddr 10.96.0.8 dnat to 10.8.0.3'
check 'a service on the same node, isolated' ping_from i1 10.96.0.7
like 'on a plain bridge the answer takes the short way, and is lost to TCP' \
	"$(ping_from q1 10.96.0.8)" 'DIFFERENT ADDRESS'
# Its address becomes the asking pod's own; as kube-proxy has it, such packets
# are masqueraded.
nft 'add rule ip t p ip daddr 10.96.0.9 dnat to 10.7.0.2; add rule ip t p ip daddr 10.96.0.10 dnat to 10.8.0.2;
	add chain ip t m { type nat hook postrouting priority 90; };
	add rule ip t m ip saddr 10.7.0.2 ip daddr 10.7.0.2 masquerade;
	add rule ip t m ip saddr 10.8.0.2 ip daddr 10.8.0.2 masquerade'
check 'a pod reaches itself through its service, isolated' ping_from i1 10.96.0.9
check 'and on a plain bridge' ping_from q1 10.96.0.10
nft 'add chain ip t f { type filter hook forward priority 0; policy drop; }'
check 'a drop in the forward hook parts isolated pods' not ping_from i1 10.7.0.3
check 'but not those of a plain bridge' ping_from q1 10.8.0.3
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
