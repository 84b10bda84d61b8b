#!/bin/sh
# The cases of the reference's plugins/ipam/host-local/*_test.go, written anew
# for the addresses that kincnet gives out: docs/cni-conformance.md has the list,
# row by row. They are seen through ADD and DEL, as a runtime sees them.
set -u
. "$(dirname -- "$0")/ground.sh"

store=/run/kinc/cni
# conf VERSION IPAM [MEMBERS]
conf() {
	printf '{"cniVersion":"%s","name":"mynet","type":"kincnet","bridge":"br0"%s,
		"ipam":{"type":"host-local",%s}}' "$1" "${3:+,$3}" "$2"
}
asked() { printf %s "$result" | jq -r "$1"; }
leases() { find $store -path '*/addresses/*' 2>/dev/null | wc -l; }
owner() { readlink "$store/$1/addresses/$2"; }
# gives DESCRIPTION POD CONF ADDRESS...: ADD gives these.
gives() {
	gives_what=$1 gives_pod=$2 gives_conf=$3
	shift 3
	cni ADD "$gives_pod" "$gives_conf" || diag "$answer"
	is "$gives_what" "$(asked '[.ips[]?.address | split("/")[0]] | join(" ")')" "$*"
}
fresh() {
	# What goes with a namespace goes when the kernel has time: links before it.
	for name in $(ip -br link | sed -n 's/^\(veth[^@ ]*\|br[0-9]\)[@ ].*/\1/p'); do ip link del "$name"; done
	for name in $(ip netns list | cut -d' ' -f1); do ip netns del "$name"; done
	rm -rf $store
	pods "$@"
}
# seed CONF LAST ADDRESS...: others have these addresses, LAST was handed out last.
seed() {
	fresh seed
	cni ADD seed "$1" && cni DEL seed "$1"
	rm -f $store/mynet/last.0
	[ -z "$2" ] || printf '%s\n' "$2" >$store/mynet/last.0
	shift 2
	for one in "$@"; do ln -s id/eth0 $store/mynet/addresses/"$one"; done
}
ipv6='' set6='[{"subnet":"2001:db8:1::0/64"}]'
! has_ipv6 || ipv6=1

