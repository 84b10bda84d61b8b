/* SPDX-License-Identifier: MIT */
/* A network's directory whose links and files say anything: DIRECTORY NAME TARGET lines. */
#include "cni/conf.c"
#include "cni/conf_json.c"
#include "cni/conf_ranges.c"
#include "cni/conf_routes.c"
#include "cni/conf_wish.c"
#include "cni/ipam.c"
#include "cni/ipam_boot.c"
#include "cni/ipam_list.c"
#include "cni/ipam_taken.c"
#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static int none(const struct ipam_owner *owner, void *context)
{
	return owner->container && owner->ifname && !context ? 0 : -EINVAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ipam_owner owner = {"c1", "eth0"};
	struct lease leases[CONF_SETS_MAX];
	struct ipam ipam;
	struct conf conf;
	char *input = strndup((const char *)data, size), *lines = NULL, text[4096], here[3072];

	/* run.sh starts it in the top folder. */
	assert(getcwd(here, sizeof(here)));
	snprintf(text, sizeof(text),
		 "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"ipam\":{\"dataDir\":"
		 "\"%s/build/fuzz/ipam\",\"subnet\":\"10.0.0.0/28\"}}",
		 here);
	assert(conf_parse(text, &conf, NULL) == 0 && ipam_open(&ipam, &conf, NULL) == 0);
	assert(ipam_forget(&ipam, NULL) == 0);
	for (char *line = strtok_r(input, "\n", &lines); line;
	     line = strtok_r(NULL, "\n", &lines)) {
		char *words = NULL, *where = strtok_r(line, " ", &words);
		const char *name = strtok_r(NULL, " ", &words),
			   *target = strtok_r(NULL, "", &words);
		if (!name || !target || strchr(name, '/'))
			continue;
		int at = *where == 'a' ? ipam.addresses : ipam.attachments;
		if (*where != 'l')
			(void)!symlinkat(target, at, name);
		cleanup_close int hint = openat(ipam.directory, "last.0", O_RDWR | O_CREAT, 0600);
		remember(hint, *where == 'l' ? target : "");
	}
	ipam_each(&ipam, none, NULL, NULL), ipam_room(&ipam, &conf, NULL);
	if (ipam_reserve(&ipam, &conf, &owner, leases, NULL) == 0) {
		assert(conf_set_contains(&conf.sets[0], &leases[0].address));
		assert(ipam_check(&ipam, &owner, &leases[0].address, NULL) == 0);
	}
	ipam_release(&ipam, &owner, NULL), ipam_close(&ipam), conf_release(&conf);
	free(input);
	return 0;
}
