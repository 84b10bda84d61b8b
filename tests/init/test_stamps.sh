#!/bin/sh
# Stamps of oneshots: who runs again after which change, and what is said.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

message() { jq -r ".units[] | select(.name == \"${1:-once}\") | .message" "$work/status"; }
state() { jq -r ".units[] | select(.name == \"${1:-once}\") | .state" "$work/status"; }
runs() { cat "$work/ran" 2>/dev/null | wc -l; }
# Each boot runs what it has to, and ends; the stamp is awaited unless $1 says no.
one_boot() {
	inside <<'EOF_INSIDE'
await 15 status_has '.state != "starting"'
await 5 test -e /var/lib/kinc/stamps/once
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
	boot "$@"
}
unit_once() { # ENVIRONMENT VERSION
	unit once "{\"type\":\"oneshot\",\"exec\":[\"$work/program\"],\"environment\":{\"E\":\"$1\"},\"stamp\":{\"inputs\":[\"$work/in\",\"$work/tree\",\"$work/never\"],\"outputs\":[\"$work/out\"],\"version\":\"$2\"}}"
}
again() { # DESCRIPTION WHY
	before=$(runs)
	one_boot
	is "$1: it runs again" "$(runs)" $((before + 1))
	is "$1: and says why" "$(message)" "runs: $2"
	before=$(runs)
	one_boot
	is "$1: and then not any more" "$(runs)" "$before"
}

unit cluster '{"type":"target","requires":["once"]}'
unit_once a 1
printf '#!/bin/sh\necho ran >>%s/ran\ntouch %s/out\n' "$work" "$work" >"$work/program"
chmod +x "$work/program"
echo in >"$work/in"
mkdir -p "$work/tree/sub"
echo one >"$work/tree/sub/one"
ln -s sub "$work/tree/link"

again 'the first boot' 'no stamp'
is 'what is skipped is done' "$(state)" done
like 'and says since when' "$(message)" '^unchanged since 20[0-9-]{8}T[0-9:]{8}Z$'
touch "$work/in" "$work/tree/sub/one"
before=$(runs)
one_boot
is 'times do not count' "$(runs)" "$before"
echo other >"$work/in"
again 'a file' "input $work/in changed"
echo two >"$work/tree/sub/two"
again 'a directory' "input $work/tree changed"
ln -sfn elsewhere "$work/tree/link"
again 'a link' "input $work/tree changed"
echo here >"$work/never"
again 'a file that was not there' "input $work/never changed"
rm "$work/never"
again 'and gone again' "input $work/never changed"
unit_once b 1
again 'the environment' 'its environment changed'
unit_once b 2
again 'the version' 'its version changed'
unit_once b '{{KINC_V}}'
KINC_V=2 one_boot
like 'variables in the version are replaced' "$(message)" '^unchanged since'
KINC_V=3 one_boot
is 'and count' "$(message)" 'runs: its version changed'
unit_once b 3
echo '# new' >>"$work/program"
again 'the program' 'the program changed'
sed -i 's|program"\]|program","x"]|' "$units/once.json"
again 'the command' 'its command changed'
sed -i "s|,\"$work/never\"||" "$units/once.json"
again 'the list of inputs' 'its list of inputs or outputs changed'
rm "$work/out"
again 'an output' "output $work/out is missing"
printf garbage >>"$work/state/stamps/once"
again 'a damaged stamp' 'its stamp is damaged'
truncate -s 40 "$work/state/stamps/once"
again 'a torn stamp' 'its stamp is damaged'
before=$(runs)
one_boot --force
is '--force runs it' "$(runs) $(message)" "$((before + 1)) runs: forced"
KINC_FORCE=1 one_boot
is 'so does KINC_FORCE=1' "$(runs) $(message)" "$((before + 2)) runs: forced"

