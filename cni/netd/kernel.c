/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <malloc.h>

#include "alloc.h"
#include "leftovers.h"
#include "policy_table.h"
#include "script.h"

/* Lines of a transaction, and elements of sets in them: 600 went through, a thousand did not. */
#define WEIGHT_MAX 480

static struct nft_ctx *make_context(void)
{
	struct nft_ctx *nft = alloc_must(nft_ctx_new(NFT_CTX_DEFAULT));

	if (nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0)
		alloc_must(NULL);
	return nft;
}

/*
 * libnftables keeps what it read of the table, which is all of it, and reads it
 * again before the next command, as the table has changed by then.
 */
static void forget_cache(struct kernel *kernel)
{
	nft_ctx_free(kernel->nft);
	kernel->nft = make_context();
	malloc_trim(0);
}

int kernel_open(struct kernel *kernel, struct kinc_error *err)
{
	int status = nfnl_open(&kernel->nfnl, err);

	if (status < 0)
		return status;
	struct nl_msg *message = nfnl_message(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, NLM_F_ACK,
					      AF_UNSPEC);
	status = nfnl_ask(&kernel->nfnl, message, NULL, NULL, err);
	nlmsg_free(message);
	if (status < 0) {
		nfnl_close(&kernel->nfnl);
		/* That is what nfnetlink says of a subsystem that it does not have. */
		return status == -EINVAL || status == -EOPNOTSUPP
			       ? kinc_error_set(err, EOPNOTSUPP, "the kernel has no nf_tables")
			       : status;
	}
	/* Only now: libnftables ends the process when it gets no socket. */
	kernel->nft = make_context();
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (kernel->nft)
		nft_ctx_free(kernel->nft);
	kernel->nft = NULL;
	nfnl_close(&kernel->nfnl);
}

static int run(struct kernel *kernel, const char *commands, struct kinc_error *err)
{
	kernel->transactions++;
	if (nft_run_cmd_from_buffer(kernel->nft, commands) == 0)
		return 0;
	const char *fault = nft_ctx_get_error_buffer(kernel->nft);
	/*
	 * libnftables tells errors in words only. Of what makes the table this one means a
	 * kernel that has nf_tables, but not for inet: User-Mode Linux.
	 */
	if (kernel->transactions == 1 && strstr(fault, strerror(EOPNOTSUPP)))
		return kinc_error_set(err, EOPNOTSUPP, "the kernel has no nf_tables of family inet");
	return kinc_error_set(err, EIO, "nftables: %.*s", (int)strcspn(fault, "\n"), fault);
}

/* A transaction that is being written. */
struct draft {
	struct kernel *kernel;
	FILE *out;
	char *text;
	size_t size, weight;
};

static void draft_begin(struct draft *draft, struct kernel *kernel)
{
	*draft = (struct draft){.kernel = kernel};
	draft->out = alloc_stream(&draft->text, &draft->size);
}

static int draft_end(struct draft *draft, struct kinc_error *err)
{
	fclose(draft->out);
	int status = draft->weight ? run(draft->kernel, draft->text, err) : 0;
	free(draft->text);
	return status;
}

/* After something of that weight. */
static int draft_count(struct draft *draft, size_t weight, struct kinc_error *err)
{
	draft->weight += weight;
	if (draft->weight < WEIGHT_MAX)
		return 0;
	int status = draft_end(draft, err);
	draft_begin(draft, draft->kernel);
	return status;
}

static int stage(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, struct kinc_error *err)
{
	const char *prefix = kernel->prefix;
	struct draft draft;
	int status = 0;

	draft_begin(&draft, kernel);
	for (size_t i = 0; status == 0 && i < settlement->peers_count; i++) {
		script_peers(draft.out, prefix, model, settlement->peers[i]);
		status = draft_count(&draft, 2, err);
	}
	for (size_t i = 0; status == 0 && i < settlement->chain_count; i++) {
		const struct chain *chain = settlement->chains[i];
		const char *text = chain->text;
		script_chain(draft.out, prefix, chain);
		while (status == 0 && *text)
			status = draft_count(
				&draft, script_rules(draft.out, prefix, chain, &text, WEIGHT_MAX),
				err);
		script_end(draft.out, prefix, chain);
		if (status == 0)
			status = draft_count(&draft, 4, err);
	}
	int ended = draft_end(&draft, status < 0 ? NULL : err);
	return status < 0 ? status : ended;
}

static int move(struct kernel *kernel, const struct elements *elements, struct kinc_error *err)
{
	for (size_t i = 0; i < elements->count; i++) {
		nfnl_add_element(&kernel->nfnl, kernel->prefix, &elements->list[i]);
		/* All of a pod at once, so that it has old or new rules. */
		if (!nfnl_bursting(&kernel->nfnl) &&
		    (!elements->list[i].last || !nfnl_full(&kernel->nfnl)))
			continue;
		int status = nfnl_commit(&kernel->nfnl, err);
		if (status < 0)
			return status;
	}
	return nfnl_commit(&kernel->nfnl, err);
}

static int commit_full(struct kernel *kernel, struct kinc_error *err)
{
	return nfnl_full(&kernel->nfnl) ? nfnl_commit(&kernel->nfnl, err) : 0;
}

