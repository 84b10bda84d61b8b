#!/bin/sh
# sd_notify in full, builtins, logs; kinc-init as PID 1 in a namespace.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# sd_notify: MAINPID of a forking daemon, EXTEND_TIMEOUT_USEC, the watchdog
cat >"$work/daemon.py" <<'EOF_PY'
import os, socket, sys, time
def notify(text):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ["NOTIFY_SOCKET"]); s.send(text); s.close()
kind = sys.argv[1]
if kind == "forks":
    pid = os.fork()
    if pid:
        notify(b"MAINPID=%d\nREADY=1" % pid); time.sleep(0.2); sys.exit(0)
    os.setsid(); time.sleep(1000)
if kind == "patient":
    for _ in range(4):
        notify(b"EXTEND_TIMEOUT_USEC=5000000"); time.sleep(1)
    notify(b"READY=1"); time.sleep(1000)
if kind == "hangs":
    assert os.environ["WATCHDOG_USEC"] == "1000000"
    notify(b"READY=1")
    for _ in range(4):
        notify(b"WATCHDOG=1"); time.sleep(0.4)
    time.sleep(1000)
if kind == "triggers":
    notify(b"READY=1"); notify(b"WATCHDOG=trigger"); time.sleep(1000)
EOF_PY
daemon() {
	unit "$1" '{"type":"service","exec":["python3","'"$work/daemon.py"'","'"$1"'"],"ready":[{"notify":true}],"restart":{"policy":"never"},"wanted_by":["cluster"]'"$2}"
}
unit cluster '{"type":"target"}'
daemon forks ''
daemon patient ',"start_timeout_s":3'
daemon hangs ',"watchdog_s":1'
daemon triggers ',"watchdog_s":60'
inside <<'EOF_INSIDE'
await 5 unit_is forks ready
moved() { main=$(field forks pid) && [ "$(cut -d' ' -f4 "/proc/$main/stat")" = 1 ]; } # what forked it has ended
await 5 moved && unit_is forks ready && kill -0 "$main" && echo MAINPID is followed
kill -9 "$main"
await 5 unit_is forks failed && field forks message
await 10 unit_is patient ready && echo EXTEND_TIMEOUT_USEC is heard
await 10 unit_is hangs failed && field hangs message && field hangs ready_ms
await 10 unit_is triggers failed && field triggers message
kill -TERM 1
EOF_INSIDE
boot
for line in 'MAINPID is followed' 'ended with signal KILL' 'EXTEND_TIMEOUT_USEC is heard' \
	'no sign of life within its watchdog time of 1000 ms' 'it reported that it hangs'; do
	check "$line" says "$line"
done

# Builtins
no_units
unit cluster '{"type":"target","requires":["mounts","rshared","node-address","oom-floor"]}'
echo Linux >"$work/writable"
unit mounts '{"type":"builtin","builtin":"mounts",
 "directories":[{"path":"/run/m/sub/deep","mode":"0711"}],
 "mounts":[{"type":"tmpfs","target":"/run/m","options":"mode=0750,size=1m,nosuid"},
  {"type":"bind","source":"'"$work"'/writable","target":"/run/new-file","read_only":true},
  {"type":"bind","source":"/run/m","target":"/run/bound"},
  {"type":"content","target":"/proc/sys/kernel/hostname","content":"{{NODE_NAME}}-x\n"},
  {"type":"bind","source":"/nowhere","target":"/run/n","optional":true}],
 "symlinks":[{"path":"/run/link","target":"m/sub"}]}'
