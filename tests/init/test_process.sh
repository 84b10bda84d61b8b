#!/bin/sh
# As what a unit's programs run: user, groups, limits, capabilities, filters.
# Without a user namespace, which would have one user only: needs root.
. "$(dirname -- "$0")/../lib.sh"
. "$(dirname -- "$0")/lib.sh"

# Faults of the keys have their place
fault() { # JSON OF THE UNIT, REGEX
	no_units
	unit cluster "$1"
	like "fault: $2" "$("$init" --check --units "$units" 2>&1 >/dev/null)" "^$units/cluster.json:1:[0-9]+: $2"
}
service='{"type":"service","exec":["true"]'
fault "$service,\"capabilities\":{\"bounding\":[\"CAP_FLY\"]}}" '"CAP_FLY" in "bounding" is no capability'
fault "$service,\"capabilities\":{\"bounding\":[],\"ambient\":[\"CAP_KILL\"]}}" 'an ambient capability is not in the bounding set'
fault "$service,\"limits\":{\"nofile\":\"many\"}}" '"nofile" must be a whole number'
fault "$service,\"limits\":{\"nofile\":{\"soft\":5,\"hard\":4}}}" 'the soft limit "nofile" is above the hard one'
fault "$service,\"limits\":{\"nofile\":{\"soft\":5}}}" '"nofile" must be one value, or'
fault "$service,\"resources\":{\"memory_max\":\"64Q\"}}" '"memory_max" must be a whole number'
fault "$service,\"resources\":{\"cpu_max\":\"9m\"}}" '"cpu_max" must be a number of cores'
fault "$service,\"resources\":{\"cpu_weight\":0}}" '"cpu_weight" must be a whole number from 1 to 10000'
fault "$service,\"resources\":{\"pids_max\":\"few\"}}" '"pids_max" must be a number'
fault "$service,\"user\":-1}" '"user" must be a name or a number'
fault "$service,\"groups\":\"adm\"}" '"groups" must be an array of names and numbers'
fault "$service,\"umask\":\"9\"}" '"umask" must be octal digits'
fault "$service,\"restart\":{\"success_exit\":[256]}}" '"success_exit" must be a whole number from 0 to 255'
fault "$service,\"restart\":{\"prevent_exit\":[\"SIGNONE\"]}}" '"prevent_exit" must name a signal'

# So have those of seccomp profiles
profile_fault() { # PROFILE REGEX
	printf '%s' "$1" >"$work/profile.json"
	no_units
	unit cluster "$service,\"seccomp\":\"$work/profile.json\"}"
	like "profile fault: $2" "$("$init" --check --units "$units" 2>&1 >/dev/null)" "^$work/profile.json:1:[0-9]+: $2"
}
allow='{"defaultAction":"SCMP_ACT_ALLOW"'
profile_fault '{' '(expected|a|the|")'
profile_fault '{}' '"defaultAction" is missing'
profile_fault '{"defaultAction":"SCMP_ACT_NOTIFY"}' '"defaultAction" is no action that a unit can have'
profile_fault "$allow,\"sycalls\":[]}" 'a seccomp profile has no such key here'
profile_fault "$allow,\"architectures\":[\"SCMP_ARCH_ABACUS\"]}" 'this is no architecture'
profile_fault "$allow,\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EFOO\"}]}" '"errno" must name an error'
profile_fault "$allow,\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":6,\"op\":\"SCMP_CMP_EQ\"}]}]}" '"index" must be a whole number from 0 to 5'
profile_fault "$allow,\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"op\":\"==\"}]}]}" '"op" must be one such as'
for shipped in /usr/share/containers/seccomp.json /etc/containers/seccomp.json; do
	[ -e "$shipped" ] || continue
	unit cluster "$service,\"seccomp\":\"$shipped\"}"
	check "Podman's own profile is understood ($shipped)" "$init" --check --units "$units"
done

