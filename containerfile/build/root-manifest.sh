#!/bin/sh
# root-manifest.sh ROOT: /usr/share/kinc/packages gets a line for each package of
# ROOT, as spdx.sh takes them. For Debian it is a hook of mmdebstrap, while the
# package lists are still there; nothing may be installed but unpacked. RPM keeps
# no digest of a package's file.
set -eu
root=$1
mkdir -p "$root/usr/share/kinc"
if [ ! -d "$root/var/lib/dpkg" ]; then
	rpm --root "$root" -qa --queryformat 'rpm %{NAME} %{EVR} -\n' | grep -v '^rpm gpg-pubkey ' |
		sort >"$root/usr/share/kinc/packages"
	exit
fi
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
	END { for (package in here) {
		split(package, word, " ")
		print "deb", word[1], word[2], sum[package] ? sum[package] : "-"
	} }' |
	sort >"$root/usr/share/kinc/packages"
