#!/bin/sh
# kincnetd answers for the names of services: every record of the Kubernetes DNS
# specification, by UDP and TCP, alone and behind dnsmasq.
. "$(dirname -- "$0")/ground.sh"
. "$(dirname -- "$0")/netd.sh"
api_begin
zone=svc.cluster.local
service web 10.43.0.5 '"clusterIPs":["10.43.0.5","fd00:43::5"],"ports":[{"name":"http","port":80,"protocol":"TCP"},{"name":"dns","port":53,"protocol":"UDP"},{"port":99}]'
service stateful None '"ports":[{"name":"http","port":80}]'
slice st-1 stateful '{"name":"http","port":8080,"protocol":"TCP"}' \
	'{"addresses":["10.244.0.4"],"hostname":"st-0"},{"addresses":["10.244.0.5"],"hostname":"st-1","conditions":{"ready":false}},{"addresses":["10.244.0.6"]},{"addresses":["fd00:44::7"],"hostname":"st-7"}'
service early None '"publishNotReadyAddresses":true'
slice early-1 early '' '{"addresses":["10.244.0.8"],"conditions":{"ready":false}}'
service nobody None
service outside '' '"type":"ExternalName","externalName":"www.example.test"'
service inside '' '"type":"ExternalName","externalName":"web.default.svc.cluster.local"'
service web-nodes 10.43.0.6
slice wn-1 web-nodes '' '{"addresses":["10.244.0.9"],"hostname":"x"}'
# The world: a dnsmasq with a few names.
dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --port=5301 \
	--listen-address=127.0.0.1 --address=/www.example.test/192.0.2.80 \
	--address=/www.example.test/2001:db8::80 --host-record=outer.test,192.0.2.7 >"$work/world.log" 2>&1 &
world_pid=$!
netd --dns 127.0.0.1:5300 --dns-upstream 127.0.0.1:5301
trap 'kill $api_pid $netd_pid $world_pid $front_pid 2>/dev/null' EXIT
front_pid=''
check 'it answers when everything was listed' wait_for 10 asks web.default.$zone 10.43.0.5

code() { dig +tries=1 +time=2 @127.0.0.1 -p "${port:-5300}" "$1" "${2:-A}" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }
# record DESCRIPTION NAME TYPE ANSWERS
record() {
	is "$1" "$(ask "$2" "$3")" "$4"
	is "$1, by TCP" "$(dig +short +tcp +tries=1 +time=2 @127.0.0.1 -p "${port:-5300}" "$2" "$3" | sort | paste -sd' ')" "$4"
}
record 'the version of the schema' dns-version.cluster.local TXT '"1.1.0"'
record 'a service' web.default.$zone A 10.43.0.5
record 'its IPv6 address' web.default.$zone AAAA fd00:43::5
record 'in capital letters' WEB.Default.$zone A 10.43.0.5
record 'SRV of a named port' _http._tcp.web.default.$zone SRV "0 100 80 web.default.$zone."
record 'and of another protocol' _dns._udp.web.default.$zone SRV "0 100 53 web.default.$zone."
is 'SRV brings the addresses along' \
	"$(dig +noall +additional @127.0.0.1 -p 5300 _http._tcp.web.default.$zone SRV | awk '/^web/ { print $4, $5 }' | sort | paste -sd' ')" \
	'A 10.43.0.5 AAAA fd00:43::5'
record 'PTR of a service' 5.0.43.10.in-addr.arpa PTR "web.default.$zone."
record 'PTR of a service, IPv6' 5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.4.0.0.0.0.d.f.ip6.arpa PTR "web.default.$zone."
record 'headless: the ready endpoints' stateful.default.$zone A '10.244.0.4 10.244.0.6'
record 'headless: IPv6' stateful.default.$zone AAAA fd00:44::7
record 'an endpoint by its hostname' st-0.stateful.default.$zone A 10.244.0.4
record 'without a hostname, by its address' 10-244-0-6.stateful.default.$zone A 10.244.0.6
record 'headless: SRV' _http._tcp.stateful.default.$zone SRV \
	"0 100 8080 10-244-0-6.stateful.default.$zone. 0 100 8080 st-0.stateful.default.$zone. 0 100 8080 st-7.stateful.default.$zone."
