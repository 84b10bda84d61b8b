#!/bin/sh
# tests/fuzz/run.sh SECONDS TARGET...: each target for that long, starting
# from its corpus in tests/fuzz/corpus/NAME, as many at once as there are
# processors. New inputs go to build/fuzz.
set -u
cd "$(dirname -- "$0")/../.." || exit 111

fuzz_one() {
	seconds=$1 target=$2 name=${2##*/fuzz_}
	found=build/fuzz/found/$name
	mkdir -p "$found" "tests/fuzz/corpus/$name"
	if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="build/fuzz/crash-$name-" "$found" "tests/fuzz/corpus/$name" \
		>"build/fuzz/$name.log" 2>&1; then
		echo "ok - fuzz $name $(grep -o 'Done.*' "build/fuzz/$name.log")"
		return 0
	fi
	echo "not ok - fuzz $name"
	tail -n 40 "build/fuzz/$name.log" | sed 's/^/# /'
	return 1
}

if [ $# -eq 2 ]; then
	fuzz_one "$@"
	exit
fi
seconds=$1
shift
printf '%s\n' "$@" | grep -v '\.d$' | xargs -P "$(nproc)" -n 1 "$PWD/tests/fuzz/run.sh" "$seconds"
