#!/bin/sh
# Every benchmark, one after the other: medians and ratios against the real
# peer in the same run.
set -u
cd "$(dirname -- "$0")/../.." || exit 111
count=0 failed=0
for bench in tests/bench/bench_*.sh; do
	count=$((count + 1))
	if output=$("$bench" 2>&1); then
		echo "ok $count - ${bench##*/}"
	else
		failed=$((failed + 1))
		echo "not ok $count - ${bench##*/}"
	fi
	printf '%s\n' "$output" | sed 's/^/# /'
done
echo "1..$count"
[ "$failed" -eq 0 ]
