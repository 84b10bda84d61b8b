/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdlib.h>

#include "json_write.h"

static void change_release(const struct change *change)
{
	free(change->path);
	free(change->from);
	free(change->to);
	free(change->reason);
}

int report_add(struct report *report, const struct change *change, struct kinc_error *err)
{
	struct change *larger =
		realloc(report->changes, (report->count + 1) * sizeof(*report->changes));

	if (!larger || !change->path || !change->from || !change->reason) {
		if (larger)
			report->changes = larger;
		change_release(change);
		return kinc_error_errno(err, ENOMEM, "cannot note a change");
	}
	report->changes = larger;
	larger[report->count++] = *change;
	return 0;
}

void report_release(struct report *report)
{
	int saved = errno;

	for (size_t i = 0; i < report->count; i++)
		change_release(&report->changes[i]);
	free(report->changes);
	*report = (struct report){0};
	errno = saved;
}

void report_write_json(const struct report *report, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < report->count; i++) {
		const struct change *change = &report->changes[i];

		json_write_member(out, i ? ",{" : "{", "rule", change->rule);
		json_write_member(out, ",", "path", change->path);
		json_write_member(out, ",", "from", change->from);
		json_write_member(out, ",", "to", change->to);
		json_write_member(out, ",", "reason", change->reason);
		fputc('}', out);
	}
	fputc(']', out);
}

/* Quoted spec text goes to terminals: control characters do not. */
static void write_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

void report_write_text(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct change *change = &report->changes[i];

		fprintf(out, "%-12s ", change->rule);
		write_plain(out, change->path);
		fputs(": ", out);
		write_plain(out, change->from);
		fputs(change->to ? " -> " : " removed", out);
		if (change->to)
			write_plain(out, change->to);
		fputs(", ", out);
		write_plain(out, change->reason);
		fputc('\n', out);
	}
}
