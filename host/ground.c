/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Rootless podman needs what systemd-logind would have
 * prepared: a cgroup v2 cgroup of the user's own, /sys/fs/cgroup being v2, a
 * runtime directory, devices. `ground` prepares all that for one user in a
 * private mount namespace, so that the machine's own mounts stay as they are.
 * Whoever is inside keeps the namespace alive: the server (session.c), or the
 * one command given. What root must remember for `unground` is in ground_state.c;
 * every change of it happens under a lock on GROUND_DIR.
 */
#include "ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "delegation.h"
#include "enter.h"
#include "ground_mounts.h"
#include "io.h"
#include "session.h"
#include "storage.h"
#include "user.h"

#define CGROUP_PREFIX "kinc."

struct ground {
	const struct launch *launch;
	struct user user;
	struct ground_state state;
	char runtime_dir[64];
	int tree, listener, report;
};

/*
 * The directory itself is the lock, so that nothing stays behind. The last
 * unground removes it; who then holds the lock of a removed directory tries
 * again.
 */
static int ground_lock(struct kinc_error *err)
{
	for (;;) {
		struct stat locked, present;
		int result = kinc_make_directories(GROUND_DIR, 0755, err);
		if (result < 0)
			return result;
		cleanup_close int fd = open(GROUND_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &locked) < 0) {
			if (errno == ENOENT || errno == EINTR)
				continue;
			return kinc_error_errno(err, errno, "cannot lock " GROUND_DIR);
		}
		if (stat(GROUND_DIR, &present) == 0 && present.st_ino == locked.st_ino)
			return steal_fd(&fd);
	}
}

static int listen_for(const struct user *user, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[GROUND_PATH_MAX];
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ground_socket_path(user->name, path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	unlink(path);
	mode_t mask = umask(0177);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    lchown(path, user->uid, user->gid) < 0 || listen(fd, 16) < 0) {
		umask(mask);
		return kinc_error_errno(err, errno, "cannot listen on %s", path);
	}
	umask(mask);
	return steal_fd(&fd);
}

/*
 * Podman's pause process holds a mount namespace: every later podman of that
 * user joins it. One from outside would lead out of the ground again.
 */
static int check_pause(const struct ground *ground, struct kinc_error *err)
{
	char path[128];
	cleanup_free char *text = NULL;
	struct stat status;

	snprintf(path, sizeof(path), "%s/libpod/tmp/pause.pid", ground->runtime_dir);
	if (kinc_read_file(AT_FDCWD, path, 64, &text, NULL, NULL) < 0)
		return 0;
	long pid = strtol(text, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%ld", pid);
	if (pid <= 0 || stat(path, &status) < 0 || status.st_uid != getuid())
		return 0;
	return kinc_error_set(err, EBUSY,
			      "podman of %s already runs outside of a ground (pause process %ld): "
			      "as %s, `podman stop --all` and `podman system migrate`",
			      ground->user.name, pid, ground->user.name);
}

static int become_inhabitant(struct ground *ground, struct kinc_error *err)
{
	const char *root = ground->launch->root;
	int result = delegation_join(ground->tree, ground->state.cgroup, err);

	if (result == 0)
		result = ground_mounts_enter(root, err);
	if (result == 0 && !root)
		result = ground_mounts_devices(err);
	if (result == 0)
		result = delegation_mount(ground->tree, err);
	if (result == 0 && (root || ground->state.made_runtime_dir))
		result = ground_mounts_runtime(ground->runtime_dir, ground->user.uid,
					       ground->user.gid, err);
	if (result == 0)
		result = user_become(&ground->user, ground->runtime_dir, err);
	if (result == 0)
		result = check_pause(ground, err);
	if (result == 0 && (result = storage_prefer_overlay(ground->user.home, err)) > 0)
		launch_say("wrote %s/.config/containers/storage.conf: overlay instead of vfs",
			   ground->user.home);
	return result < 0 ? result : 0;
}

/*
 * The server outlives its caller, whose descriptors must not: a flock(1) around
 * the caller would be held for as long as the ground is there.
 */
static void keep_only(int listener)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (listener > 3)
		close_range(3, (unsigned)listener - 1, 0);
	close_range((unsigned)listener + 1, ~0U, 0);
}

