/* SPDX-License-Identifier: MIT */
#include "enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup_position.h"
#include "cleanup.h"
#include "environment.h"
#include "ground.h"
#include "io.h"
#include "json.h"
#include "session.h"

static char *make_request(char *const *argv)
{
	cleanup_json cJSON *json = cJSON_CreateObject();
	cleanup_free char *directory = getcwd(NULL, 0);
	cJSON *words = cJSON_AddArrayToObject(json, "argv");
	cJSON *environment = cJSON_AddArrayToObject(json, "environment");

	cJSON_AddNumberToObject(json, "protocol", SESSION_PROTOCOL);
	cJSON_AddStringToObject(json, "directory", directory ? directory : "/");
	for (char *const *word = argv; *word; word++)
		cJSON_AddItemToArray(words, cJSON_CreateString(*word));
	for (char **variable = environ; *variable; variable++)
		if (environment_travels(*variable))
			cJSON_AddItemToArray(environment, cJSON_CreateString(*variable));
	return cJSON_PrintUnformatted(json);
}

static int send_request(int server, char *const *argv, struct kinc_error *err)
{
	cleanup_free char *text = make_request(argv);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};

	if (!text)
		return kinc_error_errno(err, ENOMEM, "cannot ask the ground");
	if (strlen(text) > SESSION_MESSAGE_MAX)
		return kinc_error_set(err, E2BIG, "the command line is too long for a ground");
	struct iovec data = {.iov_base = text, .iov_len = strlen(text)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), (const int[]){0, 1, 2}, 3 * sizeof(int));
	if (sendmsg(server, &message, MSG_NOSIGNAL) < 0)
		return kinc_error_errno(err, errno, "cannot ask the ground");
	return 0;
}

static void relay_signal(int signals, int server)
{
	struct signalfd_siginfo info;
	char text[32];

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	int size = snprintf(text, sizeof(text), "{\"signal\":%u}", info.ssi_signo);
	(void)send(server, text, (size_t)size, MSG_NOSIGNAL);
}

/* The command's exit status, or -errno. */
static int take_reply(int server, struct kinc_error *err)
{
	char text[2048];
	ssize_t size = recv(server, text, sizeof(text), 0);

	if (size < 0)
		return kinc_error_errno(err, errno, "lost the ground");
	cleanup_json cJSON *json = cJSON_ParseWithLength(text, (size_t)size);
	const char *sentence = kinc_json_string(json, "error", NULL);
	if (sentence)
		return kinc_error_set(err, EPROTO, "%s", sentence);
	const cJSON *status = kinc_json_get(json, "exit");
	if (!cJSON_IsNumber(status))
		return kinc_error_set(err, EPIPE, "the ground ended while the command ran");
	return status->valueint & 0xff;
}

static int connect_server(const char *user, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[GROUND_PATH_MAX];
	cleanup_close int server = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ground_socket_path(user, path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	if (server < 0)
		return kinc_error_errno(err, errno, "cannot make a socket");
	if (connect(server, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return steal_fd(&server);
	if (errno == EACCES)
		return kinc_error_set(err, EACCES, "the ground of %s is not yours to enter", user);
	return kinc_error_set(err, errno,
			      "no ground for %s (%s: %s): as root, `kinc-launch ground --user %s`",
			      user, path, strerror(errno), user);
}

int enter_run(const char *user, char *const *argv, struct kinc_error *err)
{
	static const int relayed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
	sigset_t set;
	cleanup_close int server = connect_server(user, err);

	if (server < 0)
		return server;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(relayed) / sizeof(*relayed); i++)
		sigaddset(&set, relayed[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	cleanup_close int signals = signalfd(-1, &set, SFD_CLOEXEC);
	int result = send_request(server, argv, err);
	if (result < 0)
		return result;
	for (;;) {
		struct pollfd watched[] = {
			{.fd = server, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
		};
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return kinc_error_errno(err, errno, "waiting for the command");
		if (watched[1].revents)
			relay_signal(signals, server);
		if (watched[0].revents)
			return take_reply(server, err);
	}
}

bool enter_is_delegated(void)
{
	struct statfs status;
	cleanup_free char *text = NULL;
	cleanup_free char *path = NULL;

	if (statfs("/sys/fs/cgroup", &status) < 0 || status.f_type != CGROUP2_SUPER_MAGIC ||
	    kinc_read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL, NULL) < 0)
		return false;
	cleanup_free char *position = cgroup_position_parse(text);
	if (!position || asprintf(&path, "/sys/fs/cgroup%s/cgroup.procs", position) < 0) {
		path = NULL;
		return false;
	}
	return access(path, W_OK) == 0;
}

static const char *own_name(void)
{
	const struct passwd *entry = getpwuid(getuid()); /* NOLINT: one thread */

	return entry && strlen(entry->pw_name) <= 32 ? entry->pw_name : NULL;
}

const char *enter_own_ground(void)
{
	const char *name = own_name();
	char path[GROUND_PATH_MAX];

	if (!name || geteuid() == 0 || enter_is_delegated())
		return NULL;
	ground_socket_path(name, path);
	return access(path, W_OK) == 0 ? name : NULL;
}

int command_enter(struct launch *launch, struct kinc_error *err)
{
	char *shell[] = {getenv("SHELL"), NULL};
	const char *user = launch->user ? launch->user : own_name();

	if (!launch->user && geteuid() == 0) {
		kinc_error_set(err, EINVAL, "enter whose ground? as root, give --user USER");
		return KINC_EXIT_MISUSE;
	}
	if (!user || strlen(user) > 32 || strchr(user, '/')) {
		kinc_error_set(err, EINVAL, "\"%s\" is not a user name", user ? user : "");
		return KINC_EXIT_MISUSE;
	}
	if (!shell[0] || geteuid() == 0)
		shell[0] = "/bin/bash";
	char *const *argv = launch->operand_count ? launch->operands : shell;
	/* In a ground, or on a host that needs none, there is nothing to enter. */
	if (!launch->user && enter_is_delegated()) {
		execvp(argv[0], argv);
		kinc_error_errno(err, errno, "cannot run %s", argv[0]);
		return KINC_EXIT_SYSTEM;
	}
	int status = enter_run(user, argv, err);
	return status < 0 ? KINC_EXIT_SYSTEM : status;
}
