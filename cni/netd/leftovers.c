/* SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "alloc.h"
#include "policy_table.h"
#include "store.h"

/* Names of the ground have no prefix: "g", digits, "_". */
static unsigned long generation_of(const char *name)
{
	char *end;

	if (name[0] != 'g')
		return 0;
	unsigned long generation = strtoul(name + 1, &end, 10);
	return *end == '_' ? generation : 0;
}

static void visit_leftover(void *context, const struct nlmsghdr *message)
{
	static const struct {
		int type;
		char kind;
		int name, table;
	} kinds[] = {
		{NFT_MSG_NEWCHAIN, 'c', NFTA_CHAIN_NAME, NFTA_CHAIN_TABLE},
		{NFT_MSG_NEWSET, 's', NFTA_SET_NAME, NFTA_SET_TABLE},
		{NFT_MSG_NEWOBJ, 'o', NFTA_OBJ_NAME, NFTA_OBJ_TABLE},
	};
	struct leftovers *leftovers = context;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if ((message->nlmsg_type & 0xff) != kinds[i].type)
			continue;
		struct nlattr *name = nlmsg_find_attr((struct nlmsghdr *)message,
						      sizeof(struct nfgenmsg), kinds[i].name);
		struct nlattr *table = nlmsg_find_attr((struct nlmsghdr *)message,
						       sizeof(struct nfgenmsg), kinds[i].table);
		if (!name || !table || !generation_of(nla_get_string(name)) ||
		    strcmp(nla_get_string(table), KINC_POLICY_TABLE_NAME) != 0)
			continue;
		char kind = kinds[i].kind;
		if (kind == 'c' && nlmsg_find_attr((struct nlmsghdr *)message,
						   sizeof(struct nfgenmsg), NFTA_CHAIN_HOOK))
			kind = 'h';
		if (generation_of(nla_get_string(name)) > leftovers->generation)
			leftovers->generation = generation_of(nla_get_string(name));
		leftovers->list = alloc_grow(leftovers->list, leftovers->count,
					     &leftovers->capacity, sizeof(*leftovers->list));
		leftovers->list[leftovers->count++] =
			(struct leftover){kind, alloc_text(nla_get_string(name))};
	}
}

void leftovers_release(struct leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->count; i++)
		free(leftovers->list[i].name);
	free(leftovers->list);
}

int leftovers_find(struct nfnl *nfnl, struct leftovers *ret_leftovers,
			  struct kinc_error *err)
{
	static const int types[] = {NFT_MSG_GETCHAIN, NFT_MSG_GETSET, NFT_MSG_GETOBJ};
	struct leftovers leftovers = {0};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(types) / sizeof(*types); i++) {
		struct nl_msg *message =
			nfnl_message(NFNL_SUBSYS_NFTABLES, types[i], NLM_F_DUMP, NFPROTO_INET);
		if (nla_put_string(message, NFTA_CHAIN_TABLE, KINC_POLICY_TABLE_NAME) < 0)
			alloc_must(NULL);
		status = nfnl_ask(nfnl, message, visit_leftover, &leftovers, err);
		nlmsg_free(message);
	}
	if (status < 0)
		leftovers_release(&leftovers);
	else
		*ret_leftovers = leftovers;
	return status;
}

/*
 * Hooks first, and by themselves: then nothing of it decides any more. Rules hold
 * on to chains and sets, maps to chains.
 */
int leftovers_remove(struct nfnl *nfnl, const struct leftovers *leftovers,
			    struct kinc_error *err)
{
	static const char steps[] = "hrscxo";
	int status = 0;

	for (const char *step = steps; *step && status == 0; step++) {
		for (size_t i = 0; status == 0 && i < leftovers->count; i++) {
			const struct leftover *each = &leftovers->list[i];
			bool is_map = each->kind == 's' && strstr(each->name, "gress");
			if (*step == 'h' && each->kind == 'h') {
				nfnl_flush_chain(nfnl, each->name);
				nfnl_delete_chain(nfnl, each->name);
			} else if (each->kind == 's' && *step == (is_map ? 's' : 'x')) {
				nfnl_delete_set(nfnl, each->name);
			} else if (*step == 'r' && each->kind == 'c') {
				nfnl_flush_chain(nfnl, each->name);
			} else if (*step == 'c' && each->kind == 'c') {
				nfnl_delete_chain(nfnl, each->name);
			} else if (*step == 'o' && each->kind == 'o') {
				nfnl_delete_counter(nfnl, each->name);
			}
			status = nfnl_full(nfnl) ? nfnl_commit(nfnl, err) : 0;
		}
		if (status == 0)
			status = nfnl_commit(nfnl, err);
	}
	return status;
}

/* Addresses that are known in the kernel and nowhere else. */
struct unknown {
	const struct model *model;
	int family;
	struct elements elements;
};

static void visit_known(void *context, const struct nlmsghdr *message)
{
	struct unknown *unknown = context;
	struct nlattr *list = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(struct nfgenmsg),
					      NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *one;
	int left;

	if (!list)
		return;
	nla_for_each_nested(one, list, left) {
		struct nlattr *key = nla_find(nla_data(one), nla_len(one), NFTA_SET_ELEM_KEY);
		struct nlattr *value =
			key ? nla_find(nla_data(key), nla_len(key), NFTA_DATA_VALUE) : NULL;
		struct element element = {.kind = ELEMENT_KNOWN,
					  .address.family = unknown->family};
		size_t size = ip_size(unknown->family);
		if (!value || nla_len(value) < (int)size)
			continue;
		memcpy(element.address.bytes, nla_data(value), size);
		const struct pod *owner = store_owner(unknown->model, &element.address);
		if (owner && owner->placed_own)
			continue;
		unknown->elements.list =
			alloc_grow(unknown->elements.list, unknown->elements.count,
				   &unknown->elements.capacity, sizeof(element));
		unknown->elements.list[unknown->elements.count++] = element;
	}
}

int leftovers_forget_unknown(struct nfnl *nfnl, const struct model *model, struct kinc_error *err)
{
	static const struct {
		int family;
		const char *set;
	} sets[] = {{AF_INET, KINC_POLICY_KNOWN4}, {AF_INET6, KINC_POLICY_KNOWN6}};
	int status = 0;

	for (size_t f = 0; status == 0 && f < sizeof(sets) / sizeof(*sets); f++) {
		struct unknown unknown = {.model = model, .family = sets[f].family};
		struct nl_msg *message = nfnl_message(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM,
						      NLM_F_DUMP, NFPROTO_INET);
		if (nla_put_string(message, NFTA_SET_ELEM_LIST_TABLE, KINC_POLICY_TABLE_NAME) < 0 ||
		    nla_put_string(message, NFTA_SET_ELEM_LIST_SET, sets[f].set) < 0)
			alloc_must(NULL);
		status = nfnl_ask(nfnl, message, visit_known, &unknown, err);
		nlmsg_free(message);
		for (size_t i = 0; status == 0 && i < unknown.elements.count; i++) {
			nfnl_add_element(nfnl, "", &unknown.elements.list[i]);
			status = nfnl_full(nfnl) ? nfnl_commit(nfnl, err) : 0;
		}
		free(unknown.elements.list);
		if (status == 0)
			status = nfnl_commit(nfnl, err);
	}
	return status;
}
