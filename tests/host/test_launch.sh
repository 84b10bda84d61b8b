#!/bin/sh
# kinc-launch's decisions and error paths, with a podman that is a script. What
# needs a delegated cgroup runs in a real ground.
. "$(dirname -- "$0")/../lib.sh"
# Its own network: which ports are free must not depend on the machine.
TEST_UNSHARE=--net
. "$KINC_TOP/tests/host/user.sh"
ip link set lo up

. "$KINC_TOP/tests/host/fake.sh"
mkdir "$work/none"

refuses 'unknown command' 100 'no command "flup".*help' fake "$launch" flup
refuses 'unknown option' 100 '\-\-flup: no such option' fake "$launch" --flup
refuses 'option without value' 100 'a value is missing' fake "$launch" up --image
refuses 'option of another command' 100 'does not take that option' fake "$launch" down --json
refuses 'a unit too many' 100 'logs takes one unit' fake "$launch" logs kubelet runtime
refuses 'a command too many' 100 'help takes one command' fake "$launch" help up down
refuses 'a file that is not written' 100 'chart --json prints' fake "$launch" chart --json boot.json
refuses 'word too many' 100 'down does not take "all"' fake "$launch" down all
for name in 'A' '1a' 'a/b' '../x' 'a-' '$(id)' '--' "$(printf 'x%.0s' $(seq 200))"; do
	refuses "cluster name ${name%"${name#????????}"}" 100 'is not a cluster name' \
		fake "$launch" --cluster="$name" up
done
refuses 'wait for what there is not' 100 'wait lunch: it is one of none api ready' fake "$launch" --wait lunch
like 'help of one command' "$(fake "$launch" up --help)" '--wait FOR .*one of: none api ready'
is 'help fits a screen' "$(fake "$launch" --help | awk 'length > 80 || NR > 40' | wc -l)" 0
refuses 'timeout of words' 100 'timeout soon' fake "$launch" up --timeout soon
for port in 0 70000 http -1 6443x; do
	refuses "FORCE_PORT=$port" 100 'is not a port' fake FORCE_PORT=$port "$launch" up
done
refuses 'as root' 111 'ordinary user.*ground' env PATH="$path" FAKE="$FAKE" "$launch" up
refuses 'no podman' 111 'podman: not installed, .*as root, `apt-get install --yes podman crun' \
	as $TEST_USER PATH="$work/none" "$launch" up
refuses 'podman too old' 111 'podman: 3\.0\.1, needed: 4\.0; install a newer' fake FAKE_VERSION=3.0.1 "$launch" up
refuses 'no subordinate ids' 111 'usermod --add-subuids' \
	as kincbare FAKE="$FAKE" PATH="$path" "$launch" up
refuses 'no delegated cgroup' 111 'kinc-launch ground --user kinctest|loginctl enable-linger' \
	fake "$launch" up
rm -rf "$FAKE"/containers/* "$FAKE"/volumes/*

# Every remaining case runs in the ground.
inside() {
	"$launch" ground --user $TEST_USER -- env FAKE="$FAKE" PATH="$path" "$@"
}
left() {
	find "$FAKE/containers" "$FAKE/volumes" "$work/home/$TEST_USER/.kube" -type f 2>/dev/null |
		sed "s|$work/||"
}
with_init() { inside FAKE_INIT="$FAKE/init" "$@"; }
up() { with_init "$@" "$launch" --timeout 10 --cluster dev; }

if ! "$launch" ground --user $TEST_USER -- true 2>"$work/stderr"; then
	skip 'everything that needs a ground' "$(cat "$work/stderr")"
	finish
fi
inside sh -c 'mkdir -p ~/.config/containers && : >>~/.config/containers/storage.conf'

full() {
	inside sh -c "mkdir -p ~/.kube" && mount -t tmpfs -o size=16k none "$work/home/$TEST_USER/.kube"
	chown $TEST_USER "$work/home/$TEST_USER/.kube"
	inside sh -c "cat /dev/zero >~/.kube/filler" 2>/dev/null
}
refuses 'driver vfs' 111 'storage: driver vfs, .*storage.conf' up FAKE_DRIVER=vfs
refuses 'no image' 111 'no image localhost/kinc/node here: `make image`' up FAKE_IMAGES='[]'
refuses 'unknown image' 111 'no image x/y here' up KINC_IMAGE=x/y
refuses 'image that is an option' 100 'is not the name of an image' up KINC_IMAGE=--rm
refuses 'image of another protocol' 111 'node:v1 speaks control protocol 2, this kinc-launch 1: .*make image' up FAKE_PROTOCOL=2
refuses 'image of something else' 111 'node:v1 is not an image of a node of kinc' up FAKE_PROTOCOL=
is 'nothing was made so far' "$(left)" ''

perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:0", Listen => 1) or die;
	$| = 1; print $s->sockport, "\n"; sleep 120' >"$work/port" &
listener=$!
wait_for 5 test -s "$work/port"
refuses 'taken FORCE_PORT' 1 'is taken by another program: choose another' up "FORCE_PORT=$(cat "$work/port")"
kill $listener
is 'nothing was made for a taken port' "$(left)" ''

up FAKE_RUN=fails >"$work/stdout" 2>"$work/stderr"
is 'podman run fails: exit status' $? 1
like 'podman run fails: its reason' "$(cat "$work/stderr")" 'podman: crun: no such thing'
is 'podman run fails: nothing is left' "$(left)" ''

inside FAKE_RUN=exits "$launch" --timeout 20 --cluster dev >"$work/stdout" 2>"$work/stderr"
is 'node that exits: exit status' $? 1
like 'node that exits: its log' "$(cat "$work/stderr")" '\| kinc-init: no IP forwarding'
like 'node that exits: reason' "$(tail -n 1 "$work/stderr")" 'stopped \(exited, status 111\)'
is 'node that exits: nothing is left' "$(left)" ''

inside "$launch" --timeout 1 --cluster dev >"$work/stdout" 2>"$work/stderr"
is 'node that is silent: exit status' $? 1
like 'node that is silent: reason' "$(tail -n 1 "$work/stderr")" 'does not answer'
is 'node that is silent: nothing is left' "$(left)" ''

rm -f "$work/stderr" # the one before says that the cluster starts, too
inside "$launch" --timeout 60 --cluster dev >"$work/stdout" 2>"$work/stderr" &
wait_for 10 grep -q 'cluster dev starts' "$work/stderr"
pkill -INT -u $TEST_USER -f "^$launch --timeout 60"
wait $!
is 'interrupt: exit status' $? 1
like 'interrupt: says so' "$(tail -n 1 "$work/stderr")" 'interrupted'
is 'interrupt: nothing is left' "$(left)" ''

up FAKE_ENDS=failed >"$work/stdout" 2>"$work/stderr"
is 'unit that fails: exit status' $? 1
like 'unit that fails: its log' "$(cat "$work/stderr")" "\| kubelet's last words"
like 'unit that fails: reason' "$(tail -n 1 "$work/stderr")" 'cluster dev failed: unit kubelet: killed'
is 'unit that fails: no escape reaches the terminal' "$(grep -c "$(printf '\033')" "$work/stderr")" 0
is 'unit that fails: nothing is left' "$(left)" ''

full
up >"$work/stdout" 2>"$work/stderr"
is 'full disk: exit status' $? 111
like 'full disk: said' "$(tail -n 1 "$work/stderr")" 'No space left on device'
umount "$work/home/$TEST_USER/.kube"
is 'full disk: nothing is left' "$(left)" ''

up FAKE_ENDS=ready >"$work/stdout" 2>"$work/stderr"
is 'up: exit status' $? 0
kubeconfig=$work/home/$TEST_USER/.kube/kinc-dev
is 'up: prints where the kubeconfig is' "$(cat "$work/stdout")" "$kubeconfig"
is 'up: only the user may read it' "$(stat -c %a:%U "$kubeconfig")" 600:$TEST_USER
like 'up: server' "$(cat "$kubeconfig")" 'server: .?https://127\.0\.0\.1:6444'
like 'up: context' "$(cat "$kubeconfig")" 'current-context: kinc-dev'
like 'up: progress' "$(cat "$work/stderr")" '^ +3\.2s kubelet ready$'
like 'up: warning' "$(cat "$work/stderr")" 'warning: no cpu controller'
like 'up: named capabilities' "$(grep 'run --detach' "$FAKE/log" | tail -n 1)" \
	'--cap-add=SYS_ADMIN,SYS_PTRACE,NET_ADMIN,NET_RAW .*--label=io.kinc.pod-subnet=10.244.44.0/24 .*--env=KINC_SERVICE_SUBNET=10.44.0.0/16 --health-cmd=\["kincctl","health"\] .*--health-interval=disable localhost/kinc/node:v1$'
# crun 1.21 refuses it where the controller is not there.
is 'up: processes are not limited where they are counted' "$(grep -c -- '--pids-limit=-1 ' "$FAKE/log")" \
	"$(inside grep -qw pids /sys/fs/cgroup/kinc.$TEST_USER/cgroup.controllers && grep -c 'run --detach' "$FAKE/log" || echo 0)"
is 'up: nothing privileged' "$(grep -c -- --privileged "$FAKE/log")" 0

# Another image takes the data over.
ran_from() { jq -r '"\(.Names[0]) \(.State) \(.Image)"' "$FAKE"/containers/*; }
anew() { with_init FAKE_ENDS=ready "$@" >"$work/stdout" 2>"$work/stderr"; }
before=$(left)
inside "$launch" --cluster dev --image localhost/kinc/node:v3 up >"$work/stdout" 2>"$work/stderr"
is 'an image that is not there: nothing changes' "$?:$(left):$(ran_from)" "111:$before:kinc-dev-control-plane running localhost/kinc/node:v1"
anew FAKE_RUN=fails "$launch" --timeout 10 --cluster dev --image localhost/kinc/node:v2 up
is 'an image that does not start: exit status' $? 1
is 'the old one runs again' "$(left):$(ran_from)" "$before:kinc-dev-control-plane running localhost/kinc/node:v1"
anew "$launch" --timeout 10 --cluster dev --image localhost/kinc/node:v2 up
is 'another image: exit status' $? 0
like 'another image: said' "$(cat "$work/stderr")" 'cluster dev goes on with its data from localhost/kinc/node:v2 instead of localhost/kinc/node:v1'
is 'the new container stands in for the old one' "$(left):$(ran_from)" "$before:kinc-dev-control-plane running localhost/kinc/node:v2"
like 'on its port and subnets' "$(grep 'run --detach' "$FAKE/log" | tail -n 1)" \
	'--publish=127.0.0.1:6444:6443 .*--env=KINC_POD_SUBNET=10.244.44.0/24'
runs=$(grep -c 'run --detach' "$FAKE/log")
anew "$launch" --timeout 10 --cluster dev --image localhost/kinc/node:v2 up
is 'the same image: nothing is replaced' "$(grep -c 'run --detach' "$FAKE/log")" "$runs"
like 'the same image: said' "$(cat "$work/stderr")" 'cluster dev runs already on port 6444'

# A configuration is kept with the cluster, and another one makes its container again.
options_of() { grep 'run --detach' "$FAKE/log" | tail -n 1 | tr ' ' '\n' | grep -e '^--\(memory\|cpus\|network\|publish=127.0.0.1:80\|volume=/srv\|env=KINC_FEATURE\)' | paste -sd' '; }
printf 'image: localhost/kinc/node:v2\nmemory: 2g\nextraPortMappings: [{hostPort: 8080, containerPort: 80}]\nfeatureGates: {A: true}\n' >"$FAKE/config.yaml"
chown $TEST_USER "$FAKE/config.yaml"
configured() { anew "$launch" --timeout 10 --cluster set up "$@"; }
configured --config "$FAKE/config.yaml" --cpus 1.5
is 'up --config, and what the command line says besides' "$?:$(options_of)" \
	'0:--memory=2048m --cpus=1.5 --env=KINC_FEATURE_GATES=A=true --publish=127.0.0.1:8080:80/tcp'
like 'its image' "$(ran_from)" '^kinc-set-control-plane running localhost/kinc/node:v2$'
runs=$(grep -c 'run --detach' "$FAKE/log")
configured --wait none --config "$FAKE/config.yaml" --cpus 1.5
is 'the same configuration: nothing is replaced' "$?:$(grep -c 'run --detach' "$FAKE/log")" "0:$runs"
configured --wait none
is 'none: nothing is replaced' "$?:$(grep -c 'run --detach' "$FAKE/log")" "0:$runs"
configured --image localhost/kinc/node:v1
is 'another image: configured as before' "$?:$(options_of)" \
	'0:--memory=2048m --cpus=1.5 --env=KINC_FEATURE_GATES=A=true --publish=127.0.0.1:8080:80/tcp'
configured --memory 3g
is 'another configuration: made anew' "$?:$(options_of)" '0:--memory=3072m'
like 'and told' "$(cat "$work/stderr")" 'cluster set goes on with its data, configured anew'
printf 'ipFamily: dual\nnetwork: slirp4netns\nregistryMirrors: {docker.io: ["http://m:5000"]}\n' >"$FAKE/config.yaml"
configured --config "$FAKE/config.yaml"
is 'both families' "$?:$(grep 'run --detach' "$FAKE/log" | tail -n 1 | tr ' ' '\n' |
	grep -e '^--\(network\|sysctl=net.ipv6\|env=KINC_\(POD\|SERVICE\|REGISTRY\)\)' | paste -sd' ')" \
	'0:--env=KINC_POD_SUBNET=10.244.45.0/24,fd00:10:244:45::/64 --env=KINC_SERVICE_SUBNET=10.45.0.0/16,fd00:10:96:45::/112 --sysctl=net.ipv6.conf.all.forwarding=1 --network=slirp4netns:enable_ipv6=true --env=KINC_REGISTRY_MIRRORS=docker.io=http://m:5000'
printf 'ipFamily: ipv6\n' >"$FAKE/config.yaml"
refuses 'a cluster becomes none of IPv6 alone' 1 'what is in cluster set has addresses of another family: make another' \
	with_init "$launch" --timeout 10 --cluster set up --config "$FAKE/config.yaml"
inside "$launch" --cluster set down >/dev/null 2>&1
configured --config "$FAKE/config.yaml"
is 'IPv6 alone' "$?:$(grep 'run --detach' "$FAKE/log" | tail -n 1 | tr ' ' '\n' |
	grep -e '^--\(network\|sysctl=net.ipv6\|env=KINC_\(POD\|SERVICE\|IP\)\|label=io.kinc.pod\)' | paste -sd' ')" \
	'0:--label=io.kinc.pod-subnet=10.244.45.0/24 --env=KINC_POD_SUBNET=fd00:10:244:45::/64 --env=KINC_SERVICE_SUBNET=fd00:10:96:45::/112 --network=slirp4netns:enable_ipv6=true --env=KINC_IP_FAMILY=ipv6'
is 'and list tells its subnets' "$(inside "$launch" list --json | jq -r '.[] | select(.name == "set") | "\(.pod_subnet) \(.service_subnet)"')" \
	'fd00:10:244:45::/64 fd00:10:96:45::/112'
printf 'ipFamily: dual\n' >"$FAKE/config.yaml"
refuses 'nor one of IPv6 alone another' 1 'addresses of another family' \
	with_init "$launch" --timeout 10 --cluster set up --config "$FAKE/config.yaml"
inside "$launch" --cluster set down >/dev/null 2>&1
printf 'memory: 2g\nextraMount: []\n' >"$FAKE/config.yaml"
refuses 'a mistake in it' 100 'config.yaml:2:1: no key "extraMount" belongs here; the nearest is "extraMounts"' \
	inside "$launch" --cluster set --config "$FAKE/config.yaml" up
printf 'registryMirrors:\n  docker.io: [http://m, "https://m/v2"]\n' >"$FAKE/config.yaml"
refuses 'a mirror that is none' 100 'config.yaml:2:25: "https://m/v2" is not a mirror like https://mirror.example' \
	inside "$launch" --cluster set --config "$FAKE/config.yaml" up
refuses 'no such file' 100 'none.yaml: No such file' inside "$launch" --cluster set --config "$FAKE/none.yaml" up
refuses 'memory of words' 100 'memory "lots" is not' inside "$launch" --cluster set --memory lots up
refuses 'no processors' 100 'cpus "0" is not' inside "$launch" --cluster set --cpus 0 up

# kubectl's own file. `up` and `down` of dev, with what the arguments set.
config=$work/home/$TEST_USER/.kube/config
again() {
	inside "$launch" --cluster dev down >/dev/null 2>&1
	with_init "$@" "$launch" --timeout 10 --cluster dev >/dev/null 2>"$work/stderr"
}
down() { inside "$@" "$launch" --cluster dev down >/dev/null 2>"$work/stderr"; }
like 'kubectl'\''s file has the context, and it is current' "$(cat "$config")" '^current-context: kinc-dev$'
is 'its mode' "$(stat -c %a:%U "$config")" 600:$TEST_USER
down
check 'down removes the file that up made' test ! -e "$config"
printf '# mine\nclusters:\n  - name: work # here\n    cluster: {server: "https://w"}\n\ncurrent-context: work\nusers: []' >"$work/mine"
cp "$work/mine" "$config" && chown $TEST_USER "$config" && chmod 0644 "$config"
again
is 'a file of the user'\''s own: what is added' "$(diff "$work/mine" "$config" | grep -c '^<')" 1
like 'and its context stays' "$(cat "$config")" '^current-context: work$'
is 'and only the user may read it' "$(stat -c %a "$config")" 600
again
is 'up again does not add twice' "$(grep -c 'cluster: kinc-dev' "$config")" 1
down
check 'down leaves it as it was, byte for byte' cmp "$work/mine" "$config"
mkdir -p "$work/home/$TEST_USER/dotfiles" && mv "$config" "$work/home/$TEST_USER/dotfiles/" && ln -s ../dotfiles/config "$config"
chown $TEST_USER "$work/home/$TEST_USER/dotfiles"
again
check 'a symbolic link stays one' test -L "$config"
like 'and its file is changed' "$(cat "$work/home/$TEST_USER/dotfiles/config")" kinc-dev
down
printf 'current-context: ""\n' >"$FAKE/other" && chown $TEST_USER "$FAKE/other"
again KUBECONFIG="$FAKE/none:$FAKE/other:$config"
like 'KUBECONFIG: the first that exists' "$(cat "$FAKE/other")" 'current-context: kinc-dev'
check 'KUBECONFIG: and not another' cmp "$work/mine" "$config"
down
is 'down finds it without KUBECONFIG too' "$(cat "$FAKE/other")" 'current-context: ""'
again KUBECONFIG="$FAKE/none"
check 'KUBECONFIG: none exists' grep -q kinc-dev "$FAKE/none"
down
check 'and it goes again' test ! -e "$FAKE/none"
printf 'clusters: {}\n' >"$FAKE/other"
again KUBECONFIG="$FAKE/other"
is 'a file that is no kubeconfig: up goes on' $? 0
like 'a file that is no kubeconfig: told' "$(cat "$work/stderr")" "left out of kubectl's file: $FAKE/other: line 1: not a list"
down KUBECONFIG="$FAKE/other"
is 'a file that is no kubeconfig: down does not mind' "$?:$(cat "$FAKE/other")" '0:clusters: {}'
down
cp --remove-destination "$work/mine" "$config" && chown $TEST_USER "$config" && : >"$config.lock"
again
like 'a lock that nobody holds: told' "$(cat "$work/stderr")" "is locked: remove .*config\.lock"
rm -f "$config" "$config.lock"
again

# A cluster's life.
state() { inside "$launch" list --json | jq -r '.[] | select(.name == "dev").state'; }
check 'pause' inside "$launch" --cluster dev pause
is 'pause: so it is' "$(state)" paused
refuses 'status of a paused one' 1 'cluster dev is paused: .*resume' inside "$launch" --cluster dev status
check 'pause again' inside "$launch" --cluster dev pause
check 'resume' inside "$launch" --cluster dev resume
check 'resume again' inside "$launch" --cluster dev resume
is 'exec: bash, when nothing is named' "$(inside "$launch" --cluster dev exec)" \
	'exec --interactive kinc-dev-control-plane bash'
is 'exec: the words as they are' "$(inside "$launch" --cluster dev exec -- ls -l 'a  b')" \
	'exec --interactive kinc-dev-control-plane ls -l a  b'
inside "$launch" --cluster dev pause 2>/dev/null
check 'stop, though it is paused' inside "$launch" --cluster dev stop
is 'stop: so it is' "$(state)" exited
check 'stop again' inside "$launch" --cluster dev stop
refuses 'exec in a stopped one' 1 'cluster dev is exited: .*start' inside "$launch" --cluster dev exec -- true
refuses 'pause of a stopped one' 1 'cluster dev is exited: .*start' inside "$launch" --cluster dev pause
check 'start' with_init "$launch" --timeout 10 --cluster dev start
for command in stop start pause resume exec; do
	refuses "$command of an unknown cluster" 1 'no cluster nope' inside "$launch" --cluster nope $command
done

# The boot as a picture, and as numbers.
with_init sh -c "cd $FAKE && $launch --timeout 10 --cluster pic up >none 2>&1; for form in boot.svg - --json ''; do
	$launch --cluster pic chart \$form >said.\${form#--} 2>&1; done
	$launch --cluster pic chart $work/none/none/x.svg 2>said.none; echo \$? >>said.none; $launch --cluster pic down 2>none"
is 'chart: prints where it is' "$(cat "$FAKE/said.boot.svg")" "$FAKE/boot.svg"
check 'chart: well-formed' python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$FAKE/boot.svg"
like 'chart: its units' "$(cat "$FAKE/boot.svg")" '>kubelet<'
check 'chart: the same on standard output' cmp "$FAKE/said.-" "$FAKE/boot.svg"
is 'chart: named like the cluster unless told' "$(cat "$FAKE/said.")" "$FAKE/kinc-pic.svg"
is 'chart --json' "$(jq -c '[.units[] | [.name, .started_ms]]' "$FAKE/said.json")" '[["kubelet",10]]'
like 'chart to where nothing can be' "$(paste -sd' ' "$FAKE/said.none")" 'none/none/x.svg.*No such file.* 111$'
refuses 'chart to two files' 100 'one file' inside "$launch" --cluster dev chart a b
refuses 'chart of an unknown cluster' 1 'no cluster nope' inside "$launch" --cluster nope chart

# Versions, and those that do not fit.
with_init sh -c "$launch --timeout 10 --cluster pic up 2>$FAKE/none >&2; $launch version >$FAKE/said.text; echo \$? >>$FAKE/said.text
	$launch version --json >$FAKE/said.json; $launch --debug --cluster pic status >$FAKE/said.debug 2>&1; $launch --cluster pic down 2>$FAKE/none"
is 'version: of kinc-launch, image and node' "$(sed 's/[0-9]*\.[0-9]*\.[0-9]* (/V (/' "$FAKE/said.text" | paste -sd,)" \
	'kinc-launch V (control protocol 1),image localhost/kinc/node:v1 (control protocol 1): Kubernetes v1.20.2,cluster pic: kinc-init V (control protocol 1),0'
is 'version --json' "$(jq -c '[.protocol, .image.protocol, .clusters[0].protocol]' "$FAKE/said.json")" '[1,1,1]'
is '--debug shows what is asked of podman and of the node, and its answers' \
	"$(grep -c '^+ podman .* ps \|^> {"protocol":1,"command":"status"}$\|^< {"protocol":1,"ok":true' "$FAKE/said.debug")" 3
is '--version is of kinc-launch alone' "$(inside "$launch" --version | wc -l)" 1
with_init FAKE_SPEAKS=2 sh -c "$launch --timeout 10 --cluster pic up --keep; echo \$?; $launch --cluster pic status; echo \$?
	$launch --cluster pic logs kubelet; echo \$?; $launch version; echo \$?; $launch --cluster pic down" >"$FAKE/said.text" 2>&1
is 'a node of another protocol: up, status, logs and version say so' \
	"$(grep -c "the node's kinc-init speaks control protocol 2, this program 1: .*up --image" "$FAKE/said.text")" 4
is 'a node of another protocol: exit statuses' "$(grep -x '[0-9]*' "$FAKE/said.text" | paste -sd' ')" '111 111 1 1'
like 'a node of another protocol: version shows it' "$(cat "$FAKE/said.text")" 'cluster pic: kinc-init unknown \(control protocol 2\)'

# What a bug report needs, without what it must not have.
mkdir -p "$FAKE/log.d/pods/ns_pod_1/web" && openssl genrsa 2048 2>/dev/null >"$FAKE/key"
jwt=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlc2lnbmF0dXJl
{
	sed 's/^/2026-01-01T00:00:00Z stdout F /' "$FAKE/key"
	echo "2026-01-01T00:00:00Z stdout F Authorization: Bearer opaque; saw $jwt, kubeadm join --token abcdef.0123456789abcdef"
	echo "2026-01-01T00:00:00Z stdout F client-key-data: $(base64 -w 0 <"$FAKE/key")"
	echo '2026-01-01T00:00:00Z stdout F {"password": "correct horse"} the pod says hello'
} >"$FAKE/log.d/pods/ns_pod_1/web/0.log"
{ seq 1500000; sed '1,5d' "$FAKE/key"; echo 'the end'; } >"$FAKE/log.d/pods/ns_pod_1/web/1.log"
ln -s /etc/shadow "$FAKE/log.d/pods/link" && gzip -c "$FAKE/key" >"$FAKE/log.d/pods/old.gz"
chown -R $TEST_USER "$FAKE/log.d" && mkdir "$FAKE/tmp" && chown $TEST_USER "$FAKE/tmp"
with_init TMPDIR="$FAKE/tmp" sh -c "cd $FAKE && $launch --timeout 10 --cluster pic up >none 2>&1
	$launch --cluster pic export-logs logs.tgz >said.text 2>&1; echo \$? >>said.text; FAKE_CP=1 $launch --cluster pic export-logs less.tgz >none 2>&1; $launch --cluster pic down 2>none"
is 'export-logs: says where it is' "$(paste -sd' ' "$FAKE/said.text")" "$FAKE/logs.tgz 0"
is 'export-logs: only for the user' "$(stat -c %a:%U "$FAKE/logs.tgz")" 600:$TEST_USER
is 'export-logs: what is in it' "$(tar -tzf "$FAKE/logs.tgz" | sed -n 's|^kinc-pic-[0-9-]*/\(.*[^/]\)$|\1|p' | sort | paste -sd' ')" \
	'boot.svg container.json doctor.json node.log podman.json pods/ns_pod_1/web/0.log pods/ns_pod_1/web/1.log status.json units.log versions.json'
tar -xOzf "$FAKE/logs.tgz" >"$FAKE/all"
for secret in "$jwt" abcdef.0123456789abcdef opaque 'correct' hunter2 "$(sed -n 2p "$FAKE/key")" "$(sed -n 7p "$FAKE/key")" "$(base64 -w 40 <"$FAKE/key" | sed -n 3p)"; do
	is "export-logs: not in it: $(printf %.12s "$secret")" "$(grep -c -F -e "$secret" "$FAKE/all")" 0
done
for word in 'kubelet'\''s last words' 'no IP forwarding' 'the pod says hello' 'the end' 'KINC_CLUSTER=x' '"found"'; do
	check "export-logs: in it: $word" grep -q -F -e "$word" "$FAKE/all"
done
check 'export-logs: the last 8 MiB of a long log' test "$(tar -xOzf "$FAKE/logs.tgz" --wildcards '*/1.log' | wc -c)" -lt 8388609
is 'export-logs: nothing is left beside it' "$(ls "$FAKE/tmp")" ''
is 'export-logs: what cannot be had is named' "$(tar -xOzf "$FAKE/less.tgz" --wildcards '*/missing.txt' | sed 's/:.*//' | paste -sd' ')" \
	'pods'
refuses 'export-logs of an unknown cluster' 1 'no cluster nope' inside "$launch" --cluster nope export-logs
inside "$launch" --cluster dev export-logs "$work/none/none/x.tgz" >/dev/null 2>"$work/stderr"
like 'export-logs to where nothing can be' "$? $(cat "$work/stderr")" '^111 .*cannot write .*x.tgz'

# Images into it.
load() { inside FAKE_LOAD="${fails:-}" "$launch" --cluster dev load-image "$@" 2>"$work/stderr"; }
printf 'an archive' >"$FAKE/images.tar" && chown $TEST_USER "$FAKE/images.tar"
is 'load-image: an archive' "$(load "$FAKE/images.tar")" 'loaded an archive'
is 'load-image: standard input' "$(printf 'a stream' | load -)" 'loaded a stream'
is "load-image: an image of podman's, and a second" "$(load localhost/mine:1 localhost/mine:2 | paste -sd,)" \
	'loaded archive of localhost/mine:1,loaded archive of localhost/mine:2'
refuses 'load-image of nothing' 100 'load-image what' inside "$launch" load-image
refuses 'load-image of an option' 100 '"--all" is not the name of an image' inside "$launch" --cluster dev load-image -- --all
refuses 'load-image of what there is not' 1 'no image none here' inside "$launch" --cluster dev load-image none
refuses 'load-image of a file that is not there' 1 'none.tar: No such file' inside "$launch" --cluster dev load-image ./none.tar
refuses 'load-image into an unknown cluster' 1 'no cluster nope' inside "$launch" --cluster nope load-image x
load localhost/mine:bad >/dev/null
is 'load-image: podman fails halfway: status and reason' "$?:$(tail -n 1 "$work/stderr")" '1:kinc-launch: podman: layer is gone'
fails=1 load localhost/mine:endless
is 'load-image: the node refuses it: status' $? 1
like 'load-image: the node refuses it: reason' "$(tail -n 1 "$work/stderr")" 'cluster dev did not take localhost/mine:endless: this is the reason'
fails=127 load localhost/mine:1
is 'load-image: a node that cannot yet: status' $? 111
like 'load-image: a node that cannot yet: the mend' "$(tail -n 1 "$work/stderr")" 'is older than this kinc-launch.*make image'
load localhost/mine:endless >/dev/null &
wait_for 10 grep -q 'save .*endless' "$FAKE/log"
wait_for 10 pgrep -u $TEST_USER -x yes
pkill -INT -u $TEST_USER -f "^$launch --cluster dev load-image"
wait $!
is 'load-image: interrupt: status' $? 1
check 'load-image: interrupt: podman ended too' wait_for 5 sh -c "! pgrep -u $TEST_USER -x yes"
is 'list --quiet' "$(inside "$launch" list --quiet)" dev

# on_terminal COLUMNS VARIABLE=VALUE...: what `up` shows there.
on_terminal() {
	columns=$1
	shift
	with_init TERM=xterm SHELL=/bin/sh "$@" script -qec "stty cols $columns; $launch --cluster tty --timeout 10" \
		/dev/null </dev/null | tr -d '\r'
	inside "$launch" --cluster tty down >/dev/null 2>&1
}
escape=$(printf '\033')
shown=$(on_terminal 80 LC_ALL=C.UTF-8)
like 'on a terminal: heading' "$shown" '^UNIT +STATE +ELAPSED +WAITS FOR$'
like 'on a terminal: what is under way, with its colour' "$shown" "^kubelet +$escape\[33mstarting"
like 'on a terminal: wipes it' "$shown" "$escape\\[2A$escape\\[J"
like 'on a terminal: what is done stays' "$shown" "kubelet +$escape\[32mready *$escape\[0m +3\.2s"
like 'on a terminal: NO_COLOR' "$(on_terminal 80 NO_COLOR=1)" 'kubelet +ready +3\.2s'
like 'on a terminal of 20 columns' "$(on_terminal 20 NO_COLOR=1)" '\+ kubelet +3\.2s$'
like 'on a terminal of 1 column' "$(on_terminal 1 NO_COLOR=1)" '\+ kubelet +3\.2s$'
shown=$(on_terminal 80 TERM=dumb)
like 'on a dumb terminal: lines' "$shown" '^ +3\.2s kubelet ready$'
is 'on a dumb terminal: no escapes' "$(printf '%s' "$shown" | grep -c "$escape")" 0

with_init FAKE_ENDS=failed FAKE_WORDS='inotify: Too many open files' "$launch" --timeout 10 --cluster few >"$work/stdout" 2>"$work/stderr"
like 'unit that fails: the mend' "$(tail -n 1 "$work/stderr")" 'killed.*; as root, `sysctl -w fs.inotify.max_user_instances'
with_init "$launch" --timeout 10 --cluster json up --json >"$work/stdout" 2>"$work/stderr"
is 'up --json: exit status' $? 0
is 'up --json: events' "$(jq -r '.event' "$work/stdout" | tr '\n' ' ')" 'status unit state result '
is 'up --json: result' "$(jq -c 'select(.event == "result") | [.ok, .cluster, .port, .kubeconfig]' "$work/stdout")" \
	"[true,\"json\",6445,\"$work/home/$TEST_USER/.kube/kinc-json\"]"
inside "$launch" --cluster json down >/dev/null 2>&1
with_init FAKE_ENDS=failed "$launch" --timeout 10 --cluster json up --json >"$work/stdout" 2>/dev/null
is 'up --json that fails: exit status' $? 1
is 'up --json that fails: unit and its lines' \
	"$(jq -c 'select(.event == "failure") | [.unit, .lines[0]]' "$work/stdout")" '["kubelet","kubelet'\''s last words"]'
like 'up --json that fails: result' "$(tail -n 1 "$work/stdout")" '"ok":false.*"error":"cluster json failed'
like 'debug shows podman and the protocol' \
	"$(with_init "$launch" --debug --timeout 10 --cluster json 2>&1)" '^< \{"event":"state","state":"ready"'
inside "$launch" --cluster json down >/dev/null 2>&1

inside "$launch" --cluster later --wait none >"$work/stdout" 2>"$work/stderr"
is 'up --wait none: exit status' $? 0
like 'up --wait none: says how to wait' "$(tail -n 1 "$work/stderr")" 'later boots: `kinc-launch --cluster later up`'
inside "$launch" --cluster later down >/dev/null 2>&1
with_init FAKE_API=1 FAKE_SLOW=1 "$launch" --timeout 2 --cluster later --wait api >/dev/null 2>"$work/stderr"
is 'up --wait api: does not wait for more' $? 0
inside "$launch" --cluster later down >/dev/null 2>&1

# Faults and rivals.
before=$(left)
inside FAKE_RUN=killed "$launch" --timeout 10 --cluster cut >/dev/null 2>"$work/stderr"
is 'podman is killed: exit status' $? 1
is 'podman is killed: nothing is left' "$(left)" "$before"
inside FAKE_RUN=hangs "$launch" --timeout 60 --cluster cut >"$work/stdout" 2>"$work/stderr" &
wait_for 10 test -e "$FAKE/hangs"
pkill -INT -u $TEST_USER -f "^$launch --timeout 60 --cluster cut"
wait $!
is 'interrupt while podman works: exit status' $? 1
is 'interrupt while podman works: nothing is left' "$(left)" "$before"
rm -f "$FAKE/hangs"
inside FAKE_RUN=hangs "$launch" --cluster cut >/dev/null 2>&1 &
wait_for 10 test -e "$FAKE/hangs"
pkill -KILL -u $TEST_USER -f "^$launch --cluster cut"
wait $! 2>/dev/null
check 'after kill -9 up completes it' with_init "$launch" --timeout 10 --cluster cut
check 'and down removes it' inside "$launch" --cluster cut down
inside touch "$FAKE/volumes/kinc-cut-var-data"
refuses 'after kill -9 between two steps up tells of what is left' 1 'volume kinc-cut-var-data is left over: .*down' \
	with_init "$launch" --timeout 10 --cluster cut
check 'and down removes that' inside "$launch" --cluster cut down
is 'so that nothing is left' "$(left)" "$before"

with_init sh -c "$launch --timeout 10 --cluster twin 2>$FAKE/one & $launch --timeout 10 --cluster twin 2>$FAKE/other; status=\$?
	wait \$! && exit \$status" >/dev/null 2>&1 &
wait $!
like 'two of one name: one makes it' "$(cat "$FAKE/one" "$FAKE/other")" 'cluster twin starts from'
like 'two of one name: the other says so' "$(cat "$FAKE/one" "$FAKE/other")" 'cluster twin runs already'
inside "$launch" --cluster twin down >/dev/null 2>&1

ip link add kinctest0 type veth peer name kinctest1 && ip address add 10.45.3.1/24 dev kinctest0 && ip link set kinctest0 up
up_far() {
	with_init "$@" FORCE_PORT=6445 "$launch" --timeout 10 --cluster far ${far_config:+--config "$far_config"} 2>&1 >/dev/null
	inside "$launch" --cluster far down >/dev/null 2>&1
}
like 'subnet of an interface' "$(up_far)" 'collide with interface kinctest0: pods get 10.244.46.0/24'
ip address flush dev kinctest0 && ip route add 10.45.0.0/17 dev kinctest0 table 52
like 'subnet of a route in another table' "$(up_far)" 'collide with a route of kinctest0'
ip route flush table 52
if ip address add fd00:10:244:45::1/64 dev kinctest0 nodad 2>/dev/null; then
	is 'an IPv6 subnet is in no way of a cluster without' "$(up_far | grep -c collide)" 0
	printf 'ipFamily: dual\n' >"$FAKE/dual.yaml"
	far_config=$FAKE/dual.yaml
	like 'IPv6 subnet of an interface' "$(up_far)" \
		'collide with interface kinctest0: pods get 10.244.46.0/24,fd00:10:244:46::/64, services 10.46.0.0/16,fd00:10:96:46::/112'
	with_init FORCE_PORT=6445 "$launch" --timeout 10 --cluster far >/dev/null 2>&1
	before=$(left)
	refuses 'a cluster that is there cannot get such a subnet' 1 \
		'IPv6 subnets of cluster far, fd00:10:244:45::/64 and .*, collide with interface kinctest0: make another' \
		with_init "$launch" --timeout 10 --cluster far --config "$far_config" up
	is 'and stays as it is' "$(left)" "$before"
	ip address flush dev kinctest0 scope global && ip -6 route add fd00:10:96:45:0:0:0:80/121 dev kinctest0 table 52
	refuses 'nor one that a route leads to' 1 'collide with a route of kinctest0' \
		with_init "$launch" --timeout 10 --cluster far --config "$far_config" up
	inside "$launch" --cluster far down >/dev/null 2>&1
	like 'IPv6 subnet of a route in another table' "$(up_far)" 'collide with a route of kinctest0: pods get 10.244.46.0/24,'
	ip -6 route flush table 52
	like 'IPv6 subnet of a network of podman' \
		"$(up_far FAKE_NETWORKS='[{"name":"six","subnets":[{"subnet":"fd00:10:96::/48"}]}]')" "no pair of subnets"
	is 'link-local addresses and multicast are in nobody'\''s way' "$(up_far | grep -c collide)" 0
	far_config=
else
	skip 'IPv6 subnets of the host' 'this kernel has no IPv6'
fi
ip link delete kinctest0
like 'subnet of a network of podman' \
	"$(up_far FAKE_NETWORKS='[{"name":"web","subnets":[{"subnet":"10.45.7.0/24"}]}]')" "collide with podman's network web"
echo '{"State":"exited","Names":["web"],"Ports":[{"host_port":6440,"range":10,"protocol":"tcp"}]}' >"$FAKE/containers/web"
refuses 'port of a container that is stopped' 1 'port 6445 is taken by container web' \
	with_init FORCE_PORT=6445 "$launch" --cluster far
rm "$FAKE/containers/web"

with_init "$launch" --timeout 10 --cluster two >/dev/null 2>&1
with_init "$launch" --timeout 10 >/dev/null 2>&1
inside "$launch" list >"$work/stdout"
like 'second cluster has the next port' "$(cat "$work/stdout")" '^two .* 6445 +10\.244\.45\.0/24 +10\.45\.0\.0/16'
like 'default has 6443' "$(cat "$work/stdout")" '^default .* 6443 +10\.244\.43\.0/24'
inside "$launch" list --json >"$work/stdout"
is 'list --quiet' "$(inside "$launch" list --quiet | paste -sd' ')" 'default dev two'
is 'list --quiet --json' "$(inside "$launch" list --quiet --json | jq -c .)" '["default","dev","two"]'
check 'list --json is JSON' perl -MJSON::PP -0777 -ne 'exit(3 != @{decode_json($_)})' "$work/stdout"
refuses 'FORCE_PORT of another cluster' 1 'taken by cluster dev' \
	inside FORCE_PORT=6444 "$launch" --cluster four
with_init FORCE_PORT=8443 "$launch" --timeout 10 --cluster far >/dev/null 2>"$work/stderr"
like 'FORCE_PORT without a formula' "$(cat "$work/stderr")" \
	'no subnets follow from port 8443: pods get 10\.244\.46\.0/24, services 10\.46\.0\.0/16'
for command in down status logs kubeconfig; do
	refuses "$command of an unknown cluster" 1 'no cluster nope; there is default, dev, far, two' \
		inside "$launch" --cluster nope $command
done
for name in default dev two far; do
	inside "$launch" --cluster $name down >/dev/null 2>&1
	is "down $name: exit status" $? 0
done
is 'down leaves nothing' "$(left)" ''

# Ten at once: each its own port and subnets.
with_init sh -c "for n in 1 2 3 4 5 6 7 8 9 10; do $launch --timeout 20 --cluster n\$n & done; wait" >/dev/null 2>&1
inside "$launch" list --json >"$work/stdout"
for member in port pod_subnet service_subnet; do
	is "ten clusters at once: ten $member" "$(jq -r ".[].$member" "$work/stdout" | sort -u | wc -l)" 10
done
inside sh -c "for n in 1 2 3 4 5 6 7 8 9 10; do $launch --cluster n\$n down; done" >/dev/null 2>&1
is 'and nothing is left of them' "$(left)" ''
refuses 'down twice' 1 'no cluster dev: there is none yet' inside "$launch" --cluster dev down
fake_end
finish
