/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "address.h"
#include "unit_keys.h"

static int check_address(const struct probe_spec *probe, struct kinc_error *err)
{
	struct sockaddr_storage address;
	socklen_t size;
	const char *path;

	if (!probe->address || strstr(probe->address, "{{"))
		return 0;
	switch (probe->kind) {
	case PROBE_UNIX:
	case PROBE_HTTP_UNIX:
		return address_unix(probe->address, &address, &size, err);
	case PROBE_TCP:
		return address_tcp(probe->address, strlen(probe->address), &address, &size, err);
	case PROBE_HTTP:
		return address_url(probe->address, &address, &size, &path, err);
	case PROBE_NOTIFY:
	case PROBE_FILE:
	case PROBE_EXEC:
		break;
	}
	return 0;
}

/* One member of a probe: its kind with the address, or the path of http_unix. */
static bool read_member(struct reader *reader, uint32_t node, struct probe_spec *probe, int *kinds)
{
	const struct key exec = {.name = "exec"};
	bool flag = false;

	if (kinc_span_key_is(reader->doc, node, "path")) {
		probe->path = read_string_value(reader, "path", node);
		return true;
	}
	for (int kind = PROBE_NOTIFY; kind <= PROBE_EXEC; kind++) {
		const char *name = probe_kind_name(kind);
		if (!kinc_span_key_is(reader->doc, node, name))
			continue;
		probe->kind = kind;
		(*kinds)++;
		if (kind == PROBE_EXEC) {
			read_argv(reader, &exec, node, &probe->argv);
		} else if (kind == PROBE_NOTIFY) {
			const struct key notify = {.name = name};
			read_flag(reader, &notify, node, &flag);
			if (!flag)
				complain_at(reader->complaints, reader->doc, node,
					    "\"notify\" can only be true: leave it out instead");
		} else {
			probe->address = read_string_value(reader, name, node);
		}
		return true;
	}
	return false;
}

static void read_probe(struct reader *reader, uint32_t object, struct probe_spec *probe)
{
	const struct kinc_span_node *nodes = reader->doc->nodes;
	struct kinc_error err;
	int kinds = 0;

	if (nodes[object].type != KINC_SPAN_OBJECT) {
		complain_at(reader->complaints, reader->doc, object, "a probe is an object");
		return;
	}
	for (uint32_t item = nodes[object].child; item != KINC_SPAN_NONE; item = nodes[item].next)
		if (!read_member(reader, item, probe, &kinds))
			complain_at(reader->complaints, reader->doc, item,
				    "unknown key in a probe; there are notify, unix, tcp, http, "
				    "http_unix (with path), file, exec");
	if (kinds != 1)
		complain_at(reader->complaints, reader->doc, object,
			    "a probe has exactly one of notify, unix, tcp, http, http_unix, file, "
			    "exec");
	else if (probe->path && probe->kind != PROBE_HTTP_UNIX)
		complain_at(reader->complaints, reader->doc, object,
			    "\"path\" belongs to http_unix only");
	else if (probe->kind == PROBE_HTTP_UNIX && !probe->path)
		complain_at(reader->complaints, reader->doc, object,
			    "http_unix needs the \"path\" to ask for");
	else if (check_address(probe, &err) < 0)
		complain_at(reader->complaints, reader->doc, object, "%s", err.message);
}

void read_ready(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	const struct kinc_span_node *nodes = reader->doc->nodes;
	struct list list = {0};

	if (nodes[node].type != KINC_SPAN_ARRAY) {
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must be an array of probes", key->name);
		return;
	}
	struct probe_spec *probes = arena_alloc(
		reader->arena, (kinc_span_length(reader->doc, node) + 1) * sizeof(*probes));
	if (!probes) {
		complain(reader->complaints, "%s: out of memory", reader->doc->name);
		return;
	}
	list.items = probes;
	for (uint32_t item = nodes[node].child; item != KINC_SPAN_NONE; item = nodes[item].next)
		read_probe(reader, item, &probes[list.count++]);
	*(struct list *)field = list;
}
