# Sourced after lib.sh and dual.sh: a cluster whose pods and services have IPv6 alone.

# six_check: `up --config` makes one, pods reach pods, a Service and names by IPv6, also after a restart.
six_check() {
	name=six
	echo 'ipFamily: ipv6' >"$home/six.yaml"
	if ! output=$(in_host $ours --cluster $name --config "/home/$user/six.yaml" up 2>&1); then
		not_ok "$name: up --config"
		diag "$output"
		return
	fi
	ok "$name: up --config"
	diag "$(printf '%s\n' "$output" | grep 'coredns-ready')"
	workload_check $name
	like "$name: list tells its subnets" "$(in_host $ours list --json | jq -r '.[] | select(.name == "six") | "\(.pod_subnet) \(.service_subnet)"')" \
		'^fd00:10:244:[0-9]+::/64 fd00:10:96:[0-9]+::/112$'
	like "$name: the node has an IPv6 address" "$(on $name get nodes -o 'jsonpath={.items[0].status.addresses[0].address}')" '^[0-9a-f:]+$'
	for pod in $(on $name get pods -l app=web -o 'jsonpath={.items[*].metadata.name}'); do
		like "$name: $pod has one address, of IPv6" "$(on $name get pod "$pod" -o 'jsonpath={.status.podIPs[*].ip}')" '^fd00:10:244:[0-9]+::[0-9a-f]+$'
		check "$name: and is reached" wait_for 60 answers_by "$(pod_address6 "$pod")" 8080 "$pod"
	done
	place=$(in_host $ours --cluster $name expose service/web 2>/dev/null)
	reached() { curl --silent --max-time 5 "http://$place/" | grep -q '^web-'; }
	check "$name: its Service on the host ($place)" wait_for 20 reached
	check "$name: test is content" in_host $ours --cluster $name test
	check "$name: monitor is content" in_host $ours --cluster $name monitor --timeout 60
	in_host $ours --cluster $name stop 2>/dev/null
	check "$name: it starts again, with another address of the node" in_host $ours --cluster $name start
	check "$name: its Deployment comes back" on $name rollout status deployment/web --timeout=120s
	check "$name: the Service answers" wait_for 60 answers_by "$(service_address6)" 80
	check "$name: monitor is content" in_host $ours --cluster $name monitor --timeout 90
	check "$name: down" in_host $ours --cluster $name down
}
