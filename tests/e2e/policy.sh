# Sourced by lib.sh: NetworkPolicies and names, as a cluster's pods see them. The
# Deployment web and the pod client of workload.yaml run.

# policy NAME SPEC
policy() {
	printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: %s }\nspec: %s\n' "$1" "$2" |
		on "$name" apply -f - >/dev/null
}
passes() { [ -n "$(ask client "$target" 8080)" ]; }
is_denied() { [ -z "$(ask client "$target" 8080)" ]; }
all_ready() { on "$name" get pods -l app=web -o json | jq -en 'input | [.items[].status.conditions[] | select(.type == "Ready" and .status != "True")] == []'; }

# policy_check CLUSTER
policy_check() {
	name=$1
	target=$(on "$name" get pods -l app=web -o 'jsonpath={.items[0].status.podIP}')
	pod=$(on "$name" get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
	is "$name: policies are enforced, which is not warned of" "$(in_host $ours --cluster "$name" status --json | jq -c \
		'[(.units[] | select(.name == "kincnetd") | .state, (.message | test("^policies are enforced"))), (.warnings | map(select(test("NetworkPolic"))))]')" \
		'["ready",true,[]]'
	check "$name: without a policy: client reaches $pod" wait_for 20 passes
	policy deny '{ podSelector: { matchLabels: { app: web } }, ingress: [] }'
	check "$name: a policy denies" wait_for 20 is_denied
	like "$name: and that is explained" "$(in_node "$name" /usr/libexec/kinc/kincnetd --explain default/client "default/$pod" 8080)" 'default/deny'
	is "$name: its Service is denied too" "$(ask client "$(on "$name" get service web -o 'jsonpath={.spec.clusterIP}')" 80)" ''
	on "$name" delete pod "$pod" >/dev/null
	check "$name: pods start under it, and are probed" on "$name" rollout status deployment/web --timeout=60s
	target=$(on "$name" get pods -l app=web -o 'jsonpath={.items[0].status.podIP}')
	check "$name: they are denied as well" is_denied
	policy allow '{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { role: client } } }] }] }'
	check "$name: a policy allows whom it names, not client" is_denied
	on "$name" label pod client role=client >/dev/null
	check "$name: client by its label" wait_for 20 passes
	check "$name: every probe of the kubelet passes" wait_for 20 all_ready
	like "$name: what was dropped is counted" "$(in_node "$name" curl -s --unix-socket /run/kinc/netd/metrics http://kincnetd/metrics |
		grep '^kincnetd_policy_dropped_packets_total')" 'policies="(default/allow )?default/deny"} [1-9]'
	in_node "$name" sh -c 'kill -9 $(pidof kincnetd)'
	on "$name" label pod client role- >/dev/null
	check "$name: kincnetd is killed, comes back, and denies" wait_for 20 is_denied
	on "$name" delete networkpolicy deny allow >/dev/null
	check "$name: without policies all passes" wait_for 20 passes
}

# look TYPE NAME: what the pod client is answered, by the resolver of its own.
look() { on "$name" exec client -- /test/busybox nslookup -type="$1" "$2" </dev/null 2>&1 | sed '1,/^Address/d'; }
looks() { look "$1" "$2" | grep -Eq "$3"; }

# names_check CLUSTER: the records of the Kubernetes DNS specification, from a pod.
names_check() {
	name=$1
	zone=svc.cluster.local
	service=$(on "$name" get service web -o 'jsonpath={.spec.clusterIP}')
	address=$(on "$name" get pods -l app=web -o 'jsonpath={.items[0].status.podIP}')
	other=$(on "$name" get pods -l app=web -o 'jsonpath={.items[1].status.podIP}')
	on "$name" apply -f - >/dev/null <<-'END'
		apiVersion: v1
		kind: Service
		metadata: { name: headless }
		spec: { clusterIP: None, selector: { app: web }, ports: [{ name: http, port: 8080 }] }
		---
		apiVersion: v1
		kind: Service
		metadata: { name: alias }
		spec: { type: ExternalName, externalName: web.default.svc.cluster.local }
	END
	like "$name: a pod asks the cluster's DNS" "$(on "$name" exec client -- /test/busybox cat /etc/resolv.conf </dev/null)" \
		"^nameserver $(on "$name" --namespace kube-system get service kube-dns -o 'jsonpath={.spec.clusterIP}')$"
	like "$name: A of a service" "$(look a web.default.$zone)" "$service$"
	check "$name: a short name, by the search list" test -n "$(ask client web 80)"
	check "$name: A of a headless service: its pods" wait_for 20 looks a headless.default.$zone "$address$"
	check "$name: all of them" looks a headless.default.$zone "$other$"
	like "$name: SRV of a named port" "$(look srv _http._tcp.headless.default.$zone)" \
		"8080 $(echo "$address" | tr . -).headless.default.$zone"
	like "$name: PTR of a service" "$(look ptr "$(echo "$service" | awk -F. '{ print $4"."$3"."$2"."$1 }').in-addr.arpa")" "web.default.$zone"
	like "$name: PTR of an endpoint" "$(look ptr "$(echo "$address" | awk -F. '{ print $4"."$3"."$2"."$1 }').in-addr.arpa")" "headless.default.$zone"
	like "$name: A of a pod" "$(look a "$(echo "$address" | tr . -).default.pod.cluster.local")" "$address$"
	like "$name: ExternalName" "$(look a alias.default.$zone)" "$service$"
	like "$name: a name that is not there" "$(look a nobody.default.$zone)" 'NXDOMAIN'
	like "$name: the API server has a name" "$(look a kubernetes.default.$zone)" \
		"$(on "$name" get service kubernetes -o 'jsonpath={.spec.clusterIP}')$"
	on "$name" delete service headless alias >/dev/null
}
