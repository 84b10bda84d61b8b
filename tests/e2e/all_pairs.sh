#!/bin/sh
# Every command of kinc-launch with every pair of its options, on two clusters
# that run in the simulated host: exit status, what is printed, and that nothing
# changes that should not. One is called "default", the other "pair".
set -u
. "$(dirname -- "$0")/lib.sh"
. "$KINC_TOP/tests/pairs.sh"
host_begin
# Ports that nobody is given: who else tests on this machine takes a free one while "pair" is stopped.
default_port=7501 pair_port=7502
if output=$(in_clone "FORCE_PORT=$default_port make up CLUSTER=default &&
	FORCE_PORT=$pair_port build/bin/kinc-launch --cluster pair up" 2>&1); then
	ok 'two clusters'
else
	not_ok 'two clusters'
	diag "$output"
	finish
fi
p='podman --cgroup-manager=cgroupfs'
echo '# nothing is asked for' >"$home/pairs.yaml"
in_host sh -c "mkdir ~/loaded && cd ~/loaded && cp ~/busybox . && printf 'FROM scratch\nCOPY busybox /busybox\n' >Containerfile &&
	$p build --quiet --tag localhost/loaded:1 ." >/dev/null
PAIRS_IMAGE=$(in_host podman container inspect --format '{{.ImageName}}' kinc-pair-control-plane)
PAIRS_CONFIG=/home/$user/pairs.yaml PAIRS_USER=$user
operand='' said=$home/said errors=$home/errors
for file in said errors pairs told takers; do : >"$home/$file"; done

# call COMMAND WORD...: $operand follows; words with a = and no - are of the environment.
call() {
	variables='' options=$1
	shift
	for word in "$@"; do
		case $word in -*) options="$options $word" ;; *) variables="$variables $word" ;; esac
	done
	# shellcheck disable=SC2086
	in_host timeout 180 env --chdir="/home/$user" $variables $ours $options $operand >"$said" 2>"$errors" </dev/null
	status=$?
}
# look: what no command that only looks may change: containers, volumes, files, what is exposed.
look() {
	in_host sh -c "$p inspect --format '{{.Id}} {{.State.Status}} {{.State.StartedAt}}' kinc-default-control-plane kinc-pair-control-plane
		$p ps --all --format '{{.Names}}'; $p volume ls --quiet
		cd; sha256sum .kube/config .kube/kinc-*; ls; find \$XDG_RUNTIME_DIR/kinc/.expose -type s 2>/dev/null" 2>&1
}
# look_closer: what the clusters hold, and how often their units were started.
look_closer() {
	for name in default pair; do
		on $name get namespaces,deployments,daemonsets,services,configmaps,pods,persistentvolumes -A --output name | sort
		in_host $ours --cluster $name status --json | jq -c '.state, [.units[] | [.name, .state, .restarts]]'
	done
}
given() { case " $first $second " in *" $1 "*) ;; *) false ;; esac; }
whose() { if given cluster || given name; then echo pair; else echo default; fi; }
port_of() { if [ "$(whose)" = default ]; then echo "$default_port"; else echo "$pair_port"; fi; }
says() { grep -q -e "$1" "$said" || { echo "does not say $1"; false; }; }
exactly() { [ "$(paste -sd' ' "$said")" = "$1" ] || { echo "says $(head -n 1 "$said"), not $1"; false; }; }
# so WHAT SAYING: the last call ended with 0 and said that.
so() {
	if [ $status = 0 ] && reason=$("say_$2"); then ok "$1"; else
		not_ok "$1"
		diag "status $status, ${reason:-} $(tail -n 2 "$errors")"
	fi
}
json() { [ "$(jq -r "$1" "$said" 2>&1)" = "$2" ] || { echo "$1 is not $2"; false; }; }