# What PID 1 itself may do, and what its children get
no_units
unit cluster '{"type":"target","requires":["plain"]}'
unit plain '{"type":"service","exec":["sleep","1000"]}'
inside <<'EOF_INSIDE'
await 10 state_is ready
sets() { sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):\t//p' "/proc/$1/status" | paste -sd' '; }
echo "init $(sed -n 's/^CapEff:\t//p' /proc/1/status)"
[ "$(sed -n 's/^CapPrm:\t//p' /proc/1/status)" = "$(sed -n 's/^CapPrm:\t//p' /proc/$$/status)" ] && echo all stay permitted
[ "$(sets "$(field plain pid)")" = "$(sets $$)" ] && echo children have what PID 1 was given
kill -TERM 1
EOF_INSIDE
boot
check 'effective in PID 1 are CAP_DAC_OVERRIDE and CAP_KILL alone' says '^init 0000000000000022$'
check 'the others stay permitted' says 'all stay permitted'
check 'a unit starts with all' says 'children have what PID 1 was given'

if [ "$(id -u)" -ne 0 ] || ! unshare -pfm --mount-proc true 2>/dev/null; then
	skip 'other users' 'needs root, to have several users'
	finish
fi
boot_as_root() {
	timeout -s KILL 40 unshare -pfm --mount-proc --kill-child sh "$work/enter" "$work" "$init" --units "$units" \
		>"$work/story" 2>"$work/stderr" </dev/null
	status=$?
}
no_units
cat >"$work/deny.json" <<'EOF_PROFILE'
{
  "defaultAction": "SCMP_ACT_ALLOW",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "syscalls": [
    {"names": ["mkdir", "mkdirat", "nosuchcall"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
    {"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO", "errno": "EXDEV", "excludes": {"caps": ["CAP_FOWNER"]}},
    {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}
  ]
}
EOF_PROFILE
chmod 0755 "$work" && chmod 0644 "$work/deny.json"
# Each tells what it is and stays.
cat >"$work/tell" <<'EOF_TELL'
{
	id
	echo "umask $(umask)"
	echo "home $HOME $USER"
	pwd
	grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
	echo "oom $(cat /proc/self/oom_score_adj)"
	prlimit --noheadings --raw --output RESOURCE,SOFT,HARD
	echo all told
} 2>&1
exec sleep 1000
EOF_TELL
chmod 0644 "$work/tell"
program='"type":"service","exec":["sh","'$work'/tell"]'
unit cluster '{"type":"target","wants":["name","number","group","limits","few","gives","denies","denies-plainly","nobody","lonely","broken"]}'
unit name "{$program,\"user\":\"daemon\",\"umask\":\"027\",\"working_directory\":\"/usr\",\"no_new_privileges\":true}"
unit number "{$program,\"oom_score_adj\":500,\"user\":4242,\"group\":\"adm\",\"groups\":[\"mail\",77],\"environment\":{\"HOME\":\"/own\"}}"
unit group "{$program,\"group\":\"adm\"}"
unit limits "{$program,\"limits\":{\"nofile\":{\"soft\":100,\"hard\":200},\"core\":0,\"nproc\":{\"soft\":50,\"hard\":60},\"stack\":\"4M\",\"memlock\":\"16K\",\"fsize\":{\"soft\":\"1G\",\"hard\":\"2G\"},\"data\":\"8G\",\"as\":\"max\",\"cpu\":{\"soft\":1000,\"hard\":\"infinity\"},\"sigpending\":99,\"msgqueue\":1000,\"nice\":0,\"rtprio\":0}}"
unit few "{$program,\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]}}"
unit gives "{$program,\"user\":\"daemon\",\"capabilities\":{\"ambient\":[\"CAP_NET_BIND_SERVICE\"]}}"
unit denies "{\"type\":\"service\",\"user\":\"daemon\",\"no_new_privileges\":true,\"capabilities\":{\"bounding\":[]},\"seccomp\":\"$work/deny.json\",\"exec\":[\"sh\",\"-c\",\"exec 2>&1; mkdir /tmp/x; chmod 0 $work/tell; kill -USR1 \$\$; grep Seccomp: /proc/self/status; echo all told; exec sleep 1000\"]}"
unit denies-plainly "{\"type\":\"service\",\"user\":\"daemon\",\"seccomp\":\"$work/deny.json\",\"exec\":[\"sh\",\"-c\",\"exec 2>&1; mkdir /tmp/x; grep NoNew /proc/self/status; echo all told; exec sleep 1000\"]}"
unit nobody "{$program,\"user\":\"nosuchuser\",\"restart\":{\"policy\":\"never\"}}"
unit lonely "{$program,\"user\":4242,\"restart\":{\"policy\":\"never\"}}"
printf '{"defaultAction":"SCMP_ACT_ALLOW",\n "syscalls":[{}]}' >"$work/broken.json"
unit broken "{$program,\"seccomp\":\"$work/broken.json\",\"restart\":{\"policy\":\"never\"}}"
inside <<'EOF_INSIDE'
settled() { [ "$($ctl status --json | jq '[.units[] | select(.state == "starting" or .state == "waiting")] | length')" = 0 ]; }
await 20 settled
told() { $ctl log "$1" | grep -q ' all told$'; }
for unit in name number group limits few gives denies denies-plainly; do
	await 10 told $unit
	$ctl log $unit | sed "s/^[^ ]* /$unit: /"
done
for unit in nobody lonely broken; do echo "$unit: $(field $unit state): $(field $unit message)"; done
kill -TERM 1
EOF_INSIDE
boot_as_root
check 'a user by name, with its group and memberships' says "^name: $(setpriv --reuid daemon --regid daemon --init-groups id | sed 's/[()]/\\&/g')\$"
check 'umask' says '^name: umask 0027$'
check 'its home' says "^name: home $(getent passwd daemon | cut -d: -f6) daemon\$"
check 'its working directory' says '^name: /usr$'
check 'no_new_privileges' says '^name: NoNewPrivs:.*1$'
check 'which others do not have' says '^number: NoNewPrivs:.*0$'
check 'no capability stays with another user' says '^name: CapPrm:.*	0000000000000000$'
check 'numbers, and groups given' says '^number: uid=4242 gid=4\(adm\) groups=4\(adm\),8\(mail\),77'
check 'its OOM score' says '^number: oom 500$'
check 'the environment of the unit comes first' says '^number: home /own *$'
check 'a group alone' says '^group: uid=0\(root\) gid=4\(adm\)'
for line in 'NOFILE 100 200' 'CORE 0 ' 'NPROC 50 60' 'STACK 4194304 ' 'MEMLOCK 16384 ' 'FSIZE 1073741824 2147483648' \
	'DATA 8589934592 ' 'AS unlimited ' 'CPU 1000 unlimited' 'SIGPENDING 99 ' 'MSGQUEUE 1000 ' 'NICE 0 ' 'RTPRIO 0 '; do
	check "limit $line" says "^limits: $line"
done
check 'the bounding set is cut' says '^few: CapBnd:.*	0000000000000021$'
check 'so is what root gets from it' says '^few: CapEff:.*	0000000000000021$'
check 'an ambient capability is in force' says '^gives: CapEff:.*	0000000000000400$'
check 'for a user that is not root' says '^gives: uid=1\(daemon\)'
check 'a profile refuses, with its error' says 'denies: mkdir: .*No space left on device'
check 'a rule excluded by a capability applies without it' says 'denies: chmod: .*Invalid cross-device link'
check 'a rule looks at arguments' says 'denies: .*kill.*[Oo]peration not permitted'
check 'the filter is in force' says '^denies: Seccomp:.*2$'
check 'a profile needs no no_new_privs' says '^denies-plainly: NoNewPrivs:.*0$'
check 'and holds then too' says 'denies-plainly: mkdir: .*No space left on device'
check 'an unknown user fails the unit' says '^nobody: failed: there is no user "nosuchuser" in /etc/passwd'
check 'a number without entry needs a group' says '^lonely: failed: user 4242 is not in /etc/passwd, so the unit must give its "group" too'
check 'a broken profile fails the unit' says "^broken: failed: $work/broken.json:2:14: \"action\" is missing"
is 'the shutdown ends processes of other users too' "$status" 0
[ "$tap_failed" -eq 0 ] || diag "$(cat "$work/inside.out" "$work/stderr")"
finish
