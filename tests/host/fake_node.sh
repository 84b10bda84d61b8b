#!/bin/sh
# What programs in the node of the monitor test say: all is well, but for what
# $BREAK names. $@: exec CONTAINER PROGRAM...
shift 2
unit() { # NAME TYPE STATE
	case ${BREAK:-} in "unit $1") set -- "$1" "$2" failed ;; esac
	printf ',{"name":"%s","type":"%s","state":"%s","message":"it is"}' "$1" "$2" "$3"
}
pod() { # NAME KEY VALUE
	ready=True
	case ${BREAK:-} in "pod $1") ready=False ;; "no pod $1") return ;; esac
	printf ',{"kind":"Pod","metadata":{"name":"%s-1","labels":{"%s":"%s"}},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"%s"}]}}' \
		"$1" "$2" "$3" $ready
}
refuse() { echo "$1" >&2 && exit 1; }
is() { [ "${BREAK:-}" = "$1" ]; }
case "$*" in
true) ! is responds || refuse 'Error: crun: no such process' ;;
'kincctl status --json')
	! is init || refuse 'kincctl: nobody answers'
	printf '{"protocol":1,"ok":true,"version":"0.1.0","state":"ready","units":[{"name":"mounts","type":"builtin","state":"done"}'
	unit log service ready
	unit runtime service ready
	unit kubelet service ready
	unit cgroup builtin done
	unit certs oneshot done
	case ${BREAK:-} in
	nodns) ;;
	dnsmasq | 'unit dnsmasq' | 'unit kincnetd')
		unit dnsmasq service ready
		unit kincnetd service ready
		;;
	*) unit coredns oneshot done ;;
	esac
	unit site-manifests oneshot skipped
	unit cluster target ready
	echo ']}'
	;;
'cat /proc/sys/net/ipv4/ip_forward') if is forward; then echo 0; else echo 1; fi ;;
'cat /sys/fs/cgroup/cgroup.subtree_control')
	! is cgroup || refuse 'cat: /sys/fs/cgroup/cgroup.subtree_control: No such file or directory'
	if is controllers; then echo 'cpuset memory'; else echo 'cpuset cpu io memory pids'; fi
	;;
'printenv KINC_CRI_SOCKET') if is containerd; then echo /run/containerd/containerd.sock; else echo /run/crio/crio.sock; fi ;;
*' --http1.1 --unix-socket /run/crio/crio.sock --write-out %{content_type} http://localhost/info')
	! is runtime || refuse 'curl: (7) Failed to connect to localhost port 80'
	if is protocol; then printf text/plain; else printf application/json; fi
	;;
*' --http2-prior-knowledge --unix-socket /run/containerd/containerd.sock --write-out %{content_type} http://localhost/')
	printf application/grpc
	;;
*' --unix-socket '*) refuse 'curl: (56) Recv failure: Connection reset by peer' ;;
*10248/healthz) ! is healthz || refuse 'kinc-probe: not yet: status 500' ;;
*6443/readyz) ! is readyz || refuse 'kinc-probe: not yet: connection refused' ;;
*2381/health*)
	for url in http://localhost:2381/health https://127.0.0.1:10257/healthz https://127.0.0.1:10259/healthz; do
		if is "$url"; then echo "500 $url"; else echo "200 $url"; fi
	done
	! is https://127.0.0.1:10259/healthz || refuse 'curl: (7) Failed to connect'
	;;
*10-kinc.conflist)
	! is conflist || refuse 'cat: /etc/cni/net.d/10-kinc.conflist: No such file or directory'
	if is plugin; then type=bridge; else type=kincnet; fi
	echo '{"plugins":[{"type":"'$type'"},{"type":"portmap"}]}'
	;;
'kubectl --kubeconfig=/etc/kubernetes/admin.conf --request-timeout=10s get nodes,pods,storageclasses --all-namespaces --output=json')
	! is kubectl || refuse 'Error from server (Forbidden): nodes is forbidden'
	ready=True cordoned=false default=true provisioner=rancher.io/local-path
	! is node || ready=Unknown
	! is cordoned || cordoned=true
	! is class || default=false
	! is hostpath || provisioner=kubernetes.io/host-path
	printf '{"items":[{"kind":"StorageClass","provisioner":"%s","metadata":{"name":"standard","annotations":{"storageclass.kubernetes.io/is-default-class":"%s"}}}' \
		$provisioner $default
	[ "${BREAK:-}" = unregistered ] ||
		printf ',{"kind":"Node","spec":{"unschedulable":%s},"status":{"nodeInfo":{"kubeletVersion":"v1.33.13","containerRuntimeVersion":"cri-o://1.33.13"},"conditions":[{"type":"Ready","status":"%s","message":"Kubelet stopped posting"}]}}' \
			$cordoned $ready
	pod kube-proxy k8s-app kube-proxy
	is dnsmasq || pod coredns k8s-app kube-dns
	is hostpath || pod local-path-provisioner app local-path-provisioner
	echo ']}'
	;;
*) refuse "the fake node does not know $*" ;;
esac
