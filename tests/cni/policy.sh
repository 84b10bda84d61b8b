# Sourced by the tests of policies, within ground.sh: pods of kincnet that answer
# (probe.py), and files of objects. Objects are written as JSON with ' for ".
# shellcheck shell=sh disable=SC2034,SC2154
kincnetd=$KINC_BUILD/bin/kincnetd
here=$(dirname -- "$0")
work=/run/policy-test
mkdir -p "$work"
conf='{"cniVersion":"1.1.0","name":"policy","type":"kincnet","bridge":"kinc4","isGateway":true,
	"ipMasq":true,"hairpinMode":true,"isolation":true,
	"ipam":{"ranges":[[{"subnet":"10.4.0.0/24"}],[{"subnet":"fd00:4::/64"}]],
	"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}}'
subnets='--pod-subnet 10.4.0.0/24 --pod-subnet fd00:4::/64'
HOSTS='' servers=''
export HOSTS
trap 'kill $servers 2>/dev/null' EXIT
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null
echo 0 >/proc/sys/net/bridge/bridge-nf-call-ip6tables 2>/dev/null

# serve NAME: everything that probe.py can, in that netns
serve() {
	rm -f "$work/ready"
	mkfifo "$work/ready"
	ip netns exec "$1" python3 "$here/probe.py" serve 80,81,82,443,8080 53,80 >"$work/ready" &
	servers="$servers $!"
	read -r _ <"$work/ready"
}
address4() { ip -n "$1" -4 -o addr show dev eth0 | awk '{ sub("/.*", "", $4); print $4; exit }'; }
address6() { ip -n "$1" -6 -o addr show dev eth0 scope global | awk '{ sub("/.*", "", $4); print $4; exit }'; }
# attach NAME: a pod's network
attach() {
	pods "$1"
	cni ADD "$1" "$conf" || diag "$answer"
	HOSTS="$HOSTS $1=$(address4 "$1"),$(address6 "$1")"
	serve "$1"
}
# outside NAME NUMBER: a host beyond the node
outside() {
	pods "$1"
	ip link add "out$2" type veth peer name eth0 netns "$1"
	ip addr add "192.0.$2.1/24" dev "out$2"
	ip addr add "fd00:a:$2::1/64" dev "out$2" nodad
	ip link set "out$2" up
	ip -n "$1" addr add "192.0.$2.2/24" dev eth0
	ip -n "$1" addr add "fd00:a:$2::2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "192.0.$2.1"
	ip -n "$1" -6 route add default via "fd00:a:$2::1"
	HOSTS="$HOSTS $1=192.0.$2.2,fd00:a:$2::2"
	serve "$1"
}
objects=$work/objects.json
# object KIND NAMESPACE NAME MEMBERS
object() {
	printf '%s' "{'kind':'$1','metadata':{'namespace':'$2','name':'$3','uid':'$3'${5:+,$5}}${4:+,$4}}" |
		tr "'\n\t" '"  '
	echo
}
namespace() { object Namespace '' "$1" '' "'labels':{$2}"; }
# pod NAMESPACE NAME LABELS PORTS [SPEC [PHASE]]
pod() {
	host=${HOSTS#*" $2="}
	host=${host%% *}
	object Pod "$1" "$2" "'spec':{'containers':[{'ports':[$4]}]${5:+,$5}},
		'status':{'phase':'${6:-Running}','podIPs':[{'ip':'${host%,*}'},{'ip':'${host#*,}'}]}" \
		"'labels':{$3}"
}
policy() { object NetworkPolicy "$1" "$2" "'spec':{$3}"; }
# reach FROM TARGET...: those that answer, within time enough
reach() {
	from=$1
	shift
	if [ "$from" = node ]; then python3 "$here/probe.py" ask 0.7 "$@"; else
		ip netns exec "$from" python3 "$here/probe.py" ask 0.7 "$@"
	fi
}
