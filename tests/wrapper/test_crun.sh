#!/bin/sh
# kinc-crun with real crun, in a user namespace such as the node's.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/ground.sh"

if [ "${1:-}" != inner ]; then
	for tool in crun busybox jq setpriv unshare; do
		command -v "$tool" >/dev/null || { skip "kinc-crun with real crun" "no $tool"; finish; }
	done
	ground_run "$0" inner
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "kinc-crun with real crun" "no user namespace with a cgroup2 mount here"
		status=0
	fi
	exit "$status"
fi

mount -t tmpfs none /run || exit 77
work=/run/test
mapped=$(awk '{ ids += $3 } END { print ids }' /proc/self/uid_map)
kinc=$KINC_BUILD/bin/kinc-crun
mkdir -p "$work/trace" "$work/state"
printf '{"runtime": "%s", "log": "%s", "trace": "%s"}\n' "$(command -v crun)" \
	"$work/wrapper.log" "$work/trace" >"$work/crun.json"
crun() { command crun --root "$work/state" "$@"; }
wrapped() { "$kinc" --kinc-config "$work/crun.json" --root "$work/state" "$@"; }
# No user but root owns the cgroup that it is in.
manager=
[ -w /sys/fs/cgroup/cgroup.procs ] || manager=--cgroup-manager=disabled
wrapped_create() { wrapped $manager create --bundle "$work/bundle" "$@"; }

ground_bundle "$work/bundle"
cp "$work/bundle/config.json" "$work/plain.json"
# spec JQ-EXPRESSION [JQ-OPTION...]: a spec for the bundle, whose process sleeps.
spec() {
	expression=$1
	shift
	jq '.process.terminal = false | .process.noNewPrivileges = false
		| .linux.namespaces |= map(select(.type != "user"))
		| del(.linux.uidMappings, .linux.gidMappings) | .root.readonly = false
		| .process.args = ["/bin/busybox", "sleep", "1000"] | '"$expression" "$@" \
		<"$work/plain.json" >"$work/bundle/config.json"
}
in_container() { crun exec c /bin/busybox "$@"; }
# As check, for what leaves a process behind that keeps stdout open.
succeeds() {
	succeeds_what=$1
	shift
	"$@" >"$work/out" 2>&1
	is "$succeeds_what" "$? $(cat "$work/out")" "0 "
}
end() { crun delete --force c >/dev/null 2>&1; }

# What a static pod's spec asks for, and this kernel refuses.
spec '.process.oomScoreAdj = -998
	| .process.rlimits = [{type: "RLIMIT_NOFILE", hard: 18446744073709551615, soft: 1024}]
	| .linux.resources = {memory: {limit: 104857600}, cpu: {shares: 512, cpus: "0"}, pids: {limit: 99}, unified: {"memory.high": "1000000"},
		hugepageLimits: [{pageSize: "2MB", limit: 0}], devices: [{allow: false, access: "rwm"}]}
	| .linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3}, {path: "/dev/absent", type: "c", major: 99, minor: 9}]
	| .process.apparmorProfile = "cri-o-default"'
# jq 1.6 spoils the number, which is one reason for kinc-crun.
sed -i 's/1844674407370955[0-9]*/18446744073709551615/' "$work/bundle/config.json"
before=$(sha256sum <"$work/bundle/config.json")
if crun $manager create --bundle "$work/bundle" c >"$work/out" 2>&1; then
	not_ok "bare crun refuses the spec"
else
	ok "bare crun refuses the spec: $(head -n 1 "$work/out")"
fi
end
export NOTIFY_SOCKET=/nowhere
wrapped_create c >"$work/out" 2>&1
is "create through kinc-crun succeeds" "$?" 0
is "nothing is written to stdout or stderr" "$(cat "$work/out")" ""
is "the bundle's config.json is untouched" "$(sha256sum <"$work/bundle/config.json")" "$before"
like "a trace tells which rules acted" "$(jq -c '[.id, .rules]' "$work/trace/c.json")" \
	'^\["c",\["oom-score","limits","resources","devices"'
is "the trace is private" "$(stat -c %a "$work/trace/c.json")" 600
like "the log has the same line" "$(jq -r .id "$work/wrapper.log")" '^c$'
is "the container is created" "$(crun state c | jq -r .status)" created
check "start returns at once although NOTIFY_SOCKET was set" timeout 10 "$kinc" \
	--kinc-config "$work/crun.json" --root "$work/state" start c
