#!/bin/sh
# kincnet in real network namespaces, inside a user namespace of its own.
# The node is the namespace of the test, pods are `ip netns` names on a private
# /run, "outside" is a neighbour of the node that knows no way back to pods.
set -u
. "$(dirname -- "$0")/ground.sh"

conf() {
	printf '{"cniVersion":"%s","name":"kinc","type":"kincnet","bridge":"kinc0",%s
		"isGateway":true,"hairpinMode":true,"ipMasq":true,
		"ipam":{"subnet":"10.244.43.0/24","routes":[{"dst":"0.0.0.0/0"}]}}' \
		"${version:-1.1.0}" "${1-}"
}

# cni COMMAND CONTAINER [MORE-CONF]: answer in $answer, exit status returned.
cni() {
	answer=$(conf "${3-}" | CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_IFNAME=${ifname:-eth0} \
		CNI_NETNS=${netns-/run/netns/$2} CNI_PATH=/opt/cni/bin "$kincnet" 2>&1)
}
pod() { ip netns add "$1" && ip -n "$1" link set lo up; }
# works DESCRIPTION COMMAND...: such a call succeeds, and $answer is its result.
works() {
	works_what=$1
	shift
	if cni "$@"; then ok "$works_what"; else
		not_ok "$works_what"
		diag "$answer"
	fi
}
# fails DESCRIPTION CODE REGEX: $answer of the last call is that error.
fails() {
	if [ "$status" -ne 0 ]; then like "$1" "$(printf %s "$answer" | tr -d '\n\t')" \
		"\"code\":$2,\"msg\":\".*$3"; else not_ok "$1: succeeded"; fi
}
try() { cni "$@" && status=0 || status=$?; }
address() { printf %s "$answer" | sed -n 's/.*"address":.*"\(.*\)\/.*/\1/p'; }
# What ADD leaves on the node: veths and leases.
traces() {
	ip -br link | grep -c '^veth'
	find /run/kinc/cni -type l -not -name masquerade -not -name boot | wc -l
}
clean=$(printf '0\n0')
traces_are() { is "$1" "$(traces)" "$2"; }

# --- ADD, traffic, CHECK -----------------------------------------------------
pod p1
pod p2
ip netns add outside
ip link add up0 type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev up0
ip link set up0 up
ip -n outside addr add 192.0.2.2/24 dev eth0
ip -n outside link set eth0 up

works 'ADD of one pod' ADD p1
like 'the result tells the address' "$answer" '"address":.*"10.244.43.2/24"'
result1=$answer
works 'ADD of another' ADD p2
result2=$answer
is 'a pod has its address at once' \
	"$(ip -n p1 -br -4 addr show eth0 | awk '{print $2, $3}')" 'UP 10.244.43.2/24'
is 'the MAC tells the address' "$(ip netns exec p1 cat /sys/class/net/eth0/address)" \
	'0a:58:0a:f4:2b:02'
is 'so does that of the bridge' "$(ip -br link show kinc0 | awk '{print $3}')" '0a:58:0a:f4:2b:01'
# One packet, one second: nothing has to settle first.
check 'pod to gateway' ip netns exec p1 ping -c1 -W1 10.244.43.1
check 'pod to pod' ip netns exec p1 ping -c1 -W1 10.244.43.3
check 'pod to outside, masqueraded' ip netns exec p1 ping -c1 -W1 192.0.2.2
check 'node to pod' ping -c1 -W1 10.244.43.3
is 'hairpin mode is on' "$(bridge -d link show | grep -c 'hairpin on')" 2
works 'CHECK' CHECK p1 "\"prevResult\":$result1,"

