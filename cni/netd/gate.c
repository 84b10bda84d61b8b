/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. An asker sends one object on one line, gets one, and is
 * gone. Commands: "isolate" (namespace, name, uid, addresses) is answered when
 * the rules of that pod stand, which may need that the API server tells of the
 * pod first; "explain" (source, destination, port) and "summary" at once.
 */
/* #syscalls socket bind listen accept4 recvfrom sendto epoll_create1 epoll_ctl epoll_wait */
/* #syscalls mkdir mkdirat unlink unlinkat chmod fchmodat umask close */
#include "gate.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "alloc.h"
#include "cleanup.h"
#include "io.h"
#include "json.h"

#define ASKERS_MAX 256
#define REQUEST_MAX 65536
#define EVENTS_MAX 32

enum stage {
	ASKER_WRITES, /* its request is not complete */
	ASKER_WAITS,  /* for its pod to be known */
	ASKER_CLAIMED /* for the next commit */
};

struct asker {
	int fd;
	enum stage stage;
	char *request;
	size_t size;
	cJSON *asked;
	struct asker *next;
};

struct gate {
	int epoll, listener;
	char *path;
	struct policies *policies;
	struct asker *askers;
	size_t count;
};

static int listen_at(const char *path, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[sizeof(address.sun_path)];

	if (strlen(path) >= sizeof(address.sun_path) || !strchr(path, '/'))
		return kinc_error_set(err, EINVAL, "\"%s\" can't be a socket's path", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
	int status = *directory ? kinc_make_directories(directory, 0755, err) : 0;
	if (status < 0)
		return status;
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot make a socket");
	unlink(path);
	mode_t mask = umask(0177);
	status = bind(fd, (struct sockaddr *)&address, sizeof(address));
	int fault = errno;
	umask(mask);
	if (status < 0)
		return kinc_error_errno(err, fault, "cannot bind %s", path);
	if (listen(fd, ASKERS_MAX) < 0)
		return kinc_error_errno(err, errno, "cannot listen at %s", path);
	return steal_fd(&fd);
}

int gate_open(const char *path, struct policies *policies, struct gate **ret_gate,
	      struct kinc_error *err)
{
	int listener = listen_at(path, err);

	if (listener < 0)
		return listener;
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
		int fault = errno;
		close(listener);
		if (epoll >= 0)
			close(epoll);
		return kinc_error_errno(err, fault, "cannot watch %s", path);
	}
	struct gate *gate = alloc(1, sizeof(*gate));
	*gate = (struct gate){epoll, listener, alloc_text(path), policies, NULL, 0};
	*ret_gate = gate;
	return 0;
}

int gate_fd(const struct gate *gate)
{
	return gate->epoll;
}

static void dismiss(struct gate *gate, struct asker *asker)
{
	struct asker **link = &gate->askers;

	while (*link != asker)
		link = &(*link)->next;
	*link = asker->next;
	gate->count--;
	close(asker->fd);
	cJSON_Delete(asker->asked);
	free(asker->request);
	free(asker);
}

void gate_close(struct gate *gate)
{
	while (gate->askers)
		dismiss(gate, gate->askers);
	close(gate->listener);
	close(gate->epoll);
	unlink(gate->path);
	free(gate->path);
	free(gate);
}

/* Takes the answer. Who does not read it has itself to blame: nobody waits for them. */
static void answer(struct gate *gate, struct asker *asker, cJSON *object)
{
	char *text = alloc_must(cJSON_PrintUnformatted(object));
	size_t size = strlen(text);

	text[size] = '\n';
	(void)!send(asker->fd, text, size + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	cJSON_free(text);
	cJSON_Delete(object);
	dismiss(gate, asker);
}

static void refuse(struct gate *gate, struct asker *asker, const char *sentence)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddBoolToObject(object, "ok", false);
	cJSON_AddStringToObject(object, "error", sentence);
	answer(gate, asker, object);
}

/* One more member; the value is taken. */
static void give(struct gate *gate, struct asker *asker, const char *name, cJSON *value)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddBoolToObject(object, "ok", true);
	cJSON_AddItemToObject(object, name, value);
	answer(gate, asker, object);
}

static size_t addresses_of(const cJSON *asked, struct ip_address list[], size_t max)
{
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach(item, kinc_json_get(asked, "addresses"))
	{
		if (count == max || !cJSON_IsString(item) ||
		    ip_parse(item->valuestring, &list[count]) < 0)
			return 0;
		count++;
	}
	return count;
}

#define ADDRESSES_MAX 4

