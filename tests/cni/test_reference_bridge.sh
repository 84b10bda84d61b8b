#!/bin/sh
# The cases of the reference's plugins/main/bridge/bridge_test.go, written anew
# for kincnet as a process: docs/cni-conformance.md has the list, row by row.
# "[1.0.0] ..." is a case that the reference runs once per version of the spec.
set -u
. "$(dirname -- "$0")/ground.sh"

# Every case has a node of its own, as the reference's have: a namespace with
# nothing but lo, in which kincnet runs.
case_count=0
new_case() {
	case_count=$((case_count + 1))
	node=n$case_count pod=p$case_count
	ip netns add $node && pods $pod
	rm -rf /run/kinc/cni
}
end_case() { ip netns del $node && ip netns del $pod; }
on_node() { ip netns exec "$node" "$@"; }
# call COMMAND CONF: answer in $result. The namespaces keep /run, not /sys.
call() {
	answer=$(printf %s "$2" | CNI_COMMAND=$1 CNI_CONTAINERID=dummy CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/$pod CNI_ARGS="${cni_args-}" on_node "$kincnet" 2>&1)
	status=$?
	result=$(printf %s "$answer" | tr -d '\n\t')
	return $status
}
does() {
	if call "$2" "$3"; then return 0; fi
	not_ok "$1: $2"
	diag "$answer"
	return 1
}
# denied DESCRIPTION CODE REGEX CONF: ADD says so and leaves nothing.
denied() {
	if call ADD "$4"; then not_ok "$1: succeeded"; else
		like "$1" "$result" "\"code\":$2,\"msg\":\".*$3"
	fi
	is "$1: nothing is left" "$(on_node ip -br link | grep -c veth) $(leases)" '0 0'
}
leases() { find /run/kinc/cni -path '*/addresses/*' 2>/dev/null | wc -l; }
asked() { printf %s "$result" | jq -r "$1"; }
# conf VERSION MEMBERS [IPAM]
conf() {
	printf '{"cniVersion":"%s","name":"testConfig","type":"bridge","bridge":"bridge0"%s%s}' \
		"$1" "${2:+,$2}" "${3+,\"ipam\":{$3\}}"
}
gateway='"isDefaultGateway":true'
hl='"type":"host-local",'

# as_added DESCRIPTION VERSION GATEWAYS: what ADD shall have made, in one text.
as_added() {
	host=$(asked '.interfaces[1].name')
	got="$(asked '[(.interfaces | length), .interfaces[0].name, (.interfaces[1].name | startswith("veth")),
		.interfaces[2].name, .interfaces[2].sandbox, .cniVersion] | map(tostring) | join(" ")')
bridge $(on_node ip -j link show bridge0 | jq -r '.[0].address') filtering $(on_node ip -j -d link show bridge0 | jq -r '.[0].linkinfo.info_data.vlan_filtering')
links $(on_node ip -j link | jq -r '[.[].ifname] | sort | join(" ")')
isolated $(on_node ip -j -d link show "$host" | jq -r '.[0].linkinfo.info_slave_data.isolated')
pod $(ip -n $pod -j link show eth0 | jq -r '.[0] | [.address, .operstate] | join(" ")')
gateways $(on_node ip -j addr show bridge0 | jq -r '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | sort | join(" ")')
addresses $(ip -n $pod -j addr show eth0 | jq -r '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | sort | join(" ")')
default $( (ip -n $pod route show default; ip -n $pod -6 route show default) | sed -n 's/.* via \([^ ]*\) .*/\1/p' | xargs)"
	wanted="3 bridge0 true eth0 /run/netns/$pod $2
bridge $(asked '.interfaces[0].mac') filtering 0
links $(printf '%s\n' bridge0 lo "$host" | sort | xargs)
isolated ${isolated:-false}
pod $(asked '.interfaces[2].mac') UP
gateways $(printf '%s\n' $3 | sort | xargs)
addresses $(asked '[.ips[].address] | sort | join(" ")')
default $(for one in $3; do echo "${one%/*}"; done | awk '{ f = /:/ } !seen[f]++' | xargs)"
	is "$1: as the result says" "$got" "$wanted"
	is "$1: an address per range" "$(asked '.ips | length')" "$(printf '%s\n' $3 | grep -c /)"
	check "$1: the bridge has a MAC of its own" test \
		"$(asked '.interfaces[0].mac')" != "$(on_node cat /sys/class/net/"$host"/address)"
}
# gone DESCRIPTION: neither end is left, nor a lease.
gone() {
	is "$1: DEL" "$(on_node ip -br link | grep -c veth) $(ip -n $pod -br link | grep -c eth0) $(leases)" '0 0 0'
}
# add_del DESCRIPTION VERSION MEMBERS IPAM GATEWAYS [check]
add_del() {
	new_case
	add_conf=$(conf "$2" "$3" "$4")
	if does "$1" ADD "$add_conf"; then
		as_added "$1" "$2" "$5"
		[ -z "${6-}" ] || ! does "$1" CHECK "$(with "$add_conf" "\"prevResult\":$result")" || ok "$1: CHECK"
		! does "$1" DEL "$add_conf" || gone "$1"
	fi
	end_case
}

