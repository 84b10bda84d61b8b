/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. `test` runs a workload in a namespace of its own and
 * looks at it from inside: that pods run, that a volume keeps what one pod
 * wrote for another, that pods, Services and the node reach each other, and
 * that names resolve. The image is the one of kube-proxy, which every node has
 * and which has busybox. Whatever happens, Ctrl-C too, the namespace is removed
 * at the end, and the volume is waited for.
 */
#include "trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "checklist.h"
#include "cleanup.h"
#include "cluster.h"
#include "io.h"
#include "launch.h"
#include "node.h"
#include "run.h"

static const char in_namespace[] = "--namespace=" TRIAL_NAMESPACE;

enum { CALL_TIMEOUT_MS = 30000, PATIENCE_S = 5, END_S = 120, VOLUME_TRIES = 40, TEXT_MAX = 256 };

struct trial {
	const char *cluster;
	long timeout_s;
	char image[TEXT_MAX], volume[TEXT_MAX];
};

/* kubectl with those words. The first line of what it prints comes to text, without its end. */
static int kubectl(const struct trial *trial, char text[TEXT_MAX], struct kinc_error *err, ...)
	__attribute__((sentinel));
static int kubectl(const struct trial *trial, char text[TEXT_MAX], struct kinc_error *err, ...)
{
	cleanup_podman struct podman podman = node_kubectl(trial->cluster);
	cleanup_free char *output = NULL;
	va_list words;

	va_start(words, err);
	podman_add_words(&podman, words);
	va_end(words);
	int result =
		podman_run(&podman, (int)trial->timeout_s * 1000 + CALL_TIMEOUT_MS, &output, err);
	if (result == 0 && text)
		snprintf(text, TEXT_MAX, "%.*s", (int)strcspn(output, "\n"), output);
	return result;
}

