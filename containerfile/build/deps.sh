#!/bin/sh
# deps.sh SET...: installs what is missing of containerfile/packages/SET.
# As an ordinary user it goes through sudo, or stops with the one command that
# root must run.
set -eu
. "$(dirname -- "$0")/common.sh"

packages=''
for set in "$@"; do packages="$packages $(package_list "$set")"; done

missing=''
for package in $packages; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null ||
	die "this is not a Debian machine: install the equivalents of$missing"
say "installing$missing"
as_root=''
if [ "$(id -u)" -ne 0 ]; then
	if sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
		as_root=sudo
	else
		die "packages are missing; as root run:  apt-get install --no-install-recommends$missing"
	fi
fi
mkdir -p "$KINC_CACHE"
log=$KINC_CACHE/deps.log
# A broken third-party source must not keep Debian's own from being read.
with_progress "$log" 'reading the package lists' $as_root sh -c 'apt-get update || true'
# shellcheck disable=SC2086
with_progress "$log" 'installing packages' $as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y --no-install-recommends $missing
