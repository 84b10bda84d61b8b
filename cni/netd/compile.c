/* SPDX-License-Identifier: MIT */
/*
 * A policy's rules become lines of nft, each of which ends in accept: WHO and
 * WHICH PORT. A rule with three peers and two protocols is six lines.
 */
#include "compile.h"

#include <errno.h>
#include <stdarg.h>

#include "alloc.h"
#include "chains.h"
#include "peers.h"

#define LINES_MAX 8192
/* Of addresses in one line: a transaction must fit into a socket's buffer. */
#define INTERVALS_MAX 200
/*
 * So many intervals are better a line each than a set without a name: to find one,
 * the kernel goes over all sets of the table, for each such set anew.
 */
#define LINE_EACH_MAX 4

/* One way to say who: the text, and for which family it is. */
struct term {
	char *text;
	int family; /* AF_UNSPEC: both */
};

struct terms {
	struct term *list;
	size_t count, capacity;
};

struct compiler {
	struct model *model;
	const struct policy *policy;
	enum direction direction;
	FILE *out;
	size_t lines;
	struct peers **peers;
	size_t peers_count, peers_capacity;
};

static const char *const ip_words[] = {"ip", "ip6"};
static const int families[] = {AF_INET, AF_INET6};

/* Who is far, from the pod that is isolated. */
static const char *far_word(const struct compiler *compiler)
{
	return compiler->direction == INGRESS ? "saddr" : "daddr";
}

static void add_term(struct terms *terms, int family, char *text)
{
	terms->list = alloc_grow(terms->list, terms->count, &terms->capacity, sizeof(*terms->list));
	terms->list[terms->count++] = (struct term){alloc_must(text), family};
}

static void release_terms(struct terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		free(terms->list[i].text);
	free(terms->list);
	*terms = (struct terms){0};
}

__attribute__((format(printf, 1, 2))) static char *print(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return alloc_must(text);
}

/* The reference is kept for the chain to come. */
static struct peers *use_peers(struct compiler *compiler, const struct peers_wish *wish)
{
	struct peers *peers = peers_acquire(compiler->model, wish);

	compiler->peers = alloc_grow(compiler->peers, compiler->peers_count,
				     &compiler->peers_capacity, sizeof(struct peers *));
	compiler->peers[compiler->peers_count++] = peers;
	return peers;
}

static struct peers_wish wish_of(const struct compiler *compiler, const struct policy_peer *peer)
{
	return (struct peers_wish){
		.space = peer->any_namespace_set ? NULL : compiler->policy->space,
		.namespaces = peer->any_namespace_set ? &peer->namespaces : NULL,
		.pods = &peer->pods,
	};
}

/* All addresses of a family? */
static bool whole(const struct intervals *intervals, int family)
{
	struct ip_prefix all = {{.family = family}, 0};
	struct ip_address first = prefix_first(&all), last = prefix_last(&all);

	return intervals->count == 1 && ip_equal(&intervals->list[0].first, &first) &&
	       ip_equal(&intervals->list[0].last, &last);
}

static void add_block_terms(const struct compiler *compiler, const struct intervals *block,
			    int family, struct terms *terms)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX], *text = NULL;
	const char *ip = ip_words[family_index(family)];
	size_t size;

	if (whole(block, family)) {
		add_term(terms, family,
			 print("meta nfproto %s ", family == AF_INET ? "ipv4" : "ipv6"));
		return;
	}
	for (size_t i = 0; i < block->count && block->count <= LINE_EACH_MAX; i++) {
		const struct interval *each = &block->list[i];
		bool one = ip_equal(&each->first, &each->last);
		add_term(terms, family,
			 print("%s %s %s%s%s ", ip, far_word(compiler), ip_format(&each->first, first),
			       one ? "" : "-", one ? "" : ip_format(&each->last, last)));
	}
	if (block->count <= LINE_EACH_MAX)
		return;
	for (size_t begin = 0; begin < block->count; begin += INTERVALS_MAX) {
		FILE *out = alloc_stream(&text, &size);
		fprintf(out, "%s %s {", ip, far_word(compiler));
		for (size_t i = begin; i < block->count && i < begin + INTERVALS_MAX; i++) {
			const struct interval *each = &block->list[i];
			fprintf(out, "%s %s", i > begin ? "," : "", ip_format(&each->first, first));
			if (!ip_equal(&each->first, &each->last))
				fprintf(out, "-%s", ip_format(&each->last, last));
		}
		fputs(" } ", out);
		fclose(out);
		add_term(terms, family, text);
	}
}

