# Sourced by the whole-cluster tests: `kinc-launch test` in the living cluster.

# trial_check CLUSTER DNS: DNS is ok, or absent where the node has none.
trial_check() {
	name=$1
	kept() {
		in_node "$name" kubectl --kubeconfig=/etc/kubernetes/admin.conf \
			get namespace,persistentvolume -A --output name | sort
	}
	kept_before=$(kept)
	tried=$(in_host $ours --cluster "$name" test)
	is "$name: test is content" $? 0
	diag "$tried"
	is "$name: each of what it tries" "$(printf '%s\n' "$tried" | cut -c1 | paste -sd' ')" \
		"+ + + $(if [ "$2" = ok ]; then echo +; else echo -; fi)"
	is "$name: it leaves no namespace and no volume" \
		"$(kept)" "$kept_before"
	# What it would miss, it names.
	in_node "$name" nft add table ip broken
	in_node "$name" nft add chain ip broken forward '{ type filter hook forward priority -10; policy drop; }'
	in_host $ours --cluster "$name" test --timeout 60 --json >"$KINC_CACHE/trial.$$"
	is "$name: test names networking when nothing is forwarded" \
		"$(jq -r '.tests[] | select(.grade == "failed" and .name != "dns").name' "$KINC_CACHE/trial.$$" | paste -sd' ')" networking
	in_node "$name" nft delete table ip broken
	rm -f "$KINC_CACHE/trial.$$"
}
