#!/bin/sh
# A cluster as a unit of the user's systemd: what kinc-launch writes, that
# Podman's own generator takes it (KINC_QUADLET, or where Podman 4.4 and newer
# have it), and a cluster's life with it. Podman and systemctl are scripts.
. "$(dirname -- "$0")/../lib.sh"
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"
ip link set lo up

. "$KINC_TOP/tests/host/fake.sh"
fake_program systemctl <"$KINC_TOP/tests/host/fake_systemctl.sh"
: >"$FAKE/systemctl"
chmod 0666 "$FAKE/systemctl"
file=$home/.config/containers/systemd/kinc-dev-control-plane.container

with() { fake FAKE_VERSION=5.4.2 "$@"; }
quadlet() { with "$launch" --cluster dev quadlet "$@"; }
left() {
	find "$FAKE/containers" "$FAKE/volumes" "$home/.kube" "$home/.config/containers/systemd" -type f 2>/dev/null |
		sed "s|$work/||"
}

refuses 'quadlet of no verb' 100 'quadlet what\? print, install or remove' quadlet
refuses 'quadlet of another verb' 100 'quadlet what\?' quadlet enable
refuses 'Podman of Debian 12' 111 'podman version 4\.3\.1 reads no \.container files: that takes 4\.4 or newer' \
	with FAKE_VERSION=4.3.1 "$launch" --cluster dev quadlet install
refuses 'remove of an unknown cluster' 1 'no cluster dev' quadlet remove
is 'nothing was made so far' "$(left)" ''

# The same options as `up` uses, but for those that only a started one has.
quadlet print >"$work/printed"
is 'print: makes nothing' "$(left)" ''
as_options() {
	sed -n 's/^ContainerName=/--name=/p; s/^Volume=/--volume=/p; s/^Label=/--label=/p; s/^Environment=/--env=/p
		s/^PublishPort=/--publish=/p; s/^PodmanArgs="\(.*\)"$/\1/p; t; s/^PodmanArgs=//p' "$1" | tr -d '\\' |
		grep -v '^--pids-limit=' |
		sed "s|=%t|=$home/run|" | sort
}
as_options "$work/printed" >"$work/wanted"
if "$launch" ground --user $TEST_USER -- env FAKE="$FAKE" PATH="$path" XDG_RUNTIME_DIR="$home/run" \
	"$launch" --cluster dev --wait none >/dev/null 2>"$work/stderr"; then
	grep 'run --detach' "$FAKE/log" | tr ' ' '\n' | sed '1,/^--detach$/d; $d' |
		grep -v '^--cgroup-parent=\|^--health-interval=\|^--pids-limit=' | sort >"$work/options"
	check 'print: exactly the options of up' diff "$work/options" "$work/wanted"
	check 'print: up of the test did use options' test "$(wc -l <"$work/options")" -gt 20
	refuses 'install of one that runs' 1 'cluster dev is running: `kinc-launch --cluster dev stop` first' quadlet install
	with "$launch" --cluster dev down 2>/dev/null
else
	skip 'print: exactly the options of up' "no ground: $(tail -n 1 "$work/stderr")"
fi

# A configuration is part of the unit, and stays until another one is given.
printf 'image: localhost/kinc/node:v2\nmemory: 2g\nnetwork: pasta\nextraPortMappings: [{hostPort: 8080, containerPort: 80}]\n' >"$FAKE/config.yaml"
quadlet print --config "$FAKE/config.yaml" --cpus 1.5 >"$work/configured" 2>"$work/stderr"
is 'print --config' "$?:$(diff "$work/printed" "$work/configured" | sed -n 's/^> //p' |
	sed 's/--env=KINC_SYSTEM_RESERVED=[^;]*;//; /^Environment=KINC_SYSTEM_RESERVED/d' | paste -sd' ')" \
	'0:Image=localhost/kinc/node:v2 Label=io.kinc.options=--memory=2048m;--cpus=1.5;--network=pasta;--publish=127.0.0.1:8080:80/tcp PodmanArgs=--memory=2048m PodmanArgs=--cpus=1.5 PodmanArgs=--network=pasta PublishPort=127.0.0.1:8080:80/tcp'
echo 'network: past' >"$FAKE/config.yaml"
refuses 'a mistake in it' 100 'config.yaml:1:10: "past" is not known here; the nearest is "pasta"' \
	quadlet print --config "$FAKE/config.yaml"

generator=
for candidate in "${KINC_QUADLET:-}" /usr/libexec/podman/quadlet /usr/lib/podman/quadlet; do
	[ -n "$generator" ] || [ ! -x "$candidate" ] || generator=$candidate
done
quadlet install 2>"$work/stderr"
is 'install: exit status' $? 0
like 'install: said' "$(cat "$work/stderr")" 'kinc-dev-control-plane\.container is written: cluster dev, port 6444'
check 'install: what print prints' cmp "$work/printed" "$file"
is 'install: systemd reads it' "$(tail -n 1 "$FAKE/systemctl")" '--user daemon-reload'
if [ -n "$generator" ]; then
	QUADLET_UNIT_DIRS="${file%/*}" "$generator" -user -dryrun >"$work/unit" 2>"$work/stderr"
	is "Podman's generator takes it: exit status" $? 0
	is "Podman's generator takes it: nothing to say" "$(grep -v 'Loading source unit' "$work/stderr")" ''
	like 'its unit is ready when the node says so' "$(cat "$work/unit")" '^Type=notify$'
	like 'its unit runs' "$(cat "$work/unit")" '^ExecStart=.*/podman run --name kinc-dev-control-plane .*--sdnotify=container -d'
	for option in $(sed 's/^--name=.*//; s/^--\([a-z]*\)=\(.*\)/\2/' "$work/wanted"); do
		grep '^ExecStart=' "$work/unit" | tr -d '\\' | grep -qF -- "$(printf %s "$option" | sed "s|$home/run|%t|")" ||
			{ not_ok "its unit runs podman with $option" && diag "$(cat "$work/unit")"; }
	done
	like 'its unit makes the directory of the control socket' "$(cat "$work/unit")" '^RuntimeDirectory=kinc/dev$'
	like 'its unit starts at boot' "$(cat "$work/unit")" '^WantedBy=default\.target$'
