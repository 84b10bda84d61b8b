#!/bin/sh
# clang-tidy and cppcheck over the C files, sh -n over the scripts.
set -u
cd "$(dirname -- "$0")/.." || exit 111
make -s calls || exit 111
count=0 failed=0
check() {
	count=$((count + 1))
	what=$1
	shift
	if output=$("$@" 2>&1); then echo "ok $count - $what"; else
		failed=$((failed + 1))
		echo "not ok $count - $what"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
}
sources=$(find lib init cni wrapper host containerfile -name '*.c')
flags="-D_GNU_SOURCE -std=c17 -Ilib -I. -Ibuild $(pkg-config --cflags libcap libseccomp libcjson libnl-3.0 libnl-route-3.0)"
tidy() {
	printf '%s\n' $sources | xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy --quiet "$@" -- '"$flags" tidy
}
check 'clang-tidy' tidy
check 'cppcheck' cppcheck -j "$(nproc)" --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	--inline-suppr --suppress=missingIncludeSystem -D_GNU_SOURCE -Ilib -Ibuild $sources
for script in $(find . -name '*.sh' -not -path './build/*') .ci/run; do
	case $(head -n 1 "$script") in '#!'*bash) shell=bash ;; *) shell=sh ;; esac
	check "$shell -n $script" $shell -n "$script"
done
echo "1..$count"
[ "$failed" -eq 0 ]
