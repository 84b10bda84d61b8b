/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>

#include "alloc.h"
#include "chains.h"
#include "compile.h"
#include "json.h"

#define NAME_MAX_BYTES 253 /* of Kubernetes */

static int names_of(const cJSON *object, const char **ret_space, const char **ret_name,
		    struct kinc_error *err)
{
	const cJSON *metadata = kinc_json_get(object, "metadata");
	const char *name = kinc_json_string(metadata, "name", "");
	const char *space = kinc_json_string(metadata, "namespace", "");

	if (!*space)
		space = "default";
	if (!*name || strlen(name) > NAME_MAX_BYTES || strlen(space) > NAME_MAX_BYTES)
		return kinc_error_set(err, EINVAL, "an object has no metadata.name, or a long one");
	*ret_name = name;
	*ret_space = space;
	return 0;
}

/* Spaces */

struct space *store_space(const struct model *model, const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&model->spaces, table_hash(name), node))) {
		struct space *space = table_entry(node, struct space, node);
		if (strcmp(space->name, name) == 0)
			return space;
	}
	return NULL;
}

/* Made where something in it comes before itself. */
static struct space *space_of(struct model *model, const char *name)
{
	struct space *space = store_space(model, name);

	if (space)
		return space;
	space = alloc(1, sizeof(*space));
	space->name = alloc_text(name);
	table_add(&model->spaces, &space->node, table_hash(name));
	return space;
}

/* Unless something holds on to it. */
static void space_drop(struct model *model, struct space *space)
{
	if (space->known || space->pods || space->policies || space->peers)
		return;
	table_remove(&model->spaces, &space->node);
	labels_release(&space->labels);
	free(space->name);
	free(space);
}

static void space_forget(struct model *model, struct space *space)
{
	labels_release(&space->labels);
	space->known = false;
	model_mark_space(model, space);
	space_drop(model, space);
}

int store_set_namespace(struct model *model, const cJSON *object, enum object_change change,
			struct kinc_error *err)
{
	const char *unused = "", *name = "";
	struct labels labels;
	struct space *space;
	int status = names_of(object, &unused, &name, err);

	if (status < 0)
		return status;
	if (change == OBJECT_GONE) {
		space = store_space(model, name);
		if (space)
			space_forget(model, space);
		return 0;
	}
	status = labels_parse(kinc_json_get(kinc_json_get(object, "metadata"), "labels"), &labels,
			      err);
	if (status < 0)
		return kinc_error_prefix(err, "namespace %s", name);
	space = space_of(model, name);
	if (!space->known || !labels_equal(&space->labels, &labels))
		model_mark_space(model, space);
	labels_release(&space->labels);
	space->labels = labels;
	space->known = space->listed = true;
	return 0;
}

/* Addresses */

static struct held *held_find(const struct model *model, const struct ip_address *address)
{
	uint64_t hash = hash_bytes(HASH_START, address->bytes, sizeof(address->bytes));
	struct table_node *node = NULL;

	while ((node = table_find(&model->addresses, hash, node))) {
		struct held *held = table_entry(node, struct held, node);
		if (ip_equal(&held->address, address))
			return held;
	}
	return NULL;
}

struct pod *store_owner(const struct model *model, const struct ip_address *address)
{
	const struct held *held = held_find(model, address);

	return held ? held->pod : NULL;
}

static void held_add(struct model *model, struct pod *pod, const struct ip_address *address)
{
	struct held *held = &pod->held[pod->held_count++];

	*held = (struct held){.address = *address, .pod = pod};
	table_add(&model->addresses, &held->node,
		  hash_bytes(HASH_START, address->bytes, sizeof(address->bytes)));
}

/* Nodes are in the table by address, so the others may not move by themselves. */
static void held_remove(struct model *model, struct held *held)
{
	struct pod *pod = held->pod;
	struct held *last = &pod->held[pod->held_count - 1];
	struct ip_address address = last->address;

	table_remove(&model->addresses, &held->node);
	if (held != last) {
		table_remove(&model->addresses, &last->node);
		*held = (struct held){.address = address, .pod = pod};
		table_add(&model->addresses, &held->node,
			  hash_bytes(HASH_START, address.bytes, sizeof(address.bytes)));
	}
	pod->held_count--;
}

