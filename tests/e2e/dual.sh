# Sourced after lib.sh: a cluster whose pods and services have IPv6 beside IPv4.

pod_address6() { on "$name" get pod "$1" -o 'jsonpath={.status.podIPs[*].ip}' | tr ' ' '\n' | grep :; }
service_address6() { on "$name" get service web -o 'jsonpath={.spec.clusterIPs[*]}' | tr ' ' '\n' | grep :; }
answers_by() { ask client "$1" "$2" | grep -qx "${3:-web-.*}"; }

# dual_check: `up --config` makes one, and pods reach pods and a Service by either family.
dual_check() {
	name=dual
	registry_begin
	printf 'ipFamily: dual\nregistryMirrors: %s\n' "$(mirrors_of_test)" >"$home/dual.yaml"
	if ! output=$(in_host $ours --cluster $name --config "/home/$user/dual.yaml" up 2>&1); then
		not_ok "$name: up --config"
		diag "$output"
		registry_end
		return
	fi
	ok "$name: up --config"
	workload_check $name
	subnet=$(in_node $name printenv KINC_POD_SUBNET)
	like "$name: pods get subnets of both families" "$subnet" '^10[.]244[.][0-9]+[.]0/24,fd00:10:244:[0-9]+::/64$'
	prefix=${subnet#*,} prefix=${prefix%::/64}
	for pod in $(on $name get pods -l app=web -o 'jsonpath={.items[*].metadata.name}'); do
		like "$name: $pod has an address of each family" "$(on $name get pod "$pod" -o 'jsonpath={.status.podIPs[*].ip}')" \
			"^10[.]244[.][0-9.]+ $prefix:[0-9a-f:]+\$"
		check "$name: and is reached by IPv4" wait_for 60 answers_by "$(on $name get pod "$pod" -o 'jsonpath={.status.podIP}')" 8080 "$pod"
		check "$name: and by IPv6" wait_for 60 answers_by "$(pod_address6 "$pod")" 8080 "$pod"
	done
	on $name patch service web --patch '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}' >/dev/null
	like "$name: a Service gets an address of its IPv6 subnet" "$(service_address6)" '^fd00:10:96:[0-9a-f]+:'
	check "$name: and answers there" wait_for 60 answers_by "$(service_address6)" 80
	mirror_check $name
	registry_end
	check "$name: monitor is content" in_host $ours --cluster $name monitor --timeout 60
	check "$name: down" in_host $ours --cluster $name down
}
