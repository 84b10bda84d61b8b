#!/bin/sh
# A cluster where the controllers are delegated: User-Mode Linux, a real kernel
# with cgroup v2 alone, and without nftables' NAT. A quarter of an hour.
set -u
. "$(dirname -- "$0")/lib.sh"
. "$KINC_TOP/tests/e2e/uml/lib.sh"
exec </dev/null
if ! command -v linux.uml >/dev/null; then
	skip 'a cluster with controllers' 'user-mode-linux is not installed'
	finish
fi
host_begin

# The image is made natively, and is all that the disk then carries of images.
if ! output=$(in_clone 'set -e
	podman="podman --cgroup-manager=cgroupfs"
	make image
	node=$($podman images --format "{{.Repository}}:{{.Tag}}" localhost/kinc/node)
	$podman build --quiet --build-arg NODE="$node" --tag localhost/kinc/uml tests/e2e/uml
	$podman images --format "{{.Repository}}:{{.Tag}}" | grep -v "^localhost/kinc/uml:\|<none>" |
		xargs $podman rmi --force
	$podman image prune --force
	mkdir ~/bin
	cp '"$kubectl"' ~/bin/kubectl' 2>&1); then
	not_ok 'the node image is made'
	diag "$output"
	finish
fi
kubectl=/home/$user/bin/kubectl
rm -rf "$home/.cache/kinc"

began=$(date +%s)
if uml_begin; then
	ok 'User-Mode Linux boots, and prepares a ground'
else
	not_ok 'User-Mode Linux boots, and prepares a ground'
	diag "$(tail -n 40 "$share/console")"
	finish
fi
diag "$(in_uml uname -r), up after $(($(date +%s) - began)) s"
is 'its kernel has the controllers' "$(in_uml cat /sys/fs/cgroup/cgroup.controllers)" 'cpu io memory pids'
is 'the ground delegates them' \
	"$(in_host cat "/sys/fs/cgroup/kinc.$user/cgroup.controllers")" 'cpu io memory pids'

began=$(date +%s)
cluster_up uml 'kinc-launch up --memory --cpus' in_host $ours --cluster uml --image localhost/kinc/uml \
	--memory 3g --cpus 0.9 --timeout 800 --keep up
diag "Ready after $(($(date +%s) - began)) s"
like 'the node is Ready' "$(on uml get nodes --no-headers)" '^kinc-uml-control-plane +Ready '
like 'nothing to warn about but that this kernel has no nftables' \
	"$(in_host $ours --cluster uml status --json | jq -c .warnings)" '^\["NetworkPolicies are NOT enforced[^"]*"\]$'
is 'the node has the controllers' \
	"$(in_node uml cat /sys/fs/cgroup/cgroup.controllers)" 'cpu io memory pids'
is 'and hands them on' \
	"$(in_node uml cat /sys/fs/cgroup/cgroup.subtree_control)" 'cpu io memory pids'
is 'what up was told limits it' \
	"$(in_node uml cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max | paste -sd' ')" '3221225472 90000 100000'
is 'and is all that the scheduler gives away' \
	"$(on uml get nodes -o 'jsonpath={.items[0].status.allocatable.cpu} {.items[0].status.allocatable.memory}')" \
	"900m $((3 * 1024 * 1024 + $(in_uml awk '/^MemTotal/ { print $2 }' /proc/meminfo) % 1024))Ki"
like 'PID 1 stands in a leaf' "$(in_node uml cat /proc/1/cgroup)" '^0::/init$'
for class in besteffort burstable; do
	like "kubelet weighs $class" "$(in_node uml cat /sys/fs/cgroup/kubepods/$class/cpu.weight)" '^[1-9][0-9]*$'
done
like 'kubelet limits the pods altogether' "$(in_node uml cat /sys/fs/cgroup/kubepods/memory.max)" '^[1-9][0-9]*$'
like 'iptables of the node is the legacy one' "$(in_node uml iptables --version)" 'legacy'
written() { in_node uml iptables -t nat -S KUBE-SERVICES | grep -q kubernetes:https; }
check 'kube-proxy writes its rules by it' wait_for 180 written
like 'and so did kincnet' "$(in_node uml iptables -t nat -S)" '^-A KINC-[0-9a-f]+ -j MASQUERADE'
cluster_check uml 'kincnet portmap'

in_node uml mkdir -p /var/lib/kinc/test
in_host podman --cgroup-manager=cgroupfs cp "/home/$user/busybox" kinc-uml-control-plane:/var/lib/kinc/test/busybox
on uml apply -f "/home/$user/kinc/tests/e2e/uml/pods.yaml" >/dev/null
check 'a pod with limits runs' on uml wait --for=condition=Ready pod/limited --timeout=180s
group=/sys/fs/cgroup/kubepods/burstable/pod$(on uml get pod limited -o 'jsonpath={.metadata.uid}')
container=$group/$(on uml get pod limited -o 'jsonpath={.status.containerStatuses[0].containerID}' | sed 's|.*//||')
is 'its memory is limited' "$(in_node uml cat "$container/memory.max")" 67108864
is 'its CPU time is limited' "$(in_node uml cat "$container/cpu.max")" '10000 100000'
is 'and so are those of its pod' "$(in_node uml cat "$group/memory.max" "$group/cpu.max" | paste -sd' ')" \
	'67108864 10000 100000'
# By kubelet, which asks the runtime: kubectl top has no other source.
used() {
	on uml get --raw "/api/v1/nodes/kinc-uml-control-plane/proxy/stats/summary" |
		jq -en 'input | .pods[] | select(.podRef.name == "limited").containers[0] |
			.memory.workingSetBytes > 0 and .cpu.usageCoreNanoSeconds > 0' >/dev/null
}
check 'what it uses is measured' wait_for 120 used
reason_hungry() { on uml get pod hungry -o 'jsonpath={.status.containerStatuses[0].state.terminated.reason}'; }
ended_hungry() { [ -n "$(reason_hungry)" ]; }
wait_for 180 ended_hungry
is 'a pod that takes more than its limit is killed' "$(reason_hungry)" OOMKilled
like 'the node lives on' "$(on uml get nodes --no-headers)" '^kinc-uml-control-plane +Ready '

# When all pods together have no more memory, the kernel takes them in the order
# of their classes. What they have now is protected from reclaim, else it would
# first take from the API server all that is not in use.
on uml delete --timeout=120s pod limited hungry >/dev/null
on uml apply -f "/home/$user/kinc/tests/e2e/uml/classes.yaml" >/dev/null
check 'a pod of each class runs' on uml wait --for=condition=Ready --timeout=180s \
	pod/guaranteed pod/burstable pod/besteffort
others() {
	on uml get pods --all-namespaces -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.containerStatuses[0].restartCount}{"\n"}{end}' |
		grep -v '^besteffort \|^burstable '
}
others_before=$(others)
in_node uml find /sys/fs/cgroup/kubepods -name memory.min -exec sh -c 'echo max >"$1"' sh {} \;
in_node uml sh -c 'cd /sys/fs/cgroup/kubepods && cat memory.max >/run/memory.max &&
	echo $(($(cat memory.current) + (128 << 20))) >memory.max'
