#!/bin/sh
# root.sh NAME: makes a Debian root by mmdebstrap and prints the path of its
# tar, which is kept under KINC_CACHE. The roots, and their packages in
# containerfile/packages:
#   node-containerd, node-crio
#          what the node image of that runtime stands on (trixie): also those
#          of packages/node
#   pod    what the etcd and kube-proxy images stand on: packages unpacked,
#          without a package manager
#   host   the simulated host of the tests (bookworm), all of packages/run
#   host13 the same of trixie, with Podman 5 and the user's systemd
#   host14 the same of testing
#   standin
#          for the Fedora recipe's base: a node of CRI-O on which kinc can be built
#   arm64  headers and libraries for building kinc for that architecture
#   peers  other programs for PID 1, for the bench
set -eu
. "$(dirname -- "$0")/common.sh"

variant=minbase suite=trixie lists=${1:-} links='' without='' architecture='' option=
case $lists in
node-containerd | node-crio)
	# The most of these packages: kinc-crun calls crun by the shim of version 2, and
	# kincnet leaves to other plugins only loopback and, with containerd, portmap.
	without='/usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1 /usr/bin/containerd-stress
		/usr/sbin/runc'
	for plugin in bandwidth bridge dhcp dummy firewall host-device host-local ipvlan macvlan ptp \
		sbr static tap tuning vlan vrf; do
		without="$without /usr/lib/cni/$plugin"
	done
	lists="node $lists"
	;;
peers | host13) ;;
standin) lists='node node-crio standin' ;;
pod)
	variant=extract
	# A package that is only unpacked has no alternatives.
	links='iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore'
	;;
host) suite=bookworm lists=run ;;
host14)
	suite=forky lists=host13
	# Its Release file is valid for a week, which a mirror of one's own may be behind.
	option='Acquire::Check-Valid-Until "false"'
	;;
arm64) suite=bookworm variant=extract architecture=arm64 ;;
*) die "usage: root.sh node-containerd|node-crio|pod|host|host13|host14|standin|arm64|peers" ;;
esac
hook=$KINC_TOP/containerfile/build/root-manifest.sh
packages=$(for list in $lists; do package_list "$list"; done | paste -sd, -)

excludes=''
for path in $without; do excludes="$excludes --dpkgopt=path-exclude=$path"; done

out=$KINC_CACHE/root-$1-$(key "$0" "$hook" "$suite" "$packages").tar
if [ ! -e "$out" ]; then
	mkdir -p "$KINC_CACHE"
	part=$(mktemp "$KINC_CACHE/root.XXXXXX.tar")
	trap 'rm -f "$part"' EXIT
	# shellcheck disable=SC2086
	with_progress "$KINC_CACHE/root-$1.log" "making the Debian root \"$1\" ($suite)" \
		mmdebstrap --variant="$variant" --include="$packages" \
		--aptopt='Acquire::Languages "none"' ${option:+--aptopt="$option"} $excludes ${architecture:+--architectures=$architecture} \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--$([ "$variant" = extract ] && echo extract || echo customize)-hook="$hook \"\$1\"" \
		--customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*' \
		--extract-hook='for link in '"$links"'; do ln -s xtables-nft-multi "$1/usr/sbin/$link"; done' \
		"$suite" "$part" "$KINC_MIRROR"
	chmod 0644 "$part"
	mv "$part" "$out"
fi
printf '%s\n' "$out"
