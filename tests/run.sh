#!/bin/sh
# Runs the tests of a tier and adds up their TAP lines.
#   tests/run.sh check   unit tests and real namespaces
#   tests/run.sh e2e     whole clusters in the simulated rootless host
#   tests/run.sh ci      what `make test` runs: lint, both compilers,
#                        sanitizers, fuzzers for seconds, check, arm64, e2e
#   tests/run.sh all     ci, benches, Kubernetes 1.33, and a cluster in
#                        User-Mode Linux
# The last line is "N passed, N failed, N skipped".
set -u
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$KINC_TOP/containerfile/build/common.sh"
cd "$KINC_TOP" || exit 111
tier=${1:-check}
build=${BUILD:-build}
jobs=$(nproc)
results=$(mktemp) || exit 111
trap 'rm -f "$results"' EXIT

# run NAME COMMAND...: COMMAND's TAP goes to the terminal and is counted. A
# command that prints no TAP counts as one test; one that dies after its last
# line, or prints fewer lines than it planned, counts as a failure of its own.
run() {
	name=$1
	shift
	printf '# %s\n' "$name"
	output=$(mktemp)
	began=$(date +%s)
	{ "$@" 2>&1; echo "exit $?" >"$output.status"; } | tee "$output"
	status=$(sed 's/exit //' "$output.status")
	passed=$(grep -c '^ok ' "$output")
	skipped=$(grep -c '^ok .*# SKIP' "$output")
	failed=$(grep -c '^not ok ' "$output")
	passed=$((passed - skipped))
	if [ $((passed + failed + skipped)) -eq 0 ]; then
		if [ "$status" -eq 0 ]; then passed=1; else failed=1; fi
	elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		echo "not ok - $name ended with status $status after its last test"
		failed=1
	fi
	[ "$failed" -eq 0 ] || echo "$name" >>"$results.failed"
	echo "$passed $failed $skipped" >>"$results"
	printf '# %s: %d passed, %d failed, %d skipped, %d s\n' "$name" \
		"$passed" "$failed" "$skipped" $(($(date +%s) - began))
	rm -f "$output" "$output.status"
}

# run_check BUILD ROOMS
run_check() {
	for test in "$1"/tests/test_*; do
		case $test in *.d) continue ;; esac
		run "${test##*/}" env CMOCKA_MESSAGE_OUTPUT=TAP "$test"
	done
	for room in $2; do
		for test in tests/"$room"/test_*.sh; do
			run "$1 ${test#tests/}" env KINC_BUILD="$PWD/$1" "$test"
		done
	done
}

run_ci() {
	run 'install what the tests need' containerfile/build/deps.sh run test
	# What the compilers made of the same text before, in whatever folder.
	export CCACHE_DIR="$KINC_CACHE/ccache" CCACHE_NOHASHDIR=1 PATH="/usr/lib/ccache:$PATH"
	run 'lint' tests/lint.sh
	run 'build with gcc' make -s -j"$jobs" CC=gcc tests
	run 'build with clang' make -s -j"$jobs" CC=clang BUILD=build/clang tests
	run 'build with sanitizers' make -s -j"$jobs" BUILD=build/asan \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all' tests
	run 'build fuzzers' make -s -j"$jobs" fuzzers
	run 'fuzz' tests/fuzz/run.sh 5 build/fuzz/fuzz_*
	# They mostly wait, so both at once, in orders in which they wait for each other
	# little; shown one after the other.
	run_check build/asan 'host wrapper cni init' >"$results.asan" 2>&1 &
	run_check build 'init cni wrapper host'
	wait
	cat "$results.asan"
	rm -f "$results.asan"
	run 'arm64' tests/cross/test_arm64.sh
	run_e2e
}

run_e2e() {
	for test in tests/e2e/test_*.sh; do
		run "${test#tests/}" "$test"
	done
}

case $tier in
check) run_check "$build" 'init cni wrapper host' ;;
e2e) run_e2e ;;
ci) run_ci ;;
all)
	run_ci
	run 'install what the rest needs' containerfile/build/deps.sh test-all
	run 'bench' tests/bench/run.sh
	for test in tests/e2e/all_*.sh; do
		run "${test#tests/}" "$test"
	done
	;;
*)
	echo "usage: tests/run.sh check|e2e|ci|all" >&2
	exit 100
	;;
esac

if [ -e "$results.failed" ]; then
	sed 's/^/# failed: /' "$results.failed"
	rm -f "$results.failed"
fi
awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$results"