on uml exec burstable -- /test/busybox touch /grow </dev/null
# Names of the pods in the order of their kills.
killed() {
	in_uml "/home/$user/busybox" dmesg | sed -n 's/.*oom-kill:.*,task_memcg=[^,]*\/pod\([0-9a-f-]*\)\/.*/\1/p' | while read -r uid_killed; do
		printf '%s\n' "$uids" | sed -n "s/^$uid_killed //p"
	done
}
uids=$(on uml get pods --all-namespaces -o 'jsonpath={range .items[*]}{.metadata.uid} {.metadata.name}{"\n"}{end}')
reasons() { on uml get pods besteffort burstable -o 'jsonpath={.items[*].status.containerStatuses[0].state.terminated.reason}'; }
are_over() { [ "$(reasons | wc -w)" -eq 2 ]; }
check 'one that grows comes to its end, and one that does not' wait_for 180 are_over
in_node uml sh -c 'cat /run/memory.max >/sys/fs/cgroup/kubepods/memory.max'
is 'BestEffort is killed first, though it is small, then Burstable, and nothing else' \
	"$(killed | paste -sd' ')" 'besteffort burstable'
is 'their owners are told why' "$(reasons)" 'OOMKilled OOMKilled'
is 'Guaranteed runs as before, and so does the system' "$(others)" "$others_before"
like 'the node lives on' "$(on uml get nodes --no-headers)" '^kinc-uml-control-plane +Ready '

before=$(in_uml cat /sys/fs/cgroup/kinc.$user/cgroup.stat | grep '^nr_descendants')
began=$(date +%s)
check 'kinc-launch down' in_host $ours --cluster uml down
diag "down took $(($(date +%s) - began)) s; control groups before: $before"
is 'down leaves no container' "$(in_host podman --cgroup-manager=cgroupfs ps --all --quiet)" ''
is 'down leaves no cgroup' "$(in_uml find "/sys/fs/cgroup/kinc.$user" -mindepth 1 -type d)" \
	"/sys/fs/cgroup/kinc.$user/init"
# Not by check: only this shell can wait for the kernel.
if uml_off; then ok 'the machine ends in order'; else not_ok 'the machine ends in order'; fi
like 'unground had nothing to complain about' "$(cat "$share/unground")" "^the ground for $user is gone$"
finish
