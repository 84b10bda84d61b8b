/* SPDX-License-Identifier: MIT */
#include <errno.h>
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
	case PROBE_HTTPS:
		if (strncmp(probe->address, "https://", 8) == 0)
			break;
		return kinc_error_set(err, EINVAL, "\"%s\" must begin with https://",
				      probe->address);
	case PROBE_NOTIFY:
	case PROBE_FD:
	case PROBE_FILE:
	case PROBE_EXEC:
		break;
	}
	return 0;
}

#define PROBE(member) offsetof(struct probe_spec, member)
#define TEXT_KEY(word, member, what)                                                               \
	{                                                                                          \
		.name = (word), .read = read_text, .offset = PROBE(member), .about = (what)        \
	}
const struct key probe_keys[] = {
	[PROBE_NOTIFY] = {.name = "notify",
			  .read = read_flag,
			  .offset = PROBE(on),
			  .about = "true: the service sends READY=1 to $NOTIFY_SOCKET"},
	[PROBE_FD] = {.name = "fd",
		      .read = read_int,
		      .offset = PROBE(fd),
		      .min = PROBE_FD_FIRST,
		      .max = PROBE_FD_LAST,
		      .about = "number of a descriptor that the service writes a newline to"},
	[PROBE_UNIX] = TEXT_KEY("unix", address, "socket that accepts a connection; or @ABSTRACT"),
	[PROBE_TCP] = TEXT_KEY("tcp", address, "numeric ADDRESS:PORT that accepts a connection"),
	[PROBE_HTTP] = TEXT_KEY("http", address,
				"URL that answers with 200 to 399; its host is a numeric address"),
	[PROBE_HTTPS] = TEXT_KEY("https", address, "URL that answers with 200 to 399; with \"ca\""),
	[PROBE_HTTP_UNIX] = TEXT_KEY("http_unix", address,
				     "socket that is asked over HTTP for \"path\""),
	[PROBE_FILE] = {.name = "file",
			.read = read_path,
			.offset = PROBE(address),
			.about = "path that exists"},
	[PROBE_EXEC] = {.name = "exec",
			.read = read_argv,
			.offset = PROBE(argv),
			.about = "argv of a program that ends with status 0"},
	TEXT_KEY("path", path, "with http_unix: what to ask for"),
	TEXT_KEY("ca", ca, "with https: file of the certificates that count as authorities"),
	KEY_END,
};

const char *probe_kind_name(enum probe_kind kind)
{
	return probe_keys[kind].name;
}

/* How many kinds the object names; the last of them is *ret_kind. */
static int count_kinds(struct reader *reader, uint32_t object, enum probe_kind *ret_kind)
{
	int count = 0;

	for (int kind = 0; kind < PROBE_KINDS; kind++) {
		if (kinc_span_member(reader->doc, object, probe_keys[kind].name) == KINC_SPAN_NONE)
			continue;
		*ret_kind = (enum probe_kind)kind;
		count++;
	}
	return count;
}

static void complain_kinds(struct reader *reader, uint32_t object)
{
	char known[200] = "";

	for (int kind = 0; kind < PROBE_KINDS; kind++) {
		strncat(known, kind ? ", " : "", sizeof(known) - strlen(known) - 1);
		strncat(known, probe_keys[kind].name, sizeof(known) - strlen(known) - 1);
	}
	complain_at(reader->complaints, reader->doc, object, "a probe has exactly one of %s",
		    known);
}

static void read_probe(struct reader *reader, uint32_t object, struct probe_spec *probe)
{
	size_t before = reader->complaints->count;
	struct kinc_error err;

	if (reader->doc->nodes[object].type != KINC_SPAN_OBJECT) {
		complain_at(reader->complaints, reader->doc, object, "a probe is an object");
		return;
	}
	read_members(reader, probe_keys, object, probe);
	if (count_kinds(reader, object, &probe->kind) != 1)
		complain_kinds(reader, object);
	else if (reader->complaints->count > before)
		return;
	else if (probe->kind == PROBE_NOTIFY && !probe->on)
		complain_at(reader->complaints, reader->doc, object,
			    "\"notify\" can only be true: leave it out instead");
	else if (probe->path && probe->kind != PROBE_HTTP_UNIX)
		complain_at(reader->complaints, reader->doc, object,
			    "\"path\" belongs to http_unix only");
	else if (probe->kind == PROBE_HTTP_UNIX && !probe->path)
		complain_at(reader->complaints, reader->doc, object,
			    "http_unix needs the \"path\" to ask for");
	else if ((probe->kind == PROBE_HTTPS) != (probe->ca != NULL))
		complain_at(reader->complaints, reader->doc, object,
			    "https and \"ca\" go together");
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
