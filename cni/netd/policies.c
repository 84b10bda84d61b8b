/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Objects go into the model (model.h); a commit settles it
 * and brings what that tells to the kernel (kernel.h). Before everything was
 * listed once, and after any failure, all of the model goes there anew. What is
 * forbidden from then on and connected already is cut.
 */
#include "policies.h"

#include <errno.h>
#include <time.h>

#include "alloc.h"
#include "conntrack.h"
#include "explain.h"
#include "kernel.h"
#include "node_addresses.h"
#include "policy_table.h"
#include "script.h"
#include "store.h"

struct policies {
	struct policies_conf conf;
	struct model model;
	struct kernel kernel;
	bool synced[OBJECT_POLICY_KINDS];
	bool unsupported; /* no nftables in the kernel */
	bool standing;	  /* the kernel has what the model had at the last commit */
	char *ground;

	uint64_t commits, failures, renewals, cut;
	double settle_seconds, commit_seconds, first_seconds; /* the last ones, and the first */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int policies_new(const struct policies_conf *conf, struct policies **ret_policies,
		 struct kinc_error *err)
{
	bool families[2] = {conf->subnet_count == 0, conf->subnet_count == 0};
	size_t size;

	if (conf->subnet_count > POLICIES_SUBNETS_MAX)
		return kinc_error_set(err, EINVAL, "more than %d subnets", POLICIES_SUBNETS_MAX);
	for (size_t i = 0; i < conf->subnet_count; i++)
		families[family_index(conf->subnets[i].address.family)] = true;
	struct policies *policies = alloc(1, sizeof(*policies));
	policies->conf = *conf;
	model_init(&policies->model, conf->node, families[0], families[1]);
	FILE *out = alloc_stream(&policies->ground, &size);
	kinc_policy_table_print(out, conf->subnets, conf->subnet_count, conf->admit_unknown);
	fclose(out);
	*ret_policies = policies;
	return 0;
}

void policies_free(struct policies *policies)
{
	model_release(&policies->model);
	kernel_close(&policies->kernel);
	free(policies->ground);
	free(policies);
}

void policies_relist(struct policies *policies, enum object_kind kind)
{
	store_begin(&policies->model, kind);
}

void policies_synced(struct policies *policies, enum object_kind kind)
{
	store_end(&policies->model, kind);
	policies->synced[kind] = true;
}

int policies_pod(struct policies *policies, const cJSON *object, enum object_change change,
		 struct kinc_error *err)
{
	return store_set_pod(&policies->model, object, change, err);
}

int policies_namespace(struct policies *policies, const cJSON *object, enum object_change change,
		       struct kinc_error *err)
{
	return store_set_namespace(&policies->model, object, change, err);
}

int policies_policy(struct policies *policies, const cJSON *object, enum object_change change,
		    struct kinc_error *err)
{
	struct policy *policy;
	int status = store_set_policy(&policies->model, object, change, &policy, err);

	if (policy && policy->fault && policies->conf.event)
		policies->conf.event(policies->conf.context, policy->space->name, policy->name,
				     policy->uid, "NetworkPolicyFault", policy->fault);
	return status;
}

int policies_claim(struct policies *policies, const char *namespace, const char *name,
		   const char *uid, const struct ip_address *addresses, size_t count,
		   struct kinc_error *err)
{
	struct pod *pod = store_pod(&policies->model, namespace, name);

	if (!pod || (*uid && strcmp(pod->spec.uid, uid) != 0))
		return kinc_error_set(err, ENOENT, "pod %s/%s is not known yet", namespace, name);
	store_claim(&policies->model, pod, addresses, count);
	return 0;
}

/* Connections */

struct cutter {
	const struct policies *policies;
	const struct elements *turn;
	struct node_addresses node;
};

/* Was the address taken from a pod just now? What was connected to that one is over. */
static bool was_taken(const struct elements *turn, const struct ip_address *address)
{
	for (size_t i = 0; i < turn->count; i++)
		if (turn->list[i].kind == ELEMENT_KNOWN && !turn->list[i].add &&
		    ip_equal(&turn->list[i].address, address))
			return true;
	return false;
}

static bool is_forbidden(void *context, const struct flow *flow)
{
	const struct cutter *cutter = context;
	struct verdict verdict;

	if (was_taken(cutter->turn, &flow->source) || was_taken(cutter->turn, &flow->destination))
		return true;
	if (node_addresses_has(&cutter->node, &flow->source) ||
	    node_addresses_has(&cutter->node, &flow->destination))
		return false;
	verdict_decide(&cutter->policies->model, flow, &verdict);
	return !verdict.allowed;
}

/* That it can't be done takes nothing from the rules. */
static void cut(struct policies *policies, const struct settlement *settlement)
{
	struct cutter cutter = {.policies = policies, .turn = &settlement->turn};

	node_addresses_read(&cutter.node);
	int count = conntrack_cut(&policies->kernel.nfnl, is_forbidden, &cutter, NULL);
	if (count > 0)
		policies->cut += (uint64_t)count;
	node_addresses_release(&cutter.node);
}

/* Commit */

static int apply(struct policies *policies, const struct settlement *settlement, bool renew,
		 struct kinc_error *err)
{
	int status;

