#!/bin/sh
# What kincnet may do while it works: CAP_NET_ADMIN alone once it has been in the
# pod, and a filter of system calls.
set -u
. "$(dirname -- "$0")/ground.sh"
case $KINC_BUILD in *asan*)
	skip 'confinement' 'the sanitizer makes system calls of its own'
	finish
	;;
esac
if ! strace -o /dev/null true 2>/dev/null; then
	skip 'confinement' 'no strace, or no ptrace'
	finish
fi
conf='{"cniVersion":"1.1.0","name":"few","type":"kincnet","bridge":"kinc3","isGateway":true,
	"ipMasq":true,"ipam":{"ranges":[[{"subnet":"10.3.0.0/24"}],[{"subnet":"fd00:3::/64"}]]}}'
# traced COMMAND CONF: its system calls from the first on stdin's configuration.
traced() {
	printf %s "$2" | CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/c1 strace -o /run/out/calls "$kincnet" 2>&1 | tr -d '\n\t'
	sed -n 's/^\(setns\|capset\|seccomp\|symlinkat\|unlinkat\|sendto\|execve\).*/\1/p' /run/out/calls | uniq | xargs
}
pods c1
cni ADD c1 "$conf" && cni DEL c1 "$conf" # rules and bridge are there from now on
like 'ADD: capabilities go when the pod was entered, then the filter, then the lease' \
	"$(traced ADD "$conf")" 'setns capset sendto seccomp symlinkat sendto$'
like 'only CAP_NET_ADMIN stays' "$(grep capset /run/out/calls)" \
	'permitted=1<<CAP_NET_ADMIN,'
like 'DEL has both before it begins' "$(traced DEL "$conf")" '^execve capset seccomp sendto unlinkat$'
few="setpriv --bounding-set=-all,+net_admin,+sys_admin --inh-caps=-all"
check 'no other capabilities are needed' sh -c "printf %s '$conf' | CNI_COMMAND=ADD CNI_CONTAINERID=c1 \
	CNI_IFNAME=eth0 CNI_NETNS=/run/netns/c1 $few '$kincnet'"
check 'the pod has its network' ping_from c1 10.3.0.1
check 'and for DEL even fewer' sh -c "printf %s '$conf' | CNI_COMMAND=DEL CNI_CONTAINERID=c1 \
	CNI_IFNAME=eth0 CNI_NETNS=/run/netns/c1 setpriv --bounding-set=-all,+net_admin --inh-caps=-all '$kincnet'"
finish