unset NOTIFY_SOCKET
pid=$(crun state c | jq -r .pid)
is "OOM score of the container is the floor" "$(cat "/proc/$pid/oom_score_adj")" \
	"$(cat /proc/self/oom_score_adj)"
is "the spec's memfd does not reach the container" \
	"$(find "/proc/$pid/fd" -lname '*memfd*' 2>/dev/null | wc -l)" 0
is "the hard limit is the one that is there" \
	"$(awk '/^Max open files/ { print $5 }' "/proc/$pid/limits")" "$(ulimit -Hn)"
is "exec works" "$(wrapped exec c /bin/busybox echo hello 2>&1)" hello
is "the kept device is there, the absent one is not" \
	"$(in_container sh -c 'test -c /dev/null && echo kept; test -e /dev/absent || echo absent')" \
	"kept
absent"

# exec --process takes a process object, not a config.
jq '.process | .args = ["/bin/busybox", "cat", "/proc/self/oom_score_adj"] | .oomScoreAdj = -999' \
	<"$work/plain.json" | jq '.terminal = false' >"$work/process.json"
is "exec --process is edited, too" "$(wrapped exec --process "$work/process.json" c 2>&1)" \
	"$(cat /proc/self/oom_score_adj)"
is "exec -pFILE is understood" "$(wrapped exec "-p$work/process.json" c 2>&1)" \
	"$(cat /proc/self/oom_score_adj)"
wrapped delete c >/dev/null 2>&1
check "the trace stays when delete refuses a running container" test -e "$work/trace/c.json"
check "kill" wrapped kill c KILL
wait_for 5 sh -c "! kill -0 $pid"
check "delete" wrapped delete --force c
check "the trace goes with the container" test ! -e "$work/trace/c.json"

# Options in the orders that conmon, CRI-O, containerd's shim and Podman use.
spec '.process.oomScoreAdj = -997'
order() {
	order_what=$1
	shift
	succeeds "create: $order_what" wrapped $manager "$@"
	is "  is edited" "$(crun state c | jq -r .pid | sed 's,.*,/proc/&/oom_score_adj,' |
		xargs cat 2>&1)" "$(cat /proc/self/oom_score_adj)"
	end
}
order "conmon" create --bundle "$work/bundle" --pid-file "$work/pid" --no-pivot c
order "containerd's shim" --log "$work/crun.log" --log-format json create \
	--bundle "$work/bundle" --pid-file "$work/pid" --no-new-keyring c
order "--bundle=" --log-format=json --log="$work/crun.log" create --bundle="$work/bundle" c
order "-b and --" create -b "$work/bundle" -- c
order "--config elsewhere" create -f "$work/bundle/config.json" -b "$work/bundle" c
order "--preserve-fds" create --preserve-fds 2 -b "$work/bundle" c
LISTEN_FDS=1 wrapped_create --preserve-fds 1 c >/dev/null 2>&1 3</dev/null 4</dev/zero
crun start c
pid=$(crun state c | jq -r .pid)
wait_for 5 sh -c "readlink /proc/$pid/exe | grep -q busybox"
is "descriptors for the container arrive, and no other" \
	"$(find "/proc/$pid/fd" -type l -printf '%f %l\n' | awk '$1 > 2 { print $2 }' | sort | paste -sd' ')" \
	"/dev/null /dev/zero"
end
(cd "$work/bundle" && wrapped $manager create c) >/dev/null 2>&1
is "create: bundle is the current directory" "$(crun state c | jq -r .status)" created
end

# A log that others made a link is not written to, and no container fails for it.
: >"$work/victim"
ln -s victim "$work/linked.log"
sed 's,wrapper[.]log,linked.log,' "$work/crun.json" >"$work/linked.json"
succeeds "create: the log is a link" "$kinc" --kinc-config "$work/linked.json" --root "$work/state" $manager \
	create --bundle "$work/bundle" c
is "  which is not followed" "$(cat "$work/victim")" ""
end

# Guaranteed, Burstable, BestEffort keep their order.
scores=
for score in -997 998 1000; do
	spec ".process.oomScoreAdj = $score"
	wrapped_create c >/dev/null 2>&1 && pid=$(crun state c | jq -r .pid) &&
		scores="$scores $(cat "/proc/$pid/oom_score_adj")"
	end
done
is "OOM scores keep their order" "$scores" " $(cat /proc/self/oom_score_adj) 998 1000"

# A node with few capabilities: setpriv stands for Podman's bounding set.
spec '.process.capabilities |= map_values(["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_KILL", "CAP_SYS_TIME"])
	| .process.capabilities.ambient = []'
