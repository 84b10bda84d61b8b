/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "look.h"
#include "monitor.h"
#include "node.h"
#include "run.h"

enum { ASK_TIMEOUT_MS = 10000, API_TIMEOUT_MS = 20000, QUESTION_WORDS = 18 };

#define PROBE "/usr/libexec/kinc/kinc-probe", "--timeout=3"
#define CURL "curl", "--silent", "--show-error", "--max-time", "3", "--output", "/dev/null"

/* What the node's programs are asked, each by a command line in the node. */
static const struct question {
	size_t answer; /* offset in struct monitor_view */
	bool partial;  /* what was printed counts, whatever the exit status */
	const char *words[QUESTION_WORDS];
} questions[] = {
	{offsetof(struct monitor_view, ip_forward),
	 false,
	 {"cat", "/proc/sys/net/ipv4/ip_forward"}},
	{offsetof(struct monitor_view, controllers),
	 false,
	 {"cat", "/sys/fs/cgroup/cgroup.subtree_control"}},
	{offsetof(struct monitor_view, kubelet), false, {PROBE, "http://127.0.0.1:10248/healthz"}},
	{offsetof(struct monitor_view, readyz),
	 false,
	 {PROBE, "--ca=/etc/kubernetes/pki/ca.crt", "https://127.0.0.1:6443/readyz"}},
	{offsetof(struct monitor_view, control_plane),
	 true,
	 {CURL, "--output", "/dev/null", "--output", "/dev/null", "--insecure", "--write-out",
	  "%{http_code} %{url}\\n", MONITOR_ETCD, MONITOR_CONTROLLERS, MONITOR_SCHEDULER}},
	{offsetof(struct monitor_view, network), false, {"cat", "/etc/cni/net.d/10-kinc.conflist"}},
};

static void ask(const char *name, const struct question *question, struct monitor_answer *answer)
{
	cleanup_podman struct podman podman = node_new(name);
	cleanup_run_result struct kinc_run_result done = {0};
	struct kinc_error fault = {0};

	for (size_t i = 0; i < QUESTION_WORDS && question->words[i]; i++)
		podman_add(&podman, question->words[i]);
	int result = podman_spawn(&podman, ASK_TIMEOUT_MS, &done, &fault);
	if (result == 0 && (done.status == 0 || (question->partial && *done.output)))
		answer->text = steal_ptr(&done.output);
	else if (result < 0)
		snprintf(answer->fault, sizeof(answer->fault), "%.190s", fault.message);
	else /* kinc-probe tells its reason on stdout */
		podman_last_line(*done.errors ? done.errors : done.output, answer->fault,
				 sizeof(answer->fault));
	if (!answer->text && !*answer->fault)
		snprintf(answer->fault, sizeof(answer->fault), "%s failed without a word",
			 question->words[0]);
}

/*
 * The runtimes serve gRPC on the socket, and something that curl can ask for, by
 * which they show it: CRI-O has /info over HTTP/1, as JSON, and resets what else
 * is asked; containerd answers any request over HTTP/2 with the type of gRPC. A
 * socket that is only there does neither.
 */
static void ask_runtime(const char *name, struct monitor_answer *answer)
{
	static const struct question where = {.words = {"printenv", "KINC_CRI_SOCKET"}};
	struct monitor_answer socket = {0};

	ask(name, &where, &socket);
	if (!socket.text) {
		*answer = socket;
		return;
	}
	socket.text[strcspn(socket.text, "\n")] = '\0';
	bool crio = strstr(socket.text, "crio") != NULL;
	const struct question question = {
		.words = {CURL, crio ? "--http1.1" : "--http2-prior-knowledge", "--unix-socket",
			  socket.text, "--write-out", "%{content_type}",
			  crio ? "http://localhost/info" : "http://localhost/"}};
	ask(name, &question, answer);
	free(socket.text);
}

static bool is_open(int port)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static void load_objects(const char *name, struct monitor_view *view)
{
	cleanup_podman struct podman podman = node_kubectl(name);
	cleanup_free char *text = NULL;
	struct kinc_error fault = {0};

	podman_add(&podman, "--request-timeout=10s");
	podman_add(&podman, "get");
	podman_add(&podman, "nodes,pods,storageclasses");
	podman_add(&podman, "--all-namespaces");
	podman_add(&podman, "--output=json");
	if (podman_run(&podman, API_TIMEOUT_MS, &text, &fault) == 0)
		view->objects = cJSON_Parse(text);
	snprintf(view->objects_fault, sizeof(view->objects_fault), "%.190s",
		 fault.code ? fault.message : "kubectl printed what is not JSON");
}

void monitor_view_load(const struct cluster *cluster, struct monitor_view *ret)
{
	static const struct question responds = {.words = {"true"}};
	struct kinc_error fault = {0};
	const char *name = ret->cluster.name;

	*ret = (struct monitor_view){.cluster = *cluster};
	if (strcmp(cluster->state, "running") != 0)
		return;
	ask(name, &responds, &ret->responds);
	if (!ret->responds.text)
		return;
	if (look_status(name, &ret->status, &fault) < 0)
		snprintf(ret->status_fault, sizeof(ret->status_fault), "%.190s", fault.message);
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		ask(name, &questions[i],
		    (struct monitor_answer *)((char *)ret + questions[i].answer));
	ask_runtime(name, &ret->runtime);
	/* Not while nobody would answer. */
	if (ret->readyz.text)
		load_objects(name, ret);
	ret->port_open = is_open(cluster->port);
}

void monitor_view_release(struct monitor_view *view)
{
	cJSON_Delete(view->status);
	cJSON_Delete(view->objects);
	free(view->responds.text);
	free(view->runtime.text);
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		free(((struct monitor_answer *)((char *)view + questions[i].answer))->text);
	*view = (struct monitor_view){0};
}