/* The rule's blocks of a family in one. */
static void merge_blocks(const struct policy_rule *rule, int family, struct intervals *ret_blocks)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct policy_peer *peer = &rule->peers[i];
		if (peer->is_block && peer->block.count &&
		    peer->block.list[0].first.family == family)
			intervals_merge(ret_blocks, &peer->block);
	}
}

static void who_terms(struct compiler *compiler, const struct policy_rule *rule,
		      struct terms *terms)
{
	if (!rule->peer_count)
		add_term(terms, AF_UNSPEC, print("%s", ""));
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct policy_peer *peer = &rule->peers[i];
		if (peer->is_block)
			continue;
		struct peers_wish wish = wish_of(compiler, peer);
		const struct peers *peers = use_peers(compiler, &wish);
		for (int f = 0; f < 2; f++)
			if (compiler->model->families[f])
				add_term(terms, families[f],
					 print("%s %s @%%s%uv%d ", ip_words[f], far_word(compiler),
					       peers->id, f ? 6 : 4));
	}
	for (int f = 0; f < 2; f++) {
		struct intervals blocks = {0};
		merge_blocks(rule, families[f], &blocks);
		if (compiler->model->families[f])
			add_block_terms(compiler, &blocks, families[f], terms);
		intervals_release(&blocks);
	}
}

/* Ports as intervals of an address that has only 16 bits, to have them merged. */
static struct ip_address port_address(unsigned port)
{
	return (struct ip_address){AF_INET,
				   {0, 0, (unsigned char)(port >> 8), (unsigned char)port}};
}

static unsigned address_port(const struct ip_address *address)
{
	return (unsigned)address->bytes[2] << 8 | address->bytes[3];
}

static void number_terms(const struct policy_rule *rule, int protocol, const char *word,
			 struct terms *terms)
{
	struct intervals ports = {0};
	size_t size;
	char *text = NULL;

	for (size_t i = 0; i < rule->port_count; i++) {
		const struct policy_port *port = &rule->ports[i];
		if (port->protocol != protocol || port->name)
			continue;
		if (!port->first) {
			add_term(terms, AF_UNSPEC, print("meta l4proto %s ", word));
			intervals_release(&ports);
			return;
		}
		struct intervals one = {0};
		intervals_add(&one, &(struct ip_prefix){port_address(port->first), 32});
		one.list[0].last = port_address(port->last);
		intervals_merge(&ports, &one);
		intervals_release(&one);
	}
	bool each = ports.count <= LINE_EACH_MAX;
	FILE *out = NULL;
	for (size_t i = 0; i < ports.count; i++) {
		unsigned first = address_port(&ports.list[i].first);
		unsigned last = address_port(&ports.list[i].last);
		if (each || i == 0) {
			out = alloc_stream(&text, &size);
			fprintf(out, each ? "%s dport " : "%s dport { ", word);
		}
		fprintf(out, "%s%u", each || i == 0 ? "" : ", ", first);
		if (last > first)
			fprintf(out, "-%u", last);
		if (!each && i + 1 < ports.count)
			continue;
		fputs(each ? " " : " } ", out);
		fclose(out);
		add_term(terms, AF_UNSPEC, text);
	}
	intervals_release(&ports);
}

static const struct {
	int number;
	const char *word;
} protocols[] = {{IPPROTO_TCP, "tcp"}, {IPPROTO_UDP, "udp"}, {IPPROTO_SCTP, "sctp"}};

static const char *protocol_word(int protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].word;
	return "";
}

static void write_line(struct compiler *compiler, const char *who, const char *port)
{
	compiler->lines++;
	if (compiler->lines <= LINES_MAX)
		fprintf(compiler->out, "%s%saccept\n", who, port);
}

