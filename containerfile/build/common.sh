# Sourced by the build scripts: one way to say what happens, one place for
# slow results. Every result lives under KINC_CACHE in a folder whose name
# ends in a hash of what it was made from, and appears there by rename, so an
# interrupted build leaves nothing that looks finished.

KINC_CACHE=${KINC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kinc}
KINC_MIRROR=${KINC_MIRROR:-http://deb.debian.org/debian}
KINC_TOP=${KINC_TOP:-$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)}

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# key FILE-OR-WORD...: 12 hex digits over the contents of files and the words.
key() {
	for item in "$@"; do
		if [ -f "$item" ]; then cat "$item"; else printf '%s\n' "$item"; fi
	done | sha256sum | cut -c1-12
}

# package_list SET: the words of containerfile/packages/SET, one on a line.
package_list() {
	[ -f "$KINC_TOP/containerfile/packages/$1" ] ||
		die "no set of packages \"$1\" in containerfile/packages"
	sed 's/#.*//' "$KINC_TOP/containerfile/packages/$1" | tr -s ' \t' '\n' | grep .
}

# runtime_of DIR: the container runtime of a node whose Kubernetes is in DIR.
runtime_of() {
	if [ -x "$1/crio" ]; then echo crio; else echo containerd; fi
}

# with_progress LOGFILE WHAT COMMAND...: runs COMMAND with its output in
# LOGFILE, says every 15 s that it still goes on, and shows the log's end when
# it fails.
with_progress() {
	log=$1 what=$2
	shift 2
	say "$what"
	"$@" >"$log" 2>&1 &
	job=$! began=$(date +%s) ticks=0
	while kill -0 "$job" 2>/dev/null; do
		sleep 1
		ticks=$((ticks + 1))
		if [ $((ticks % 15)) -eq 0 ]; then
			say "$what: $(($(date +%s) - began)) s ($(tail -n 1 "$log" | tr -d '\r' | cut -c1-80))"
		fi
	done
	if ! wait "$job"; then
		tail -n 30 "$log" >&2
		die "$what failed; the whole log is $log"
	fi
}