static bool is_claimed(const struct pod *pod, const struct ip_address *address)
{
	for (size_t i = 0; i < pod->claimed_count; i++)
		if (ip_equal(&pod->claimed[i], address))
			return true;
	return false;
}

/* The addresses that the pod says to have; their number. */
static size_t wanted(const struct pod *pod, const struct ip_address **ret_list)
{
	*ret_list = pod->claimed_count ? pod->claimed : pod->spec.addresses;
	if (pod->gone || pod->spec.host_network || pod->spec.terminal)
		return 0;
	return pod->claimed_count ? pod->claimed_count : pod->spec.address_count;
}

static bool wants(const struct pod *pod, const struct ip_address *address)
{
	const struct ip_address *list;
	size_t count = wanted(pod, &list);

	for (size_t i = 0; i < count; i++)
		if (ip_equal(&list[i], address))
			return true;
	return false;
}

/* An address has one pod. The gate knows best; else who was created later has it now. */
static bool yields(const struct held *held, const struct pod *pod)
{
	if (is_claimed(held->pod, &held->address) != is_claimed(pod, &held->address))
		return is_claimed(pod, &held->address);
	return strcmp(held->pod->spec.created, pod->spec.created) <= 0;
}

static void take(struct model *model, struct pod *pod, const struct ip_address *address)
{
	struct held *held = held_find(model, address);

	/* A node whose pods' subnets are of one family leads nothing of the other to them. */
	if (!model->families[family_index(address->family)] || (held && held->pod == pod))
		return;
	if (held) {
		model->contested = true;
		if (!yields(held, pod))
			return;
		model_mark(model, held->pod);
		held_remove(model, held);
	}
	held_add(model, pod, address);
}

/* Who lost it to a pod that is gone has it again. */
static void hand_back(struct model *model, const struct ip_address *address)
{
	struct table_node *node = NULL;

	while ((node = table_next(&model->pods, node))) {
		struct pod *pod = table_entry(node, struct pod, node);
		if (!wants(pod, address))
			continue;
		take(model, pod, address);
		model_mark(model, pod);
	}
}

static void hold_addresses(struct model *model, struct pod *pod)
{
	const struct ip_address *list;
	size_t count = wanted(pod, &list);

	for (size_t i = pod->held_count; i-- > 0;) {
		struct ip_address address = pod->held[i].address;
		if (wants(pod, &address))
			continue;
		held_remove(model, &pod->held[i]);
		if (model->contested)
			hand_back(model, &address);
	}
	for (size_t i = 0; i < count; i++)
		take(model, pod, &list[i]);
	model_mark(model, pod);
}

/* Pods */

struct pod *store_pod(const struct model *model, const char *space, const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&model->pods, table_hash_pair(space, name), node))) {
		struct pod *pod = table_entry(node, struct pod, node);
		if (strcmp(pod->name, name) == 0 && strcmp(pod->space->name, space) == 0)
			return pod;
	}
	return NULL;
}

static void pod_forget(struct model *model, struct pod *pod)
{
	table_remove(&model->pods, &pod->node);
	pod->gone = true;
	hold_addresses(model, pod);
}

static struct pod *pod_new(struct model *model, const char *space_name, const char *name)
{
	struct space *space = space_of(model, space_name);
	struct pod *pod = alloc(1, sizeof(*pod));

	pod->name = alloc_text(name);
	pod->space = space;
	pod->next = space->pods;
	pod->link = &space->pods;
	if (pod->next)
		pod->next->link = &pod->next;
	space->pods = pod;
	table_add(&model->pods, &pod->node, table_hash_pair(space_name, name));
	return pod;
}

