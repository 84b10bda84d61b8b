#!/bin/sh
# Makes the node image in the calling user's Podman and prints its name.
#   KINC_BIN_DIR unset   Kubernetes 1.20.2 compiled from Debian's source, with
#                        containerd, crun and etcd of Debian
#   KINC_BIN_DIR=DIR     from DIR: kubeadm, kubelet, kubectl, the control
#                        plane; crio with pinns, crictl, etcd, coredns and
#                        local-path-provisioner where they are there
#   KINC_FLAVOUR=fedora  from the packages and images of containerfile/Containerfile,
#                        whose arguments are taken from the environment: REGISTRY and
#                        LOCAL_PATH_IMAGE, and any of the others
set -eu
. "$(dirname -- "$0")/common.sh"
cd "$KINC_TOP"
recipe=containerfile
podman='podman --cgroup-manager=cgroupfs'

mkdir -p "$KINC_CACHE"
work=$(mktemp -d "$KINC_CACHE/image.XXXXXX")
trap '$podman unshare rm -rf "$work"' EXIT
log=$KINC_CACHE/image.log

# root_image NAME: a Debian root as an image that others start from.
root_image() {
	root=$($recipe/build/root.sh "$1")
	image=localhost/kinc/root-$1:$(key "root ${root##*/}")
	$podman image exists "$image" || with_progress "$log" "importing the Debian root \"$1\"" \
		$podman import "$root" "$image"
	printf '%s\n' "$image"
}
# fedora STAGE OPTION...: makes that stage of the Fedora recipe.
fedora() {
	stage=$1
	shift
	for argument in BASE REGISTRY REPOSITORY LOCAL_PATH_IMAGE K8S_VERSION CRIO_VERSION \
		ETCD_TAG COREDNS_TAG CACHE_BUST; do
		eval "value=\${$argument:-}"
		[ -z "$value" ] || set -- "$@" --build-arg "$argument=$value"
	done
	with_progress "$log" "making the stage \"$stage\"" $podman build --quiet \
		--file $recipe/Containerfile --target "$stage" "$@" .
}

programs=build/bin
if [ "${KINC_FLAVOUR:-}" = fedora ]; then
	for argument in REGISTRY LOCAL_PATH_IMAGE; do
		eval "[ -n \"\${$argument:-}\" ]" || die "the Fedora flavour needs $argument: see $recipe/Containerfile"
	done
	flavour=fedora programs=$work/programs kubernetes=$work/kubernetes
	fedora programs --output "type=local,dest=$programs"
	fedora kubernetes --output "type=local,dest=$kubernetes"
elif [ -n "${KINC_BIN_DIR:-}" ]; then
	kubernetes=$KINC_BIN_DIR flavour=binaries
	[ -d "$kubernetes" ] || die "KINC_BIN_DIR=$kubernetes is not a directory"
else
	kubernetes=$($recipe/build/kubernetes.sh) flavour=debian
fi
for program in kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
	[ -x "$kubernetes/$program" ] || die "$kubernetes has no program $program"
done
runtime=$(runtime_of "$kubernetes")
if [ "$flavour" = fedora ]; then
	node_image=localhost/kinc/fedora-node pod_image=localhost/kinc/fedora-pod
	for stage in node pod; do fedora $stage --tag localhost/kinc/fedora-$stage; done
else
	node_image=$(root_image "node-$runtime")
	pod_image=$(root_image pod)
fi

