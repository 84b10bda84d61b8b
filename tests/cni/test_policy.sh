#!/bin/sh
# What NetworkPolicies mean, with real packets of all three protocols and both
# families between pods of kincnet, the node and a host beyond it.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/policy.sh"
for name in client other web db; do attach "$name"; done
outside far 2
outside near 3

world() {
	namespace a "'team':'a'"
	namespace b "'team':'b'"
	pod a client "'app':'client','role':'x'" ''
	pod a other "'app':'other'" ''
	pod b web "'app':'web','role':'x'" "{'name':'http','containerPort':8080},{'name':'dns','containerPort':53,'protocol':'UDP'}"
	pod b db "'app':'db'" "{'name':'http','containerPort':81}"
}
world >"$work/world.json"
# apply: policies on stdin, beside the world
apply() {
	cat "$work/world.json" - >"$objects"
	# shellcheck disable=SC2086
	"$kincnetd" --apply $subnets "$objects" || not_ok 'apply'
}
# means DESCRIPTION FROM TARGETS WANTED: and --explain says the same of each
means() {
	# shellcheck disable=SC2086
	is "$1" "$(reach "$2" $3)" "$4"
	case $2 in client | other) source=a/$2 ;; web | db) source=b/$2 ;; *) return ;; esac
	said=''
	for target in $3; do
		case $target in
		client:* | other:*) destination=a/${target%%:*} ;;
		web:* | db:*) destination=b/${target%%:*} ;;
		far:*) destination=192.0.2.2 ;;
		near:*) destination=192.0.3.2 ;;
		esac
		"$kincnetd" --explain --from "$objects" "$source" "$destination" "${target#*:}" >/dev/null &&
			said="$said${said:+ }$target"
	done
	is "$1: --explain" "$said" "$(echo "$4" | sed 's/([46])//g')"
}
three='web:80/TCP web:80/UDP web:80/SCTP'
echo | apply
means 'no policy: everything' client "$three db:81/TCP far:80/TCP" "$three db:81/TCP far:80/TCP"
is 'from beyond the node too' "$(reach far web:80/TCP web:80/UDP)" 'web:80/TCP web:80/UDP'

policy b deny "'podSelector':{},'policyTypes':['Ingress']" | apply
means 'ingress denied: nothing gets in' client "$three db:81/TCP" ''
is 'not from beyond the node' "$(reach far web:80/TCP web:80/UDP db:80/TCP)" ''
# shellcheck disable=SC2086
is "the node's own traffic always" "$(reach node $three db:80/TCP)" "$three db:80/TCP"
means 'egress is not isolated by it, and answers pass' web 'client:80/TCP client:80/UDP client:80/SCTP far:80/TCP' \
	'client:80/TCP client:80/UDP client:80/SCTP far:80/TCP'
means 'a pod reaches itself' web 'web:80/TCP web:53/UDP' 'web:80/TCP web:53/UDP'
means 'other namespaces are not touched' db 'client:80/TCP' 'client:80/TCP'

policy b only "'podSelector':{'matchLabels':{'app':'web'}},'ingress':[]" | apply
means 'ingress []: denies, whom it selects' client "web:80/TCP db:80/TCP" 'db:80/TCP'
policy b all "'podSelector':{},'ingress':[{}]" | apply
means 'ingress [{}]: allows' client "$three" "$three"

{
	policy b deny "'podSelector':{}"
	policy b web "'podSelector':{'matchLabels':{'app':'web'}},'ingress':[{'ports':[{'port':80}]}]"
	policy b web2 "'podSelector':{'matchLabels':{'app':'web'}},'ingress':[{'ports':[{'port':443}]}]"
} | apply
means 'policies add up' client 'web:80/TCP web:443/TCP web:81/TCP web:80/UDP db:80/TCP' 'web:80/TCP web:443/TCP'
policy b some "'podSelector':{},'ingress':[{'ports':[{'port':80,'protocol':'UDP'},{'port':80,'protocol':'SCTP'}]}]" | apply
means 'a protocol is that protocol' client "$three" 'web:80/UDP web:80/SCTP'
policy b whole "'podSelector':{},'ingress':[{'ports':[{'protocol':'UDP'}]}]" | apply
means 'no port: the whole protocol' client 'web:53/UDP web:80/UDP web:80/TCP web:80/SCTP' 'web:53/UDP web:80/UDP'
policy b range "'podSelector':{},'ingress':[{'ports':[{'port':80,'endPort':81},{'port':81,'endPort':82,'protocol':'SCTP'}]}]" | apply
means 'endPort: from port to it' client 'web:80/TCP web:81/TCP web:82/TCP web:80/SCTP web:81/SCTP web:82/SCTP' \
	'web:80/TCP web:81/TCP web:81/SCTP web:82/SCTP'
