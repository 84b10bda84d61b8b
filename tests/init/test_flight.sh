#!/bin/sh
# The flight record: after an orderly end, after SIGKILL, after a crash, with
# no room for it.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# flight FILE FILTER: of a record that a boot has left
flight() { "$ctl" flight --file "$work/state/$1" --json | jq -r "$2"; }

# recorded, for those inside: all that the checks of a record look for is in it
cat >"$work/recorded" <<'EOF_RECORDED'
recorded() {
	has '.state == "ready" and (.units | length) == 3 and
		([.events[].text | select(test("^ready after|^done after"))] | length) >= 2' $ctl flight --json
}
EOF_RECORDED

# kill_from_outside SIGNAL: boots, and sends it to PID 1 from the parent's pid namespace.
kill_from_outside() {
	rm -f "$work/up"
	inside <<'EOF_INSIDE'
. "$work/recorded"
await 15 recorded
touch "$work/up"
sleep 100
EOF_INSIDE
	(boot; echo "$status" >"$work/exit") &
	booted=$!
	wait_for 30 test -e "$work/up"
	# timeout > unshare > kinc-init
	kill -"$1" "$(pgrep -P "$(pgrep -P "$(pgrep -P "$booted" -x timeout)")")"
	wait "$booted"
	status=$(cat "$work/exit")
}

unit cluster '{"type":"target","requires":["svc","once"]}'
unit svc '{"type":"service","exec":["sleep","1000"]}'
unit once '{"type":"oneshot","exec":["true"]}'
inside <<'EOF_INSIDE'
. "$work/recorded"
await 15 recorded
$ctl flight --json >"$work/now"
$ctl flight >"$work/text"; echo "flight exits $?"
$ctl flight --last; echo "last exits $?"
kill -TERM 1
EOF_INSIDE
boot
is 'PID 1 ends well' "$status" 0
check 'kincctl flight shows the record of now' says '^flight exits 0$'
check 'and says that there is none of before' says '^last exits 1$'
is 'while it runs' "$(jq -r '.how, .state' "$work/now" | xargs)" 'running ready'
is 'the states of all units' "$(jq -r '.units[] | .name + " " + .state' "$work/now" | sort | xargs)" \
	'cluster ready once done svc ready'
is 'and its events' "$(jq '[.events[].text | select(test("^ready after|^done after"))] | length' "$work/now")" 2
like 'for people too' "$(cat "$work/text")" 'svc: ready after'
is 'an orderly end is told' "$(flight flight '.how, .exit' | xargs)" 'ended 0'

kill_from_outside KILL
is 'after SIGKILL of PID 1 the record is there' \
	"$(flight flight '.exit, (.units | length), .state' | xargs)" 'null 3 ready'
inside <<'EOF_INSIDE'
await 15 state_is ready
await 5 has '.how == "killed"' $ctl flight --last --json
$ctl flight --last --json | jq -r '.how'
kill -TERM 1
EOF_INSIDE
boot
check 'the next start keeps it as the last one' says '^killed$'

if grep -q __asan_init "$KINC_BUILD/bin/kinc-init"; then
	skip 'crashes' 'AddressSanitizer has the handlers of these signals'
else
	for signal in SEGV BUS ILL FPE ABRT; do
		kill_from_outside $signal
		is "SIG$signal from outside: exit 112" "$status" 112
		like 'and stderr says so' "$(cat "$work/stderr")" "crashed by SIG$signal"
		is 'and the record' "$(flight flight '.how, .crash.signal, .crash.torn' | xargs)" \
			"crashed $signal false"
	done
	names=$(flight flight '.crash.frames[]' | addr2line -f -e "$KINC_BUILD/bin/kinc-init" | grep -v : | xargs)
	like 'the backtrace leads to main' "$names" 'loop_turn.* main'
	is 'the build id is the one of the program' "$(flight flight .build_id)" \
		"$(readelf -n "$KINC_BUILD/bin/kinc-init" | sed -n 's/.*Build ID: //p')"
	inside <<'EOF_INSIDE'
await 15 state_is ready
for signal in SEGV BUS ILL FPE ABRT; do kill -$signal 1; done
state_is ready && echo still ready
kill -TERM 1
EOF_INSIDE
	boot
	check 'the same signals from inside are ignored' says '^still ready$'
	is 'and the end is an orderly one' "$status" 0
fi

# Many units and events: bounded, the oldest go.
no_units
names=''
i=0
while [ $i -lt 120 ]; do
	i=$((i + 1))
	unit "u$i" '{"type":"oneshot","exec":["true"]}'
	names="$names,\"u$i\""
done
unit cluster "{\"type\":\"target\",\"requires\":[${names#,}]}"
inside <<'EOF_INSIDE'
await 30 state_is ready
kill -TERM 1
EOF_INSIDE
boot
is 'the last 200 events are kept, in order' \
	"$(flight flight '(.events | length), ([.events[].time_ms] | . == sort), ([.events[] | select(.torn)] | length), .events[-1].text' | xargs)" \
	'200 true 0 bye'
is 'of all units' "$(flight flight '.unit_total, (.units | length)' | xargs)" '121 121'

# No room on the disk
no_units
unit cluster '{"type":"target","wants":[]}'
cat >"$work/prepare" <<'EOF_PREPARE'
mount -t tmpfs -o size=32k none /var/lib/kinc
EOF_PREPARE
inside <<'EOF_INSIDE'
await 15 state_is ready
await 5 test -e /run/kinc/flight
await 5 status_has '.warnings | length > 0'
$ctl status --json | jq -r '.warnings[]'
$ctl flight --json | jq -r .state
kill -TERM 1
EOF_INSIDE
boot
rm "$work/prepare"
check 'a full disk: said' says 'the flight record does not fit on /var/lib/kinc'
check 'and it is on /run' says '^ready$'
is 'PID 1 does not mind' "$status" 0

printf garbage >"$work/garbage"
"$ctl" flight --file "$work/garbage" 2>"$work/err"
is 'what is no record: exit 1' "$? $(cat "$work/err")" "1 kincctl: $work/garbage: it is no flight record"
finish