# ask PROGRAM ARGUMENT...: on the node's root, whose libraries it may need.
ask() {
	program=$1
	shift
	$podman run --rm --network none --security-opt label=disable --volume "$kubernetes:/kubernetes:ro" \
		--entrypoint "/kubernetes/$program" "$node_image" "$@" 2>>"$log"
}
version=$(ask kubelet --version | sed 's/^Kubernetes //')
case $version in v1.[0-9]*.[0-9]*) ;; *) die "$kubernetes/kubelet reports the version \"$version\"" ;; esac
minor=${version#v1.} minor=${minor%%.*}

# What differs between versions: the form of kubeadm's configuration, and
# whether the kubelet knows that it is in a user namespace.
if [ "$minor" -ge 31 ]; then config=v1beta4
elif [ "$minor" -le 21 ]; then config=v1beta2
else die "Kubernetes $version: 1.15 to 1.21, and 1.31 and newer, are supported"; fi
if [ "$minor" -ge 22 ]; then kubelet=kubelet-1.22; else kubelet=kubelet-1.20; fi
if [ -x "$kubernetes/coredns" ]; then dns=coredns; else dns=dnsmasq; fi
if [ -x "$kubernetes/local-path-provisioner" ]; then storage=local-path; else storage=hostpath; fi
name=localhost/kinc/node:$version-$flavour

# shellcheck disable=SC2046
inputs=$(key $(find $recipe manifests init/units -type f | sort) \
	"$programs/pause" "$programs/iptables-select" "$programs/kinc-init" "$programs/kincctl" \
	"$programs/kinc-probe" "$programs/kincnet" "$programs/kincnetd" "$programs/kinc-crun" \
	"$($podman image inspect --format '{{.Id}}' "$node_image" "$pod_image")" \
	"$(cd "$kubernetes" && stat -c '%n %s %Y' -- *)")
before=$($podman image inspect --format '{{.Id}}' "$name" 2>/dev/null) || before=''
if [ -n "$before" ] &&
	[ "$($podman image inspect --format '{{index .Labels "io.kinc.inputs"}}' "$name")" = "$inputs" ]; then
	say "$name is up to date"
	printf '%s\n' "$name"
	exit 0
fi

# pod_build TARGET FROM CONTEXT PROGRAM TAG...: one layer whatever FROM is,
# since whiteouts would not survive inside another image's layer.
images=''
pod_build() {
	target=$1 from=$2 folder=$3 program=$4
	shift 4
	tags=''
	for tag in "$@"; do tags="$tags --tag $tag" images="$images $tag"; done
	# shellcheck disable=SC2086
	with_progress "$log" "making the image $*" $podman build --quiet --squash-all \
		--file $recipe/Containerfile.pod --target "$target" --build-arg ROOT="$from" \
		--build-arg PROGRAM="$program" $tags "$folder"
}
# install_iptables DIR: before both of Debian's in PATH.
install_iptables() {
	install -m 0755 "$programs/iptables-select" "$1/iptables"
	for other in iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
		ln -s iptables "$1/$other"
	done
}
pod_build pause scratch "$programs" pause localhost/kinc/pause:1
mkdir "$work/pod"
install_iptables "$work/pod"
pod_tags=''
# kubeadm has the tags of its images compiled in.
for image in $(ask kubeadm config images list --kubernetes-version "$version" \
	--image-repository localhost/kinc); do
	program=${image##*/} program=${program%%:*}
	case $program in
	kube-proxy | etcd)
		[ ! -x "$kubernetes/$program" ] || cp "$kubernetes/$program" "$work/pod/"
		pod_tags="$pod_tags $image"
		;;
	kube-*) pod_build program scratch "$kubernetes" "$program" "$image" ;;
	coredns) [ "$dns" != coredns ] || pod_build coredns scratch "$kubernetes" coredns "$image" ;;
	esac
done
# kube-proxy and etcd need a userland and share one image.
# shellcheck disable=SC2086
pod_build program "$pod_image" "$work/pod" . $pod_tags

if [ "$storage" = local-path ]; then
	pod_build program scratch "$kubernetes" local-path-provisioner localhost/kinc/local-path-provisioner:1
	pod_build helper "$pod_image" "$work/pod" . localhost/kinc/helper:1
fi

mkdir "$work/store"
# shellcheck disable=SC2086
with_progress "$log" 'collecting the images' $podman save --format docker-archive \
	--multi-image-archive --output "$work/store/images.tar" $images
if [ "$runtime" = crio ]; then
	# CRI-O reads the same kind of store that Podman writes.
	with_progress "$log" "making CRI-O's image store" $podman --root "$work/crio" \
		--runroot "$work/run" --storage-driver overlay load --input "$work/store/images.tar"
	rm "$work/store/images.tar"
	$podman unshare tar -C "$work/crio" -cf "$work/store/images.tar" .
fi