/* The API server has caught up when it says every address of the claim. */
static void settle_claim(struct pod *pod)
{
	size_t said = 0;

	for (size_t i = 0; i < pod->spec.address_count; i++)
		said += is_claimed(pod, &pod->spec.addresses[i]);
	if (said == pod->claimed_count)
		pod->claimed_count = 0;
}

int store_set_pod(struct model *model, const cJSON *object, enum object_change change,
		  struct kinc_error *err)
{
	const char *space = "", *name = "";
	struct pod_spec spec;
	int status = names_of(object, &space, &name, err);

	if (status < 0)
		return status;
	struct pod *pod = store_pod(model, space, name);
	if (pod)
		pod->listed = true;
	if (change == OBJECT_GONE) {
		if (pod)
			pod_forget(model, pod);
		return 0;
	}
	status = pod_spec_parse(object, &spec, err);
	if (status < 0)
		return kinc_error_prefix(err, "pod %s/%s", space, name);
	/* Another of the same name: what it was is over, and its addresses too. */
	if (pod && strcmp(pod->spec.uid, spec.uid) != 0) {
		pod_forget(model, pod);
		pod = NULL;
	}
	if (!pod)
		pod = pod_new(model, space, name);
	else
		pod_spec_release(&pod->spec);
	pod->spec = spec;
	pod->listed = true;
	settle_claim(pod);
	hold_addresses(model, pod);
	return 0;
}

void store_claim(struct model *model, struct pod *pod, const struct ip_address *addresses,
		 size_t count)
{
	pod->claimed_count = count < POD_ADDRESSES_MAX ? count : POD_ADDRESSES_MAX;
	memcpy(pod->claimed, addresses, pod->claimed_count * sizeof(*addresses));
	/* Who was promised one of them before has lost it. */
	for (size_t i = 0; i < pod->claimed_count; i++) {
		struct pod *owner = store_owner(model, &pod->claimed[i]);
		if (owner && owner != pod && is_claimed(owner, &pod->claimed[i]))
			owner->claimed_count = 0;
	}
	hold_addresses(model, pod);
}

void store_bury(struct model *model, struct pod *pod)
{
	struct space *space = pod->space;

	for (int direction = 0; direction < DIRECTIONS; direction++)
		chain_release(model, pod->profiles[direction]);
	*pod->link = pod->next;
	if (pod->next)
		pod->next->link = pod->link;
	pod_spec_release(&pod->spec);
	free(pod->memberships);
	free(pod->name);
	free(pod);
	space_drop(model, space);
}

/* Policies */

static struct policy *policy_find(const struct model *model, const char *space, const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&model->policies, table_hash_pair(space, name), node))) {
		struct policy *policy = table_entry(node, struct policy, node);
		if (strcmp(policy->name, name) == 0 && strcmp(policy->space->name, space) == 0)
			return policy;
	}
	return NULL;
}

static struct policy *policy_new(struct model *model, const char *space_name, const char *name)
{
	struct space *space = space_of(model, space_name);
	struct policy *policy = alloc(1, sizeof(*policy)), **link = &space->policies;

	policy->name = alloc_text(name);
	policy->uid = alloc_text("");
	policy->space = space;
	while (*link && strcmp((*link)->name, name) < 0)
		link = &(*link)->next;
	policy->next = *link;
	*link = policy;
	table_add(&model->policies, &policy->node, table_hash_pair(space_name, name));
	return policy;
}

static void policy_forget(struct model *model, struct policy *policy)
{
	struct policy **link = &policy->space->policies;
	struct space *space = policy->space;

	while (*link != policy)
		link = &(*link)->next;
	*link = policy->next;
	table_remove(&model->policies, &policy->node);
	for (int direction = 0; direction < DIRECTIONS; direction++)
		chain_release(model, policy->chains[direction]);
	policy_spec_release(&policy->spec);
	free(policy->fault);
	free(policy->name);
	free(policy->uid);
	free(policy);
	model_mark_space(model, space);
	space_drop(model, space);
}

