#!/bin/sh
# From a clean clone to two clusters at once, as an ordinary user without root
# or systemd: Kubernetes and containerd of Debian. Then down, and what is left.
set -u
. "$(dirname -- "$0")/lib.sh"
host_begin

in_host true # the user's first command makes what stays until unground
before=$(host_inventory)

if output=$(in_clone 'make up CLUSTER=dev' 2>&1); then
	ok 'make up CLUSTER=dev'
else
	not_ok 'make up CLUSTER=dev'
	diag "$output"
	in_host sh -c 'podman --cgroup-manager=cgroupfs logs kinc-dev-control-plane 2>&1' | tail -n 40 | sed 's/^/# /'
	finish
fi
diag "$(printf '%s\n' "$output" | tail -n 60)"
like 'it ends with a Ready node' "$(printf '%s\n' "$output" | tail -n 1)" '^kinc-dev-control-plane +Ready '

began=$(date +%s)
check 'make up again finds it ready' in_clone 'make up CLUSTER=dev'
diag "the second make up took $(($(date +%s) - began)) s"

check 'a second cluster' in_host $ours --cluster staging up
is 'both are listed, on ports and subnets of their own' \
	"$(in_host $ours list --json | jq -r '.. | objects | select(.name?) | [.name, .port, .pod_subnet, .service_subnet] | map(tostring) | join(" ")' | sort)" \
	"$(printf '%s\n' 'dev 6444 10.244.44.0/24 10.44.0.0/16' 'staging 6445 10.244.45.0/24 10.45.0.0/16')"

for cluster_name in dev staging; do
	cluster_check $cluster_name 'kincnet portmap'
	workload_check $cluster_name
done
like 'limits without a controller: said once' \
	"$(in_host $ours --cluster dev status --json | jq -r '.warnings | map(select(test("cgroup controllers not delegated"))) | length')" \
	'^[01]$'

# A user who errs, beside living clusters.
like 'a port that is taken' "$(in_host env FORCE_PORT=6444 $ours --cluster third up 2>&1; echo "status $?")" '6444.*(taken|use)'
like 'a cluster that is unknown' "$(in_host $ours --cluster nobody down 2>&1; echo "status $?")" 'nobody.*dev.*staging|status 1'
in_host sh -c 'mkdir -p ~/broken && cd ~/broken && echo "{ \"type\": \"service\"" >bad.json &&
	printf "{\"type\":\"target\",\"requires\":[\"b\"],\"wanted_by\":[\"cluster\"]}" >a.json &&
	printf "{\"type\":\"target\",\"requires\":[\"a\"]}" >b.json
	for flavour in syntax cycle; do
		units=bad.json; [ $flavour = syntax ] || units="a.json b.json"
		printf "FROM %s\nCOPY %s /etc/kinc/units.d/\n" "$(podman --cgroup-manager=cgroupfs images --format "{{.Repository}}:{{.Tag}}" | grep kinc/node)" "$units" >Containerfile
		podman --cgroup-manager=cgroupfs build --quiet --tag localhost/broken-$flavour . >/dev/null
	done'
like 'a unit with a syntax error' "$(in_host $ours --cluster third --image localhost/broken-syntax up 2>&1)" 'bad.json:[0-9]+'
like 'a cycle of units' "$(in_host $ours --cluster third --image localhost/broken-cycle up 2>&1)" 'a -> b -> a|b -> a -> b'
is 'failures leave no third cluster' \
	"$(in_host sh -c 'podman --cgroup-manager=cgroupfs ps --all --format "{{.Names}}" | grep third; podman --cgroup-manager=cgroupfs volume ls --quiet | grep third; ls ~/.kube | grep third')" ''

check 'down staging' in_host $ours --cluster staging down
check 'dev does not notice' on dev get --raw /readyz
check 'make down CLUSTER=dev' in_clone 'make down CLUSTER=dev'
is 'down leaves no container, volume, mount, process, file or cgroup' "$(host_inventory)" "$before"

host_end
is 'unground leaves no process of the user' "$(ps -u $uid -o args= | grep -v defunct)" ''
is 'unground leaves no cgroup' "$(find /sys/fs/cgroup -maxdepth 3 -name "kinc.$user")" ''
is 'the mounts of this machine are as they were' "$(cut -d' ' -f5- /proc/self/mountinfo | sort)" "$mounts_before"
finish
