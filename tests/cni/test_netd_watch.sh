#!/bin/sh
# kincnetd's view of the API server: lists in pages, watches, and everything that
# an API server or the way to it may do wrong. What it knows is seen by DNS.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/netd.sh"
api_begin

for i in 1 2 3 4 5 6 7; do service "s$i" "10.43.0.$i"; done
mode page=2
netd --dns 127.0.0.1:5300
check 'services are listed' wait_for 10 asks s7.default.svc.cluster.local 10.43.0.7
is 'a list came in pages' "$(requests | grep -c '/services?limit=250')" 4
like 'a continue token is escaped' "$(requests)" 'services\?limit=250&continue=after%2B%2F%3D2'
like 'and watched from its version, with bookmarks' "$(requests)" \
	'/services\?watch=1&allowWatchBookmarks=true&resourceVersion=107&timeoutSeconds='
service new 10.43.0.20
check 'an object that is added' wait_for 5 asks new.default.svc.cluster.local 10.43.0.20
service new 10.43.0.21
check 'changed' wait_for 5 asks new.default.svc.cluster.local 10.43.0.21
service new 10.43.0.21 '' gone
check 'deleted' wait_for 5 asks new.default.svc.cluster.local ''

# lists: how often the services were listed
lists() { metric 'kincnetd_watch_lists_total{kind="services"}'; }
known() { # known NUMBER: a new service of that number becomes known
	service "k$1" "10.43.1.$1"
	wait_for 20 asks "k$1.default.svc.cluster.local" "10.43.1.$1"
}
# stands DESCRIPTION LISTS-MORE
stands() {
	before=$lists_before
	is "$1: lists" "$(($(lists) - before))" "$2"
	check "$1: it lives" kill -0 "$netd_pid"
	lists_before=$(lists)
}
lists_before=$(lists)
log_mark=0
mark() { log_mark=$(wc -l <"$work/netd.log"); }
# said REGEX: since the last mark
said() { tail -n "+$((log_mark + 1))" "$work/netd.log" | grep -Eq "$1"; }

moved() { requests | grep -q "/endpointslices?watch=1.*resourceVersion=$1&"; }
sleep 2.5 # bookmarks come each second
slice late s1 '' '{"addresses":["10.244.0.1"]}'
mode closing=2
known 1
slice late s1 '' '{"addresses":["10.244.0.2"]}'
check 'a watch that ends goes on from where it was' wait_for 5 known 2
like 'a bookmark moved the version' "$(requests | grep 'services?watch' | tail -n 1)" 'resourceVersion=1[12][0-9]&'
stands 'an end in order' 0

mode cut=1
known 3
check 'a connection that breaks within an event: nothing is lost' known 4
stands 'a cut connection' 0

mode expired=100000
mode cut=1
known 5
wait_for 10 said 'services: .*too old resource version'
mode expired=0
check '410 Gone for a watch: known again' known 6
lists_now=$(lists)
check '410 Gone for a watch: it was listed again' test "$lists_now" -gt "$lists_before"
lists_before=$lists_now

mode expired_event=100000
mode closing=1
known 7
wait_for 10 said 'services: the watch ended: too old'
mode expired_event=0
check 'an ERROR event: known again' known 8
lists_now=$(lists)
check 'an ERROR event: it was listed again' test "$lists_now" -gt "$lists_before"
lists_before=$lists_now

mode garbage=1
known 9
check 'nonsense in the stream: known again' known 10
stands 'nonsense' 1

mode expire_continue=1
mode garbage=1
known 11
check 'a continue token that is too old: known again' known 12
mode expire_continue=0
lists_before=$(lists)

huge=$(head -c 5000000 /dev/zero | tr '\0' x)
put $services '{"metadata":{"namespace":"default","name":"huge","annotations":{"a":"'"$huge"'"}},"spec":{"clusterIP":"10.43.0.30"}}'
check 'an object that is too large is said' wait_for 10 said 'services: .*larger than 4194304 bytes'
is 'what was known stays' "$(ask k12.default.svc.cluster.local)" 10.43.1.12
service huge 10.43.0.30 '' gone
check 'and when it has gone, all is well' known 13
lists_before=$(lists)

