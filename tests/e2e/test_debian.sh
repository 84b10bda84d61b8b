#!/bin/sh
# From a clean clone to two clusters at once, as an ordinary user without root
# or systemd: Kubernetes and containerd of Debian. Then down, and what is left.
set -u
. "$(dirname -- "$0")/lib.sh"
. "$(dirname -- "$0")/plain.sh"
. "$(dirname -- "$0")/monitor.sh"
. "$(dirname -- "$0")/trial.sh"
. "$(dirname -- "$0")/expose.sh"
host_begin

in_host true # the user's first command makes what stays until unground
before=$(host_inventory)

cluster_up dev 'make up CLUSTER=dev' in_clone 'make up CLUSTER=dev'
diag "$(printf '%s\n' "$tap_output" | tail -n 60)"
like 'it ends with a Ready node' "$(printf '%s\n' "$tap_output" | tail -n 1)" '^kinc-dev-control-plane +Ready '

began=$(date +%s)
check 'make up again finds it ready' in_clone 'make up CLUSTER=dev'
diag "the second make up took $(($(date +%s) - began)) s"

# derive NAME FILE...: an image from the node's, with those files of ~/derived as units.
derive() {
	tag=$1
	shift
	in_host sh -c 'cd ~/derived && printf "FROM %s\nCOPY %s /etc/kinc/units.d/\n" "$1" "$3" >Containerfile &&
		podman --cgroup-manager=cgroupfs build --quiet --tag "$2" .' - "$node_image" "localhost/$tag" "$*" >/dev/null
}
like 'the Fedora recipe is understood, and lacks nothing but its base' \
	"$(in_clone 'podman --cgroup-manager=cgroupfs build --pull=never --file containerfile/Containerfile \
		--target programs --build-arg BASE=localhost/none:1 .' 2>&1 | tail -n 1)" 'localhost/none:1: image not known'
node_image=$(in_host podman container inspect --format '{{.ImageName}}' kinc-dev-control-plane)
mkdir "$home/derived"
echo '{ "mounts": [{ "type": "tmpfs", "target": "/run/kinc/overlay-probe" }] }' >"$home/derived/overlay-probe.json"
echo '{ "type": "service"' >"$home/derived/bad.json"
echo '{ "type": "target", "requires": ["b"], "wanted_by": ["cluster"] }' >"$home/derived/a.json"
echo '{ "type": "target", "requires": ["a"] }' >"$home/derived/b.json"
chown -R "$uid:$uid" "$home/derived"

derive copying overlay-probe.json
check 'a second cluster, on a node that no overlay can stand on' \
	in_host $ours --cluster staging --image localhost/copying up
is 'its images were copied' \
	"$(in_node staging find /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots -maxdepth 1 -type l)" ''
# Whatever else listens on this machine: the subnets follow the port.
is 'both are listed, on ports and subnets of their own' \
	"$(in_host $ours list --json | jq -r '.. | objects | select(.name?) | [.name, .port, .pod_subnet, .service_subnet] | map(tostring) | join(" ")' |
		awk '$3 == "10.244." ($2 - 6400) ".0/24" && $4 == "10." ($2 - 6400) ".0.0/16" && !port[$2]++ { print $1 }' | sort | xargs)" \
	'dev staging'

for cluster_name in dev staging; do
	cluster_check $cluster_name 'kincnet portmap'
	workload_check $cluster_name
	network_check $cluster_name
done
policy_check dev
names_check dev
is 'controllers that are missing: said once' \
	"$(in_host $ours --cluster dev status --json | jq -r '.warnings | map(select(test("cgroup controllers not delegated"))) | length')" \
	"$(in_host grep -qw cpu "/sys/fs/cgroup/kinc.$user/cgroup.controllers" && echo 0 || echo 1)"
load_check dev
logs_check dev
check 'the boot as a picture' in_host sh -c "cd && $ours --cluster dev chart && grep -q '>kubelet<' kinc-dev.svg"
is 'version: kinc-launch, image and both nodes speak the same protocol' \
	"$(in_host $ours version --json | jq -c '[.protocol, .image.protocol, .clusters[].protocol]')" '[1,1,1,1]'
trial_check dev ok
expose_check dev
monitor_check dev containerd
kinds_check dev
lives_check dev containerd

# Faults: the runtime and the kubelet die, the container stops.
runtime_is_back() {
	in_host $ours --cluster dev status --json |
		jq -en 'input | .state == "ready" and ([.units[] | select(.restarts > 0).name] | contains(["kubelet", "runtime"]))'
}
containers() { in_node dev ls /run/containerd/runc/k8s.io | sort; }
before_kill=$(containers)
in_node dev sh -c 'kill -9 $(pidof containerd) $(pidof kubelet)'
check 'kinc-init restarts containerd and the kubelet after kill -9' wait_for 60 runtime_is_back
is 'the pods did not notice' "$(containers)" "$before_kill"
in_host podman --cgroup-manager=cgroupfs stop kinc-dev-control-plane >/dev/null
check 'up starts a cluster that was stopped' in_host $ours --cluster dev up
is 'what is true already is not done again' \
	"$(in_host $ours --cluster dev status --json | jq -r '[.units[] | select(.message | startswith("unchanged since")).name] | sort | join(" ")')" \
	'certs control-plane etcd kincnetd-kubeconfig kubeconfig kubelet-config pki-address'
check 'its Deployment comes back' on dev rollout status deployment/web --timeout=120s
leases_check dev 'after the restart of the node'

# A user who errs, beside living clusters.
taken=$(in_host $ours list --json | jq -r '.. | objects | select(.name? == "dev") | .port')
like 'a port that is taken' "$(in_host env FORCE_PORT="$taken" $ours --cluster third up 2>&1; echo "status $?")" \
	"$taken.*(taken|use)"
like 'a cluster that is unknown' "$(in_host $ours --cluster nobody down 2>&1; echo "status $?")" 'nobody.*dev.*staging|status 1'
derive broken-syntax bad.json
derive broken-cycle a.json b.json
like 'a unit with a syntax error' "$(in_host $ours --cluster third --image localhost/broken-syntax up 2>&1)" 'bad.json:[0-9]+'
like 'a cycle of units' "$(in_host $ours --cluster third --image localhost/broken-cycle up 2>&1)" 'a -> b -> a|b -> a -> b'
is 'failures leave no third cluster' \
	"$(in_host sh -c 'podman --cgroup-manager=cgroupfs ps --all --format "{{.Names}}" | grep third; podman --cgroup-manager=cgroupfs volume ls --quiet | grep third; ls ~/.kube | grep third')" ''

config_check
check 'down staging' in_host $ours --cluster staging down
check 'dev does not notice' on dev get --raw /readyz
check 'make down CLUSTER=dev' in_clone 'make down CLUSTER=dev'
is 'down leaves no container, volume, mount, process, file or cgroup' "$(host_inventory)" "$before"

plain_check "$node_image"
embedding_check "$node_image"

host_end
is 'unground leaves no process of the user' "$(ps -u $uid -o args= | grep -v defunct)" ''
is 'unground leaves no cgroup' "$(find /sys/fs/cgroup -maxdepth 3 -name "kinc.$user")" ''
is 'the mounts of this machine are as they were' "$(cut -d' ' -f5- /proc/self/mountinfo | sort)" "$mounts_before"
finish
