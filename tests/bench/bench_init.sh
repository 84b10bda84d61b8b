#!/bin/bash
# kinc-init against other programs for PID 1, each in namespaces and a cgroup of
# its own, in a Debian root of containerfile/packages/peers: the same tiny
# services (bench_service.c), in turns. Medians; the ratio is theirs to ours.
# dinit and s6-rc are no packages of Debian: DINIT=/path/to/dinit adds the one,
# S6_RC=/prefix of skalibs, execline, s6 and s6-rc the other.
# Usage: bench_init.sh [PEER...]     ROUNDS=5
. "$(dirname -- "$0")/../lib.sh"
rounds=${ROUNDS:-5}

if [ "$(id -u)" -ne 0 ]; then
	echo 'bench_init: not measured: systemd needs root to be PID 1 of a root of its own'
	exit 0
fi
# A mount namespace of our own: what is mounted here goes with us.
[ "${BENCH_INSIDE:-}" ] || BENCH_INSIDE=1 exec unshare -m "$0" "$@"
make -s -C "$KINC_TOP" BUILD="$KINC_BUILD" "$KINC_BUILD"/bench/bench_{service,watch} || exit 111
tar=$("$KINC_TOP/containerfile/build/root.sh" peers) || exit 111

work=$(mktemp -d /tmp/kinc-bench-init.XXXXXX) || exit 111
root=$work/root shared=$work/shared cgroups=$work/cgroups pid1=''
. "$(dirname -- "$0")/peers.sh"
clean() {
	[ -z "$pid1" ] || kill -9 "$pid1" 2>/dev/null
	wait
	umount "$shared" 2>/dev/null
	remove_cgroup
	umount "$cgroups" 2>/dev/null
	rm -rf --one-file-system "$work"
}
remove_cgroup() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -d "$own" ] || find "$own" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -d "$own" ] || return 0
		sleep 0.1
	done
}
mkdir "$root" "$shared" "$cgroups"
own=$cgroups/kinc-bench-$$
trap clean EXIT
trap 'exit 130' INT TERM
tar -C "$root" -xf "$tar" --exclude='./dev/*' || exit 111
mkdir -p "$root/bench"
mount -t cgroup2 none "$cgroups" || exit 111

# Becomes PID 1 in the root, with what a container has.
cat >"$work/enter" <<'ENTER'
root=$1 shared=$2 own=$3
shift 3
set -e
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc none proc
for place in run tmp dev sys; do mount -t tmpfs -o mode=755 none $place; done
mkdir -p run/kinc run/lock sys/fs/cgroup dev/shm
for node in null zero full random urandom; do
	: >dev/$node
	mount --bind /dev/$node dev/$node
done
mount -t cgroup2 none sys/fs/cgroup
mount --bind "$shared" bench
pivot_root . mnt
umount -l /mnt
exec /bench/bench_service pid1 "$@"
ENTER

# boot PEER N: $pid1 is its pid, out here.
boot() {
	local argv=argv_$1
	mount -t tmpfs -o mode=755 none "$shared"
	truncate -s $((1 << 16)) "$shared/slots"
	cp "$KINC_BUILD/bench/bench_service" "$shared/"
	"setup_$1" "$2"
	mkdir "$own"
	# shellcheck disable=SC2086 # a command line of words
	(
		echo $BASHPID >"$own/cgroup.procs"
		exec unshare -mpuiCf --kill-child sh "$work/enter" "$root" "$shared" "$own" ${!argv}
	) </dev/null >"$work/$1.log" 2>&1 &
	unshare=$!
	pid1=''
	for _ in $(seq 500); do
		pid1=$(cat "/proc/$unshare/task/$unshare/children" 2>/dev/null)
		pid1=${pid1%% *}
		[ -z "$pid1" ] || break
		sleep 0.01
	done
}
over() {
	[ -z "$pid1" ] || kill -9 "$pid1" 2>/dev/null
	wait "$unshare" 2>/dev/null
	pid1=''
	remove_cgroup
	umount "$shared"
}
watch() { "$KINC_BUILD/bench/bench_watch" "$shared/slots" "$@"; }
# note ROW PEER VALUE...: one result each.
note() {
	local row=$1 peer=$2
	shift 2
	for value in "$@"; do echo "$row $peer $value" >>"$work/results"; done
}
fault() { echo "bench_init: $1: $2; its log: $(tail -n 3 "$work/$1.log")" >&2; }

# The processes of the init: all of PID 1's namespace but the services.
processes() {
	local space
	space=$(readlink "/proc/$pid1/ns/pid")
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/ns/pid" 2>/dev/null)" = "$space" ] || continue
		case $(readlink "$process/exe") in */bench_service) continue ;; esac
		echo "${process#/proc/}"
	done
}
# rollup FIELDS PID...: KiB of the fields, a regular expression, of all of them.
rollup() {
	local fields=$1
	shift
	for process in "$@"; do cat "/proc/$process/smaps_rollup"; done |
		awk -v fields="^($fields):" '$1 ~ fields { sum += $2 } END { print sum + 0 }'
}
switches() {
	for process in "$@"; do cat "/proc/$process/status"; done |
		awk '/ctxt_switches/ { sum += $2 } END { print sum + 0 }'
}

