#!/bin/bash
# Time that kinc-crun adds to a container's creation, against bare crun and
# against a bash script that has jq make the same edits and then becomes crun.
# Medians of interleaved rounds, in one run.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/../wrapper/ground.sh"
rounds=${ROUNDS:-101}

if [ "${1:-}" != inner ]; then
	for tool in crun busybox jq; do
		command -v "$tool" >/dev/null || { echo "bench_wrapper: no $tool, not measured"; exit 0; }
	done
	make -s -C "$KINC_TOP" BUILD="$KINC_BUILD" "$KINC_BUILD/bench/bench_become" || exit 111
	ground_run "$0" inner
	exit
fi
# ground_run starts scripts by sh; the clock without a fork is bash's.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" inner
mount -t tmpfs none /run || exit 77
work=/run/bench
mkdir -p "$work/state" "$work/trace"
ground_bundle "$work/bundle"
# 11 KB, as a pod's spec has with its services in the environment.
jq '.process.terminal = false | .linux.namespaces |= map(select(.type != "user"))
	| del(.linux.uidMappings, .linux.gidMappings) | .process.args = ["/bin/busybox", "true"]
	| .process.env += [range(120) | "SERVICE_\(.)_PORT_8080_TCP_ADDRESS=tcp://10.43.0.\(.):8080"]
	| .process.oomScoreAdj = 998' <"$work/bundle/config.json" >"$work/unchanged.json"
# The same with what a static pod asks for and this namespace refuses.
jq '.process.oomScoreAdj = -998 | .process.rlimits[0] = {type: "RLIMIT_NOFILE", hard: 10000000, soft: 10000000}
	| .process.apparmorProfile = "cri-containerd.apparmor.d" | .process.user.additionalGids = [0, 4000000]
	| .linux.resources += {cpu: {shares: 51, period: 100000, quota: 5000}, memory: {limit: 33554432}, pids: {limit: 99}}' \
	<"$work/unchanged.json" >"$work/original.json"
cp "$work/original.json" "$work/bundle/config.json"

runtime() { printf '{"runtime": "%s", "trace": "%s"}\n' "$1" "$work/trace"; }
runtime "$(command -v crun)" >"$work/crun.json"
cat >"$work/predecessor" <<'SCRIPT'
#!/bin/bash
arguments=("$@")
for ((i = 0; i < ${#arguments[@]}; i++)); do
	if [ "${arguments[i]}" = --bundle ]; then bundle=${arguments[i + 1]}; fi
done
if [ -n "$bundle" ]; then
	read -r floor </proc/self/oom_score_adj
	jq --argjson floor "$floor" --argjson nofile "$(ulimit -Hn)" '
		.process.oomScoreAdj |= ([., $floor] | max) | del(.process.apparmorProfile)
		| .process.rlimits |= map(.hard |= ([., $nofile] | min) | .soft |= ([., $nofile] | min))
		| .process.user.additionalGids |= map(select(. < 65536))
		| del(.linux.resources.memory, .linux.resources.pids) | .linux.resources.cpu = {}' \
		"$bundle/config.json" >"$bundle/config.json.new" &&
		cp "$bundle/config.json.new" "$bundle/config.json"
fi
exec "${RUNTIME:-crun}" "$@"
SCRIPT
chmod +x "$work/predecessor"

# measure NAME COMMAND...: one round, its microseconds appended to NAME's list.
measure() {
	local name=$1 begin end
	shift
	begin=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1
	end=${EPOCHREALTIME/./}
	echo $((end - begin)) >>"$work/$name.us"
}
median() { sort -n "$work/$1.us" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# row NAME BASE TEXT
row() {
	awk -v own="$(median "$1")" -v base="$(median "$2")" -v name="$3" \
		'BEGIN { printf "%-58s %8.2f %8.2f %8.2f\n", name, own / 1000, (own - base) / 1000, own / base }'
}

create() { "$@" --root "$work/state" create --bundle "$work/bundle" c; }
kinc() { "$KINC_BUILD/bin/kinc-crun" --kinc-config "$work/crun.json" "$@"; }
RUNTIME=/bin/true "$work/predecessor" create --bundle "$work/bundle" c
theirs=$(jq -S . "$work/bundle/config.json")
cp "$work/original.json" "$work/bundle/config.json"
[ "$("$KINC_BUILD/bin/kinc-crun" --kinc-dry-run "$work/bundle" | jq -S .)" = "$theirs" ] ||
	{ echo "bench_wrapper: kinc-crun and bash+jq make different edits here, not measured"; exit 1; }
for ((round = 0; round < rounds; round++)); do
	cp "$work/unchanged.json" "$work/bundle/config.json"
	measure crun create crun
	crun --root "$work/state" delete --force c
	measure unchanged create kinc
	crun --root "$work/state" delete --force c
	cp "$work/original.json" "$work/bundle/config.json"
	measure changed create kinc
	crun --root "$work/state" delete --force c
	measure predecessor create "$work/predecessor"
	crun --root "$work/state" delete --force c
done 2>/dev/null

# The same without crun's own time: the wrapper becomes `true`.
runtime "/bin/true" >"$work/crun.json"
for ((round = 0; round < rounds; round++)); do
	cp "$work/original.json" "$work/bundle/config.json"
	measure true "/bin/true" --root "$work/state" create --bundle "$work/bundle" c
	measure least "$KINC_BUILD/bench/bench_become" /bin/true --root "$work/state" create --bundle "$work/bundle" c
	measure alone create kinc
	RUNTIME=/bin/true measure alone_predecessor create "$work/predecessor"
done 2>/dev/null

printf '%-58s %8s %8s %8s\n' "spec of $(wc -c <"$work/original.json") bytes, median of $rounds" ms "added ms" ratio
row crun crun 'crun create'
row unchanged crun 'kinc-crun create, nothing to change'
row changed crun 'kinc-crun create, five rules act, traced'
row predecessor crun 'bash+jq create'
row true true 'true'
row least true 'a program that only becomes true'
row alone true 'kinc-crun becoming true'
row alone_predecessor true 'bash+jq becoming true'
awk -v jq="$(($(median alone_predecessor) - $(median true)))" \
	-v own="$(($(median alone) - $(median true)))" \
	'BEGIN { printf "bash+jq adds %.1f times what kinc-crun adds\n", jq / own }'
