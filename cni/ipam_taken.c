/* SPDX-License-Identifier: MIT */
#include "ipam_taken.h"

#include <errno.h>
#include <stdlib.h>

struct growing {
	struct ipam_taken *taken;
	size_t room;
};

static int add(const struct ip_address *address, void *context)
{
	struct growing *growing = context;
	struct ipam_taken *taken = growing->taken;

	if (taken->count == growing->room) {
		size_t room = growing->room ? 2 * growing->room : 512;
		void *larger = realloc(taken->addresses, room * sizeof(*taken->addresses));
		if (!larger)
			return -ENOMEM;
		taken->addresses = larger;
		growing->room = room;
	}
	taken->addresses[taken->count++] = *address;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return ip_compare(a, b);
}

int ipam_taken_read(struct ipam *ipam, struct ipam_taken *taken, struct kinc_error *err)
{
	struct growing growing = {taken, 0};
	int result = ipam_each_address(ipam, add, &growing, err);

	if (result == -ENOMEM)
		return kinc_error_errno(err, ENOMEM, "reading the leases");
	if (taken->count)
		qsort(taken->addresses, taken->count, sizeof(*taken->addresses), compare);
	return result;
}

bool ipam_taken_has(const struct ipam_taken *taken, const struct ip_address *address)
{
	return taken->count &&
	       bsearch(address, taken->addresses, taken->count, sizeof(*taken->addresses), compare);
}

void ipam_taken_release(struct ipam_taken *taken)
{
	free(taken->addresses);
	*taken = (struct ipam_taken){0};
}