/* The rules of a Service, and a new namespace's account, come a moment after what they are for. */
static bool again(time_t began, int result)
{
	const struct timespec pause = {.tv_nsec = 250 * 1000000L};

	if (result == 0 || boot_interrupted() || time(NULL) - began > PATIENCE_S)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int apply(const struct trial *trial, struct kinc_error *err)
{
	cleanup_podman struct podman podman = node_kubectl_reading(trial->cluster);
	cleanup_run_result struct kinc_run_result done = {0};
	cleanup_free char *text = NULL;
	char reason[300];
	cleanup_close int input = memfd_create("manifest", MFD_CLOEXEC);
	int result = trial_manifest(trial->image, &text, err);

	if (result < 0)
		return result;
	if (input < 0)
		return kinc_error_errno(err, errno, "the manifest of the test");
	result = kinc_write_all(input, text, strlen(text), err);
	if (result == 0 && lseek(input, 0, SEEK_SET) < 0)
		result = kinc_error_errno(err, errno, "the manifest of the test");
	if (result < 0)
		return result;
	podman_add(&podman, "apply");
	podman_add(&podman, "--filename=-");
	result = podman_spawn_from(&podman, input, CALL_TIMEOUT_MS, &done, err);
	if (result < 0 || done.status == 0)
		return result;
	podman_last_line(done.errors, reason, sizeof(reason));
	return kinc_error_set(err, EREMOTEIO, "kubectl apply: %s", reason);
}

static void judge(struct checklist_item *item, int result, const struct kinc_error *fault)
{
	if (result < 0)
		checklist_grade(item, CHECKLIST_FAILED, "%.190s", fault->message);
}

static void try_workload(struct trial *trial, struct checklist_item *item)
{
	struct kinc_error fault = {0};
	char wait[40];
	time_t began = time(NULL);
	int result;

	snprintf(wait, sizeof(wait), "--timeout=%lds", trial->timeout_s);
	do {
		fault = (struct kinc_error){0};
		result = kubectl(trial, NULL, &fault, in_namespace, "get", "serviceaccount",
				 "default", PODMAN_END);
	} while (again(began, result));
	if (result == 0)
		result = apply(trial, &fault);
	if (result == 0)
		result = kubectl(trial, NULL, &fault, in_namespace, "rollout", "status",
				 "deployment/web", wait, PODMAN_END);
	judge(item, result, &fault);
	if (result == 0)
		checklist_grade(item, CHECKLIST_OK, "a Deployment of two pods is available");
}

static void try_storage(struct trial *trial, struct checklist_item *item)
{
	struct kinc_error fault = {0};
	char wait[40], word[TEXT_MAX] = "";

	snprintf(wait, sizeof(wait), "--timeout=%lds", trial->timeout_s);
	int result = kubectl(trial, NULL, &fault, in_namespace, "wait", "--for=condition=Ready",
			     wait, "pod/writer", "pod/reader", PODMAN_END);
	if (result == 0)
		result = kubectl(trial, trial->volume, &fault, in_namespace, "get",
				 "persistentvolumeclaim/data",
				 "--output=jsonpath={.spec.volumeName}", PODMAN_END);
	if (result == 0)
		result = kubectl(trial, word, &fault, in_namespace, "exec", "reader", "--",
				 "/usr/bin/busybox", "cat", "/data/word", PODMAN_END);
	judge(item, result, &fault);
	if (result < 0)
		return;
	if (strcmp(word, "kept") == 0)
		checklist_grade(item, CHECKLIST_OK, "one pod read what another wrote to %.100s",
				trial->volume);
	else
		checklist_grade(item, CHECKLIST_FAILED, "\"%.60s\" was read, not what was written",
				word);
}

/* Asks url from the pod reader, or from the node, until a pod of web answers with its name. */
static int fetch(const struct trial *trial, bool from_node, const char *address, int port,
		 struct kinc_error *err)
{
	char url[TEXT_MAX + 32], answer[TEXT_MAX];
	time_t began = time(NULL);
	int result;

	snprintf(url, sizeof(url), strchr(address, ':') ? "http://[%s]:%d/" : "http://%s:%d/",
		 address, port);
	do {
		cleanup_free char *output = NULL;
		struct kinc_error fault = {0};
		if (from_node) {
			result = node_call(trial->cluster, CALL_TIMEOUT_MS, &output, &fault, "curl",
					   "--silent", "--show-error", "--max-time", "3", url,
					   PODMAN_END);
			snprintf(answer, sizeof(answer), "%.100s", output ? output : "");
		} else {
			result = kubectl(trial, answer, &fault, in_namespace, "exec", "reader",
					 "--", "/usr/bin/busybox", "wget", "-q", "-T", "3", "-O",
					 "-", url, PODMAN_END);
		}
		if (result == 0 && strncmp(answer, "web-", 4) != 0)
			result =
				kinc_error_set(&fault, EPROTO, "%s answers \"%.60s\"", url, answer);
		if (result < 0)
			kinc_error_set(err, EREMOTEIO, "%s to %s: %.120s",
				       from_node ? "node" : "pod", url, fault.message);
	} while (again(began, result));
	return result;
}

static void try_network(struct trial *trial, struct checklist_item *item)
{
	struct kinc_error fault = {0};
	char service[TEXT_MAX] = "", pod[TEXT_MAX] = "";
	int result = kubectl(trial, service, &fault, in_namespace, "get", "service/web",
			     "--output=jsonpath={.spec.clusterIP}", PODMAN_END);

	if (result == 0)
		result = kubectl(trial, pod, &fault, in_namespace, "get", "pods",
				 "--selector=app=web", "--output=jsonpath={.items[0].status.podIP}",
				 PODMAN_END);
	if (result == 0)
		result = fetch(trial, false, pod, 8080, &fault);
	if (result == 0)
		result = fetch(trial, false, service, 80, &fault);
	if (result == 0)
		result = fetch(trial, true, service, 80, &fault);
	judge(item, result, &fault);
	if (result == 0)
		checklist_grade(item, CHECKLIST_OK,
				"a pod reaches a pod (%.40s), pod and node a Service (%.40s)", pod,
				service);
}

static void try_dns(struct trial *trial, struct checklist_item *item)
{
	static const char name[] = "web." TRIAL_NAMESPACE ".svc.cluster.local";
	struct kinc_error fault = {0};
	char dns[TEXT_MAX] = "", address[TEXT_MAX] = "";
	cleanup_free char *output = NULL;
	time_t began = time(NULL);
	int result = kubectl(trial, dns, &fault, "--namespace=kube-system", "get", "service",
			     "kube-dns", "--ignore-not-found", "--output=name", PODMAN_END);

	if (result == 0 && !*dns) {
		checklist_grade(item, CHECKLIST_ABSENT, "this node image has no cluster DNS");
		return;
	}
	if (result == 0)
		result = kubectl(trial, address, &fault, in_namespace, "get", "service/web",
				 "--output=jsonpath={.spec.clusterIP}", PODMAN_END);
	while (result == 0) {
		cleanup_podman struct podman podman = node_kubectl(trial->cluster);
		static const char *const words[] = {in_namespace,	"exec",	    "reader", "--",
						    "/usr/bin/busybox", "nslookup", name};
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			podman_add(&podman, words[i]);
		free(output);
		output = NULL;
		fault = (struct kinc_error){0};
		int asked = podman_run(&podman, CALL_TIMEOUT_MS, &output, &fault);
		if (asked == 0 && !strstr(output, address))
			asked = kinc_error_set(&fault, EPROTO, "%s does not resolve to %.40s", name,
					       address);
		if (!again(began, asked)) {
			result = asked;
			break;
		}
	}
	judge(item, result, &fault);
	if (result == 0)
		checklist_grade(item, CHECKLIST_OK, "%s is %.40s in a pod", name, address);
}

static const struct {
	const char *name, *needed;
	void (*run)(struct trial *trial, struct checklist_item *item);
} tests[] = {
	{"workload", "pods of a Deployment become Ready", try_workload},
	{"storage", "a claim is bound, and keeps what is written", try_storage},
	{"networking", "pods, Services and the node reach each other", try_network},
	{"dns", "the name of a Service resolves in a pod", try_dns},
};
enum { TESTS = sizeof(tests) / sizeof(*tests) };

static int begin(struct trial *trial, struct kinc_error *err)
{
	struct kinc_error fault = {0};
	int result = kubectl(
		trial, trial->image, err, "--namespace=kube-system", "get", "daemonset/kube-proxy",
		"--output=jsonpath={.spec.template.spec.containers[0].image}", PODMAN_END);

	if (result < 0)
		return result;
	result = kubectl(trial, NULL, &fault, "create", "namespace", TRIAL_NAMESPACE, PODMAN_END);
	if (result < 0 && strstr(fault.message, "already exists"))
		return kinc_error_set(
			err, EEXIST,
			"namespace " TRIAL_NAMESPACE " is there: another test runs, "
			"or one was killed; `kinc-launch --cluster %s exec -- kubectl "
			"delete namespace " TRIAL_NAMESPACE "` removes it",
			trial->cluster);
	if (result < 0)
		*err = fault;
	return result;
}

/* What kubectl waited for in vain, the namespace's controller knows. */
static int remove_namespace(const struct trial *trial, struct kinc_error *err)
{
	static const char remaining[] =
		"--output=jsonpath={.status.conditions[?(@.type==\"NamespaceContentRemaining\")]"
		".message}";
	struct kinc_error fault = {0};
	char wait[40], left[TEXT_MAX] = "";

	snprintf(wait, sizeof(wait), "--timeout=%lds",
		 trial->timeout_s > END_S ? trial->timeout_s : END_S);
	int result =
		kubectl(trial, NULL, &fault, "delete", "namespace", TRIAL_NAMESPACE, wait, PODMAN_END);
	if (result == 0)
		return 0;
	(void)kubectl(trial, left, NULL, "get", "namespace", TRIAL_NAMESPACE, remaining, PODMAN_END);
	return kinc_error_set(err, -result, "%s%s%s", fault.message, *left ? ": " : "", left);
}

static int end(const struct trial *trial, struct kinc_error *err)
{
	char left[TEXT_MAX] = "";
	int tries = 0;

	boot_ignore_signals();
	int result = remove_namespace(trial, err);
	if (result < 0 || !*trial->volume)
		return result;
	do {
		result = kubectl(trial, left, err, "get", "persistentvolume", trial->volume,
				 "--ignore-not-found", "--output=name", PODMAN_END);
		if (result == 0 && *left)
			result = kinc_error_set(err, ETIMEDOUT, "%.100s is not removed", left);
		else if (result == 0 && tries)
			*err = (struct kinc_error){0};
	} while (++tries < VOLUME_TRIES && result < 0 &&
		 nanosleep(&(struct timespec){.tv_sec = 1}, NULL) == 0);
	return result;
}

int command_test(struct launch *launch, struct kinc_error *err)
{
	struct trial trial = {
		.cluster = launch->cluster,
		.timeout_s = launch->timeout_text ? launch->timeout_s : 120,
	};
	struct checklist_item items[TESTS] = {0};
	struct cluster cluster;
	int result = cluster_find_running(launch->cluster, &cluster, err);

	if (result < 0)
		return cluster_exit_status(result);
	boot_catch_signals();
	result = begin(&trial, err);
	if (result < 0)
		return result == -EEXIST || result == -EREMOTEIO ? KINC_EXIT_NOT_SO
								 : KINC_EXIT_SYSTEM;
	for (int i = 0; i < TESTS; i++) {
		items[i].name = tests[i].name;
		items[i].needed = tests[i].needed;
		if (boot_interrupted())
			checklist_grade(&items[i], CHECKLIST_UNKNOWN, "interrupted");
		else if (i > 0 && items[0].grade == CHECKLIST_FAILED)
			checklist_grade(&items[i], CHECKLIST_UNKNOWN, "no pods to try it with");
		else
			tests[i].run(&trial, &items[i]);
	}
	result = end(&trial, err);
	if (launch->json) {
		if (checklist_print_json(launch->cluster, "tests", items, TESTS, err) < 0)
			return KINC_EXIT_SYSTEM;
	} else {
		checklist_print(items, TESTS);
	}
	return result == 0 && checklist_is_well(items, TESTS) ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}