# What each has to say, by the options of the pair.
say_nothing() { exactly ''; }
say_something() { [ -s "$said" ] || { echo 'says nothing'; false; }; }
say_up() {
	if given json; then
		json 'select(.event == "result") | "\(.ok) \(.cluster) \(.port)"' "true $(whose) $(port_of)"
	elif given wait; then exactly ''; else exactly "/home/$user/.kube/kinc-$(whose)"; fi
}
say_list() {
	if given quiet && given json; then json 'join(" ")' 'default pair'
	elif given json; then json '[.[] | "\(.name) \(.state) \(.port)"] | join(" ")' "default ready $default_port pair ready $pair_port"
	elif given quiet; then exactly 'default pair'
	else says "^default  *ready  *$default_port " && says "^pair  *ready  *$pair_port "; fi
}
say_status() {
	if given json; then json '"\(.cluster) \(.state) \(.exposed | length)"' "$(whose) ready 0"; else says "^cluster $(whose) is ready"; fi
}
say_monitor() {
	if given json; then json '"\(.cluster) \(.ok) \(.steps | length)"' "$(whose) true 14"
	else [ "$(grep -c '^[+~-] ' "$said")" = 14 ] || { echo 'not 14 steps'; false; }; fi
}
say_test() { if given json; then json '"\(.cluster) \(.ok) \(.tests | length)"' "$(whose) true 4"; else says '^+  1 workload '; fi; }
say_kubeconfig() {
	if given path; then exactly "/home/$user/.kube/kinc-$(whose)"
	else
		chmod a+r "$said"
		[ "$(in_host "$kubectl" --kubeconfig "/home/$user/said" config current-context 2>&1)" = "kinc-$(whose)" ] && says "127.0.0.1:$(port_of)"
	fi
}
say_log() { grep -q kinc-init "$said" "$errors" || { echo 'no line of kinc-init'; false; }; }
say_chart() {
	path=/home/$user/kinc-$(whose).svg
	if given json; then json '.units | length > 10' true
	else exactly "$path" && grep -q '>kubelet<' "$host$path" && rm "$host$path" || { echo "no picture"; false; }; fi
}
say_picture() { if given json; then json '.units | length > 10' true; else says '>kubelet<'; fi; }
say_gathered() {
	exactly "/home/$user/all.tgz" && tar -tzf "$home/all.tgz" | grep -q status.json && rm "$home/all.tgz" || { echo 'no archive'; false; }
}
say_loaded() { exactly localhost/loaded:1; }
say_node() { exactly "kinc-$(whose)-control-plane"; }
# What is exposed answers, and does not any more once it was taken back.
say_exposed() {
	place=$(cat "$said")
	answered() { curl --silent --max-time 5 "http://$place/healthz" | grep -q lastUpdated; }
	wait_for 20 answered || { echo "$place does not answer"; return 1; }
	# shellcheck disable=SC2046
	operand=${place#*:} call unexpose $(for option in $first $second; do
		case $option in address | namespace) ;; *) value "$option" ;; esac
	done)
	[ $status = 0 ] && ! answered || { echo 'it is not taken back'; false; }
}
say_unit() { says "^ContainerName=kinc-$(whose)-control-plane\$" && says "^PublishPort=127.0.0.1:$(port_of):6443\$"; }
say_hook() { says "$(whose)" && says "$user"; }
say_doctor() {
	if given json; then json '[.[] | select(.check == "podman").grade] | join(" ")' ok
	elif given fix; then ! grep '^[+~!?] ' "$said"
	else says '^everything that a cluster needs is here$'; fi
}
say_version() {
	if given json; then json '[.clusters[] | "\(.name) \(.protocol)"] | join(" ")' 'default 1 pair 1'
	else says '^cluster default: kinc-init ' && says '^cluster pair: kinc-init '; fi
}

# judge: the line of one call.
judge() {
	if [ $status != "$wanted" ]; then
		reason="status $status, $(tail -n 1 "$errors")"
	elif given debug && [ "$traced" = true ] && ! grep -q '^+ podman' "$errors"; then
		reason='--debug does not show podman'
	elif reason=$("say_$saying"); then
		reason=ok
	fi
	after=$(look)
	[ "$after" = "$before" ] || reason="$reason; changed $(printf '%s\n%s\n' "$before" "$after" | sort | uniq -u | paste -sd' ')"
	before=$after
	echo "$first $second: $reason"
}

# try SAYING STATUS COMMAND [OPERANDS [OPTION...]]: all pairs of its options and of
# CLUSTER_NAME; the options are those of its help unless named.
try() {
	saying=$1 wanted=$2 command=$3 row=${4:-}
	shift 3
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2046
	[ $# -gt 0 ] || set -- $(options_of "$launch" "$command" | grep -vx 'help\|version')
	case " $* " in *' cluster '*) set -- "$@" name ;; esac
	case $command in doctor | boot | completion | unexpose) traced=false ;; *) traced=true ;; esac
	before=$(look)
	pairs "$@" >"$home/pairs"
	while read -r first second <&3; do
		operand=$row
		# Both are given: the option counts.
		if given cluster && given name; then call "$command" --cluster=pair CLUSTER_NAME=none
		else call "$command" "$(value "$first")" "$(value "$second")"; fi
		judge
	done 3<"$home/pairs" >"$home/told"
	is "$command $row: every pair of $*" "$(grep -v ': ok$' "$home/told")" ''
	check "$command $row: there are $(wc -l <"$home/told")" test "$(wc -l <"$home/told")" = "$(wc -l <"$home/pairs")"
}

# kubelet tells the API server of its static pods when it comes to it.
for name in default pair; do
	static() { [ "$(on $name get pods --namespace kube-system --selector tier=control-plane --output name | wc -l)" = 4 ]; }
	check "$name: all of it is there" wait_for 180 static
