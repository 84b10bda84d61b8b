#!/bin/sh
# Each check of `doctor`: the one thing that it is about is broken, and it alone
# changes its mind. Files of /proc and /sys are replaced by bind mounts in the
# test's own mount namespace; podman is a script.
. "$(dirname -- "$0")/../lib.sh"
. "$KINC_TOP/tests/host/user.sh"

FAKE=$work/fake
mkdir -p "$FAKE/containers" "$FAKE/volumes" "$FAKE/bin" "$work/bin"
cp "$KINC_TOP/tests/host/fake_podman.sh" "$FAKE/bin/podman"
cp "$LAUNCH" "$work/kinc-launch"
chmod 0755 "$FAKE/bin/podman" "$work/kinc-launch"
: >"$FAKE/log"
chown -R $TEST_USER "$FAKE"
launch=$work/kinc-launch
# What doctor looks for, to be taken away one by one.
for program in newuidmap newgidmap slirp4netns; do
	cp /bin/true "$work/bin/$program"
	chmod u+s "$work/bin/$program"
done
for program in cat date dirname env sed sh sleep; do
	ln -s "$(command -v $program)" "$work/bin/$program"
done
path=$FAKE/bin:$work/bin

refuses 'as root without a user' 100 'doctor for whom' "$launch" doctor
refuses '--user of an ordinary user' 100 'user is for root' as $TEST_USER "$launch" doctor --user $TEST_USER
if ! "$launch" ground --user $TEST_USER -- true 2>"$work/stderr"; then
	skip 'everything that needs a ground' "$(cat "$work/stderr")"
	finish
fi
inside() {
	"$launch" ground --user $TEST_USER -- /usr/bin/env FAKE="$FAKE" FAKE_ROOT="$work" PATH="$path" "$@"
}
json() { inside "$@" "$launch" doctor --json; }
# replace PATH CONTENT: until it is unmounted.
replace() {
	replaced=$(mktemp "$work/replaced.XXXXXX")
	printf '%s\n' "$2" >"$replaced" && chmod 0644 "$replaced" && mount --bind "$replaced" "$1"
}
grade_of() { jq -r --arg check "$1" '.[] | select(.check == $check) | .grade + ": " + .mend'; }

# So that all is well, whatever machine this is.
replace /proc/meminfo 'MemAvailable:    4000000 kB'
replace /proc/filesystems 'nodev	overlay'
for limit in fs/inotify/max_user_instances kernel/keys/maxkeys user/max_user_namespaces; do
	replace /proc/sys/$limit 1000
done
json | jq -r '.[] | .check + " " + .grade' | sort >"$work/well"
is 'all is well but what this machine may lack' \
	"$(grep -v ' ok$\|^controllers \|^open-files ' "$work/well")" ''
is 'exit status' "$(inside "$launch" doctor >"$work/stdout"; echo $?)" 0
like 'the table' "$(cat "$work/stdout")" '^\+ podman +4\.3\.1 +4\.0$'
like 'its last line' "$(tail -n 1 "$work/stdout")" 'everything that a cluster needs is here'
tested=''

# breaks CHECK GRADE MEND COMMAND...: in what COMMAND prints, that check alone has
# changed, and those that cannot be told without it.
breaks() {
	check_name=$1 grade=$2 mend=$3
	shift 3
	tested="$tested $check_name"
	shown=$("$@")
	is "$check_name: named, and nothing else" \
		"$(printf '%s' "$shown" | jq -r '.[] | .check + " " + .grade' | sort | comm -13 "$work/well" - |
			grep -v ' unknown$')" "$check_name $grade"
	like "$check_name: the mend" "$(printf '%s' "$shown" | grade_of "$check_name")" "$mend"
}
# with PATH CONTENT COMMAND...
with() {
	with_path=$1
	replace "$1" "$2"
	shift 2
	"$@"
	umount "$with_path"
}
without() { # PROGRAM
	mv "$work/bin/$1" "$work/gone"
	json
	mv "$work/gone" "$work/bin/$1"
}

