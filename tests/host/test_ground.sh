#!/bin/sh
# A real ground: cgroup, devices, mounts, rootless podman in it, and that
# nothing stays behind.
. "$(dirname -- "$0")/../lib.sh"
. "$KINC_TOP/tests/host/user.sh"

cp "$LAUNCH" "$work/kinc-launch"
chmod 0755 "$work/kinc-launch"
launch=$work/kinc-launch
chmod 0755 "$work/home"
mkdir -p "$work/image"
cp "$KINC_BUILD/bin/pause" "$work/image/pause" 2>/dev/null
user_id=$(id -u $TEST_USER)
podman='podman --cgroup-manager=cgroupfs --events-backend=file'
mounts_before=$(sort /proc/self/mountinfo)
devices_before=$(stat -c '%n %a %U' /dev/fuse /dev/net/tun)
tree=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
position=$(sed -n 's/^0:://p' /proc/self/cgroup)
controllers_before=$(cat "$tree$position/cgroup.subtree_control" 2>/dev/null)
# Other users may have grounds of their own meanwhile.
nothing_in_run() {
	! ls -d /run/kinc/ground/$TEST_USER.* /run/kinc/ground/kincother.* "/run/user/$user_id" 2>/dev/null
}
enter() { as $TEST_USER "$launch" enter -- "$@"; }

refuses 'ground without a user' 100 'ground for whom' "$launch" ground
refuses 'unground without a user' 100 'unground for whom' "$launch" unground
refuses 'ground for root' 100 'root is root' "$launch" ground --user root
refuses 'ground for a path' 100 'is not a user name' "$launch" ground --user ../x
refuses 'ground for nobody known' 111 'no user kincnone: create one' "$launch" ground --user kincnone
refuses 'ground without subordinate ids' 111 \
	'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 kincbare' "$launch" ground --user kincbare
refuses 'ground by an ordinary user' 111 'needs root: `sudo kinc-launch ground' \
	as $TEST_USER "$launch" ground --user $TEST_USER
refuses 'ground in no tree' 100 'root .*/none: No such file' \
	"$launch" ground --user $TEST_USER --root "$work/none"
refuses 'enter without a ground' 111 'no ground for kinctest .*kinc-launch ground --user kinctest' enter true
refuses 'unground without a ground' 1 'there is no ground for kinctest' "$launch" unground --user $TEST_USER
check 'a failed ground leaves nothing in /run' nothing_in_run

if ! flock "$work/lock" "$launch" ground --user $TEST_USER >"$work/stdout" 2>"$work/stderr"; then
	skip 'a real ground' "$(cat "$work/stderr")"
	finish
fi
ok 'ground'
check 'the server holds nothing of its caller' flock --nonblock "$work/lock" true
like 'ground again: says so' "$("$launch" ground --user $TEST_USER)" 'is there already'
is 'ids' "$(enter id -u)" "$user_id"
is 'runtime directory' "$(enter stat -c '%a %u' "/run/user/$user_id")" "700 $user_id"
is '/sys/fs/cgroup is v2' "$(enter stat -f -c %T /sys/fs/cgroup)" cgroup2fs
like 'stands in a cgroup of its own' "$(enter cat /proc/self/cgroup)" '^0::.*/kinc\.kinctest/init$'
own=/sys/fs/cgroup${position%/}/kinc.$TEST_USER
is 'the cgroup is the user'\''s' "$(enter stat -c %U "$own" "$own/cgroup.procs" "$own/init/cgroup.procs" | sort -u)" $TEST_USER
check 'may make cgroups' enter sh -c "mkdir $own/x && rmdir $own/x"
check 'may open /dev/fuse' enter sh -c ': <>/dev/fuse'
check 'may open /dev/net/tun' enter sh -c ': <>/dev/net/tun'
is 'root'\''s environment stays out' "$(KEEP_OUT=1 "$launch" enter --user $TEST_USER -- sh -c 'echo $KEEP_OUT$HOME')" "$work/home/$TEST_USER"
is 'status travels' "$(enter sh -c 'exit 7'; echo $?)" 7
is 'stdin and stdout travel' "$(echo word | enter cat)" word
is 'directory travels' "$(cd /usr && enter pwd)" /usr
is 'missing program' "$(enter /nonexistent 2>/dev/null; echo $?)" 127
refuses 'another user'\''s ground' 111 'not yours to enter' as kincother "$launch" enter --user $TEST_USER -- id

# Not through a function: the signal is for kinc-launch, not for a subshell.
"$launch" enter --user $TEST_USER -- sh -c 'trap "exit 9" TERM; echo on; while :; do sleep 0.1; done' >"$work/stdout" 2>/dev/null &
client=$!
wait_for 5 grep -q on "$work/stdout"
kill -TERM $client
wait $client
is 'signals travel' $? 9
"$launch" enter --user $TEST_USER -- sleep 4321 &
client=$!
wait_for 5 pgrep -u $TEST_USER -f 'sleep 4321'
kill -KILL $client
wait $client 2>/dev/null
ended_4321() { ! pgrep -u $TEST_USER -f 'sleep 4321'; }
check 'a killed client takes its command along' wait_for 10 ended_4321

