#!/bin/sh
# clang-tidy and cppcheck over the C files, sh -n over the scripts.
#   tests/lint.sh          all of them
#   tests/lint.sh FILE.c   clang-tidy over that one, unless it was clean before
set -u
KINC_TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$KINC_TOP/containerfile/build/common.sh"
cd "$KINC_TOP" || exit 111
flags="-D_GNU_SOURCE -std=c17 -Ilib -I. -Ibuild $(pkg-config --cflags libcap libseccomp libcjson libnl-3.0 libnl-route-3.0)"
if [ $# -eq 1 ]; then
	# With its macros, and its comments, which may be orders to clang-tidy.
	input=$({ cat .clang-tidy; clang-tidy --version; clang $flags -E -dD -CC "$1"; } | sha256sum)
	clean=$KINC_CACHE/tidy/${input%% *}
	[ ! -e "$clean" ] || exit 0
	clang-tidy --quiet "$1" -- $flags && mkdir -p "${clean%/*}" && : >"$clean"
	exit
fi
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
tidy() { printf '%s\n' $sources | xargs -P "$(nproc)" -n 1 tests/lint.sh; }
check 'clang-tidy' tidy
check 'cppcheck' cppcheck -j "$(nproc)" --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	--inline-suppr --suppress=missingIncludeSystem -D_GNU_SOURCE -Ilib -Ibuild $sources
for script in $(find . -name '*.sh' -not -path './build/*') .ci/run; do
	case $(head -n 1 "$script") in '#!'*bash) shell=bash ;; *) shell=sh ;; esac
	check "$shell -n $script" $shell -n "$script"
done
echo "1..$count"
[ "$failed" -eq 0 ]
