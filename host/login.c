/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOGIN_PATH_MAX = 256 };

bool login_owns(const char *path)
{
	struct stat status;

	return path && *path == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_uid == getuid() && (status.st_mode & 0077) == 0;
}

static bool has_socket(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

static bool has_socket_below(const char *name)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	char path[LOGIN_PATH_MAX];

	return login_owns(directory) &&
	       snprintf(path, sizeof(path), "%s/%s", directory, name) < LOGIN_PATH_MAX &&
	       has_socket(path);
}

bool login_has_bus(void)
{
	static const char path[] = "unix:path=";
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");

	if (!address || !*address)
		return has_socket_below("bus");
	if (strncmp(address, path, sizeof(path) - 1) != 0)
		return true; /* of a kind that cannot be looked at */
	char text[LOGIN_PATH_MAX];
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(address + sizeof(path) - 1, ",;"),
		 address + sizeof(path) - 1);
	return has_socket(text);
}

bool login_has_manager(void)
{
	return has_socket_below("systemd/private");
}

void login_complete(void)
{
	char path[64], address[LOGIN_PATH_MAX + 32];

	/* As `sudo -u` in root's home, where no program of the user can start. */
	if (access(".", X_OK) < 0 && chdir("/") < 0)
		return;
	snprintf(path, sizeof(path), "/run/user/%u", getuid());
	if (!login_owns(getenv("XDG_RUNTIME_DIR")) && login_owns(path)) {
		setenv("XDG_RUNTIME_DIR", path, 1);
		unsetenv("DBUS_SESSION_BUS_ADDRESS");
	}
	/* Without the address podman does not look for the bus, and leaves systemd out. */
	if (!getenv("DBUS_SESSION_BUS_ADDRESS") && has_socket_below("bus")) {
		snprintf(address, sizeof(address), "unix:path=%s/bus", getenv("XDG_RUNTIME_DIR"));
		setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
	}
}
