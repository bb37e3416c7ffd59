/* SPDX-License-Identifier: MIT */
/* state_folder.c: a folder by the XDG Base Directory Specification, in which a path that is not
 * absolute counts as none. */
#include "state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *absolute(const char *name)
{
	const char *path = getenv(name);

	return path && path[0] == '/' ? path : NULL;
}

static int write_path(char *path, size_t size)
{
	const char *state = absolute("XDG_STATE_HOME");
	const char *home = absolute("HOME");
	int len = 0;

	if (state)
		len = snprintf(path, size, "%s/navette", state);
	else if (home)
		len = snprintf(path, size, "%s/.local/state/navette", home);
	if (len > 0 && (size_t)len < size)
		return 0;
	*path = '\0';
	return len > 0 ? ENAMETOOLONG : ENOENT;
}

static int make(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

int nv_state_folder(char *path, size_t size)
{
	int error = write_path(path, size);
	char *slash = path;

	while (error == 0 && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		error = make(path);
		if (error == 0)
			*slash = '/';
	}
	return error ? error : make(path);
}
