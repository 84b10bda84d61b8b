/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The table grows: its heading and the row of each unit
 * that came to a result stay where they were printed, and below them the rows
 * of those under way are drawn again and again. No line is as wide as the
 * terminal, because one that wraps could not be wiped.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "progress.h"

enum {
	NARROWEST = 20,
	NARROW = 50, /* below it a mark stands for the state */
	NAME_MAX_CELLS = 24,
	STATE_CELLS = 9,
	TIME_CELLS = 7,
	WAITS_MIN_CELLS = 12,
};

struct widths {
	int name, state, waits;
};

static struct widths widths_of(const struct progress_look *look)
{
	struct widths widths = {0};
	int left = look->columns - 1 - TIME_CELLS;

	if (look->columns < NARROW) {
		widths.name = left - 3; /* mark, space, name, space */
		if (widths.name > NAME_MAX_CELLS)
			widths.name = NAME_MAX_CELLS;
		return widths;
	}
	widths.state = STATE_CELLS;
	left -= STATE_CELLS + 3;
	widths.name = left / 2 < NAME_MAX_CELLS ? left / 2 : NAME_MAX_CELLS;
	widths.waits = left - widths.name - 2;
	if (widths.waits < WAITS_MIN_CELLS)
		widths.waits = 0;
	return widths;
}

/* The next character of text and its cells; what cannot be shown is one '?'. */
static size_t next_character(const char *text, wchar_t *ret, int *ret_cells)
{
	mbstate_t state = {0};
	size_t length = mbrtowc(ret, text, MB_CUR_MAX, &state);

	if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
		*ret = L'?';
		length = 1;
	}
	*ret_cells = wcwidth(*ret);
	if (*ret_cells < 0) {
		*ret = L'?';
		*ret_cells = 1;
	}
	return length;
}

static int cells_of(const char *text)
{
	int total = 0, cells;
	wchar_t character;

	while (*text) {
		text += next_character(text, &character, &cells);
		total += cells;
	}
	return total;
}

/* Prints text in that many cells: padded where shorter, cut with a mark where longer. */
static void print_cells(const char *text, int room, bool pad, FILE *out)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	bool cut = cells_of(text) > room;
	int used = 0, cells;
	wchar_t character;

	while (*text && room > 0) {
		size_t length = next_character(text, &character, &cells);
		if (used + cells > room - cut)
			break;
		if (character == L'?')
			fputc('?', out);
		else
			fwrite(text, 1, length, out);
		text += length;
		used += cells;
	}
	if (cut && room > 0) {
		fputs(utf8 ? "\u2026" : "~", out);
		used++;
	}
	while (pad && used++ < room)
		fputc(' ', out);
}

static bool is(const struct progress_unit *unit, const char *state)
{
	return strcmp(unit->state, state) == 0;
}

static const char *colour_of(const struct progress_unit *unit)
{
	if (progress_stands(unit))
		return "\033[32m";
	if (is(unit, "failed"))
		return "\033[31m";
	return is(unit, "starting") ? "\033[33m" : "\033[2m";
}

static char mark_of(const struct progress_unit *unit)
{
	if (progress_stands(unit))
		return '+';
	return is(unit, "failed") ? '!' : is(unit, "starting") ? '>' : '.';
}

struct progress_look progress_look_of_terminal(void)
{
	struct progress_look look = {0};
	struct winsize window = {0};
	const char *no_colour = getenv("NO_COLOR");

	ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
	/* A terminal that does not know its size says 0. */
	look.columns = window.ws_col == 0	   ? 80
		       : window.ws_col < NARROWEST ? NARROWEST
						   : window.ws_col;
	look.rows = window.ws_row == 0 ? 24 : window.ws_row;
	look.colour = !no_colour || !*no_colour;
	return look;
}

void progress_print_heading(const struct progress_look *look, FILE *out)
{
	struct widths widths = widths_of(look);

	fputs(widths.state ? "" : "  ", out);
	print_cells("UNIT", widths.name, true, out);
	if (widths.state)
		fprintf(out, " %-*s", widths.state, "STATE");
	fprintf(out, " %*s", TIME_CELLS, "ELAPSED");
	if (widths.waits)
		fputs("  WAITS FOR", out);
	fputc('\n', out);
}

/* A wait may be longer than anybody planned for. */
static void print_time(double ms, FILE *out)
{
	double seconds = ms < 0 ? 0 : ms / 1000;

	if (seconds < 9999)
		fprintf(out, " %*.1fs", TIME_CELLS - 1, seconds);
	else
		fprintf(out, " %*.0fh", TIME_CELLS - 1, seconds / 3600);
}

void progress_print_unit(const struct progress_look *look, const struct progress_unit *unit,
			 double now_ms, FILE *out)
{
	struct widths widths = widths_of(look);
	const char *begin = look->colour ? colour_of(unit) : "";
	const char *end = look->colour ? "\033[0m" : "";

	if (!widths.state)
		fprintf(out, "%s%c%s ", begin, mark_of(unit), end);
	print_cells(unit->name, widths.name, true, out);
	if (widths.state) {
		fprintf(out, " %s", begin);
		print_cells(unit->state, widths.state, true, out);
		fputs(end, out);
	}
	if (unit->started_ms < 0)
		fprintf(out, " %*s", TIME_CELLS, "");
	else
		print_time((unit->ready_ms >= 0 ? unit->ready_ms : now_ms) - unit->started_ms, out);
	if (widths.waits && unit->detail[0]) {
		fputs("  ", out);
		print_cells(unit->detail, widths.waits, false, out);
	}
	fputc('\n', out);
}

int progress_print_live(const struct progress_look *look, const struct progress *progress,
			double now_ms, FILE *out)
{
	static const char *const shown[] = {"starting", "stopping", "waiting"};
	size_t standing = 0, counted = 0;
	int lines = 0;
	char sum[80];

	for (size_t state = 0; state < sizeof(shown) / sizeof(*shown); state++)
		for (size_t i = 0; i < progress->count && lines + 3 < look->rows; i++) {
			const struct progress_unit *unit = &progress->units[i];
			if (!is(unit, shown[state]) || strcmp(unit->type, "target") == 0)
				continue;
			progress_print_unit(look, unit, now_ms, out);
			lines++;
		}
	for (size_t i = 0; i < progress->count; i++) {
		if (strcmp(progress->units[i].type, "target") == 0)
			continue;
		counted++;
		standing += progress_stands(&progress->units[i]);
	}
	snprintf(sum, sizeof(sum), "%zu of %zu units, %.1f s", standing, counted, now_ms / 1000);
	print_cells(sum, look->columns - 1, false, out);
	fputc('\n', out);
	return lines + 1;
}
