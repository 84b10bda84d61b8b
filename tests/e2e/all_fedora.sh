#!/bin/sh
# The Fedora recipe where no registry can be reached: all of it is built, on a
# stand-in of Fedora (tests/e2e/fedora) that has the programs of KINC_TEST_BIN_DIR,
# and a cluster is made from it. The names of packages and images stay unproven.
set -u
. "$(dirname -- "$0")/lib.sh"
if [ -z "${KINC_TEST_BIN_DIR:-}" ]; then
	skip 'the Fedora recipe' 'KINC_TEST_BIN_DIR is not set'
	finish
fi
host_begin "$KINC_TEST_BIN_DIR"
version=$("$KINC_TEST_BIN_DIR/kubelet" --version | sed 's/.* v//')

standin=$home/standin
mkdir "$standin"
cp "$KINC_TOP"/tests/e2e/fedora/* /bin/busybox /usr/lib/cni/loopback "$standin"
cp -al "$KINC_TEST_BIN_DIR" "$standin/bin" 2>/dev/null || cp -a "$KINC_TEST_BIN_DIR" "$standin/bin"
cp "$("$KINC_TOP/containerfile/build/root.sh" standin)" "$standin/root.tar" || die 'no root for the stand-in'
chown "$uid:$uid" "$standin" "$standin"/*
if output=$(in_host sh -ec '
	cd ~/standin
	podman="podman --cgroup-manager=cgroupfs"
	$podman import root.tar localhost/standin/root:1
	$podman import ~/.cache/kinc/'"$(basename "$("$KINC_TOP/containerfile/build/root.sh" pod)")"' localhost/standin/pod:1
	for tag in base:1 kube-apiserver:v'$version' kube-controller-manager:v'$version' kube-scheduler:v'$version' \
		kube-proxy:v'$version' etcd:1 coredns/coredns:1 local-path-provisioner:1; do
		stage=${tag%:*}
		$podman build --quiet --target "${stage##*/}" --tag "localhost/standin/$tag" \
			--build-arg ROOT=localhost/standin/root:1 --build-arg POD=localhost/standin/pod:1 .
	done' 2>&1); then
	ok 'what stands in for Fedora'
else
	not_ok 'what stands in for Fedora'
	diag "$output"
	finish
fi
like 'without a registry it says what is missing' \
	"$(in_clone 'KINC_FLAVOUR=fedora containerfile/build/image.sh' 2>&1)" 'the Fedora flavour needs REGISTRY'
arguments="KINC_FLAVOUR=fedora BASE=localhost/standin/base:1 REGISTRY=localhost/standin ETCD_TAG=1 COREDNS_TAG=1
	LOCAL_PATH_IMAGE=localhost/standin/local-path-provisioner:1 K8S_VERSION=$version"
arguments=$(echo $arguments)
if output=$(in_clone "make -s all && env $arguments containerfile/build/image.sh" 2>&1); then
	ok 'the recipe is built'
else
	not_ok 'the recipe is built'
	diag "$output"
	diag "$(tail -n 30 "$home/.cache/kinc/image.log")"
	finish
fi
image=$(printf '%s\n' "$output" | tail -n 1)
is 'the image is named' "$image" "localhost/kinc/node:v$version-fedora"
like 'made again it is up to date' "$(in_clone "env $arguments containerfile/build/image.sh" 2>&1)" 'is up to date'
stage_of() {
	in_clone "podman --cgroup-manager=cgroupfs build --quiet --file containerfile/Containerfile --target base \
		--build-arg BASE=localhost/standin/base:1 --build-arg CACHE_BUST=$1 ."
}
first=$(stage_of 1)
is 'with the same CACHE_BUST dnf is not run again' "$(stage_of 1)" "$first"
check 'with another it is' test "$(stage_of 2)" != "$first"
in_image() { in_host podman --cgroup-manager=cgroupfs run --rm --network none --entrypoint "$1" "$image" "$2" "$3"; }
is 'kinc-init and kincctl were compiled in the image' "$(in_image cat /usr/libexec/kinc/kinc-init /usr/bin/kincctl | sha256sum)" \
	"$(in_host sh -c 'mkdir ~/programs && cd ~/programs && podman --cgroup-manager=cgroupfs build --quiet --output type=local,dest=. \
		--target programs --build-arg BASE=localhost/standin/base:1 --file ~/kinc/containerfile/Containerfile ~/kinc >/dev/null 2>&1
		cat kinc-init kincctl' | sha256sum)"
like 'the SPDX document names packages of RPM' "$(in_image cat -- /usr/share/kinc/sbom.spdx.json)" \
	'pkg:rpm/fedora/kubernetes1.33@1.33.5-1.fc42'
is 'init is there, and sbin still a link' "$(in_image readlink /sbin/init /usr/sbin | paste -sd' ')" \
	'/usr/libexec/kinc/kinc-init bin'
is "and so is the store of the control plane's images" "$(in_image sh -c \
	'grep -o "localhost/kinc/[a-z-]*" /usr/lib/kinc/store/overlay-images/images.json | sort -u | sed "s|.*/||" | paste -sd" "')" \
	'coredns etcd helper kube-apiserver kube-controller-manager kube-proxy kube-scheduler local-path-provisioner pause'

cluster_up fedora 'kinc-launch --image: a cluster comes up from it' in_host $ours --cluster fedora --image "$image" up
like 'the node is Ready' "$(on fedora get nodes --no-headers)" '^kinc-fedora-control-plane +Ready '
workload_check fedora
check 'all pods of the system become Ready' \
	on fedora --namespace kube-system wait --for=condition=Ready pods --all --timeout=120s
check 'down' in_host $ours --cluster fedora down
finish
