#!/bin/sh
# kinc-launch test: each of what it tries is broken, one at a time, and has to be
# what is named; and it cleans up. Podman and the cluster are scripts.
. "$(dirname -- "$0")/../lib.sh"
. "$KINC_TOP/tests/host/user.sh"

. "$KINC_TOP/tests/host/fake.sh"
fake_program exec <"$KINC_TOP/tests/host/fake_trial.sh"
fake_cluster running

# trial BROKEN ARGUMENT...
trial() {
	broken=$1
	shift
	fake BREAK="$broken" "$launch" --cluster dev test "$@"
}
# grades BROKEN: "NAME GRADE" of all that are not ok, and the exit status.
grades() {
	trial "$1" --json >"$work/stdout" 2>"$work/stderr"
	status=$?
	jq -r '.tests[] | select(.grade != "ok") | "\(.name) \(.grade)"' "$work/stdout" | paste -sd' '
	return $status
}
# breaks BROKEN NAMES REGEX
breaks() {
	is "broken: $1: named" "$(grades "$1"; echo $?)" "$2
1"
	like "broken: $1: evidence" "$(jq -r '[.tests[] | select(.grade == "failed")][0].evidence' "$work/stdout")" "$3"
	check "broken: $1: cleaned up" test ! -e "$FAKE/namespace"
}

refuses 'an unknown cluster' 1 'no cluster nope' fake "$launch" --cluster nope test
is 'all is well' "$(grades ''; echo $?)" '
0'
check 'all is well: cleaned up, the volume too' test ! -e "$FAKE/namespace" -a ! -e "$FAKE/volume"
is 'its pods run the image that is in every node' "$(grep -c 'image: localhost/kinc/kube-proxy:v1$' "$FAKE/applied")" 3
is 'and ask no registry' "$(grep -c 'imagePullPolicy: Never$' "$FAKE/applied")" 3
is 'it waits two minutes' "$(cat "$FAKE/timeout")" 120s
trial '' --timeout 7 >"$work/stdout"
is 'or what is said' "$(cat "$FAKE/timeout")" 7s
like 'as a table' "$(cat "$work/stdout")" '^\+  4 dns +web\.kinc-test\.svc\.cluster\.local is 10\.43\.0\.9 in a pod$'
breaks workload 'workload failed storage unknown networking unknown dns unknown' 'timed out'
breaks apply 'workload failed storage unknown networking unknown dns unknown' 'no matches for kind'
breaks claim 'storage failed' 'pods/writer'
breaks word 'storage failed' '"lost" was read'
breaks pod 'networking failed' '^pod to http://10\.244\.43\.7:8080/: .*timed out'
breaks service 'networking failed' '^pod to http://10\.43\.0\.9:80/: .*refused'
breaks node 'networking failed' '^node to http://10\.43\.0\.9:80/: .*answers "another'
breaks dns 'dns failed' "can't resolve"
breaks address 'dns failed' 'does not resolve to 10\.43\.0\.9'
is 'a node without DNS' "$(grades nodns; echo $?)" 'dns absent
0'
trial stuck >"$work/stdout" 2>"$work/stderr"
is 'a namespace that stays: exit status' $? 1
like 'a namespace that stays: what keeps it' "$(cat "$work/stderr")" \
	'timed out waiting .* on namespaces/kinc-test: Some resources are remaining: pods'
touch "$FAKE/namespace"
refuses 'another test runs' 1 'namespace kinc-test is there: another test runs' trial ''
check 'and is left alone' test -e "$FAKE/namespace"
rm "$FAKE/namespace"
trial hang >"$work/stdout" 2>"$work/stderr" &
wait_for 20 test -e "$FAKE/hangs"
pkill -INT -u $TEST_USER -f "^$launch --cluster dev test"
wait $!
is 'interrupted: exit status' $? 1
like 'interrupted: the rest is not tried' "$(cat "$work/stdout")" '^\? +4 dns +interrupted$'
check 'interrupted: cleaned up' test ! -e "$FAKE/namespace"
fake_end
finish