few() { setpriv --bounding-set=-sys_resource,-sys_time --inh-caps=-all "$@"; }
few "$(command -v crun)" --root "$work/state" $manager create --bundle "$work/bundle" c \
	>"$work/out" 2>&1
like "bare crun refuses capabilities that the node lacks" "$? $(cat "$work/out")" '^1 .*(cap|perm)'
end
succeeds "kinc-crun removes them" few "$kinc" --kinc-config "$work/crun.json" --root "$work/state" \
	$manager create --bundle "$work/bundle" c
crun start c
pid=$(crun state c | jq -r .pid)
is "and keeps the others (CAP_CHOWN, CAP_KILL)" \
	"$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" 0000000000000021
end

if [ "$mapped" -gt 1000 ]; then
	spec '.process.user = {uid: 1000, gid: 1000, additionalGids: [1000, 4000000]}'
	succeeds "a mapped user, an unmapped group" wrapped_create c
	crun start c
	pid=$(crun state c | jq -r .pid)
	is "runAsUser 1000 is 1000 inside" \
		"$(awk '/^(Uid|Gid|Groups)/ { print $2 }' "/proc/$pid/status" | tr '\n' ' ')" \
		"1000 1000 1000 "
	end
else
	skip "runAsUser 1000 is 1000 inside" "an ordinary user maps only one id"
fi

# A restricted pod, with the profile that CRI-O made of RuntimeDefault.
jq '.linux.seccomp' <"$KINC_TOP/tests/wrapper/specs/crio-restricted.json" >"$work/seccomp.json"
spec '.root.readonly = true | .process.noNewPrivileges = true | .process.oomScoreAdj = -997
	| .process.capabilities |= map_values([]) | .process.capabilities.bounding = ["CAP_NET_BIND_SERVICE"]
	| .linux.seccomp = $seccomp[0]' --slurpfile seccomp "$work/seccomp.json"
succeeds "a restricted pod" wrapped_create c
crun start c
pid=$(crun state c | jq -r .pid)
is "its capabilities are those that it asked for" \
	"$(awk '/^Cap(Prm|Eff|Bnd|Amb)/ { print $2 }' "/proc/$pid/status" | paste -sd' ')" \
	"0000000000000000 0000000000000000 0000000000000400 0000000000000000"
is "it has no_new_privs and a seccomp filter" \
	"$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$pid/status" | paste -sd' ')" "1 2"
like "its root is read-only" "$(in_container touch /here 2>&1)" 'Read-only file system'
like "what the profile forbids is forbidden" "$(in_container unshare -U true 2>&1)" 'Operation not permitted|Function not implemented'
end
spec '.'
wrapped_create c >/dev/null 2>&1 && crun start c
check "and allowed without it" in_container unshare -U true
end

spec '.process.user = {uid: 70000000, gid: 0}'
: >"$work/crun.log"
wrapped $manager --log "$work/crun.log" --log-format json create --bundle "$work/bundle" c \
	>"$work/out" 2>&1
is "an unmapped runAsUser is refused" "$?" 1
like "with a sentence" "$(cat "$work/out")" '^kinc-crun: this node cannot run a process as uid 70000000'
like "which is in the log that containerd reads" "$(jq -r '.level + " " + .msg' "$work/crun.log")" \
	'^error kinc-crun: this node cannot run'
check "nothing is left of it" sh -c "! '$(command -v crun)' --root '$work/state' state c"

# A container with a user namespace of its own has all capabilities in there.
if [ "$mapped" -gt 1000 ]; then
	spec '.process.capabilities |= map_values(["CAP_SYS_TIME"]) | .process.capabilities.ambient = []
		| .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 1, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	is "nothing is taken from a pod with its own user namespace" \
		"$(few "$kinc" --kinc-explain "$work/bundle")" "nothing would be changed"
fi

# Everything else is crun's, word for word.
same() {
	command crun "$@" >"$work/theirs" 2>&1
	theirs=$?
	"$kinc" --kinc-config "$work/crun.json" "$@" >"$work/ours" 2>&1
	is "crun $* is passed through" "$? $(cat "$work/ours")" "$theirs $(cat "$work/theirs")"
}
same --version
same --root "$work/state" list
same --root "$work/state" state no-such
same --root "$work/state" frobnicate
same --root "$work/state" create --no-such-option c
same --root "$work/state" create --bundle /no-such c
same --root "$work/state" delete no-such
end
finish