else
	skip "Podman's generator takes it" 'this Podman has none: Debian 13 has; name one in KINC_QUADLET'
fi

# Its life.
state() { with "$launch" list --json | jq -r '.[] | select(.name == "dev") | "\(.state) \(.port) \(.pod_subnet)"'; }
is 'list knows one that has no container' "$(state)" 'installed 6444 10.244.44.0/24'
with FORCE_PORT=6444 "$launch" --cluster other quadlet print >/dev/null 2>"$work/stderr"
like 'its port is taken for others' "$(cat "$work/stderr")" 'port 6444 is taken by cluster dev'
like 'and its subnets' "$(with FORCE_PORT=8443 FAKE_NETWORKS='[{"name":"web","subnets":[{"subnet":"10.244.43.0/24"}]}]' \
	"$launch" --cluster other quadlet print 2>/dev/null)" 'pod-subnet=10\.244\.45\.0/24'
refuses 'exec in it' 1 'cluster dev is installed: .*start' with "$launch" --cluster dev exec
if "$launch" ground --user $TEST_USER -- true 2>"$work/stderr"; then
	inside() {
		"$launch" ground --user $TEST_USER -- env FAKE="$FAKE" PATH="$path" FAKE_VERSION=5.4.2 FAKE_INIT="$FAKE/init" \
			XDG_RUNTIME_DIR="$home/run" HOME="$home" "$@"
	}
	inside sh -c 'mkdir -p ~/.config/containers && : >>~/.config/containers/storage.conf'
	inside "$launch" --cluster dev --timeout 20 up >"$work/stdout" 2>"$work/stderr"
	is 'up starts the unit: exit status' $? 0
	like 'up starts the unit' "$(cat "$FAKE/systemctl")" '^--user start kinc-dev-control-plane\.service --no-block$'
	is 'and waits for the cluster' "$(cat "$work/stdout")" "$home/.kube/kinc-dev"
	is 'it runs' "$(jq -r .State "$FAKE/containers/kinc-dev-control-plane")" running
	refuses 'another image for it' 1 '`quadlet install` with --image or --config' inside "$launch" --cluster dev --image localhost/kinc/node:v2 up
	check 'stop stops the unit' inside "$launch" --cluster dev stop
	is 'its container is gone, and it is known' "$(state)" 'installed 6444 10.244.44.0/24'
	echo 'extraPortMappings: [{hostPort: 8081, containerPort: 80}]' >"$FAKE/config.yaml"
	refuses 'another configuration for it' 1 '`quadlet install` with --image or --config' \
		inside "$launch" --cluster dev --config "$FAKE/config.yaml" up
	check 'install with another configuration' quadlet install --config "$FAKE/config.yaml"
	check 'install with another image' quadlet install --image localhost/kinc/node:v2
	is 'its configuration is as it was' "$(grep '^PublishPort=.*:80/tcp' "$file")" 'PublishPort=127.0.0.1:8081:80/tcp'
	check 'start' inside "$launch" --cluster dev --timeout 20 start
	is 'it runs from that image' "$(jq -r .Image "$FAKE/containers/kinc-dev-control-plane")" localhost/kinc/node:v2
	with "$launch" --cluster dev stop 2>/dev/null
	inside FAKE_INIT= FAKE_FAILED=1 "$launch" --cluster dev --timeout 20 up >"$work/stdout" 2>"$work/stderr"
	is 'a unit that fails: exit status' $? 1
	like 'a unit that fails: said' "$(tail -n 1 "$work/stderr")" \
		'the unit of cluster dev failed: `journalctl --user --unit kinc-dev-control-plane`'
	with "$launch" --cluster dev stop 2>/dev/null
else
	skip 'life of a unit' "no ground: $(tail -n 1 "$work/stderr")"
fi
with touch "$FAKE/volumes/kinc-dev-var-data"
rm -rf "${home:?}/run/kinc/dev"
check 'remove' quadlet remove
check 'remove: what systemd removed is there again' test -d "$home/run/kinc/dev"
check 'remove: its file is gone' test ! -e "$file"
like 'remove: with its data it is an ordinary cluster, stopped' "$(state)" '^(created|exited) 6444 10\.244\.44\.0/24'
refuses 'remove twice' 1 'cluster dev is not a unit of systemd' quadlet remove
check 'install takes it over' quadlet install
is 'install: it has no container then' "$(state)" 'installed 6444 10.244.44.0/24'
refuses 'a systemd that refuses' 111 'systemctl --user stop kinc-dev-control-plane\.service: Failed to connect to bus' \
	with FAKE_SYSTEMCTL='Failed to connect to bus: No medium found' "$launch" --cluster dev quadlet remove
check 'down of a unit' with "$launch" --cluster dev down
is 'down leaves nothing' "$(left)" ''
fake_end
finish
