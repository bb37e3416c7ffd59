/* SPDX-License-Identifier: MIT */
/* folder.c: a folder for the files of a test program, and the paths that it has given out. */
#include "support/folder.h"

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct path {
	struct path *next;
	char text[512];
};

static char folder[64];
static struct path *paths;

void folder_make(void)
{
	snprintf(folder, sizeof folder, "/tmp/navette_test_XXXXXX");
	if (!mkdtemp(folder))
		err(1, "%s", folder);
}

const char *folder_path(const char *name)
{
	struct path *path = calloc(1, sizeof *path);

	if (!path)
		errx(1, "folder: no memory");
	snprintf(path->text, sizeof path->text, "%s/%s", folder, name);
	path->next = paths;
	paths = path;
	return path->text;
}

static void remove_files(void)
{
	DIR *files = opendir(folder);

	if (!files)
		err(1, "%s", folder);
	for (struct dirent *file = readdir(files); file; file = readdir(files)) {
		if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
			remove(folder_path(file->d_name));
	}
	closedir(files);
}

void folder_remove(void)
{
	remove_files();
	rmdir(folder);
	while (paths) {
		struct path *next = paths->next;

		free(paths);
		paths = next;
	}
}
