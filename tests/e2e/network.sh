# Sourced by lib.sh: the network of a cluster as its pods see it. The Deployment
# web and the pod client of workload.yaml run.

# ask POD ADDRESS PORT: the page that a web server there has for the pod.
ask() {
	printf 'GET / HTTP/1.0\r\n\r\n' |
		on "$name" exec --stdin "$1" -- /test/busybox nc -w 2 "$2" "$3" | tr -d '\r' | tail -n 1
}
answers_itself() { [ "$(ask "$1" "$2" 80)" = "$1" ]; }
answers() { [ "$(ask client "$1" 8080)" = "$2" ]; } # ADDRESS POD

leased() { in_node "$name" ls /run/kinc/cni/kinc/addresses | sort; }
leases_are_exact() {
	[ -n "$(leased)" ] && [ "$(leased)" = "$(on "$name" get pods --all-namespaces -o json | jq -r '
		.items[] | select(.spec.hostNetwork | not) | .status.podIP // empty' | sort)" ]
}
# leases_check CLUSTER WHEN: the addresses that are leased are those of its pods.
leases_check() {
	name=$1
	check "$name: every lease is a pod's and every pod has one, $2" wait_for 60 leases_are_exact
}

# What the runtime got for ADD is CHECKed again, as libcni would.
network_recheck() {
	checked=0 refused=''
	for file in $(in_node "$name" sh -c 'ls /var/lib/cni/results/kinc-*'); do
		cached=$(in_node "$name" cat "$file")
		input=$(printf %s "$cached" | jq -c '.result as $result | .config | @base64d | fromjson |
			. as $list | .plugins[0] + { name: $list.name, cniVersion: $list.cniVersion, prevResult: $result }')
		# shellcheck disable=SC2046
		set -- $(printf %s "$cached" | jq -r '.ifName as $ifname | .containerId, $ifname,
			(.result.interfaces[] | select(.name == $ifname and .sandbox).sandbox)')
		if said=$(in_node "$name" sh -c 'printf %s "$1" | CNI_COMMAND=CHECK CNI_CONTAINERID=$2 CNI_IFNAME=$3 \
			CNI_NETNS=$4 /opt/cni/bin/kincnet' check "$input" "$@" 2>&1); then
			checked=$((checked + 1))
		else
			refused="$refused $1: $said"
		fi
	done
	is "$name: CHECK finds the pods as ADD left them" "$refused" ''
	check "$name: all pods of the network were checked ($checked)" [ $checked -ge 3 ]
}

# network_check CLUSTER
network_check() {
	name=$1
	service=$(on "$name" get service web -o 'jsonpath={.spec.clusterIP}')
	for pod in $(on "$name" get pods -l app=web -o 'jsonpath={.items[*].metadata.name}'); do
		check "$name: pod to pod: client to $pod" wait_for 20 answers \
			"$(on "$name" get pod "$pod" -o 'jsonpath={.status.podIP}')" "$pod"
		check "$name: $pod reaches itself through its Service" wait_for 60 answers_itself "$pod" "$service"
	done
	uplink=$(in_node "$name" awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
	is "$name: a pod has the MTU of the node's uplink $uplink" \
		"$(on "$name" exec client -- /test/busybox cat /sys/class/net/eth0/mtu </dev/null)" \
		"$(in_node "$name" cat "/sys/class/net/$uplink/mtu")"
	# Beside the cluster's container; pods get there as everybody does, through NAT.
	outside=$(ip -4 -o addr show scope global | sed -n 's/.* inet \([^/]*\).*/\1/p' | head -n 1)
	if [ -n "$outside" ]; then
		mkdir -p "$host/outside"
		head -c 1048576 /dev/zero | tr '\0' x >"$host/outside/index.html"
		busybox httpd -f -p "$outside:18080" -h "$host/outside" &
		server=$!
		wait_for 10 curl --silent --head "http://$outside:18080/"
		is "$name: a megabyte from outside reaches a pod whole" "$(ask client "$outside" 18080 | tr -d '\n' | wc -c)" 1048576
		like "$name: by the node's rule" \
			"$(in_node "$name" sh -c 'nft list chain ip kinc masquerade-kinc 2>/dev/null || iptables -t nat -S')" \
			'masquerade$|KINC-[0-9a-f]+ -j MASQUERADE'
		kill $server
	else
		skip "$name: a pod reaches outside" 'this machine has no address of its own'
	fi
	network_recheck
	leases_check "$name" 'after ADD'
}
