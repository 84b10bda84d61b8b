#!/bin/sh
# Compiles Kubernetes from Debian's own source package with Debian's own Go
# and prints the folder that holds the binaries. About ten minutes on two
# cores; the result is kept under KINC_CACHE.
set -eu
. "$(dirname -- "$0")/common.sh"

release=1.20.2
programs='kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy'

# What stands below the line "recipe" decides what comes out, and nothing else.
out=$KINC_CACHE/kubernetes-$release-$(key "$release $programs $(sed '1,/^# recipe$/d' "$0")")
mkdir -p "$KINC_CACHE"
# Who comes second waits, and finds it done.
exec 9>"$KINC_CACHE/kubernetes.lock"
flock 9
if [ -e "$out/kubelet" ]; then
	printf '%s\n' "$out"
	exit 0
fi
rm -rf "$KINC_CACHE"/kubernetes.??????
work=$(mktemp -d "$KINC_CACHE/kubernetes.XXXXXX")
trap 'rm -rf "$work"' EXIT

# recipe
# A private apt configuration: the machine's own sources stay as they are.
mkdir -p "$work/apt/lists/partial"
printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s bookworm main\n' \
	"$KINC_MIRROR" >"$work/apt/sources.list"
apt_private() {
	apt-get -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt" \
		-o APT::Sandbox::User=root "$@"
}
with_progress "$work/log" "fetching Kubernetes' source from Debian" apt_private update
cd "$work"
with_progress "$work/log" "unpacking Kubernetes $release" \
	apt_private --only-source source kubernetes
tree=$(echo "$work"/kubernetes-*"$release"/)
[ -d "$tree" ] || die "Debian's source package is no longer Kubernetes $release"
cd "$tree"

# The vendored reflect2 1.0.1 crashes kubeadm when compiled by Go 1.18 or
# newer; Debian ships a version that knows the new runtime.
reflect2=/usr/share/gocode/src/github.com/modern-go/reflect2
[ -d "$reflect2" ] || die "$reflect2 is missing: install golang-github-modern-go-reflect2-dev"
rm -rf vendor/github.com/modern-go/reflect2
cp -rL "$reflect2" vendor/github.com/modern-go/reflect2

# There is no Docker in the node, and looking for it five times, a second
# apart, would be a fifth of the boot.
rm pkg/kubelet/cadvisor/cadvisor_linux_docker.go

# Without this file the node would report v0.0.0-master.
cat >"$work/version" <<-END
	KUBE_GIT_COMMIT='faecb196815e248d3ecfb03c680a4507229c2a56'
	KUBE_GIT_TREE_STATE='clean'
	KUBE_GIT_VERSION='v$release'
	KUBE_GIT_MAJOR='${release%%.*}'
	KUBE_GIT_MINOR='20'
END
what=''
for program in $programs; do what="$what cmd/$program"; done
PATH=/usr/lib/go-1.19/bin:$PATH
export PATH
with_progress "$work/log" "compiling Kubernetes $release" \
	env KUBE_GIT_VERSION_FILE="$work/version" GO111MODULE=off GOFLAGS= \
	GOCACHE="$work/go-cache" GOTOOLCHAIN=local \
	make WHAT="$what" GOLDFLAGS='-s -w'

mkdir "$work/out"
for program in $programs; do
	install -m 0755 "_output/local/go/bin/$program" "$work/out/$program"
done
printf 'v%s\n' "$release" >"$work/out/version"
rm -rf "$out"
mv "$work/out" "$out"
say "Kubernetes $release is in $out"
printf '%s\n' "$out"
