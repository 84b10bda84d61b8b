/* SPDX-License-Identifier: MIT */
#ifndef INIT_LOG_LEVEL_H
#define INIT_LOG_LEVEL_H

/*
 * Levels of syslog(3), 0 the gravest. A service gives one by "<3>" before the
 * line, as sd-daemon(3) has it; a line without is of LOG_LEVEL_INFO.
 */
#define LOG_LEVEL_INFO 6
#define LOG_LEVEL_NONE (-1)

/* "emerg" to "debug", NULL at the end; the index is the level. */
extern const char *const log_level_words[];

/* The level of a line, or LOG_LEVEL_NONE; *ret_text is what follows it. */
int log_level_read(const char *line, const char **ret_text);

#endif
