# Sourced after user.sh: a podman that is a script, whose containers and volumes
# are files in $FAKE, and a copy of kinc-launch that every user may run.
FAKE=$work/fake
launch=$work/kinc-launch
path=$FAKE/bin:/usr/sbin:/usr/bin:/sbin:/bin
home=$work/home/$TEST_USER
mkdir -p "$FAKE/containers" "$FAKE/volumes" "$FAKE/bin" "$home/run"
cp "$KINC_TOP/tests/host/fake_podman.sh" "$FAKE/bin/podman"
cp "$KINC_TOP/tests/host/fake_init.pl" "$FAKE/init"
cp "$LAUNCH" "$launch"
chmod 0755 "$FAKE/bin/podman" "$FAKE/init" "$launch"
cat >"$FAKE/admin.conf" <<'EOF'
apiVersion: v1
clusters:
- cluster: {server: 'https://10.0.2.100:6443'}
  name: kubernetes
contexts:
- context: {cluster: kubernetes, user: admin}
  name: admin@kubernetes
current-context: admin@kubernetes
kind: Config
users:
- name: admin
  user: {}
EOF
: >"$FAKE/log"
chown -R $TEST_USER "$FAKE" "$home"
chmod 0666 "$FAKE/log"
chmod 0700 "$home/run"

# fake COMMAND...: as the user, with that podman.
fake() { as $TEST_USER FAKE="$FAKE" PATH="$path" "$@"; }

# fake_program NAME: stdin is a script of that name beside podman; exec is what
# answers `podman exec`.
fake_program() {
	fake_path=$FAKE/bin/$1
	[ "$1" != exec ] || fake_path=$FAKE/exec
	cat >"$fake_path"
	chmod 0755 "$fake_path"
}

# fake_cluster STATE: there is a cluster dev, in that state of podman.
fake_cluster() {
	echo '{"State":"'"$1"'","Image":"localhost/kinc/node:v1","Names":["kinc-dev-control-plane"],
"Labels":{"io.kinc.cluster":"dev","io.kinc.port":"6444","io.kinc.pod-subnet":"10.244.44.0/24",
"io.kinc.service-subnet":"10.44.0.0/16"}}' >"$FAKE/containers/kinc-dev-control-plane"
	chown $TEST_USER "$FAKE/containers/kinc-dev-control-plane"
}

# fake_end: what the test leaves.
fake_end() {
	rm -rf "${work:?}/home"
	umount "${work:?}"/* 2>/dev/null
	rm -rf "${work:?}"
}