# --- host_local_test.go ------------------------------------------------------
for v in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
	fresh dummy other
	routes='{"dst":"0.0.0.0/0"},{"dst":"192.168.0.0/16","gw":"10.1.2.9"}'
	sets='[{"subnet":"10.1.2.0/24"},{"subnet":"10.2.2.0/24"}]'
	want='10.1.2.2/24 10.1.2.1' gw='0.0.0.0/0 10.1.2.1,192.168.0.0/16 10.1.2.9' left=10.1.2.2
	if [ -n "$ipv6" ]; then
		routes=$routes,'{"dst":"::/0"},{"dst":"2001:db8:2::0/64","gw":"2001:db8:1::9"}'
		sets=$sets,$set6
		want="$want,2001:db8:1::2/64 2001:db8:1::1" left="$left 2001:db8:1::2"
		gw="$gw,::/0 2001:db8:1::1,2001:db8:2::/64 2001:db8:1::9"
	fi
	many=$(conf $v "\"ranges\":[$sets],\"routes\":[$routes]")
	works "[$v] allocates" ADD dummy "$many"
	is "[$v] addresses and gateways" "$(asked '[.ips[] | .address + " " + .gateway] | join(",")')" "$want"
	is "[$v] routes, each by its gateway" "$(asked '[.routes[] | .dst + " " + .gw] | join(",")')" "$gw"
	is "[$v] the version of an address" "$(asked '.ips[0].version // "none"')" \
		"$(case $v in 0.*) echo 4 ;; *) echo none ;; esac)"
	for one in $left; do is "[$v] $one is leased" "$(owner mynet "$one")" dummy/eth0; done
	is "[$v] and remembered as the last" "$(xargs <$store/mynet/last.0)" 10.1.2.2
	works "[$v] releases" DEL dummy "$many"
	is "[$v] nothing is left" "$(leases)" 0

	fresh one two
	net0=$(conf $v '"ranges":[[{"subnet":"10.1.2.0/24"}]]' | sed 's/mynet/mynet0/')
	net1=$(conf $v '"ranges":[[{"subnet":"10.2.2.0/24"}]]' | sed 's/mynet/mynet1/;s/br0/br1/')
	cni ADD one "$net0"
	(printf %s "$net1" | CNI_COMMAND=ADD CNI_CONTAINERID=one CNI_IFNAME=eth1 CNI_NETNS=/run/netns/one "$kincnet") >/run/out/eth1
	is "[$v] two interfaces of one container" "$(owner mynet0 10.1.2.2) $(owner mynet1 10.2.2.2)" 'one/eth0 one/eth1'
	cni DEL one "$net0"
	is "[$v] DEL of one leaves the other" "$(owner mynet0 10.1.2.2) $(owner mynet1 10.2.2.2)" ' one/eth1'
	printf %s "$net1" | CNI_COMMAND=DEL CNI_CONTAINERID=one CNI_IFNAME=eth1 CNI_NETNS=/run/netns/one "$kincnet"
	is "[$v] DEL of the other" "$(leases)" 0

	fresh dummy dummy1
	net0=$(conf $v '"ranges":[[{"subnet":"10.1.2.0/24"}]]')
	gives "[$v] a container" dummy "$net0" 10.1.2.2
	refuses "[$v] the same again" 100 '' ADD dummy "$net0"
	gives "[$v] another container" dummy1 "$net0" 10.1.2.3
	refuses "[$v] the first once more" 100 '' ADD dummy "$net0"
	ip netns del dummy && ip netns add dummy
	refuses "[$v] the first with a new namespace" 100 'DEL must come first' ADD dummy "$net0"
	is "[$v] its lease is as it was" "$(owner mynet 10.1.2.2)" dummy/eth0
	cni DEL dummy "$net0" && cni DEL dummy1 "$net0"
	is "[$v] DEL of both" "$(leases)" 0

	fresh dummy
	flat=$(conf $v '"subnet":"10.1.2.0/24"')
	works "[$v] DEL of an unknown container" DEL dummy "$flat"
	gives "[$v] the first address of a new network" dummy "$flat" 10.1.2.2
	is "[$v] and no word besides" "$(printf %s "$answer" | jq -s length)" 1
	refuses "[$v] whitespace in a container id" 4 'CNI_CONTAINERID' ADD ' dummy ' "$flat"

	fresh dummy
	two='"ranges":[[{"subnet":"10.1.2.0/24"}],[{"subnet":"10.1.3.0/24"}]]'
	asks() { printf '"args":{"cni":{"ips":[%s]}}' "$1"; }
	gives "[$v] an address that args ask for" dummy "$(conf $v '"ranges":[[{"subnet":"10.1.2.0/24"}]]' "$(asks '"10.1.2.88"')")" 10.1.2.88
	fresh dummy
	gives "[$v] of several ranges" dummy "$(conf $v "$two" "$(asks '"10.1.2.88","10.1.3.77"')")" 10.1.2.88 10.1.3.77
	fresh dummy
	[ -z "$ipv6" ] || gives "[$v] of both families" dummy "$(conf $v \
		'"ranges":[[{"subnet":"172.16.1.0/24"},{"subnet":"10.1.2.0/24"}],[{"subnet":"2001:db8:1::/48"}]]' \
		"$(asks '"10.1.2.88","2001:db8:1::999"')")" 10.1.2.88 2001:db8:1::999
	fresh dummy
	refuses "[$v] one that is left over" 7 '10\.1\.2\.77' ADD dummy "$(conf $v "$two" "$(asks '"10.1.2.88","10.1.2.77"')")"
	is "[$v] leaves nothing" "$(leases)" 0
done

# --- dns_test.go -------------------------------------------------------------
# resolves DESCRIPTION TEXT DNS
resolves() {
	fresh dummy
	printf '%s\n' "$2" >/run/out/resolv.conf
	cni ADD dummy "$(conf 1.0.0 '"subnet":"10.1.2.0/24","resolvConf":"/run/out/resolv.conf"')"
	is "$1" "$(asked '.dns | tojson')" "$3"
}
resolves 'resolv.conf, simple' "$(printf '\n\t\tnameserver 192.0.2.0\n\t\tnameserver 192.0.2.1\n\t\t')" \
	'{"nameservers":["192.0.2.0","192.0.2.1"]}'
