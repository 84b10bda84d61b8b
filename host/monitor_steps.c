/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "monitor.h"

/* Whether there is an answer; grades when there is none. */
static bool has(const struct monitor_answer *answer, struct checklist_item *result)
{
	if (answer->text)
		return true;
	if (*answer->fault)
		checklist_grade(result, CHECKLIST_FAILED, "%s", answer->fault);
	else
		checklist_grade(result, CHECKLIST_UNKNOWN, "not asked: the node does not respond");
	return false;
}

static bool has_objects(const struct monitor_view *view, struct checklist_item *result)
{
	if (view->objects)
		return true;
	checklist_grade(result, CHECKLIST_UNKNOWN, "the API server does not tell");
	return false;
}

static void judge_container(const struct monitor_view *view, struct checklist_item *result)
{
	bool runs = strcmp(view->cluster.state, "running") == 0;

	checklist_grade(result, runs ? CHECKLIST_OK : CHECKLIST_FAILED, "%s, from %s",
			view->cluster.state, view->cluster.image);
}

static void judge_node(const struct monitor_view *view, struct checklist_item *result)
{
	if (!has(&view->responds, result))
		return;
	if (view->status)
		checklist_grade(result, CHECKLIST_OK, "runs programs; kinc-init %s answers",
				kinc_json_string(view->status, "version", "?"));
	else
		checklist_grade(result, CHECKLIST_FAILED, "kinc-init does not answer: %s",
				view->status_fault);
}

static void judge_ip_forward(const struct monitor_view *view, struct checklist_item *result)
{
	if (!has(&view->ip_forward, result))
		return;
	bool on = view->ip_forward.text[0] == '1';
	checklist_grade(result, on ? CHECKLIST_OK : CHECKLIST_FAILED,
			"net.ipv4.ip_forward is %c in the node", view->ip_forward.text[0]);
}

static bool stands(const cJSON *unit)
{
	const char *state = kinc_json_string(unit, "state", "");

	return strcmp(state, "ready") == 0 || strcmp(state, "done") == 0 ||
	       strcmp(state, "skipped") == 0;
}

/* Those with a step of their own. */
static bool is_apart(const char *name)
{
	static const char *const apart[] = {"cgroup", "ip-forward", "runtime", "kubelet"};

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (strcmp(name, apart[i]) == 0)
			return true;
	return false;
}

/* Units that go on (services, builtins), or those that come to an end. */
static void judge_units(const struct monitor_view *view, bool ending, struct checklist_item *result)
{
	const cJSON *unit, *first = NULL;
	int count = 0, bad = 0;

	if (!view->status) {
		checklist_grade(result, CHECKLIST_UNKNOWN, "kinc-init does not tell");
		return;
	}
	cJSON_ArrayForEach(unit, kinc_json_get(view->status, "units"))
	{
		const char *type = kinc_json_string(unit, "type", "");
		bool ends = strcmp(type, "oneshot") == 0 || strcmp(type, "target") == 0;
		if (ends != ending || is_apart(kinc_json_string(unit, "name", "")))
			continue;
		count++;
		if (stands(unit))
			continue;
		first = first ? first : unit;
		bad++;
	}
	if (!bad)
		checklist_grade(result, count ? CHECKLIST_OK : CHECKLIST_FAILED, "%d units, all %s",
				count, ending ? "done" : "stand");
	else
		checklist_grade(
			result, CHECKLIST_FAILED, "%s is %s%s%.80s%s",
			kinc_json_string(first, "name", ""), kinc_json_string(first, "state", ""),
			*kinc_json_string(first, "message", "") ? ": " : "",
			kinc_json_string(first, "message", ""), bad > 1 ? ", and others" : "");
}

static void judge_init(const struct monitor_view *view, struct checklist_item *result)
{
	judge_units(view, false, result);
}

static void judge_initialized(const struct monitor_view *view, struct checklist_item *result)
{
	judge_units(view, true, result);
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || at[-1] == ' ') && (!at[length] || strchr(" \n", at[length])))
			return true;
	return false;
}

static void judge_cgroup(const struct monitor_view *view, struct checklist_item *result)
{
	static const char *const wanted[] = {"cpu", "memory", "pids"};
	const struct monitor_answer *answer = &view->controllers;
	char missing[40] = "";

	if (!has(answer, result))
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!has_word(answer->text, wanted[i]))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				 " %s", wanted[i]);
	if (*missing)
		checklist_grade(result, CHECKLIST_WARNING,
				"not delegated:%s; limits of that kind do not hold", missing);
	else
		checklist_grade(result, CHECKLIST_OK, "pods have %.*s",
				(int)strcspn(answer->text, "\n"), answer->text);
}

static const cJSON *unit_of(const struct monitor_view *view, const char *name)
{
	const cJSON *unit;

	cJSON_ArrayForEach(unit, kinc_json_get(view->status, "units"))
	{
		if (strcmp(kinc_json_string(unit, "name", ""), name) == 0)
			return unit;
	}
	return NULL;
}

static const cJSON *node_of(const struct monitor_view *view)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, kinc_json_get(view->objects, "items"))
	{
		if (strcmp(kinc_json_string(item, "kind", ""), "Node") == 0)
			return item;
	}
	return NULL;
}

