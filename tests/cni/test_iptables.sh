#!/bin/sh
# iptables-select becomes the iptables that this kernel serves, and asks without
# leaving anything behind.
. "$(dirname -- "$0")/../lib.sh"
if ! unshare --map-root-user --net true 2>/dev/null; then
	skip 'iptables-select' 'no network namespace can be made here'
	finish
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
cp "$KINC_BUILD/bin/iptables-select" "$work/iptables"
for name in iptables-save iptables-restore ip6tables ip6tables-save; do ln -s iptables "$work/$name"; done
PATH=$work:$PATH
apart() { unshare --map-root-user --net "$@"; }
# The kernel's answer is replaced; what is executed then is not followed.
refusing() { apart strace -qq -o /dev/null -e "inject=$1:when=1" "$work/$2" --version 2>&1; }

if apart sh -c 'nft add table ip t &&
	nft add chain ip t c "{ type nat hook postrouting priority 100; }"' 2>/dev/null; then
	kind=nf_tables
else
	kind=legacy
fi
for name in iptables ip6tables iptables-save; do
	like "$name is $kind's" "$(apart $name --version)" "^$name v.*$kind"
done
is 'nothing is left of the question' \
	"$(apart sh -c 'iptables --version >/dev/null; nft list ruleset' 2>/dev/null)" ''
if [ $kind = nf_tables ]; then
	like 'rules go through' "$(printf '*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n' |
		apart sh -c 'iptables-restore && nft list ruleset' 2>&1)" 'masquerade'
	like 'legacy without nfnetlink' "$(refusing socket:error=EPROTONOSUPPORT iptables)" 'legacy'
	like 'IPv6 too' "$(refusing socket:error=EPROTONOSUPPORT ip6tables)" 'legacy'
	like 'legacy when the kernel refuses the chain' "$(refusing recvfrom:error=ENOENT iptables)" 'legacy'
	like 'nobody may ask: no reason for legacy' "$(refusing socket:error=EPERM iptables)" 'nf_tables'
else
	skip 'choice on a kernel with nftables' 'this one has no NAT chains'
fi
like 'a status is passed on' "$(apart iptables --no-such-option 2>/dev/null; echo $?)" '^2$'
finish