resolves 'resolv.conf, comments' "$(printf 'nameserver 192.0.2.0\n;nameserver 192.0.2.1')" '{"nameservers":["192.0.2.0"]}'
resolves 'resolv.conf, every field' 'nameserver 192.0.2.0
nameserver 192.0.2.2
domain example.com
;nameserver comment
#nameserver comment
search example.net example.org
search example.gov
options one two three
options four' '{"nameservers":["192.0.2.0","192.0.2.2"],"domain":"example.com","search":["example.net","example.org","example.gov"],"options":["one","two","three","four"]}'

# --- allocator_test.go -------------------------------------------------------
small=$(conf 1.0.0 '"subnet":"192.168.1.0/29"')
# round DESCRIPTION LAST ADDRESS...: so the addresses follow, and then none is left.
round() {
	round_what=$1
	seed "$small" "$2"
	shift 2
	pods a b c d e f
	got=
	for name in a b c d e; do cni ADD $name "$small" && got="$got $(asked '.ips[0].address | split("/")[0]')"; done
	is "$round_what" "${got# }" "$*"
	refuses "$round_what: then none" 101 'no address is free' ADD f "$small"
}
round 'from the beginning; the broadcast address is not given' '' 192.168.1.2 192.168.1.3 192.168.1.4 192.168.1.5 192.168.1.6
round 'from the end' 192.168.1.6 192.168.1.2 192.168.1.3 192.168.1.4 192.168.1.5 192.168.1.6
round 'from the middle' 192.168.1.3 192.168.1.4 192.168.1.5 192.168.1.6 192.168.1.2 192.168.1.3
# next DESCRIPTION SUBNETS LAST WANTED TAKEN...
next() {
	next_what=$1 next_wanted=$4
	next_conf=$(conf 1.0.0 "\"ranges\":[[$(printf '{"subnet":"%s"},' $2 | sed 's/,$//')]]")
	next_last=$3
	shift 4
	seed "$next_conf" "$next_last" "$@"
	pods a
	gives "$next_what" a "$next_conf" "$next_wanted"
}
next 'a fresh start' 10.0.0.0/29 '' 10.0.0.2
[ -z "$ipv6" ] || next 'a fresh start, IPv6' 2001:db8:1::0/64 '' 2001:db8:1::2
next 'a fresh start of the smallest' 10.0.0.0/30 '' 10.0.0.2
next 'the first is taken' 10.0.0.0/29 '' 10.0.0.3 10.0.0.2
next 'the one after the last' 10.0.0.0/29 10.0.0.5 10.0.0.6
next 'past those that are taken' 10.0.0.0/29 10.0.0.3 10.0.0.6 10.0.0.4 10.0.0.5
next 'round to the beginning' 10.0.0.0/29 10.0.0.5 10.0.0.2 10.0.0.6
next 'a last one out of range' 10.0.0.0/29 10.0.0.128 10.0.0.3 10.0.0.2
next 'the last one itself, when no other is free' 10.0.0.0/29 10.0.0.3 10.0.0.3 10.0.0.2 10.0.0.4 10.0.0.5 10.0.0.6
next 'several subnets' '10.0.0.0/30 10.0.1.0/30' '' 10.0.0.2
next 'on to the next subnet' '10.0.0.0/30 10.0.1.0/30' 10.0.0.2 10.0.1.2
next 'and back to the first' '10.0.0.0/30 10.0.1.0/30 10.0.2.0/30' 10.0.2.2 10.0.0.2
ends=$(conf 1.0.0 '"ranges":[[{"subnet":"192.168.1.0/29","rangeEnd":"192.168.1.3"},{"subnet":"192.168.2.0/29","rangeStart":"192.168.2.3"}]]')
seed "$ends" 192.168.1.3
pods a b
gives 'after the end of a range the next begins' a "$ends" 192.168.2.3
seed "$ends" ''
pods a
gives 'without a last one the first begins' a "$ends" 192.168.1.2
seed "$small" ''
pods a b
gives 'round robin' a "$small" 192.168.1.2
cni DEL a "$small"
gives 'does not give the same again' a "$small" 192.168.1.3
cni_args=IP=192.168.1.5 gives 'an address that is asked for' b "$small" 192.168.1.5
pods c
cni_args=IP=192.168.1.5 refuses 'not when another has it' 101 '192\.168\.1\.5.* b/eth0 has it' ADD c "$small"
cni_args=IP=192.168.1.5 refuses 'not after rangeEnd' 7 '192\.168\.1\.5' ADD c \
	"$(conf 1.0.0 '"subnet":"192.168.1.0/29","rangeEnd":"192.168.1.4"')"
