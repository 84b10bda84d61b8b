# PID 1 of the User-Mode Linux machine of test_uml.sh. The root is the outer one
# by hostfs, read-only; the test's folder can be written. Units find the cgroup
# of a container: controllers delegated, processes still in its root.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t hostfs none "$KINC_WORK" -o "$KINC_WORK"
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +io +memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/node
# Who waits for PID 1 outside must not stand in that cgroup.
unshare -pfm --mount-proc sh -c '
	echo 0 >/sys/fs/cgroup/node/cgroup.procs
	exec unshare -C sh -c "
		umount /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup
		sh $KINC_WORK/inside >$KINC_WORK/inside.out 2>&1 &
		exec $KINC_WORK/kinc-init --units $KINC_WORK/units"' >"$KINC_WORK/story" 2>"$KINC_WORK/stderr" </dev/null
echo $? >"$KINC_WORK/status"
busybox poweroff -f
