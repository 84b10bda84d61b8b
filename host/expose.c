/* SPDX-License-Identifier: MIT */
/*
 * `expose` and `unexpose`. The process that forwards listens on the host and
 * then joins the namespaces of the node, where Services and pods have their
 * addresses: a socket stays in the network where it was made. It ends when the
 * node does.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "exposure.h"
#include "forward.h"
#include "json.h"
#include "launch.h"
#include "network.h"
#include "node.h"

enum { CALL_TIMEOUT_MS = 30000, BACKLOG = 128, LINE_MAX_BYTES = 1024 };

struct expose {
	const struct launch *launch;
	struct exposure_target wish;
	char address[NI_MAXHOST]; /* of the target in the node's network */
	int target_port;
	struct forward_target target, here;
	int port; /* of the host */
	char line[LINE_MAX_BYTES];
};

static const char *address_of(const struct expose *expose)
{
	return expose->launch->address ? expose->launch->address : "127.0.0.1";
}

static const char *namespace_of(const struct expose *expose)
{
	return expose->launch->name_space ? expose->launch->name_space : "default";
}

static int get(const struct expose *expose, const char *kind, const char *name, cJSON **ret,
	       struct kinc_error *err)
{
	cleanup_podman struct podman podman = node_kubectl(expose->launch->cluster);
	cleanup_free char *text = NULL;

	podman_add(&podman, "get");
	podman_add(&podman, kind);
	if (*name)
		podman_add(&podman, name);
	podman_addf(&podman, "--namespace=%s", namespace_of(expose));
	podman_add(&podman, "--output=json");
	int result = podman_run(&podman, CALL_TIMEOUT_MS, &text, err);
	if (result < 0)
		return result;
	*ret = cJSON_Parse(text);
	return *ret ? 0 : kinc_error_set(err, EPROTO, "kubectl printed what is not JSON");
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* The port of a list of objects with "name" and that key, asked for by number or name. */
static int find_port(const cJSON *list, const char *key, const char *wanted)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		int port = kinc_json_int(item, key, 0);
		if (strcmp(kinc_json_string(item, "protocol", "TCP"), "TCP") != 0)
			continue;
		if (!*wanted || (is_number(wanted) && atoi(wanted) == port) || /* NOLINT */
		    strcmp(kinc_json_string(item, "name", ""), wanted) == 0)
			return port;
	}
	return 0;
}

static int resolve_service(struct expose *expose, struct kinc_error *err)
{
	cleanup_json cJSON *service = NULL;
	const char *name = expose->wish.name;
	int result = get(expose, "service", name, &service, err);

	if (result < 0)
		return result;
	const cJSON *spec = kinc_json_get(service, "spec");
	const char *address = kinc_json_string(spec, "clusterIP", "None");
	if (strcmp(address, "None") == 0)
		return kinc_error_set(err, ESRCH,
				      "service %s has no address of its own: expose one of its "
				      "pods",
				      name);
	snprintf(expose->address, sizeof(expose->address), "%s", address);
	expose->target_port = find_port(kinc_json_get(spec, "ports"), "port", expose->wish.port);
	return expose->target_port ? 0
				   : kinc_error_set(err, ESRCH, "service %s has no TCP port %s",
						    name, expose->wish.port);
}

static int resolve_pod(struct expose *expose, struct kinc_error *err)
{
	cleanup_json cJSON *pod = NULL;
	const cJSON *container;
	const char *name = expose->wish.name, *port = expose->wish.port;
	int result = get(expose, "pod", name, &pod, err);

	if (result < 0)
		return result;
	snprintf(expose->address, sizeof(expose->address), "%s",
		 kinc_json_string(kinc_json_get(pod, "status"), "podIP", ""));
	if (!*expose->address)
		return kinc_error_set(err, ESRCH, "pod %s has no address yet", name);
	if (is_number(port)) {
		result = network_parse_port(port, err);
		expose->target_port = result;
		return result < 0 ? result : 0;
	}
	cJSON_ArrayForEach(container, kinc_json_get(kinc_json_get(pod, "spec"), "containers"))
	{
		expose->target_port =
			find_port(kinc_json_get(container, "ports"), "containerPort", port);
		if (expose->target_port)
			return 0;
	}
	return kinc_error_set(err, ESRCH, "no container of pod %s names a port %s", name, port);
}

