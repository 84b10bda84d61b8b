#!/bin/sh
# kinc for arm64: all programs are built by clang against that architecture's
# libraries, and the unit tests that ask nothing of the kernel run under qemu.
set -u
. "$(dirname -- "$0")/../lib.sh"
. "$KINC_TOP/containerfile/build/common.sh"
cd "$KINC_TOP" || exit 111
qemu=qemu-aarch64-static
for program in ld.lld $qemu mmdebstrap; do
	command -v $program >/dev/null || {
		skip 'kinc for arm64' "$program is not installed"
		finish
	}
done
tar=$(containerfile/build/root.sh arm64) || die 'no libraries for arm64'
root=${tar%.tar}
if [ ! -d "$root" ]; then
	mkdir "$root.part.$$" && tar -C "$root.part.$$" -xf "$tar" && mv "$root.part.$$" "$root" || exit 111
fi
triple=aarch64-linux-gnu
check 'programs and unit tests are built for arm64' nice make -s -j"$(nproc)" BUILD=build/arm64 \
	CC="clang --target=$triple --sysroot=$root -Wno-unused-command-line-argument -fuse-ld=lld" tests
for program in build/arm64/bin/*; do
	case ${program##*/} in *.d) continue ;; esac
	is "${program##*/} is a program of arm64" "$(od -An -tx2 -j18 -N2 "$program" | tr -d ' ')" 00b7
done
for test in build/arm64/tests/test_*; do
	name=${test##*/}
	case $name in
	*.d) continue ;;
	test_lib_run | test_lib_sandbox)
		skip "$name passes under qemu" 'it asks the kernel for filters and process groups, which qemu does not pass on'
		continue
		;;
	esac
	output=$($qemu -L "$root" build/arm64/tests/$name 2>&1) && ok "$name passes under qemu" || {
		not_ok "$name passes under qemu"
		diag "$(printf '%s\n' "$output" | grep -v '  OK \| RUN ' | tail -n 20)"
	}
done
for program in kinc-init kincctl kincnet kinc-launch; do
	like "$program runs" "$($qemu -L "$root" build/arm64/bin/$program --version 2>&1; echo "status $?")" 'status 0'
done
check 'kinc-init checks the shipped units' \
	env KINC_CRI_SOCKET=/s $qemu -L "$root" build/arm64/bin/kinc-init --units init/units --units init/units/containerd --units init/units/kubelet-1.20 --units init/units/v1beta2 --check
is 'no recipe names an architecture' "$(grep -rlE 'amd64|x86_64' containerfile --include='Containerfile*')" ''
finish
