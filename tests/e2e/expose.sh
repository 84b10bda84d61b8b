# Sourced by the whole-cluster tests: `kinc-launch expose` in the living cluster,
# after workload_check, whose Deployment and Service web it leads to.

# expose_check CLUSTER
expose_check() {
	name=$1
	fetch() { curl --silent --max-time 5 "http://$1/"; }
	pod=$(on "$name" get pod -l app=web -o 'jsonpath={.items[0].metadata.name}')
	service=$(in_host $ours --cluster "$name" expose service/web 2>/dev/null)
	reached() { fetch "$place" | grep -q "^$answer"; }
	place=$service answer=web-
	check "$name: a service on the host ($place)" wait_for 20 reached
	place=$(in_host $ours --cluster "$name" expose "pod/$pod:8080" 2>/dev/null)
	answer=$pod
	check "$name: a pod on the host ($place)" wait_for 20 reached
	on "$name" patch service web -p '{"spec":{"type":"NodePort"}}' >/dev/null
	port=$(on "$name" get service web -o 'jsonpath={.spec.ports[0].nodePort}')
	place=$(in_host $ours --cluster "$name" expose "node:$port" 2>/dev/null) answer=web-
	check "$name: a NodePort on the host ($place)" wait_for 20 reached
	is "$name: status shows them" "$(in_host $ours --cluster "$name" status | grep -c '^exposed: 127')" 3
	in_host $ours --cluster "$name" unexpose "${service#*:}"
	is "$name: unexpose closes it" "$(fetch "$service"; echo $?)" 7
}
