#!/bin/sh
# Every key of the configuration does what the reference bridge and host-local
# make of it: seen in the kernel's state or by packets, and CHECK looks for it.
set -u
. "$(dirname -- "$0")/ground.sh"

# net NAME MEMBERS IPAM: a configuration whose bridge is br-NAME.
net() {
	printf '{"cniVersion":"1.1.0","name":"%s","type":"kincnet","bridge":"br-%s"%s,"ipam":{%s}}' \
		"$1" "$1" "${2:+,$2}" "$3"
}
checked() { works "CHECK after $1" CHECK "$2" "$(with "$3" "\"prevResult\":$result")"; }
# unlike_added WHAT POD CONF: CHECK sees that it is not as ADD left it.
unlike_added() { refuses "CHECK sees $1" 103 '' CHECK "$2" "$(with "$3" "\"prevResult\":$added")"; }
address_of() { ip -n "$1" -br -4 addr show eth0 | awk '{print $3}'; }
mac_of() { in_pod "$1" cat /sys/class/net/eth0/address; }
leases() { find /run/kinc/cni/*/addresses -type l | wc -l; }

# --- mtu: that of the uplink -------------------------------------------------
pods m1 m2 m3
ip link add up0 mtu 1432 type veth peer name up1
ip addr add 192.0.2.1/24 dev up0
ip link set up0 up && ip link set up1 up
ip route add default via 192.0.2.2 dev up0
conf=$(net mtu '"isGateway":true' '"subnet":"10.1.0.0/24"')
works 'ADD without mtu' ADD m1 "$conf"
is 'the bridge has the MTU of the uplink' "$(ip -o link show br-mtu | grep -o 'mtu [0-9]*')" 'mtu 1432'
is 'so has the pod' "$(in_pod m1 cat /sys/class/net/eth0/mtu)" 1432
like 'and the result says so' "$result" '"mtu": *1432'
cni DEL m1 "$conf"
works 'ADD when the bridge had lost its last port' ADD m1 "$conf"
is 'the MTU is what it was' "$(in_pod m1 cat /sys/class/net/eth0/mtu)" 1432
ip route del default
conf=$(net nomtu '"isGateway":true' '"subnet":"10.2.0.0/24"')
cni ADD m2 "$conf"
is 'without an uplink it is that of the kernel' "$(in_pod m2 cat /sys/class/net/eth0/mtu)" 1500
conf=$(net tiny '"mtu":1280' '"subnet":"10.3.0.0/24"')
cni ADD m3 "$conf"
is 'mtu' "$(in_pod m3 cat /sys/class/net/eth0/mtu)" 1280

# --- addresses and MACs that are asked for -----------------------------------
pods i1 i2 i3 i4 i5 i6
conf=$(net ask '"isGateway":true' '"ranges":[[{"subnet":"10.4.0.0/24"}],[{"subnet":"10.5.0.0/24"}]]')
works 'runtimeConfig.ips' ADD i1 "$(with "$conf" '"runtimeConfig":{"ips":["10.5.0.77/24","10.4.0.9"]}')"
is 'both addresses' "$(ip -n i1 -o -4 addr show eth0 | awk '{print $4}' | xargs)" '10.4.0.9/24 10.5.0.77/24'
checked 'it' i1 "$conf"
refuses 'one that another has' 101 '10.4.0.9 .*i1/eth0 has it' ADD i2 "$(with "$conf" '"runtimeConfig":{"ips":["10.4.0.9"]}')"
refuses 'one outside' 7 '10.6.0.1' ADD i2 "$(with "$conf" '"runtimeConfig":{"ips":["10.6.0.1"]}')"
refuses 'the gateway' 7 '10.4.0.1' ADD i2 "$(with "$conf" '"runtimeConfig":{"ips":["10.4.0.1"]}')"
refuses 'two of one set' 7 '10.4.0.11' ADD i2 "$(with "$conf" '"runtimeConfig":{"ips":["10.4.0.10","10.4.0.11"]}')"
works 'args.cni' ADD i2 "$(with "$conf" '"args":{"cni":{"ips":["10.4.0.20"],"mac":"02:00:00:00:00:20"}}')"
is 'the MAC' "$(mac_of i2)" 02:00:00:00:00:20
like 'and the address' "$(address_of i2)" '^10\.4\.0\.20/'
cni_args='IP=10.4.0.30;MAC=02:00:00:00:00:30' works 'CNI_ARGS' ADD i3 "$conf"
is 'the MAC' "$(mac_of i3)" 02:00:00:00:00:30
like 'and the address' "$(address_of i3)" '^10\.4\.0\.30/'
cni_args='MAC=02:00:00:00:00:40' works 'the runtime comes before CNI_ARGS' ADD i4 \
	"$(with "$conf" '"args":{"cni":{"mac":"02:00:00:00:00:41"}},"runtimeConfig":{"mac":"02:00:00:00:00:42"}')"
is 'in the MAC' "$(mac_of i4)" 02:00:00:00:00:42
cni_args='NONE=1' refuses 'an unknown key of CNI_ARGS' 4 'NONE' ADD i5 "$conf"
cni_args='NONE=1;IgnoreUnknown=True' works 'but for IgnoreUnknown' ADD i5 "$conf"
before=$(leases)
cni_args='MAC=ff:ff:ff:ff:ff:ff' refuses 'a MAC of everybody' 4 'ff:ff' ADD i6 "$conf"
is 'nothing was leased' "$(leases)" "$before"
works 'runtimeConfig.ipRanges' ADD i6 "$(with "$(net ranges '"isGateway":true,"ipMasq":true' '"ranges":[]')" \
	'"runtimeConfig":{"ipRanges":[[{"subnet":"10.7.0.0/24","rangeStart":"10.7.0.50","rangeEnd":"10.7.0.60","gateway":"10.7.0.49"}]]}')"
is 'gives from it' "$(address_of i6)" 10.7.0.50/24
like 'and has its gateway' "$(ip -br addr show br-ranges)" '10\.7\.0\.49/24'
ip netns del i6 && ip netns add i6
cni DEL i6 "$(net ranges '' '"ranges":[[{"subnet":"10.7.0.0/24"}]]')"
cni ADD i6 "$(with "$(net ranges '"forceAddress":true,"isGateway":true,"ipMasq":true' '"ranges":[]')" \
	'"runtimeConfig":{"ipRanges":[[{"subnet":"10.8.0.0/24"}]]}')"
is 'masquerading covers the ranges of before too' \
	"$(nft list chain ip kinc masquerade-ranges | grep -c masquerade$)" 2

# --- routes ------------------------------------------------------------------
pods r1
conf=$(net routes '"isGateway":true' '"subnet":"10.9.0.0/24","routes":[{"dst":"0.0.0.0/0"},
	{"dst":"10.99.0.0/16","gw":"10.9.0.200","mtu":1300,"advmss":1200,"priority":77,"table":123},
	{"dst":"10.98.0.0/16","scope":253}]')
works 'ADD with routes' ADD r1 "$conf"
added=$result
is 'default' "$(ip -n r1 route show default | xargs)" 'default via 10.9.0.1 dev eth0 proto static'
is 'gw, mtu, advmss, priority, table' "$(ip -n r1 route show table 123 | xargs)" \
	'10.99.0.0/16 via 10.9.0.200 dev eth0 proto static metric 77 mtu 1300 advmss 1200'
is 'scope' "$(ip -n r1 route show 10.98.0.0/16 | xargs)" '10.98.0.0/16 dev eth0 proto static scope link'
like 'the result tells them' "$(printf %s "$result" | tr -d ' ')" \
	'"gw":"10.9.0.200","mtu":1300,"advmss":1200,"priority":77,"table":123'
checked 'routes' r1 "$conf"
ip -n r1 route replace 10.99.0.0/16 via 10.9.0.200 dev eth0 table 123 metric 77 mtu 1299 advmss 1200
unlike_added "a route's other mtu" r1 "$conf"

# --- dns ---------------------------------------------------------------------
pods d1 d2 d3
printf 'nameserver 10.0.0.53\nsearch a.test b.test\n' >/run/resolv.conf
conf=$(net dns '' '"subnet":"10.10.0.0/24","resolvConf":"/run/resolv.conf"')
works 'ipam.resolvConf' ADD d1 "$conf"
like 'is in the result' "$(printf %s "$result" | tr -d ' ')" '"dns":\{"nameservers":\["10.0.0.53"\],"search":\["a.test","b.test"\]\}'
cni ADD d2 "$(with "$conf" '"dns":{"nameservers":["10.0.0.54"]}')"
like 'dns comes before it' "$(printf %s "$result" | tr -d ' ')" '"dns":\{"nameservers":\["10.0.0.54"\]\}'
cni ADD d3 "$(with "$conf" '"dns":{"nameservers":["10.0.0.54"]},"runtimeConfig":{"dns":{"servers":["10.0.0.55"],"searches":["c.test"]}}')"
like "and the runtime's before both" "$(printf %s "$result" | tr -d ' ')" '"dns":\{"nameservers":\["10.0.0.55"\],"search":\["c.test"\]\}'
refuses 'a file that is not there' 7 'resolvConf.*/run/none' ADD d1 "$(net dns '' '"subnet":"10.10.0.0/24","resolvConf":"/run/none"')"

# --- forceAddress ------------------------------------------------------------
pods f1 f2
ip link add br-force type bridge
ip addr add 10.66.0.1/24 dev br-force
conf=$(net force '"isGateway":true' '"subnet":"10.11.0.0/24"')
before=$(leases)
refuses 'a bridge with another address' 102 'forceAddress' ADD f1 "$conf"
is 'nothing was leased' "$(leases)" "$before"
works 'forceAddress' ADD f1 "$(with "$conf" '"forceAddress":true')"
is 'it made way' "$(ip -o -4 addr show br-force | awk '{print $4}')" 10.11.0.1/24

# --- promiscMode, macspoofchk, portIsolation, hairpinMode --------------------
pods p1 s1 s2 o1 o2
conf=$(net promisc '"promiscMode":true,"isGateway":true' '"subnet":"10.12.0.0/24"')
works 'promiscMode' ADD p1 "$conf"
added=$result
like 'the bridge is promiscuous' "$(ip -d link show br-promisc)" 'promiscuity 1'
checked 'it' p1 "$conf"
ip link set br-promisc promisc off
unlike_added 'it off' p1 "$conf"

conf=$(net spoof '"macspoofchk":true,"isGateway":true' '"subnet":"10.13.0.0/24"')
works 'macspoofchk' ADD s1 "$conf"
added=$result port=$(host_end)
cni ADD s2 "$conf"
check 'the own MAC passes' ping_from s1 10.13.0.3
checked 'it' s2 "$conf"
in_pod s1 ip link set eth0 address 02:00:00:00:00:99
check 'another does not' not ping_from s1 10.13.0.3
in_pod s1 ip link set eth0 address 0a:58:0a:0d:00:02
check 'the own one again' ping_from s1 10.13.0.3
bridge link set dev "$port" locked off
unlike_added 'a lock that is off' s1 "$conf"

conf=$(net port '"portIsolation":true,"isGateway":true' '"subnet":"10.14.0.0/24"')
works 'portIsolation' ADD o1 "$conf"
cni ADD o2 "$conf"
checked 'it' o2 "$conf"
check 'the gateway is there' ping_from o1 10.14.0.1
check 'another pod is not' not ping_from o1 10.14.0.3
is 'hairpinMode is off unless asked for' "$(bridge -d link show | grep -c 'hairpin on')" 0

# A pod's own broadcast comes back to it, or does not. The answer of the gateway
# is behind it in the queue, so it would have been counted.
pods h1 h2
# returned POD GATEWAY: how many of the pod's broadcasts came back to it.
returned() {
	in_pod "$1" nft "add table arp t; add chain arp t c { type filter hook input priority 0; };
		add rule arp t c arp saddr ip $(address_of "$1" | cut -d/ -f1) counter"
	in_pod "$1" ip link set eth0 address "$(mac_of "$1")"
	ip -n "$1" neigh flush dev eth0
	ping_from "$1" "$2" >/dev/null
	in_pod "$1" nft list table arp t | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
cni ADD h1 "$(net hair '"hairpinMode":true,"isGateway":true' '"subnet":"10.17.0.0/24"')"
check 'hairpinMode: broadcasts come back to their pod' [ "$(returned h1 10.17.0.1)" -gt 0 ]
cni ADD h2 "$(net nohair '"isGateway":true' '"subnet":"10.18.0.0/24"')"
is 'without it none does' "$(returned h2 10.18.0.1)" 0

# --- isGateway, isDefaultGateway, dataDir ------------------------------------
pods w1 w2 w3
conf=$(net nogate '' '"subnet":"10.19.0.0/24"')
works 'ADD without isGateway' ADD w1 "$conf"
is 'the bridge has no address' "$(ip -4 -br addr show br-nogate | awk '{print $3}')" ''
is 'and the pod no default route' "$(ip -n w1 route show default)" ''
echo 0 >/proc/sys/net/ipv4/ip_forward
conf=$(net gate '"isDefaultGateway":true' '"subnet":"10.20.0.0/24","gateway":"10.20.0.99","dataDir":"/run/other"')
works 'isDefaultGateway' ADD w2 "$conf"
is 'gateway, on the bridge' "$(ip -4 -br addr show br-gate | awk '{print $3}')" 10.20.0.99/24
is 'the default route leads there' "$(ip -n w2 route show default | xargs)" 'default via 10.20.0.99 dev eth0 proto static'
is 'and the node forwards' "$(cat /proc/sys/net/ipv4/ip_forward)" 1
is 'dataDir' "$(ls /run/other/gate/addresses)" 10.20.0.1
touch /run/file
before=$(leases)
refuses 'a dataDir that cannot be' 5 '/run/file/none' ADD w3 "$(net gate '' '"subnet":"10.20.0.0/24","dataDir":"/run/file/none"')"
refuses 'bandwidth as a capability' 2 'capabilities\.bandwidth' ADD w3 "$(with "$conf" '"capabilities":{"bandwidth":true}')"
refuses 'and as an argument' 2 'runtimeConfig\.bandwidth' ADD w3 "$(with "$conf" '"runtimeConfig":{"bandwidth":{"egressRate":1}}')"
is 'nothing was leased' "$(leases)" "$before"
is 'nor an interface made' "$(ip -n w3 -br link | grep -c eth0)" 0

# --- prevResult: the second of a chain ---------------------------------------
pods c1
cni ADD c1 '{"cniVersion":"1.1.0","name":"lo","type":"loopback"}' # CNI_IFNAME is eth0
like 'loopback serves only lo' "$result" '"code":4'
lo=$(echo '{"cniVersion":"1.1.0","name":"lo","type":"loopback"}' | CNI_COMMAND=ADD CNI_CONTAINERID=c1 \
	CNI_IFNAME=lo CNI_NETNS=/run/netns/c1 "$kincnet")
conf=$(net chain '"isGateway":true,"dns":{"domain":"c.test","options":["ndots:2"]}' '"subnet":"10.21.0.0/24"')
works 'ADD after loopback' ADD c1 "$(with "$conf" "\"prevResult\":$lo")"
added=$result
is 'the interfaces of both' "$(printf %s "$result" | jq -r '[.interfaces[].name | sub("^veth.*"; "veth")] | join(" ")')" \
	'lo br-chain veth eth0'
is 'addresses are of their interfaces' \
	"$(printf %s "$result" | jq -r '. as $all | [.ips[] | $all.interfaces[.interface].name + " " + .address] | join(",")')" \
	"$(printf %s "$lo" | jq -r '[.ips[] | "lo " + .address] | join(",")'),eth0 10.21.0.2/24"
is 'and dns' "$(printf %s "$result" | jq -c .dns)" '{"domain":"c.test","options":["ndots:2"]}'
checked 'loopback and it' c1 "$conf"
works 'DEL' DEL c1 "$(with "$conf" "\"prevResult\":$added")"
refuses 'a prevResult that is none' 7 'prevResult\.ips' ADD c1 "$(with "$conf" '"prevResult":{"ips":["10.0.0.1/8"]}')"
is 'nothing came of it' "$(ip -n c1 -br link | grep -c eth0)" 0