# kincctl start --force, and a start without
inside <<'EOF_INSIDE'
await 15 state_is ready
$ctl start once; echo "plain: $(wc -l <"$work/ran")"
$ctl start --force once; echo "forced: $(wc -l <"$work/ran")"
echo "then: $(field once message)"
kill -TERM 1
EOF_INSIDE
boot
check 'kincctl start finds it unchanged' says "^plain: $((before + 2))$"
check 'kincctl start --force runs it' says "^forced: $((before + 3))$"
check 'and status says so' says '^then: runs: forced$'

# It fails in the middle: the old stamp must not count, even if the input is of old again.
one_boot
cp "$work/in" "$work/in.of-old"
cp "$work/program" "$work/program.good"
echo broken >"$work/in"
printf '#!/bin/sh\nexit 1\n' >"$work/bad"
sed "s|$work/program|$work/bad|" "$units/once.json" >"$work/once.bad"
cp "$units/once.json" "$work/once.good"
cp "$work/once.bad" "$units/once.json"
inside <<'EOF_INSIDE'
await 15 state_is failed
kill -TERM 1
EOF_INSIDE
boot
cp "$work/once.good" "$units/once.json"
cp "$work/in.of-old" "$work/in"
again 'a run that failed, then all as before' 'no stamp'

# SIGKILL of PID 1 and of the oneshot, in the middle of the run.
for victim in 1 oneshot; do
	echo "$victim" >"$work/in"
	printf '#!/bin/sh\necho ran >>%s/ran\n[ -e %s/fast ] || sleep 1000\ntouch %s/out\n' "$work" "$work" "$work" >"$work/program"
	rm -f "$work/fast"
	inside <<EOF_INSIDE
await 15 unit_is once starting
await 5 sh -c '[ \$(wc -l <"$work/ran") -gt $(runs) ]'
if [ '$victim' = 1 ]; then echo killed >"$work/killed"; sleep 100
else kill -9 \$(field once pid); await 5 state_is failed; kill -TERM 1; fi
EOF_INSIDE
	if [ "$victim" = 1 ]; then
		rm -f "$work/killed"
		boot &
		booted=$!
		wait_for 30 test -e "$work/killed"
		shell=$(pgrep -P "$booted" -x timeout)
		kill -9 "$(pgrep -P "$(pgrep -P "$shell")")" # PID 1, seen from here
		wait "$booted"
	else
		boot
	fi
	touch "$work/fast"
	again "SIGKILL in the middle, of $victim" 'no stamp'
done

# The disk of the stamps is full: the oneshot succeeds, and it is said.
printf '#!/bin/sh\necho ran >>%s/ran\ntouch %s/out\n' "$work" "$work" >"$work/program"
cat >"$work/prepare" <<'EOF_PREPARE'
mkdir -p /var/lib/kinc/stamps
mount -t tmpfs -o size=4k none /var/lib/kinc/stamps
dd if=/dev/zero of=/var/lib/kinc/stamps/filler bs=4k count=1 2>/dev/null
EOF_PREPARE
inside <<'EOF_INSIDE'
await 15 state_is ready
await 5 status_has '.warnings | length > 0'
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
before=$(runs)
boot
rm "$work/prepare"
is 'a full disk: the oneshot is done' "$(runs) $(state)" "$((before + 1)) done"
like 'and a warning says that it will run again' "$(jq -r '.warnings[]' "$work/status")" \
	'once cannot be stamped and will run again at the next boot: .*No space left'
printf x >"$work/state/stamps/once" # what a crash of the file system may leave
again 'after that' 'its stamp is damaged'

unit once '{"type":"oneshot","exec":["true"],"stamp":{}}'
like 'an empty stamp is a fault' "$("$init" --check --units "$units" 2>&1)" \
	'once.json:1:35: "stamp" needs "inputs", "outputs" or "version"'
unit once '{"type":"service","exec":["true"],"stamp":{"version":"1"}}'
like 'a service has none' "$("$init" --check --units "$units" 2>&1)" 'a service has no "stamp"'
finish