cni_args=IP=192.168.1.2 refuses 'not before rangeStart' 7 '192\.168\.1\.2' ADD c \
	"$(conf 1.0.0 '"subnet":"192.168.1.0/29","rangeStart":"192.168.1.3"')"
seed "$small" '' 192.168.1.2 192.168.1.3 192.168.1.4 192.168.1.5 192.168.1.6
pods a
refuses 'none is free' 101 'no address is free in range set 0 of network mynet' ADD a "$small"
pair=$(conf 1.0.0 '"ranges":[[{"subnet":"10.0.0.0/30"},{"subnet":"10.0.1.0/30"}]]')
seed "$pair" '' 10.0.0.2 10.0.1.2
pods a
refuses 'none in either subnet' 101 'no address is free' ADD a "$pair"

# --- config_test.go ----------------------------------------------------------
old='"subnet":"10.1.2.0/24","rangeStart":"10.1.2.9","rangeEnd":"10.1.2.20","gateway":"10.1.2.30"'
new='[{"subnet":"11.1.2.0/24","rangeStart":"11.1.2.9","rangeEnd":"11.1.2.20","gateway":"11.1.2.30"}]'
# parses DESCRIPTION CONF WANTED: addresses with their gateways.
parses() {
	fresh dummy
	cni ADD dummy "$2" || diag "$answer"
	is "$1" "$(asked '[.ips[] | .address + " " + .gateway] | join(",")')" "$3"
}
parses 'the old style' "$(conf 0.3.1 "$old")" '10.1.2.9/24 10.1.2.30'
parses 'the new style' "$(conf 0.3.1 "\"ranges\":[[{$old},{\"subnet\":\"10.1.4.0/24\"}],$new]")" '10.1.2.9/24 10.1.2.30,11.1.2.9/24 11.1.2.30'
parses "mixed, the runtime's first" "$(conf 0.3.1 "$old,\"ranges\":[$new]" '"runtimeConfig":{"irrelevant":"","ipRanges":[[{"subnet":"12.1.3.0/24"}]]}')" \
	'12.1.3.2/24 12.1.3.1,10.1.2.9/24 10.1.2.30,11.1.2.9/24 11.1.2.30'
cni_args=IP=10.1.2.10 parses 'CNI_ARGS without prefix' "$(conf 0.3.1 "\"ranges\":[[{$old}]]")" '10.1.2.10/24 10.1.2.30'
cni_args=IP=10.1.2.11/24 parses 'CNI_ARGS with prefix' "$(conf 0.3.1 "\"ranges\":[[{$old}]]")" '10.1.2.11/24 10.1.2.30'
all="[{$old}],$new" want='10.1.2.10/24 10.1.2.30,11.1.2.11/24 11.1.2.30'
[ -z "$ipv6" ] || all=$all,$set6 want="$want,2001:db8:1::11/64 2001:db8:1::1"
for prefix in '' /24; do
	ips="\"11.1.2.11$prefix\"${ipv6:+,\"2001:db8:1::11${prefix:+/64}\"}"
	cni_args=IP=10.1.2.10$prefix parses "CNI_ARGS and args together, prefix '$prefix'" \
		"$(conf 0.3.1 "\"ranges\":[$all]" "$(asks "$ips")")" "$want"
done
parses 'runtimeConfig.ips' "$(conf 0.3.1 '"ranges":[[{"subnet":"192.168.0.0/29"}],[{"subnet":"192.168.1.0/29"}]]' \
	'"runtimeConfig":{"ips":["192.168.0.3","192.168.1.5/24"]}')" '192.168.0.3/29 192.168.0.1,192.168.1.5/29 192.168.1.1'

