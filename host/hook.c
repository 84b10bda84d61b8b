/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Rootless containers do not come back by themselves after
 * a reboot. Where systemd is, a unit of the user's own manager starts the
 * cluster, and lingering makes that happen at boot. Every other init lets only
 * root start something at boot, which suits: there the user needs a ground
 * first, and root makes it.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "io.h"
#include "podman.h"

static void describe_systemd(const struct hook_wish *wish, struct hook *hook)
{
	snprintf(hook->files[0].path, HOOK_PATH_MAX, "%s/systemd/user/kinc-%s.service",
		 wish->config, wish->cluster);
	snprintf(hook->files[0].text, HOOK_TEXT_MAX,
		 "[Unit]\n"
		 "Description=Kubernetes cluster %s\n"
		 "Documentation=man:kinc-launch(1)\n\n"
		 "[Service]\n"
		 "Type=oneshot\n"
		 "RemainAfterExit=yes\n"
		 "ExecStart=%s --cluster %s start\n"
		 "ExecStop=%s --cluster %s stop\n"
		 "TimeoutStartSec=900\n"
		 "TimeoutStopSec=120\n\n"
		 "[Install]\n"
		 "WantedBy=default.target\n",
		 wish->cluster, wish->program, wish->cluster, wish->program, wish->cluster);
	hook->files[0].mode = 0644;
	snprintf(hook->enable, sizeof(hook->enable), "systemctl --user enable kinc-%s.service",
		 wish->cluster);
	snprintf(hook->disable, sizeof(hook->disable), "systemctl --user disable kinc-%s.service",
		 wish->cluster);
}

static void describe_openrc(const struct hook_wish *wish, struct hook *hook)
{
	char name[CLUSTER_TEXT_MAX];

	snprintf(name, sizeof(name), "kinc-%u-%s", wish->uid, wish->cluster);
	snprintf(hook->files[0].path, HOOK_PATH_MAX, "/etc/init.d/%s", name);
	snprintf(hook->files[0].text, HOOK_TEXT_MAX,
		 "#!/sbin/openrc-run\n"
		 "description=\"Kubernetes cluster %s of %s\"\n"
		 "depend() {\n"
		 "\tneed localmount\n"
		 "\tafter cgroups net\n"
		 "}\n"
		 "start() {\n"
		 "\tebegin \"Starting Kubernetes cluster %s of %s\"\n"
		 "\t%s ground --user %s && %s enter --user %s -- %s --cluster %s start\n"
		 "\teend $?\n"
		 "}\n"
		 "stop() {\n"
		 "\tebegin \"Stopping Kubernetes cluster %s of %s\"\n"
		 "\t%s enter --user %s -- %s --cluster %s stop\n"
		 "\teend $?\n"
		 "}\n",
		 wish->cluster, wish->user, wish->cluster, wish->user, wish->program, wish->user,
		 wish->program, wish->user, wish->program, wish->cluster, wish->cluster, wish->user,
		 wish->program, wish->user, wish->program, wish->cluster);
	hook->files[0].mode = 0755;
	snprintf(hook->enable, sizeof(hook->enable), "rc-update add %s default", name);
	snprintf(hook->disable, sizeof(hook->disable), "rc-update delete %s default", name);
}

/* A service of runit is what its run script becomes: one that waits while the cluster runs. */
static void describe_runit(const struct hook_wish *wish, struct hook *hook)
{
	char name[CLUSTER_TEXT_MAX];

	snprintf(name, sizeof(name), "kinc-%u-%s", wish->uid, wish->cluster);
	snprintf(hook->files[0].path, HOOK_PATH_MAX, "/etc/sv/%s/run", name);
	snprintf(hook->files[0].text, HOOK_TEXT_MAX,
		 "#!/bin/sh\n"
		 "%s ground --user %s && %s enter --user %s -- %s --cluster %s start || exit 1\n"
		 "exec sleep infinity\n",
		 wish->program, wish->user, wish->program, wish->user, wish->program,
		 wish->cluster);
	snprintf(hook->files[1].path, HOOK_PATH_MAX, "/etc/sv/%s/finish", name);
	snprintf(hook->files[1].text, HOOK_TEXT_MAX,
		 "#!/bin/sh\n"
		 "exec %s enter --user %s -- %s --cluster %s stop\n",
		 wish->program, wish->user, wish->program, wish->cluster);
	hook->files[0].mode = hook->files[1].mode = 0755;
	snprintf(hook->enable, sizeof(hook->enable), "ln -s /etc/sv/%s %s/%s", name, wish->runit,
		 name);
	snprintf(hook->disable, sizeof(hook->disable), "rm -f %s/%s", wish->runit, name);
}

/* Cron ignores a file whose name has a dot, as that of a user may; hence the uid in all of them. */
static void describe_cron(const struct hook_wish *wish, struct hook *hook)
{
	snprintf(hook->files[0].path, HOOK_PATH_MAX, "/etc/cron.d/kinc-%u-%s", wish->uid,
		 wish->cluster);
	snprintf(
		hook->files[0].text, HOOK_TEXT_MAX,
		"# Kubernetes cluster %s of %s\n"
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
		"@reboot root %s ground --user %s && %s enter --user %s -- %s --cluster %s start\n",
		wish->cluster, wish->user, wish->program, wish->user, wish->program, wish->user,
		wish->program, wish->cluster);
	hook->files[0].mode = 0644;
}

static const struct {
	const char *name;
	void (*describe)(const struct hook_wish *wish, struct hook *hook);
	bool root;
} inits[] = {
	{"systemd", describe_systemd, false},
	{"openrc", describe_openrc, true},
	{"runit", describe_runit, true},
	{"cron", describe_cron, true},
};

/* Five languages with rules of their own meet here: what needs quoting in any is refused. */
static bool is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789/._+-")] == '\0';
}

int hook_describe(const char *init, const struct hook_wish *wish, struct hook *ret,
		  struct kinc_error *err)
{
	const char *const paths[] = {wish->program, wish->config, wish->runit, wish->user,
				     wish->cluster};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!is_plain(paths[i]) || strlen(paths[i]) > 200)
			return kinc_error_set(err, EINVAL,
					      "\"%.220s\" cannot be in a file that init reads: it "
					      "has other than letters, digits and / . _ + -, or "
					      "over 200 of them",
					      paths[i]);
	for (size_t i = 0; i < sizeof(inits) / sizeof(*inits); i++) {
		if (strcmp(init, inits[i].name) != 0)
			continue;
		*ret = (struct hook){.root = inits[i].root};
		inits[i].describe(wish, ret);
		return 0;
	}
	return kinc_error_set(err, EINVAL, "\"%.40s\" is not an init that is known", init);
}

const char *hook_detect_init(void)
{
	cleanup_free char *name = NULL;

	if (podman_systemd_booted())
		return "systemd";
	if (access("/run/openrc", F_OK) == 0)
		return "openrc";
	if (kinc_read_file(AT_FDCWD, "/proc/1/comm", 64, &name, NULL, NULL) == 0 &&
	    strcmp(name, "runit\n") == 0)
		return "runit";
	return access("/etc/cron.d", F_OK) == 0 ? "cron" : NULL;
}
