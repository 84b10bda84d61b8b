#!/bin/sh
# Stands in for podman in the error paths of test_launch.sh. Its containers and
# volumes are files in $FAKE; $FAKE_VERSION, $FAKE_DRIVER, $FAKE_RUN and
# $FAKE_IMAGES say how it misbehaves.
printf '%s\n' "$*" >>"$FAKE/log"
while :; do
	case ${1:-} in --cgroup-manager=* | --events-backend=*) shift ;; *) break ;; esac
done
case $1 in --version) echo "podman version ${FAKE_VERSION:-4.3.1}" && exit ;; esac
verb="$1 ${2:-}"
write_container() { # STATE
	echo "{\"State\":\"$1\",\"Image\":\"$last\",\"Names\":[\"$name\"],\"Labels\":{$labels}}" >"$FAKE/containers/$name"
}
start_init() { # NAME
	[ -z "${FAKE_INIT:-}" ] ||
		setsid "$FAKE_INIT" "$(cat "$FAKE/control.$1")/kinc.sock" >/dev/null 2>&1 &
}
for last in "$@"; do :; done
case $verb in
info*)
	[ -z "${FAKE_INFO:-}" ] || { echo "$FAKE_INFO" >&2 && exit 125; }
	echo "{\"host\":{\"cgroupVersion\":\"${FAKE_CGROUP:-v2}\",\"security\":{\"rootless\":${FAKE_ROOTLESS:-true}},
\"ociRuntime\":{\"name\":\"${FAKE_RUNTIME:-crun}\"}},
\"store\":{\"graphDriverName\":\"${FAKE_DRIVER:-overlay}\",\"graphRoot\":\"${FAKE_ROOT:-/}\"}}"
	;;
ps*)
	comma='' && printf '['
	for container in "$FAKE"/containers/*; do
		[ -e "$container" ] && printf '%s' "$comma" && cat "$container" && comma=,
	done
	echo ']'
	;;
network*) echo "${FAKE_NETWORKS-[]}" ;;
images*) echo "${FAKE_IMAGES-[{\"Names\":[\"localhost/kinc/node:v1\"],\"Created\":1\}]}" ;;
'image exists') case $last in localhost/kinc/node:v[12] | localhost/mine:*) ;; *) exit 1 ;; esac ;;
'image inspect')
	case $* in
	*'json .Labels'*) echo "{\"io.kinc.protocol\":\"${FAKE_PROTOCOL-1}\",\"io.kinc.kubernetes\":\"v1.20.2\"}" ;;
	*) echo "id of $last" ;;
	esac
	;;
'container inspect')
	[ $# -gt 3 ] || {
		echo '[{"State":{"Status":"running"},"Config":{"Env":["KINC_CLUSTER=x","DB=hunter2"],"CreateCommand":["--env=DB=hunter2"]}}]'
		exit
	}
	case $* in *State.Pid*) cat "$FAKE/pid" && exit ;; esac
	echo "id of $(jq -r .Image "$FAKE/containers/$last")"
	;;
rename*)
	[ -e "$FAKE/containers/$2" ] && [ ! -e "$FAKE/containers/$3" ] || exit 125
	sed "s/\"$2\"/\"$3\"/" "$FAKE/containers/$2" >"$FAKE/containers/$3" && rm "$FAKE/containers/$2"
	;;
'volume exists') [ -e "$FAKE/volumes/$last" ] ;;
'volume create') : >"$FAKE/volumes/$last" ;;
'volume rm') rm -f "$FAKE/volumes/$last" ;;
'container exists') [ -e "$FAKE/containers/$last" ] ;;
run* | create*)
	for word in "$@"; do
		case $word in
		--name=*) name=${word#*=} ;;
		--label=*) labels="${labels:+$labels,}\"$(echo "${word#*=}" | sed 's/=/":"/')\"" ;;
		--volume=*:/run/kinc/control) control=${word#*=} control=${control%:/run/kinc/control} ;;
		esac
	done
	echo "$control" >"$FAKE/control.$name"
	write_container created
	[ "$1" != create ] || exit 0
	case ${FAKE_RUN:-} in
	fails) echo 'Error: crun: no such thing' >&2 && exit 126 ;;
	killed) kill -KILL $$ ;;
	hangs) : >"$FAKE/hangs" && exec sleep 60 ;;
	esac
	write_container running
	start_init "$name"
	;;
inspect*)
	if [ "${FAKE_RUN:-}" = exits ]; then state=exited; else state=running; fi
	echo "[{\"State\":{\"Status\":\"$state\",\"ExitCode\":111}}]"
	;;
cp*) [ -z "${FAKE_CP:-}" ] || { echo 'Error: no such path' >&2 && exit 125; } && tar -C "$FAKE/log.d" -cf - pods ;;
logs*) echo 'kinc-init: no IP forwarding' ;;
'exec --interactive')
	[ ! -x "$FAKE/exec" ] || exec "$FAKE/exec" "$@"
	[ "$last" = /usr/lib/kinc/image-load ] || { echo "$*" && exit; }
	[ -z "${FAKE_LOAD:-}" ] || { echo 'Error: this is the reason' >&2 && exit "$FAKE_LOAD"; }
	printf 'loaded %s\n' "$(cat)"
	;;
save*)
	printf 'archive of %s' "$last"
	case $last in *:bad) echo 'Error: layer is gone' >&2 && exit 125 ;; *:endless) exec yes ;; esac
	;;
exec*)
	[ ! -x "$FAKE/exec" ] || exec "$FAKE/exec" "$@"
	cat "$FAKE/admin.conf"
	;;
pause*) sed -i 's/"State":"[a-z]*"/"State":"paused"/' "$FAKE/containers/$last" ;;
unpause*) sed -i 's/"State":"[a-z]*"/"State":"running"/' "$FAKE/containers/$last" ;;
stop*) sed -i 's/"State":"[a-z]*"/"State":"exited"/' "$FAKE/containers/$last" ;;
start*)
	sed -i 's/"State":"[a-z]*"/"State":"running"/' "$FAKE/containers/$last"
	start_init "$last"
	;;
rm*) rm -f "$FAKE/containers/$last" ;;
*) echo "Error: fake podman does not know $verb" >&2 && exit 125 ;;
esac
