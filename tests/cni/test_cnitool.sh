#!/bin/sh
# cnitool, libcni's own client, drives kincnet in every version of the
# specification, alone and with the reference portmap behind it: KINC_CNITOOL or
# one on the PATH.
set -u
. "$(dirname -- "$0")/ground.sh"
cnitool=${KINC_CNITOOL:-$(command -v cnitool)}
if [ -z "$cnitool" ]; then
	skip 'kincnet driven by cnitool' 'there is none: KINC_CNITOOL=/path/to/cnitool'
	finish
fi
reference=${CNI_REFERENCE:-/usr/lib/cni}
data=/run/kinc/cni/tool
mkdir -p /run/conf && mount -t tmpfs none /var/lib # libcni's cache
export NETCONFPATH=/run/conf CNI_PATH="$KINC_BUILD/bin:$reference"

# A neighbour of the node that knows no way back to pods.
pods outside
ip link add up0 mtu 1432 type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev up0
ip link set up0 up
ip -n outside addr add 192.0.2.2/24 dev eth0
ip -n outside link set eth0 up
ip route add default via 192.0.2.2
ranges='[{"subnet":"10.8.0.0/24"}]' routes='{"dst":"0.0.0.0/0"}'
if has_ipv6; then
	ranges=$ranges,'[{"subnet":"fd00:8::/64"}]' routes=$routes,'{"dst":"::/0"}'
	ip addr add 2001:db8::1/64 dev up0 nodad && ip -n outside addr add 2001:db8::2/64 dev eth0 nodad
	check 'the IPv6 neighbour is there' wait_for 10 ping -c1 -W1 2001:db8::2
fi
# net VERSION [MORE-PLUGINS]
net() {
	printf '{"cniVersion":"%s","name":"tool","plugins":[{"type":"kincnet","bridge":"kinc8","isGateway":true,
		"hairpinMode":true,"isolation":true,"ipMasq":true,"ipam":{"ranges":[%s],"routes":[%s]}}%s]}' \
		"$1" "$ranges" "$routes" "${2-}" >/run/conf/tool.conflist
}
tool() { result=$("$cnitool" "$1" tool "/run/netns/$2" 2>&1); }
# does DESCRIPTION COMMAND POD
does() {
	if tool "$2" "$3"; then ok "$1"; else
		not_ok "$1"
		diag "$result"
	fi
}
address() { printf %s "$result" | jq -r ".ips[$1].address | split(\"/\")[0]"; }

for v in 0.3.1 0.4.0 1.0.0 1.1.0; do
	pods one two
	net $v
	does "[$v] add" add one
	does "[$v] add of another" add two
	is "[$v] answered in that version" "$(printf %s "$result" | jq -r .cniVersion)" $v
	check "[$v] pod to pod" ping_from one "$(address 0)"
	check "[$v] pod to outside, masqueraded" ping_from one 192.0.2.2
	! has_ipv6 || check "[$v] pod to pod, IPv6" ping_from one "$(address 1)"
	! has_ipv6 || check "[$v] pod to outside, IPv6" ping_from one 2001:db8::2
	is "[$v] MTU of the uplink" "$(in_pod one cat /sys/class/net/eth0/mtu)" 1432
	case $v in 0.3.1) ;; *) does "[$v] check" check one ;; esac
	if [ $v = 1.1.0 ]; then
		does "[$v] status" status one
		# libcni removes what it knows of, and hands no list on to the plugin.
		tool gc one
		like "[$v] gc without a list is refused" "$result" 'cni.dev/valid-attachments must list'
	else
		does "[$v] del" del one
		does "[$v] del of another" del two
	fi
	traces_are "[$v] nothing is left" "$clean"
	ip netns del one && ip netns del two
done

if [ -x "$reference/portmap" ]; then
	export CAP_ARGS='{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}'
	pods one two
	net 1.0.0 ',{"type":"portmap","capabilities":{"portMappings":true},"snat":true}'
	does 'add with portmap behind' add one
	unset CAP_ARGS
	does 'add of another' add two
	(exec ip netns exec one busybox httpd -f -p 80 -h /run/out) >/dev/null 2>&1 &
	server=$!
	echo it is one >/run/out/index.html
	# fetch POD ADDRESS PORT
	fetch() { printf 'GET / HTTP/1.0\r\n\r\n' | in_pod "$1" busybox nc -w 5 "$2" "$3" | tail -n 1; }
	served() { [ "$(fetch one 127.0.0.1 80)" = 'it is one' ]; }
	wait_for 5 served
	is 'another pod, by the port of the node' "$(fetch two 192.0.2.1 8080)" 'it is one'
	is 'the pod itself, by the port of the node' "$(fetch one 192.0.2.1 8080)" 'it is one'
	kill $server
	does 'check of the chain' check one
	does 'del of the chain' del one && does 'del of another' del two
	traces_are 'nothing is left' "$clean"
else
	skip 'portmap behind kincnet' "no $reference/portmap"
fi
finish
