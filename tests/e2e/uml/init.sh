#!/bin/sh
# PID 1 of the User-Mode Linux machine: what a distribution's init would have
# prepared, a ground for the user, then commands. lib.sh puts them into a
# folder that is shared by hostfs, named NUMBER.run; output and status come
# back as NUMBER.out and NUMBER.status.
user=$KINC_USER share=$KINC_SHARE
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts -o ptmxmode=0666,mode=0620,gid=5
mount -t tmpfs shm /dev/shm -o mode=1777
mount -t tmpfs tmpfs /run -o mode=0755
mount -t tmpfs tmpfs /tmp -o mode=1777
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t hostfs hostfs /mnt -o "$share"
for module in overlay fuse tun bridge veth iptable_nat iptable_filter iptable_mangle; do
	modprobe $module
done
chmod 0666 /dev/fuse /dev/net/tun
ip link set lo up
hostname uml
ulimit -n 1048576

"/home/$user/kinc/build/bin/kinc-launch" ground --user "$user"
touch /mnt/up
number=1
while [ ! -e /mnt/off ]; do
	if [ -e /mnt/$number.run ]; then
		{
			sh /mnt/$number.run </mnt/$number.in >/mnt/$number.out 2>&1
			echo $? >/mnt/$number.part
			mv /mnt/$number.part /mnt/$number.status
		} &
		number=$((number + 1))
	else
		sleep 0.2
	fi
done
"/home/$user/kinc/build/bin/kinc-launch" unground --user "$user" >/mnt/unground 2>&1
sync
poweroff -f
