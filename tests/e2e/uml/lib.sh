# Sourced after ../lib.sh by the tests in User-Mode Linux: Debian's kernel as an
# ordinary process, whose machine is the simulated host on a disk of its own.

share= kernel=

# uml_begin: after host_begin, and after what is done natively because it is
# slow in there. From here on in_host and all that stands on it is in UML.
uml_begin() {
	release=$(echo /usr/lib/uml/modules/*)
	release=${release##*/}
	host_stop
	mkdir -p "$host/usr/lib/modules"
	cp -a "/usr/lib/uml/modules/$release" "$host/usr/lib/modules/"
	install -m 0755 "$KINC_TOP/tests/e2e/uml/init.sh" "$host/usr/sbin/kinc-uml-init"
	for name in modprobe poweroff; do ln -sf "/home/$user/busybox" "$host/usr/sbin/$name"; done
	share=$(mktemp -d "$KINC_CACHE/uml.XXXXXX")
	trap 'uml_end; host_end' EXIT
	echo 1 >"$share/next"
	mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$host" "$share/disk" "${UML_DISK:-8G}" >/dev/null 2>&1 ||
		die 'no disk for User-Mode Linux'
	# /dev/shm holds its memory, which would be written to a disk elsewhere.
	(cd "$share" && exec env TMPDIR=/dev/shm LD_PRELOAD="$KINC_BUILD/tests/uml_xstate.so" \
		linux.uml mem="${UML_MEMORY:-4G}" \
		uml_dir="$share/" umid=machine ubd0=disk root=/dev/ubda rw init=/sbin/kinc-uml-init \
		KINC_USER="$user" KINC_SHARE="$share" con=null con0=null,fd:1 ssl=null quiet) \
		</dev/null >"$share/console" 2>&1 &
	kernel=$!
	in_host() { in_uml "$ours" enter --user "$user" -- "$@"; }
	uml_wait up 120
}

# uml_wait FILE SECONDS: until the machine has made FILE.
uml_wait() {
	uml_deadline=$(($(date +%s) + $2))
	until [ -e "$share/$1" ]; do
		kill -0 "$kernel" 2>/dev/null && [ "$(date +%s)" -lt "$uml_deadline" ] || return 1
		sleep 0.2
	done
}

# in_uml COMMAND...: as root of the machine; at most 15 minutes.
in_uml() {
	number=$(cat "$share/next")
	echo $((number + 1)) >"$share/next"
	cat >"$share/$number.in"
	for word in "$@"; do
		printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
	done >"$share/$number.part"
	mv "$share/$number.part" "$share/$number.run"
	uml_wait "$number.status" 900 || return 125
	cat "$share/$number.out"
	return "$(cat "$share/$number.status")"
}

# uml_off: true when the machine ended by itself, in order.
uml_off() {
	touch "$share/off"
	uml_deadline=$(($(date +%s) + 60))
	while kill -0 "$kernel" 2>/dev/null; do
		[ "$(date +%s)" -lt "$uml_deadline" ] || return 1
		sleep 0.2
	done
	wait "$kernel"
}

uml_end() {
	[ -n "$share" ] || return 0
	if [ -n "$kernel" ] && kill -0 "$kernel" 2>/dev/null; then
		uml_off || {
			kill -TERM "$kernel"
			sleep 2
			kill -KILL "$kernel" 2>/dev/null
		}
	fi
	rm -rf "$share"
	share= kernel=
}
