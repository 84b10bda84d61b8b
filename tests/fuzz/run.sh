#!/bin/sh
# tests/fuzz/run.sh SECONDS TARGET...: each target for that long, starting
# from its corpus in tests/fuzz/corpus/NAME. New inputs go to build/fuzz.
set -u
seconds=$1
shift
cd "$(dirname -- "$0")/../.." || exit 111
count=0 failed=0
for target in "$@"; do
	case $target in *.d) continue ;; esac
	name=${target##*/fuzz_}
	found=build/fuzz/found/$name
	mkdir -p "$found" "tests/fuzz/corpus/$name"
	count=$((count + 1))
	if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="build/fuzz/crash-$name-" "$found" "tests/fuzz/corpus/$name" \
		>"build/fuzz/$name.log" 2>&1; then
		echo "ok $count - fuzz $name $(grep -o 'Done.*' "build/fuzz/$name.log")"
	else
		failed=$((failed + 1))
		echo "not ok $count - fuzz $name"
		tail -n 40 "build/fuzz/$name.log" | sed 's/^/# /'
	fi
done
echo "1..$count"
[ "$failed" -eq 0 ]
