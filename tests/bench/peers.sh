# Sourced by bench_init.sh: how each program for PID 1 is told to run N services
# of bench_service, each said to be ready in the program's own way.
#   setup_PEER N   writes its configuration to $shared, which is /bench inside
#   argv_PEER      its command line
#   signal_PEER    what tells it to stop everything
#   version_PEER   asked in the root
# Where the program knows order, slot 400 is a oneshot after all services: its
# start is the moment at which the program knew that all are ready.
last_slot=400

numbers() { seq 0 $(($1 - 1)); }

# units_kinc N [REQUIRED]
units_kinc() {
	mkdir -p "$shared/units"
	for i in $(numbers "$1"); do
		printf '{"type":"service","exec":["/bench/bench_service","%s","notify"],"requires":[%s],
			"ready":[{"notify":true}],"restart":{"policy":"always","delay_ms":0,"limit":0}}' \
			"$i" "${2-}" >"$shared/units/s$i.json"
	done
	all=$(numbers "$1" | sed 's/.*/"s&"/' | paste -sd,)
	printf '{"type":"builtin","builtin":"cgroup"}' >"$shared/units/cgroup.json"
	printf '{"type":"oneshot","exec":["/bench/bench_service","%s","once"],"requires":[%s]}' \
		$last_slot "$all" >"$shared/units/last.json"
	printf '{"type":"target","requires":["last"]}' >"$shared/units/cluster.json"
	cp "$KINC_BUILD/bin/kinc-init" "$shared/"
}
argv_kinc='/bench/kinc-init --units /bench/units'
signal_kinc=15
setup_kinc() { units_kinc "$1" '"cgroup"'; }
version_kinc() { "$KINC_BUILD/bin/kinc-init" --version | cut -d' ' -f2; }

# Without a cgroup for each service, as the others but systemd.
setup_plain() { units_kinc "$1"; }
argv_plain=$argv_kinc
signal_plain=$signal_kinc
version_plain() { version_kinc; }

# Without its default dependencies, which is what a boot of Debian has besides.
setup_systemd() {
	mkdir -p "$shared/systemd"
	for i in $(numbers "$1"); do
		cat >"$shared/systemd/s$i.service" <<-UNIT
			[Unit]
			DefaultDependencies=no
			Conflicts=shutdown.target
			Before=shutdown.target
			StartLimitIntervalSec=0
			[Service]
			Type=notify
			ExecStart=/bench/bench_service $i notify
			Restart=always
			RestartSec=0
		UNIT
	done
	all=$(numbers "$1" | sed 's/.*/s&.service/' | paste -sd' ')
	cat >"$shared/systemd/last.service" <<-UNIT
		[Unit]
		DefaultDependencies=no
		Requires=$all
		After=$all
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bench/bench_service $last_slot once
	UNIT
	printf '[Unit]\nDefaultDependencies=no\nRequires=last.service\nAfter=last.service\nWants=systemd-journald.service\nAllowIsolate=yes\n' \
		>"$shared/systemd/bench.target"
}
argv_systemd='/usr/bin/env container=bench SYSTEMD_UNIT_PATH=/bench/systemd: /lib/systemd/systemd --unit=bench.target'
signal_systemd=$(kill -l RTMIN)
signal_systemd=$((signal_systemd + 4)) # power off
version_systemd() { chroot "$root" dpkg-query -Wf '${Version}' systemd; }

setup_s6() {
	mkdir -p "$shared/scan/.s6-svscan"
	for i in $(numbers "$1"); do
		mkdir "$shared/scan/$i"
		ln -s /bench/bench_service "$shared/scan/$i/run"
		echo 3 >"$shared/scan/$i/notification-fd"
	done
	ln -s /bin/true "$shared/scan/.s6-svscan/finish"
}
argv_s6='/usr/bin/s6-svscan -C 1000 /bench/scan'
signal_s6=15
version_s6() { chroot "$root" dpkg-query -Wf '${Version}' s6; }