breaks kernel missing 'newer kernel' json /usr/bin/setarch --uname-2.6
breaks user-namespaces missing 'sysctl -w user.max_user_namespaces' with /proc/sys/user/max_user_namespaces 0 json
breaks podman missing 'Debian 12 has 4.3' json FAKE_VERSION=3.4.4
breaks id-programs missing 'install' without newuidmap
breaks id-programs missing 'install' without newgidmap
chmod u-s "$work/bin/newgidmap"
breaks id-programs missing "chmod u.s $work/bin/newuidmap $work/bin/newgidmap" json
setcap cap_setgid=ep "$work/bin/newgidmap"
like 'id-programs: with a capability instead' "$(json | grade_of id-programs)" '^ok'
open_to_others='/bin/chmod 0750 "$XDG_RUNTIME_DIR" && exec "$@"'
breaks runtime-directory missing 'kinc-launch ground' json sh -c "$open_to_others" -
breaks network-program missing 'install.*slirp4netns' without slirp4netns
breaks overlay warning 'modprobe overlay' with /proc/filesystems 'nodev	proc' json
breaks podman-info missing 'podman info' json FAKE_INFO='Error: broken'
breaks podman-info missing 'ordinary user' json FAKE_ROOTLESS=false
breaks podman-info missing 'kinc-launch ground' json FAKE_CGROUP=v1
breaks runtime warning 'install crun' json FAKE_RUNTIME=runc
breaks storage missing 'storage.conf' json FAKE_DRIVER=vfs
mkdir "$work/small" && mount -t tmpfs -o size=64k none "$work/small"
breaks disk warning 'podman system prune' json FAKE_ROOT="$work/small"
breaks memory warning 'end other programs' with /proc/meminfo 'MemAvailable:    1000 kB' json
breaks inotify warning 'sysctl -w fs.inotify' with /proc/sys/fs/inotify/max_user_instances 64 json
breaks keys warning 'sysctl -w kernel.keys' with /proc/sys/kernel/keys/maxkeys 100 json
breaks image warning 'make image' json FAKE_IMAGES='[]'

# What a ground would give or ask for, seen without one.
outside() {
	as $TEST_USER FAKE="$FAKE" FAKE_ROOT="$work" PATH="$path" "$@" "$launch" doctor --json
}
tested="$tested subuids subgids cgroup-v2 cgroup fuse tun user controllers open-files linger"
like 'subuids: none' "$(with /etc/subuid 'other:100000:65536' outside | grade_of subuids)" \
	'^missing: as root, .usermod --add-subuids 165536-231071 kinctest'
like 'subgids: none' "$(with /etc/subgid 'other:100000:65536' outside | grade_of subgids)" \
	'^missing: as root, .usermod --add-subgids 165536-231071 kinctest'
like 'cgroup: none is delegated' "$(outside | grade_of cgroup)" \
	'^missing: as root, .*(kinc-launch ground --user kinctest|loginctl enable-linger)'
mkdir "$work/empty"
mount --bind "$work/empty" /sys/fs/cgroup
like 'cgroup-v2: not there' "$(outside | grade_of cgroup-v2)" '^missing: .*kinc-launch ground'
umount /sys/fs/cgroup
for device in fuse net/tun; do
	: >"$work/device" && chmod 0600 "$work/device"
	mount --bind "$work/device" /dev/$device
	like "$device: closed to the user" "$(outside | grade_of ${device#*/})" "^missing: as root, .chmod 0666 /dev/$device"
	umount /dev/$device
done
mount --bind "$work/empty" /dev/net
like 'tun: not there' "$(outside | grade_of tun)" '^missing: as root, .modprobe tun'
umount /dev/net
# Of a container that its runtime keeps something from, in which no root can mend it.
mount -t tmpfs none /run && : >/run/.containerenv
contained() { as_options=--bounding-set=-sys_admin outside "$@"; }
tested="$tested container"
like 'container: as good as a host' "$(outside | grade_of container)" '^ok'
like 'container: what /proc has is covered' "$(contained | grade_of container)" \
	'^missing: .*podman run --security-opt=unmask=ALL'
like 'container: no namespaces' "$(contained /usr/bin/unshare --user --map-current-user --keep-caps sh -c \
	'echo 0 >/proc/sys/user/max_uts_namespaces && exec "$@"' - | grade_of container)" \
	'^missing: .*podman run --cap-add=SYS_ADMIN'
like 'container: no runtime directory' "$(contained env -u XDG_RUNTIME_DIR | grade_of runtime-directory)" \
	'^missing: .mkdir -m 0700'
like 'container: no cgroup' "$(contained | grade_of cgroup)" \
	'^missing: as root, .chown kinctest /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs .*threads.$'
mount --bind "$work/empty" /sys/fs/cgroup && mount -o remount,bind,ro /sys/fs/cgroup
like 'container: a cgroup that nobody can give' "$(contained | grade_of cgroup)" \
	'^missing: .*podman run --security-opt=unmask=ALL'
umount /sys/fs/cgroup
mount --bind "$work/empty" /dev/net
like 'container: no tun' "$(contained | grade_of tun)" '^missing: .*podman run --device=/dev/net/tun'
umount /dev/net /run
like 'fuse: open to everybody' "$(json | grade_of fuse)" '^ok'
cgroup=$(inside cat /proc/self/cgroup | sed -n 's/^0:://p')
delegated=$(inside sh -c "cat /sys/fs/cgroup${cgroup%/*}/cgroup.controllers" | grep -w cpu | grep -w memory | grep -cw pids)
is 'controllers: ok only where cpu, memory and pids are delegated' "$(sed -n 's/^controllers //p' "$work/well")" \
	"$([ "$delegated" = 1 ] && echo ok || echo warning)"
