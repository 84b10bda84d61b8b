/* SPDX-License-Identifier: MIT */
/* #syscalls open getdents fcntl */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "conf_ranges.h"
#include "ipam.h"

static void close_stream(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}
#define cleanup_dir __attribute__((cleanup(close_stream)))

static int list(int directory, DIR **ret_stream, struct kinc_error *err)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_stream = fd < 0 ? NULL : fdopendir(fd);
	if (*ret_stream)
		return 0;
	int saved = errno;
	kinc_cleanup_close(&fd);
	return kinc_error_errno(err, saved, "cannot list leases");
}

int ipam_each(struct ipam *ipam, ipam_visit *visit, void *context, struct kinc_error *err)
{
	cleanup_dir DIR *stream = NULL;
	int result = ipam->attachments < 0 ? 0 : list(ipam->attachments, &stream, err);
	struct dirent *entry;

	while (stream && result == 0 && (entry = readdir(stream))) {
		/* An interface name may hold a comma, an id may not. */
		char *first = strchr(entry->d_name, ','), *last = strrchr(entry->d_name, ',');
		if (!first || first == last)
			continue;
		*first = *last = '\0';
		struct ipam_owner owner = {entry->d_name, first + 1};
		result = visit(&owner, context);
	}
	return result;
}

int ipam_each_address(struct ipam *ipam, ipam_visit_address *visit, void *context,
		      struct kinc_error *err)
{
	cleanup_dir DIR *stream = NULL;
	int result = ipam->addresses < 0 ? 0 : list(ipam->addresses, &stream, err);
	struct dirent *entry;

	while (stream && result == 0 && (entry = readdir(stream))) {
		struct ip_address address;
		if (ip_parse(entry->d_name, &address) == 0)
			result = visit(&address, context);
	}
	return result;
}

static int empty(int directory, struct kinc_error *err)
{
	cleanup_dir DIR *stream = NULL;
	int result = list(directory, &stream, err);
	struct dirent *entry;

	while (stream && result == 0 && (entry = readdir(stream)))
		if (entry->d_type == DT_LNK && unlinkat(directory, entry->d_name, 0) < 0 &&
		    errno != ENOENT)
			result = -errno;
	return result;
}

int ipam_forget(struct ipam *ipam, struct kinc_error *err)
{
	/* In the order of a release: an address is never without its attachment. */
	int result = empty(ipam->addresses, err);

	return result < 0 ? result : empty(ipam->attachments, err);
}

/* Free addresses of a set if it were empty, at most limit. */
static size_t set_size(const struct ip_range_set *set, size_t limit)
{
	size_t size = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct ip_range *range = &set->ranges[i];
		for (struct ip_address at = range->first; size < limit; at = ip_next(at)) {
			bool gateway = false;
			for (size_t j = 0; j < set->count && !gateway; j++)
				gateway = ip_equal(&at, &set->ranges[j].gateway);
			size += !gateway;
			if (ip_equal(&at, &range->last))
				break;
		}
	}
	return size;
}

struct usage {
	const struct conf *conf;
	size_t used[CONF_SETS_MAX];
};

static int count(const struct ip_address *address, void *context)
{
	struct usage *usage = context;

	for (size_t i = 0; i < usage->conf->set_count; i++)
		usage->used[i] += conf_set_contains(&usage->conf->sets[i], address);
	return 0;
}

int ipam_room(struct ipam *ipam, const struct conf *conf, struct kinc_error *err)
{
	struct usage usage = {.conf = conf};
	int result = ipam_each_address(ipam, count, &usage, err);

	for (size_t i = 0; result == 0 && i < conf->set_count; i++)
		if (set_size(&conf->sets[i], usage.used[i] + 1) <= usage.used[i])
			return kinc_error_set(err, ENOSPC,
					      "no address is free in range set %zu of network %s",
					      i, conf->name);
	return result;
}