# --- no ipam: a port of the bridge -------------------------------------------
pods l1 l2
conf='{"cniVersion":"1.1.0","name":"two","type":"kincnet","bridge":"br-two"}'
works 'ADD without ipam' ADD l1 "$conf"
mac=$(ip -br link show br-two | awk '{print $3}')
checked 'it' l1 "$conf"
is 'no address' "$(address_of l1)" ''
cni ADD l2 "$conf"
is 'the MAC of the bridge stays' "$(ip -br link show br-two | awk '{print $3}')" "$mac"
ip -n l1 addr add 10.15.0.1/24 dev eth0 && ip -n l2 addr add 10.15.0.2/24 dev eth0
check 'the pods are on one wire' ping_from l1 10.15.0.2
works 'GC, by the key of drafts' GC x "$(with "$conf" '"cni.dev/attachments":[{"containerID":"l1","ifname":"eth0"},{"containerID":"l2","ifname":"eth0"}]')"
is 'takes none that is valid' "$(bridge link show | grep -c 'master br-two')" 2
refuses 'GC by a malformed list' 7 'valid-attachments' GC x "$(with "$conf" '"cni.dev/valid-attachments":[{"containerID":"l2"}]')"
works 'GC' GC x "$(with "$conf" '"cni.dev/attachments":[],"cni.dev/valid-attachments":[{"containerID":"l2","ifname":"eth0"}]')"
is 'takes the one that is gone' "$(bridge link show | grep -c 'master br-two')" 1
works 'DEL' DEL l2 "$conf"
is 'and DEL the other' "$(bridge link show | grep -c 'master br-two')" 0

# --- announcements -----------------------------------------------------------
pods g1 g2
conf=$(net garp '"isGateway":true' '"subnet":"10.16.0.0/24"')
cni ADD g1 "$conf"
in_pod g1 nft 'add table arp t; add chain arp t c { type filter hook input priority 0; };
	add rule arp t c arp saddr ip 10.16.0.3 arp daddr ip 10.16.0.3 counter'
cni ADD g2 "$conf"
check 'ADD sends a gratuitous ARP' wait_for 5 in_pod g1 sh -c 'nft list table arp t | grep -q "packets [1-9]"'
finish