like 'open-files: below 64000' "$(json /usr/bin/prlimit --nofile=1000:1000 | grade_of open-files)" '^warning: .*limits.conf'
is 'open-files: ok only from 64000 on' "$(sed -n 's/^open-files //p' "$work/well")" \
	"$([ "$(inside sh -c 'ulimit -Hn')" -ge 64000 ] && echo ok || echo warning)"

# Of a host with systemd: a login, none, and what sudo and su make of one.
run=/run/user/$(id -u $TEST_USER) fake_run=$work/home/$TEST_USER/run
without_login="env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS"
socket() { perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die' "$1"; }
mount -t tmpfs none /run && mkdir -p /run/systemd/system "$fake_run" "$run"
chown $TEST_USER "$fake_run" "$run" && chmod 0700 "$fake_run" "$run"
tested="$tested user-bus"
like 'linger: off' "$(outside | grade_of linger)" '^warning: as root, .loginctl enable-linger kinctest'
like 'user-bus: no systemd of the user' "$(outside | grade_of user-bus)" \
	'^missing: as root, .loginctl enable-linger kinctest'
mkdir -p "$run/systemd" && socket "$run/systemd/private"
like 'user-bus: systemd without a bus' "$(outside $without_login | grade_of user-bus)" \
	'^missing: as root, .*install.* dbus-user-session.; then .systemctl --user start dbus.socket'
socket "$run/bus"
for setting in '' XDG_RUNTIME_DIR=/run/user/0 XDG_RUNTIME_DIR= "XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus"; do
	like "a caller's $setting: the user's own directory is taken" \
		"$(outside $without_login $setting | grade_of runtime-directory)" '^ok'
	like "a caller's $setting: the user's own bus too" \
		"$(outside $without_login $setting | grade_of user-bus)" '^ok'
done
like "an address of a bus that is not there" \
	"$(outside DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent,guid=1 | grade_of user-bus)" '^missing'
chown 0 "$run"
like "a directory of somebody else is not taken" "$(outside $without_login | grade_of runtime-directory)" \
	'^missing: as root, .loginctl enable-linger kinctest'
umount /run
mkdir -m 0700 "$work/closed" && mkdir "$work/strict"
printf '#!/bin/sh\ncd . && exec "%s/bin/podman" "$@"\n' "$FAKE" >"$work/strict/podman"
chmod 0755 "$work/strict/podman"
like 'in a folder that is closed to the user, as root'"'"'s home: podman is called in another' \
	"$(cd "$work/closed" && outside PATH="$work/strict:$path" | grade_of podman)" '^ok'
refuses 'user: root' 111 'user: root .*an ordinary' env PATH="$path" FAKE="$FAKE" "$launch" up
is 'every check has been broken' "$(printf '%s\n' $tested | sort -u | paste -sd' ')" \
	"$(cut -d' ' -f1 "$work/well" | sort -u | paste -sd' ')"

# --fix: printed for a person, done by root.
is '--fix prints the commands' "$(with /proc/sys/kernel/keys/maxkeys 1 inside "$launch" doctor --fix | grep -v '^#')" \
	'sysctl -w kernel.keys.maxkeys=2000'
printf '#!/bin/sh\necho "$*" >>%s/fixed\n' "$work" >"$work/bin/sysctl"
chmod 0755 "$work/bin/sysctl"
replace /proc/sys/kernel/keys/maxkeys 100
PATH=$work/bin:$FAKE/bin:$PATH "$launch" doctor --fix --user $TEST_USER >"$work/stdout" 2>"$work/stderr"
umount /proc/sys/kernel/keys/maxkeys
is '--fix by root runs them' "$(cat "$work/fixed")" '-w kernel.keys.maxkeys=2000'
like '--fix by root says so' "$(cat "$work/stderr")" 'runs .sysctl -w kernel.keys.maxkeys=2000'
check '--fix by root makes the ground that is missing' as $TEST_USER "$launch" enter -- true
like 'and shows what the user sees then' "$(cat "$work/stdout")" '^\+ cgroup +/.*kinc.kinctest/init'
"$launch" unground --user $TEST_USER >/dev/null
refuses '--fix for nobody known' 100 'no user kincnone' "$launch" doctor --fix --user kincnone
# The user's own podman was asked too, outside of any ground: its pause process stays.
for pid in $(pgrep -u $TEST_USER); do kill -KILL "$pid"; done
umount "$work/small" "${work:?}"/* 2>/dev/null
rm -rf "${work:?}"
finish
