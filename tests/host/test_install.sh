#!/bin/sh
# make install and uninstall, into a folder.
. "$(dirname -- "$0")/../lib.sh"
cd "$KINC_TOP" || exit 111
into=$(mktemp -d) || exit 111
trap 'rm -rf "$into"' EXIT
make_quietly() { make -s BUILD="$KINC_BUILD" DESTDIR="$into" PREFIX=/opt/kinc "$@"; }

check 'make install' make_quietly install
check 'the launcher runs from there' "$into/opt/kinc/bin/kinc-launch" version
for file in bin/kincctl libexec/kinc/kinc-init libexec/kinc/kinc-probe libexec/kinc/kincnet libexec/kinc/kinc-crun \
	share/man/man1/kinc-launch.1 share/man/man8/kinc-init.8 share/doc/kinc/LICENSE; do
	check "it installs $file" test -s "$into/opt/kinc/$file"
done
is 'nothing outside of PREFIX' "$(cd "$into" && find . -type f | grep -v '^./opt/kinc/')" ''
check 'make install again' make_quietly install
check 'make uninstall' make_quietly uninstall
is 'leaves no file' "$(find "$into" -type f)" ''
finish