policy b named "'podSelector':{},'ingress':[{'ports':[{'port':'http'},{'port':'dns','protocol':'UDP'},{'port':'dns'}]}]" | apply
means 'a named port is what the pod has by that name and protocol' client \
	'web:8080/TCP web:81/TCP web:53/UDP web:80/UDP db:81/TCP db:8080/TCP' 'web:8080/TCP web:53/UDP db:81/TCP'

policy b pods "'podSelector':{},'ingress':[{'from':[{'podSelector':{'matchLabels':{'role':'x'}}}]}]" | apply
means 'podSelector alone: of its own namespace' client 'db:80/TCP' ''
means 'where the label is' web 'db:80/TCP' 'db:80/TCP'
policy b spaces "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'team':'a'}}}]}]" | apply
means 'namespaceSelector: all pods there' other 'web:80/TCP db:80/TCP' 'web:80/TCP db:80/TCP'
means 'and none elsewhere' web 'db:80/TCP' ''
policy b both "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'team':'a'}},'podSelector':{'matchLabels':{'role':'x'}}}]}]" | apply
means 'both in one peer: and' client 'db:80/TCP' 'db:80/TCP'
means 'not the other of that namespace' other 'db:80/TCP' ''
means 'not that label elsewhere' web 'db:80/TCP' ''
policy b either "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'team':'a'}}},{'podSelector':{'matchLabels':{'role':'x'}}}]}]" | apply
means 'in two peers: or' other 'db:80/TCP' 'db:80/TCP'
means 'either' web 'db:80/TCP' 'db:80/TCP'
policy b any "'podSelector':{'matchExpressions':[{'key':'app','operator':'NotIn','values':['db']}]},'ingress':[{'from':[{'namespaceSelector':{},'podSelector':{'matchExpressions':[{'key':'role','operator':'DoesNotExist'}]}}]}]" | apply
means 'expressions: who lacks the label' other 'web:80/TCP db:80/TCP' 'web:80/TCP db:80/TCP'
means 'and who has it' client 'web:80/TCP db:80/TCP' 'db:80/TCP'

policy b block "'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'192.0.0.0/16','except':['192.0.3.0/24']}}]}]" | apply
is 'ipBlock: who is in it' "$(reach far web:80/TCP web:80/SCTP)" 'web:80/TCP(4) web:80/SCTP(4)'
is 'who is excepted' "$(reach near web:80/TCP)" ''
means 'who is not' client 'web:80/TCP' ''
policy b block6 "'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'fd00:a::/32','except':['fd00:a:3::/48']}},{'ipBlock':{'cidr':'0.0.0.0/0'}}]}]" | apply
is 'blocks of both families' "$(reach far web:80/UDP)" 'web:80/UDP'
is 'excepted in one' "$(reach near web:80/UDP)" 'web:80/UDP(4)'
# More than are written a line each.
ports=$(for port in 81 84 443 8080 9; do printf ",{'port':%d}" $port; done)
policy b many "'podSelector':{},'ingress':[{'ports':[${ports#,}],'from':[{'ipBlock':{'cidr':'0.0.0.0/0',
	'except':['192.0.3.0/24','198.51.100.0/24','203.0.113.0/24','100.64.0.0/10','172.16.0.0/12']}}]}]" | apply
is 'five ports of a block with five holes' "$(reach far web:80/TCP web:81/TCP web:443/TCP)" 'web:81/TCP(4) web:443/TCP(4)'
is 'not from a hole' "$(reach near web:81/TCP)" ''
like 'which are sets' "$(nft list table inet kinc_policy)" 'tcp dport [{] 9, 81, 84, 443, 8080 [}]'

