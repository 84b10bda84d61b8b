#!/bin/sh
# Leases: the last address of a /20 costs what the first did; a restart of the
# node forgets; a hundred at once.
set -u
. "$(dirname -- "$0")/ground.sh"

conf='{"cniVersion":"1.1.0","name":"many","type":"kincnet","bridge":"kinc2","isGateway":true,
	"ipMasq":true,"ipam":{"subnet":"10.8.0.0/20"}}'
data=/run/kinc/cni/many

# --- a restart of the node ---------------------------------------------------
pods p1 p2 p3
cni ADD p1 "$conf" && cni ADD p2 "$conf"
ln -s p9,eth0 $data/addresses/10.8.0.200
works 'ADD in the same start of the node' ADD p3 "$conf"
is 'keeps every lease' "$(find $data/addresses -type l | wc -l)" 4
for name in p1 p2 p3; do cni DEL $name "$conf"; done
ln -sfn 'another-boot.1' $data/boot
cni ADD p1 "$conf"
is 'another start forgets those of before' "$(ls $data/addresses)" "$(printf %s "$result" | grep -o '10\.8\.0\.[0-9]*/' | tr -d / | head -n 1)"
is 'rules are made anew too' "$(find $data -name masquerade | wc -l)" 1
works 'the lease is in order' CHECK p1 "$(with "$conf" "\"prevResult\":$result")"
ln -sfn 'another-boot.2' $data/boot
works 'STATUS forgets too' STATUS x "$conf"
is 'all' "$(ls $data/addresses $data/attachments | grep -c eth0)" 0
works 'DEL of what was forgotten' DEL p1 "$conf"
traces_are 'leaves nothing' "$clean"
cni ADD p1 "$conf" && cni DEL p1 "$conf" # the rules are there from now on

# --- a /20 from the first address to the last --------------------------------
# Leases of others need no pods. Address N of 10.8.0.0/20:
nth() { echo "10.8.$(($1 / 256)).$(($1 % 256))"; }
fill() {
	seq "$1" "$2" | while read -r n; do echo "x$n/eth0 $data/addresses/$(nth "$n")"; done |
		xargs -n 2 ln -sfn
}
# calls: system calls of one ADD, its address left in $got.
calls() {
	traced ADD "$conf" -o /run/out/calls
	got=$(ls -l $data/attachments | sed -n 's/.*p1,eth0.* -> //p')
	cni DEL p1 "$conf"
	grep -c '(' /run/out/calls
}
begin_at() { printf '%-49s\n' "$(nth "$1")" >$data/last.0; }
case $KINC_BUILD in
*asan*) skip 'cost of the last address' 'the sanitizer makes system calls of its own' ;;
*)
	if can_trace; then
		begin_at 1
		first=$(calls)
		fill 2 4093
		begin_at 4093
		is 'the last address of a /20 costs what the first did' "$(calls)" "$first"
		begin_at 1
		calls >/run/out/n
		check 'and not many more when it has to be searched for' \
			[ "$(cat /run/out/n)" -lt $((first + 80)) ]
		diag "system calls: $first for the first, $(cat /run/out/n) for the last after a search"
		ln -s xlast/eth0 $data/addresses/10.8.15.254
	else
		fill 2 4094
	fi
	refuses 'a /20 that is full' 101 'no address is free' ADD p1 "$conf"
	refuses 'STATUS tells' 50 'no address is free' STATUS x "$conf"
	rm $data/addresses/10.8.9.9
	works 'until one is given back' ADD p1 "$conf"
	like 'that one' "$answer" '10\.8\.9\.9/20'
	cni DEL p1 "$conf"
	;;
esac
find $data/addresses -type l -delete

# --- a hundred at once, with DELs and GC between -----------------------------
i=0
while [ $i -lt 150 ]; do
	ip netns add "m$i"
	[ $i -lt 100 ] || cni ADD "m$i" "$conf"
	i=$((i + 1))
done
keep=$(seq 0 99 | while read -r n; do named "m$n" && printf ,; done)
rules=$(nft -a list ruleset)
pids= i=0
while [ $i -lt 100 ]; do
	(cni ADD "m$i" "$conf" && printf '%s\n' "$result" >"/run/out/m$i") &
	pids="$pids $!"
	if [ $((i % 3)) = 0 ]; then
		cni DEL "m$((100 + i / 3))" "$conf" &
		pids="$pids $!"
	fi
	if [ $((i % 25)) = 12 ]; then
		cni GC x "$(valid "$conf" "${keep%,}")" &
		pids="$pids $!"
	fi
	i=$((i + 1))
done
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
is '100 ADDs, 34 DELs and 4 GCs at once succeed' "$failed" 0
is 'a hundred addresses' "$(grep -ho '"address": *"[^"]*"' /run/out/m* | sort -u | wc -l)" 100
works 'GC' GC x "$(valid "$conf" "${keep%,}")"
traces_are 'every lease is of a pod that is there' "$(printf '100\n200')"
is 'and no rule was touched' "$(nft -a list ruleset)" "$rules"
pids= i=0
while [ $i -lt 100 ]; do
	cni DEL "m$i" "$conf" &
	pids="$pids $!"
	i=$((i + 1))
done
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
is '100 DELs at once succeed' "$failed" 0
traces_are 'and leave nothing' "$clean"
finish
