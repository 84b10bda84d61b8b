# Sourced by the whole-cluster tests: `kinc-launch monitor`, with each step
# broken in the living cluster and mended again.

# graded CLUSTER: "STEP GRADE" of all steps that are neither ok nor known to be so on this host.
graded() {
	in_host $ours --cluster "$1" monitor --json >"$KINC_CACHE/monitor.$$"
	jq -r '.steps[] | select(.grade | . == "failed" or . == "unknown") | "\(.name) \(.grade)"' \
		"$KINC_CACHE/monitor.$$" | paste -sd' '
}
told_by() { jq -r ".steps[] | select(.name == \"$1\").evidence" "$KINC_CACHE/monitor.$$"; }

# monitor_check CLUSTER RUNTIME: RUNTIME is the runtime's program.
monitor_check() {
	name=$1
	kube() { in_node "$name" kubectl --kubeconfig=/etc/kubernetes/admin.conf "$@"; }
	well() { [ -z "$(graded "$name")" ]; }
	# breaks STEP WHAT BREAK MEND: shell text for the node.
	breaks() {
		in_node "$name" sh -c "$3" >/dev/null 2>&1
		is "$name: monitor names $1: $2" "$(graded "$name")" "$1 failed"
		diag "$1: $(told_by "$1")"
		in_node "$name" sh -c "$4" >/dev/null 2>&1
		check "$name: and is content again" wait_for 90 well
	}
	k='kubectl --kubeconfig=/etc/kubernetes/admin.conf'
	check "$name: monitor is content" in_host $ours --cluster "$name" monitor
	diag "$(in_host $ours --cluster "$name" monitor)"
	breaks ip-forward 'forwarding is off' 'echo 0 >/proc/sys/net/ipv4/ip_forward' 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	breaks cgroup 'something else is mounted there' 'mount -t tmpfs none /sys/fs/cgroup' 'umount /sys/fs/cgroup'
	breaks runtime 'it hangs' 'kill -STOP $(pidof '"$2"')' 'kill -CONT $(pidof '"$2"')'
	breaks kubelet 'it hangs' 'kill -STOP $(pidof kubelet)' 'kill -CONT $(pidof kubelet)'
	breaks node-ready 'it is cordoned' "$k cordon \$(hostname)" "$k uncordon \$(hostname)"
	breaks control-plane 'the scheduler hangs' 'kill -STOP $(pidof kube-scheduler)' 'kill -CONT $(pidof kube-scheduler)'
	breaks pod-network 'kube-proxy goes nowhere' \
		"$k -n kube-system patch daemonset kube-proxy --type merge -p '{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"no\":\"where\"}}}}}'
		$k -n kube-system wait --for=delete --timeout=60s pod -l k8s-app=kube-proxy" \
		"$k -n kube-system patch daemonset kube-proxy --type json -p '[{\"op\":\"remove\",\"path\":\"/spec/template/spec/nodeSelector/no\"}]'"
	breaks storage 'its class is gone' "$k delete storageclass standard" "$k apply -f /usr/share/kinc/manifests/"
	if in_node "$name" test -e /usr/lib/kinc/units/coredns.json; then
		breaks dns 'CoreDNS is scaled away' \
			"$k -n kube-system scale deployment coredns --replicas=0; $k -n kube-system wait --for=delete --timeout=60s pod -l k8s-app=kube-dns" \
			"$k -n kube-system scale deployment coredns --replicas=2"
	fi
	breaks initialized 'a oneshot is stopped' 'kincctl stop kube-proxy-ready' 'kincctl start kube-proxy-ready'

	# What hides others.
	in_node "$name" sh -c 'kill -STOP $(pidof kube-apiserver)'
	like "$name: monitor names api-server: it hangs" "$(graded "$name")" '^api-server failed node-ready unknown'
	in_node "$name" sh -c 'kill -CONT $(pidof kube-apiserver)'
	check "$name: and is content again" wait_for 90 well
	pid=$(in_host podman --cgroup-manager=cgroupfs inspect --format '{{.State.Pid}}' "kinc-$name-control-plane")
	in_host kill -STOP "$pid"
	is "$name: monitor names node: PID 1 hangs" "$(graded "$name")" 'node failed init unknown initialized unknown dns unknown'
	in_host kill -CONT "$pid"
	check "$name: and is content again" wait_for 90 well
	in_host $ours --cluster "$name" pause 2>/dev/null
	like "$name: monitor names container: it is paused" "$(graded "$name")" '^container failed node unknown'
	in_host $ours --cluster "$name" resume 2>/dev/null
	check "$name: and is content again" in_host $ours --cluster "$name" monitor --timeout 90
	rm -f "$KINC_CACHE/monitor.$$"
}
