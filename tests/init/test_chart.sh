#!/bin/sh
# kincctl show, kill and chart.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

unit cluster '{"type":"target","requires":["last"],"wants":["quick","trap"]}'
unit first '{"type":"oneshot","exec":["sleep","0.4"]}'
unit quick '{"type":"oneshot","exec":["sleep","0.1"]}'
unit last '{"type":"oneshot","exec":["sleep","0.2"],"requires":["first","quick"]}'
unit trap '{"type":"service","exec":["sh","-c","trap \"touch /run/hup\" HUP; trap \"exit 3\" USR1; touch /run/set; while :; do sleep 0.05; done"],"ready":[{"file":"/run/set"}],"stop":{"mode":"process"},"restart":{"policy":"always","delay_ms":10}}'
unit never '{"type":"oneshot","exec":["true"]}'
# A boot of 60 units: each has its row.
for i in $(seq 54); do
	unit "row$i" '{"type":"oneshot","exec":["true"],"wanted_by":["cluster"]}'
done
inside <<'EOF_INSIDE'
await 20 state_is ready
$ctl chart --json >"$work/chart"
$ctl chart >"$work/chart.svg"; echo "chart exits $?"
$ctl show last >"$work/last"
$ctl show last --json >"$work/last.json"
$ctl show nobody; echo "show of nobody exits $?"
$ctl kill trap --signal HUP && await 5 test -e /run/hup && echo HUP came
$ctl kill trap --signal SIGNONE; echo "no signal exits $?"
$ctl kill first; echo "no process exits $?"
$ctl kill trap --signal USR1 --json
await 5 sh -c "[ \"\$($ctl show trap --json | jq .restarts)\" = 1 ]" && echo restarted by USR1
await 5 unit_is trap ready
$ctl chart --json >"$work/later"
for command in stop start restart; do $ctl $command trap --json; done >"$work/answers"
$ctl shutdown
EOF_INSIDE
boot
is 'orderly end' "$status" 0
bar() { jq -r ".units[] | select(.name == \"$1\") | $2" "$work/chart"; }
is 'the critical path is the slow chain' \
	"$(jq -c '[.units[] | select(.critical) | .name]' "$work/chart")" '["first","last","cluster"]'
is 'waiting and starting are told apart' \
	"$(bar last '(.started_ms - .queued_ms >= 400) and (.settled_ms - .started_ms >= 200)')" true
is 'what was never asked for is not in it' "$(bar never .name)" ''
is 'a later restart leaves the boot as it was' \
	"$(jq '[.units[] | select(.name == "trap") | .started_ms]' "$work/later")" \
	"$(jq '[.units[] | select(.name == "trap") | .started_ms]' "$work/chart")"
is 'a row for each unit' "$(grep -c 'class="name' "$work/chart.svg")" 59
check 'the picture is well-formed' python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/chart.svg"
check 'the critical path is marked' grep -q 'class="name critical">first<' "$work/chart.svg"
check 'chart exits 0' says 'chart exits 0'
check 'show prints what a unit waits for' grep -Eq '^after +first, quick$' "$work/last"
is 'show --json is the unit' "$(jq -r .name "$work/last.json")" last
check 'show of an unknown unit exits 1' says 'show of nobody exits 1'
check 'kill sends the signal' says 'HUP came'
check 'kill refuses what is no signal' says 'no signal exits 1'
check 'kill refuses a unit without process' says 'no process exits 1'
check 'kill ends a service, which restarts' says 'restarted by USR1'
check 'kill --json prints the answer' says '"ok":true'
is 'stop, start and restart print it too' "$(grep -c '"ok":true' "$work/answers")" 3
[ -z "${KEEP_CHART:-}" ] || cp "$work/chart.svg" "$KEEP_CHART"
finish
