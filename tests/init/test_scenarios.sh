#!/bin/sh
# What other inits test and no other file here does: docs/init-peers.md says
# where each of their scenarios is.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# A chain of four: stopping the first stops all, nothing comes back by itself
unit cluster '{"type":"target","wants":["d"]}'
unit a '{"type":"service","exec":["sleep","1001"],"restart":{"policy":"always","delay_ms":10}}'
unit b '{"type":"service","exec":["sleep","1002"],"requires":["a"],"restart":{"policy":"always","delay_ms":10}}'
unit c '{"type":"service","exec":["sleep","1003"],"requires":["b"],"restart":{"policy":"always","delay_ms":10}}'
unit d '{"type":"service","exec":["sleep","1004"],"requires":["c"],"restart":{"policy":"always","delay_ms":10}}'
unit other '{"type":"target","requires":["c"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
$ctl stop a
for u in a b c d; do await 10 unit_is $u stopped; done && echo all stopped
sleep 0.5
echo "running: $(pgrep -cx sleep)"
$ctl start other && unit_is c ready && unit_is d stopped && echo only what it needs
kill -TERM 1
EOF_INSIDE
boot
check 'stopping the first of a chain stops all of it' says 'all stopped'
check 'and nothing of it comes back' says '^running: 0$'
check 'starting a set starts what it needs, not who needs that' says 'only what it needs'

# A service that restarts itself, a oneshot that gives orders during the boot
no_units
unit cluster '{"type":"target","requires":["self","tricks"]}'
unit self '{"type":"service","exec":["sh","-c","echo $$ >>/run/selves; if [ $(wc -l </run/selves) -lt 3 ]; then KINCCTL --socket /run/kinc/control/kinc.sock restart self; fi; exec sleep 1000"],"restart":{"delay_ms":10}}'
unit tricks '{"type":"oneshot","exec":["sh","-c","ctl=\"KINCCTL --socket /run/kinc/control/kinc.sock\"; $ctl status --json >/run/status; $ctl start extra && $ctl restart extra && $ctl stop extra && touch /run/tricked"]}'
unit extra '{"type":"service","exec":["sleep","1000"]}'
sed -i "s|KINCCTL|$ctl|g" "$units"/*.json
inside <<'EOF_INSIDE'
await 20 sh -c '[ $(wc -l </run/selves) -ge 3 ]' && echo restarted itself
await 10 state_is ready && echo ready
[ -e /run/tricked ] && jq -r '"while " + .state' /run/status
unit_is extra stopped && echo extra is stopped
kill -TERM 1
EOF_INSIDE
boot
check 'a service may restart itself' says 'restarted itself'
check 'and the boot ends well' says '^ready'
check 'a oneshot of the boot asks for status, and is answered' says '^while starting'
check 'and starts, restarts and stops another unit' says 'extra is stopped'

# Stopping what waits for its next try; a failing oneshot runs once
no_units
unit cluster '{"type":"target","wants":["crash","once"]}'
unit crash '{"type":"service","exec":["false"],"ready":[{"file":"/nope"}],"restart":{"delay_ms":60000,"max_delay_ms":60000}}'
unit once '{"type":"oneshot","exec":["sh","-c","echo ran >>/run/ran; exit 3"]}'
inside <<'EOF_INSIDE'
await 10 status_has '.units[]|select(.name=="crash" and .state=="waiting" and .restarts==1)' && echo waits
$ctl stop crash && unit_is crash stopped && echo stopped while it waited
$ctl start crash & starter=$!
await 10 status_has '.units[]|select(.name=="crash" and .restarts==2)' && echo started again
echo "$(wc -l </run/ran) run, $(field once state), $(field once exit)"
kill -TERM 1
wait $starter
EOF_INSIDE
boot
check 'what waits for its next try can be stopped' says 'stopped while it waited'
check 'and started' says 'started again'
check 'a oneshot that fails runs once' says '^1 run, failed, code 3'

# Order only; no cycle from wants; a target to restart; the environment of PID 1
no_units
unit cluster '{"type":"target","requires":["late"],"wants":["early"]}'
unit early '{"type":"oneshot","exec":["sleep","0.3"],"wants":["late"]}'
unit late '{"type":"oneshot","exec":["sh","-c","echo $GIVEN-${NOTIFY_SOCKET-none}-${LISTEN_FDS-none} >/run/given"],"after":["early","absent"]}'
unit absent '{"type":"oneshot","exec":["touch","/run/absent"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready && echo ready
cat /run/given
[ -e /run/absent ] || echo order starts nothing
$ctl restart cluster && await 10 state_is ready && echo target restarted
kill -TERM 1
EOF_INSIDE
GIVEN=given NOTIFY_SOCKET=/nowhere LISTEN_FDS=3 boot
check 'after and wants in opposite directions are no cycle' says '^ready'
check 'after is order' order 'early +done' 'late +starting'
check 'and starts nothing' says 'order starts nothing'
check 'the environment of PID 1 is given on, but what is meant for it' says '^given-none-none'
check 'a target can be restarted' says 'target restarted'

# Another target; what a crash leaves is gone before the next start; stop.exec
no_units
unit cluster '{"type":"target","requires":["fails"]}'
unit fails '{"type":"oneshot","exec":["false"]}'
unit rescue '{"type":"target","requires":["litter"]}'
unit litter '{"type":"service","exec":["sh","-c","echo started >>/run/litter; sleep 77 & wait"],"restart":{"delay_ms":10},"stop":{"exec":["sh","-c","echo stopped by its own program >/run/goodbye"]}}'
inside <<'EOF_INSIDE'
await 10 state_is ready && echo the other target
await 10 test -s /run/litter
kill -9 "$(field litter pid)"
await 10 sh -c '[ $(wc -l </run/litter) -ge 2 ]'
await 10 sh -c '[ "$(pgrep -cx sleep)" = 1 ]' && echo one child
unit_is fails stopped && echo the first one is left alone
$ctl stop litter
cat /run/goodbye
kill -TERM 1
EOF_INSIDE
boot --target rescue
check '--target boots another set' says 'the other target'
check 'without the units of the first' says 'left alone'
check 'what a crash leaves is ended' says 'one child'
check 'stop.exec runs at the stop' says 'stopped by its own program'

# Faults of files
no_units
unit cluster '{"type":"target","requires":["mute","lonely"]}'
unit mute '{"type":"service"}'
unit lonely '{"type":"oneshot","exec":["true"],"requires":["nobody"]}'
faults=$("$init" --check --units "$units" 2>&1)
like 'a service without a program is a fault' "$faults" 'mute.json:1:[0-9]+: .*exec'
like 'so is a unit that nobody has' "$faults" 'lonely.json:1:[0-9]+: .*nobody'
finish
