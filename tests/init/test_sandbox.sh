#!/bin/sh
# Who has a filter of system calls, and who must have none.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# A note that is no name of a call is found when the lists are made
printf '/* #syscalls read rm-rf */\n' >"$work/note.c"
output=$("$KINC_TOP/lib/syscalls.sh" x "$work/note.c" 2>&1 >/dev/null)
is 'a note that is no system call is refused' "$?" 1
is 'with its place' "$output" "$work/note.c:1: \"rm-rf\" is no system call"
printf 'int x;\n' >"$work/note.c"
check 'no notes are no list' sh -c "! '$KINC_TOP/lib/syscalls.sh' x '$work/note.c' >/dev/null 2>&1"

# A probe of what nobody serves stays; it tells so under its filter
"$KINC_BUILD/bin/kinc-probe" --timeout 60 http://127.0.0.1:9/ >"$work/probe" &
probe=$!
check 'kinc-probe asks' wait_for 20 test -s "$work/probe"
like 'with a filter and no_new_privs' "$(grep -E '^(Seccomp|NoNewPrivs):' /proc/$probe/status | tr -d '\t' | paste -sd' ')" \
	'^NoNewPrivs:1 Seccomp:2$'
kill $probe

unit cluster '{"type":"target","requires":["talks"]}'
unit talks '{"type":"service","exec":["sh","-c","while :; do echo a line; sleep 0.1; done"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
called() { cat /proc/[0-9]*/stat 2>/dev/null | awk -v name="($1)" '$2 == name {print $1; exit}'; }
value() { awk -v name="$2:" '$1 == name {print $2}' "/proc/$1/status"; }
filters() { echo "$1 $(($(value "$2" Seccomp_filters) - $(value $$ Seccomp_filters))) $(value "$2" NoNewPrivs)"; }
writes() { [ -n "$(called kinc-log-disk)" ]; }
await 5 writes
filters init 1
filters unit "$(field talks pid)"
filters helper "$(called kinc-log)"
filters writer "$(called kinc-log-disk)"
$ctl watch >/dev/null &
watch=$!
filtered() { [ "$(value "$1" Seccomp)" = 2 ]; }
await 5 filtered $watch
filters kincctl "$watch"
kill $watch
# Under its filter the helper can still replace its writer
old=$(called kinc-log-disk)
kill -9 "$old"
lines() { cat /var/log/kinc/talks.log* | wc -l; }
before=$(lines)
grown() { [ "$(lines)" -gt $((before + 3)) ]; }
await 10 grown && [ "$(called kinc-log-disk)" != "$old" ] && echo the writer is replaced
kill -TERM 1
EOF_INSIDE
boot
grep -q '^Seccomp_filters:' /proc/self/status || {
	skip 'filters in force' 'this kernel does not count them'
	finish
}
check 'PID 1 has no filter' says '^init 0 0$'
check 'nor have units' says '^unit 0 0$'
check 'the log helper has one' says '^helper 1 1$'
check 'the disk writer has a narrower one besides' says '^writer 2 1$'
check 'kincctl has one' says '^kincctl 1 1$'
check 'the writer is replaced under the filter' says '^the writer is replaced'
[ "$tap_failed" -eq 0 ] || diag "$(cat "$work/inside.out")"
finish
