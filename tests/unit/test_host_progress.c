/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "host/mend.h"
#include "host/progress.h"

static struct progress_unit some[] = {
	{"containerd", "ready", "service", 100, 400, ""},
	{"image-store-databases", "starting", "oneshot", 200, -1, ""},
	{"kubelet", "starting", "service", 1000, -1, "http http://127.0.0.1:10248/healthz and more"},
	{"apiserver", "waiting", "oneshot", -1, -1, "control-plane, etcd, kubelet"},
	{"cluster", "waiting", "target", -1, -1, "apiserver"},
	{"broken", "failed", "oneshot", 100, -1, "caf\303\251 \346\227\245\346\234\254 \377"},
};

static char *print(int columns, int rows, bool colour, int *ret_lines)
{
	const struct progress_look look = {.columns = columns, .rows = rows, .colour = colour};
	const struct progress progress = {.units = some, .count = sizeof(some) / sizeof(*some)};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	progress_print_heading(&look, out);
	progress_print_unit(&look, &some[0], 3000, out);
	progress_print_unit(&look, &some[5], 3000, out);
	*ret_lines = progress_print_live(&look, &progress, 3000, out);
	fclose(out);
	return text;
}

static void assert_printed(int columns, int rows, const char *wanted)
{
	int lines;
	char *text = print(columns, rows, false, &lines);

	assert_string_equal(text, wanted);
	free(text);
}

static void fits_each_terminal(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_printed(
		80, 24,
		"UNIT                     STATE     ELAPSED  WAITS FOR\n"
		"containerd               ready        0.3s\n"
		"broken                   failed       2.9s  caf\303\251 \346\227\245\346\234\254 ?\n"
		"image-store-databases    starting     2.8s\n"
		"kubelet                  starting     2.0s  http http://127.0.0.1:10248/healt\u2026\n"
		"apiserver                waiting            control-plane, etcd, kubelet\n"
		"1 of 5 units, 3.0 s\n");
	/* Room for one row: what is under way counts most. */
	assert_printed(20, 4,
		       "  UNIT      ELAPSED\n"
		       "+ containe\u2026    0.3s\n"
		       "! broken       2.9s\n"
		       "> image-st\u2026    2.8s\n"
		       "1 of 5 units, 3.0 s\n");
}

static void knows_no_letters_but_ascii(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C");
	assert_printed(60, 5,
		       "UNIT                 STATE     ELAPSED  WAITS FOR\n"
		       "containerd           ready        0.3s\n"
		       "broken               failed       2.9s  caf?? ?????? ?\n"
		       "image-store-databas~ starting     2.8s\n"
		       "kubelet              starting     2.0s  http http://127.0~\n"
		       "1 of 5 units, 3.0 s\n");
}

/* A line that wraps would not be wiped, whatever the width. */
static void never_wraps(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	for (int columns = 20; columns < 200; columns++) {
		int lines;
		char *text = print(columns, 24, false, &lines), *rest = text;
		for (char *line; (line = strsep(&rest, "\n"));) {
			wchar_t wide[256];
			size_t length = mbstowcs(wide, line, 256);
			/* The byte that is no character was replaced. */
			assert_int_not_equal(length, (size_t)-1);
			assert_true(wcswidth(wide, length) < columns);
		}
		assert_int_equal(lines, 4);
		free(text);
	}
}

static void colours_the_state(void **state)
{
	int lines;
	char *text;

	(void)state;
	text = print(80, 24, true, &lines);
	assert_non_null(strstr(text, "\033[32mready    \033[0m"));
	assert_non_null(strstr(text, "\033[31mfailed   \033[0m"));
	free(text);
	text = print(30, 24, true, &lines);
	assert_non_null(strstr(text, "\033[33m>\033[0m"));
	free(text);
}

static void knows_mends(void **state)
{
	(void)state;
	assert_non_null(strstr(mend_of("write /var/x: No space left on device (28)"), "disk"));
	assert_non_null(strstr(mend_of("inotify_init: Too many open files"), "inotify"));
	assert_null(mend_of("something else"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_each_terminal), cmocka_unit_test(knows_no_letters_but_ascii),
		cmocka_unit_test(never_wraps),	      cmocka_unit_test(colours_the_state),
		cmocka_unit_test(knows_mends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
