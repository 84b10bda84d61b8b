#!/bin/sh
# Stands in for the user's systemd: `start` runs what the .container file says
# with the podman of the test, `stop` removes the container, as a unit does.
printf '%s\n' "$*" >>"$FAKE/systemctl"
[ -z "${FAKE_SYSTEMCTL:-}" ] || { echo "$FAKE_SYSTEMCTL" >&2 && exit 1; }
unit=${3:-} name=${unit%.service}
file=$HOME/.config/containers/systemd/$name.container
case $2 in
daemon-reload) ;;
start)
	[ -e "$file" ] || { echo "Failed to start $unit: Unit $unit not found." >&2 && exit 5; }
	mkdir -p "$XDG_RUNTIME_DIR/$(sed -n 's/^RuntimeDirectory=//p' "$file")"
	# shellcheck disable=SC2046
	podman run $(sed -n "s/^ContainerName=/--name=/p; s/^Label=/--label=/p; s|^Volume=%t|--volume=$XDG_RUNTIME_DIR|p" "$file") \
		"$(sed -n 's/^Image=//p' "$file")"
	;;
stop) [ ! -e "$FAKE/containers/$name" ] || podman rm "$name" ;;
is-failed) [ -n "${FAKE_FAILED:-}" ] ;;
esac
