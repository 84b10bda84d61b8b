#!/bin/sh
# Every pair of kinc-launch's options: what podman is told, what is printed, and
# what is refused. Podman is a script; the pairs of `up` run in one ground.
. "$(dirname -- "$0")/../lib.sh"
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"
ip link set lo up
. "$KINC_TOP/tests/host/fake.sh"
printf 'image: localhost/kinc/node:v1\nmemory: 3g\nextraPortMappings: [{hostPort: 8080, containerPort: 80}]\n' >"$FAKE/config.yaml"

# What a value of an option looks like, and one that is refused.
cp "$KINC_TOP/tests/pairs.sh" "$FAKE/pairs.sh"
. "$FAKE/pairs.sh"
cat >"$FAKE/values" <<'END'
. "$FAKE/pairs.sh"
PAIRS_IMAGE=localhost/kinc/node:v2 PAIRS_CONFIG=$FAKE/config.yaml PAIRS_USER=kinctest
bad() {
	case $1 in
	cluster) echo --cluster=A ;;
	image) echo --image=--rm ;;
	config) echo --config=/none/such ;;
	memory) echo --memory=lots ;;
	cpus) echo --cpus=0 ;;
	wait) echo --wait=lunch ;;
	timeout) echo --timeout=soon ;;
	port) echo FORCE_PORT=0 ;;
	esac
}
# launch WORD...: those with a = and no - are of the environment.
launch() {
	variables='' options=''
	for word in "$@"; do
		case $word in -* | up | quadlet | print | list | down) options="$options $word" ;; *) variables="$variables $word" ;; esac
	done
	# shellcheck disable=SC2086
	env $variables "$launch" $options >"$FAKE/stdout" 2>"$FAKE/stderr"
}
END

# told WHAT: the lines of pairs that a script wrote are all "ok", and there are so many.
told() {
	is "$1: every pair" "$(grep -v ': ok$' "$FAKE/told")" ''
	is "$1: there are $2" "$(grep -c . "$FAKE/told")" "$2"
}
run_as_user() { as $TEST_USER FAKE="$FAKE" launch="$launch" PATH="$path" sh "$1" >"$FAKE/told"; }

# Options of other commands are refused, whatever stands beside them; --cluster is none.
all=$(sed -n 's/.*\[OPTION_[A-Z]*\] = {"\([a-z]*\)".*/\1/p' "$KINC_TOP/host/commands.c" | grep -vx 'cluster\|help\|version\|debug')
check 'the options are known here' test "$(printf '%s\n' "$all" | wc -l)" -ge 17
pairs $all >"$FAKE/pairs"
commands_of "$launch" >"$FAKE/commands"
check 'the commands too' test "$(wc -l <"$FAKE/commands")" -ge 27
cat >"$FAKE/foreign" <<'END'
. "$FAKE/values"
# A variable for each: thousands of times a process less.
for option in $(tr ' ' '\n' <"$FAKE/pairs" | sort -u); do eval "$option='$(value "$option")'"; done
while read -r command; do
	takes=" $(options_of "$launch" $command | paste -sd' ') "
	while read -r first second; do
		case $takes in
		*" $first "*) case $takes in *" $second "*) continue ;; esac ;;
		*" $second "*) ;;
		# Neither is its own: one command stands for all.
		*) [ "$command" = down ] || continue ;;
		esac
		eval "set -- \"\$$first\" \"\$$second\""
		"$launch" "$command" "$@" 2>"$FAKE/stderr"
		status=$?
		read -r reason <"$FAKE/stderr"
		case $status:$reason in
		"100:kinc-launch: $command does not take that option, --$first; it takes: "*) reason=ok ;;
		"100:kinc-launch: $command does not take that option, --$second; it takes: "*) reason=ok ;;
		esac
		echo "$command $first $second: $reason"
	done <"$FAKE/pairs"
done <"$FAKE/commands"
END
run_as_user "$FAKE/foreign"
is 'an option of another command: every pair is refused' "$(grep -v ': ok$' "$FAKE/told")" ''
check "an option of another command: there are $(wc -l <"$FAKE/told")" test "$(wc -l <"$FAKE/told")" -gt 300

# What is wrong is told, whatever is right beside it, and nothing is made.
up='cluster image config memory cpus wait timeout keep json debug port'
cat >"$FAKE/wrong" <<'END'
. "$FAKE/values"
for first in cluster image config memory cpus wait timeout port; do
	for second in cluster image config memory cpus wait timeout keep json debug port; do
		[ $first != $second ] || continue
		launch up "$(bad $first)" "$(value $second)"
		status=$?
		reason=$(grep '^kinc-launch' "$FAKE/stderr" | tail -n 1)
		wanted=$(bad $first) wanted=${wanted#*=}
		[ $first != config ] || wanted='No such file'
		case $status:$reason in 100:*"$wanted"*) reason=ok ;; esac
		echo "$first $second: $reason"
	done