if has_ipv6; then ipv6=1; else ipv6='' && skip 'cases with IPv6' 'it is switched off here'; fi
for v in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
	new_case
	conf $v '"mtu":5000' "$hl\"subnet\":\"10.1.2.0/24\"" >/run/out/conf
	check "[$v] creates a bridge" on_node "$kincnet" --setup /run/out/conf
	is "[$v] it is not promiscuous" "$(on_node ip -j -d link show bridge0 | jq -r '.[0] | [.promiscuity, .mtu] | join(" ")')" '0 5000'
	end_case

	new_case
	on_node ip link add bridge0 type bridge
	index=$(on_node cat /sys/class/net/bridge0/ifindex)
	check "[$v] handles an existing bridge" on_node "$kincnet" --setup /run/out/conf
	is "[$v] it is the same" "$(on_node cat /sys/class/net/bridge0/ifindex)" "$index"
	end_case

	checking=$(case $v in 0.3.*) ;; *) echo check ;; esac)
	add_del "[$v] (0) IPv4" $v "$gateway" "$hl\"subnet\":\"10.1.2.0/24\"" 10.1.2.1/24 $checking
	if [ -n "$ipv6" ]; then
		add_del "[$v] (1) IPv6" $v "$gateway" "$hl\"subnet\":\"2001:db8::0/64\"" 2001:db8::1/64 $checking
		dual='[{"subnet":"192.168.0.0/24"}],[{"subnet":"fd00::0/64"}]'
		add_del "[$v] (2) both" $v "$gateway" "$hl\"ranges\":[$dual]" '192.168.0.1/24 fd00::1/64' $checking
		add_del "[$v] (3) three subnets" $v "$gateway" "$hl\"ranges\":[$dual,[{\"subnet\":\"2001:db8::0/64\"}]]" \
			'192.168.0.1/24 fd00::1/64 2001:db8::1/64' $checking
	fi
	echo 'nameserver 192.0.2.0' >/run/out/resolv.conf
	new_case
	! does "[$v] (4) resolvConf" ADD "$(conf $v "$gateway" "$hl\"subnet\":\"10.1.2.0/24\",\"resolvConf\":\"/run/out/resolv.conf\"")" ||
		is "[$v] (4) resolvConf is in the result" "$(asked '.dns.nameservers | join(" ")')" 192.0.2.0
	end_case

	add_del "[$v] a layer 2 bridge" $v '' '' ''
	isolated=true
	add_del "[$v] portIsolation on" $v '"portIsolation":true' '' ''
	isolated=false
	add_del "[$v] portIsolation off" $v '"portIsolation":false' '' ''

	new_case
	denied "[$v] vlan is refused" 2 'vlan: 100' "$(conf $v '"vlan":100' '')"
	denied "[$v] vlan with preserveDefaultVlan" 2 'vlan: 100' "$(conf $v '"vlan":100,"preserveDefaultVlan":false' '')"
	denied "[$v] vlan with ipam" 2 'vlan: 100' "$(conf $v "\"vlan\":100,$gateway" "$hl\"subnet\":\"10.1.2.0/24\"")"
	denied "[$v] vlanTrunk is refused" 2 'vlanTrunk: ' "$(conf $v '"vlanTrunk":[{"id":101},{"minID":200,"maxID":210}]' '')"
	denied "[$v] a vlan out of range" 2 'vlan: -100' "$(conf $v '"vlan":-100' '')"
	denied "[$v] disableContainerInterface is refused" 2 'disableContainerInterface: true' \
		"$(conf $v '"disableContainerInterface":true' '')"
	denied "[$v] with ipam too" 2 'disableContainerInterface: true' \
		"$(conf $v '"disableContainerInterface":true' "$hl\"subnet\":\"10.1.2.0/24\"")"
	! does "[$v] vlan 0 is none" ADD "$(conf $v '"vlan":0' '')" || ok "[$v] vlan 0 is none"
	! does "[$v] DEL" DEL "$(conf $v '' '')" || ok "[$v] DEL of it"
	! does "[$v] DEL of what never was" DEL "$(conf $v "$gateway" "$hl\"subnet\":\"10.1.2.0/24\"")" ||
		ok "[$v] DEL of what never was"
	end_case

	# force DESCRIPTION FIRST SECOND-SUBNET SECOND BEFORE AFTER: a bridge with the
	# first address shall be the gateway with the second, without and with force.
	force() {
		new_case
		on_node ip link add bridge0 type bridge && on_node ip addr add "$2" dev bridge0 nodad
		second=$(conf $v '"isGateway":true' "$hl\"subnet\":\"$3\",\"gateway\":\"${4%/*}\"")
		call ADD "$second" && call DEL "$second"
		is "$1: forceAddress false" "$(addresses)" "$5"
		! does "$1" ADD "$(with "$second" '"forceAddress":true')" ||
			is "$1: forceAddress true" "$(addresses)" "$6"
		end_case
	}
	addresses() { on_node ip -j addr show bridge0 | jq -r '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | sort | join(" ")'; }
	force "[$v] bridge address (0) IPv4" 10.0.0.1/8 10.1.0.0/16 10.1.2.3/16 10.0.0.1/8 10.1.2.3/16
	if [ -n "$ipv6" ]; then
		force "[$v] bridge address (1) IPv6 that overlaps" 2001:db8:1::1/48 2001:db8:1:2::/64 \
			2001:db8:1:2::1/64 2001:db8:1::1/48 2001:db8:1:2::1/64
		force "[$v] bridge address (2) IPv6 that does not" 2001:db8:1:2::1/64 fd00:1234::/64 \
			fd00:1234::1/64 '2001:db8:1:2::1/64 fd00:1234::1/64' '2001:db8:1:2::1/64 fd00:1234::1/64'
	fi

	new_case
	! does "[$v] promiscMode" ADD "$(conf $v '"isGateway":true,"promiscMode":true' "$hl\"subnet\":\"10.1.2.0/24\"")" ||
		is "[$v] promiscMode" "$(on_node ip -j -d link show bridge0 | jq -r '.[0].promiscuity')" 1
	end_case

	for subnet in 10.1.2.0/24 ${ipv6:+2001:db8:42::/64}; do
		new_case
		conf $v '' "$hl\"subnet\":\"$subnet\"" >/run/out/conf
		on_node "$kincnet" --setup /run/out/conf
		mac=$(on_node cat /sys/class/net/bridge0/address)
		call ADD "$(cat /run/out/conf)"
		during=$(on_node cat /sys/class/net/bridge0/address)
		call DEL "$(cat /run/out/conf)"
		is "[$v] a stable MAC, $subnet" "$during $(on_node cat /sys/class/net/bridge0/address)" "$mac $mac"
		end_case
	done

	# mac DESCRIPTION MEMBERS: with CNI_ARGS of the caller.
	mac() {
		new_case
		! does "$1" ADD "$(conf $v "$2" "$hl\"subnet\":\"10.1.2.0/24\"")" ||
			is "$1" "$(asked '.interfaces[2].mac') $(in_pod $pod cat /sys/class/net/eth0/address)" \
				'02:00:00:00:00:00 02:00:00:00:00:00'
		end_case
	}
	cni_args=MAC=02:00:00:00:00:00 mac "[$v] the MAC of CNI_ARGS" ''
	cni_args=MAC=02:00:00:00:04:56 mac "[$v] that of args comes before it" '"args":{"cni":{"mac":"02:00:00:00:00:00"}}'
	cni_args=MAC=02:00:00:00:04:56 mac "[$v] that of runtimeConfig before both" \
		'"args":{"cni":{"mac":"02:00:00:00:07:89"}},"runtimeConfig":{"mac":"02:00:00:00:00:00"}'

	new_case
	plain=$(conf $v '' "$hl\"subnet\":\"10.1.2.0/24\"")
	call ADD "$plain" && host=$(asked '.interfaces[1].name') && call DEL "$plain"
	on_node ip link add "$host" type bridge
	call ADD "$plain"
	is "[$v] the address is released after an error" "$status $(leases)" '1 0'
	end_case

	new_case
	masq=$(conf $v '"ipMasq":true' "$hl\"ranges\":[[{\"subnet\":\"10.1.2.0/24\"}]]")
	if does "[$v] ipMasq" ADD "$masq"; then
		like "[$v] ipMasq: a rule covers the address" \
			"$(on_node nft list ruleset; on_node iptables -t nat -S 2>/dev/null)" '(saddr|-s) 10\.1\.2\.0/24.*(masquerade|MASQUERADE)'
	fi
	end_case

	for backend in iptables nftables; do
		new_case
		denied "[$v] ipMasqBackend is refused: $backend" 2 "ipMasqBackend: .*$backend" \
			"$(conf $v "\"ipMasq\":true,\"ipMasqBackend\":\"$backend\"" "$hl\"subnet\":\"10.1.2.0/24\"")"
		end_case
	done

	new_case
	spoof=$(conf $v '"macspoofchk":true' "$hl\"subnet\":\"10.1.2.0/24\"")
	if does "[$v] macspoofchk" ADD "$spoof"; then
		host=$(asked '.interfaces[1].name')
		is "[$v] macspoofchk: the port knows one MAC" "$(on_node bridge -j fdb show dev "$host" |
			jq -r '[.[] | select(.state == "static") | .mac] | join(" ")')$(on_node ip -d link show "$host" | grep -o ' locked on')" \
			"$(asked '.interfaces[2].mac') locked on"
		! does "[$v] macspoofchk" DEL "$spoof" || gone "[$v] macspoofchk"
	fi
	end_case
done
finish
