# Sourced by the shell tests: TAP on stdout, diagnostics as comments.
# A test file calls ok/not_ok/skip, or `check DESCRIPTION COMMAND...`, and ends
# with `finish`. tests/run.sh adds the lines up over all files.

tap_count=0 tap_failed=0
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
KINC_BUILD=${KINC_BUILD:-$KINC_TOP/build}

ok() { tap_count=$((tap_count + 1)); printf 'ok %d - %s\n' "$tap_count" "$*"; }
not_ok() {
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$*"
}
# skip DESCRIPTION REASON
skip() { tap_count=$((tap_count + 1)); printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# check DESCRIPTION COMMAND...: ok when COMMAND succeeds; its output is shown
# when it does not.
check() {
	tap_what=$1
	shift
	if tap_output=$("$@" 2>&1); then ok "$tap_what"; else
		not_ok "$tap_what"
		diag "$* -> $?"
		diag "$tap_output"
	fi
}

# is DESCRIPTION GOT WANTED
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else
		not_ok "$1"
		diag "got:    $2"
		diag "wanted: $3"
	fi
}

# like DESCRIPTION GOT EXTENDED-REGEX
like() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then ok "$1"; else
		not_ok "$1"
		diag "got:    $2"
		diag "wanted: /$3/"
	fi
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds. Never gives up within a
# minute: how long it takes depends on what else the machine does.
wait_for() {
	tap_end=$(($(date +%s) + ($1 > 60 ? $1 : 60)))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$tap_end" ] || { echo "# gave up waiting: $*" >&2; return 1; }
		sleep 0.2
	done
}

finish() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
