#!/bin/sh
# Killed at any system call: of ADD, DEL and GC nothing is lost that DEL or the
# next GC does not find; what the first ADD of a node left half done, the next one
# completes.
set -u
. "$(dirname -- "$0")/ground.sh"
case $KINC_BUILD in *asan*)
	skip 'killed at every system call' 'the sanitizer makes thousands of its own'
	finish
	;;
esac
if ! can_trace; then
	skip 'killed at every system call' 'no strace, or no ptrace'
	finish
fi

conf='{"cniVersion":"1.1.0","name":"many","type":"kincnet","bridge":"kinc2","isGateway":true,
	"ipMasq":true,"ipam":{"subnet":"10.8.0.0/20"}}'
data=/run/kinc/cni/many
pods p1 p2 p3

# killed COMMAND CONF CALLS LEAST PREPARE CLEAN: the command, ended before each of those
# of its system calls in turn that match CALLS. strace counts the calls of each name apart.
killed() {
	$5
	traced "$1" "$2" -o /run/out/calls
	$6
	leaks=0 kills=0 survived=0
	for call in $(sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' /run/out/calls | awk '{ print $1 ":" ++n[$1] }' |
		grep -E "^($3):" | grep -v ^execve); do
		$5
		# How often it waits for an answer differs: a call may not come in this run.
		traced "$1" "$2" -o /run/out/again -e "inject=${call%:*}:signal=KILL:when=${call#*:}" &&
			[ "$(grep -c "^${call%:*}(" /run/out/again)" -ge "${call#*:}" ] &&
			survived=$((survived + 1))
		kills=$((kills + 1))
		$6 || {
			leaks=$((leaks + 1))
			echo "$1 killed at $call: $(traces | xargs)"
		}
	done
	echo "$1: $kills system calls, $survived came through, $leaks leaks"
	# exit_group can't be stopped any more.
	[ $leaks -eq 0 ] && [ $kills -gt "$4" ] && [ $survived -le 2 ]
}
# proves DESCRIPTION KILLED-ARGUMENT...
proves() {
	proves_what=$1
	shift
	if killed "$@" >/run/out/said 2>/run/out/noise; then ok "$proves_what"; else not_ok "$proves_what"; fi
	diag "$(cat /run/out/said)"
}

added() { cni ADD p1 "$conf"; }
deleted() { cni DEL p1 "$conf" && [ "$(traces)" = "$clean" ]; }
three_added() {
	cni ADD p1 "$conf"
	cni ADD p2 "$conf"
	cni ADD p3 "$conf"
}
# The next GC finds what the killed one left, and p2 kept all that it had.
collected() {
	cni GC x "$collect" && [ "$(traces)" = "$(printf '1\n2')" ] &&
		ping_from p2 10.8.0.1 >/dev/null && cni DEL p2 "$conf" && [ "$(traces)" = "$clean" ]
}
collect=$(valid "$conf" "$(named p2)")
cni ADD p1 "$conf" && cni DEL p1 "$conf" # bridge and rules are there from now on
proves 'ADD killed at every system call leaks nothing' ADD "$conf" '.*' 60 : deleted
proves 'DEL killed at every system call leaks nothing' DEL "$conf" '.*' 60 added deleted
proves 'GC killed at every system call leaks nothing' GC "$collect" '.*' 60 three_added collected

# --- the first of a node -----------------------------------------------------
# Only at calls that change something: what stands between them is the same.
first=$(printf %s "$conf" | sed 's/"ipMasq"/"isolation":true,"ipMasq"/;s/kinc2/kinc3/;s/many/first/;s/10.8/10.9/')
! has_ipv6 || first=$(printf %s "$first" | sed 's|"subnet":"10.9.0.0/20"|"ranges":[[{"subnet":"10.9.0.0/20"}],[{"subnet":"fd00:9::/64"}]]|')
data=/run/kinc/cni/first
fresh_node() {
	cni DEL p1 "$first"
	ip link del kinc3
	nft flush ruleset
	rm -rf "$data"
}
node_state() {
	ip -br link show kinc3
	ip -br addr show kinc3
	nft list ruleset
	grep . /proc/sys/net/ipv4/conf/kinc3/* /proc/sys/net/ipv6/conf/kinc3/accept_ra
}
fresh_node 2>/run/out/noise
cni ADD p2 "$first"
wanted=$(node_state) && cni DEL p2 "$first"
# A pod that the runtime adds next works, and the node is as it should be.
completed() {
	cni ADD p2 "$first" && ping_from p2 10.9.0.1 >/dev/null && [ "$(node_state)" = "$wanted" ] &&
		cni DEL p1 "$first" && cni DEL p2 "$first" && [ "$(traces)" = "$clean" ]
}
proves 'after a first ADD that was killed at any change the next one completes the node' ADD "$first" \
	'sendto|sendmsg|write|symlinkat|unlinkat|mkdirat|mkdir|pwrite64|setns|capset|seccomp|bind|socket' 40 fresh_node completed

# --- the other mode connects pods by calls of its own ------------------------
conf=$(printf %s "$conf" | sed 's/"ipMasq"/"mode":"routed","ipMasq"/;s/kinc2/kinc4/;s/many/routed/;s/10.8/10.7/')
data=/run/kinc/cni/routed
cni ADD p1 "$conf" && cni DEL p1 "$conf"
proves 'ADD of a routed pod killed at any change leaks nothing' ADD "$conf" 'sendmsg|sendto|symlink.*|unlink.*' 8 : deleted
finish
