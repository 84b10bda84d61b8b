/* SPDX-License-Identifier: MIT */
#ifndef NETD_COMMAND_H
#define NETD_COMMAND_H

/*
 * What kincnetd does without an API server, for main's table of commands. Each
 * gets the arguments after its own name and returns the exit status.
 */

/* --compile [--json] FILE...: the rules that the objects of these files give. */
int command_compile(int argc, char **argv);
/* --apply FILE...: the same, into the kernel. */
int command_apply(int argc, char **argv);
/* --explain [--json] [--from FILE]... SRC DST PORT[/PROTO]: what would happen and why. */
int command_explain(int argc, char **argv);

#endif
