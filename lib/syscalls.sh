#!/bin/sh
# lib/syscalls.sh NAME FILE...: a C header with the system calls that the
# "#syscalls" notes in the comments of those files name, as syscalls_NAME[].
set -eu
name=$1
shift
awk -v name="$name" '
	match($0, /#syscalls[ \t]/) {
		rest = substr($0, RSTART + RLENGTH)
		sub(/\*\/.*/, "", rest)
		count = split(rest, words, /[ \t]+/)
		for (i = 1; i <= count; i++) {
			if (words[i] == "")
				continue
			if (words[i] !~ /^[a-z_][a-z0-9_]*$/) {
				printf "%s:%d: \"%s\" is no system call\n", FILENAME, FNR, words[i] >"/dev/stderr"
				bad = 1
			}
			print "\t\"" words[i] "\"," | "LC_ALL=C sort -u"
			any = 1
		}
	}
	BEGIN {
		print "/* Made by lib/syscalls.sh. */"
		print "static const char *const syscalls_" name "[] = {"
		fflush()
	}
	END {
		close("LC_ALL=C sort -u")
		print "\t0,\n};"
		if (!any)
			print name ": no #syscalls note in any file" >"/dev/stderr"
		exit bad || !any
	}
' "$@"