# The programs of s6 and s6-rc of one prefix. The compiled database is made before
# the boot, as it would be in an image.
setup_s6rc() {
	mkdir -p "$root$S6_RC" "$shared/source/last/dependencies.d" "$shared/scan/.s6-svscan"
	cp -an "$S6_RC/." "$root$S6_RC/"
	for i in $(numbers "$1"); do
		mkdir "$shared/source/$i"
		echo longrun >"$shared/source/$i/type"
		echo 3 >"$shared/source/$i/notification-fd"
		ln -s /bench/bench_service "$shared/source/$i/run"
		: >"$shared/source/last/dependencies.d/$i"
	done
	echo oneshot >"$shared/source/last/type"
	echo "/bench/bench_service $last_slot once" >"$shared/source/last/up"
	# shellcheck disable=SC2016 # expanded inside
	unshare -m sh -c 'mount --bind "$1" "$2/bench" && exec chroot "$2" "$3/bin/s6-rc-compile" /bench/compiled /bench/source' \
		sh "$shared" "$root" "$S6_RC"
	cat >"$shared/init" <<-INIT
		#!/bin/sh
		export PATH=$S6_RC/bin:/usr/bin:/bin
		mkfifo /run/up
		{
			read -r _ </run/up
			s6-rc-init -c /bench/compiled -l /run/live /bench/scan && exec s6-rc -l /run/live -u change last
		} &
		exec 4>/run/up
		exec s6-svscan -d 4 -C 1000 /bench/scan
	INIT
	printf '#!/bin/sh\ns6-rc -l /run/live -da change\nexec s6-svscanctl -t /bench/scan\n' \
		>"$shared/scan/.s6-svscan/SIGTERM"
	chmod 755 "$shared/init" "$shared/scan/.s6-svscan/SIGTERM"
	ln -s /bin/true "$shared/scan/.s6-svscan/finish"
}
argv_s6rc=/bench/init
signal_s6rc=15
version_s6rc() { echo '(of S6_RC)'; }

setup_runit() {
	mkdir -p "$shared/service" "$shared/runit"
	for i in $(numbers "$1"); do
		mkdir "$shared/service/$i"
		ln -s /bench/bench_service "$shared/service/$i/run"
	done
	printf '#!/bin/sh\nexit 0\n' >"$shared/runit/1"
	printf '#!/bin/sh\nexec env - PATH=/usr/bin:/bin runsvdir -P /bench/service\n' >"$shared/runit/2"
	printf '#!/bin/sh\nexport PATH=/usr/bin:/bin\nsv -w 30 force-stop /bench/service/*\n' >"$shared/runit/3"
	: >"$shared/runit/stopit"
	: >"$shared/runit/reboot"
	chmod 755 "$shared"/runit/[123] && chmod 100 "$shared/runit/stopit"
	rm -rf "$root/etc/runit"
	ln -s /bench/runit "$root/etc/runit"
}
argv_runit='/sbin/runit'
signal_runit=18
version_runit() { chroot "$root" dpkg-query -Wf '${Version}' runit; }

setup_dinit() {
	mkdir -p "$shared/dinit.d"
	for i in $(numbers "$1"); do
		cat >"$shared/dinit.d/s$i" <<-SERVICE
			type = process
			command = /bench/bench_service $i 3
			ready-notification = pipefd:3
			restart = true
			smooth-recovery = true
			restart-delay = 0
			restart-limit-count = 0
		SERVICE
	done
	{
		printf 'type = scripted\ncommand = /bench/bench_service %s once\n' $last_slot
		numbers "$1" | sed 's/.*/depends-on: s&/'
	} >"$shared/dinit.d/last"
	printf 'type = internal\ndepends-on: last\n' >"$shared/dinit.d/boot"
	cp "$DINIT" "$shared/dinit"
}
argv_dinit='/bench/dinit --container -d /bench/dinit.d boot'
signal_dinit=15
version_dinit() { "$DINIT" --version | sed -n 's/.*version \([^ ]*[0-9]\).*/\1/p'; }

# Starts one program and supervises nothing: only what it weighs is comparable.
setup_tini() { :; }
argv_tini='/usr/bin/tini -- /bench/bench_service 0 none'
signal_tini=15
version_tini() { chroot "$root" dpkg-query -Wf '${Version}' tini; }