/* The pod's claim, where it is known by now. */
static void claim(struct gate *gate, struct asker *asker)
{
	struct ip_address addresses[ADDRESSES_MAX];
	size_t count = addresses_of(asker->asked, addresses, ADDRESSES_MAX);

	if (policies_claim(gate->policies, kinc_json_string(asker->asked, "namespace", ""),
			   kinc_json_string(asker->asked, "name", ""),
			   kinc_json_string(asker->asked, "uid", ""), addresses, count, NULL) == 0)
		asker->stage = ASKER_CLAIMED;
}

static void obey(struct gate *gate, struct asker *asker)
{
	const char *command = kinc_json_string(asker->asked, "command", "");
	struct ip_address addresses[ADDRESSES_MAX];
	struct kinc_error err;

	if (strcmp(command, "isolate") == 0) {
		if (addresses_of(asker->asked, addresses, ADDRESSES_MAX) == 0) {
			refuse(gate, asker, "isolate needs one to four addresses");
			return;
		}
		asker->stage = ASKER_WAITS;
		claim(gate, asker);
	} else if (strcmp(command, "explain") == 0) {
		cJSON *explanation = policies_explain(
			gate->policies, kinc_json_string(asker->asked, "source", ""),
			kinc_json_string(asker->asked, "destination", ""),
			kinc_json_string(asker->asked, "port", ""), &err);
		if (explanation)
			give(gate, asker, "explanation", explanation);
		else
			refuse(gate, asker, err.message);
	} else if (strcmp(command, "summary") == 0) {
		give(gate, asker, "summary", policies_summary(gate->policies));
	} else {
		refuse(gate, asker, "the commands are isolate, explain and summary");
	}
}

static void hear(struct gate *gate, struct asker *asker)
{
	char more[4096];
	ssize_t size = recv(asker->fd, more, sizeof(more), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Who said all and closed its side, or went away, waits no longer. */
	if (size <= 0 || asker->stage != ASKER_WRITES ||
	    asker->size + (size_t)size > REQUEST_MAX) {
		dismiss(gate, asker);
		return;
	}
	asker->request = alloc_must(realloc(asker->request, asker->size + (size_t)size + 1));
	memcpy(asker->request + asker->size, more, (size_t)size);
	asker->size += (size_t)size;
	asker->request[asker->size] = '\0';
	if (!memchr(asker->request, '\n', asker->size))
		return;
	asker->asked = cJSON_Parse(asker->request);
	if (!cJSON_IsObject(asker->asked)) {
		refuse(gate, asker, "a request is one JSON object on one line");
		return;
	}
	obey(gate, asker);
}

static void admit(struct gate *gate)
{
	int fd = accept4(gate->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	struct asker *asker = alloc(1, sizeof(*asker));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = asker};
	*asker = (struct asker){.fd = fd, .next = gate->askers};
	gate->askers = asker;
	gate->count++;
	if (gate->count > ASKERS_MAX || epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		dismiss(gate, asker);
}

/* The rules of those who claimed stand, or can't. */
static void answer_claimed(struct gate *gate, const char *unenforced)
{
	struct asker *asker, *next;

	for (asker = gate->askers; asker; asker = next) {
		next = asker->next;
		if (asker->stage != ASKER_CLAIMED)
			continue;
		cJSON *object = cJSON_CreateObject();
		cJSON_AddBoolToObject(object, "ok", true);
		cJSON_AddBoolToObject(object, "standing", !unenforced);
		if (unenforced)
			cJSON_AddStringToObject(object, "reason", unenforced);
		answer(gate, asker, object);
	}
}

static bool any_claimed(const struct gate *gate)
{
	for (const struct asker *asker = gate->askers; asker; asker = asker->next)
		if (asker->stage == ASKER_CLAIMED)
			return true;
	return false;
}

static int commit(struct gate *gate, struct kinc_error *err)
{
	struct kinc_error fault;

	if (!any_claimed(gate))
		return 0;
	int status = policies_commit(gate->policies, &fault);
	if (status == -EOPNOTSUPP)
		answer_claimed(gate, fault.message);
	else if (status == 0 && policies_standing(gate->policies))
		answer_claimed(gate, NULL);
	/* Else they wait for one that succeeds. */
	return status < 0 ? kinc_error_set(err, -status, "%s", fault.message) : 0;
}

int gate_dispatch(struct gate *gate, struct kinc_error *err)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(gate->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			hear(gate, events[i].data.ptr);
		else
			admit(gate);
	}
	return commit(gate, err);
}

void gate_settle(struct gate *gate)
{
	for (struct asker *asker = gate->askers; asker; asker = asker->next)
		if (asker->stage == ASKER_WAITS)
			claim(gate, asker);
	(void)commit(gate, NULL);
}