context=$work/context/rootfs
mkdir -p "$context"
cp -a $recipe/rootfs/. $recipe/rootfs-$runtime/. $recipe/rootfs-$config/. "$context"
units=$context/usr/lib/kinc/units
mkdir -p "$units" "$context/usr/share/kinc/manifests" "$context/opt/cni/bin" "$context/usr/bin"
for folder in units.d manifests.d images.d patches config; do mkdir -p "$context/etc/kinc/$folder"; done
cp init/units/*.json init/units/$runtime/*.json init/units/$kubelet/*.json init/units/$config/*.json "$units"
cp init/units/$dns/*.json "$units"
cp manifests/*.yaml manifests/$storage/*.yaml "$context/usr/share/kinc/manifests"
for program in kinc-init kinc-probe kinc-crun kincnetd; do
	install -D -m 0755 "$programs/$program" "$context/usr/libexec/kinc/$program"
done
install -m 0755 "$programs/kincctl" "$context/usr/bin/"
install -m 0755 "$programs/kincnet" "$context/opt/cni/bin/"
mkdir -p "$context/usr/local/bin"
install_iptables "$context/usr/local/bin"
# CRI-O looks into the folders of both distributions, and does hostPort itself.
[ "$runtime" = crio ] || ln -s /usr/lib/cni/loopback /usr/lib/cni/portmap "$context/opt/cni/bin/"
for program in kubeadm kubelet kubectl crio pinns crictl; do
	# Of Fedora they are on the root, as packages.
	[ ! -x "$kubernetes/$program" ] || [ "$flavour" = fedora ] ||
		install -m 0755 "$kubernetes/$program" "$context/usr/bin/"
done
completions=$context/usr/share/bash-completion/completions
mkdir -p "$completions"
for program in kubeadm kubectl crictl; do
	[ ! -x "$kubernetes/$program" ] || ask "$program" completion bash >"$completions/$program"
done
# What is in the image, by name, version and digest.
{
	# A root that is an image of somebody else has no such list.
	for image in "$node_image" "$pod_image"; do
		$podman unshare sh -c 'cat "$(podman image mount "$1")/usr/share/kinc/packages"
			podman image unmount "$1" >/dev/null' - "$image" 2>>"$log"
	done | sort -u
	ours=$(sed -n 's/^#define KINC_VERSION "\(.*\)"$/\1/p' lib/version.h)
	for file in "$context"/usr/bin/kincctl "$context"/opt/cni/bin/kincnet "$context"/usr/libexec/kinc/*; do
		echo "program /${file#"$context/"} $ours $(sha256sum <"$file" | cut -d' ' -f1)"
	done
	for program in kubeadm kubelet kubectl; do
		echo "program /usr/bin/$program $version $(sha256sum <"$kubernetes/$program" | cut -d' ' -f1)"
	done
	for program in crio pinns crictl; do
		[ ! -x "$kubernetes/$program" ] ||
			echo "program /usr/bin/$program NOASSERTION $(sha256sum <"$kubernetes/$program" | cut -d' ' -f1)"
	done
	for image in $images; do
		echo "image ${image%:*} ${image##*:} $($podman image inspect --format '{{.Id}}' "$image")"
	done
} | $recipe/build/spdx.sh "kinc-node-$version-$flavour" >"$context/usr/share/kinc/sbom.spdx.json"
"$context/usr/libexec/kinc/kinc-init" --units "$units" --check >/dev/null || die 'the units of this image are wrong'

with_progress "$log" "making the image $name" $podman build --quiet --layers=false \
	--file $recipe/Containerfile.node --tag "$name" --volume "$work/store:/work" --cap-add=SYS_ADMIN \
	--security-opt label=disable \
	--build-arg ROOT="$node_image" --build-arg KUBERNETES_VERSION="$version" \
	--build-arg CRI_SOCKET="/run/$runtime/$runtime.sock" --build-arg FLAVOUR="$flavour" \
	--build-arg INPUTS="$inputs" "$work/context"
# Its predecessor is of no use, unless a cluster still runs from it.
[ -z "$before" ] || $podman rmi "$before" >/dev/null 2>&1 || :
say "$name is made"
printf '%s\n' "$name"