measure_times() {
	local peer=$1 last=$last_slot signal=signal_$1 stopped
	case $peer in s6 | runit) last=-1 ;; esac
	boot "$peer" 100
	if note start "$peer" "$(watch start 100 $last)"; then
		sleep 1.5 # s6 and runit delay the restart of what is younger than a second
		# shellcheck disable=SC2046 # numbers
		note restart "$peer" $(watch kill "$pid1" 0 20 1)
		# shellcheck disable=SC2046
		[ "$round" -gt 2 ] || note again "$peer" $(watch kill "$pid1" 30 2 3 | tail -n +3)
		stopped=$(watch stop "$pid1" "${!signal}" 100) || fault "$peer" "did not stop"
		# shellcheck disable=SC2086
		set -- $stopped
		note stop "$peer" "$1"
		note end "$peer" "$2"
		[ "$3" = 100 ] || fault "$peer" "only $3 of 100 services got their SIGTERM"
	else
		fault "$peer" "did not start 100 services"
	fi
	over
}

measure_weight() {
	local peer=$1 count=20 all before after
	[ "$peer" != tini ] || count=1
	boot "$peer" $count
	if watch start $count -1 >/dev/null; then
		sleep 3 # what it does after the boot is done
		all=$(processes)
		# shellcheck disable=SC2086
		{
			before=$(switches $all)
			sleep 10
			after=$(switches $all)
			note wakeups "$peer" $((after - before))
			note processes "$peer" "$(echo $all | wc -w)"
			note rss "$peer" "$(rollup Rss $all)"
			note pss "$peer" "$(rollup Pss $all)"
			note private "$peer" "$(rollup 'Private_Clean|Private_Dirty' $all)"
		}
		note rss1 "$peer" "$(rollup Rss "$pid1")"
		note pss1 "$peer" "$(rollup Pss "$pid1")"
		note private1 "$peer" "$(rollup 'Private_Clean|Private_Dirty' "$pid1")"
	else
		fault "$peer" "did not start $count services"
	fi
	over
}

peers=${*:-kinc plain systemd s6 s6rc runit dinit tini}
# without PEER PROGRAM VARIABLE: not measured unless PROGRAM is there
without() {
	case " $peers " in *" $1 "*) ;; *) return ;; esac
	[ -x "$2" ] && return
	echo "$1: not measured: no package of Debian, and $3 names none"
	peers=$(echo " $peers " | sed "s/ $1 / /")
}
without dinit "${DINIT:-}" DINIT
without s6rc "${S6_RC:-}/bin/s6-rc" S6_RC
for ((round = 1; round <= rounds; round++)); do
	for peer in $peers; do
		[ "$peer" = tini ] || measure_times "$peer"
		[ $round -gt 2 ] || measure_weight "$peer"
	done
done

printf 'load %s, %s rounds\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$rounds"
for peer in $peers; do printf '%s %s  ' "$peer" "$("version_$peer")"; done
echo
awk -v peers="$peers" '
function median(list,   n, v, i, j, t) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
	return n ? v[int((n + 1) / 2)] : ""
}
function row(name, key, unit,   i, ours, value) {
	printf "%-44s", name
	ours = median(all[key, "kinc"])
	for (i = 1; i <= count; i++) {
		value = median(all[key, names[i]])
		if (value == "") { printf " %17s", "-"; continue }
		printf " %9.*f", unit == 1 ? 0 : 2, value / unit
		if (names[i] == "kinc" || ours + 0 == 0) printf " %7s", ""
		else printf " %6.1fx", value / ours
	}
	print ""
}
{ all[$1, $2] = all[$1, $2] " " $3 }
END {
	count = split(peers, names, " ")
	printf "%-44s", ""
	for (i = 1; i <= count; i++) printf " %9s %7s", names[i], ""
	print ""
	row("ms until 100 services are ready", "start", 1000)
	row("ms from kill -9 to the next start", "restart", 1000)
	row("ms, the same of one younger than a second", "again", 1000)
	row("ms until 100 services had their SIGTERM", "stop", 1000)
	row("ms until all, PID 1 too, had ended", "end", 1000)
	row("idle, 20 services: processes of the init", "processes", 1)
	row("  RSS of all of them, KiB", "rss", 1)
	row("  PSS", "pss", 1)
	row("  private", "private", 1)
	row("  RSS of PID 1 alone, KiB", "rss1", 1)
	row("  PSS", "pss1", 1)
	row("  private", "private1", 1)
	row("  wake-ups in 10 s", "wakeups", 1)
}' "$work/results"
strip -o "$work/stripped" "$KINC_BUILD/bin/kinc-init"
printf 'kinc-init, stripped: %s bytes\n' "$(stat -c %s "$work/stripped")"
echo 'plain is kinc-init without cgroups. s6 and runit have no order of services: their start ends when the last one began; tini has one child.'