done
END
if ! "$launch" ground --user $TEST_USER -- true 2>"$work/stderr"; then
	skip 'pairs of up' "no ground: $(tail -n 1 "$work/stderr")"
	fake_end
	finish
fi
inside() {
	"$launch" ground --user $TEST_USER -- env FAKE="$FAKE" FAKE_INIT="$FAKE/init" FAKE_ENDS=ready launch="$launch" PATH="$path" "$@"
}
inside sh -c 'mkdir -p ~/.config/containers && : >>~/.config/containers/storage.conf'
inside sh "$FAKE/wrong" >"$FAKE/told"
told 'a value that is wrong' 80
is 'and nothing was made' "$(find "$FAKE/containers" "$FAKE/volumes" -type f)" ''

cat >"$FAKE/right" <<'END'
. "$FAKE/values"
given() { case " $first $second " in *" $1 "*) ;; *) false ;; esac; }
has() { case " $argv " in *" $1 "*) ;; *) echo "podman is not told $1"; false ;; esac; }
name() { if given cluster; then echo pair; else echo default; fi; }
# What follows from the pair, of all that options have to say.
holds() {
	argv=$(grep -e ' run --detach\|^run --detach' "$FAKE/log" | tail -n 1)
	has "--name=kinc-$(name)-control-plane" || return
	if given image; then has localhost/kinc/node:v2; else has localhost/kinc/node:v1; fi || return
	if given config; then has --publish=127.0.0.1:8080:80/tcp; else ! has --publish=127.0.0.1:8080:80/tcp >/dev/null; fi || return
	if given memory; then has --memory=2048m; elif given config; then has --memory=3072m; fi || return
	! given cpus || has --cpus=1.5 || return
	! given port || has --publish=127.0.0.1:7001:6443 || return
	! given debug || grep -q 'podman .*run --detach' "$FAKE/stderr" || { echo 'debug shows nothing'; return 1; }
	kubeconfig=$HOME/.kube/kinc-$(name)
	if given wait; then [ ! -e "$kubeconfig" ]; else [ -e "$kubeconfig" ]; fi || { echo 'kubeconfig'; return 1; }
	if given json; then
		[ "$(jq -r 'select(.event == "result") | .ok' "$FAKE/stdout")" = true ]
	elif given wait; then
		[ ! -s "$FAKE/stdout" ]
	else
		[ "$(cat "$FAKE/stdout")" = "$kubeconfig" ]
	fi || { echo "printed $(tail -n 1 "$FAKE/stdout")"; return 1; }
}
while read -r first second; do
	launch up "$(value $first)" "$(value $second)"
	status=$?
	if [ $status != 0 ]; then
		echo "$first $second: $status $(tail -n 1 "$FAKE/stderr")"
	elif reason=$(holds); then
		echo "$first $second: ok"
	else
		echo "$first $second: $reason"
	fi
	launch down "--cluster=$(name)"
done <"$FAKE/pairs"
END
# shellcheck disable=SC2086
pairs $up >"$FAKE/pairs"
inside sh "$FAKE/right" >"$FAKE/told"
told up 55
is 'down leaves nothing of any' "$(find "$FAKE/containers" "$FAKE/volumes" "$home/.kube" -type f)" ''

# The same for a unit: what quadlet prints has what each option says.
cat >"$FAKE/quadlet" <<'END'
. "$FAKE/values"
line() {
	case $1 in
	cluster) echo ContainerName=kinc-pair-control-plane ;;
	image) echo Image=localhost/kinc/node:v2 ;;
	config) echo PublishPort=127.0.0.1:8080:80/tcp ;;
	memory) echo PodmanArgs=--memory=2048m ;;
	cpus) echo PodmanArgs=--cpus=1.5 ;;
	port) echo PublishPort=127.0.0.1:7001:6443 ;;
	debug) echo '[Container]' ;;
	esac
}
while read -r first second; do
	launch quadlet print "$(value $first)" "$(value $second)"
	status=$?
	if [ $status = 0 ] && grep -qxF -e "$(line $first)" "$FAKE/stdout" && grep -qxF -e "$(line $second)" "$FAKE/stdout"; then
		echo "$first $second: ok"
	else
		echo "$first $second: $status $(tail -n 1 "$FAKE/stderr")"
	fi
done <"$FAKE/pairs"
END
pairs cluster image config memory cpus port debug >"$FAKE/pairs"
run_as_user "$FAKE/quadlet"
told 'quadlet print' 21
fake_end
finish
