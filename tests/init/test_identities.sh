#!/bin/sh
# Some of the other tests again: as an ordinary user, as root without a user
# namespace, and inside of a user namespace. Run by others than root, only those
# that this identity can become.
. "$(dirname -- "$0")/../lib.sh"
some='test_boot.sh test_supervision.sh test_scenarios.sh'

# run_as NAME COMMAND...: COMMAND is put before each of the tests.
run_as() {
	who=$1
	shift
	for test in $some; do
		output=$(KINC_BUILD=$KINC_BUILD "$@" "$KINC_TOP/tests/init/$test" 2>&1)
		if [ $? -eq 0 ] && ! printf '%s\n' "$output" | grep -q '# SKIP'; then
			ok "$who: $test"
		else
			not_ok "$who: $test"
			diag "$(printf '%s\n' "$output" | grep -v '^ok')"
		fi
	done
}

if ! unshare -Urpfm --mount-proc true 2>/dev/null; then
	skip 'three identities' 'user namespaces are not allowed here'
	finish
fi
if [ "$(id -u)" -ne 0 ]; then
	skip 'an ordinary user, root' 'only root can become another'
elif ! setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur test -x "$KINC_BUILD/bin/kinc-init"; then
	skip 'an ordinary user' "the user nobody has no access to $KINC_BUILD, or may not make user namespaces"
else
	run_as 'an ordinary user' setpriv --reuid 65534 --regid 65534 --clear-groups
fi
if [ "$(id -u)" -eq 0 ] && unshare -pfm --mount-proc true 2>/dev/null; then
	run_as 'root without a user namespace' env KINC_NAMESPACES=-pfm
fi
run_as 'inside of a user namespace' unshare -Ur
finish
