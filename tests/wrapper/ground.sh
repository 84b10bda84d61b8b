# Sourced by the tests that need real crun: a user namespace like the node's,
# nested in nothing but this machine, with ids 0-65535 mapped (only 0 when an
# ordinary user runs it), a cgroup namespace of its own with cgroup2 mounted,
# a private mount and pid namespace.

# ground_run SCRIPT ARGUMENT...: runs SCRIPT there by sh. When called by root
# a cgroup is made for it beside the machine's own, and removed afterwards.
ground_run() {
	if [ "$(id -u)" -ne 0 ]; then
		unshare -U -r -m -p -f -C --kill-child --mount-proc sh -c '
			mount -t cgroup2 none /sys/fs/cgroup || exit 77
			exec "$@"' ground sh "$@"
		return
	fi
	ground_dir=$(mktemp -d)
	mkfifo "$ground_dir/mapped"
	unshare -m sh -c '
		dir=$1
		shift
		mkdir "$dir/cgroup"
		mount -t cgroup2 none "$dir/cgroup" || exit 77
		own=$dir/cgroup/kinc-wrapper-$$
		mkdir "$own" || exit 77
		sh -c "echo \$\$ >$own/cgroup.procs && exec \"\$@\"" enter \
			unshare -U -m -p -f -C --kill-child sh -c "
				read -r go <\"\$1\"
				shift
				mount -t proc proc /proc
				mount -t cgroup2 none /sys/fs/cgroup || exit 77
				mkdir /sys/fs/cgroup/init
				echo 0 >/sys/fs/cgroup/init/cgroup.procs
				shift
				exec \"\$@\"" inner "$dir/mapped" "$dir/cgroup" sh "$@" &
		outer=$!
		trap "kill $outer" TERM INT HUP
		# The namespace is there when it is no longer this one.
		until child=$(cat /proc/$outer/task/$outer/children 2>/dev/null) && [ -n "$child" ]; do
			kill -0 $outer 2>/dev/null || break
			sleep 0.02
		done
		for child in $child; do
			printf "0 0 1\n1 100000 65535\n" >/proc/$child/uid_map
			printf "0 0 1\n1 100000 65535\n" >/proc/$child/gid_map
		done
		# As on a node nothing stays in the root cgroup: one with a process of
		# its own hands no controller on.
		echo $outer >"$dir/cgroup/cgroup.procs"
		echo go >"$dir/mapped"
		wait $outer
		status=$?
		find "$own" -depth -type d -exec rmdir {} +
		exit $status' outer "$ground_dir" "$@"
	ground_status=$?
	rm -rf "$ground_dir"
	return "$ground_status"
}

# ground_bundle DIR: a bundle with a static busybox as its only program.
ground_bundle() {
	mkdir -p "$1/rootfs/bin" "$1/rootfs/proc" "$1/rootfs/dev" "$1/rootfs/sys" "$1/rootfs/tmp"
	cp "$(command -v busybox)" "$1/rootfs/bin/busybox"
	ln -sf busybox "$1/rootfs/bin/sh"
	(cd "$1" && rm -f config.json && crun spec --rootless)
}