record 'headless: PTR' 4.0.244.10.in-addr.arpa PTR "st-0.stateful.default.$zone."
record 'publishNotReadyAddresses' early.default.$zone A 10.244.0.8
record 'an endpoint of a service that has an address' x.web-nodes.default.$zone A 10.244.0.9
record 'a pod' 10-244-0-99.default.pod.cluster.local A 10.244.0.99
record 'a pod, IPv6' fd00-44--7.default.pod.cluster.local AAAA fd00:44::7
record 'ExternalName within' inside.default.$zone A "10.43.0.5 web.default.$zone."
record 'ExternalName outside' outside.default.$zone A '192.0.2.80 www.example.test.'
record 'ExternalName outside, IPv6' outside.default.$zone AAAA '2001:db8::80 www.example.test.'
record 'CNAME alone' outside.default.$zone CNAME www.example.test.
for name in missing.default.$zone web.missing.$zone nobody.default.$zone st-1.stateful.default.$zone \
	_no._tcp.web.default.$zone _http._udp.web.default.$zone nowhere.cluster.local \
	300-1-1-1.default.pod.cluster.local; do
	is "$name is not there" "$(code $name SRV)" NXDOMAIN
done
for name in cluster.local $zone default.$zone web.default.$zone _tcp.web.default.$zone; do
	is "$name is there, without a text" "$(code $name TXT) $(ask $name TXT)" 'NOERROR '
done
is 'another zone is not ours' "$(code example.test)" REFUSED
like 'no answer is kept by caches' "$(dig @127.0.0.1 -p 5300 missing.default.$zone)" \
	'^cluster.local\.[[:space:]]+0[[:space:]]+IN[[:space:]]+SOA'
endpoints=$(for i in $(seq 1 200); do printf '{"addresses":["10.245.0.%d"]},' "$i"; done)
service many None
slice many-1 many '' "${endpoints%,}"
check 'many endpoints: UDP is cut, dig goes on by TCP' wait_for 5 \
	sh -c 'test "$(dig +short @127.0.0.1 -p 5300 many.default.svc.cluster.local | wc -l)" = 200'
like 'what is cut says so' "$(dig +ignore @127.0.0.1 -p 5300 many.default.$zone)" 'flags: qr aa tc'
is 'each time another comes first' \
	"$(for i in 1 2 3 4 5; do dig +short +tcp @127.0.0.1 -p 5300 many.default.$zone | head -n 1; done | sort -u | wc -l)" 5

# As dnsmasq asks it.
mkdir "$work/dns"
cat >"$work/dns.conf" <<-END
	bind-interfaces
	no-hosts
	no-resolv
	port=5302
	listen-address=127.0.0.1
	cache-size=1000
	server=127.0.0.1#5301
	server=/cluster.local/127.0.0.1#5300
	rev-server=10.244.0.0/16,127.0.0.1#5300
END
dnsmasq --no-daemon --conf-file="$work/dns.conf" >"$work/front.log" 2>&1 &
front_pid=$!
front() { dig +short +tries=1 +time=2 @127.0.0.1 -p 5302 "$1" "${2:-A}" | sort | paste -sd' '; }
fronts() { [ "$(front "$1")" = "$2" ]; }
check 'behind dnsmasq: a service' wait_for 5 fronts web.default.$zone 10.43.0.5
is 'behind dnsmasq: the world' "$(front outer.test)" 192.0.2.7
is 'behind dnsmasq: PTR' "$(front 4.0.244.10.in-addr.arpa PTR)" "st-0.stateful.default.$zone."
is 'behind dnsmasq: ExternalName' "$(front outside.default.$zone)" '192.0.2.80 www.example.test.'
service web 10.43.0.55
check 'a change' wait_for 5 asks web.default.$zone 10.43.0.55
is 'is one behind dnsmasq at once' "$(front web.default.$zone)" 10.43.0.55
is 'the new address has a name' "$(ask 55.0.43.10.in-addr.arpa PTR)" "web.default.$zone."
is 'the old one has none' "$(ask 5.0.43.10.in-addr.arpa PTR)" ''
kill $world_pid && wait $world_pid 2>/dev/null
is 'the world is silent: an outer name fails, after a while' "$(dig +tries=1 +time=6 @127.0.0.1 -p 5300 outside.default.$zone | sed -n 's/.*status: \([A-Z]*\).*/\1/p')" SERVFAIL
is 'while others are answered' "$(ask web.default.$zone)" 10.43.0.55
like 'it counts' "$(metric 'kincnetd_dns_queries_total{protocol="tcp"}')" '^[1-9][0-9]*$'
printf 'GET / HTTP/1.0\r\n\r\nmore' | timeout 5 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", 5300))
s.send(sys.stdin.buffer.read())
sys.exit(len(s.recv(100)))'
is 'nonsense by TCP closes that connection' $? 0
is 'and no other' "$(dig +short +tcp @127.0.0.1 -p 5300 web.default.$zone)" 10.43.0.55
netd_end
finish
