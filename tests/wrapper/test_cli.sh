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
fi

# What the runtime finds as --config: the spec, and whether it can be changed.
cat >"$work/sealed" <<'EOF'
#!/bin/sh
for word; do [ "$last" = --config ] && file=$word; last=$word; done
[ -n "$file" ] || { echo "$@"; readlink /proc/self/fd/* | grep memfd; exit; }
cat "$file"
printf x | dd of="$file" conv=notrunc 2>&1 | grep -o "not permitted"
truncate -s 1 "$file" 2>&1 | grep -o "not permitted"
truncate -s 1G "$file" 2>&1 | grep -o "not permitted"
EOF
chmod +x "$work/sealed"
printf '{"runtime": "%s"}' "$work/sealed" >"$work/sealed.json"
sealed() { "$kinc" --kinc-config "$work/sealed.json" create -b "$work" c; }
# Less than what anybody may set.
lowest='{"process": {"oomScoreAdj" : -2000, "a": "\u0000", "b": 18446744073709551615, "b": 1e400}}'
spec "$lowest"
score=$("$kinc" --kinc-dry-run "$work" | grep -o '"oomScoreAdj" : [-0-9]*')
like "the lowest score that can be set" "$score" ': -?[0-9]{1,4}$'
is "the edited spec is sealed, and all else as it was" "$(sealed)" \
	"$(printf '%s' "$lowest" | sed "s/\"oomScoreAdj\" : -2000/$score/")not permitted
not permitted
not permitted"
like "its option stands before the id" \
	"$("$kinc" --kinc-config "$work/crun.json" create -b "$work" c | tr '\n' ' ')" \
	"^create -b $work --config /proc/self/fd/[0-9]+ c $"
is "without any environment" "$(env -i "$kinc" --kinc-config "$work/sealed.json" create -b "$work" c | grep -c permitted)" 3
spec '{"process": {"oomScoreAdj": 1000}}'
is "nothing to change: no memfd either" "$(sealed)" "create -b $work c"

# 16 MiB less some bytes, of one string and of many values.
{
	printf '{"process": {"oomScoreAdj": -2000}, "a": "'
	head -c 16000000 /dev/zero | tr '\0' 'x'
	printf '", "b": [0'
	yes ',-0.1e+3' | head -n 80000 | tr -d '\n'
	printf ']}'
} >"$work/config.json"
is "a spec of 16 MiB" "$("$kinc" --kinc-dry-run "$work" | sha256sum)" \
	"$(sed "s/\"oomScoreAdj\": -2000/$(echo "$score" | sed 's/ : /: /')/" "$work/config.json" | sha256sum)"
spec '{"process": {"oomScoreAdj": 1, "oomScoreAdj": 2}}'
refuses 1 'kinc-crun: .*/config.json:1:32: "oomScoreAdj" is given twice' \
	--kinc-config "$work/crun.json" create -b "$work" c
spec '{"process": '
refuses 1 'kinc-crun: .*/config.json:1:13: the text ends where a value' \
	--kinc-config "$work/crun.json" create -b "$work" c
printf '{"process": {"cwd": "\377"}}' >"$work/config.json"
refuses 1 'kinc-crun: .*/config.json:1:22: invalid UTF-8 in a string' \
	--kinc-config "$work/crun.json" create -b "$work" c
head -c 10000 /dev/zero | tr '\0' '[' >"$work/config.json"
refuses 1 'kinc-crun: .*/config.json:1:129: nested too deeply' \
	--kinc-config "$work/crun.json" run -b "$work" c
truncate -s 1G "$work/config.json"
refuses 1 'kinc-crun: .*/config.json is larger than 16777216 bytes' \
	--kinc-config "$work/crun.json" create -b "$work" c
yes '[],' | head -c 16000000 | sed '1s/^/[/' >"$work/config.json"
refuses 1 'kinc-crun: .*/config.json:[0-9]+:[0-9]+: too many values' \
	--kinc-config "$work/crun.json" create -b "$work" c
spec '{"process": {"user": {"uid": 4294967295, "gid": 0}}}'
if [ "$(awk '{ print $3 }' /proc/self/uid_map)" != 4294967295 ]; then
	refuses 1 'refused: this node cannot run a process as uid 4294967295' --kinc-explain "$work"
fi
spec '{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_NOTIFY"}}}'
refuses 1 'refused: the seccomp profile of this container' --kinc-explain "$work"
like "explain --json of what is refused" "$("$kinc" --kinc-explain "$work" --json)" \
	'"refused":"the seccomp profile .*","changes":\[\]'
refuses 1 'kinc-crun: the seccomp profile' --kinc-dry-run "$work"
rm "$work/config.json"
refuses 111 'kinc-crun: cannot open .*/config.json: No such file' --kinc-explain "$work"
refuses 100 'kinc-crun: unknown option, or too few' --kinc-frobnicate
refuses 0 "kinc-crun version " --kinc-version

printf '{"runtime": "%s"}' "$kinc" >"$work/crun.json"
refuses 1 'kinc-crun: the container runtime .* is kinc-crun itself' \
	--kinc-config "$work/crun.json" --version
ln -s "$kinc" "$work/link"
ln -s link "$work/link-to-link"
printf '{"runtime": "%s"}' "$work/link-to-link" >"$work/crun.json"
refuses 1 'kinc-crun: the container runtime .*/link-to-link is kinc-crun itself' \
	--kinc-config "$work/crun.json" --version
if cp "$kinc" "$work/copy" && ln "$work/copy" "$work/hard"; then
	printf '{"runtime": "%s"}' "$work/hard" >"$work/crun.json"
	is "a hard link, too" "$("$work/copy" --kinc-config "$work/crun.json" list 2>&1 | grep -c 'kinc-crun itself')" 1
fi
if [ ! -e /etc/kinc/crun.json ] && [ -x /usr/bin/crun ]; then
	is "without a configuration it becomes /usr/bin/crun" "$("$kinc" --version 2>&1)" \
		"$(/usr/bin/crun --version)"
fi
printf '{"runtime": "/no/crun"}' >"$work/crun.json"
refuses 1 'kinc-crun: cannot find the container runtime /no/crun' \
	--kinc-config "$work/crun.json" --version
ln -s /tmp "$work/elsewhere"
mkdir -m 0777 "$work/shared"
chmod 0777 "$work/shared"
for log in /tmp/x //tmp/x /var/../tmp/x "$work/x" "$work/elsewhere/x" "$work/shared/x"; do
	case $log in "$work/x") case $work in /tmp/*) ;; *) continue ;; esac ;; esac
	printf '{"log": "%s"}' "$log" >"$work/crun.json"
	refuses 1 'kinc-crun: .*/crun.json:1:2: "log" must not be' --kinc-config "$work/crun.json" list
done
printf '{"runtime": "crun"}' >"$work/crun.json"
refuses 1 'kinc-crun: .*/crun.json:1:2: "runtime" must be' --kinc-config "$work/crun.json" list
finish
