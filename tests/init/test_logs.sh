#!/bin/sh
# Rotation of logs by size and count, kincctl log --since, completion.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

unit cluster '{"type":"target","requires":["much"],"wants":["two"]}'
unit much '{"type":"oneshot","exec":["sh","-c","yes 0123456789012345678901234567890123456789 | head -n 170000"]}'
unit two '{"type":"service","exec":["sh","-c","echo early; until [ -e /run/go ]; do sleep 0.05; done; echo late; exec sleep 100"]}'
# Old files as of earlier rotations; the next one moves each on by one.
cat >"$work/prepare" <<'EOF_PREPARE'
mkdir -p /var/log/kinc
for i in 1 2 3 4 5; do echo "old $i" >/var/log/kinc/much.log.$i; done
EOF_PREPARE
inside <<EOF_INSIDE
await 30 state_is ready
await 10 sh -c '\$0 log two | grep -q early' "$ctl"
sleep 0.01
since=\$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
touch /run/go
await 10 sh -c '\$0 log two | grep -q late' "$ctl"
\$ctl log two --since "\$since" >"\$work/since"
\$ctl log two --since "\$since" --json >"\$work/since.json"
\$ctl log two --since 1d >"\$work/all"
sleep 2.1
\$ctl log two --since 1s >"\$work/none"
\$ctl log two --since yesterday; echo "nonsense exits \$?"
PATH=\${ctl%/*}:\$PATH
cat >"\$work/complete" <<'EOF_COMPLETE'
. man/kincctl.bash
COMP_WORDS=(kincctl ch) COMP_CWORD=1; _kincctl; echo "command \${COMPREPLY[*]}"
COMP_WORDS=(kincctl log tw) COMP_CWORD=2; _kincctl; echo "unit \${COMPREPLY[*]}"
COMP_WORDS=(kincctl log two --si) COMP_CWORD=3; _kincctl; echo "option \${COMPREPLY[*]}"
EOF_COMPLETE
cd "$PWD" && PATH=${ctl%/*}:\$PATH bash "\$work/complete"
await 20 grep -q 0123 /var/log/kinc/much.log.1
cat /var/log/kinc/much.log.[2-5] >"\$work/old"
ls /var/log/kinc | grep much >"\$work/files"
\$ctl shutdown
EOF_INSIDE
boot
is 'orderly end' "$status" 0
is 'each old file has moved on, the oldest has gone' "$(tr '\n' ' ' <"$work/old")" 'old 1 old 2 old 3 old 4 '
is 'five old files are kept' "$(grep -c 'log\.[0-9]' "$work/files")" 5
is '--since leaves out what is older' "$(sed 's/^[^ ]* //' "$work/since")" late
is '--since with --json too' "$(jq -r .text "$work/since.json")" late
is '--since with a span' "$(sed 's/^[^ ]* //' "$work/all" | tr '\n' ' ')" 'early late '
is '--since with a span that is over' "$(cat "$work/none")" ''
check '--since refuses what is no time' says 'nonsense exits 100'
check 'commands are completed' says '^command chart check$'
check 'units are completed' says '^unit two$'
check 'options are completed' says '^option --signal --since$'
finish