/* A unit that kinc-init lost is the cause, where it tells. */
static bool unit_stands(const struct monitor_view *view, const char *name,
			struct checklist_item *result)
{
	const cJSON *unit = unit_of(view, name);

	if (!unit || stands(unit))
		return true;
	checklist_grade(result, CHECKLIST_FAILED, "unit %s is %s", name,
			kinc_json_string(unit, "state", ""));
	return false;
}

static void judge_runtime(const struct monitor_view *view, struct checklist_item *result)
{
	const cJSON *info = kinc_json_get(kinc_json_get(node_of(view), "status"), "nodeInfo");

	if (!unit_stands(view, "runtime", result) || !has(&view->runtime, result))
		return;
	bool serves = strncmp(view->runtime.text, "application/grpc", 16) == 0 ||
		      strncmp(view->runtime.text, "application/json", 16) == 0;
	checklist_grade(result, serves ? CHECKLIST_OK : CHECKLIST_FAILED, "%s%s",
			kinc_json_string(info, "containerRuntimeVersion", "its socket"),
			serves ? " answers on its socket" : " does not answer as a runtime");
}

static void judge_kubelet(const struct monitor_view *view, struct checklist_item *result)
{
	if (unit_stands(view, "kubelet", result) && has(&view->kubelet, result))
		checklist_grade(result, CHECKLIST_OK, "healthz of 127.0.0.1:10248 is ok");
}

static void judge_api(const struct monitor_view *view, struct checklist_item *result)
{
	if (!has(&view->readyz, result))
		return;
	if (!view->port_open)
		checklist_grade(result, CHECKLIST_FAILED,
				"ready in the node, but 127.0.0.1:%d is closed",
				view->cluster.port);
	else if (!view->objects)
		checklist_grade(result, CHECKLIST_FAILED, "ready, but %s", view->objects_fault);
	else
		checklist_grade(result, CHECKLIST_OK, "readyz is ok, and 127.0.0.1:%d is open",
				view->cluster.port);
}

static const cJSON *condition_of(const cJSON *object, const char *type)
{
	const cJSON *condition;

	cJSON_ArrayForEach(condition, kinc_json_get(kinc_json_get(object, "status"), "conditions"))
	{
		if (strcmp(kinc_json_string(condition, "type", ""), type) == 0)
			return condition;
	}
	return NULL;
}

static bool is_ready(const cJSON *object)
{
	return strcmp(kinc_json_string(condition_of(object, "Ready"), "status", ""), "True") == 0;
}

static void judge_node_ready(const struct monitor_view *view, struct checklist_item *result)
{
	const cJSON *node = node_of(view);

	if (!has_objects(view, result))
		return;
	if (!node)
		checklist_grade(result, CHECKLIST_FAILED, "no node is registered");
	else if (!is_ready(node))
		checklist_grade(
			result, CHECKLIST_FAILED, "not Ready: %s",
			kinc_json_string(condition_of(node, "Ready"), "message", "no word of it"));
	else if (kinc_json_bool(kinc_json_get(node, "spec"), "unschedulable", false))
		checklist_grade(result, CHECKLIST_FAILED,
				"Ready, but cordoned: no pod is scheduled");
	else
		checklist_grade(
			result, CHECKLIST_OK, "Ready, kubelet %s",
			kinc_json_string(kinc_json_get(kinc_json_get(node, "status"), "nodeInfo"),
					 "kubeletVersion", "?"));
}

static void judge_control_plane(const struct monitor_view *view, struct checklist_item *result)
{
	static const char *const parts[][2] = {
		{"etcd", "200 " MONITOR_ETCD "\n"},
		{"kube-controller-manager", "200 " MONITOR_CONTROLLERS "\n"},
		{"kube-scheduler", "200 " MONITOR_SCHEDULER "\n"},
	};
	char sick[80] = "";

	if (!has(&view->control_plane, result))
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strstr(view->control_plane.text, parts[i][1]))
			snprintf(sick + strlen(sick), sizeof(sick) - strlen(sick), " %s",
				 parts[i][0]);
	if (*sick)
		checklist_grade(result, CHECKLIST_FAILED, "not healthy:%s", sick);
	else
		checklist_grade(result, CHECKLIST_OK,
				"etcd, controller manager and scheduler are healthy");
}

/* How many pods of that label there are, and the first that is not Ready. */
static int count_pods(const struct monitor_view *view, const char *key, const char *value,
		      const cJSON **ret_sick)
{
	const cJSON *item;
	int count = 0;

	*ret_sick = NULL;
	cJSON_ArrayForEach(item, kinc_json_get(view->objects, "items"))
	{
		const cJSON *metadata = kinc_json_get(item, "metadata");
		if (strcmp(kinc_json_string(item, "kind", ""), "Pod") != 0 ||
		    strcmp(kinc_json_string(kinc_json_get(metadata, "labels"), key, ""), value) !=
			    0)
			continue;
		count++;
		if (!is_ready(item) && !*ret_sick)
			*ret_sick = item;
	}
	return count;
}

