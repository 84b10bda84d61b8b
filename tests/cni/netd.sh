# Sourced by the tests of kincnetd, within ground.sh: an API server that is none
# (fake_api.py) on loopback, with certificates made here.
# shellcheck shell=sh disable=SC2034,SC2154
kincnetd=$KINC_BUILD/bin/kincnetd
here=$(dirname -- "$0")
work=/run/netd-test
api=https://127.0.0.1:6443
mkdir -p "$work"
api_pid='' netd_pid=''
trap 'kill $api_pid $netd_pid 2>/dev/null' EXIT

openssl_quiet() { openssl "$@" >>"$work/openssl.log" 2>&1; }
# authority NAME
authority() {
	openssl_quiet req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.crt"
}
# certificate NAME AUTHORITY [EXTENSION]
certificate() {
	openssl_quiet req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$work/$1.key" -out "$work/$1.csr"
	printf 'subjectAltName=IP:127.0.0.1\n' >"$work/$1.ext"
	openssl_quiet x509 -req -in "$work/$1.csr" -CA "$work/$2.crt" -CAkey "$work/$2.key" \
		-CAcreateserial -days 2 -extfile "$work/$1.ext" -out "$work/$1.crt"
}
# kubeconfig FILE USER-LINES
kubeconfig() {
	cat >"$1" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{ name: fake, cluster: { server: "$api", certificate-authority: ca.crt } }]
		contexts: [{ name: fake, context: { cluster: fake, user: me } }]
		current-context: fake
		users: [{ name: me, user: { $2 } }]
	END
}
api_begin() {
	FAKE_API_STATE=${api_state-} python3 "$here/fake_api.py" 6443 "$work/server.crt" "$work/server.key" "$work/ca.crt" \
		"$work/token" >"$work/api.log" 2>&1 &
	api_pid=$!
	wait_for 10 curl -s --cacert "$work/ca.crt" "$api/test/log"
}
api_end() {
	kill -9 "$api_pid"
	wait "$api_pid" 2>/dev/null
}
told() { curl -s --cacert "$work/ca.crt" "$@"; }
mode() { told "$api/test/mode?$1" >/dev/null; }
requests() { told "$api/test/log"; }
# put PATH JSON [gone]
put() { told -X POST --data-binary @- "$api/test/put?path=$1${3:+&gone=1}" >/dev/null <<-END
	$2
	END
}
services=/api/v1/services
slices=/apis/discovery.k8s.io/v1/endpointslices
# service NAME CLUSTER-IP [MORE-OF-SPEC]
service() {
	put $services '{"metadata":{"namespace":"default","name":"'"$1"'"},"spec":{"clusterIP":"'"$2"'"'"${3:+,$3}"'}}' ${4:+gone}
}
# slice NAME SERVICE PORTS ENDPOINTS [gone]: both in JSON, without the brackets
slice() {
	put $slices '{"metadata":{"namespace":"default","name":"'"$1"'","labels":{"kubernetes.io/service-name":"'"$2"'"}},"addressType":"IPv4","ports":['"$3"'],"endpoints":['"$4"']}' ${5:+gone}
}
# netd ARGUMENT...: starts kincnetd with its readiness told to a socket of the test.
netd() {
	"$kincnetd" --kubeconfig "$work/kubeconfig" --metrics "$work/metrics" "$@" >"$work/netd.log" 2>&1 &
	netd_pid=$!
}
netd_end() {
	kill "$netd_pid" 2>/dev/null
	wait "$netd_pid" 2>/dev/null
}
metric() { curl -s --unix-socket "$work/metrics" http://kincnetd/metrics | sed -n "s/^$1 //p"; }
# ask NAME [TYPE]: answers, sorted, on one line
ask() { dig +short +tries=1 +time=1 @127.0.0.1 -p 5300 "$1" "${2:-A}" | sort | paste -sd' '; }
asks() { [ "$(ask "$1" "${3:-A}")" = "$2" ]; }

authority ca
certificate server ca
certificate me ca
echo first-token >"$work/token"
kubeconfig "$work/kubeconfig" 'client-certificate: me.crt, client-key: me.key'
