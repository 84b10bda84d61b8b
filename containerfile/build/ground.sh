#!/bin/sh
# ground.sh [--undo] [USER]: as root, prepares a host without systemd, or one
# with control groups of version 1, for USER's rootless clusters. Without USER:
# the one who called sudo, or a user "kinc" that is made, and removed by --undo.
# Prints the user.
set -eu
. "$(dirname -- "$0")/common.sh"

undo=false
if [ "${1:-}" = --undo ]; then
	undo=true
	shift
fi
[ "$(id -u)" -eq 0 ] || die "root must run this:  sudo make ground USER=$(id -un)"
user=${1:-${SUDO_USER:-}}
case $user in '' | root) user=kinc ;; esac
# Marks a user that this script made.
comment='made by kinc'

if $undo; then
	"$KINC_TOP/build/bin/kinc-launch" unground --user "$user"
	if [ "$(getent passwd "$user" | cut -d: -f5)" = "$comment" ]; then
		userdel --remove "$user" 2>/dev/null
		say "removed the user $user"
	fi
	exit 0
fi

if ! id "$user" >/dev/null 2>&1; then
	useradd --create-home --shell /bin/sh --comment "$comment" "$user"
	say "made the user $user for the clusters (make unground removes it)"
fi
grep -q "^$user:" /etc/subuid && grep -q "^$user:" /etc/subgid || {
	usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$user"
	say "gave $user the subordinate ids 100000 to 165535"
}
"$KINC_TOP/build/bin/kinc-launch" ground --user "$user" >&2
printf '%s\n' "$user"
