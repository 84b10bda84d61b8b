#!/bin/sh
# up.sh [--down] CLUSTER: what `make up` and `make down` do: everything from a
# clean clone to a cluster that is Ready.
#
# An ordinary user does it all. Root only prepares, and hands over to the user
# who called sudo or to one made for it: rootless is the point. That user gets
# the recipe and the cached results as copies in a folder of its own, because
# root's home is closed to it.
set -eu
. "$(dirname -- "$0")/common.sh"
cd "$KINC_TOP"

action=up down=''
if [ "${1:-}" = --down ]; then
	action=down down=--down
	shift
fi
cluster=${1:?usage: up.sh [--down] CLUSTER}

[ "$action" = down ] || containerfile/build/deps.sh run
make -s all

# Asked first: nobody wants to hear of it after the compiler's ten minutes.
if [ "$(id -u)" -ne 0 ] && ! build/bin/kinc-launch enter -- true 2>/dev/null; then
	say 'root must prepare this host, since it delegates no control group to its users'
	if sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
		sudo containerfile/build/ground.sh "$(id -un)" >/dev/null
	else
		die "as root run:  make -C $KINC_TOP ground USER=$(id -un)"
	fi
fi

if [ "$action" = up ]; then
	kubernetes=${KINC_BIN_DIR:-$(containerfile/build/kubernetes.sh)}
	for root in "node-$(runtime_of "$kubernetes")" pod; do containerfile/build/root.sh $root >/dev/null; done
fi

if [ "$(id -u)" -eq 0 ]; then
	user=$(containerfile/build/ground.sh)
	theirs=$(getent passwd "$user" | cut -d: -f6)/.cache/kinc
	if [ "$action" = up ]; then
		install -d -o "$user" -g "$(id -gn "$user")" "${theirs%/kinc}" "$theirs" "$theirs/tree"
		for result in "$KINC_CACHE"/root-*.tar "$KINC_CACHE"/kubernetes-*[0-9a-f]; do
			# A link where it can be one: the results are large.
			[ -e "$theirs/${result##*/}" ] || cp -al "$result" "$theirs/" 2>/dev/null ||
				cp -a "$result" "$theirs/"
		done
		rsync --archive --delete --exclude .git --chown="$user:" ./ "$theirs/tree/"
	fi
	exec build/bin/kinc-launch enter --user "$user" -- \
		env ${KINC_BIN_DIR:+"KINC_BIN_DIR=$KINC_BIN_DIR"} \
		"$theirs/tree/containerfile/build/up.sh" $down "$cluster"
fi

[ "$action" = up ] || exec build/bin/kinc-launch --cluster "$cluster" down
image=$(build/bin/kinc-launch enter -- env ${KINC_BIN_DIR:+"KINC_BIN_DIR=$KINC_BIN_DIR"} \
	containerfile/build/image.sh)
build/bin/kinc-launch --cluster "$cluster" --image "$image" up
kubeconfig=$(build/bin/kinc-launch --cluster "$cluster" kubeconfig --path)
say "kubectl --kubeconfig $kubeconfig get nodes"
exec "$kubernetes/kubectl" --kubeconfig "$kubeconfig" get nodes
