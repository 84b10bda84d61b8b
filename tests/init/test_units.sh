#!/bin/sh
# Conflicts, conditions, templates and drop-ins at run time; --check and --dot.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# Starting a unit stops first what it conflicts with, whichever side says so
unit cluster '{"type":"target","requires":["blue"]}'
unit blue '{"type":"service","exec":["sh","-c","trap \"sleep 0.3; exit 0\" TERM; while :; do sleep 0.1; done"]}'
unit tie '{"type":"service","exec":["sleep","1000"],"requires":["blue"],"wanted_by":["cluster"]}'
unit green '{"type":"service","exec":["sleep","1000"],"conflicts":["blue"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl start green && await 10 unit_is green ready && unit_is blue stopped && unit_is tie stopped &&
	echo green for blue
$ctl start tie && await 10 unit_is tie ready && unit_is blue ready && unit_is green stopped &&
	echo blue for green
kill -TERM 1
EOF_INSIDE
boot
check 'starting a unit stops what it conflicts with, and who requires that' says 'green for blue'
check 'the other way round, as a dependency too' says 'blue for green'
check 'the one has gone before the other starts' order 'blue +stopped' 'green +starting'

# Conditions, and why they did not hold
no_units
all=''
condition() { # NAME JSON
	unit "$1" '{"type":"oneshot","exec":["true"],"condition":{'"$2"'}}'
	all="$all${all:+,}\"$1\""
}
condition env-set '"environment":["KINC_X","KINC_X=42"]'
condition env-other '"environment":["KINC_X=43"]'
condition env-unset '"environment":["NOT_THERE"]'
condition cap-held '"capability":["CAP_SYS_ADMIN"]'
condition cap-dropped '"capability":["CAP_SYS_ADMIN","CAP_SYS_TIME"]'
condition mounted '"mount":["/run","{{KINC_PROC}}"]'
condition unmounted '"mount":["/run","/run/kinc"]'
condition unmounted-missing '"mount":["/nowhere"]'
condition no-controller '"controller":["memory"]'
condition missing '"path_exists":["/nowhere"]'
unit cluster '{"type":"target","requires":['"$all"']}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
init_kept=$init
init="setpriv --bounding-set -sys_time $init"
cat >"$work/dropped" <<EOF_DROPPED
exec $init "\$@"
EOF_DROPPED
timeout -s KILL 40 unshare -Urpfm --mount-proc --kill-child \
	sh -c 'export KINC_X=42 KINC_PROC=/proc; exec sh "$0" "$@"' "$work/enter" "$work" \
	sh "$work/dropped" --units "$units" >"$work/story" 2>"$work/stderr" </dev/null
init=$init_kept
of() { jq -r ".units[] | select(.name == \"$1\") | .state + \" \" + .message" "$work/status"; }
is 'a variable with its value' "$(of env-set)" 'done '
is 'another value' "$(of env-other)" 'skipped KINC_X is "42" in the environment, not "43"'
is 'no such variable' "$(of env-unset)" 'skipped NOT_THERE is not in the environment'
is 'a capability' "$(of cap-held)" 'done '
is 'a capability that was dropped' "$(of cap-dropped)" 'skipped CAP_SYS_TIME is not in the bounding set'
is 'mount points' "$(of mounted)" 'done '
is 'a directory that is none' "$(of unmounted)" 'skipped /run/kinc is no mount point'
is 'a path that is not there' "$(of unmounted-missing)" \
	'skipped /nowhere is no mount point: No such file or directory'
is 'no hierarchy, no controller' "$(of no-controller)" \
	'skipped no controller "memory": there is no cgroup v2 hierarchy'
is 'a path' "$(of missing)" 'skipped there is no /nowhere'

# Templates and drop-ins
no_units
mkdir -p "$work/more"
unit cluster '{"type":"target","requires":["say@one","say@two"]}'
unit say@ '{"type":"oneshot","exec":["echo","{{INSTANCE}} of","{{KINC_X}}"]}'
echo '{"exec":["echo","{{INSTANCE}} overridden"]}' >"$work/more/say@two.json"
echo '{"wanted_by":["cluster"]}' >"$work/more/say@three.json"
inside <<'EOF_INSIDE'
await 10 state_is ready
for i in one two three; do $ctl log say@$i; done
$ctl start say@; echo "template $?"
kill -TERM 1
EOF_INSIDE
KINC_X=42 boot --units "$work/more"
check 'an instance is made for who names it' says 'one of 42$'
check 'a file of its own overrides its template' says 'two overridden$'
check 'a drop-in adds an instance' says 'three of 42$'
check 'a template is no unit' says '^template 1'

# --check tells all faults with their places; --dot draws what has none
no_units
unit cluster '{"type":"target","requires":["a"]}'
unit a '{"type":"oneshot","exec":["true"],"after":["b"]}'
unit b '{"type":"oneshot","exec":["true"],
 "requires":["a"]}'
faults=$("$init" --check --units "$units" 2>&1)
is 'a fault exits 100' "$?" 100
is 'the cycle has a place for each edge' "$faults" "dependency cycle: a -> b -> a
$units/a.json:1:44: \"a\" comes after \"b\"
$units/b.json:2:14: \"b\" requires \"a\""
unit b '{"type":"oneshot","exec":["true"]}'
like 'the order is printed' "$("$init" --check --units "$units")" '^  3 target   cluster  after a$'
"$init" --dot --units "$units" >"$work/graph"
is '--dot exits 0' "$?" 0
if command -v dot >/dev/null; then
	check 'dot reads the graph' dot -Tsvg -o /dev/null "$work/graph"
else
	is 'every line of the graph is well formed' "$(grep -Ecv \
		'^(digraph kinc \{|  rankdir=RL;|  "[^"]+"( -> "[^"]+")? \[.*\];|\})$' "$work/graph")" 0
fi
for flavour in containerd/kubelet-1.20/v1beta2 containerd/kubelet-1.22/v1beta4 crio/kubelet-1.22/v1beta4; do
	for dns in coredns dnsmasq; do
		rm -rf "$work/shipped" && mkdir "$work/shipped"
		cp "$KINC_TOP"/init/units/*.json "$work/shipped"
		for folder in $(echo $flavour | tr / ' '); do cp "$KINC_TOP/init/units/$folder"/*.json "$work/shipped"; done
		cp "$KINC_TOP/init/units/$dns"/*.json "$work/shipped"
		check "the shipped units $flavour $dns" "$init" --check --units "$work/shipped"
	done
done
# A new API server does not yet know all that its own start wrote: a role that
# was bound a moment ago, kube-system. What fails by that succeeds a moment later.
is 'what writes to the API server is tried again' "$(jq -r 'select(.type == "oneshot" and
	(.exec[0] | test("^kube(adm|ctl)$")) and (.exec | any(startswith("--timeout=")) | not) and
	(.requires | any(. == "apiserver" or . == "node-registered" or . == "upload-config")) and
	.restart.policy != "on-failure") | .description' "$KINC_TOP"/init/units/*.json "$KINC_TOP"/init/units/*/*.json)" ''
finish