static _Noreturn void run_inhabitant(struct ground *ground)
{
	struct kinc_error err = {0};
	char **argv = ground->launch->operands;
	int result;

	if (ground->state.serves)
		setsid();
	result = become_inhabitant(ground, &err);
	close(ground->tree);
	if (result == 0 && ground->state.serves) {
		if (chdir("/") == 0)
			keep_only(ground->listener);
		session_serve(ground->listener, &err);
		_exit(KINC_EXIT_SYSTEM);
	}
	if (result == 0) {
		if (ground->launch->root && chdir(ground->user.home) < 0 && chdir("/") < 0)
			_exit(KINC_EXIT_SYSTEM);
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvp(argv[0], argv);
		kinc_error_errno(&err, errno, "cannot run %s", argv[0]);
	}
	/* One write, below PIPE_BUF: the parent reads it whole or not at all. */
	if (write(ground->report, &err, sizeof(err)) != sizeof(err))
		_exit(KINC_EXIT_SYSTEM);
	_exit(KINC_EXIT_NOT_SO);
}

/* The rest of a ground: safe to repeat, and after a half-made start. */
static int dismantle(const char *name, uid_t uid, const struct ground_state *state,
		     struct kinc_error *err)
{
	char runtime_dir[64];
	cleanup_close int tree = delegation_open_tree(err);

	if (tree < 0)
		return tree;
	int result = delegation_remove(tree, state->cgroup, err);
	if (result < 0)
		return result;
	delegation_withdraw(tree, state->cgroup, CGROUP_PREFIX, state->enabled);
	snprintf(runtime_dir, sizeof(runtime_dir), "/run/user/%u", uid);
	if (state->made_runtime_dir && rmdir(runtime_dir) == 0)
		rmdir("/run/user");
	ground_state_delete(name);
	if (rmdir(GROUND_DIR) == 0)
		rmdir("/run/kinc");
	return 0;
}

static int prepare(struct ground *ground, struct kinc_error *err)
{
	char name[64];
	cleanup_free char *cgroup = NULL;

	ground->tree = delegation_open_tree(err);
	if (ground->tree < 0)
		return ground->tree;
	snprintf(name, sizeof(name), CGROUP_PREFIX "%s", ground->user.name);
	int result = delegation_make(ground->tree, name, ground->user.uid, ground->user.gid,
				     &cgroup, ground->state.enabled, err);
	if (result < 0)
		return result;
	snprintf(ground->state.cgroup, sizeof(ground->state.cgroup), "%s", cgroup);
	if (!ground->launch->root && access(ground->runtime_dir, F_OK) < 0) {
		result = kinc_make_directories(ground->runtime_dir, 0755, err);
		ground->state.made_runtime_dir = result == 0;
	}
	if (result == 0 && ground->state.serves)
		result = ground->listener = listen_for(&ground->user, err);
	return result < 0 ? result : 0;
}

/*
 * Starts the inhabitant and waits until it is at home: the end of the pipe
 * closes by exec or by the server, or brings the reason of the failure.
 */
static int start(struct ground *ground, int lock, struct kinc_error *err)
{
	struct kinc_error reason;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return kinc_error_errno(err, errno, "cannot make a pipe");
	cleanup_close int reading = ends[0];
	cleanup_close int writing = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return kinc_error_errno(err, errno, "cannot start a process");
	if (pid == 0) {
		close(lock);
		close(reading);
		ground->report = writing;
		run_inhabitant(ground);
	}
	close(steal_fd(&writing));
	ground->state.pid = pid;
	ground->state.starttime = ground_process_starttime(pid);
	int result = ground_state_save(ground->user.name, &ground->state, err);
	if (read(reading, &reason, sizeof(reason)) == sizeof(reason)) {
		*err = reason;
		return -reason.code;
	}
	return result;
}

/* The command has the terminal, root only waits to clean up after it. */
static int supervise(pid_t pid)
{
	sigset_t set;
	siginfo_t info;
	int status = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (waitpid(pid, &status, WNOHANG) == 0)
		if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD &&
		    info.si_code != SI_KERNEL)
			kill(pid, info.si_signo);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int require_root(const char *command, const char *user, struct kinc_error *err)
{
	if (!user || !*user) {
		kinc_error_set(err, EINVAL, "%s for whom? `kinc-launch %s --user USER`", command,
			       command);
		return KINC_EXIT_MISUSE;
	}
	if (geteuid() == 0)
		return KINC_EXIT_OK;
	kinc_error_set(err, EPERM, "%s needs root: `sudo kinc-launch %s --user %s`", command,
		       command, user);
	return KINC_EXIT_SYSTEM;
}

static int ground_up(struct ground *ground, int lock, struct kinc_error *err)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int result = prepare(ground, err);
	if (result == 0)
		result = start(ground, lock, err);
	if (result < 0 && ground->state.cgroup[0])
		(void)dismantle(ground->user.name, ground->user.uid, &ground->state, NULL);
	if (ground->tree >= 0)
		close(ground->tree);
	if (ground->listener >= 0)
		close(ground->listener);
	return result;
}