done
closer=$(look_closer)
# What only looks, or finds done what it is to do.
try up 0 up '' cluster image config wait timeout keep json debug
try up 0 start
try list 0 list
try status 0 status
try monitor 0 monitor
try kubeconfig 0 kubeconfig
try log 0 logs '' cluster debug
try something 0 logs kubelet cluster debug
try chart 0 chart
try picture 0 chart -
try gathered 0 export-logs all.tgz
try loaded 0 load-image localhost/loaded:1
try node 7 exec '-- sh -c hostname;exit${IFS}7'
try exposed 0 expose node:10256
try nothing 0 unexpose all
try nothing 0 resume
try unit 0 quadlet print
try nothing 111 quadlet install
try hook 0 boot 'print --init=cron' cluster user debug
try nothing 111 boot 'install --init=cron' cluster user debug
try doctor 0 doctor '' json fix debug
try nothing 100 doctor '' user json
try version 0 version
for shell in bash zsh fish; do try something 0 completion $shell cluster debug; done
is 'enter: from outside, as that user' "$("$launch" enter "--user=$user" --debug -- id -un 2>&1)" "$user"
is 'and the clusters are what they were' "$(look_closer)" "$closer"

# What costs much: one call with all of it instead of each pair.
first='cluster json' second='timeout debug' operand=''
call test --cluster=pair --json --timeout=120 --debug
so 'test with all its options' test
first='' second=''
call test
so 'test without any' test

# Help and the version are told whatever stands beside them, and nothing is done.
before=$(look)
for command in $(commands_of "$launch"); do
	operand=''
	for option in cluster $(options_of "$launch" "$command" | grep -vx 'help\|version\|cluster'); do
		call "$command" "$(value "$option")" --help
		[ "$status" = 0 ] && says "^usage: kinc-launch $command" || echo "$command $option help: $status"
		call "$command" "$(value "$option")" --version
		[ "$status" = 0 ] && says '^kinc-launch [0-9]\|"kinc_launch"' || echo "$command $option version: $status"
	done
done >"$home/told"
is 'help and version beside every option of every command' "$(cat "$home/told")" ''
is 'do nothing' "$(look)" "$before"

# What takes a cluster, and its exit status when that is unknown, paused and
# stopped; - for what would change it.
cat >"$home/takers" <<'END'
1 1 1 status
1 1 1 monitor
1 1 1 test
1 0 0 kubeconfig
1 0 0 logs
1 1 1 logs kubelet
1 1 1 chart -
1 0 0 export-logs all.tgz
1 1 1 load-image localhost/loaded:1
1 1 1 exec -- true
1 1 1 expose node:10256
1 0 1 pause
1 - 1 resume
1 - 0 stop
1 - - start
1 - - down
END
# in_state WORD CLUSTER: each of these with each of its options; what is refused says why.
in_state() {
	before=$(look)
	while read -r unknown paused exited command row <&3; do
		case $1 in no) wanted=$unknown ;; paused) wanted=$paused ;; *) wanted=$exited ;; esac
		[ "$wanted" != - ] || continue
		for option in debug $(options_of "$launch" "$command" | grep -vx 'help\|version\|cluster\|debug'); do
			operand=$row
			call "$command" "--cluster=$2" "$(value "$option")"
			rm -f "$home/all.tgz"
			[ "$status" = "$wanted" ] && { [ "$wanted" = 0 ] || grep -q "$1" "$said" "$errors"; } ||
				echo "$command $row $option: $status, $(tail -n 1 "$errors")"
			[ "$(look)" = "$before" ] || echo "$command $row $option: changed it"
		done
	done 3<"$home/takers" >"$home/told"
}
in_state no nobody
is 'every command with every option and a cluster that is unknown' "$(cat "$home/told")" ''
first=cluster second=debug operand=''
call pause --cluster=pair --debug
is 'pause' $status 0
in_state paused pair
is 'every command with every option and a cluster that is paused' "$(cat "$home/told")" ''
first=name second=debug operand=''
call resume CLUSTER_NAME=pair --debug
is 'resume' $status 0
first='' second=''
call status
so 'the other one did not notice' status
first=cluster
call monitor --cluster=pair --timeout=60
so 'and it is well' monitor

# Each boot costs: two ways to start it.
call stop --cluster=pair --debug
so 'stop' nothing
in_state exited pair
is 'every command with every option and a cluster that is stopped' "$(cat "$home/told")" ''
operand=''
first='cluster json' second='timeout debug'
call start --cluster=pair --json --timeout=300 --debug
so 'start with --json, --timeout and --debug' up
call stop CLUSTER_NAME=pair
so 'stop, by name' nothing
first='name wait' second='json'
call start CLUSTER_NAME=pair --wait=none --json
so 'start with --wait none and --json does not wait' up
first='name' second=''
call up CLUSTER_NAME=pair --timeout=300
so 'up waits for it' up

# One goes, the other stays.
call down --cluster=pair --debug
so 'down' nothing
first='' second=''
call list --quiet
is 'the other one is there' "$status:$(exactly default)" '0:'
call status
so 'and ready' status
call down CLUSTER_NAME=default
so 'down, by name' nothing
finish
