#!/bin/sh
# validation.sh DIR: the validation programs of opencontainers/runtime-tools,
# built in DIR, with crun alone and through kinc-crun: as root, and in a user
# namespace such as the node's. Prints those whose results differ: exit status,
# points passed and failed. docs/spec-conformance.md explains them.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/ground.sh"

if [ "${1:-}" = inner ]; then
	# Where crun finds control groups of both versions it takes neither.
	[ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified
	mount -t tmpfs none /run
	cd "$2" || exit 111
	for program in validation/*/*.t; do
		name=${program##*/}
		RUNTIME=$3 timeout 60 "$program" >/run/points 2>/dev/null </dev/null
		echo "${name%.t} $?,$(grep -c '^ok' /run/points),$(grep -c '^not ok' /run/points)" >>"$4"
	done
	exit
fi

[ -x "${1:-}/runtimetest" ] || { echo "usage: validation.sh DIR (of runtime-tools, built)" >&2; exit 100; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0777 "$work"
# Without a configuration it becomes /usr/bin/crun.
for runtime in /usr/bin/crun "$KINC_BUILD/bin/kinc-crun"; do
	name=${runtime##*/}
	unshare -m -p -f --mount-proc sh "$0" inner "$1" "$runtime" "$work/root-$name"
	ground_run "$0" inner "$1" "$runtime" "$work/namespace-$name"
done
for where in root namespace; do
	echo "$where: $(wc -l <"$work/$where-crun") programs"
	join "$work/$where-crun" "$work/$where-kinc-crun" |
		awk '$2 == $3 { same++ } $2 != $3 { print "  " $0 } END { print "  " same " are the same" }'
done
