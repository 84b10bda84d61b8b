#!/bin/bash
# kincnet against the reference plugins of Debian's containernetworking-plugins
# (CNI_REFERENCE=/usr/lib/cni) in the same run: ADD, CHECK and DEL as whole
# processes, in turn, of the first pod of a node, of fifty at once and of one
# beside BENCH_PODS of every kind; what the kernel alone takes to remove a veth,
# by itself and as a port of kincnet's bridge; and how much more the last pods of
# a node take than its first ones where all are of one kind.
# Usage: bench_cni.sh [ROUNDS]
set -u
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
KINC_BUILD=${KINC_BUILD:-$KINC_TOP/build}
reference=${CNI_REFERENCE:-/usr/lib/cni}
rounds=${1:-20}
pods=${BENCH_PODS:-1000} # a bridge takes 1,023 ports
burst=50

for name in bridge host-local ptp; do
	[ -x "$reference/$name" ] && continue
	echo "bench_cni: no $reference/$name (apt-get install containernetworking-plugins), not measured"
	exit 0
done
[ "${2-}" ] || exec unshare -Urnm "$0" "$rounds" inside
mount -t tmpfs none /run && mkdir -p /run/netns /run/kinc /run/out
ip link set lo up
export CNI_PATH=$reference

kinds='routed isolated bridge bridge-masq ptp'
# Each kind is a network of its own: kincnet's two modes, on a /20, and the reference's.
declare -A program member
program=([routed]=$KINC_BUILD/bin/kincnet [isolated]=$KINC_BUILD/bin/kincnet [bridge]=$reference/bridge
	[bridge-masq]=$reference/bridge [ptp]=$reference/ptp)
ipam='"type":"host-local","dataDir":"/run/reference"'
gateway='"isGateway":true,"hairpinMode":true'
member=([routed]="\"type\":\"kincnet\",\"bridge\":\"br5\",$gateway,\"mode\":\"routed\",\"ipMasq\":true,\"ipam\":{\"subnet\":\"10.5.0.0/20\""
	[isolated]="\"type\":\"kincnet\",\"bridge\":\"br1\",$gateway,\"isolation\":true,\"ipMasq\":true,\"ipam\":{\"subnet\":\"10.16.0.0/20\""
	[bridge]="\"type\":\"bridge\",\"bridge\":\"br2\",$gateway,\"ipam\":{$ipam,\"subnet\":\"10.2.0.0/20\""
	[bridge-masq]="\"type\":\"bridge\",\"bridge\":\"br3\",$gateway,\"ipMasq\":true,\"ipam\":{$ipam,\"subnet\":\"10.3.0.0/20\""
	[ptp]="\"type\":\"ptp\",\"ipam\":{$ipam,\"subnet\":\"10.4.0.0/20\"")

