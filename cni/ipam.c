/* SPDX-License-Identifier: MIT */
/* #syscalls open mkdir readlink symlink unlink pread64 pwrite64 flock */
#include "ipam.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "conf_wish.h"
#include "io.h"
#include "ipam_boot.h"
#include "ipam_taken.h"

/* "CONTAINER,IFNAME,SET" and "CONTAINER/IFNAME" */
#define ENTRY_MAX (IPAM_ID_MAX + IFNAMSIZ + 8)

static void attachment_name(const struct ipam_owner *owner, size_t set, char name[ENTRY_MAX])
{
	snprintf(name, ENTRY_MAX, "%s,%s,%zu", owner->container, owner->ifname, set);
}

static void owner_text(const struct ipam_owner *owner, char text[ENTRY_MAX])
{
	snprintf(text, ENTRY_MAX, "%s/%s", owner->container, owner->ifname);
}

/* 0, or -errno: ENOENT when there is no such entry. */
static int read_entry(int directory, const char *name, char text[ENTRY_MAX])
{
	ssize_t size = readlinkat(directory, name, text, ENTRY_MAX - 1);

	if (size < 0)
		return -errno;
	text[size] = '\0';
	return 0;
}

static int open_directory(int at, const char *name, bool create, int *ret_fd)
{
	if (create && mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	*ret_fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? -errno : 0;
}

static int open_directories(struct ipam *ipam, const struct conf *conf, bool create)
{
	cleanup_close int base = open(conf->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (base < 0)
		return -errno;
	result = open_directory(base, conf->name, create, &ipam->directory);
	if (result == 0)
		result = open_directory(ipam->directory, "addresses", create, &ipam->addresses);
	if (result == 0)
		result = open_directory(ipam->directory, "attachments", create, &ipam->attachments);
	return result;
}

int ipam_open(struct ipam *ipam, const struct conf *conf, struct kinc_error *err)
{
	int result = open_directories(ipam, conf, true);

	if (result == -ENOENT) {
		ipam_close(ipam);
		result = kinc_make_directories(conf->data_dir, 0700, err);
		if (result < 0)
			return result;
		result = open_directories(ipam, conf, true);
	}
	if (result < 0) {
		ipam_close(ipam);
		return kinc_error_errno(err, -result, "cannot keep leases in %s/%s", conf->data_dir,
					conf->name);
	}
	result = ipam_boot_ensure(ipam, conf, err);
	if (result < 0)
		ipam_close(ipam);
	return result;
}

int ipam_open_existing(struct ipam *ipam, const struct conf *conf, struct kinc_error *err)
{
	int result = open_directories(ipam, conf, false);

	if (result < 0)
		ipam_close(ipam);
	if (result < 0 && result != -ENOENT)
		return kinc_error_errno(err, -result, "cannot read leases in %s/%s", conf->data_dir,
					conf->name);
	return 0;
}

void ipam_close(struct ipam *ipam)
{
	kinc_cleanup_close(&ipam->attachments);
	kinc_cleanup_close(&ipam->addresses);
	kinc_cleanup_close(&ipam->directory);
	*ipam = IPAM_NONE;
}

/* A place in a set: ranges follow each other, the last is followed by the first. */
struct cursor {
	const struct ip_range_set *set;
	size_t range;
	struct ip_address address;
};

static void cursor_advance(struct cursor *cursor)
{
	if (ip_equal(&cursor->address, &cursor->set->ranges[cursor->range].last)) {
		cursor->range = (cursor->range + 1) % cursor->set->count;
		cursor->address = cursor->set->ranges[cursor->range].first;
	} else {
		cursor->address = ip_next(cursor->address);
	}
}

/* Where to begin: after the address that was handed out last. */
static struct cursor cursor_begin(const struct ip_range_set *set, int hint_fd)
{
	struct cursor cursor = {set, 0, set->ranges[0].first};
	char text[IP_TEXT_MAX + 1];
	struct ip_address last;
	ssize_t size = hint_fd < 0 ? -1 : pread(hint_fd, text, sizeof(text) - 1, 0);

	if (size <= 0)
		return cursor;
	text[size] = '\0';
	text[strcspn(text, " \n")] = '\0';
	if (ip_parse(text, &last) < 0)
		return cursor;
	for (size_t i = 0; i < set->count; i++) {
		const struct ip_range *range = &set->ranges[i];
		if (last.family == range->first.family && ip_compare(&last, &range->first) >= 0 &&
		    ip_compare(&last, &range->last) <= 0) {
			cursor.range = i;
			cursor.address = last;
			cursor_advance(&cursor);
			break;
		}
	}
	return cursor;
}

static bool is_gateway(const struct ip_range_set *set, const struct ip_address *address)
{
	for (size_t i = 0; i < set->count; i++)
		if (ip_equal(&set->ranges[i].gateway, address))
			return true;
	return false;
}

/* 0 taken by us, -EADDRINUSE taken by another, or what went wrong. */
static int claim(struct ipam *ipam, const char *address, const char *attachment, const char *owner,
		 struct kinc_error *err)
{
	char other[ENTRY_MAX];

	if (read_entry(ipam->addresses, address, other) == 0 && strcmp(other, owner) != 0)
		return -EADDRINUSE;
	if (symlinkat(address, ipam->attachments, attachment) < 0) {
		if (errno == EEXIST)
			return kinc_error_set(err, EEXIST,
					      "%s has an address already: DEL must come first",
					      owner);
		return kinc_error_errno(err, errno, "cannot write a lease");
	}
	if (symlinkat(owner, ipam->addresses, address) == 0)
		return 0;
	int saved = errno;
	unlinkat(ipam->attachments, attachment, 0);
	return saved == EEXIST ? -EADDRINUSE : kinc_error_errno(err, saved, "cannot write a lease");
}

static void remember(int hint_fd, const char *address)
{
	char text[IP_TEXT_MAX + 1];

	/* Always the same length, so that a shorter one leaves nothing of a longer. */
	snprintf(text, sizeof(text), "%-*s\n", IP_TEXT_MAX - 1, address);
	if (hint_fd >= 0 && pwrite(hint_fd, text, strlen(text), 0) < 0)
		return; /* a hint: the search begins elsewhere next time */
}

/* As many refused claims as this, and the directory is read at once. */
#define MISSES_MAX 16

struct search {
	const struct ip_range_set *set;
	const char *attachment, *owner;
};

/* The next free address from where the last one was taken. -ENOSPC: none. */
static int take_any(struct ipam *ipam, const struct search *search, int hint_fd,
		    struct lease *ret_lease, struct kinc_error *err)
{
	struct cursor begin = cursor_begin(search->set, hint_fd), at = begin;
	cleanup_taken struct ipam_taken taken = {0};
	char address[IP_TEXT_MAX];
	int result = -ENOSPC;
	size_t misses = 0;

	do {
		if (!is_gateway(search->set, &at.address) && !ipam_taken_has(&taken, &at.address)) {
			result = claim(ipam, ip_format(&at.address, address), search->attachment,
				       search->owner, err);
			if (result == 0) {
				remember(hint_fd, address);
				*ret_lease =
					(struct lease){at.address, &search->set->ranges[at.range]};
				return 0;
			}
			if (result != -EADDRINUSE)
				return result;
			if (++misses == MISSES_MAX)
				result = ipam_taken_read(ipam, &taken, err);
			if (result < 0 && result != -EADDRINUSE)
				return result;
		}
		cursor_advance(&at);
	} while (!ip_equal(&at.address, &begin.address));
	return -ENOSPC;
}

static int take(struct ipam *ipam, const struct search *search, const struct ip_address *wish,
		struct lease *ret_lease, struct kinc_error *err)
{
	const struct ip_range_set *set = search->set;
	char address[IP_TEXT_MAX], holder[ENTRY_MAX] = "another";
	size_t i = 0;

	int result = claim(ipam, ip_format(wish, address), search->attachment, search->owner, err);
	if (result == -EADDRINUSE) {
		read_entry(ipam->addresses, address, holder);
		return kinc_error_set(err, EADDRINUSE, "address %s was asked for, but %s has it",
				      address, holder);
	}
	while (!prefix_contains(&set->ranges[i].subnet, wish))
		i++;
	if (result == 0)
		*ret_lease = (struct lease){*wish, &set->ranges[i]};
	return result;
}

static int reserve_from(struct ipam *ipam, const struct conf *conf, size_t index,
			const struct ip_address *wish, const struct ipam_owner *owner,
			struct lease *ret_lease, struct kinc_error *err)
{
	char hint[32], attachment[ENTRY_MAX], text[ENTRY_MAX];
	const struct search search = {&conf->sets[index], attachment, text};

	attachment_name(owner, index, attachment);
	owner_text(owner, text);
	if (wish)
		return take(ipam, &search, wish, ret_lease, err);
	snprintf(hint, sizeof(hint), "last.%zu", index);
	cleanup_close int hint_fd =
		openat(ipam->directory, hint, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = take_any(ipam, &search, hint_fd, ret_lease, err);
	if (result == -ENOSPC)
		return kinc_error_set(err, ENOSPC,
				      "no address is free in range set %zu of network %s", index,
				      conf->name);
	return result;
}

/* An interface without addresses is noted all the same, so that GC finds it. */
static int note_attachment(struct ipam *ipam, const struct ipam_owner *owner,
			   struct kinc_error *err)
{
	char attachment[ENTRY_MAX];

	attachment_name(owner, 0, attachment);
	if (symlinkat("-", ipam->attachments, attachment) == 0)
		return 0;
	return kinc_error_errno(err, errno, "cannot note the attachment of %s", owner->container);
}

int ipam_reserve(struct ipam *ipam, const struct conf *conf, const struct ipam_owner *owner,
		 struct lease *leases, struct kinc_error *err)
{
	const struct ip_address *wishes[CONF_SETS_MAX];
	int result = conf_wish_assign(conf, wishes, err);

	if (result == 0 && conf->set_count == 0)
		return note_attachment(ipam, owner, err);
	for (size_t i = 0; result == 0 && i < conf->set_count; i++) {
		result = reserve_from(ipam, conf, i, wishes[i], owner, &leases[i], err);
		/* What an earlier ADD holds is not ours to give back. */
		if (result < 0 && !(result == -EEXIST && i == 0))
			ipam_release(ipam, owner, NULL);
	}
	return result;
}

int ipam_release(struct ipam *ipam, const struct ipam_owner *owner, struct kinc_error *err)
{
	char attachment[ENTRY_MAX], address[ENTRY_MAX], holder[ENTRY_MAX], text[ENTRY_MAX];

	if (ipam->attachments < 0)
		return 0;
	owner_text(owner, text);
	/* All sets there can be: the configuration may have changed since ADD. */
	for (size_t i = 0; i < CONF_SETS_MAX; i++) {
		attachment_name(owner, i, attachment);
		int result = read_entry(ipam->attachments, attachment, address);
		if (result == -ENOENT)
			continue;
		if (result == 0 && read_entry(ipam->addresses, address, holder) == 0 &&
		    strcmp(holder, text) == 0 && unlinkat(ipam->addresses, address, 0) < 0 &&
		    errno != ENOENT)
			result = -errno;
		if (result == 0 && unlinkat(ipam->attachments, attachment, 0) < 0 &&
		    errno != ENOENT)
			result = -errno;
		if (result < 0)
			return kinc_error_errno(err, -result, "cannot release the lease of %s",
						text);
	}
	return 0;
}

int ipam_check(struct ipam *ipam, const struct ipam_owner *owner, const struct ip_address *address,
	       struct kinc_error *err)
{
	char name[IP_TEXT_MAX], holder[ENTRY_MAX], text[ENTRY_MAX];

	owner_text(owner, text);
	ip_format(address, name);
	if (ipam->addresses < 0 || read_entry(ipam->addresses, name, holder) < 0)
		return kinc_error_set(err, ENOENT, "address %s is not leased", name);
	if (strcmp(holder, text) != 0)
		return kinc_error_set(err, ENOENT, "address %s is leased to %s, not to %s", name,
				      holder, text);
	return 0;
}

int ipam_lock(struct ipam *ipam, struct kinc_error *err)
{
	cleanup_close int fd =
		openat(ipam->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = fd < 0 ? -1 : TEMP_FAILURE_RETRY(flock(fd, LOCK_EX));

	return result < 0 ? kinc_error_errno(err, errno, "cannot lock the leases") : steal_fd(&fd);
}
