# Sourced by the tests of kincnet. Enters namespaces of its own; then the node is
# the namespace of the test, and pods are `ip netns` names on a private /run.
# shellcheck shell=sh disable=SC2034
. "$(dirname -- "$0")/../lib.sh"

if [ "${1-}" != inside ]; then
	if ! output=$(unshare -Urnm true 2>&1); then
		skip "$(basename -- "$0")" "unshare -Urnm: $output"
		finish
	fi
	exec unshare -Urnm "$0" inside
fi
kincnet=$KINC_BUILD/bin/kincnet
mount -t tmpfs none /run && mkdir -p /run/netns /run/kinc /run/out
ip link set lo up
export LSAN_OPTIONS=detect_leaks=0 # not under strace, and not what is tested here

pods() {
	for name in "$@"; do ip netns add "$name" && ip -n "$name" link set lo up; done
}
# cni COMMAND CONTAINER CONF: answer in $answer and on one line in $result.
cni() {
	answer=$(printf %s "$3" | CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/$2 CNI_ARGS="${cni_args-}" "$kincnet" 2>&1)
	status=$?
	result=$(printf %s "$answer" | tr -d '\n\t')
	return $status
}
# with CONF MEMBERS: the object with more members.
with() { printf '%s,%s}' "${1%\}}" "$2"; }
# works DESCRIPTION COMMAND CONTAINER CONF
works() {
	if cni "$2" "$3" "$4"; then ok "$1"; else
		not_ok "$1"
		diag "$answer"
	fi
}
# refuses DESCRIPTION CODE REGEX COMMAND CONTAINER CONF
refuses() {
	if cni "$4" "$5" "$6"; then not_ok "$1: succeeded"; else
		like "$1" "$result" "\"code\":$2,\"msg\":\".*$3"
	fi
}
# The host's end of the pod that $answer is about.
host_end() { printf %s "$result" | grep -o 'veth[0-9a-f]*' | head -n 1; }
in_pod() { ip netns exec "$@"; }
ping_from() { in_pod "$1" ping -c1 -W1 "$2"; }
not() { ! "$@"; }
has_ipv6() { [ "$(cat /proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null)" = 0 ]; }

# What the network $data (a directory) left on the node: veths, attachments and addresses.
traces() {
	ip -br link | grep -c '^veth'
	find "$data/attachments" "$data/addresses" -type l 2>/dev/null | wc -l
}
clean=$(printf '0\n0')
traces_are() { is "$1" "$(traces)" "$2"; }
# valid CONF NAMED...: the configuration of GC.
valid() { with "$1" "\"cni.dev/valid-attachments\":[$2]"; }
named() { printf '{"containerID":"%s","ifname":"eth0"}' "$1"; }

can_trace() { strace -o /dev/null true 2>/dev/null; }
# traced COMMAND CONF STRACE-OPTION...: of pod p1.
traced() {
	traced_command=$1 traced_conf=$2
	shift 2
	printf %s "$traced_conf" | CNI_COMMAND=$traced_command CNI_CONTAINERID=p1 CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/p1 strace "$@" "$kincnet" >/dev/null 2>&1
}
