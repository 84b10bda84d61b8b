/* SPDX-License-Identifier: MIT */
/*
 * A kernel made of strings: does what a settlement says, insists that each step
 * is possible where it stands, and says what the rules then say to a flow.
 */
#ifndef TEST_NETD_WORLD_H
#define TEST_NETD_WORLD_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni/netd/script.h"
#include "cni/netd/verdict.h"

#define KEY_MAX_BYTES 160

struct thing {
	char key[KEY_MAX_BYTES]; /* "set NAME", "chain NAME", "NAME ELEMENT" */
	char *value;		 /* a chain's text, or where a verdict jumps */
};

struct world {
	struct thing *list;
	size_t count, capacity;
};

static struct thing *world_find(const struct world *world, const char *key)
{
	for (size_t i = 0; i < world->count; i++)
		if (strcmp(world->list[i].key, key) == 0)
			return &world->list[i];
	return NULL;
}

static void world_add(struct world *world, const char *key, const char *value)
{
	if (world_find(world, key))
		fprintf(stderr, "twice: %s\n", key);
	assert(!world_find(world, key));
	if (world->count == world->capacity) {
		world->capacity = world->capacity ? world->capacity * 2 : 64;
		world->list = realloc(world->list, world->capacity * sizeof(*world->list));
	}
	struct thing *thing = &world->list[world->count++];
	snprintf(thing->key, sizeof(thing->key), "%s", key);
	thing->value = strdup(value);
}

static void world_remove(struct world *world, const char *key)
{
	struct thing *thing = world_find(world, key);

	assert(thing);
	free(thing->value);
	*thing = world->list[--world->count];
}

static void world_release(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		free(world->list[i].value);
	free(world->list);
	*world = (struct world){0};
}

/* Everything that the text names is there. */
static void world_check_text(const struct world *world, const char *text)
{
	char key[KEY_MAX_BYTES];

	for (; (text = strchr(text, '%')); text++) {
		size_t size = strcspn(text + 1, " \n");
		const char *kind = text[1] == 's' ? "set" : "chain";
		snprintf(key, sizeof(key), "%s %.*s", kind, (int)size, text + 1);
		assert(world_find(world, key));
	}
}

static void world_element_key(const struct element *element, char key[KEY_MAX_BYTES])
{
	char name[SCRIPT_NAME_MAX], text[IP_TEXT_MAX];

	script_set_name("", element, name);
	snprintf(key, KEY_MAX_BYTES, "%s %s . %u", name, ip_format(&element->address, text),
		 element->port);
}

static void world_step(struct world *world, const struct element *element)
{
	char key[KEY_MAX_BYTES], other[KEY_MAX_BYTES], value[32] = "";

	if (element->kind == ELEMENT_PEERS) {
		script_set_name("", element, value);
		snprintf(other, sizeof(other), "set %s", value);
		assert(world_find(world, other));
	}
	if (element->add && element->chain) {
		snprintf(value, sizeof(value), "%c%u", element->chain->letter, element->chain->id);
		snprintf(other, sizeof(other), "chain %s", value);
		assert(world_find(world, other));
	}
	world_element_key(element, key);
	if (element->add)
		world_add(world, key, element->kind == ELEMENT_VERDICT ? value : "");
	else
		world_remove(world, key);
}

/* Nothing that stays holds on to what goes. */
static void world_bury(struct world *world, const struct dead *dead)
{
	char name[32], key[KEY_MAX_BYTES], used[KEY_MAX_BYTES];

	if (dead->letter != 's') {
		snprintf(name, sizeof(name), "%c%u", dead->letter, dead->id);
		snprintf(key, sizeof(key), "chain %s", name);
		world_remove(world, key);
		snprintf(used, sizeof(used), "%%%s\n", name);
		for (size_t i = 0; i < world->count; i++) {
			assert(strcmp(world->list[i].value, name) != 0);
			assert(!strstr(world->list[i].value, used));
		}
		return;
	}
	for (int family = 4; family <= 6; family += 2) {
		snprintf(name, sizeof(name), "s%uv%d", dead->id, family);
		snprintf(key, sizeof(key), "set %s", name);
		world_remove(world, key);
		snprintf(used, sizeof(used), "%%%s ", name);
		for (size_t i = world->count; i-- > 0;) {
			struct thing *thing = &world->list[i];
			assert(!strstr(thing->value, used));
			if (strncmp(thing->key, used + 1, strlen(used + 1)) == 0)
				world_remove(world, thing->key);
		}
	}
}

static void world_apply(struct world *world, const struct settlement *settlement)
{
	char key[KEY_MAX_BYTES];

	for (size_t i = 0; i < settlement->peers_count; i++)
		for (int family = 4; family <= 6; family += 2) {
			snprintf(key, sizeof(key), "set s%uv%d", settlement->peers[i]->id, family);
			world_add(world, key, "");
		}
	for (size_t i = 0; i < settlement->chain_count; i++) {
		const struct chain *chain = settlement->chains[i];
		snprintf(key, sizeof(key), "chain %c%u", chain->letter, chain->id);
		world_check_text(world, chain->text);
		world_add(world, key, chain->text);
	}
	for (size_t i = 0; i < settlement->fill.count; i++)
		world_step(world, &settlement->fill.list[i]);
	for (size_t i = 0; i < settlement->turn.count; i++)
		world_step(world, &settlement->turn.list[i]);
	for (size_t i = 0; i < settlement->dead_count; i++)
		world_bury(world, &settlement->dead[i]);
}

