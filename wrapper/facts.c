/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

#define OOM_FLOOR_FILE "/run/kinc/oom-score-adj-min"
#define CGROUP_ROOT "/sys/fs/cgroup"
/* Inode of the initial user namespace in nsfs (PROC_USER_INIT_INO). */
#define INITIAL_USERNS "user:[4026531837]"

/* cgroup v1 calls two of them otherwise, as its directories are named. */
static const struct {
	const char *name, *v1_name;
	enum controller bit;
} controllers[] = {
	{"cpu", "cpu", CONTROLLER_CPU},
	{"cpuset", "cpuset", CONTROLLER_CPUSET},
	{"memory", "memory", CONTROLLER_MEMORY},
	{"pids", "pids", CONTROLLER_PIDS},
	{"io", "blkio", CONTROLLER_IO},
	{"hugetlb", "hugetlb", CONTROLLER_HUGETLB},
	{"rdma", "rdma", CONTROLLER_RDMA},
	{"misc", "misc", CONTROLLER_MISC},
	{"network", "net_cls", CONTROLLER_NETWORK},
};
#define CONTROLLERS (sizeof(controllers) / sizeof(controllers[0]))

unsigned facts_controller(const char *name, size_t length)
{
	for (size_t i = 0; i < CONTROLLERS; i++)
		if (strlen(controllers[i].name) == length &&
		    memcmp(controllers[i].name, name, length) == 0)
			return controllers[i].bit;
	return 0;
}

bool id_map_has(const struct id_map *map, uint32_t id)
{
	for (size_t i = 0; i < map->count; i++)
		if (id >= map->ranges[i].first && id - map->ranges[i].first < map->ranges[i].count)
			return true;
	return false;
}

void id_map_parse(struct id_map *map, const char *text)
{
	unsigned long inside, outside, count;

	map->count = 0;
	while (text && map->count < ID_RANGES_MAX) {
		char *end = NULL;
		inside = strtoul(text, &end, 10);
		outside = strtoul(end, &end, 10);
		count = strtoul(end, &end, 10);
		(void)outside;
		if (end != text && count > 0 && count <= UINT32_MAX && inside <= UINT32_MAX)
			map->ranges[map->count++] = (struct id_range){
				.first = (uint32_t)inside,
				.count = (uint32_t)count,
			};
		text = strchr(end, '\n');
		text = text ? text + 1 : NULL;
	}
}

/*
 * The small files of /proc and /sys into a buffer of the stack, NUL-terminated
 * and cut at its size. Returns the length or a negative errno.
 */
static ssize_t read_small(const char *path, char *buffer, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;

	if (fd < 0)
		return -errno;
	while (length < size - 1) {
		ssize_t got = read(fd, buffer + length, size - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	buffer[length] = '\0';
	return (ssize_t)length;
}

static bool read_integer(const char *path, long long *ret_value)
{
	char text[64], *end;

	if (read_small(path, text, sizeof(text)) <= 0)
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (end == text || errno || (*end && *end != '\n'))
		return false;
	*ret_value = value;
	return true;
}

static int gather_id_map(const char *path, struct id_map *map, struct kinc_error *err)
{
	char text[16384];
	ssize_t length = read_small(path, text, sizeof(text));

	if (length < 0)
		return kinc_error_errno(err, (int)-length, "cannot read %s", path);
	id_map_parse(map, text);
	return 0;
}

static unsigned gather_controllers(bool *ret_cgroup2)
{
	char text[1024] = "";
	struct statfs status;
	unsigned found = 0;

	*ret_cgroup2 = statfs(CGROUP_ROOT, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
	if (!*ret_cgroup2) {
		/* Hierarchies of cgroup v1, which nobody delegates to a namespace. */
		for (size_t i = 0; i < CONTROLLERS; i++) {
			snprintf(text, sizeof(text), CGROUP_ROOT "/%s", controllers[i].v1_name);
			if (access(text, W_OK) == 0)
				found |= controllers[i].bit;
		}
		return found;
	}
	if (read_small(CGROUP_ROOT "/cgroup.controllers", text, sizeof(text)) < 0)
		return 0;
	for (const char *word = text; *word;) {
		size_t length = strcspn(word, " \n");
		found |= facts_controller(word, length);
		word += length;
		word += strspn(word, " \n");
	}
	return found;
}

static int gather_capabilities(uint64_t *ret_permitted, struct kinc_error *err)
{
	cap_t own = cap_get_proc();

	if (!own)
		return kinc_error_errno(err, errno, "cannot read own capabilities");
	*ret_permitted = 0;
	for (cap_value_t cap = 0; cap < 64 && cap < cap_max_bits(); cap++) {
		cap_flag_value_t set = CAP_CLEAR;
		if (cap_get_flag(own, cap, CAP_PERMITTED, &set) == 0 && set == CAP_SET)
			*ret_permitted |= UINT64_C(1) << cap;
	}
	cap_free(own);
	return 0;
}

static int gather_limits(struct facts *facts, struct kinc_error *err)
{
	for (int i = 0; i < RLIMIT_NLIMITS; i++) {
		struct rlimit limit;
		if (getrlimit((__rlimit_resource_t)i, &limit) < 0)
			return kinc_error_errno(err, errno, "cannot read resource limit %d", i);
		facts->hard_limit[i] = limit.rlim_max;
	}
	long long value;
	facts->nofile_max = read_integer("/proc/sys/fs/nr_open", &value) && value > 0
				    ? (rlim_t)value
				    : RLIM_INFINITY;
	return 0;
}

static int gather_oom_floor(const struct facts *facts)
{
	long long value;

	if (read_integer(OOM_FLOOR_FILE, &value) && value >= -1000 && value <= 1000)
		return (int)value;
	if (facts->may_raise_limits)
		return -1000;
	/* Unknown: one's own value is never below the floor. */
	if (read_integer("/proc/self/oom_score_adj", &value))
		return (int)value;
	return 0;
}

static int device_stat(const char *path, mode_t *ret_mode, dev_t *ret_number)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	*ret_mode = status.st_mode;
	*ret_number = status.st_rdev;
	return 0;
}

int facts_gather(struct facts *facts, struct kinc_error *err)
{
	char text[4096] = "";
	ssize_t length = readlink("/proc/self/ns/user", text, sizeof(text) - 1);
	int result = gather_id_map("/proc/self/uid_map", &facts->uids, err);

	if (result == 0)
		result = gather_id_map("/proc/self/gid_map", &facts->gids, err);
	if (result == 0)
		result = gather_capabilities(&facts->capabilities, err);
	if (result == 0)
		result = gather_limits(facts, err);
	if (result < 0)
		return result;

	text[length > 0 ? length : 0] = '\0';
	facts->initial_userns = strcmp(text, INITIAL_USERNS) == 0;
	facts->may_raise_limits =
		facts->initial_userns && (facts->capabilities & UINT64_C(1) << CAP_SYS_RESOURCE);
	facts->oom_score_adj_min = gather_oom_floor(facts);
	facts->controllers = gather_controllers(&facts->cgroup2);
	facts->apparmor = read_small("/sys/module/apparmor/parameters/enabled", text, 64) > 0 &&
			  text[0] == 'Y';
	facts->selinux = read_small("/proc/filesystems", text, sizeof(text)) > 0 &&
			 strstr(text, "selinuxfs");
	facts->seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER") != NULL;
	facts->device = device_stat;
	return 0;
}
