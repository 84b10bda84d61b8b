#!/bin/sh
# kincnet against the reference bridge + host-local of Debian's
# containernetworking-plugins (CNI_REFERENCE=/usr/lib/cni), in the same run: the
# same network, alternately, each ADD, CHECK and DEL timed as a whole process.
# Usage: bench_cni.sh [ROUNDS]
set -u
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
KINC_BUILD=${KINC_BUILD:-$KINC_TOP/build}
reference=${CNI_REFERENCE:-/usr/lib/cni}
rounds=${1:-20}

if [ ! -x "$reference/bridge" ]; then
	echo "bench_cni: no reference in $reference (apt-get install containernetworking-plugins)"
	exit 0
fi
if [ "${2-}" != inside ]; then
	exec unshare -Urnm "$0" "$rounds" inside
fi
mount -t tmpfs none /run && mkdir -p /run/netns /run/kinc /run/out
ip link set lo up

# conf PLUGIN MASQ PREVRESULT: the same network to both, apart in names.
conf() {
	case $1 in
	kincnet) network=1 ipam= ;;
	bridge) network=2 ipam='"type":"host-local","dataDir":"/run/reference",' ;;
	esac
	printf '{"cniVersion":"1.0.0","name":"%s%s","type":"%s","bridge":"br%s%s","isGateway":true,
		"hairpinMode":true,"ipMasq":%s,%s"ipam":{%s"subnet":"10.%s.0.0/20",
		"routes":[{"dst":"0.0.0.0/0"}]}}' "$1" "$2" "$1" "$network" "$2" "$2" "$3" "$ipam" \
		"$network$([ "$2" = true ] && echo 1)"
}
program() { if [ "$1" = kincnet ]; then echo "$KINC_BUILD/bin/kincnet"; else echo "$reference/$1"; fi; }

# timed PLUGIN MASQ COMMAND POD PREVRESULT: appends milliseconds to its file.
timed() {
	conf "$1" "$2" "$5" >/run/out/conf
	export CNI_COMMAND="$3" CNI_CONTAINERID="$4" CNI_IFNAME=eth0 CNI_NETNS="/run/netns/$4" \
		CNI_PATH="$reference"
	began=$(date +%s%N)
	"$(program "$1")" </run/out/conf >/run/out/answer 2>&1 || {
		echo "bench_cni: $1 $3 failed: $(cat /run/out/answer)" >&2
		exit 1
	}
	ended=$(date +%s%N)
	echo $(((ended - began) / 1000)) >>"/run/out/$1-$2-$3"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 1000 }'; }

# What starting a process and reading the clock costs here.
i=0
while [ $i -lt "$rounds" ]; do
	began=$(date +%s%N)
	"$KINC_BUILD/bin/kincnet" --version </dev/null >/run/out/answer
	ended=$(date +%s%N)
	echo $(((ended - began) / 1000)) >>/run/out/start
	i=$((i + 1))
done

for masq in false true; do
	i=0
	while [ $i -lt "$rounds" ]; do
		for plugin in kincnet bridge; do
			pod=b$i$plugin
			ip netns add "$pod"
			timed $plugin $masq ADD "$pod" ''
			previous="\"prevResult\":$(cat /run/out/answer),"
			timed $plugin $masq CHECK "$pod" "$previous"
			timed $plugin $masq DEL "$pod" "$previous"
			ip netns del "$pod"
		done
		i=$((i + 1))
	done
done

printf 'medians of %s rounds, ms (kincnet --version, the floor: %s)\n' "$rounds" "$(median /run/out/start)"
printf '%-22s %10s %10s %8s\n' '' kincnet reference ratio
for masq in false true; do
	for command in ADD CHECK DEL; do
		ours=$(median "/run/out/kincnet-$masq-$command")
		theirs=$(median "/run/out/bridge-$masq-$command")
		printf '%-22s %10s %10s %7sx\n' "$command, ipMasq $masq" "$ours" "$theirs" \
			"$(awk "BEGIN { printf \"%.1f\", $theirs / $ours }")"
	done
done

# From the first address of a /20 to the last: does it get slower? No pods are
# needed for that, only leases of others.
leases=/run/kinc/cni/kincnetfalse/addresses
rm -f /run/out/kincnet-false-*
ip netns add grown
full=0
for more in 0 1000 3000; do
	seq $((full + 200)) $((full + 200 + more - 1)) | while read -r n; do
		ln -s "x$n/eth0" "$leases/10.1.$((n / 256)).$((n % 256))"
	done
	full=$((full + more))
	i=0
	while [ $i -lt "$rounds" ]; do
		timed kincnet false ADD grown ''
		timed kincnet false DEL grown ''
		i=$((i + 1))
	done
	printf 'with %4s leases: ADD %s ms, DEL %s ms\n' "$full" \
		"$(median /run/out/kincnet-false-ADD)" "$(median /run/out/kincnet-false-DEL)"
	rm -f /run/out/kincnet-false-*
done
