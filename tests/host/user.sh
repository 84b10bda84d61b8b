# Sourced after ../lib.sh by the tests that need a user. As root the test runs
# again in a mount namespace of its own, where /etc has the user kinctest (with
# subordinate ids) and kincbare (without), so that the machine stays as it was.
# TEST_UNSHARE names more that it wants of its own.
TEST_USER=kinctest
LAUNCH=$KINC_BUILD/bin/kinc-launch
if [ "$(id -u)" -ne 0 ]; then
	skip "${0##*/}" 'needs root, to make a user and a mount namespace'
	finish
fi
# There is one kinctest: who tests at the same time waits.
if [ "${KINC_TEST_INSIDE:-}" != 1 ]; then
	KINC_TEST_INSIDE=1 exec flock --close "${TMPDIR:-/tmp}/kinc-test-user.lock" unshare --mount ${TEST_UNSHARE:-} --propagation slave "$0" "$@"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/kinc-host.XXXXXX")
chmod 0755 "$work"
mkdir "$work/etc" "$work/home"
for file in passwd group subuid subgid; do
	cp "/etc/$file" "$work/etc/$file" 2>/dev/null || : >"$work/etc/$file"
	grep -v "^kinctest:\|^kincbare:\|^kincother:" "$work/etc/$file" >"$work/etc/new" || :
	cat "$work/etc/new" >"$work/etc/$file"
done
uid=61234
for name in kinctest kincbare kincother; do
	echo "$name:x:$uid:$uid::$work/home/$name:/bin/sh" >>"$work/etc/passwd"
	echo "$name:x:$uid:" >>"$work/etc/group"
	mkdir "$work/home/$name"
	chown "$uid:$uid" "$work/home/$name"
	uid=$((uid + 1))
done
for file in subuid subgid; do
	echo 'kinctest:700000:65536' >>"$work/etc/$file"
	echo 'kincother:800000:65536' >>"$work/etc/$file"
done
for file in passwd group subuid subgid; do
	[ -e "/etc/$file" ] || : >"/etc/$file"
	mount --bind "$work/etc/$file" "/etc/$file"
done

# as USER COMMAND...: as that user, without a ground; as_options are more of setpriv.
as() {
	as_user=$1
	shift
	setpriv ${as_options:-} --reuid "$as_user" --regid "$as_user" --init-groups \
		env -i PATH="$PATH" HOME="$work/home/$as_user" USER="$as_user" \
		XDG_RUNTIME_DIR="$work/home/$as_user/run" "$@"
}

# refuses DESCRIPTION STATUS REGEX COMMAND...: that exit status, and one line of
# error that says so.
refuses() {
	refuses_what=$1 refuses_status=$2 refuses_regex=$3
	shift 3
	"$@" >"$work/stdout" 2>"$work/stderr"
	is "$refuses_what: exit status" $? "$refuses_status"
	like "$refuses_what: reason" "$(tail -n 1 "$work/stderr")" "$refuses_regex"
	is "$refuses_what: one line" "$(grep -c . "$work/stderr")" 1
}
