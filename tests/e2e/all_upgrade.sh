#!/bin/sh
# A cluster made by an image of one Kubernetes comes up again, with its data,
# under an image of the next. KINC_TEST_BIN_DIR_BEFORE and KINC_TEST_BIN_DIR
# name the directories of their programs.
set -u
. "$(dirname -- "$0")/lib.sh"
if [ -z "${KINC_TEST_BIN_DIR:-}" ] || [ -z "${KINC_TEST_BIN_DIR_BEFORE:-}" ]; then
	skip 'an upgrade' 'KINC_TEST_BIN_DIR_BEFORE and KINC_TEST_BIN_DIR are not both set'
	finish
fi
host_begin "$KINC_TEST_BIN_DIR"
cp -al "$KINC_TEST_BIN_DIR_BEFORE" "$home/.cache/kinc/before" 2>/dev/null ||
	cp -a "$KINC_TEST_BIN_DIR_BEFORE" "$home/.cache/kinc/before"
was=$("$KINC_TEST_BIN_DIR_BEFORE/kubelet" --version | sed 's/.* //')
becomes=$("$KINC_TEST_BIN_DIR/kubelet" --version | sed 's/.* //')
check "$was is not $becomes" test "$was" != "$becomes"

cluster_up old "make up with $was" in_clone "make up CLUSTER=old KINC_BIN_DIR=/home/$user/.cache/kinc/before"
versions() {
	on old get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'
	on old version -o json | jq -r '" \(.serverVersion.gitVersion)"'
}
images() { on old --namespace kube-system get pods -o 'jsonpath={.items[*].spec.containers[*].image}' | tr ' ' '\n' | grep /kube- | sed 's/.*://' | sort -u; }
is 'node and API server are of it' "$(versions)" "$was $was"
check 'all pods of the system become Ready' \
	on old --namespace kube-system wait --for=condition=Ready pods --all --timeout=120s
is 'no pod of the system had to be started twice' "$(on old --namespace kube-system get pods -o \
	'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\n"}{end}' | grep -v ' 0$')" ''
workload_check old
uid_before=$(on old get namespace kube-system -o 'jsonpath={.metadata.uid}')
on old exec client -- /test/busybox sh -c "echo written under $was >/data/before" </dev/null
volume=$(on old get pvc -o 'jsonpath={.items[0].spec.volumeName}')

image=$(in_clone "make -s image KINC_BIN_DIR=$theirs" 2>/dev/null | tail -n 1)
like 'the image of the next version is made' "$image" "node:$becomes-"
cluster_up old 'kinc-launch --image: the cluster goes on from it' in_host $ours --cluster old --image "$image" up
diag "$tap_output"
is 'node and API server are of the next version' "$(versions)" "$becomes $becomes"
check 'kube-proxy is rolled out' on old --namespace kube-system rollout status daemonset/kube-proxy --timeout=120s
of_the_next() { [ "$(images)" = "$becomes" ]; }
check 'every program of Kubernetes too' wait_for 60 of_the_next
is "kubeadm's configuration in the cluster says so" \
	"$(on old --namespace kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | sed -n 's/^kubernetesVersion: //p')" "$becomes"
is 'it is the same cluster' "$(on old get namespace kube-system -o 'jsonpath={.metadata.uid}')" "$uid_before"
check 'its Deployment comes back' on old rollout status deployment/web --timeout=120s
check 'its client too' on old wait --for=condition=Ready pod/client --timeout=120s
is 'with the same volume' "$(on old get pvc -o 'jsonpath={.items[0].spec.volumeName}')" "$volume"
like 'and what was written to it' "$(on old exec client -- /test/busybox cat /data/before </dev/null)" "^written under $was\$"
like 'it says what was done because of it' "$(in_host $ours --cluster old status --json |
	jq -r '.units[] | select(.name == "control-plane") | .message')" ' changed'
is 'one container is left' "$(in_host podman --cgroup-manager=cgroupfs ps --all --format '{{.Names}}')" kinc-old-control-plane
check 'down' in_host $ours --cluster old down
finish
