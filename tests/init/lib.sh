# Sourced by tests/init/test_*.sh after ../lib.sh: kinc-init as PID 1 of a
# private pid, mount and user namespace.

work=$(mktemp -d /tmp/kinc-init-test.XXXXXX) || exit 111
trap 'rm -rf "$work"' EXIT
units=$work/units
mkdir -p "$units"
init=$KINC_BUILD/bin/kinc-init
ctl=$KINC_BUILD/bin/kincctl
# test_identities.sh has root do without a user namespace.
namespaces=${KINC_NAMESPACES:--Urpfm}

# unit NAME JSON
unit() { printf '%s\n' "$2" >"$units/$1.json"; }
no_units() { rm -f "$units"/*.json; }

# Runs inside the namespace, before kinc-init takes over as PID 1: private
# /run, /var/log and /etc/hosts. $work/inside is a script that runs beside it.
cat >"$work/enter" <<'ENTER'
mount -t tmpfs none /run && mount -t tmpfs none /var/log || exit 112
# What outlives a boot: the next one of the same test finds it again.
mkdir -p "$1/state" && mount -t tmpfs none /var/lib && mkdir /var/lib/kinc &&
	mount --bind "$1/state" /var/lib/kinc || exit 112
mkdir -p /run/kinc
cp /etc/hosts /run/hosts && mount --bind /run/hosts /etc/hosts || exit 112
mount -t tmpfs none /sys/fs/cgroup 2>/dev/null
work=$1
shift
[ ! -e "$work/prepare" ] || . "$work/prepare"
if [ -e "$work/inside" ]; then
	sh "$work/inside" >"$work/inside.out" 2>&1 &
fi
exec "$@"
ENTER

# boot [OPTION...]: kinc-init as PID 1 until it ends or 160 s passed. Its story
# is in $work/story, its stderr in $work/stderr, its status in $status.
# own_net=--net gives it a network of its own.
own_net=
boot() {
	timeout -s KILL 160 unshare $namespaces $own_net --mount-proc --kill-child \
		sh "$work/enter" "$work" "$init" --units "$units" "$@" \
		>"$work/story" 2>"$work/stderr" </dev/null
	status=$?
}

# A cgroup of our own, which becomes the root of a cgroup namespace. It is made
# in a private mount of the hierarchy and removed again.
cat >"$work/enclose" <<'EOF_ENCLOSE'
mount -t cgroup2 none /sys/fs/cgroup || exit 113
own=/sys/fs/cgroup/${1##*/}
mkdir "$own" && echo $$ >"$own/cgroup.procs" || exit 113
work=$1
shift
unshare -Cpfm --mount-proc --kill-child sh -c '
	umount /sys/fs/cgroup
	mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/kinc || exit 112
	mount -t tmpfs none /var/lib || exit 112
	mount -t cgroup2 none /sys/fs/cgroup || exit 113
	sh "$0/inside" >"$0/inside.out" 2>&1 &
	exec "$@"' "$work" "$@"
status=$?
echo $$ >/sys/fs/cgroup/cgroup.procs
for i in 1 2 3 4 5; do
	find "$own" -depth -type d -exec rmdir {} + 2>/dev/null && break
	sleep 0.2
done
exit $status
EOF_ENCLOSE
# enclosed [COMMAND...]: like boot, as root with real cgroups; COMMAND becomes PID 1.
enclosed() {
	[ $# -gt 0 ] || set -- "$init" --units "$units"
	timeout -s KILL 160 unshare -m sh "$work/enclose" "$work" "$@" \
		>"$work/story" 2>"$work/stderr" </dev/null
	status=$?
}

# cgroups_or_skip WHAT: the tests of WHAT are skipped where enclosed cannot work.
cgroups_or_skip() {
	[ "$(id -u)" -eq 0 ] && unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup &&
	mkdir /sys/fs/cgroup/kinc-init-probe.$$ && rmdir /sys/fs/cgroup/kinc-init-probe.$$' 2>/dev/null &&
		return
	skip "$1" 'no cgroup v2 hierarchy that could be written'
	finish
}

# inside <<EOF: what runs beside the next boot; it must end PID 1.
inside() {
	{
		printf 'ctl=%s\nwork=%s\n' "'$ctl --socket /run/kinc/control/kinc.sock'" "'$work'"
		cat <<'COMMON'
await() { # SECONDS COMMAND...; a loaded machine gets four times as many
	n=$(($1 * 80))
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || { echo "gave up waiting: $*"; return 1; }
		sleep 0.05
	done
}
# has FILTER COMMAND...: what COMMAND prints as JSON is so. `jq -e` alone calls it success
# when nothing was printed.
has() {
	filter=$1
	shift
	"$@" | jq -en "input | $filter"
}
status_has() { has "$1" $ctl status --json; }
state_is() { [ "$($ctl status --json | jq -r .state)" = "$1" ]; }
field() { $ctl status --json | jq -r ".units[] | select(.name == \"$1\") | .$2"; }
unit_is() { [ "$(field "$1" state)" = "$2" ]; }
COMMON
		cat
	} >"$work/inside"
}

# order A B: the story tells A (a regular expression) before B.
order() {
	a=$(grep -nE -- "$1" "$work/story" | head -n 1 | cut -d: -f1)
	b=$(grep -nE -- "$2" "$work/story" | head -n 1 | cut -d: -f1)
	[ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]
}
tells() { grep -Eq -- "$1" "$work/story"; }
# The whole of what was said is shown when it is not among it.
says() { grep -E -- "$1" "$work/inside.out" || { cat "$work/inside.out"; return 1; }; }

unshare $namespaces --mount-proc true 2>/dev/null || {
	skip 'kinc-init as PID 1' 'user namespaces are not allowed here'
	finish
}
