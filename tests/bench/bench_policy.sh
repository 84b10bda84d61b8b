#!/bin/bash
# NetworkPolicy with 5,000 pods and 1,000 policies of a made-up API server, seen by
# two real pods: how long until the first policy holds, until a change does, and the
# memory of who enforces. kincnetd, and kube-network-policies where
# KINC_BENCH_NETPOL names its program, one after the other in one run.
# Usage: bench_policy.sh [PODS POLICIES CHANGES]
set -u
pods_count=${1:-5000} policies_count=${2:-1000} changes=${3:-11}
case $pods_count in inside) set -- inside; pods_count=$PODS policies_count=$POLICIES changes=$CHANGES ;; esac
export PODS=$pods_count POLICIES=$policies_count CHANGES=$changes
bench=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
for tool in python3 openssl curl nft; do
	command -v "$tool" >/dev/null || { echo "bench_policy: no $tool, not measured"; exit 0; }
done
cd "$bench/../cni" || exit 111
if [ "${1-}" != inside ]; then
	exec unshare -Urnm "$bench/bench_policy.sh" inside
fi
. ./ground.sh inside
. ./policy.sh
. ./netd.sh
here=$bench/../cni
servers='' agent=''
trap 'kill $servers $api_pid $agent 2>/dev/null' EXIT
export FAKE_API_WORLD=$work/world.json
world="python3 $bench/policy_world.py"
pods_path=/api/v1/pods
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
since() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f\n", (b - a) * 1000 }'; }
now() { date +%s.%N; }
memory() { awk -v what="$2" '$1 == what":" { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

for name in client web; do attach "$name"; done
address=$(address4 web)
put_pod() { put $pods_path "$(pod bench "$1" "$2" '' "'nodeName':'node1'")"; }
# When the API server has it.
change_pod() { pod bench "$1" "$2" '' "'nodeName':'node1'" | told -X POST --data-binary @- "$api/test/put?path=$pods_path"; }
allowed="'app':'web','open':'yes'" closed="'app':'web'"

can_queue() { nft 'add table inet can; add chain inet can can; add rule inet can can queue num 1' 2>/dev/null; }
# measure NAME START-COMMAND...
measure() {
	name=$1
	shift
	api_begin
	put /api/v1/namespaces "$(namespace bench "'team':'bench'")"
	put_pod client "'app':'client'"
	put_pod web "$closed"
	put /apis/networking.k8s.io/v1/networkpolicies "$(policy bench deny "'podSelector':{}")"
	put /apis/networking.k8s.io/v1/networkpolicies "$(policy bench out "'podSelector':{},'policyTypes':['Egress'],'egress':[{}]")"
	put /apis/networking.k8s.io/v1/networkpolicies "$(policy bench open "'podSelector':{'matchLabels':{'open':'yes'}},'ingress':[{'from':[{'podSelector':{'matchLabels':{'app':'client'}}}]}]")"
	began=$(now)
	"$@" >"$work/$name.log" 2>&1 &
	agent=$!
	if [ "$name" = kube-network-policies ] && ! can_queue; then
		sleep 20
		echo "$name: this kernel has no nftables queue: it enforces nothing, and only holds the objects"
		finish_measure
		return
	fi
	stopped=$(ip netns exec client $world last "$address" 3)
	echo "$name: the first policy holds after $(since "$began" "$stopped") ms"
	sleep 3
	opened='' shut=''
	for i in $(seq "$changes"); do
		ip netns exec client $world until "$address" >"$work/until" &
		asker=$!
		sleep 0.2
		began=$(change_pod web "$allowed")
		wait $asker
		opened="$opened $(since "$began" "$(cat "$work/until")")"
		ip netns exec client $world last "$address" 1 >"$work/last" &
		asker=$!
		sleep 0.2
		began=$(change_pod web "$closed")
		wait $asker
		shut="$shut $(since "$began" "$(cat "$work/last")")"
	done
	echo "$name: a pod's label opens after $(printf '%s\n' $opened | median) ms, closes after $(printf '%s\n' $shut | median) ms (medians of $changes)"
	finish_measure
}
finish_measure() {
	echo "$name: memory $(memory $agent VmRSS) MB, at its peak $(memory $agent VmHWM) MB"
	if [ "$name" = kincnetd ]; then
		for what in rules chains sets elements compile_seconds first_commit_seconds commit_seconds; do
			echo "$name: $what $(metric kincnetd_policy_$what)"
		done
	fi
	[ -z "${KEEP_LOG-}" ] || cat "$work/$name.log"
	kill $agent
	wait $agent 2>/dev/null
	agent=''
	nft flush ruleset
	api_end
}

$world make "$pods_count" "$policies_count" "$work/world.json"
echo "$pods_count pods, $policies_count policies"
measure kincnetd "$kincnetd" --kubeconfig "$work/kubeconfig" --metrics "$work/metrics" --policy \
	--pod-subnets 10.4.0.0/24 --gate "$work/gate" --node node1
if [ -n "${KINC_BENCH_NETPOL:-}" ]; then
	account=/run/secrets/kubernetes.io/serviceaccount
	mkdir -p $account
	cp "$work/ca.crt" "$work/token" $account/
	measure kube-network-policies env KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443 \
		"$KINC_BENCH_NETPOL" --hostname-override node1 --metrics-bind-address 127.0.0.1:9080
else
	echo 'kube-network-policies: KINC_BENCH_NETPOL is not set, not measured'
fi