static void world_same(const struct world *a, const struct world *b)
{
	assert(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct thing *other = world_find(b, a->list[i].key);
		assert(other && strcmp(other->value, a->list[i].value) == 0);
	}
}

/* What the rules say */

/* One interval, or several in brackets: bytes, without the space behind. */
static int world_list_size(const char *list)
{
	return *list == '{' ? (int)strcspn(list, "}") + 1 : (int)strcspn(list, " \n");
}

static bool world_in_list(const char *list, const struct ip_address *address, unsigned number)
{
	char text[4096], *state = NULL;

	snprintf(text, sizeof(text), "%.*s", world_list_size(list), list);
	for (char *item = strtok_r(text, "{}, ", &state); item;
	     item = strtok_r(NULL, "{}, ", &state)) {
		char *dash = strchr(item, '-');
		struct ip_address first, last;
		if (dash)
			*dash = '\0';
		if (!address) {
			unsigned low = (unsigned)atoi(item);
			if (low <= number && number <= (dash ? (unsigned)atoi(dash + 1) : low))
				return true;
			continue;
		}
		assert(ip_parse(item, &first) == 0 && ip_parse(dash ? dash + 1 : item, &last) == 0);
		if (ip_compare(&first, address) <= 0 && ip_compare(address, &last) <= 0)
			return true;
	}
	return false;
}

static bool world_in_set(const struct world *world, const char *set,
			 const struct ip_address *address, unsigned port)
{
	char key[KEY_MAX_BYTES], text[IP_TEXT_MAX];

	snprintf(key, sizeof(key), "%.*s %s . %u", (int)strcspn(set, " \n"), set,
		 ip_format(address, text), port);
	return world_find(world, key);
}

/* One line; *text is behind it then. */
static bool world_line(const struct world *world, const struct flow *flow, const char *line)
{
	const char *ip = flow->source.family == AF_INET ? "ip" : "ip6";
	const char *protocol = protocol_name(flow->protocol);
	char word[3][16], dot[4];
	int used;

	for (;;) {
		used = 0;
		if (strncmp(line, "accept\n", 7) == 0)
			return true;
		if (sscanf(line, "meta nfproto %15s %n", word[0], &used) == 1) {
			if (strcmp(word[0], flow->source.family == AF_INET ? "ipv4" : "ipv6") != 0)
				return false;
		} else if (sscanf(line, "meta l4proto %15s %n", word[0], &used) == 1) {
			if (strcasecmp(word[0], protocol) != 0)
				return false;
		} else if (sscanf(line, "%15s daddr %3[.] %15s dport @%%%n", word[0], dot, word[1],
				  &used) == 3) {
			if (strcmp(word[0], ip) != 0 || strcasecmp(word[1], protocol) != 0 ||
			    !world_in_set(world, line + used, &flow->destination, flow->port))
				return false;
			used += (int)strcspn(line + used, " ") + 1;
		} else if (sscanf(line, "%15[a-z0-9] %15[sd]addr %n", word[0], word[1], &used) ==
				   2 &&
			   used) {
			const struct ip_address *address =
				*word[1] == 's' ? &flow->source : &flow->destination;
			if (strcmp(word[0], ip) != 0)
				return false;
			if (line[used] == '@' ? !world_in_set(world, line + used + 2, address, 0)
					      : !world_in_list(line + used, address, 0))
				return false;
			used += world_list_size(line + used) + 1;
		} else if (sscanf(line, "%15s dport %n", word[0], &used) == 1) {
			if (strcasecmp(word[0], protocol) != 0 ||
			    !world_in_list(line + used, NULL, flow->port))
				return false;
			used += world_list_size(line + used) + 1;
		} else {
			fprintf(stderr, "what is: %s\n", line);
			abort();
		}
		line += used;
	}
}

static bool world_chain(const struct world *world, const struct flow *flow, const char *name)
{
	char key[KEY_MAX_BYTES], child[32];

	snprintf(key, sizeof(key), "chain %s", name);
	const struct thing *chain = world_find(world, key);
	assert(chain);
	for (const char *line = chain->value; *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "jump %%%31s", child) == 1 ? world_chain(world, flow, child)
							   : world_line(world, flow, line))
			return true;
	}
	return false;
}

static bool world_allows(const struct world *world, const struct flow *flow)
{
	struct element egress = {.kind = ELEMENT_VERDICT, .direction = EGRESS,
				 .address = flow->source},
		       ingress = {.kind = ELEMENT_VERDICT, .direction = INGRESS,
				  .address = flow->destination};
	char key[2][KEY_MAX_BYTES];

	world_element_key(&egress, key[0]);
	world_element_key(&ingress, key[1]);
	if (ip_equal(&flow->source, &flow->destination) && world_find(world, key[0]))
		return true;
	for (int i = 0; i < 2; i++) {
		const struct thing *verdict = world_find(world, key[i]);
		if (verdict && *verdict->value && !world_chain(world, flow, verdict->value))
			return false;
	}
	return true;
}

#endif