mode slow=1
check 'an answer that comes byte by byte' known 14
mode slow=0
for status in 500 403 429; do
	mode status=$status
	mode cut=1
	service "during$status" "10.43.2.1"
	check "status $status is said" wait_for 10 said "answers $status"
	mode status=0
	check "status $status: known again" known "$((status % 200 + 20))"
done
service gone-meanwhile 10.43.0.40
wait_for 5 asks gone-meanwhile.default.svc.cluster.local 10.43.0.40
api_end
is 'the API server is away: names are answered' "$(ask s1.default.svc.cluster.local)" 10.43.0.1
check 'and that is said' wait_for 10 said 'services: .*(refused|connect)'
api_begin
service s1 10.43.0.99
check 'a new API server that knows less: what is gone is gone' \
	wait_for 20 asks gone-meanwhile.default.svc.cluster.local ''
check 'and what it has is known' wait_for 5 asks s1.default.svc.cluster.local 10.43.0.99

# Credentials.
kubeconfig "$work/next" 'tokenFile: token'
mv "$work/next" "$work/kubeconfig"
mode cut=1
check 'another kubeconfig, with a token' known 50
echo second-token >"$work/token"
mode cut=1
check 'a token that was replaced is read again' known 51
authority other
certificate stranger other
kubeconfig "$work/next" 'client-certificate: stranger.crt, client-key: stranger.key'
mv "$work/next" "$work/kubeconfig"
mark
mode cut=1
service unseen 10.43.3.1
# The server hangs up before the request was read, so the alert may be lost; what curl says then differs.
check 'a certificate of nobody is refused, which is said' wait_for 10 said 'services: '
is 'and nothing is learnt so' "$(ask unseen.default.svc.cluster.local)" ''
cp "$work/me.crt" "$work/stranger.crt" && cp "$work/me.key" "$work/stranger.key"
check 'a certificate that is replaced is read again' known 52
printf 'users: [' >"$work/kubeconfig"
mode cut=1
service unseen2 10.43.3.2
check 'a kubeconfig with a fault is said, with its place' wait_for 10 said 'kubeconfig:[0-9]+:[0-9]+: '
kubeconfig "$work/kubeconfig" 'client-certificate: me.crt, client-key: me.key'
check 'and read again when it is mended' known 53
cp "$work/ca.crt" "$work/ca-right.crt"
cp "$work/other.crt" "$work/ca.crt"
curl -s --cacert "$work/ca-right.crt" "$api/test/mode?cut=1" >/dev/null
curl -s --cacert "$work/ca-right.crt" -X POST -d '{"metadata":{"namespace":"default","name":"u3"},"spec":{}}' "$api/test/put?path=$services" >/dev/null
check 'a server of another authority is not believed' wait_for 10 said 'services: .*(certificate|issuer)'
cp "$work/ca-right.crt" "$work/ca.crt"
check 'until the authority is right' known 54

netd_end
is 'SIGTERM ends it in order' $? 0
cp "$work/netd.log" "$work/first.log"
mode missing=/apis/discovery.k8s.io/v1/
slices=/apis/discovery.k8s.io/v1beta1/endpointslices
service headless None
slice h1 headless '' '{"addresses":["10.244.0.9"],"conditions":{"ready":true},"topology":{}}'
netd --dns 127.0.0.1:5300
check 'a server before 1.21: slices are of v1beta1' wait_for 10 asks headless.default.svc.cluster.local 10.244.0.9
netd_end
unset NOTIFY_SOCKET
like 'misuse: nothing to do' "$("$kincnetd" 2>&1; echo "status $?")" 'nothing to do|status 100'
is 'misuse: an address that is none' "$("$kincnetd" --dns here 2>&1; echo "status $?" | tail -n 1)" \
	"kincnetd: \"here\" is no ADDRESS:PORT
status 111"
finish
