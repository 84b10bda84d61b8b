#!/bin/sh
# root-manifest.sh ROOT: a hook of mmdebstrap, while the package lists are still
# there: /usr/share/kinc/packages gets a line "NAME VERSION ARCHITECTURE SHA256"
# for each package of ROOT, in which nothing may be installed but unpacked.
set -eu
root=$1
mkdir -p "$root/usr/share/kinc"
{
	dpkg-query --admindir="$root/var/lib/dpkg" -W -f '+ ${Package} ${Version} ${Architecture}\n' 2>/dev/null || :
	for package in "$root"/var/cache/apt/archives/*.deb; do
		[ ! -e "$package" ] || dpkg-deb -W --showformat='+ ${Package} ${Version} ${Architecture}\n' "$package"
	done
	APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-cache dumpavail
} | awk '
	$1 == "+" { here[$2 " " $3 " " $4] = 1 }
	$1 == "Package:" { name = $2 }
	$1 == "Version:" { version = $2 }
	$1 == "Architecture:" { architecture = $2 }
	$1 == "SHA256:" { sum[name " " version " " architecture] = $2 }
	END { for (package in here) print package, sum[package] ? sum[package] : "-" }' |
	sort >"$root/usr/share/kinc/packages"
