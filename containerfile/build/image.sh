#!/bin/sh
# Makes the node image in the calling user's Podman and prints its name.
#   KINC_BIN_DIR unset   Kubernetes 1.20.2 compiled from Debian's source, with
#                        containerd, crun and etcd of Debian
#   KINC_BIN_DIR=DIR     from DIR: kubeadm, kubelet, kubectl, the control
#                        plane; crio with pinns, crictl, etcd, coredns and
#                        local-path-provisioner where they are there
set -eu
. "$(dirname -- "$0")/common.sh"
cd "$KINC_TOP"
recipe=containerfile
podman='podman --cgroup-manager=cgroupfs'

if [ -n "${KINC_BIN_DIR:-}" ]; then
	kubernetes=$KINC_BIN_DIR flavour=binaries
	[ -d "$kubernetes" ] || die "KINC_BIN_DIR=$kubernetes is not a directory"
else
	kubernetes=$($recipe/build/kubernetes.sh) flavour=debian
fi
for program in kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
	[ -x "$kubernetes/$program" ] || die "$kubernetes has no program $program"
done
version=$("$kubernetes/kubelet" --version | sed 's/^Kubernetes //')
case $version in v1.[0-9]*.[0-9]*) ;; *) die "$kubernetes/kubelet reports the version \"$version\"" ;; esac
minor=${version#v1.} minor=${minor%%.*}

# What differs between versions: the form of kubeadm's configuration, and
# whether the kubelet knows that it is in a user namespace.
if [ "$minor" -ge 31 ]; then config=v1beta4
elif [ "$minor" -le 21 ]; then config=v1beta2
else die "Kubernetes $version: 1.15 to 1.21, and 1.31 and newer, are supported"; fi
if [ "$minor" -ge 22 ]; then kubelet=kubelet-1.22; else kubelet=kubelet-1.20; fi
runtime=$(runtime_of "$kubernetes")
if [ -x "$kubernetes/coredns" ]; then dns=coredns; else dns=''; fi
if [ -x "$kubernetes/local-path-provisioner" ]; then storage=local-path; else storage=hostpath; fi
name=localhost/kinc/node:$version-$flavour

node_root=$($recipe/build/root.sh "node-$runtime")
pod_root=$($recipe/build/root.sh pod)
# The names of the roots tell what is in them.
# shellcheck disable=SC2046
inputs=$(key $(find $recipe manifests init/units -type f | sort) \
	build/bin/pause build/bin/iptables-select build/bin/kinc-init build/bin/kincctl \
	build/bin/kinc-probe build/bin/kincnet build/bin/kinc-crun "roots ${node_root##*/} ${pod_root##*/}" \
	"$(cd "$kubernetes" && stat -c '%n %s %Y' -- *)")
before=$($podman image inspect --format '{{.Id}}' "$name" 2>/dev/null) || before=''
if [ -n "$before" ] &&
	[ "$($podman image inspect --format '{{index .Labels "io.kinc.inputs"}}' "$name")" = "$inputs" ]; then
	say "$name is up to date"
	printf '%s\n' "$name"
	exit 0
fi

work=$(mktemp -d "$KINC_CACHE/image.XXXXXX")
trap '$podman unshare rm -rf "$work"' EXIT
log=$KINC_CACHE/image.log

# import_root NAME TAR: a Debian root as an image that others start from.
import_root() {
	image=localhost/kinc/root-$1:$(key "root ${2##*/}")
	$podman image exists "$image" || with_progress "$log" "importing the Debian root \"$1\"" \
		$podman import "$2" "$image"
	printf '%s\n' "$image"
}
node_image=$(import_root node "$node_root")
pod_image=$(import_root pod "$pod_root")

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
	install -m 0755 build/bin/iptables-select "$1/iptables"
	for other in iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
		ln -s iptables "$1/$other"
	done
}
pod_build pause scratch build/bin pause localhost/kinc/pause:1
mkdir "$work/pod"
install_iptables "$work/pod"
pod_tags=''
# kubeadm has the tags of its images compiled in.
for image in $("$kubernetes/kubeadm" config images list --kubernetes-version "$version" \
	--image-repository localhost/kinc 2>>"$log"); do
	program=${image##*/} program=${program%%:*}
	case $program in
	kube-proxy | etcd)
		[ ! -x "$kubernetes/$program" ] || cp "$kubernetes/$program" "$work/pod/"
		pod_tags="$pod_tags $image"
		;;
	kube-*) pod_build program scratch "$kubernetes" "$program" "$image" ;;
	coredns) [ -z "$dns" ] || pod_build coredns scratch "$kubernetes" coredns "$image" ;;
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
[ -z "$dns" ] || cp init/units/$dns/*.json "$units"
cp manifests/$storage/*.yaml "$context/usr/share/kinc/manifests"
install -D -m 0755 build/bin/kinc-init "$context/usr/sbin/init"
install -D -m 0755 build/bin/kincctl "$context/usr/bin/kincctl"
install -D -m 0755 build/bin/kincnet "$context/opt/cni/bin/kincnet"
install -D -m 0755 build/bin/kinc-probe "$context/usr/libexec/kinc/kinc-probe"
install -D -m 0755 build/bin/kinc-crun "$context/usr/libexec/kinc/kinc-crun"
ln -s /usr/sbin/init "$context/usr/libexec/kinc/kinc-init"
mkdir -p "$context/usr/local/sbin"
install_iptables "$context/usr/local/sbin"
ln -s /usr/lib/cni/loopback /usr/lib/cni/portmap "$context/opt/cni/bin/"
for program in kubeadm kubelet kubectl crio pinns crictl; do
	[ ! -x "$kubernetes/$program" ] || install -m 0755 "$kubernetes/$program" "$context/usr/bin/"
done
completions=$context/usr/share/bash-completion/completions
mkdir -p "$completions"
for program in kubeadm kubectl crictl; do
	[ ! -x "$kubernetes/$program" ] || "$kubernetes/$program" completion bash >"$completions/$program"
done
# What is in the image, by name, version and digest.
{
	for root in "$node_root" "$pod_root"; do
		tar -xOf "$root" ./usr/share/kinc/packages | sed 's/^\([^ ]*\) \([^ ]*\) [^ ]* /deb \1 \2 /'
	done | sort -u
	for program in usr/sbin/init usr/bin/kincctl opt/cni/bin/kincnet usr/libexec/kinc/*; do
		ours=$(sed -n 's/^#define KINC_VERSION "\(.*\)"$/\1/p' lib/version.h)
		for file in "$context"/$program; do
			# kincctl finds kinc-init by a link.
			[ -L "$file" ] ||
				echo "program /${file#"$context/"} $ours $(sha256sum <"$file" | cut -d' ' -f1)"
		done
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
"$context/usr/sbin/init" --units "$units" --check >/dev/null || die 'the units of this image are wrong'

with_progress "$log" "making the image $name" $podman build --quiet --layers=false \
	--file $recipe/Containerfile --tag "$name" --volume "$work/store:/work" --cap-add=SYS_ADMIN \
	--build-arg ROOT="$node_image" --build-arg KUBERNETES_VERSION="$version" \
	--build-arg CRI_SOCKET="/run/$runtime/$runtime.sock" --build-arg FLAVOUR="$flavour" \
	--build-arg INPUTS="$inputs" "$work/context"
# Its predecessor is of no use, unless a cluster still runs from it.
[ -z "$before" ] || $podman rmi "$before" >/dev/null 2>&1 || :
say "$name is made"
printf '%s\n' "$name"
