#!/bin/bash
# What passes between pods, and from a pod to outside through NAT, over kincnet
# and over the reference bridge, in turn in the same run: throughput by iperf3,
# latency by ping. Nothing but the plugin that made the interfaces differs.
# Usage: bench_cni_traffic.sh [ROUNDS]
set -u
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
KINC_BUILD=${KINC_BUILD:-$KINC_TOP/build}
reference=${CNI_REFERENCE:-/usr/lib/cni}
rounds=${1:-5}

for tool in "$reference/bridge" iperf3 jq ping; do
	command -v "$tool" >/dev/null && continue
	echo "bench_cni_traffic: no $tool, not measured"
	exit 0
done
[ "${2-}" = inside ] || exec unshare -Urnm "$0" "$rounds" inside
mount -t tmpfs none /run && mkdir -p /run/netns /run/kinc /run/out
ip link set lo up
export CNI_PATH=$reference
servers=
trap 'kill $servers 2>/dev/null' EXIT

ip netns add outside
ip link add up0 type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev up0
ip link set up0 up
ip -n outside addr add 192.0.2.2/24 dev eth0
ip -n outside link set eth0 up

# kincnet's two roads through the node, and the pods on one wire, which is all
# that the reference's bridge has.
kinds='routed isolated wire bridge'
common='"isGateway":true,"hairpinMode":true,"ipMasq":true'
conf() {
	case $1 in
	routed) members='"bridge":"br1","mode":"routed"' ipam='"subnet":"10.1.0.0/24"' ;;
	isolated) members='"bridge":"br2","isolation":true' ipam='"subnet":"10.2.0.0/24"' ;;
	wire) members='"bridge":"br3"' ipam='"subnet":"10.3.0.0/24"' ;;
	bridge) members='"bridge":"br4"' ipam='"type":"host-local","dataDir":"/run/reference","subnet":"10.4.0.0/24"' ;;
	esac
	printf '{"cniVersion":"1.0.0","name":"%s","type":"bridge",%s,%s,"ipam":{%s,"routes":[{"dst":"0.0.0.0/0"}]}}' \
		"$1" "$members" "$common" "$ipam"
}
serve() {
	ip netns exec "$1" iperf3 --server --one-off --json >/dev/null 2>&1 &
	servers="$servers $!"
	until ip netns exec "$1" ss -Hltn 'sport = :5201' | grep -q .; do sleep 0.05; done
}
for kind in $kinds; do
	program=$KINC_BUILD/bin/kincnet
	[ $kind != bridge ] || program=$reference/bridge
	for pod in one two; do
		ip netns add $kind-$pod && ip -n $kind-$pod link set lo up
		conf $kind | CNI_COMMAND=ADD CNI_CONTAINERID=$kind-$pod CNI_IFNAME=eth0 \
			CNI_NETNS=/run/netns/$kind-$pod "$program" >/run/out/$kind-$pod || { cat /run/out/$kind-$pod; exit 1; }
	done
done
address() { jq -r '.ips[0].address | split("/")[0]' "/run/out/$1"; }

# stream KIND ROAD SERVER-POD ADDRESS: Gbit/s, and milliseconds of a round trip
measure() {
	serve "$3"
	ip netns exec "$1-one" iperf3 --client "$4" --time 2 --omit 1 --json >/run/out/iperf || exit 1
	jq '.end.sum_received.bits_per_second / 1e9' /run/out/iperf >>"/run/out/$1-$2-rate"
	ip netns exec "$1-one" ping -q -i 0.002 -c 300 "$4" |
		sed -n 's/^rtt .* = [^/]*\/\([^/]*\)\/.*/\1/p' >>"/run/out/$1-$2-rtt"
}
for ((round = 0; round < rounds; round++)); do
	for kind in $kinds; do
		measure $kind pod $kind-two "$(address $kind-two)"
		measure $kind outside outside 192.0.2.2
	done
done

median() { sort -g "/run/out/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
printf 'medians of %s rounds; load %s\n' "$rounds" "$(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-14s %22s %22s %22s %22s\n' '' 'pod to pod, Gbit/s' 'to outside, Gbit/s' 'pod to pod, rtt ms' 'to outside, rtt ms'
for kind in $kinds; do
	printf '%-14s' $kind
	for what in pod-rate outside-rate pod-rtt outside-rtt; do
		awk -v own="$(median $kind-$what)" -v base="$(median bridge-$what)" \
			'BEGIN { printf " %14.3f (%4.0f%%)", own, 100 * own / base }'
	done
	printf '\n'
done