# --- range_test.go, range_set_test.go ----------------------------------------
# bad DESCRIPTION REGEX IPAM
bad() {
	fresh dummy
	refuses "$1" 7 "$2" ADD dummy "$(conf 1.0.0 "$3")"
}
# spans DESCRIPTION SUBNET FIRST LAST GATEWAY [MEMBERS]: LAST is followed by FIRST.
spans() {
	spans_conf=$(conf 1.0.0 "\"subnet\":\"$2\"${6:+,$6}")
	seed "$spans_conf" "$4"
	pods a
	gives "$1: from $3" a "$spans_conf" "$3"
	is "$1: gateway" "$(asked '.ips[0].gateway')" "$5"
	cni DEL a "$spans_conf"
	cni_args=IP=$4 gives "$1: to $4" a "$spans_conf" "$4"
}
spans 'a clean IPv4 prefix' 192.0.2.0/24 192.0.2.2 192.0.2.254 192.0.2.1
spans 'a smaller one' 192.0.2.0/25 192.0.2.2 192.0.2.126 192.0.2.1
spans 'every field' 192.0.2.0/24 192.0.2.40 192.0.2.50 192.0.2.254 \
	'"rangeStart":"192.0.2.40","rangeEnd":"192.0.2.50","gateway":"192.0.2.254"'
for outside in 192.0.3.0 192.0.2.39 192.0.2.51; do
	cni_args=IP=$outside bad "not of the range: $outside" "$outside" '"subnet":"192.0.2.0/24","rangeStart":"192.0.2.40","rangeEnd":"192.0.2.50"'
done
if [ -n "$ipv6" ]; then
	spans 'a clean IPv6 prefix' 2001:DB8:1::/64 2001:db8:1::2 2001:db8:1:0:ffff:ffff:ffff:ffff 2001:db8:1::1
	for outside in 2001:db8:2:: 2001:db8:1::39 2001:db8:1::51; do
		cni_args=IP=$outside bad "not of the range: $outside" "$outside" '"subnet":"2001:DB8:1::/64","rangeStart":"2001:db8:1::40","rangeEnd":"2001:db8:1::50"'
	done
fi
for host in 192.0.2.12/24 2001:DB8:1::24:19ff:fee1:c44a/64 2001:DB8:24:19ff::/63 192.168.127.0/23; do
	bad "host bits: $host" 'host bits' "\"subnet\":\"$host\""
done
bad 'too small' 'too small' '"subnet":"192.0.2.0/31"'
bad 'rangeStart outside' 'rangeStart 192.0.3.0 is not in' '"subnet":"192.0.2.0/24","rangeStart":"192.0.3.0"'
bad 'rangeEnd outside' 'rangeEnd 192.0.4.0 is not in' '"subnet":"192.0.2.0/24","rangeEnd":"192.0.4.0"'
bad 'the end before the start' 'after rangeEnd' '"subnet":"192.0.2.0/24","rangeStart":"192.0.2.50","rangeEnd":"192.0.2.40"'
bad 'sets that overlap' 'overlaps' '"ranges":[[{"subnet":"10.1.2.0/24"},{"subnet":"10.2.2.0/24"}],[{"subnet":"10.1.4.0/24"},{"subnet":"10.1.2.0/24"}]]'
bad 'a set that overlaps itself' 'overlaps' '"ranges":[[{"subnet":"10.1.0.0/22"},{"subnet":"10.1.2.0/24"}]]'
bad 'the same in it' 'overlaps' '"ranges":[[{"subnet":"192.168.2.0/24"},{"subnet":"192.168.0.0/20"}]]'
bad 'families mixed' 'mixes IPv4 and IPv6' '"ranges":[[{"subnet":"10.1.0.0/22"},{"subnet":"2001:db8:5::/64"}]]'
bad 'the same subnet twice' 'overlaps' '"ranges":[[{"subnet":"10.0.0.0/24"}],[{"subnet":"10.0.0.0/24"}]]'
bad 'one within the other' 'overlaps' '"ranges":[[{"subnet":"10.0.0.0/20"}],[{"subnet":"10.0.1.0/24"}]]'
bad 'parts that share an address' 'overlaps' '"ranges":[[{"subnet":"10.0.0.0/24","rangeEnd":"10.0.0.127"},{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.127"}]]'
parses 'subnets side by side' "$(conf 1.0.0 '"ranges":[[{"subnet":"10.0.0.0/24"}],[{"subnet":"10.0.1.0/24"}]]')" '10.0.0.2/24 10.0.0.1,10.0.1.2/24 10.0.1.1'
parses 'parts of one subnet' "$(conf 1.0.0 '"ranges":[[{"subnet":"10.0.0.0/24","rangeEnd":"10.0.0.127"},{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.128"}]]')" '10.0.0.2/24 10.0.0.1'
finish
