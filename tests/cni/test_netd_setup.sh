#!/bin/sh
# What kincnetd makes at a node's boot: credentials that an API server takes, and
# the ground for DNS, on which dnsmasq stands.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/netd.sh"
trap 'kill $api_pid $netd_pid $front_pid 2>/dev/null' EXIT
front_pid=''
pki=$work/pki conf=$work/made.conf
mkdir -p "$pki"

like 'no authority: that is said' "$("$kincnetd" --make-kubeconfig "$conf" "$pki" 2>&1; echo "status $?")" 'ca.crt|status 111'
cp "$work/ca.crt" "$work/ca.key" "$pki"
check 'credentials are made' "$kincnetd" --make-kubeconfig "$conf" "$pki"
is 'nobody else may read them' "$(stat -c %a "$conf")" 600
sed -n 's/.*client-certificate-data: //p' "$conf" | base64 -d >"$work/made.crt"
is 'the certificate is of that user' "$(openssl x509 -in "$work/made.crt" -noout -subject)" 'subject=CN = system:kincnetd'
check 'for a client, by that authority' openssl verify -purpose sslclient -CAfile "$work/ca.crt" "$work/made.crt"
is 'and as long as the authority' "$(openssl x509 -in "$work/made.crt" -noout -enddate)" \
	"$(openssl x509 -in "$work/ca.crt" -noout -enddate)"
cp "$work/server.key" "$pki/ca.key"
like 'another key: that is said' "$("$kincnetd" --make-kubeconfig "$work/x" "$pki" 2>&1; echo "status $?")" 'is not the key of'
check 'and nothing is made' not test -e "$work/x"

api_begin
service web 10.44.0.5 '"ports":[{"name":"http","port":80}]'
slice web-1 web '{"name":"http","port":80}' '{"addresses":["10.244.44.7"],"hostname":"seven"}'
service outside '' '"type":"ExternalName","externalName":"localhost.test"'
resolv=$work/resolv.conf
echo 'nameserver 127.0.0.9' >"$resolv"
mount --bind "$resolv" /etc/resolv.conf
check 'the ground is laid' "$kincnetd" --setup-dns 10.44.0.0/16,fd00:44::/112 10.244.44.0/24,fd00:244::/64
check 'again: no other' "$kincnetd" --setup-dns 10.44.0.0/16,fd00:44::/112 10.244.44.0/24,fd00:244::/64
is 'the tenth addresses are of lo' "$(ip -o addr show dev lo | awk '$4 ~ /44/ { print $4 }' | sort | paste -sd' ')" \
	'10.44.0.10/32 fd00:44::a/128'
is 'the Service for the API server' "$(jq -r '.items[] | [.kind, .metadata.name, .spec.clusterIP // .subsets[0].addresses[0].ip] | join(" ")' \
	/run/kinc/dns/kube-dns.json | paste -sd,)" 'Service kube-dns 10.44.0.10,Endpoints kube-dns 10.44.0.10'
"$kincnetd" --kubeconfig "$conf" --metrics "$work/metrics" --dns 127.0.0.1:10053 \
	--dns-upstream 127.0.0.1:53 >"$work/netd.log" 2>&1 &
netd_pid=$!
dnsmasq --no-daemon --conf-file=/run/kinc/dns/dnsmasq.conf --address=/localhost.test/192.0.2.9 \
	--pid-file="$work/dnsmasq.pid" >"$work/front.log" 2>&1 &
front_pid=$!
at() { dig +short +tries=1 +time=2 "@$1" "$2" "${3:-A}" | sort | paste -sd' '; }
ats() { [ "$(at "$1" "$2")" = "$3" ]; }
check 'dnsmasq answers there, of services' wait_for 10 ats 10.44.0.10 web.default.svc.cluster.local 10.44.0.5
is 'by IPv6 too' "$(at fd00:44::a web.default.svc.cluster.local)" 10.44.0.5
is 'PTR of a service' "$(at 10.44.0.10 5.0.44.10.in-addr.arpa PTR)" web.default.svc.cluster.local.
is 'PTR of an endpoint' "$(at 10.44.0.10 7.44.244.10.in-addr.arpa PTR)" seven.web.default.svc.cluster.local.
is 'an ExternalName, by the way back to dnsmasq' "$(at 10.44.0.10 outside.default.svc.cluster.local)" '192.0.2.9 localhost.test.'
like 'no subnet' "$("$kincnetd" --setup-dns here 10.244.44.0/24 2>&1; echo "status $?")" '"here" are no subnets|status 111'
like 'one that is too small' "$("$kincnetd" --setup-dns 10.44.0.0/30 10.244.44.0/24 2>&1; echo "status $?")" 'no tenth address|status 111'
netd_end
finish
