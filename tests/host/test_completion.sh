#!/bin/sh
# What `kinc-launch completion` prints, in the shells that it is for.
. "$(dirname -- "$0")/../lib.sh"
LAUNCH=$KINC_BUILD/bin/kinc-launch
work=$(mktemp -d "${TMPDIR:-/tmp}/kinc-completion.XXXXXX")
trap 'rm -rf "${work:?}"' EXIT
# Its clusters, for what completes --cluster.
printf '#!/bin/sh\n[ "$*" = "list --quiet" ] && printf "dev\\nstaging\\n"\n' >"$work/kinc-launch"
chmod 0755 "$work/kinc-launch"
PATH=$work:$PATH

like 'completion of no shell' "$("$LAUNCH" completion csh 2>&1; echo "$?")" 'there are bash, zsh and fish'
for shell in bash zsh fish; do
	"$LAUNCH" completion $shell >"$work/$shell"
	check "$shell reads it" $shell -n "$work/$shell"
done

# WORD...: what completes the last of them, in each shell, sorted.
in_bash() {
	bash -c '. "$0"; COMP_WORDS=(kinc-launch "$@") COMP_CWORD=$#; _kinc_launch
		printf "%s\n" "${COMPREPLY[@]}"' "$work/bash" "$@" | sort | paste -sd' '
}
# Completion in zsh works in its line editor only; what it hands to that is caught.
in_zsh() {
	zsh -f -c 'compdef() { :; }
		compadd() { shift; print -l -- $@; }
		_files() { print FILES; }
		_describe() { print -l -- ${${(P)2}%%:*}; }
		source "$0"; words=(kinc-launch "$@") CURRENT=$(($# + 1)) PREFIX=${@[$#]}; _kinc_launch' "$work/zsh" "$@" |
		awk -v start="$(for last in "$@"; do :; done; printf '%s' "$last")" 'index($0, start) == 1' | sort | paste -sd' '
}
in_fish() {
	HOME=$work fish --no-config -c 'source $argv[1]; complete -C"kinc-launch $argv[2..-1]"' "$work/fish" "$@" |
		sed 's/\t.*//' | sort | paste -sd' '
}
cd "$work" && mkdir empty && cd empty || exit 1
for shell in bash zsh fish; do
	is "$shell: a command" "$(in_$shell pau)" pause
	is "$shell: commands" "$(in_$shell re)" resume
	is "$shell: an option of that command" "$(in_$shell up --wa)" --wait
	is "$shell: not one of another" "$(in_$shell down --wa)" ''
	is "$shell: without a command it is up" "$(in_$shell --ke)" --keep
	is "$shell: the values of an option" "$(in_$shell up --wait r)" ready
	is "$shell: clusters" "$(in_$shell status --cluster '')" 'dev staging'
	is "$shell: the words of a command" "$(in_$shell completion '')" 'bash fish zsh'
done
is 'zsh: files where any word may be' "$(in_zsh up --image F)$(in_zsh load-image F)" FILESFILES
touch archive.tar
is 'fish: files where any word may be' "$(in_fish load-image arch)" archive.tar
is 'bash: files where any word may be' "$(in_bash load-image arch)" archive.tar
finish