unit rshared '{"type":"builtin","builtin":"rshared","after":["mounts"]}'
unit node-address '{"type":"builtin","builtin":"node-address"}'
unit oom-floor '{"type":"builtin","builtin":"oom-floor"}'
inside <<'EOF_INSIDE'
await 10 state_is ready
stat -c %a /run/m /run/m/sub/deep | tr '\n' ' '; echo
grep -q Linux /run/new-file && ! sh -c 'echo x >/run/new-file' 2>/dev/null && echo bound read-only
[ -d /run/bound/sub/deep ] && echo bound
echo "content $(cat /proc/sys/kernel/hostname)"
readlink /run/link
grep -c 'left out: cannot bind /nowhere' <<X
$(field mounts message)
X
grep -q ' / / .*shared:' /proc/self/mountinfo && echo shared
ip=$(field node-address message); ip=${ip#NODE_IP=}
grep -Eq "^$ip	.*$(hostname)" /etc/hosts && echo hosts names the node
cat /run/kinc/oom-score-adj-min
floor=$(cat /run/kinc/oom-score-adj-min)
sh -c "echo $floor >/proc/self/oom_score_adj" && ! sh -c "echo $((floor - 1)) >/proc/self/oom_score_adj" 2>/dev/null && echo the floor is the floor
$ctl status --json >"$work/status"
kill -TERM 1
EOF_INSIDE
boot
check 'directories, also below mounts, and modes' says '^750 711'
check 'a bind mount, read-only' says 'bound read-only'
check 'a bind mount of a directory' says '^bound$'
check 'content over a file' says "^content $(hostname)-x$"
check 'a symlink' says '^m/sub$'
check 'an optional mount that fails is noted' says '^1$'
[ "$(id -u)" = 0 ] && check '/ is shared' says '^shared$'
if ip route show default 2>/dev/null | grep -q .; then
	check 'hosts names the node' says 'hosts names the node'
else
	skip 'hosts names the node' 'this machine has no default route'
fi
check 'the OOM floor' says 'the floor is the floor'

# Mirrors of registries, for either runtime
no_units
unit cluster '{"type":"target","requires":["registries"]}'
unit registries '{"type":"builtin","builtin":"registries"}'
# mirrors LIST: what the runtimes of a node with that list are told
mirrors() {
	cat >"$work/prepare" <<EOF_PREPARE
mkdir -p /run/etc/crio /run/etc/containerd && cp /etc/hosts /etc/passwd /etc/group /run/etc/ && mount --bind /run/etc /etc
export KINC_REGISTRY_MIRRORS='$1'
EOF_PREPARE
	inside <<'EOF_INSIDE'
await 10 eval 'state_is ready || state_is degraded || state_is failed'
field registries message
cd /etc && for file in containers/registries.conf.d/* containerd/certs.d/*/*; do
	[ ! -e "$file" ] || echo "$file: $(paste -sd' ' "$file")"
done
kill -TERM 1
EOF_INSIDE
	boot
	cat "$work/inside.out"
}
is 'mirrors of registries: both runtimes are told' \
	"$(mirrors 'docker.io=http://10.0.0.1:5000,quay.io=https://q,docker.io=https://m.example,docker.io=https://n')" '4 mirrors
containers/registries.conf.d/50-kinc-mirrors.conf: [[registry]] prefix = "docker.io" location = "docker.io" [[registry.mirror]] location = "10.0.0.1:5000" insecure = true [[registry.mirror]] location = "m.example" insecure = false [[registry.mirror]] location = "n" insecure = false [[registry]] prefix = "quay.io" location = "quay.io" [[registry.mirror]] location = "q" insecure = false
containerd/certs.d/docker.io/hosts.toml: [host."http://10.0.0.1:5000"] capabilities = ["pull", "resolve"] [host."https://m.example"] capabilities = ["pull", "resolve"] [host."https://n"] capabilities = ["pull", "resolve"]
containerd/certs.d/quay.io/hosts.toml: [host."https://q"] capabilities = ["pull", "resolve"]'
is 'without mirrors nothing is written' "$(mirrors '')" ''
is 'a mirror that is none is told, and nothing is written' "$(mirrors 'docker.io=http://a,quay.io=q')" \
	'KINC_REGISTRY_MIRRORS: "q" is not a mirror like https://mirror.example or http://10.0.0.1:5000, with nothing behind'
rm "$work/prepare"

# Subnets of one family, or of both
no_units
unit cluster '{"type":"target","requires":["rendered"]}'
unit subnets '{"type":"builtin","builtin":"subnets"}'
unit rendered '{"type":"builtin","builtin":"render","requires":["subnets"],"templates":[{"source":"'"$work"'/template","target":"/run/rendered"}]}'
echo '{"ranges":[{{POD_RANGES}}],"routes":[{{POD_ROUTES}}]}' >"$work/template"
# subnets PODS SERVICES VERSION: what becomes of them, or why nothing does
subnets() {
	printf 'export KINC_POD_SUBNET=%s KINC_SERVICE_SUBNET=%s KINC_KUBERNETES_VERSION=%s\n' "$@" >"$work/prepare"
	inside <<'EOF_INSIDE'
await 10 eval 'state_is ready || state_is degraded || state_is failed'
jq -c . /run/rendered 2>/dev/null || field subnets message
kill -TERM 1
EOF_INSIDE
	boot
	cat "$work/inside.out"
}
v6=fd00:10:244:44::/64 s6=fd00:10:96:44::/112
is 'a subnet' "$(subnets 10.244.44.0/24 10.44.0.0/16 v1.20.2)" \
	'{"ranges":[[{"subnet":"10.244.44.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}'
is 'subnets of both families' "$(subnets 10.244.44.0/24,$v6 10.44.0.0/16,$s6 v1.33.1)" \
	'{"ranges":[[{"subnet":"10.244.44.0/24"}],[{"subnet":"'$v6'"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}'
like 'both families with Kubernetes 1.20' "$(subnets 10.244.44.0/24,$v6 10.44.0.0/16,$s6 v1.20.2)" \
	'^pods of Kubernetes v1.20.2 have IPv4 alone here: take a node image of 1.22 or newer'
like 'IPv6 alone with Kubernetes 1.20' "$(subnets $v6 $s6 v1.20.2)" '^pods of Kubernetes v1.20.2 have IPv4 alone'
is 'IPv6 alone' "$(subnets $v6 $s6 v1.33.1)" '{"ranges":[[{"subnet":"'$v6'"}]],"routes":[{"dst":"::/0"}]}'
like 'services of another family' "$(subnets 10.244.44.0/24,$v6 10.44.0.0/16 v1.33.1)" 'not of the same families'
like 'one family twice' "$(subnets 10.244.44.0/24,10.1.0.0/16 10.44.0.0/16 v1.33.1)" 'has two subnets of one family'
like 'three subnets' "$(subnets 10.244.44.0/24,$v6,$s6 10.44.0.0/16 v1.33.1)" 'is not one subnet'
like 'no subnet' "$(subnets 10.244.44.0 10.44.0.0/16 v1.33.1)" 'KINC_POD_SUBNET=10.244.44.0 is not one subnet'
rm "$work/prepare"

# The address of a node of IPv6 alone comes when its router has told of itself
no_units
unit cluster '{"type":"target","requires":["node-address"]}'
unit node-address '{"type":"builtin","builtin":"node-address"}'
echo "export KINC_POD_SUBNET=$v6" >"$work/prepare"
inside <<'EOF_INSIDE'
await 10 unit_is node-address starting
ip link set lo up && ip link add up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up
# While it waits each link hears routers, though the node forwards.
ip -6 address add fd00::7/64 dev up0 nodad && ip -6 route add default via fe80::2 dev up0
await 20 state_is ready && cat /etc/hosts
kill -TERM 1
EOF_INSIDE
if unshare $namespaces --net sh -c 'ip link set lo up; ip -6 address add fd00::1/64 dev lo' 2>/dev/null; then
	own_net=--net boot
	like 'IPv6 alone: the node is named by its address' "$(cat "$work/inside.out")" "^fd00::7[[:space:]]+$(hostname)$"
	inside <<'EOF_INSIDE'
# A link-local address is none of a node, route or not.
ip link set lo up && ip link add up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up
ip -6 address add fe80::7/64 dev up0 nodad && ip -6 route add default via fe80::2 dev up0
await 30 eval 'unit_is node-address failed'
field node-address message
cat /proc/sys/net/ipv6/conf/*/accept_ra | sort -u
kill -TERM 1
EOF_INSIDE
	own_net=--net boot
	like 'IPv6 alone and no route: what gives one' "$(cat "$work/inside.out")" 'no IPv6 address with a route to the outside: start it with --network slirp4netns:enable_ipv6=true'
	is 'routers are heard on every link' "$(tail -n 1 "$work/inside.out")" 2
else
	skip 'IPv6 alone' 'this kernel has no IPv6'
fi
rm "$work/prepare"

# Logs: files, tails, follow, long lines, binary, floods
no_units
unit cluster '{"type":"target","requires":["talk","flood"]}'
unit talk '{"type":"service","exec":["sh","-c","echo one; printf \"two\\003\\n\" >&2; head -c 9000 /dev/zero | tr \"\\\\0\" x; echo; while [ ! -e /run/more ]; do sleep 0.1; done; echo three; exec sleep 100"]}'
unit flood '{"type":"oneshot","exec":["sh","-c","seq 200000"]}'
inside <<'EOF_INSIDE'
await 20 state_is ready
pieces() { $ctl log talk --json | jq -r .text | grep -c '^xxx'; }
in_pieces() { [ "$(pieces)" -ge 3 ] && $ctl log talk | grep -q two; }
await 10 in_pieces
$ctl log talk --lines 1000 | cut -d' ' -f2- | grep -v '^xxx' | cat -v
echo "pieces $(pieces)"
$ctl log talk --follow --lines 1 >/run/followed &
follower=$!
await 10 test -s /run/followed; touch /run/more
await 10 grep -q three /run/followed && kill $follower
cut -d' ' -f2 /run/followed
last() { $ctl log flood --lines 1 | cut -d' ' -f2; }
flooded() { [ "$(last)" = 200000 ] && tail -n 1 /var/log/kinc/flood.log | grep -Eq ' 200000$|were lost'; }
await 20 flooded
echo "last $(last)"
cp -r /var/log/kinc "$work/logs"
kill -TERM 1
EOF_INSIDE
boot
check 'stdout and stderr are kept, without control characters' says '^two\?'
check 'long lines come in pieces' says '^pieces 3'
check 'log --follow goes on' says '^three$'
check 'the last line of a flood' says '^last 200000$'
check 'log files have time, stream and text' grep -Eq '^20[0-9-]{8}T[0-9:.]{12}Z stdout one$' "$work/logs/talk.log"
lines=$(grep -cE 'Z stdout [0-9]+$' "$work/logs/flood.log")
lost=$(grep -oE '\([0-9]+ lines were lost' "$work/logs/flood.log" | tr -dc '0-9\n' | awk '{n += $1} END {print n + 0}')
is 'every line of a flood is written or counted' "$((lines + lost))" 200000
finish
