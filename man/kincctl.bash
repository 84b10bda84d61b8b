# Completion of kincctl for bash.
_kincctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands options
	# From the help, so that the two cannot differ.
	commands=$(kincctl --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
	options=$(kincctl --help | grep -o -e '--[a-z-]*' | sort -u)
	case $before in
	--units) COMPREPLY=($(compgen -d -- "$word")) && return ;;
	--socket | --file) COMPREPLY=($(compgen -f -- "$word")) && return ;;
	--signal) COMPREPLY=($(compgen -A signal -- "$word")) && return ;;
	log | start | stop | restart | reload | show | kill)
		COMPREPLY=($(compgen -W "$(kincctl status 2>/dev/null |
			sed '1,/^UNIT /d; /^warning:/d; s/ .*//')" -- "$word"))
		return
		;;
	esac
	case $word in
	-*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
	*) COMPREPLY=($(compgen -W "$commands" -- "$word")) ;;
	esac
}
complete -F _kincctl kincctl
