#!/bin/sh
# kinc-launch boot: what each init gets, that it runs as it should, and that it
# goes again. /etc is a copy; init's own programs are scripts.
. "$(dirname -- "$0")/../lib.sh"
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"

cp -a /etc "$work/machine" && mount --bind "$work/machine" /etc
. "$KINC_TOP/tests/host/fake.sh"
mkdir -p /etc/service /etc/cron.d
for program in systemctl rc-update kinc-launch; do
	printf '#!/bin/sh\necho "%s $*" >>%s\n' $program "$FAKE/calls" | fake_program $program
done
: >"$FAKE/calls"
chmod 0666 "$FAKE/calls"
number=$(id -u $TEST_USER)
fake_cluster exited

boot() { fake "$launch" --cluster dev boot "$@"; }
root_boot() { env FAKE="$FAKE" PATH="$path" "$launch" --cluster dev boot --user $TEST_USER "$@"; }
calls() { cat "$FAKE/calls" && : >"$FAKE/calls"; }
# as_stub FILE: with a kinc-launch that only notes its words.
as_stub() { sed "s|$launch|$FAKE/bin/kinc-launch|g" "$1"; }
started="kinc-launch ground --user $TEST_USER
kinc-launch enter --user $TEST_USER -- $FAKE/bin/kinc-launch --cluster dev start"
stopped="kinc-launch enter --user $TEST_USER -- $FAKE/bin/kinc-launch --cluster dev stop"

refuses 'boot of no verb' 100 'boot what\? print, install or remove' boot
refuses 'an init that is unknown' 100 'init launchd: it is one of systemd openrc runit cron' boot print --init launchd
refuses 'root, for nobody' 100 'as root, give --user USER' "$launch" boot print
refuses 'an unknown cluster' 1 'no cluster nope' fake "$launch" --cluster nope boot install
refuses 'an unknown user' 1 'no user nobody-here' root_boot print --user nobody-here
for init in openrc runit cron; do
	refuses "$init as the user" 111 "with $init that is for root: .kinc-launch --cluster dev boot install --init $init --user $TEST_USER" \
		boot install --init $init
	refuses "$init: nothing to remove" 1 'nothing starts it at boot' root_boot remove --init $init
done
refuses 'systemd as root' 100 'with systemd the user does that' root_boot install --init systemd
mkdir "$work/with space" && cp "$launch" "$work/with space/"
refuses 'a path that needs quotes' 100 'with space/kinc-launch" cannot be in a file that init reads' \
	"$work/with space/kinc-launch" boot print --init cron --user $TEST_USER
is 'nothing was made so far' "$(find /etc/init.d /etc/cron.d /etc/service -name 'kinc-*'; calls)" ''

# systemd: a unit of the user's.
unit=$home/.config/systemd/user/kinc-dev.service
check 'systemd: install' boot install --init systemd
is 'systemd: enabled' "$(calls | tail -n 1)" 'systemctl --user enable kinc-dev.service'
like 'systemd: starts it' "$(cat "$unit")" "^ExecStart=$launch --cluster dev start\$"
like 'systemd: at boot' "$(cat "$unit")" '^WantedBy=default\.target$'
if command -v systemd-analyze >/dev/null; then
	check 'systemd: its own check takes it' env XDG_RUNTIME_DIR="$work" HOME="$work" systemd-analyze --user --man=no verify "$unit"
else
	skip 'systemd: its own check takes it' 'no systemd-analyze here'
fi
like 'systemd: print tells the same' "$(boot print --init systemd)" "^ExecStop=$launch --cluster dev stop\$"
check 'systemd: remove' boot remove --init systemd
is 'systemd: disabled, and gone' "$(calls | tail -n 1):$(ls "${unit%/*}")" 'systemctl --user disable kinc-dev.service:'
as $TEST_USER mkdir -p "$home/.config/containers/systemd"
as $TEST_USER touch "$home/.config/containers/systemd/kinc-dev-control-plane.container"
refuses 'one that quadlet starts' 1 'unit of systemd by `quadlet`, which starts it at boot already' boot install --init systemd
rm -r "${work:?}/home/$TEST_USER/.config/containers"

# OpenRC: a script of functions.
script=/etc/init.d/kinc-$number-dev
check 'openrc: install' root_boot install --init openrc
is 'openrc: enabled' "$(calls | tail -n 1)" "rc-update add kinc-$number-dev default"
check 'openrc: may be run' test -x "$script"
as_stub "$script" >"$work/script"
in_openrc() { sh -c 'ebegin() { :; }; eend() { return $1; }; . "$1"; $2' - "$work/script" "$1"; }
in_openrc start
is 'openrc: start' "$(calls)" "$started"
in_openrc stop
is 'openrc: stop' "$(calls)" "$stopped"
check 'openrc: remove' root_boot remove --init openrc
is 'openrc: gone' "$(calls):$(ls /etc/init.d | grep kinc)" "rc-update delete kinc-$number-dev default:"

# runit: a folder with scripts.
service=/etc/sv/kinc-$number-dev
check 'runit: install' root_boot install --init runit
is 'runit: enabled' "$(readlink "/etc/service/kinc-$number-dev")" "$service"
check 'runit: install again' root_boot install --init runit
as_stub "$service/run" | sed 's/^exec sleep infinity/echo waits/' >"$work/script"
is 'runit: run starts it and waits' "$(sh "$work/script"; calls)" "waits
$started"
as_stub "$service/finish" >"$work/script"
sh "$work/script"
is 'runit: finish stops it' "$(calls)" "$stopped"
check 'runit: remove' root_boot remove --init runit
is 'runit: gone' "$(ls /etc/sv /etc/service)" '/etc/service:

/etc/sv:'

# cron: a line of /etc/cron.d.
line=/etc/cron.d/kinc-$number-dev
check 'cron: install' root_boot install --init cron
is 'cron: once, at boot, by root' "$(grep -c '^@reboot root ' "$line")" 1
like 'cron: a name that cron reads' "${line##*/}" '^[A-Za-z0-9_-]+$'
as_stub "$line" | sed -n 's/^@reboot root //p' >"$work/script"
sh "$work/script"
is 'cron: starts it' "$(calls)" "$started"
check 'cron: remove' root_boot remove --init cron
check 'cron: gone' test ! -e "$line"

with_completion() { bash -c '. "$1"; COMP_WORDS=(kinc-launch boot re) COMP_CWORD=2; _kinc_launch; echo "${COMPREPLY[*]}"' - "$1"; }
"$launch" completion bash >"$work/completion"
is 'completion in bash: its verbs' "$(with_completion "$work/completion")" remove

# The machine's own init is found out.
ran_by() { sed -n 's|^# \(/[^,]*\),.*|\1|p' | head -n 1; }
if [ ! -e /run/systemd/system ] && [ ! -e /run/openrc ]; then
	is 'no init of those: cron' "$(root_boot print | ran_by)" "$line"
	mount -t tmpfs none /run && mkdir /run/openrc
	is 'openrc is found' "$(root_boot print | ran_by)" "$script"
	mkdir -p /run/systemd/system
	is 'systemd is found' "$(boot print | ran_by)" "$unit"
	rm -r /run/openrc /run/systemd
	rm -r /etc/cron.d
	refuses 'none at all' 111 'neither systemd, OpenRC, runit nor cron is here: have root run' root_boot install
	umount /run
else
	skip 'the init of this machine' 'it is systemd or OpenRC already'
fi
umount /etc
fake_end
finish
