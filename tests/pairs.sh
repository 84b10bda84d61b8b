# Sourced by what tries kinc-launch's options two by two, with a faked Podman
# (tests/host/test_pairs.sh) and on clusters that run (tests/e2e/all_pairs.sh).

# pairs WORD...: each with each that comes after it.
pairs() {
	while [ $# -gt 1 ]; do
		first=$1
		shift
		for second in "$@"; do echo "$first $second"; done
	done
}

# options_of PROGRAM COMMAND: what its own help lists.
options_of() { "$1" "$2" --help | sed -n 's/^  --\([a-z]*\).*/\1/p'; }

# commands_of PROGRAM: all that there are.
commands_of() { "$1" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'; }

# value OPTION: the word that gives it. "port" and "name" are of the environment.
value() {
	case $1 in
	cluster) echo --cluster=pair ;;
	image) echo "--image=$PAIRS_IMAGE" ;;
	config) echo "--config=$PAIRS_CONFIG" ;;
	memory) echo --memory=2g ;;
	cpus) echo --cpus=1.5 ;;
	wait) echo --wait=none ;;
	timeout) echo --timeout=60 ;;
	user) echo "--user=$PAIRS_USER" ;;
	root) echo --root=/ ;;
	init) echo --init=cron ;;
	address) echo --address=127.0.0.1 ;;
	namespace) echo --namespace=default ;;
	port) echo FORCE_PORT=7001 ;;
	name) echo CLUSTER_NAME=pair ;;
	*) echo "--$1" ;;
	esac
}