/* Grades unless each pod of that label is Ready, and there is one. */
static bool pods_ready(const struct monitor_view *view, const char *what, const char *key,
		       const char *value, struct checklist_item *result)
{
	const cJSON *sick;
	int count = count_pods(view, key, value, &sick);

	if (!count)
		checklist_grade(result, CHECKLIST_FAILED, "no pod of %s", what);
	else if (sick)
		checklist_grade(result, CHECKLIST_FAILED, "pod %s is %s, not Ready",
				kinc_json_string(kinc_json_get(sick, "metadata"), "name", "?"),
				kinc_json_string(kinc_json_get(sick, "status"), "phase", "?"));
	return count && !sick;
}

static void judge_network(const struct monitor_view *view, struct checklist_item *result)
{
	char types[80] = "";
	const cJSON *plugin;

	if (!has(&view->network, result))
		return;
	cleanup_json cJSON *conf = cJSON_Parse(view->network.text);
	cJSON_ArrayForEach(plugin, kinc_json_get(conf, "plugins"))
	{
		snprintf(types + strlen(types), sizeof(types) - strlen(types), "%s%.30s",
			 *types ? ", " : "", kinc_json_string(plugin, "type", "?"));
	}
	if (!strstr(types, "kincnet"))
		checklist_grade(result, CHECKLIST_FAILED, "10-kinc.conflist names no kincnet");
	else if (has_objects(view, result) &&
		 pods_ready(view, "kube-proxy", "k8s-app", "kube-proxy", result))
		checklist_grade(result, CHECKLIST_OK, "%s; kube-proxy is Ready", types);
}

static const cJSON *default_class(const struct monitor_view *view)
{
	static const char key[] = "storageclass.kubernetes.io/is-default-class";
	const cJSON *item;

	cJSON_ArrayForEach(item, kinc_json_get(view->objects, "items"))
	{
		const cJSON *metadata = kinc_json_get(item, "metadata");
		if (strcmp(kinc_json_string(item, "kind", ""), "StorageClass") == 0 &&
		    strcmp(kinc_json_string(kinc_json_get(metadata, "annotations"), key, ""),
			   "true") == 0)
			return item;
	}
	return NULL;
}

static void judge_storage(const struct monitor_view *view, struct checklist_item *result)
{
	const cJSON *class = default_class(view);
	const char *provisioner = kinc_json_string(class, "provisioner", "?");

	if (!has_objects(view, result))
		return;
	if (!class) {
		checklist_grade(result, CHECKLIST_FAILED, "no storage class is the default");
		return;
	}
	/* The controller manager itself provisions kubernetes.io/host-path. */
	if (strcmp(provisioner, "kubernetes.io/host-path") != 0 &&
	    !pods_ready(view, provisioner, "app", "local-path-provisioner", result))
		return;
	checklist_grade(result, CHECKLIST_OK, "class %s by %s",
			kinc_json_string(kinc_json_get(class, "metadata"), "name", "?"),
			provisioner);
}

static void judge_dns(const struct monitor_view *view, struct checklist_item *result)
{
	if (!view->status)
		checklist_grade(result, CHECKLIST_UNKNOWN,
				"kinc-init does not tell whether there is DNS");
	else if (unit_of(view, "dnsmasq")) {
		if (unit_stands(view, "dnsmasq", result) && unit_stands(view, "kincnetd", result))
			checklist_grade(result, CHECKLIST_OK, "dnsmasq and kincnetd are ready");
	} else if (!unit_of(view, "coredns"))
		checklist_grade(result, CHECKLIST_ABSENT, "this node image has no cluster DNS");
	else if (has_objects(view, result) &&
		 pods_ready(view, "CoreDNS", "k8s-app", "kube-dns", result))
		checklist_grade(result, CHECKLIST_OK, "CoreDNS is Ready");
}

const struct monitor_step monitor_steps[MONITOR_STEPS] = {
	{"container", "podman runs it", "start", judge_container},
	{"node", "programs run in it, and kinc-init answers", "logs", judge_node},
	{"ip-forward", "1", "status", judge_ip_forward},
	{"init", "services and builtins of kinc-init stand", "status", judge_init},
	{"cgroup", "cpu, memory and pids for pods", "status", judge_cgroup},
	{"runtime", "serves CRI", "logs runtime", judge_runtime},
	{"kubelet", "healthy", "logs kubelet", judge_kubelet},
	{"initialized", "oneshots of kinc-init are done", "status", judge_initialized},
	{"api-server", "ready, from the host too", "logs apiserver", judge_api},
	{"node-ready", "Ready, takes pods", "exec -- kubectl describe node", judge_node_ready},
	{"control-plane", "all of it healthy", "exec -- kubectl --namespace kube-system get pods",
	 judge_control_plane},
	{"pod-network", "kincnet, kube-proxy", "exec -- kubectl --namespace kube-system get pods",
	 judge_network},
	{"storage", "a default class with its provisioner", "exec -- kubectl get storageclass",
	 judge_storage},
	{"dns", "names of services are answered",
	 "exec -- kubectl --namespace kube-system get pods", judge_dns},
};
