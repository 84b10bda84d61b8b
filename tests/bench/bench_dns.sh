#!/bin/bash
# The cluster's DNS as a pod sees it: kincnetd behind dnsmasq, configured as in a node,
# and CoreDNS (KINC_COREDNS names its program), configured as kubeadm does. Both have
# the services of one made-up API server, and are asked in turns in one run.
# Usage: bench_dns.sh [SERVICES QUESTIONS CHANGES]
set -u
services_count=${1:-1000} questions=${2:-2000} changes=${3:-5}
case $services_count in inside) services_count=$SERVICES questions=$QUESTIONS changes=$CHANGES ;; esac
export SERVICES=$services_count QUESTIONS=$questions CHANGES=$changes
bench=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
for tool in python3 openssl curl dnsmasq dig; do
	command -v "$tool" >/dev/null || { echo "bench_dns: no $tool, not measured"; exit 0; }
done
cd "$bench/../cni" || exit 111
if [ "${1-}" != inside ]; then
	exec unshare -Urnm "$bench/bench_dns.sh" inside
fi
. ./ground.sh inside
. ./netd.sh
here=$bench/../cni
world="python3 $bench/dns_world.py"
zone=default.svc.cluster.local
agent='' front='' coredns='' outside=''
trap 'kill $agent $front $coredns $outside $api_pid 2>/dev/null' EXIT
export FAKE_API_WORLD=$work/world.json
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
memory() { awk '$1 == "VmRSS:" { printf "%.0f MB", $2 / 1024 }' "/proc/$1/status"; }
answers() { [ "$(dig +short +tries=1 +time=1 "@${1%:*}" -p "${1#*:}" "service-1.$zone")" = 10.43.1.2 ]; }
begin() { # NAME ADDRESS:PORT
	wait_for 60 answers "$2" || { echo "bench_dns: $1 does not answer"; cat "$work"/*.log; exit 1; }
	names="$names $1" where[$1]=$2
}
declare -A where
names=''

$world make "$services_count" "$FAKE_API_WORLD"
api_begin
# The resolver of the node, for what is not of the cluster.
dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --listen-address=127.0.0.9 \
	--address=/www.example.test/192.0.2.80 --local-ttl=300 >"$work/outside.log" 2>&1 &
outside=$!
echo 'nameserver 127.0.0.9' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
"$kincnetd" --setup-dns 10.43.0.0/16 10.244.0.0/16
"$kincnetd" --kubeconfig "$work/kubeconfig" --metrics "$work/metrics" --dns 127.0.0.1:10053 >"$work/netd.log" 2>&1 &
agent=$!
dnsmasq --no-daemon --conf-file=/run/kinc/dns/dnsmasq.conf --pid-file= >"$work/front.log" 2>&1 &
front=$!
begin kincnetd 10.43.0.10:53
if [ -n "${KINC_COREDNS:-}" ]; then
	cat >"$work/Corefile" <<-END
		.:5353 {
		    bind 127.0.0.1
		    errors
		    kubernetes cluster.local in-addr.arpa ip6.arpa {
		        endpoint $api
		        tls $work/me.crt $work/me.key $work/ca.crt
		        pods insecure
		        fallthrough in-addr.arpa ip6.arpa
		        ttl 30
		    }
		    forward . /etc/resolv.conf {
		        max_concurrent 1000
		    }
		    cache 30
		    loadbalance
		}
	END
	"$KINC_COREDNS" -conf "$work/Corefile" >"$work/coredns.log" 2>&1 &
	coredns=$!
	begin CoreDNS 127.0.0.1:5353
else
	echo 'CoreDNS: KINC_COREDNS is not set, not measured'
fi

echo "$services_count services, $questions questions of each kind; us: median (99 of 100)"
for round in 1 2 3; do # in turns, so that what else the machine does meets both
	for name in $names; do
		$world ask "${where[$name]}" "$services_count" $((questions / 3)) >"$work/$name.$round" || exit 1
	done
done
# of NAME KIND COLUMN: the median of the rounds
of() { awk -F'|' -v kind="$2" -v column="$3" '$1 == kind { print $column }' "$work/$1".[123] | median; }
cut -d'|' -f1 "$work/kincnetd.1" | while read -r kind; do
	line="$kind:"
	for name in $names; do line="$line $name $(of "$name" "$kind" 2) ($(of "$name" "$kind" 3))"; done
	[ -z "$coredns" ] || line="$line, ratio $(awk -v a="$(of kincnetd "$kind" 2)" -v b="$(of CoreDNS "$kind" 2)" 'BEGIN { printf "%.2f", a / b }')"
	echo "$line"
done
change() { # ADDRESS: prints when the API server has it
	told -X POST --data-binary @- "$api/test/put?path=$services" <<-END
		{"metadata":{"namespace":"default","name":"service-1"},"spec":{"clusterIP":"$1","clusterIPs":["$1"],"ports":[{"name":"http","port":80}]}}
	END
}
for name in $names; do
	taken=''
	for i in $(seq "$changes"); do
		$world until "${where[$name]}" "service-1.$zone" "10.43.99.$i" >"$work/until" &
		asker=$!
		sleep 0.5
		began=$(change "10.43.99.$i")
		wait $asker
		taken="$taken $(awk -v a="$began" -v b="$(cat "$work/until")" 'BEGIN { printf "%.0f\n", (b - a) * 1000 }')"
	done
	echo "$name: another address of a service is answered after $(printf '%s\n' $taken | median) ms (median of $changes)"
done
echo "memory: kincnetd $(memory $agent), dnsmasq $(memory $front)${coredns:+, CoreDNS $(memory "$coredns")}"