	if (policies->conf.dry)
		return 0;
	policies->commits++;
	policies->renewals += renew;
	status = policies->kernel.nft ? 0 : kernel_open(&policies->kernel, err);
	if (status == 0)
		status = renew ? kernel_renew(&policies->kernel, &policies->model, settlement,
					      policies->ground, err)
			       : kernel_apply(&policies->kernel, &policies->model, settlement, err);
	if (status == 0 && settlement->restricts && !policies->conf.keep_connections)
		cut(policies, settlement);
	policies->failures += status < 0;
	return status;
}

static int settle(struct policies *policies, bool renew, struct kinc_error *err)
{
	struct settlement settlement;
	double began = now();
	int status = 0;

	if (renew)
		model_restate(&policies->model, &settlement);
	else
		model_settle(&policies->model, &settlement);
	double settled = now();
	if (policies->unsupported) {
		status = kinc_error_set(err, EOPNOTSUPP, "the kernel has no nftables");
	} else if (renew || !settlement_empty(&settlement)) {
		status = apply(policies, &settlement, renew, err);
		policies->settle_seconds = settled - began;
		policies->commit_seconds = now() - began;
	}
	settlement_release(&settlement);
	policies->standing = status == 0;
	return status;
}

int policies_commit(struct policies *policies, struct kinc_error *err)
{
	bool first = policies->renewals == 0, renew = !policies->standing;

	for (size_t i = 0; i < OBJECT_POLICY_KINDS; i++)
		if (!policies->synced[i])
			return 0;
	int status = settle(policies, renew && !policies->unsupported, err);
	policies->unsupported |= status == -EOPNOTSUPP;
	/* Who flushed our table, say, is told by the first change that does not fit. */
	if (status < 0 && !first && policies->kernel.nft)
		status = settle(policies, true, err);
	if (status == 0 && first)
		policies->first_seconds = policies->commit_seconds;
	return status;
}

bool policies_standing(const struct policies *policies)
{
	return policies->standing;
}

/* For people */

cJSON *policies_explain(struct policies *policies, const char *source, const char *destination,
			const char *port, struct kinc_error *err)
{
	return explain(&policies->model, source, destination, port, err);
}

void policies_print(struct policies *policies, FILE *out)
{
	struct settlement settlement;

	model_restate(&policies->model, &settlement);
	fputs(policies->ground, out);
	script_maps(out, "");
	script_print(out, &policies->model, &settlement);
	script_hooks(out, "");
	settlement_release(&settlement);
	policies->standing = false;
}

static size_t count_rules(const struct model *model)
{
	struct table_node *node = NULL;
	size_t count = 0;

	while ((node = table_next(&model->chains, node))) {
		const struct chain *chain = table_entry(node, struct chain, node);
		for (const char *at = chain->text; (at = strchr(at, '\n')); at++)
			count++;
		count += chain->policies != NULL;
	}
	return count;
}

static size_t count_faults(const struct model *model)
{
	struct table_node *node = NULL;
	size_t count = 0;

	while ((node = table_next(&model->policies, node)))
		count += table_entry(node, struct policy, node)->fault != NULL;
	return count;
}

struct number {
	const char *name, *type;
	double value;
};

#define NUMBERS 15

static void gather(const struct policies *policies, struct number numbers[NUMBERS])
{
	const struct model *model = &policies->model;
	const struct number list[NUMBERS] = {
		{"pods", "gauge", (double)model->pods.count},
		{"namespaces", "gauge", (double)model->spaces.count},
		{"policies", "gauge", (double)model->policies.count},
		{"faulty_policies", "gauge", (double)count_faults(model)},
		{"chains", "gauge", (double)model->chains.count},
		{"rules", "gauge", (double)count_rules(model)},
		{"sets", "gauge", (double)model->peers.count},
		{"elements", "gauge", (double)model->element_count},
		{"standing", "gauge", policies->standing},
		{"compile_seconds", "gauge", policies->settle_seconds},
		{"commit_seconds", "gauge", policies->commit_seconds},
		{"first_commit_seconds", "gauge", policies->first_seconds},
		{"commits_total", "counter", (double)policies->commits},
		{"commit_failures_total", "counter", (double)policies->failures},
		{"connections_cut_total", "counter", (double)policies->cut},
	};

	memcpy(numbers, list, sizeof(list));
}

cJSON *policies_summary(struct policies *policies)
{
	struct number numbers[NUMBERS];
	cJSON *object = cJSON_CreateObject();

	gather(policies, numbers);
	for (size_t i = 0; i < NUMBERS; i++)
		cJSON_AddNumberToObject(object, numbers[i].name, numbers[i].value);
	return object;
}

struct drops {
	const struct model *model;
	FILE *out;
};

static void print_drops(void *context, char letter, unsigned id, uint64_t packets)
{
	struct drops *drops = context;
	struct table_node *node = NULL;

	while ((node = table_next(&drops->model->chains, node))) {
		const struct chain *chain = table_entry(node, struct chain, node);
		if (chain->id != id || chain->letter != letter || !chain->policies)
			continue;
		/* Names of Kubernetes need no escape. */
		fprintf(drops->out,
			"kincnetd_policy_dropped_packets_total{direction=\"%s\",policies=\"%s\"} "
			"%llu\n",
			letter == 'I' ? "ingress" : "egress", chain->policies,
			(unsigned long long)packets);
		return;
	}
}

int policies_print_metrics(struct policies *policies, FILE *out, struct kinc_error *err)
{
	struct drops drops = {&policies->model, out};
	struct number numbers[NUMBERS];

	gather(policies, numbers);
	for (size_t i = 0; i < NUMBERS; i++)
		fprintf(out, "# TYPE kincnetd_policy_%s %s\nkincnetd_policy_%s %.15g\n",
			numbers[i].name, numbers[i].type, numbers[i].name, numbers[i].value);
	if (!policies->kernel.nft || !policies->standing)
		return 0;
	fputs("# TYPE kincnetd_policy_dropped_packets_total counter\n", out);
	return kernel_counters(&policies->kernel, print_drops, &drops, err);
}
