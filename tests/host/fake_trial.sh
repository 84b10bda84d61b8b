#!/bin/sh
# What kubectl and curl say in the node of the trial's test: all is well, but
# for what $BREAK names. $@: exec [--interactive] CONTAINER PROGRAM...
shift
[ "$1" != --interactive ] || shift
shift
is() { [ "${BREAK:-}" = "$1" ]; }
refuse() { echo "$1" >&2 && exit 1; }
words=$(echo "$*" | sed 's/^kubectl --kubeconfig=[^ ]* //; s/--namespace=kinc-test //')
case $words in
*'get daemonset/kube-proxy'*) printf localhost/kinc/kube-proxy:v1 ;;
'create namespace kinc-test')
	[ ! -e "$FAKE/namespace" ] || refuse 'Error from server (AlreadyExists): namespaces "kinc-test" already exists'
	: >"$FAKE/namespace"
	;;
'delete namespace kinc-test --timeout=120s')
	! is stuck || refuse 'error: timed out waiting for the condition on namespaces/kinc-test'
	rm "$FAKE/namespace" && { is volume || rm -f "$FAKE/volume"; }
	;;
*'get namespace kinc-test --output=jsonpath='*) printf 'Some resources are remaining: pods. has 1 resource instances' ;;
'get serviceaccount default')
	# Not there at once.
	[ -e "$FAKE/account" ] || { : >"$FAKE/account" && refuse 'Error from server (NotFound): serviceaccounts "default" not found'; }
	rm "$FAKE/account"
	;;
'apply --filename=-') cat >"$FAKE/applied" && ! is apply || refuse 'error: no matches for kind "Deployment"' ;;
'rollout status deployment/web --timeout='*)
	echo "${words##*=}" >"$FAKE/timeout"
	if is hang; then
		: >"$FAKE/hangs"
		exec sleep 60
	fi
	! is workload || refuse 'error: timed out waiting for the condition'
	;;
'wait --for=condition=Ready '*) ! is claim || refuse 'error: timed out waiting for the condition on pods/writer' ;;
*'{.spec.volumeName}') : >"$FAKE/volume" && printf pvc-1 ;;
'exec reader -- /usr/bin/busybox cat /data/word') if is word; then echo lost; else echo kept; fi ;;
*'{.spec.clusterIP}') printf 10.43.0.9 ;;
*'{.items[0].status.podIP}') printf 10.244.43.7 ;;
'exec reader -- /usr/bin/busybox wget -q -T 3 -O - http://10.244.43.7:8080/') ! is pod || refuse 'wget: download timed out' && echo web-1 ;;
'exec reader -- /usr/bin/busybox wget -q -T 3 -O - http://10.43.0.9:80/')
	! is service || refuse 'wget: connection refused'
	# The rules come a moment later.
	[ -e "$FAKE/rules" ] || { : >"$FAKE/rules" && refuse 'wget: connection refused'; }
	rm "$FAKE/rules" && echo web-2
	;;
'curl --silent --show-error --max-time 3 http://10.43.0.9:80/') if is node; then echo another; else echo web-1; fi ;;
*'get service kube-dns --ignore-not-found --output=name') is nodns || echo service/kube-dns ;;
'exec reader -- /usr/bin/busybox nslookup web.kinc-test.svc.cluster.local')
	! is dns || refuse "nslookup: can't resolve"
	if is address; then echo 'Address: 10.43.0.8'; else echo 'Address: 10.43.0.9'; fi
	;;
'get persistentvolume pvc-1 --ignore-not-found --output=name') [ ! -e "$FAKE/volume" ] || { rm "$FAKE/volume" && echo persistentvolume/pvc-1; } ;;
*) refuse "the fake cluster does not know $words" ;;
esac
