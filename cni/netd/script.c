/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "alloc.h"
#include "policy_table.h"

#define ADD(what) "add " what " " KINC_POLICY_TABLE " "

void script_maps(FILE *out, const char *prefix)
{
	for (int f = 4; f <= 6; f += 2) {
		fprintf(out, ADD("map") "%singress%d { type ipv%d_addr : verdict; }\n", prefix, f,
			f);
		fprintf(out, ADD("map") "%segress%d { type ipv%d_addr : verdict; }\n", prefix, f, f);
		fprintf(out, ADD("set") "%sself%d { type ipv%d_addr . ipv%d_addr; }\n", prefix, f, f,
			f);
	}
}

/*
 * A connection that was cut must not come to life again by the packets of the side
 * that may connect: conntrack would take them for the first of a new one.
 */
static void print_middle(FILE *out, const char *prefix)
{
	static const char *const sides[] = {"saddr", "daddr"};

	for (int f = 4; f <= 6; f += 2)
		for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++)
			fprintf(out,
				ADD("rule") "%segress ct state new tcp flags & "
					    "(fin | syn | rst | ack) != syn %s %s . %s %s "
					    "@%sself%d drop\n",
				prefix, f == 4 ? "ip" : "ip6", sides[i], f == 4 ? "ip" : "ip6",
				sides[i], prefix, f);
}

/*
 * Two hooks: what egress accepts goes on to ingress, which an accept within one
 * hook would not. In the forward hook a service's address has been turned into a
 * pod's already, and a client's own is not masqueraded yet; what comes from the
 * node itself, as the kubelet's probes do, is not seen.
 */
static void print_hook(FILE *out, const char *prefix, const char *direction, const char *side,
		       const char *priority)
{
	fprintf(out,
		ADD("chain") "%s%s { type filter hook forward priority %s; policy accept; }\n",
		prefix, direction, priority);
	fprintf(out, ADD("rule") "%s%s ct state established,related accept\n", prefix, direction);
	if (strcmp(direction, "egress") == 0)
		print_middle(out, prefix);
	for (int f = 4; f <= 6; f += 2) {
		const char *ip = f == 4 ? "ip" : "ip6";
		fprintf(out, ADD("rule") "%s%s %s saddr . %s daddr @%sself%d accept\n", prefix,
			direction, ip, ip, prefix, f);
		fprintf(out, ADD("rule") "%s%s %s %s vmap @%s%s%d\n", prefix, direction, ip, side,
			prefix, direction, f);
	}
}

void script_hooks(FILE *out, const char *prefix)
{
	print_hook(out, prefix, "egress", "saddr", "filter - 1");
	print_hook(out, prefix, "ingress", "daddr", "filter");
}

void script_peers(FILE *out, const char *prefix, const struct model *model,
		  const struct peers *peers)
{
	for (int f = 0; f < 2; f++)
		if (model->families[f])
			fprintf(out, ADD("set") "%ss%uv%d { type ipv%d_addr%s; }\n", prefix,
				peers->id, f ? 6 : 4, f ? 6 : 4,
				peers->port ? " . inet_service" : "");
}

static bool is_profile(const struct chain *chain)
{
	return chain->letter == 'I' || chain->letter == 'E';
}

void script_chain(FILE *out, const char *prefix, const struct chain *chain)
{
	fprintf(out, ADD("chain") "%s%c%u\n", prefix, chain->letter, chain->id);
	if (is_profile(chain))
		fprintf(out, ADD("counter") "%s%c%u\n", prefix, chain->letter, chain->id);
}

void script_end(FILE *out, const char *prefix, const struct chain *chain)
{
	if (is_profile(chain))
		fprintf(out, ADD("rule") "%s%c%u counter name \"%s%c%u\" drop\n", prefix,
			chain->letter, chain->id, prefix, chain->letter, chain->id);
}

size_t script_rules(FILE *out, const char *prefix, const struct chain *chain, const char **text,
		    size_t max)
{
	size_t weight = 0;

	while (**text && weight < max) {
		fprintf(out, ADD("rule") "%s%c%u ", prefix, chain->letter, chain->id);
		weight += 4;
		for (char c = '\0'; c != '\n'; (*text)++) {
			c = **text;
			if (c == '%')
				fputs(prefix, out);
			else
				fputc(c, out);
			weight += c == ',';
		}
	}
	return weight;
}

/* For reading */