tamper() {
	what=$1
	shift
	ip "$@"
	cni CHECK p2 "\"prevResult\":$result2," && status=0 || status=$?
	fails "CHECK sees $what" 103 ''
}
tamper 'a missing address' -n p2 addr del 10.244.43.3/24 dev eth0
ip -n p2 addr add 10.244.43.3/24 dev eth0
tamper 'a missing route' -n p2 link set lo up
ip -n p2 route add default via 10.244.43.1
works 'CHECK is content again' CHECK p2 "\"prevResult\":$result2,"
tamper 'another MAC' -n p2 link set eth0 address 02:00:00:00:00:01
ip -n p2 link set eth0 address 0a:58:0a:f4:2b:03
host2=$(ip -br link | sed -n 's/^\(veth[^@]*\)@.*/\1/p' | tail -n 1)
tamper 'a port that left the bridge' link set "$host2" nomaster
ip link set "$host2" master kinc0
bridge link set dev "$host2" hairpin on
tamper 'hairpin mode off' link set "$host2" type bridge_slave hairpin off
bridge link set dev "$host2" hairpin on
ip -n p2 route replace default via 10.244.43.1
works 'CHECK is content once more' CHECK p2 "\"prevResult\":$result2,"
rm /run/kinc/cni/kinc/addresses/10.244.43.3
tamper 'a lease that is gone' link set lo up
ln -s p2/eth0 /run/kinc/cni/kinc/addresses/10.244.43.3
try CHECK p1
fails 'CHECK without prevResult' 7 'prevResult'

# --- ADD that must fail ------------------------------------------------------
before=$(traces)
try ADD p1
fails 'ADD where the interface exists' 100 'eth0 exists'
traces_are 'nothing came of it' "$before"
try ADD p2 '"vlan":5,'
fails 'a key that kincnet does not have' 2 'vlan: 5'
netns=/run/netns/none try ADD p3
fails 'no such namespace' 3 'none'
netns=/etc/passwd try ADD p3
fails 'a file that is no namespace' 4 'no network namespace'
netns=/proc/self/ns/uts try ADD p3
fails 'a namespace of another kind' 4 'no network namespace'
netns=/proc/self/ns/net try ADD p3
fails 'its own namespace' 4 'itself'
mkfifo /run/out/fifo
netns=/run/out/fifo try ADD p3
fails 'a FIFO does not hang it' 4 'no network namespace'
netns='' try ADD p3
fails 'no CNI_NETNS' 4 'CNI_NETNS'
ifname=a/b try ADD p3
fails 'a bad interface name' 4 'CNI_IFNAME'
netns=/run/netns/p1 try ADD ../p3
fails 'a bad container id' 4 'CNI_CONTAINERID'
pod p3
cni ADD p3
host3=$(printf %s "$answer" | grep -o 'veth[0-9a-f]*')
cni DEL p3
ip link add "$host3" type bridge
try ADD p3
fails 'a link in the way of the host end' 100 "$host3"
ip link del "$host3"
is 'the pod got no interface' "$(ip -n p3 -br link | grep -c eth0)" 0
traces_are 'refusals leave nothing' "$before"

raw() {
	answer=$(printf %s "$2" | CNI_COMMAND=$1 CNI_CONTAINERID=x CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/p3 "$kincnet" 2>&1) && status=0 || status=$?
}
raw ADD ''
fails 'empty stdin' 6 'JSON'
raw ADD '{"cniVersion":'
fails 'half a JSON' 6 'JSON'
raw ADD '{"cniVersion":"9.9.9","name":"kinc"}'
fails 'a version of the future' 1 '9.9.9'
like 'the error is in the version that was asked' "$answer" '"cniVersion":.*"9.9.9"'
raw CHECK '{"cniVersion":"0.3.1","name":"kinc","ipam":{"subnet":"10.0.0.0/24"}}'
fails 'CHECK came with 0.4.0' 1 'CHECK'
raw NONSENSE '{}'
fails 'an unknown command' 4 'NONSENSE'
raw VERSION '{"cniVersion":"0.4.0"}'
like 'VERSION' "$(printf %s "$answer" | tr -d '\n\t ')" \
	'^.*"cniVersion":"0.4.0","supportedVersions":\["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"\]'