static int run_and_dismantle(struct ground *ground, int *lock, struct kinc_error *err)
{
	close(steal_fd(lock));
	int status = supervise(ground->state.pid);

	*lock = ground_lock(err);
	if (*lock < 0 || dismantle(ground->user.name, ground->user.uid, &ground->state, err) < 0)
		return KINC_EXIT_SYSTEM;
	return status;
}

static int ground_with_user(struct ground *ground, struct kinc_error *err)
{
	struct ground_state old;
	const struct user *user = &ground->user;
	bool serves = ground->state.serves;
	cleanup_close int lock = ground_lock(err);

	if (lock < 0)
		return KINC_EXIT_SYSTEM;
	if (ground_state_load(user->name, &old, NULL) == 0) {
		if (ground_state_alive(&old) && serves) {
			printf("the ground for %s is there already (pid %d)\n", user->name,
			       old.pid);
			return KINC_EXIT_OK;
		}
		if (ground_state_alive(&old) && old.serves) {
			close(steal_fd(&lock));
			int status = enter_run(user->name, ground->launch->operands, err);
			return status < 0 ? KINC_EXIT_SYSTEM : status;
		}
		if (ground_state_alive(&old)) {
			kinc_error_set(err, EBUSY,
				       "a command in a ground for %s runs already (pid %d)",
				       user->name, old.pid);
			return KINC_EXIT_NOT_SO;
		}
		if (dismantle(user->name, user->uid, &old, err) < 0)
			return KINC_EXIT_SYSTEM;
		close(lock);
		lock = ground_lock(err);
	}
	if (ground_up(ground, lock, err) < 0)
		return KINC_EXIT_SYSTEM;
	if (!serves)
		return run_and_dismantle(ground, &lock, err);
	printf("the ground for %s is prepared: `kinc-launch enter -- COMMAND` as %s runs in it\n",
	       user->name, user->name);
	return KINC_EXIT_OK;
}

int command_ground(struct launch *launch, struct kinc_error *err)
{
	struct ground ground = {.launch = launch, .tree = -EBADF, .listener = -EBADF};
	cleanup_free char *root = launch->root ? realpath(launch->root, NULL) : NULL;
	int status = require_root("ground", launch->user, err);

	if (status != KINC_EXIT_OK)
		return status;
	if (launch->root && !root) {
		kinc_error_errno(err, errno, "--root %s", launch->root);
		return KINC_EXIT_MISUSE;
	}
	launch->root = root;
	int result = user_lookup(launch->user, root, &ground.user, err);
	if (result == 0)
		result =
			user_check_subids(root ? root : "", ground.user.name, ground.user.uid, err);
	if (result < 0) {
		user_release(&ground.user);
		return result == -EINVAL ? KINC_EXIT_MISUSE : KINC_EXIT_SYSTEM;
	}
	snprintf(ground.runtime_dir, sizeof(ground.runtime_dir), "/run/user/%u", ground.user.uid);
	ground.state.serves = launch->operand_count == 0;
	status = ground_with_user(&ground, err);
	user_release(&ground.user);
	return status;
}

int command_unground(struct launch *launch, struct kinc_error *err)
{
	struct ground_state state;
	char text[GROUND_PATH_MAX];
	int status = require_root("unground", launch->user, err);

	if (status != KINC_EXIT_OK)
		return status;
	if (strlen(launch->user) > 32 || strchr(launch->user, '/')) {
		kinc_error_set(err, EINVAL, "\"%s\" is not a user name", launch->user);
		return KINC_EXIT_MISUSE;
	}
	cleanup_close int lock = ground_lock(err);
	if (lock < 0)
		return KINC_EXIT_SYSTEM;
	int result = ground_state_load(launch->user, &state, err);
	if (result == -ENOENT) {
		if (rmdir(GROUND_DIR) == 0)
			rmdir("/run/kinc");
		kinc_error_set(err, ENOENT, "there is no ground for %s", launch->user);
		return KINC_EXIT_NOT_SO;
	}
	ground_socket_path(launch->user, text);
	struct stat owner = {0};
	/* The user may be gone from passwd by now; the socket tells the uid. */
	const struct passwd *entry = getpwnam(launch->user); /* NOLINT: one thread */
	uid_t uid = entry ? entry->pw_uid : stat(text, &owner) == 0 ? owner.st_uid : 0;
	if (result == 0)
		result = dismantle(launch->user, uid, &state, err);
	if (result < 0)
		return KINC_EXIT_SYSTEM;
	printf("the ground for %s is gone\n", launch->user);
	return KINC_EXIT_OK;
}