if command -v podman >/dev/null; then
	like 'podman info' "$(enter $podman info 2>&1)" 'rootless: true'
	like 'podman stores by overlay' "$(enter $podman info 2>&1)" 'graphDriverName: overlay'
	is 'podman has nothing to warn about' "$(enter $podman info 2>&1 | grep -i level=)" ''
else
	skip 'podman info' 'podman is not installed'
fi
if command -v podman >/dev/null && [ -e "$work/image/pause" ]; then
	printf 'FROM scratch\nLABEL io.kinc.protocol=1\nCOPY pause /sbin/init\nCMD ["/sbin/init"]\n' >"$work/image/Containerfile"
	check 'podman build' enter $podman build -q -t localhost/kinc/node:test "$work/image"
	enter "$launch" --cluster one --timeout 1 --keep >/dev/null 2>&1
	like 'kinc-launch up, real podman: the node runs' "$(as $TEST_USER "$launch" list)" '^one +running +6[0-9]+'
	like 'the node has its own cgroup' "$(enter find "$own" -name 'libpod-*')" 'kinc-one/libpod-'
	is 'nothing else is in it' "$(enter sh -c "cat $own/kinc-one/libpod-*/cgroup.procs | wc -l")" 1
	port=$(as $TEST_USER "$launch" list | awk '$1 == "one" { print $3 }')
	is 'list and podman agree on the port' "$(enter $podman port kinc-one-control-plane)" "6443/tcp -> 127.0.0.1:$port"
	# The image's PID 1 takes no SIGTERM; waiting a minute for it proves nothing.
	enter $podman kill kinc-one-control-plane >/dev/null
	check 'down' as $TEST_USER "$launch" --cluster one down
	is 'down: no container' "$(enter $podman ps -aq)" ''
	is 'down: no volume' "$(enter $podman volume ls -q)" ''
	is 'down: no cgroup' "$(enter find "$own" -mindepth 1 -type d)" "$own/init"
	is 'down: no runtime directory' "$(enter ls "/run/user/$user_id" | grep kinc)" ''
	enter $podman run -d localhost/kinc/node:test >/dev/null
else
	skip 'a container in the ground' 'podman is not installed, or pause is not built'
fi

"$launch" enter --user $TEST_USER -- sh -c 'setsid sleep 4322 & sleep 4323' 2>/dev/null &
client=$!
wait_for 5 pgrep -u $TEST_USER -f 'sleep 4323'
check 'unground' "$launch" unground --user $TEST_USER
wait $client 2>/dev/null
is 'what runs when the ground ends is told' $? 111
gone() { ! pgrep -u $TEST_USER; }
check 'no process is left' wait_for 5 gone
check 'no cgroup is left' test ! -e "$tree${position%/}/kinc.$TEST_USER"
check 'nothing is left in /run' nothing_in_run
is 'the machine'\''s mounts are as they were' "$(sort /proc/self/mountinfo)" "$mounts_before"
is 'the parent'\''s controllers are as they were' \
	"$(cat "$tree$position/cgroup.subtree_control" 2>/dev/null)" "$controllers_before"
is 'the machine'\''s devices are as they were' "$(stat -c '%n %a %U' /dev/fuse /dev/net/tun)" "$devices_before"

# A ground for one command ends with it.
is 'command: status' "$("$launch" ground --user $TEST_USER -- sh -c 'sleep 4324 & exit 5'; echo $?)" 5
check 'command: what it left behind ends' wait_for 5 gone
check 'command: nothing is left in /run' nothing_in_run
refuses 'program that is not there' 111 'cannot run /nonexistent' \
	"$launch" ground --user $TEST_USER -- /nonexistent

# After a crash: a state file whose process is gone.
"$launch" ground --user $TEST_USER >/dev/null
kill -KILL "$(sed -n 's/.*"pid":[^0-9]*\([0-9]*\).*/\1/p' /run/kinc/ground/$TEST_USER.json)"
sleep 0.2
check 'a dead server is replaced' "$launch" ground --user $TEST_USER
is 'and the new one serves' "$(enter id -un)" $TEST_USER
check 'two users have grounds at once' "$launch" ground --user kincother
is 'each their own' "$(as kincother "$launch" enter -- id -un)" kincother
check 'unground one' "$launch" unground --user $TEST_USER
is 'the other stays' "$(as kincother "$launch" enter -- id -un)" kincother
check 'unground the other' "$launch" unground --user kincother
check 'nothing is left in /run' nothing_in_run

# The users' images belong to subordinate ids that only a user namespace maps.
for dir in "$work"/etc/*; do umount "/etc/${dir##*/}" 2>/dev/null; done
rm -rf "${work:?}"
finish