for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
	works "ADD in $version" ADD p3
	like "answered in $version" "$answer" "\"cniVersion\":.*\"$version\""
	last=$(address)
	works "DEL in $version" DEL p3
done
version=1.1.0
(conf | CNI_COMMAND=ADD CNI_CONTAINERID=p3 CNI_IFNAME=eth0 CNI_NETNS=/run/netns/p3 "$kincnet") \
	>/dev/full 2>&1
traces_are 'ADD whose result nobody gets is undone' "$before"

# --- DEL ---------------------------------------------------------------------
works 'DEL' DEL p1
works 'DEL again' DEL p1
ip netns del p2
works 'DEL when the namespace is gone' DEL p2
netns='' works 'DEL without a namespace' DEL p2
traces_are 'nothing is left' "$clean"
pod p2
works 'addresses go round' ADD p2
check 'the one given back last is not the next' [ "$last" != "$(address)" ]
cni DEL p2

# --- STATUS, GC, loopback ----------------------------------------------------
works 'STATUS' STATUS x
cni ADD p1 && cni ADD p2 && cni ADD p3
works 'GC' GC x '"cni.dev/valid-attachments":[{"containerID":"p2","ifname":"eth0"}],'
traces_are 'GC leaves what is valid' "$(printf '1\n2')"
check 'and it still works' ip netns exec p2 ping -c1 -W1 10.244.43.1
try GC x
fails 'GC without a list touches nothing' 7 'valid-attachments'
works 'GC of all, as libcni sends it' GC x '"cni.dev/valid-attachments":null,'
traces_are 'nothing is left after GC' "$clean"
ip netns add lo1
check 'loopback' sh -c 'echo "{\"cniVersion\":\"0.3.1\",\"name\":\"cni-loopback\",\"type\":\"loopback\"}" |
	CNI_COMMAND=ADD CNI_CONTAINERID=x CNI_IFNAME=lo CNI_NETNS=/run/netns/lo1 "$0"' "$kincnet"
check 'lo is up' ip netns exec lo1 ping -c1 -W1 127.0.0.1

# --- exhaustion and concurrency ----------------------------------------------
conf() {
	printf '{"cniVersion":"1.1.0","name":"small","bridge":"kinc1","isGateway":true,%s
		"ipam":{"subnet":"10.9.0.0/24","rangeStart":"10.9.0.10","rangeEnd":"10.9.0.11"}}' \
		"${1-}"
}
cni ADD p1 && cni ADD p2
try ADD p3
fails 'a range that is used up' 101 'no address is free'
traces_are 'and nothing of it is left' "$(printf '2\n4')"
try STATUS x
fails 'STATUS tells' 50 'no address is free'
cni DEL p1
works 'until one is given back' ADD p3
cni DEL p2 && cni DEL p3

conf() {
	printf '{"cniVersion":"1.0.0","name":"many","bridge":"kinc2","isGateway":true,"ipMasq":true,
		"ipam":{"subnet":"10.8.0.0/24"%s}}' "${1-}"
}
i=0
while [ $i -lt 50 ]; do
	ip netns add "m$i"
	i=$((i + 1))
done
i=0
pids=
while [ $i -lt 50 ]; do
	(cni ADD "m$i" && printf '%s\n' "$answer" >"/run/out/m$i") &
	pids="$pids $!"
	i=$((i + 1))
done
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
is '50 ADDs at once succeed' "$failed" 0
is 'with 50 addresses' "$(grep -ho '"address":.*' /run/out/m* | sort -u | wc -l)" 50
is 'and one masquerading chain' "$(nft list ruleset | grep -c masquerade-many)" 1
is 'with one rule' "$(nft list chain ip kinc masquerade-many | grep -c saddr)" 1
pids= i=0
while [ $i -lt 50 ]; do
	cni DEL "m$i" &
	pids="$pids $!"
	i=$((i + 1))
done
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
is '50 DELs at once succeed' "$failed" 0
traces_are 'and leave nothing' "$clean"
finish
