#!/bin/sh
# Units start in a cgroup of their own by the best way that there is: each way
# is taken away in turn. Needs root and a cgroup v2 hierarchy.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

cgroups_or_skip 'ways into a cgroup'
unit cluster '{"type":"target","requires":["cgroup"],"wants":["svc"]}'
unit cgroup '{"type":"builtin","builtin":"cgroup"}'
unit svc '{"type":"service","after":["cgroup"],"exec":["sh","-c","setsid sleep 1001 & exec sleep 1000"],"resources":{"memory_max":"64M","pids_max":50}}'
inside <<'EOF_INSIDE'
await 10 unit_is svc ready
has() { pgrep -xf "sleep $1" >/dev/null; }
await 5 has 1001
echo "in $(grep ^0:: "/proc/$(field svc pid)/cgroup")"
echo "message $(field svc message)"
echo "warnings $($ctl status --json | jq -c '.warnings')"
echo "resources $(field svc resources | jq -c '[.cpu_ms, .memory_bytes == null] | map(type)')"
$ctl stop svc && ! has 1000 && echo stopped
has 1001 && echo its child stays
[ -e /sys/fs/cgroup/kinc/svc ] || echo no cgroup is left
kill -TERM 1
EOF_INSIDE

enclosed "$init" --units "$units"
check 'clone3 starts it there' says '^in 0::/kinc/svc$'
check 'nothing to remark' says '^message $'
check 'CPU time is told without a controller' says '^resources \["number","boolean"\]$'
check 'all of it is stopped' says '^stopped'
check 'its child too' sh -c "! grep -q 'its child stays' '$work/inside.out'"
case " $(unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && cat /sys/fs/cgroup/cgroup.controllers') " in
*' memory '*) skip 'a limit that does not hold is a warning' 'this machine delegates the controllers' ;;
*)
	check 'a limit that does not hold is a warning' says 'svc: memory_max does not hold: there is no memory.max; the cgroup controller \\"memory\\" is not delegated'
	check 'one for each' says 'svc: pids_max does not hold'
	;;
esac

# without clone3: a seccomp filter older than it, as Docker's once was
cat >"$work/without.py" <<'EOF_PY'
import ctypes, os, struct, sys
# if nr == clone3: ENOSYS, else allow
def op(code, jt, jf, k): return struct.pack("HBBI", code, jt, jf, k)
program = op(0x20, 0, 0, 0) + op(0x15, 0, 1, 435) + op(0x06, 0, 0, 0x00050000 | 38) + op(0x06, 0, 0, 0x7fff0000)
text = ctypes.create_string_buffer(program, len(program))
class Fprog(ctypes.Structure): _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
fprog = Fprog(4, ctypes.addressof(text))
if libc.prctl(22, 2, ctypes.byref(fprog), 0, 0): sys.exit("no seccomp")
os.execvp(sys.argv[1], sys.argv[1:])
EOF_PY
enclosed python3 "$work/without.py" "$init" --units "$units"
check 'without clone3 the child goes there by itself' says '^in 0::/kinc/svc$'
check 'nothing to remark then' says '^message $'
check 'all of it is stopped then' sh -c "grep -q '^stopped' '$work/inside.out' && ! grep -q 'its child stays' '$work/inside.out'"
is 'and PID 1 ends in order' "$status" 0

# clone3 that does not know CLONE_INTO_CGROUP (Linux 5.3 to 5.6): one run shows
# which of PID 1's calls starts svc
if strace -o /dev/null true 2>/dev/null; then
	enclosed strace -D -I 1 -qq -e signal=none -o "$work/trace" -e trace=clone3 "$init" --units "$units"
	number=$(grep -n CLONE_INTO_CGROUP "$work/trace" | head -n 1 | cut -d: -f1)
	for code in EINVAL E2BIG EPERM; do
		enclosed strace -D -I 1 -o "$work/trace" -e trace=clone3 -e inject=clone3:error=$code:when="$number" "$init" --units "$units"
		check "$code: the child goes there by itself" says '^in 0::/kinc/svc$'
		check "$code: nothing to remark" says '^message $'
		like "$code was injected into CLONE_INTO_CGROUP" "$(grep INJECTED "$work/trace")" 'CLONE_INTO_CGROUP.* = -1 '$code
	done
	enclosed strace -D -I 1 -o "$work/trace" -e trace=clone3 -e inject=clone3:error=EAGAIN:when="$number" "$init" --units "$units"
	check 'EAGAIN is no reason to try otherwise: the start failed' tells 'svc +cannot start a process: Resource temporarily unavailable; trying again'
	check 'and is tried again' says '^in 0::/kinc/svc$'
else
	skip 'without CLONE_INTO_CGROUP' 'no strace, or it may not trace'
fi

# a cgroup that cannot be written: the process group stands in
unit cluster '{"type":"target","wants":["svc"]}'
enclosed sh -c 'mount -o remount,ro,bind /sys/fs/cgroup 2>/dev/null || mount -o remount,ro /sys/fs/cgroup; exec "$@"' sh "$init" --units "$units"
check 'read-only: it runs outside' says '^in 0::/$'
check 'the limits do not hold, which is a warning' says 'svc: its \\"resources\\" do not hold: there is no cgroup v2 that could be written'
check 'read-only: it is stopped' says '^stopped'
is 'read-only: PID 1 ends in order' "$status" 0

# no cgroup v2 at all
boot
check 'none: it runs' says '^stopped'
check 'none: the warning is the same' says 'svc: its \\"resources\\" do not hold'
is 'none: PID 1 ends in order' "$status" 0
[ "$tap_failed" -eq 0 ] || { diag "$(cat "$work/inside.out")"; diag "$(cat "$work/story" "$work/stderr")"; }
finish