static int resolve_node(struct expose *expose, struct kinc_error *err)
{
	cleanup_json cJSON *nodes = NULL;
	const cJSON *address;
	int result = network_parse_port(expose->wish.port, err);

	expose->target_port = result;
	if (result > 0)
		result = get(expose, "nodes", "", &nodes, err);
	if (result < 0)
		return result;
	const cJSON *node = cJSON_GetArrayItem(kinc_json_get(nodes, "items"), 0);
	cJSON_ArrayForEach(address, kinc_json_get(kinc_json_get(node, "status"), "addresses"))
	{
		if (strcmp(kinc_json_string(address, "type", ""), "InternalIP") == 0)
			snprintf(expose->address, sizeof(expose->address), "%s",
				 kinc_json_string(address, "address", ""));
	}
	return *expose->address ? 0 : kinc_error_set(err, ESRCH, "the node has no address yet");
}

static int find_address(const char *address, int port, struct forward_target *ret)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char text[8];

	snprintf(text, sizeof(text), "%u", (unsigned)port & 0xffff);
	if (getaddrinfo(address, text, &hints, &found) != 0)
		return -EINVAL;
	memcpy(&ret->address, found->ai_addr, found->ai_addrlen);
	ret->size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int resolve(struct expose *expose, struct kinc_error *err)
{
	static int (*const by_kind[])(struct expose * expose, struct kinc_error * err) = {
		resolve_service, resolve_pod, resolve_node};
	int result = by_kind[expose->wish.kind](expose, err);

	if (result < 0)
		return result;
	if (find_address(expose->address, expose->target_port, &expose->target) < 0)
		return kinc_error_set(err, EPROTO, "\"%.60s\" is not an address", expose->address);
	return 0;
}

/* On the host, as long as this process is there still. */
static int listen_here(struct expose *expose, struct kinc_error *err)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} bound = {.v6 = {0}};
	const struct forward_target *here = &expose->here;
	socklen_t size = sizeof(bound);
	cleanup_close int fd =
		socket(here->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&here->address, here->size) < 0 ||
	    listen(fd, BACKLOG) < 0 || getsockname(fd, &bound.any, &size) < 0)
		return kinc_error_errno(err, errno, "cannot listen on %s, port %d",
					address_of(expose), expose->port);
	expose->port =
		ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return steal_fd(&fd);
}