static int compare_elements(const void *a, const void *b)
{
	const struct element *first = a, *second = b;

	if (first->add != second->add)
		return first->add ? 1 : -1;
	if (first->kind != second->kind)
		return first->kind < second->kind ? -1 : 1;
	if (first->peers != second->peers)
		return first->peers < second->peers ? -1 : 1;
	if (first->direction != second->direction)
		return first->direction < second->direction ? -1 : 1;
	int order = ip_compare(&first->address, &second->address);
	return order ? order : (first->port > second->port) - (first->port < second->port);
}

void script_set_name(const char *prefix, const struct element *element, char name[SCRIPT_NAME_MAX])
{
	int family = element->address.family == AF_INET ? 4 : 6;

	switch (element->kind) {
	case ELEMENT_PEERS:
		snprintf(name, SCRIPT_NAME_MAX, "%ss%uv%d", prefix, element->peers, family);
		return;
	case ELEMENT_VERDICT:
		snprintf(name, SCRIPT_NAME_MAX, "%s%s%d", prefix,
			 element->direction == INGRESS ? "ingress" : "egress", family);
		return;
	case ELEMENT_SELF:
		snprintf(name, SCRIPT_NAME_MAX, "%sself%d", prefix, family);
		return;
	case ELEMENT_KNOWN:
		snprintf(name, SCRIPT_NAME_MAX, "%s",
			 family == 4 ? KINC_POLICY_KNOWN4 : KINC_POLICY_KNOWN6);
		return;
	}
}

static void print_element(FILE *out, const struct element *element)
{
	char text[IP_TEXT_MAX];

	fputs(ip_format(&element->address, text), out);
	if (element->kind == ELEMENT_SELF)
		fprintf(out, " . %s", text);
	if (element->port)
		fprintf(out, " . %u", element->port);
	if (element->kind != ELEMENT_VERDICT || !element->add)
		return;
	if (element->chain)
		fprintf(out, " : jump %c%u", element->chain->letter, element->chain->id);
	else
		fputs(" : accept", out);
}

/* Sorted, those of a set in one command. */
static void print_elements(FILE *out, const struct elements *elements)
{
	struct element *list = alloc(elements->count, sizeof(*list));
	char name[SCRIPT_NAME_MAX], before[SCRIPT_NAME_MAX] = "";
	bool adding = false;

	if (elements->count)
		memcpy(list, elements->list, elements->count * sizeof(*list));
	qsort(list, elements->count, sizeof(*list), compare_elements);
	for (size_t i = 0; i < elements->count; i++) {
		script_set_name("", &list[i], name);
		if (strcmp(name, before) == 0 && list[i].add == adding) {
			fputs(", ", out);
		} else {
			fprintf(out, "%s%s element " KINC_POLICY_TABLE " %s { ", i ? " }\n" : "",
				list[i].add ? "add" : "delete", name);
			memcpy(before, name, sizeof(name));
			adding = list[i].add;
		}
		print_element(out, &list[i]);
	}
	if (elements->count)
		fputs(" }\n", out);
	free(list);
}

void script_print(FILE *out, const struct model *model, const struct settlement *settlement)
{
	for (size_t i = 0; i < settlement->peers_count; i++) {
		fprintf(out, "# %s\n", settlement->peers[i]->key);
		script_peers(out, "", model, settlement->peers[i]);
	}
	for (size_t i = 0; i < settlement->chain_count; i++) {
		const struct chain *chain = settlement->chains[i];
		const char *text = chain->text;
		if (chain->policies)
			fprintf(out, "# %s of pods with %s\n",
				chain->letter == 'I' ? "ingress" : "egress", chain->policies);
		script_chain(out, "", chain);
		script_rules(out, "", chain, &text, (size_t)-1);
		script_end(out, "", chain);
	}
	print_elements(out, &settlement->fill);
	print_elements(out, &settlement->turn);
	for (size_t i = 0; i < settlement->dead_count; i++) {
		const struct dead *dead = &settlement->dead[i];
		for (int f = 0; dead->letter == 's' && f < 2; f++)
			if (model->families[f])
				fprintf(out, "delete set " KINC_POLICY_TABLE " s%uv%d\n", dead->id,
					f ? 6 : 4);
		if (dead->letter != 's')
			fprintf(out, "delete chain " KINC_POLICY_TABLE " %c%u\n", dead->letter,
				dead->id);
	}
}
