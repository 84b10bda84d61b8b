#!/bin/sh
# kinc-init --check --json, and kincctl check, which becomes it.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

unit cluster '{"type":"target","requires":["a"]}'
unit a '{"type":"service","exec":["true"],"after":["b"]}'
unit b '{"type":"oneshot","exec":["true"],"wanted_by":["cluster"]}'
unit spare '{"type":"oneshot","exec":["true"]}'
is 'the order as JSON' "$("$init" --check --json --units "$units" | jq -c '[.ok, (.units[] | select(.needed) | .name)]')" \
	'[true,"b","a","cluster"]'
is 'with what each waits for' \
	"$("$init" --check --json --units "$units" | jq -c '.units[] | select(.name == "a") | [.type, .after]')" '["service",["b"]]'
is 'kincctl check prints the same' "$("$ctl" check --json --units "$units")" "$("$init" --check --json --units "$units")"
is 'for people too' "$("$ctl" check --units "$units")" "$("$init" --check --units "$units")"

mkdir "$work/more:1:2"
printf '{\n  "after": ["nobody"],\n  "colour": 1\n}\n' >"$work/more:1:2/a.json"
output=$("$ctl" check --json --units "$units" --units "$work/more:1:2")
is 'faults: exit status' "$?" 100
is 'faults have a place' "$(printf '%s' "$output" | jq -c '[.ok, .faults[0].line, .faults[0].column]')" '[false,3,3]'
is 'and are as many as without --json' "$(printf '%s' "$output" | jq '.faults | length')" \
	"$("$ctl" check --units "$units" --units "$work/more:1:2" 2>&1 | wc -l)"
printf '{"mask":true}' >"$units/cluster.json"
is 'a fault without a place' "$("$ctl" check --json --units "$units" 2>&1 | jq -c '.faults[-1]')" \
	'{"message":"there is no unit \"cluster\" to reach"}'
like '--json alone' "$("$init" --json --units "$units" 2>&1; echo "exit $?")" 'exit 100'
"$init" --dot --json --units "$units" >/dev/null 2>&1
is '--json with --dot' "$?" 100
cp "$ctl" "$work/kincctl"
like 'without a kinc-init it says so' "$("$work/kincctl" check 2>&1; echo "exit $?")" 'cannot run .*kinc-init'
finish
