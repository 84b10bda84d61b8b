/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "graph.h"

void graph_print(const struct unit_set *set, FILE *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct unit *unit = set->items[i];
		fprintf(out, "%3zu %-8s %s%s", i + 1, unit_type_name(unit->type), unit->name,
			unit->needed ? "" : " (not part of the boot)");
		for (size_t j = 0; j < unit->before.count; j++)
			fprintf(out, "%s%s", j ? ", " : "  after ", unit->before.items[j]->name);
		fputc('\n', out);
	}
}

/* Between quotes only " is special, and \ before it; a newline may stand as it is. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_edge(FILE *out, const char *from, const char *to, const char *style)
{
	fputs("  ", out);
	put_quoted(out, from);
	fputs(" -> ", out);
	put_quoted(out, to);
	fprintf(out, " [%s];\n", style);
}

static void put_names(const struct unit_set *set, FILE *out, const struct unit *unit,
		      const struct strings *names, const char *style)
{
	for (size_t i = 0; i < names->count; i++)
		if (unit_find(set, names->items[i]))
			put_edge(out, unit->name, names->items[i], style);
}

static void put_node(FILE *out, const struct unit *unit)
{
	static const char *const shapes[] = {
		[UNIT_SERVICE] = "box",
		[UNIT_ONESHOT] = "ellipse",
		[UNIT_BUILTIN] = "component",
		[UNIT_TARGET] = "doubleoctagon",
	};

	fputs("  ", out);
	put_quoted(out, unit->name);
	fprintf(out, " [shape=%s, style=%s, tooltip=", shapes[unit->type],
		unit->needed ? "solid" : "dotted");
	put_quoted(out, unit->description);
	fputs("];\n", out);
}

void graph_dot(const struct unit_set *set, FILE *out)
{
	fputs("digraph kinc {\n  rankdir=RL;\n", out);
	for (size_t i = 0; i < set->count; i++)
		put_node(out, set->items[i]);
	for (size_t i = 0; i < set->count; i++) {
		const struct unit *unit = set->items[i];
		put_names(set, out, unit, &unit->requires, "style=solid");
		put_names(set, out, unit, &unit->wants, "style=dashed");
		put_names(set, out, unit, &unit->after, "style=dotted, arrowhead=open");
		put_names(set, out, unit, &unit->conflicts, "color=red, dir=none");
		for (size_t j = 0; j < unit->wanted_by.count; j++)
			if (unit_find(set, unit->wanted_by.items[j]))
				put_edge(out, unit->wanted_by.items[j], unit->name, "style=dashed");
	}
	fputs("}\n", out);
}
