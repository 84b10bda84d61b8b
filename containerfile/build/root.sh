#!/bin/sh
# root.sh NAME: makes a Debian root by mmdebstrap and prints the path of its
# tar, which is kept under KINC_CACHE. The roots, and their packages in
# containerfile/packages:
#   node   what the node image stands on (trixie)
#   pod    what the etcd and kube-proxy images stand on: packages unpacked,
#          without a package manager
#   host   the simulated host of the tests (bookworm), all of packages/run
#   peers  other programs for PID 1, for the bench
set -eu
. "$(dirname -- "$0")/common.sh"

variant=minbase suite=trixie list=${1:-} links=''
case $list in
node | peers) ;;
pod)
	variant=extract
	# A package that is only unpacked has no alternatives.
	links='iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore'
	;;
host) suite=bookworm list=run ;;
*) die "usage: root.sh node|pod|host|peers" ;;
esac
packages=$(package_list "$list" | paste -sd, -)

out=$KINC_CACHE/root-$1-$(key "$0" "$suite" "$packages").tar
if [ ! -e "$out" ]; then
	mkdir -p "$KINC_CACHE"
	part=$(mktemp "$KINC_CACHE/root.XXXXXX.tar")
	trap 'rm -f "$part"' EXIT
	with_progress "$KINC_CACHE/root-$1.log" "making the Debian root \"$1\" ($suite)" \
		mmdebstrap --variant="$variant" --include="$packages" \
		--aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*' \
		--extract-hook='for link in '"$links"'; do ln -s xtables-nft-multi "$1/usr/sbin/$link"; done' \
		"$suite" "$part" "$KINC_MIRROR"
	chmod 0644 "$part"
	mv "$part" "$out"
fi
printf '%s\n' "$out"