/* New chains first: what is the same must not be made anew. */
static int policy_compile(struct model *model, struct policy *policy, struct kinc_error *err)
{
	struct chain *chains[DIRECTIONS] = {NULL, NULL};
	int status = 0, result;

	for (int i = 0; i < DIRECTIONS; i++) {
		enum direction direction = (enum direction)i;
		if (!policy->spec.isolates[direction])
			continue;
		result = compile_policy(model, policy, direction, &chains[direction], err);
		if (result < 0) {
			status = result;
			chains[direction] = compile_nothing(model, direction);
		}
	}
	for (int i = 0; i < DIRECTIONS; i++) {
		chain_release(model, policy->chains[i]);
		policy->chains[i] = chains[i];
	}
	return status;
}

int store_set_policy(struct model *model, const cJSON *object, enum object_change change,
		     struct policy **ret_policy, struct kinc_error *err)
{
	const char *space = "", *name = "";
	struct kinc_error fault;
	int status = names_of(object, &space, &name, err);

	*ret_policy = NULL;
	if (status < 0)
		return status;
	struct policy *policy = policy_find(model, space, name);
	if (change == OBJECT_GONE) {
		if (policy)
			policy_forget(model, policy);
		return 0;
	}
	if (!policy)
		policy = policy_new(model, space, name);
	free(policy->uid);
	policy->uid = alloc_text(kinc_json_string(kinc_json_get(object, "metadata"), "uid", ""));
	policy->listed = true;
	struct policy_spec before = policy->spec;
	int parsed = policy_spec_parse(kinc_json_get(object, "spec"), &policy->spec, &fault);
	status = policy_compile(model, policy, &fault);
	policy_spec_release(&before);
	free(policy->fault);
	policy->fault = parsed < 0 || status < 0 ? alloc_text(fault.message) : NULL;
	/* Who was selected, who is selected: all of the namespace are looked at. */
	model_mark_space(model, policy->space);
	*ret_policy = policy;
	if (policy->fault)
		return kinc_error_set(err, EINVAL, "networkpolicy %s/%s: %s", space, name,
				      policy->fault);
	return 0;
}

/* All of a kind */

static bool *listed_of(enum object_kind kind, struct table_node *node)
{
	if (kind == OBJECT_POD)
		return &table_entry(node, struct pod, node)->listed;
	if (kind == OBJECT_NAMESPACE)
		return &table_entry(node, struct space, node)->listed;
	return &table_entry(node, struct policy, node)->listed;
}

static struct table *table_of(struct model *model, enum object_kind kind)
{
	if (kind == OBJECT_POD)
		return &model->pods;
	return kind == OBJECT_NAMESPACE ? &model->spaces : &model->policies;
}

static void forget(struct model *model, enum object_kind kind, struct table_node *node)
{
	if (kind == OBJECT_POD)
		pod_forget(model, table_entry(node, struct pod, node));
	else if (kind == OBJECT_NAMESPACE)
		space_forget(model, table_entry(node, struct space, node));
	else
		policy_forget(model, table_entry(node, struct policy, node));
}

void store_begin(struct model *model, enum object_kind kind)
{
	struct table_node *node = NULL;

	while ((node = table_next(table_of(model, kind), node)))
		*listed_of(kind, node) = false;
}

void store_end(struct model *model, enum object_kind kind)
{
	struct table *table = table_of(model, kind);
	struct table_node *node = table_next(table, NULL), *next;

	for (; node; node = next) {
		next = table_next(table, node);
		/* A space that was only made for what is in it has nothing to lose. */
		if (!*listed_of(kind, node) &&
		    (kind != OBJECT_NAMESPACE || table_entry(node, struct space, node)->known))
			forget(model, kind, node);
	}
}

void store_release(struct model *model)
{
	for (int kind = OBJECT_POLICY_KINDS - 1; kind >= 0; kind--) {
		store_begin(model, (enum object_kind)kind);
		store_end(model, (enum object_kind)kind);
	}
}
