#!/bin/sh
# Kubernetes 1.33 and CRI-O 1.33 from a directory of binaries, in the simulated
# host. KINC_TEST_BIN_DIR names the directory.
set -u
. "$(dirname -- "$0")/lib.sh"
. "$(dirname -- "$0")/monitor.sh"
. "$(dirname -- "$0")/trial.sh"
. "$(dirname -- "$0")/dual.sh"
. "$(dirname -- "$0")/six.sh"
if [ -z "${KINC_TEST_BIN_DIR:-}" ]; then
	skip 'Kubernetes from a directory of binaries' 'KINC_TEST_BIN_DIR is not set'
	finish
fi
not() { ! "$@"; }
host_begin "$KINC_TEST_BIN_DIR"

cluster_up new 'make up CLUSTER=new KINC_BIN_DIR=...' in_clone "make up CLUSTER=new KINC_BIN_DIR=$theirs"
diag "$(printf '%s\n' "$tap_output" | tail -n 60)"
like 'it ends with a Ready node' "$(printf '%s\n' "$tap_output" | tail -n 1)" '^kinc-new-control-plane +Ready '
diag "$(on new get nodes -o wide)"
cluster_check new kincnet
is 'a patch of the image makes DNS known as ready sooner' "$(on new --namespace kube-system get deployment coredns \
	-o 'jsonpath={.spec.template.spec.containers[0].readinessProbe.periodSeconds}')" 2
workload_check new
network_check new
policy_check new
names_check new
load_check new
in_host podman --cgroup-manager=cgroupfs tag localhost/loaded:1 docker.io/somebody/loaded:3
in_host $ours --cluster new load-image docker.io/somebody/loaded:3 >/dev/null 2>&1
is "new: a pod's image without a registry is one of Docker's" "$(loaded_pod of-docker somebody/loaded:3)" 'from of-docker'
on new delete pod of-docker >/dev/null
trial_check new ok
monitor_check new crio
kinds_check new
lives_check new crio
check 'all pods of the system become Ready' \
	on new --namespace kube-system wait --for=condition=Ready pods --all --timeout=120s
diag "$(on new --namespace kube-system get pods)"
is 'none of them had to be started twice' "$(on new --namespace kube-system get pods -o \
	'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\n"}{end}' | grep -v ' 0$')" ''
like 'CoreDNS resolves a Service' \
	"$(on new exec client -- /test/busybox nslookup web.default.svc.cluster.local "$(on new --namespace kube-system get service kube-dns -o 'jsonpath={.spec.clusterIP}')" 2>&1)" \
	"$(on new get service web -o 'jsonpath={.spec.clusterIP}')"

# A pod that nobody deleted: CRI-O hands the plugin at its start those that there are.
in_node new sh -c 'cd /run/kinc/cni/kinc && ln -s 10.0.0.9 attachments/lost,eth0,0 && ln -s lost/eth0 addresses/10.0.0.9'
check 'a lease that no pod has is there' not leases_are_exact
in_node new kincctl restart runtime
leases_check new 'after the start of CRI-O, which collects'
in_host podman --cgroup-manager=cgroupfs stop kinc-new-control-plane >/dev/null
check 'up starts a cluster that was stopped' in_host $ours --cluster new up
check 'its Deployment comes back' on new rollout status deployment/web --timeout=120s
leases_check new 'after the restart of the node'
is 'volumes are made by local-path-provisioner' \
	"$(on new get storageclass standard -o 'jsonpath={.provisioner}')" rancher.io/local-path
node_image=$(in_host podman container inspect --format '{{.ImageName}}' kinc-new-control-plane)
check 'its client with the volume too' on new wait --for=condition=Ready pod/client --timeout=120s
check 'an image whose shells tell when they run' record_shells "$node_image" localhost/recorded
check 'comes up' in_host $ours --cluster traced --image localhost/recorded up
shells_check kinc-traced-control-plane
check 'down' in_host $ours --cluster traced down
check 'down' in_host $ours --cluster new down
dual_check
six_check
finish