static int bury(struct kernel *kernel, const struct model *model,
		const struct settlement *settlement, struct kinc_error *err)
{
	char name[SCRIPT_NAME_MAX];
	int status = 0;

	for (size_t i = 0; status == 0 && i < settlement->dead_count; i++) {
		const struct dead *dead = &settlement->dead[i];
		snprintf(name, sizeof(name), "%s%c%u", kernel->prefix, dead->letter, dead->id);
		if (dead->letter != 's') {
			nfnl_flush_chain(&kernel->nfnl, name);
			nfnl_delete_chain(&kernel->nfnl, name);
		}
		if (dead->letter == 'I' || dead->letter == 'E')
			nfnl_delete_counter(&kernel->nfnl, name);
		for (int f = 0; dead->letter == 's' && f < 2; f++) {
			snprintf(name, sizeof(name), "%ss%uv%d", kernel->prefix, dead->id,
				 f ? 6 : 4);
			if (model->families[f])
				nfnl_delete_set(&kernel->nfnl, name);
		}
		status = commit_full(kernel, err);
	}
	return status < 0 ? status : nfnl_commit(&kernel->nfnl, err);
}

int kernel_apply(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, struct kinc_error *err)
{
	int status = stage(kernel, model, settlement, err);

	if (status == 0)
		status = move(kernel, &settlement->fill, err);
	if (status == 0)
		status = move(kernel, &settlement->turn, err);
	if (status == 0)
		status = bury(kernel, model, settlement, err);
	/* When all of that stands: nobody waits for it. */
	if (settlement->peers_count || settlement->chain_count)
		forget_cache(kernel);
	return status;
}

/* Elements of known addresses, which are of no prefix, by themselves; or all but these. */
static int move_known(struct kernel *kernel, const struct elements *elements, bool known,
		      struct kinc_error *err)
{
	for (size_t i = 0; i < elements->count; i++) {
		if ((elements->list[i].kind == ELEMENT_KNOWN) != known)
			continue;
		nfnl_add_element(&kernel->nfnl, kernel->prefix, &elements->list[i]);
		int status = commit_full(kernel, err);
		if (status < 0)
			return status;
	}
	return nfnl_commit(&kernel->nfnl, err);
}

static int run_script(struct kernel *kernel, void (*print)(FILE *, const char *),
		      struct kinc_error *err)
{
	struct draft draft;

	draft_begin(&draft, kernel);
	print(draft.out, kernel->prefix);
	draft.weight = 1;
	return draft_end(&draft, err);
}

static int renew(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, struct kinc_error *err)
{
	int status = run_script(kernel, script_maps, err);

	if (status == 0)
		status = stage(kernel, model, settlement, err);
	if (status == 0)
		status = move(kernel, &settlement->fill, err);
	if (status == 0)
		status = move_known(kernel, &settlement->turn, false, err);
	if (status == 0)
		status = run_script(kernel, script_hooks, err);
	if (status == 0)
		status = move_known(kernel, &settlement->turn, true, err);
	return status < 0 ? status : leftovers_forget_unknown(&kernel->nfnl, model, err);
}

int kernel_renew(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, const char *ground, struct kinc_error *err)
{
	struct leftovers leftovers = {0};
	int status = run(kernel, ground, err);

	if (status == 0)
		status = leftovers_find(&kernel->nfnl, &leftovers, err);
	if (status < 0)
		return status;
	snprintf(kernel->prefix, sizeof(kernel->prefix), "g%lu_", leftovers.generation + 1);
	status = renew(kernel, model, settlement, err);
	if (status == 0)
		status = leftovers_remove(&kernel->nfnl, &leftovers, err);
	leftovers_release(&leftovers);
	forget_cache(kernel);
	return status;
}

struct counters {
	const char *prefix;
	kernel_counter *visit;
	void *context;
};

static void visit_counter(void *context, const struct nlmsghdr *message)
{
	const struct counters *counters = context;
	struct nlmsghdr *whole = (struct nlmsghdr *)message;
	struct nlattr *name = nlmsg_find_attr(whole, sizeof(struct nfgenmsg), NFTA_OBJ_NAME);
	struct nlattr *data = nlmsg_find_attr(whole, sizeof(struct nfgenmsg), NFTA_OBJ_DATA);
	size_t size = strlen(counters->prefix);

	if (!name || !data || strncmp(nla_get_string(name), counters->prefix, size) != 0)
		return;
	struct nlattr *packets = nla_find(nla_data(data), nla_len(data), NFTA_COUNTER_PACKETS);
	const char *own = nla_get_string(name) + size;
	if (packets && nla_len(packets) >= (int)sizeof(uint64_t))
		counters->visit(counters->context, own[0],
				(unsigned)strtoul(own + (*own != '\0'), NULL, 10),
				be64toh(nla_get_u64(packets)));
}

int kernel_counters(struct kernel *kernel, kernel_counter *visit, void *context,
		    struct kinc_error *err)
{
	struct counters counters = {kernel->prefix, visit, context};
	struct nl_msg *message =
		nfnl_message(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETOBJ, NLM_F_DUMP, NFPROTO_INET);

	if (nla_put_string(message, NFTA_OBJ_TABLE, KINC_POLICY_TABLE_NAME) < 0)
		alloc_must(NULL);
	int status = nfnl_ask(&kernel->nfnl, message, visit_counter, &counters, err);
	nlmsg_free(message);
	return status;
}
