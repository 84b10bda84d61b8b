# Sourced by all_systemd.sh: a session as a login makes it, and what ssh, sudo and su
# leave of one, on a host whose systemd has the control groups.

# bare COMMAND...: in a session where nobody set what PAM would.
bare() { in_host env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$@"; }
# switched COMMAND...: as root's `sudo -u` does: in root's home, and in root's control
# group. The bus and directory are root's own.
switched() {
	nsenter --target "$ground" --mount --wd=/root -- \
		setpriv --reuid "$uid" --regid "$uid" --init-groups \
		env -i HOME="/home/$user" USER=$user PATH=/usr/local/bin:/usr/bin:/bin \
		XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus "$@"
}

session_check() {
	mkdir -p "/proc/${ground:?}/root/run/systemd/system"
	chmod 0700 "/proc/$ground/root/root"
	# Podman goes by the name of PID 1, and has a limit of its own, for which there is
	# no controller here.
	cp "$home/.config/containers/containers.conf" "$home/containers.conf"
	printf '[engine]\ncgroup_manager = "systemd"\n[containers]\npids_limit = 0\n' \
		>>"$home/.config/containers/containers.conf"
	check 'session: doctor without XDG_RUNTIME_DIR' bare $ours doctor
	check 'session: up without it' bare $ours --cluster dev up
	like 'session: systemd has a scope of the node' \
		"$(in_host systemctl --user list-units --no-legend 'libpod-*')" '^ *libpod-[0-9a-f]{64}.scope .*running'
	check 'session: status without it' bare $ours --cluster dev status
	check 'session: stop and start without it' bare sh -c "$ours --cluster dev stop && $ours --cluster dev start"
	check 'session: monitor is content' bare $ours --cluster dev monitor --timeout 60
	check 'sudo -u: status' switched $ours --cluster dev status
	like 'sudo -u: list' "$(switched $ours list 2>&1)" '^dev +ready '
	like 'sudo -u: up says in a line what there is to do' "$(switched $ours --cluster other up 2>&1)" \
		'^kinc-launch: cgroup: none is delegated.*as root, .loginctl enable-linger'
	in_host mv "/run/user/$uid/bus" "/run/user/$uid/kept-bus"
	like 'no bus: up says in a line what there is to do' "$(bare $ours --cluster other up 2>&1)" \
		'^kinc-launch: user-bus: none.*as root, .*install.* dbus-user-session.; then .systemctl --user start dbus.socket'
	check 'no bus: status' bare $ours --cluster dev status
	in_host mv "/run/user/$uid/kept-bus" "/run/user/$uid/bus"
	check 'session: down without it' bare $ours --cluster dev down
	is 'session: nothing is left' "$(in_host podman ps --all --quiet; in_host podman volume ls --quiet
		in_host systemctl --user list-units --no-legend --state running 'libpod-*')" ''
	mv "$home/containers.conf" "$home/.config/containers/containers.conf"
	rmdir "/proc/$ground/root/run/systemd/system"
}