# call KIND COMMAND POD INTERFACE: the answer of ADD is kept for CHECK and DEL.
call() {
	local previous=
	[ "$2" = ADD ] || previous=",\"prevResult\":$(</run/out/result-$1-$3)"
	CNI_COMMAND=$2 CNI_CONTAINERID=$3 CNI_IFNAME=$4 CNI_NETNS=/run/netns/$3 "${program[$1]}" \
		<<<"{\"cniVersion\":\"1.0.0\",\"name\":\"$1\",${member[$1]},\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}$previous}" \
		>"/run/out/answer-$1-$3" 2>&1 || {
		echo "bench_cni: $1 $2 of $3: $(tr -d '\n\t' <"/run/out/answer-$1-$3")" >&2
		return 1
	}
	[ "$2" != ADD ] || mv "/run/out/answer-$1-$3" "/run/out/result-$1-$3"
}
# timed LIST COMMAND...: its microseconds are added to LIST.
timed() {
	local list=$1 begin end
	shift
	begin=${EPOCHREALTIME/./}
	"$@" || exit 1
	end=${EPOCHREALTIME/./}
	echo $((end - begin)) >>"/run/out/$list"
}
# milliseconds; the median, or with PARTS that of each part
median() { sort -n "/run/out/$1" | awk -v parts="${2:-1}" '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 1000 / parts }'; }
together() {
	local pid pids=''
	for ((n = 0; n < burst; n++)); do
		"$@" "burst$n" &
		pids="$pids $!"
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
burst_of() { call "$1" "$2" "$3" eth9; }
remove() { ip link del "v${1-}"; }
# a_veth NAME NETNS PEER [MASTER]: what a plugin has made when it comes to DEL.
a_veth() {
	ip link add "$1" type veth peer name "$3" netns "$2" && ip link set "$1" ${4:+master "$4"} up &&
		ip -n "$2" link set "$3" up
}

# alone PHASE: every kind in turn, so that what disturbs one disturbs all.
alone() {
	for ((round = 0; round < rounds; round++)); do
		for kind in $kinds; do
			ip netns add pod
			timed "$1-$kind-ADD" call "$kind" ADD pod eth0
			timed "$1-$kind-CHECK" call "$kind" CHECK pod eth0
			timed "$1-$kind-DEL" call "$kind" DEL pod eth0
			ip netns del pod
		done
		ip netns add pod
		a_veth v pod eth0
		timed "$1-kernel-DEL" remove
		a_veth v pod eth0 br1
		timed "$1-port-DEL" remove
		ip netns del pod
	done
}
at_once() {
	for ((n = 0; n < burst; n++)); do ip netns add "burst$n"; done
	for ((round = 0; round < 3; round++)); do
		for kind in $kinds; do
			for command in ADD CHECK DEL; do
				timed "$1-$kind-$command" together burst_of "$kind" $command
			done
		done
		for ((n = 0; n < burst; n++)); do a_veth "vburst$n" "burst$n" eth9; done
		timed "$1-kernel-DEL" together remove
		for ((n = 0; n < burst; n++)); do a_veth "vburst$n" "burst$n" eth9 br1; done
		timed "$1-port-DEL" together remove
	done
	for ((n = 0; n < burst; n++)); do ip netns del "burst$n"; done
}
# table PHASE PARTS TITLE
table() {
	local kind command
	printf '%-36s' "$3"
	printf '%12s' $kinds 'ip link del' 'of a port'
	printf '\n'
	for command in ADD CHECK DEL; do
		printf '%-36s' "  $command, ms"
		for kind in $kinds; do printf '%12s' "$(median "$1-$kind-$command" "$2")"; done
		[ $command != DEL ] || printf '%12s' "$(median "$1-kernel-DEL" "$2")" "$(median "$1-port-DEL" "$2")"
		printf '\n'
	done
	for kind in routed isolated; do
		awk -v kind="$kind" -v add="$(median "$1-$kind-ADD" "$2")" -v check="$(median "$1-$kind-CHECK" "$2")" -v del="$(median "$1-$kind-DEL" "$2")" \
			-v masq_add="$(median "$1-bridge-masq-ADD" "$2")" -v masq_check="$(median "$1-bridge-masq-CHECK" "$2")" \
			-v plain_add="$(median "$1-bridge-ADD" "$2")" -v plain_check="$(median "$1-bridge-CHECK" "$2")" \
			-v kernel="$(median "$1-kernel-DEL" "$2")" -v port="$(median "$1-port-DEL" "$2")" 'BEGIN {
			printf "  %s: ADD and CHECK %.1f times faster than bridge with ipMasq, %.1f without; DEL %.2f of ip link del of a veth, %.2f of a port\n",
				kind, (masq_add + masq_check) / (add + check), (plain_add + plain_check) / (add + check), del / kernel, del / port }'
	done
}

# of fifty pods at each end of the row
part_of() {
	part=middle
	[ "$1" -gt 50 ] || part=early
	[ "$1" -le $((pods - 50)) ] || part=late
}
# fill KIND: pod after pod of one kind, on a node that has nothing else.
fill() {
	local n command
	for ((n = 1; n <= pods; n++)); do
		ip netns add "c$n"
		part_of "$n"
		for command in ADD CHECK; do timed $part-$command call "$1" $command "c$n" eth0; done
	done
	for ((n = pods; n > 0; n--)); do
		part_of "$n"
		timed $part-DEL call "$1" DEL "c$n" eth0
	done
	for command in ADD CHECK DEL; do printf '%14s %6s' "$(median early-$command)" "$(median late-$command)"; done
	printf '\n'
}
if [ "$2" = fill ]; then
	fill "$1"
	exit
fi

printf 'medians of %s rounds; load %s\n' "$rounds" "$(cut -d' ' -f1-3 /proc/loadavg)"
for ((round = 0; round < rounds; round++)); do timed start "$KINC_BUILD/bin/kincnet" --version >/run/out/answer; done
printf 'a process that does nothing (kincnet --version): %s ms\n' "$(median start)"
alone first
table first 1 'the first pod'
at_once fifty
table fifty $burst "$burst at once, per pod"

for ((n = 1; n < pods; n++)); do
	ip netns add "c$n"
	for kind in $kinds; do call "$kind" ADD "c$n" "$kind" || exit 1; done
done
alone last
table last 1 "pod number $pods"

printf '%-14s %20s %20s %20s\n' "of $pods pods" 'ADD, first and last' 'CHECK' 'DEL'
for kind in $kinds; do
	printf '%-14s' "$kind"
	unshare -nm "$0" "$kind" fill || exit 1
done
