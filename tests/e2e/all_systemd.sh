#!/bin/sh
# Debian 13, Podman 5 and the user's systemd: Podman's own generator makes a unit
# of a cluster; systemd starts it, knows when it is Ready, stops it, and starts
# it again after a reboot. So does the unit of `boot`. The node image comes from
# the simulated host of Debian 12.
#
# There is no systemd of the machine: the user's is told at its start that there
# is one. At first kinc-launch is not, and control groups are its own; in session.sh
# it is, and so is Podman: systemd makes scopes of the containers.
set -u
# Podman's --cgroups=split wants every hierarchy that /proc/self/cgroup names, those of version 1 too,
# unless it is in the root of that: in a cgroup namespace it is.
[ "$(id -u)" -ne 0 ] || [ -n "${KINC_TEST_CGROUPNS:-}" ] || KINC_TEST_CGROUPNS=1 exec unshare --cgroup "$0"
. "$(dirname -- "$0")/lib.sh"
host_begin
image_make
image_keep
host_bare host13
# Podman's units wait for the network, which they ask a system manager for: here is none.
mkdir -p "$home/.config/systemd/user"
ln -s /dev/null "$home/.config/systemd/user/podman-user-wait-network-online.service"
chown -Rh "$uid:$uid" "$home"
unit=kinc-dev-control-plane.service

# boot: the user's systemd begins, in a control group of its own, as after a login.
boot() {
	host_start
	ground=$(jq -r .pid "/run/kinc/ground/$user.json")
	mkdir -p "/proc/${ground:?}/root/run/systemd/system"
	in_host sh -c 'mkdir "/sys/fs/cgroup/kinc.$USER/manager"
		(echo 0 >"/sys/fs/cgroup/kinc.$USER/manager/cgroup.procs"
			exec setsid /usr/lib/systemd/systemd --user </dev/null >/tmp/systemd.log 2>&1) &'
	wait_for 30 in_host systemctl --user show-environment || die 'no systemd of the user'
	rmdir "/proc/${ground:?}/root/run/systemd/system"
}
reboot() { host_stop && boot; }
is_ready() { in_host $ours --cluster dev status; }
# The user's file outlives the node, and so must what it says of the certificates.
kept() { in_host kubectl --context kinc-dev get configmap kept -o 'jsonpath={.data.word}' 2>&1; }

boot
check 'the image is there' in_host sh -c 'podman load --quiet' <"$archive"
# The node is told what the file says, whoever starts it.
echo 'featureGates: {TTLAfterFinished: true}' >"$home/dev.yaml"
check 'quadlet install --config' in_host $ours --cluster dev quadlet install --config "/home/$user/dev.yaml"
like "Podman's generator made the unit" "$(in_host systemctl --user cat $unit)" '^ExecStart=/usr/bin/podman run .*--sdnotify=container'
is 'systemd has no fault to find in it' "$(in_host systemctl --user show --property LoadState --value $unit)" loaded
if grep -q '^[0-9]*:[^:].*:/.' /proc/self/cgroup; then
	skip 'systemd starts and stops it' 'control groups of version 1 on this machine, which Podman would write to'
	check 'quadlet remove' in_host $ours --cluster dev quadlet remove
else
	check 'systemd starts it' in_host systemctl --user start $unit
	check 'and when systemd says started, it is Ready' is_ready
	is 'it is configured' "$(in_host podman exec kinc-dev-control-plane printenv KINC_FEATURE_GATES)" TTLAfterFinished=true
	check 'up finds it' in_host $ours --cluster dev up
	in_host kubectl --context kinc-dev create configmap kept --from-literal=word=kept >/dev/null
	check 'stop' in_host $ours --cluster dev stop
	is 'systemd has stopped it' "$(in_host systemctl --user is-active $unit)" inactive
	like 'it is known without a container' "$(in_host $ours list)" '^dev +installed +64'
	check 'start' in_host $ours --cluster dev start
	is 'its data is there' "$(kept)" kept
	reboot
	check 'after a reboot systemd starts it by itself' wait_for 300 is_ready
	is 'its data is there, by the same kubeconfig' "$(kept)" kept
	check 'quadlet remove' in_host $ours --cluster dev quadlet remove
	check 'it starts as an ordinary cluster' in_host $ours --cluster dev start
	is 'its data is there still' "$(kept)" kept
	check 'down of it' in_host $ours --cluster dev down
fi
is 'the unit is gone' "$(in_host systemctl --user cat $unit 2>&1 | grep -c 'No files found')" 1

check 'up' in_host $ours --cluster dev up
check 'monitor is content' in_host $ours --cluster dev monitor --timeout 60
check 'test is content' in_host $ours --cluster dev test
in_host kubectl --context kinc-dev create configmap kept --from-literal=word=kept >/dev/null
check 'boot install' in_host $ours --cluster dev boot install --init systemd
reboot
check 'after a reboot the unit of boot starts it' wait_for 300 is_ready
diag "$(in_host systemctl --user status --no-pager kinc-dev.service 2>&1 | head -n 12)"
is 'its data is there after that' "$(kept)" kept
check 'boot remove' in_host $ours --cluster dev boot remove --init systemd
check 'down' in_host $ours --cluster dev down

. "$KINC_TOP/tests/e2e/session.sh"
session_check

# What podman gives a node for a network, in each of its kinds.
for network in pasta bridge; do
	echo "network: $network" >"$home/network.yaml"
	if ! output=$(in_host $ours --cluster dev --config "/home/$user/network.yaml" up 2>&1); then
		not_ok "up with $network"
		diag "$output"
		continue
	fi
	ok "up with $network"
	is "$network: podman was told" "$(in_host podman container inspect kinc-dev-control-plane |
		jq -r '.[0].HostConfig.NetworkMode | sub(":.*"; "")')" $network
	check "$network: monitor is content" in_host $ours --cluster dev monitor --timeout 60
	check "$network: test is content" in_host $ours --cluster dev test
	check "$network: down" in_host $ours --cluster dev down
done
is 'down leaves no container and no volume' "$(in_host podman ps --all --quiet; in_host podman volume ls --quiet)" ''
finish