/* The destination is of the set: address and port. */
static void write_named(struct compiler *compiler, const struct term *who, const struct peers *set,
			const char *word)
{
	for (int f = 0; f < 2; f++) {
		if (!compiler->model->families[f] ||
		    (who->family != AF_UNSPEC && who->family != families[f]))
			continue;
		char *port = print("%s daddr . %s dport @%%s%uv%d ", ip_words[f], word, set->id,
				   f ? 6 : 4);
		write_line(compiler, who->text, port);
		free(port);
	}
}

/* The pods that the policy selects have the port. */
static void named_ingress(struct compiler *compiler, const struct terms *who,
			  const struct policy_port *port)
{
	const struct peers_wish wish = {
		.space = compiler->policy->space,
		.pods = &compiler->policy->spec.pods,
		.port = port->name,
		.protocol = port->protocol,
	};
	const struct peers *set = use_peers(compiler, &wish);

	for (size_t i = 0; i < who->count; i++)
		write_named(compiler, &who->list[i], set, protocol_word(port->protocol));
}

/* The peers have it, each its own. */
static void named_egress(struct compiler *compiler, const struct policy_rule *rule,
			 const struct policy_port *port)
{
	const char *word = protocol_word(port->protocol);
	struct term both = {(char *)"", AF_UNSPEC};

	if (!rule->peer_count) {
		struct peers_wish wish = {.port = port->name, .protocol = port->protocol};
		write_named(compiler, &both, use_peers(compiler, &wish), word);
	}
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct policy_peer *peer = &rule->peers[i];
		struct peers_wish wish = {0};
		if (peer->is_block)
			wish.block = &peer->block;
		else
			wish = wish_of(compiler, peer);
		wish.port = port->name;
		wish.protocol = port->protocol;
		if (peer->is_block && !peer->block.count)
			continue;
		if (peer->is_block)
			both.family = peer->block.list[0].first.family;
		else
			both.family = AF_UNSPEC;
		write_named(compiler, &both, use_peers(compiler, &wish), word);
	}
}

static void compile_rule(struct compiler *compiler, const struct policy_rule *rule)
{
	struct terms who = {0}, ports = {0};

	who_terms(compiler, rule, &who);
	if (!rule->port_count)
		add_term(&ports, AF_UNSPEC, print("%s", ""));
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		number_terms(rule, protocols[i].number, protocols[i].word, &ports);
	for (size_t i = 0; i < who.count; i++)
		for (size_t j = 0; j < ports.count; j++)
			write_line(compiler, who.list[i].text, ports.list[j].text);
	for (size_t i = 0; i < rule->port_count; i++) {
		if (!rule->ports[i].name)
			continue;
		if (compiler->direction == INGRESS)
			named_ingress(compiler, &who, &rule->ports[i]);
		else
			named_egress(compiler, rule, &rule->ports[i]);
	}
	release_terms(&who);
	release_terms(&ports);
}

int compile_policy(struct model *model, const struct policy *policy, enum direction direction,
		   struct chain **ret_chain, struct kinc_error *err)
{
	struct compiler compiler = {.model = model, .policy = policy, .direction = direction};
	struct chain_wish wish = {.letter = direction == INGRESS ? 'i' : 'e'};
	size_t size;

	compiler.out = alloc_stream(&wish.text, &size);
	for (size_t i = 0; i < policy->spec.rule_count[direction]; i++)
		compile_rule(&compiler, &policy->spec.rules[direction][i]);
	fclose(compiler.out);
	if (compiler.lines > LINES_MAX) {
		for (size_t i = 0; i < compiler.peers_count; i++)
			peers_release(model, compiler.peers[i]);
		free(compiler.peers);
		free(wish.text);
		return kinc_error_set(err, E2BIG, "it makes %zu rules, more than %d",
				      compiler.lines, LINES_MAX);
	}
	wish.key = alloc_text(wish.text);
	wish.peers = compiler.peers;
	wish.peers_count = compiler.peers_count;
	*ret_chain = chain_acquire(model, &wish);
	return 0;
}

struct chain *compile_nothing(struct model *model, enum direction direction)
{
	struct chain_wish wish = {
		.letter = direction == INGRESS ? 'i' : 'e',
		.key = alloc_text(""),
		.text = alloc_text(""),
	};

	return chain_acquire(model, &wish);
}