static int listen_control(const struct expose *expose, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[CLUSTER_PATH_MAX];
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result = exposure_socket(expose->launch->cluster, expose->port, true, path, err);

	if (result < 0)
		return result;
	if (strlen(path) >= sizeof(address.sun_path))
		return kinc_error_set(err, ENAMETOOLONG, "%s is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* This process has the port: whatever is there was another's that is gone. */
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return kinc_error_errno(err, errno, "cannot listen on %s", path);
	return steal_fd(&fd);
}

static int open_node(const struct expose *expose, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_free char *text = NULL;

	cluster_container(expose->launch->cluster, container);
	int result = podman_call(&text, err, "container", "inspect", "--format", "{{.State.Pid}}",
				 container, PODMAN_END);
	if (result < 0)
		return result;
	long pid = strtol(text, NULL, 10);
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;
	return fd >= 0 ? fd
		       : kinc_error_set(err, ESRCH, "the node of cluster %s has no process",
					expose->launch->cluster);
}

static void describe(struct expose *expose)
{
	cleanup_json cJSON *json = cJSON_CreateObject();
	cleanup_free char *text = NULL;
	static const char *const kinds[] = {"service/", "pod/", "node"};
	char target[300];

	snprintf(target, sizeof(target), "%s%s", kinds[expose->wish.kind], expose->wish.name);
	cJSON_AddNumberToObject(json, "port", expose->port);
	cJSON_AddStringToObject(json, "address", address_of(expose));
	cJSON_AddStringToObject(json, "target", target);
	cJSON_AddStringToObject(json, "namespace",
				expose->wish.kind == EXPOSURE_NODE ? "" : namespace_of(expose));
	cJSON_AddStringToObject(json, "target_address", expose->address);
	cJSON_AddNumberToObject(json, "target_port", expose->target_port);
	cJSON_AddNumberToObject(json, "pid", getpid());
	text = cJSON_PrintUnformatted(json);
	snprintf(expose->line, sizeof(expose->line), "%.1000s\n", text ? text : "{}");
}

/* The child. What goes wrong before it serves is told over told, whose end means that it serves. */
static _Noreturn void serve(struct expose *expose, int listener, int control, int node, int told)
{
	struct kinc_error err = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	signal(SIGHUP, SIG_IGN);
	if (chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		kinc_error_errno(&err, errno, "cannot go into the background");
	else if (setns(node, CLONE_NEWUSER | CLONE_NEWNET) < 0)
		kinc_error_errno(&err, errno, "cannot join the network of the node");
	if (err.code) {
		(void)!write(told, err.message, strlen(err.message));
		_exit(KINC_EXIT_SYSTEM);
	}
	describe(expose);
	close(told);
	_exit(forward_serve(listener, control, node, &expose->target, expose->line, NULL) < 0
		      ? KINC_EXIT_SYSTEM
		      : KINC_EXIT_OK);
}

static int start(struct expose *expose, struct kinc_error *err)
{
	char reason[KINC_ERROR_MAX] = "";
	int ends[2];
	cleanup_close int node = open_node(expose, err);
	cleanup_close int listener = node < 0 ? node : listen_here(expose, err);
	cleanup_close int control = listener < 0 ? listener : listen_control(expose, err);

	if (control < 0)
		return control;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return kinc_error_errno(err, errno, "cannot start what forwards");
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		serve(expose, listener, control, node, ends[1]);
	}
	close(ends[1]);
	cleanup_close int told = ends[0];
	if (child < 0)
		return kinc_error_errno(err, errno, "cannot start what forwards");
	ssize_t size = read(told, reason, sizeof(reason) - 1);
	return size > 0 ? kinc_error_set(err, EPERM, "%s", reason) : 0;
}

static int run(struct expose *expose, struct kinc_error *err)
{
	const struct launch *launch = expose->launch;
	struct cluster cluster;
	int result = exposure_parse(launch->operands[0], &expose->wish, err);

	if (result == 0 && launch->operand_count == 2) {
		result = network_parse_port(launch->operands[1], err);
		expose->port = result;
	}
	if (result >= 0 && find_address(address_of(expose), expose->port, &expose->here) < 0)
		result = kinc_error_set(err, EINVAL, "--address %.60s is not an IP address",
					address_of(expose));
	if (result >= 0 && launch->name_space &&
	    (!*launch->name_space || launch->name_space[0] == '-'))
		result = kinc_error_set(err, EINVAL, "--namespace \"%s\" is not a name",
					launch->name_space);
	if (result >= 0)
		result = cluster_find_running(launch->cluster, &cluster, err);
	if (result == 0)
		result = resolve(expose, err);
	return result < 0 ? result : start(expose, err);
}

int command_expose(struct launch *launch, struct kinc_error *err)
{
	struct expose expose = {.launch = launch};
	const char *address = address_of(&expose);

	if (launch->operand_count < 1 || launch->operand_count > 2) {
		kinc_error_set(err, EINVAL,
			       "expose what? service/NAME[:PORT], pod/NAME:PORT or node:PORT, and "
			       "the port of the host");
		return KINC_EXIT_MISUSE;
	}
	int result = run(&expose, err);
	if (result == -EINVAL)
		return KINC_EXIT_MISUSE;
	if (result == -EADDRINUSE || result == -EREMOTEIO)
		return KINC_EXIT_NOT_SO;
	if (result < 0)
		return cluster_exit_status(result);
	launch_say("%s of cluster %s answers on %s, port %d, until `kinc-launch --cluster %s "
		   "unexpose %d`",
		   launch->operands[0], launch->cluster, address, expose.port, launch->cluster,
		   expose.port);
	printf(strchr(address, ':') ? "[%s]:%d\n" : "%s:%d\n", address, expose.port);
	return KINC_EXIT_OK;
}

int command_unexpose(struct launch *launch, struct kinc_error *err)
{
	const char *word = launch->operand_count == 1 ? launch->operands[0] : "";
	int port = strcmp(word, "all") == 0 ? 0 : network_parse_port(word, err);

	if (launch->operand_count != 1)
		kinc_error_set(err, EINVAL, "unexpose what? a port of the host, or all");
	if (launch->operand_count != 1 || port < 0)
		return KINC_EXIT_MISUSE;
	return cluster_exit_status(exposure_end(launch->cluster, port, err));
}
