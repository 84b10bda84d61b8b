#!/bin/sh
# kinc-crun's own options and its refusals; needs no privileges and no crun.
. "$(dirname -- "$0")/../lib.sh"

kinc=$KINC_BUILD/bin/kinc-crun
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
spec() { printf '%s' "$1" >"$work/config.json"; }
# refuses STATUS REGEX ARGUMENT...
refuses() {
	refuses_status=$1 refuses_text=$2
	shift 2
	refuses_got=$("$kinc" "$@" 2>&1)
	like "kinc-crun $(printf '%s ' "$@" | sed "s,$work,DIR,g")" "$? $refuses_got" \
		"^$refuses_status $refuses_text"
}
# The runtime prints what it is given.
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$work/runtime"
chmod +x "$work/runtime"
printf '{"runtime": "%s"}' "$work/runtime" >"$work/crun.json"

spec '{"process": {"user": {"uid": 0, "gid": 0}, "oomScoreAdj": 1000}, "a": 18446744073709551616}'
is "explain: nothing" "$("$kinc" --kinc-explain "$work")" "nothing would be changed"
is "dry run: byte for byte" "$("$kinc" --kinc-dry-run "$work")" "$(cat "$work/config.json")"
is "nothing to change: the arguments are the original ones" \
	"$("$kinc" --kinc-config "$work/crun.json" create -b "$work" c | tr '\n' ' ')" \
	"create -b $work c "
spec '{"linux": {"mountLabel": "x", "other": 1e400}, "process": {"apparmorProfile": "y"}}'
if grep -q selinuxfs /proc/filesystems; then
	skip "explain: a change" "SELinux is on"
else
	like "explain: a change" "$("$kinc" --kinc-explain "$work")" \
		'^selinux +linux.mountLabel: "x" removed, because SELinux is off'
	like "explain --json" "$("$kinc" --kinc-explain "$work" --json)" \
		'"rule":"selinux","path":"linux.mountLabel","from":"\\"x\\"","to":null'
	like "the edited spec is one more option" \
		"$("$kinc" --kinc-config "$work/crun.json" create -b "$work" c | tr '\n' ' ')" \
		"^create -b $work --config /proc/self/fd/[0-9]+ c $"
fi
spec '{"process": {"oomScoreAdj": 1, "oomScoreAdj": 2}}'
refuses 1 'kinc-crun: .*/config.json:1:32: "oomScoreAdj" is given twice' \
	--kinc-config "$work/crun.json" create -b "$work" c
spec '{"process": '
refuses 1 'kinc-crun: .*/config.json:1:13: the text ends where a value' \
	--kinc-config "$work/crun.json" create -b "$work" c
head -c 10000 /dev/zero | tr '\0' '[' >"$work/config.json"
refuses 1 'kinc-crun: .*/config.json:1:129: nested too deeply' \
	--kinc-config "$work/crun.json" run -b "$work" c
truncate -s 1G "$work/config.json"
refuses 1 'kinc-crun: .*/config.json is larger than 16777216 bytes' \
	--kinc-config "$work/crun.json" create -b "$work" c
rm "$work/config.json"
refuses 111 'kinc-crun: cannot open .*/config.json: No such file' --kinc-explain "$work"
refuses 100 'kinc-crun: unknown option, or too few' --kinc-frobnicate
refuses 0 "kinc-crun version " --kinc-version

printf '{"runtime": "%s"}' "$kinc" >"$work/crun.json"
refuses 1 'kinc-crun: the container runtime .* is kinc-crun itself' \
	--kinc-config "$work/crun.json" --version
printf '{"runtime": "/no/crun"}' >"$work/crun.json"
refuses 1 'kinc-crun: cannot find the container runtime /no/crun' \
	--kinc-config "$work/crun.json" --version
printf '{"log": "/tmp/x"}' >"$work/crun.json"
refuses 1 'kinc-crun: .*/crun.json:1:2: "log" must not be' --kinc-config "$work/crun.json" list
printf '{"runtime": "crun"}' >"$work/crun.json"
refuses 1 'kinc-crun: .*/crun.json:1:2: "runtime" must be' --kinc-config "$work/crun.json" list
finish
