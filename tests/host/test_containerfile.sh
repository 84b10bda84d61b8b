#!/bin/sh
# The Fedora recipe, which no machine without a registry can build, says nothing
# but packages and images: all its other steps are files that the Debian flavour
# runs too. all_fedora.sh builds it on a stand-in.
set -u
. "$(dirname -- "$0")/../lib.sh"
cd "$KINC_TOP" || exit 111
recipe=containerfile/Containerfile image=containerfile/build/image.sh
# One instruction on a line, without comments.
steps=$(sed -e 's/^[[:space:]]*#.*//' "$recipe" | sed -e ':join' -e '/\\$/{N;s/\\\n[[:space:]]*/ /;b join' -e '}' | grep .)
words() { printf '%s\n' "$steps" | sed -n "$1"; }

is 'it has no instruction but these' \
	"$(words 's/^\([A-Z]*\) .*/\1/p' | sort -u | paste -sd' ')" 'ARG COPY FROM RUN'
is 'no address, and no host but those that are given' \
	"$(printf '%s\n' "$steps" | grep -E '://|[a-z0-9]\.(io|com|org|net|dev)\b')" ''
is 'what it copies from this repository is there' "$(words 's/^COPY \([^-].*\) [^ ]*$/\1/p' | tr ' ' '\n' |
	while read -r source; do
		# A pattern, or a name.
		for file in $source; do [ -e "$file" ] || echo "$file"; done
	done)" ''
stages=$(words 's/^FROM .* AS \([a-z-]*\)$/\1/p')
is 'every stage has a name, and each only one' "$(words 's/^FROM .*/&/p' | wc -l) $(printf '%s\n' "$stages" | sort -u | wc -l)" \
	"$(printf '%s\n' "$stages" | wc -l) $(printf '%s\n' "$stages" | wc -l)"
is 'what is copied from a stage, is from one that stands before' "$(words 's/^COPY --from=\([^ ]*\) .*/\1/p' | sort -u |
	while read -r stage; do printf '%s\n' "$stages" | grep -qx -- "$stage" || echo "$stage"; done)" ''
for stage in $stages; do
	like "the stage $stage is of use" "$(cat "$image"; words 's/^COPY --from=\|^FROM /&/p')" \
		"(--from=|^FROM |fedora[ -])$stage( |\$)"
done
is 'image.sh hands on each of its arguments, and knows no other' \
	"$(words 's/^ARG \([A-Z0-9_]*\).*/\1/p' | sort -u | paste -sd' ')" \
	"$(sed -n '/for argument in BASE/,/; do/p' "$image" | tr -c 'A-Z0-9_\n' ' ' | tr ' ' '\n' | grep '^[A-Z]' | sort -u | paste -sd' ')"
is 'an argument that a step uses is one of its stage' "$(printf '%s\n' "$steps" | awk '
	$1 == "FROM" { delete known }
	$1 == "ARG" { split($2, word, "="); known[word[1]] = 1 }
	$1 == "RUN" {
		rest = $0
		while (match(rest, /\$\{[A-Z0-9_]+/)) {
			name = substr(rest, RSTART + 2, RLENGTH - 2)
			if (!(name in known)) print name
			rest = substr(rest, RSTART + RLENGTH)
		}
	}')" ''
others=$(words 's/^RUN //p' | grep -v '^dnf ')
is 'a step that is not of dnf is make or a script of ours' \
	"$(printf '%s\n' "$others" | grep -v '^make -C /kinc all$\|^/usr/lib/kinc/[a-z-]*[.]sh /$')" ''
for script in $(printf '%s\n' "$others" | sed -n 's|^/usr/lib/kinc/\([a-z-]*[.]sh\) /$|\1|p'); do
	check "$script is copied from containerfile/build" test -x "containerfile/build/$script"
	check "$script is run by the Debian flavour too" grep -q "build/$script" containerfile/build/root.sh
done
is 'no recipe is for one architecture' "$(grep -lE 'amd64|x86_64|arm64|aarch64' containerfile/Containerfile*)" ''
finish