policy a out "'podSelector':{},'policyTypes':['Egress']" | apply
means 'egress denied: nothing gets out' client "$three other:80/TCP far:80/TCP" ''
means 'but in, and answers pass' web 'client:80/TCP client:80/UDP client:80/SCTP' 'client:80/TCP client:80/UDP client:80/SCTP'
is 'the node still' "$(reach node client:80/TCP)" 'client:80/TCP'
policy a out "'podSelector':{'matchLabels':{'app':'client'}},'policyTypes':['Egress'],'egress':[{'to':[{'namespaceSelector':{'matchLabels':{'team':'b'}},'podSelector':{'matchLabels':{'app':'web'}}},{'ipBlock':{'cidr':'192.0.2.0/24'}}],'ports':[{'port':80},{'port':'http'},{'port':53,'protocol':'UDP'}]}]" | apply
means 'egress: whom and which port, a named one of the destination' client \
	'web:80/TCP web:8080/TCP web:81/TCP web:53/UDP web:80/UDP db:80/TCP far:80/TCP far:81/TCP near:80/TCP' \
	'web:80/TCP web:8080/TCP web:53/UDP far:80/TCP(4)'
policy a out "'podSelector':{},'policyTypes':['Egress'],'egress':[{'ports':[{'port':'http'}]}]" | apply
means 'a named port and no peer: of each pod its own' client 'web:8080/TCP db:81/TCP web:81/TCP db:8080/TCP far:8080/TCP' \
	'web:8080/TCP db:81/TCP'
{
	policy a out "'podSelector':{},'policyTypes':['Egress'],'egress':[{}]"
	policy b in "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{},'podSelector':{'matchLabels':{'app':'client'}}}]}]"
} | apply
means 'allowed out: the other side decides too' client 'web:80/TCP' 'web:80/TCP'
means 'and forbids' other 'web:80/TCP' ''

# Who is no subject, and whose address is not its own any more.
HOSTS_KEPT=$HOSTS
HOSTS="$HOSTS host=10.4.0.1,fd00:4::1"
{
	policy b deny "'podSelector':{}"
	pod b host "'app':'host'" '' "'hostNetwork':true"
} | apply
HOSTS=$HOSTS_KEPT
means 'a pod on the network of the node is no subject' client 'web:80/TCP' ''
is 'the node is not isolated by it' "$(reach node web:80/TCP)" 'web:80/TCP'
gone=$(pod b gone "'app':'gone'" '' '' Succeeded | sed "s/$(address4 client)/x/;s/\"ip\":\"[^\"]*\"/\"ip\":\"$(address4 client)\"/")
{
	policy b deny "'podSelector':{}"
	echo "$gone"
} | apply
means 'a pod that ended has no address any more' web 'client:80/TCP' 'client:80/TCP'

# An address that no pod is known to have.
sed '/"name":"other"/d' "$work/world.json" >"$work/fewer.json"
mv "$work/fewer.json" "$work/world.json"
echo | apply
is 'an unknown address: nothing gets there' "$(reach client other:80/TCP other:80/UDP)" ''
is 'nor from there' "$(reach other client:80/TCP far:80/TCP)" ''
world >"$work/world.json"
echo | apply
means 'known again' client 'other:80/TCP' 'other:80/TCP'

# Connections that are there when a policy comes.
talk() { ip netns exec "$1" python3 "$here/probe.py" talk 30 "$2" "$work/count" & servers="$servers $!" talker=$!; }
more() { before=$(cat "$work/count"); sleep 0.3; [ "$(cat "$work/count")" -gt "$before" ]; }
still() { before=$(cat "$work/count"); sleep 0.3; [ "$(cat "$work/count")" -eq "$before" ]; }
talk client "$(address4 web):80"
check 'a connection' wait_for 5 test -s "$work/count"
policy b other "'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{},'podSelector':{'matchLabels':{'app':'client'}}}]}]" | apply
check 'one that a new policy allows goes on' wait_for 5 more
policy b deny "'podSelector':{}" | apply
check 'one that it forbids is cut' wait_for 5 still
sleep 1
check 'for good' still
kill "$talker"
wait "$talker" 2>/dev/null
finish
