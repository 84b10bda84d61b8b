#!/bin/sh
# Mode "routed": each pod has a route of its own, and no bridge between it and others.
# What is the same for every mode is in test_datapath.sh and test_crash.sh.
set -u
. "$(dirname -- "$0")/ground.sh"

ip link add up0 type veth peer name up1
ip link set up0 mtu 1420 up
ip link set up1 up
ip addr add 192.0.2.1/24 dev up0
ip route add default via 192.0.2.2
routed='"mode":"routed","isGateway":true'
net() { # NAME MEMBERS IPAM
	printf '{"cniVersion":"1.1.0","name":"%s","bridge":"br-%s",%s,"ipam":{%s}}' "$1" "$1" "$2" "$3"
}
checked() { works "CHECK: $1" CHECK "$2" "$(with "$conf" "\"prevResult\":$added")"; }
unlike_added() { refuses "CHECK finds $1" 103 "$3" CHECK "$2" "$(with "$conf" "\"prevResult\":$added")"; }

conf=$(net one "$routed" '"ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd00:2::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]')
if ! has_ipv6; then conf=$(net one "$routed" '"subnet":"10.2.0.0/24","routes":[{"dst":"0.0.0.0/0"}]'); fi
pods a b
works 'ADD' ADD a "$conf"
added=$result port=$(host_end)
is 'two interfaces, and no bridge' "$(printf %s "$added" | jq -c '[.interfaces[].name]')" "[\"$port\",\"eth0\"]"
is 'addresses are of the second' "$(printf %s "$added" | jq -c '[.ips[].interface] | unique')" '[1]'
is 'the MTU is that of the uplink' "$(in_pod a cat /sys/class/net/eth0/mtu)" 1420
is 'it is a port of nothing' "$(ip -d link show "$port" | grep -c bridge_slave)" 0
like 'the node has a route, from the gateway' "$(ip route show 10.2.0.2)" "dev $port .*src 10.2.0.1"
is 'and need not ask for it' "$(ip neigh show 10.2.0.2 | grep -c PERMANENT)" 1
is 'nor the pod for the gateway' "$(ip -n a neigh show 10.2.0.1 | grep -c PERMANENT)" 1
checked 'as it was added' a
works 'ADD of another' ADD b "$conf"

# Before the first packet nobody was asked: both ends know each other already.
in_pod a sh -c 'nft "add table arp t; add chain arp t i { type filter hook input priority 0; }; add rule arp t i counter"'
check 'IPv4 from pod to pod' ping_from a 10.2.0.3
is 'without an ARP packet' "$(in_pod a nft -j list chain arp t i | jq '.nftables[] | .rule?.expr[0].counter.packets // empty')" 0
if has_ipv6; then
	check 'IPv6 from pod to pod' ping_from a fd00:2::3
	check 'IPv6 to the gateway' ping_from a fd00:2::1
	check 'IPv6 from the node' ping -c1 -W1 fd00:2::2
else
	skip 'IPv6' 'it is switched off'
fi
# Another pod's address, and one of nobody.
in_pod a ip addr add 10.2.0.3/32 dev lo
in_pod a ip addr add 10.2.0.77/32 dev lo
check 'the address of another pod is not taken from it' not in_pod a ping -c1 -W1 -I 10.2.0.3 10.2.0.1
check 'nor one that nobody has' not in_pod a ping -c1 -W1 -I 10.2.0.77 10.2.0.1
in_pod a ip addr flush dev lo scope global
check 'its own is' ping_from a 10.2.0.1
check 'an address that no pod has is not reached' not ping_from a 10.2.0.99
is 'and its packets go nowhere else' "$(ip route get 10.2.0.99 2>&1 | grep -c up0)" 0

ip route del 10.2.0.2
unlike_added 'a route of the node that is gone' a 'route 10.2.0.2/32 is missing'
ip route add 10.2.0.2 dev "$port" src 10.2.0.1
in_pod a ip route del 10.2.0.0/24
unlike_added 'the way into the subnet that is gone' a 'route 10.2.0.0/24 is missing'
in_pod a ip route add 10.2.0.0/24 via 10.2.0.1
ip link set "$port" master br-one
unlike_added 'a pod that came onto the bridge' a 'is a port of a bridge'
ip link set "$port" nomaster
ip route replace 10.2.0.2 dev "$port" src 10.2.0.1
checked 'all is as it was' a

# What is in the way of the route.
pods c
ip route add 10.2.0.4 dev br-one
refuses 'an address that the node sends elsewhere' 102 'has a route' ADD c "$conf"
ip route del 10.2.0.4 dev br-one
data=/run/kinc/cni/one
works 'GC' GC x "$(valid "$conf" "$(named b)")"
is 'takes what it does not name' "$(ip -br link | grep -c '^veth.*@')" 1
works 'DEL' DEL b "$conf"
traces_are 'nothing is left' "$clean"
is 'no route either' "$(ip route | grep -c '^10.2.0.[0-9]* ')" 0

pods k
for key in promiscMode macspoofchk portIsolation; do
	refuses "$key is refused" 7 "$key is about ports" ADD k "$(net k "$routed,\"$key\":true" '"subnet":"10.3.0.0/24"')"
done
refuses 'without isGateway' 7 'needs isGateway' ADD k "$(net k '"mode":"routed"' '"subnet":"10.3.0.0/24"')"
refuses 'a mode that is none' 7 'neither bridge nor routed' ADD k "$(net k '"mode":"other","isGateway":true' '"subnet":"10.3.0.0/24"')"
is 'refused before anything was touched' "$(ip -br link | grep -c br-k)" 0
works 'policy goes with it' ADD k "$(net k "$routed,\"policy\":{\"gate\":\"/run/none\",\"wait\":1,\"missing\":\"admit\"}" '"subnet":"10.3.0.0/24"')"
finish
