/* SPDX-License-Identifier: MIT */
#include "patches.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_manifest(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && (strcmp(name + length - 5, ".yaml") == 0 ||
			      strcmp(name + length - 5, ".json") == 0);
}

bool patches_name_known(const char *name)
{
	static const char *const targets[] = {
		"etcd",		  "kube-apiserver",	  "kube-controller-manager",
		"kube-scheduler", "kubeletconfiguration", "corednsdeployment"};
	static const char *const types[] = {"+strategic.", "+merge.", "+json."};
	size_t i = 0;

	while (i < COUNT(targets) && strncmp(name, targets[i], strlen(targets[i])) != 0)
		i++;
	if (i == COUNT(targets) || !is_manifest(name))
		return false;
	name += strlen(targets[i]);
	while (isalnum((unsigned char)*name))
		name++;
	if (*name == '.')
		return strlen(name) == 5;
	for (i = 0; i < COUNT(types); i++)
		if (strncmp(name, types[i], strlen(types[i])) == 0)
			return strlen(name) == strlen(types[i]) + 4;
	return false;
}

int patches_check(const char *folder, struct kinc_error *err)
{
	DIR *stream = opendir(folder);
	const struct dirent *entry;
	bool found = false;
	int result = 0;

	if (!stream)
		return kinc_error_set(err, EINVAL, "%.200s: %s", folder, strerror(errno));
	while (result == 0 && (entry = readdir(stream))) {
		if (patches_name_known(entry->d_name))
			found = true;
		else if (is_manifest(entry->d_name))
			result = kinc_error_set(err, EINVAL,
						"kubeadm takes no patch from %.60s: its name is a "
						"target like kube-apiserver, then letters and "
						"digits if need be, then +strategic, +merge, +json "
						"or nothing, then .yaml or .json",
						entry->d_name);
	}
	closedir(stream);
	if (result == 0 && !found)
		result = kinc_error_set(err, EINVAL,
					"%.200s has no patch of kubeadm, like "
					"kube-apiserver+merge.yaml",
					folder);
	return result;
}
