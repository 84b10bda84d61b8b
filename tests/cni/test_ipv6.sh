#!/bin/sh
# IPv6, alone and beside IPv4: no address has to be waited for, isolated pods
# reach each other through the forward hook, neighbours are told.
set -u
. "$(dirname -- "$0")/ground.sh"
if ! has_ipv6; then
	skip 'IPv6' 'it is switched off'
	finish
fi

# net NAME MEMBERS RANGES ROUTES
net() {
	printf '{"cniVersion":"1.1.0","name":"%s","type":"kincnet","bridge":"br-%s","isGateway":true%s,
		"ipam":{"ranges":[%s],"routes":[%s]}}' "$1" "$1" "${2:+,$2}" "$3" "$4"
}
tentative() { ip "$@" -6 addr show | grep -c tentative; }
routes() { ip -n "$1" -6 route show | grep -v '^fe80' | sed 's/ proto.*//' | sort | xargs; }

# --- alone -------------------------------------------------------------------
pods a1 a2
conf=$(net six '"ipMasq":true' '[{"subnet":"fd00:1::/64"}]' '{"dst":"::/0"}')
works 'ADD with nothing but IPv6' ADD a1 "$conf"
is 'no address of the pod is tentative' "$(tentative -n a1)" 0
is 'nor one of the bridge' "$(ip -6 addr show br-six | grep -c tentative)" 0
is 'the bridge takes no routes from others' "$(cat /proc/sys/net/ipv6/conf/br-six/accept_ra)" 0
check 'the gateway' ping_from a1 fd00:1::1
in_pod a1 nft 'add table ip6 t; add chain ip6 t c { type filter hook input priority 0; };
	add rule ip6 t c ip6 saddr fd00:1::3 ip6 daddr ff02::1 icmpv6 type nd-neighbor-advert counter'
works 'ADD of another' ADD a2 "$conf"
checked=$(with "$conf" "\"prevResult\":$result")
works 'CHECK' CHECK a2 "$checked"
check 'ADD sends a neighbour advertisement' \
	wait_for 5 in_pod a1 sh -c 'nft list table ip6 t | grep -q "packets [1-9]"'
check 'pod to pod' ping_from a1 fd00:1::3

# --- isolated ----------------------------------------------------------------
pods i1 i2 i3
conf=$(net iso '"isolation":true' '[{"subnet":"10.7.0.0/24"}],[{"subnet":"fd00:7::/64"}]' \
	'{"dst":"0.0.0.0/0"},{"dst":"::/0"}')
works 'ADD, isolated, both families' ADD i1 "$conf"
is 'the subnet is reached by the gateway' "$(routes i1)" \
	'default via fd00:7::1 dev eth0 fd00:7::/64 via fd00:7::1 dev eth0 fd00:7::1 dev eth0'
added=$result
works 'CHECK' CHECK i1 "$(with "$conf" "\"prevResult\":$added")"
ip -n i1 -6 route del fd00:7::/64
refuses 'CHECK sees that the way into the subnet is gone' 103 'fd00:7::/64' \
	CHECK i1 "$(with "$conf" "\"prevResult\":$added")"
ip -n i1 -6 route add fd00:7::/64 via fd00:7::1
cni ADD i2 "$conf" && cni ADD i3 "$conf"
check 'IPv4 pod to pod' ping_from i1 10.7.0.3
check 'IPv6 pod to pod' ping_from i1 fd00:7::3
# A redirect would come for the first packet and close the way of the next.
check 'and again' in_pod i1 ping -c4 -i0.2 -W1 fd00:7::3
is 'nobody was told of a shorter way' "$(ip -n i1 -6 route show cache | grep -c 'fd00:7::3')" 0
is 'nor may be' "$(in_pod i1 cat /proc/sys/net/ipv6/conf/eth0/accept_redirects)" 0
nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; };
	add rule inet t f ip6 daddr fd00:7::3 drop; add rule inet t f ip daddr 10.7.0.3 drop'
check 'a drop in the forward hook parts them' not ping_from i1 fd00:7::3
check 'in IPv4 too' not ping_from i1 10.7.0.3
check 'and only them' ping_from i1 fd00:7::4
finish
