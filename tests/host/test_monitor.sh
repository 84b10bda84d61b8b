#!/bin/sh
# kinc-launch monitor: each of the 14 steps is broken, one at a time, and has to
# be what is named. Podman and the node are scripts.
. "$(dirname -- "$0")/../lib.sh"
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"
ip link set lo up

. "$KINC_TOP/tests/host/fake.sh"
fake_program exec <"$KINC_TOP/tests/host/fake_node.sh"
fake_cluster running
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:6444", Listen => 5, ReuseAddr => 1) or die;
	$| = 1; print "listens\n"; while ($s->accept) {}' >"$work/listens" &
listener=$!
wait_for 5 test -s "$work/listens"

# monitor BROKEN ARGUMENT...
monitor() {
	broken=$1
	shift
	fake BREAK="$broken" "$launch" --cluster dev monitor "$@"
}
# grades BROKEN: "STEP GRADE" of all that are not ok, and the exit status.
grades() {
	monitor "$1" --json >"$work/stdout" 2>"$work/stderr"
	status=$?
	jq -r '.steps[] | select(.grade != "ok") | "\(.name) \(.grade)"' "$work/stdout" | paste -sd' '
	return $status
}
# breaks BROKEN STEP REGEX: that step alone fails, with that evidence.
breaks() {
	is "broken: $1: named" "$(grades "$1"; echo $?)" "$2 failed
1"
	like "broken: $1: evidence" "$(jq -r ".steps[] | select(.name == \"$2\").evidence" "$work/stdout")" "$3"
}

refuses 'an unknown cluster' 1 'no cluster nope' fake "$launch" --cluster nope monitor
is 'all is well' "$(grades ''; echo $?)" '
0'
is 'there are 14 steps' "$(jq '.steps | length' "$work/stdout")" 14
is 'and each has its evidence' "$(jq '[.steps[] | select(.evidence == "")] | length' "$work/stdout")" 0
monitor '' >"$work/stdout"
is 'as a table: exit status' $? 0
is 'as a table: 14 lines' "$(grep -c '^+ *[0-9]' "$work/stdout")" 14
like 'as a table: a line' "$(cat "$work/stdout")" '^\+ 10 node-ready +Ready, kubelet v1\.33\.13$'
is 'as a table: 80 columns' "$(awk 'length > 80' "$work/stdout")" ''

breaks 'unit log' init '^log is failed: it is$'
breaks forward ip-forward '^net\.ipv4\.ip_forward is 0 in the node$'
breaks cgroup cgroup 'No such file'
breaks runtime runtime 'Failed to connect'
breaks protocol runtime '^cri-o://1\.33\.13 does not answer as a runtime$'
breaks 'unit runtime' runtime '^unit runtime is failed$'
breaks healthz kubelet 'status 500'
breaks 'unit kubelet' kubelet '^unit kubelet is failed$'
breaks 'unit certs' initialized '^certs is failed: it is$'
breaks 'unit cluster' initialized '^cluster is failed'
breaks node node-ready '^not Ready: Kubelet stopped posting$'
breaks cordoned node-ready 'cordoned'
breaks unregistered node-ready '^no node is registered$'
breaks http://localhost:2381/health control-plane '^not healthy: etcd$'
breaks https://127.0.0.1:10257/healthz control-plane '^not healthy: kube-controller-manager$'
breaks https://127.0.0.1:10259/healthz control-plane '^not healthy: kube-scheduler$'
breaks conflist pod-network 'No such file'
breaks plugin pod-network 'names no kincnet'
breaks 'pod kube-proxy' pod-network '^pod kube-proxy-1 is Running, not Ready$'
breaks 'no pod kube-proxy' pod-network '^no pod of kube-proxy$'
breaks class storage '^no storage class is the default$'
breaks 'pod local-path-provisioner' storage 'local-path-provisioner-1 is Running, not Ready'
breaks 'pod coredns' dns '^pod coredns-1 is Running, not Ready$'
breaks 'no pod coredns' dns '^no pod of CoreDNS$'
is 'containerd is asked in its way' "$(grades containerd; echo $?)" '
0'
is 'a provisioner in the controller manager' "$(grades hostpath; echo $?)" '
0'
is 'a node without DNS' "$(grades nodns; echo $?)" 'dns absent
0'
is 'dnsmasq in the place of CoreDNS, which has no pods' "$(grades dnsmasq; echo $?)" '
0'
is 'and its evidence' "$(jq -r '.steps[] | select(.name == "dns").evidence' "$work/stdout")" 'dnsmasq and kincnetd are ready'
for unit in dnsmasq kincnetd; do
	is "broken: $unit: no DNS" "$(grades "unit $unit"; echo $?)" 'init failed dns failed
1'
	is "broken: $unit: evidence" "$(jq -r '.steps[] | select(.name == "dns").evidence' "$work/stdout")" "unit $unit is failed"
done
is 'controllers that are missing' "$(grades controllers; echo $?)" 'cgroup warning
0'
like 'controllers that are missing: which' "$(jq -r '.steps[4].evidence' "$work/stdout")" '^not delegated: cpu pids; limits'

# What hides others is named first, the others are unknown.
is 'the API server is down' "$(grades readyz)" \
	'api-server failed node-ready unknown pod-network unknown storage unknown dns unknown'
is 'the API server does not tell' "$(grades kubectl)" \
	'api-server failed node-ready unknown pod-network unknown storage unknown dns unknown'
like 'and why' "$(jq -r '.steps[8].evidence' "$work/stdout")" 'nodes is forbidden'
is 'kinc-init does not answer' "$(grades init)" 'node failed init unknown initialized unknown dns unknown'
is 'the node does not respond' "$(grades responds | cut -d' ' -f1-4)" 'node failed ip-forward unknown'
like 'and why' "$(jq -r '.steps[1].evidence' "$work/stdout")" 'crun: no such process'
kill $listener && wait $listener 2>/dev/null
breaks '' api-server '^ready in the node, but 127\.0\.0\.1:6444 is closed$'
fake_cluster exited
is 'the container is stopped' "$(grades '' | cut -d' ' -f1-4)" 'container failed node unknown'
monitor '' >"$work/stdout"
like 'the mend of the first' "$(tail -n 1 "$work/stdout")" '^  `kinc-launch --cluster dev start` tells more$'
like 'what it needs' "$(cat "$work/stdout")" '^step container failed, needed: podman runs it$'
began=$(date +%s)
monitor '' --timeout 2 >/dev/null
check 'with --timeout it asks again until then' test $(($(date +%s) - began)) -ge 2
fake_end
finish
