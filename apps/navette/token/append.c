/* SPDX-License-Identifier: MIT */
/* append.c: writes a second file, which takes the place of the first. The first is locked meanwhile; who
 * has waited for the lock looks whether the file is still the one under that name. */
#include "token/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connect/report.h"
#include "secret_file.h"
#include "serve/token_file.h"

static bool refuse(const char *path)
{
	nv_report("%s: %s", path, strerror(errno));
	return false;
}

static bool is_current(int fd, const char *path)
{
	struct stat held;
	struct stat named;

	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

/* The descriptor that holds the lock, or -1. */
static int lock(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

		if (fd < 0 || (flock(fd, LOCK_EX) == 0 && is_current(fd, path)))
			return fd;
		close(fd);
	}
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t count = write(fd, text, len);

		if (count < 0 && errno != EINTR)
			return false;
		text += count > 0 ? count : 0;
		len -= count > 0 ? (size_t)count : 0;
	}
	return true;
}

static bool write_line(int fd, const char *token, const char *name)
{
	return write_all(fd, token, strlen(token)) && write_all(fd, " ", *name ? 1 : 0) &&
	       write_all(fd, name, strlen(name)) && write_all(fd, "\n", 1);
}

static bool write_old(int fd, struct nv_bytes old)
{
	return write_all(fd, (const char *)old.data, old.len) &&
	       write_all(fd, "\n", old.len > 0 && old.data[old.len - 1] != '\n' ? 1 : 0);
}

/* The owner first: a change of him may take bits off the mode. */
static bool take_after(int fd, int model)
{
	struct stat status;

	return fstat(model, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) == 0 &&
	       fchmod(fd, status.st_mode & 0777) == 0;
}

static bool replace(const char *path, int locked, struct nv_bytes old, const char *token,
                    const char *name)
{
	char *other = NULL;
	int fd = asprintf(&other, "%s.XXXXXX", path) < 0 ? -1 : mkostemp(other, O_CLOEXEC);
	bool done;

	if (fd < 0) {
		refuse(path);
		free(other);
		return false;
	}
	done = take_after(fd, locked) && write_old(fd, old) && write_line(fd, token, name) &&
	       fsync(fd) == 0 && rename(other, path) == 0;
	if (!done) {
		refuse(path);
		(void)unlink(other);
	}
	close(fd);
	free(other);
	return done;
}

static bool append(const char *path, int locked, const char *token, const char *name)
{
	char problem[512] = "";
	size_t len = 0;
	uint8_t *old = nv_secret_file_read(path, NV_FILE_PRIVATE, NV_TOKEN_FILE_MOST, &len, problem,
	                                   sizeof problem);
	struct nv_bytes text = { old, len };
	struct nv_token_set *set =
		old ? nv_token_set_parse(path, text, problem, sizeof problem) : NULL;
	bool done = false;

	if (set && len + strlen(token) + strlen(name) + 3 > NV_TOKEN_FILE_MOST)
		nv_report("%s: the file is full: %u bytes", path, NV_TOKEN_FILE_MOST);
	else if (set)
		done = replace(path, locked, text, token, name);
	else
		nv_report("%s", problem);
	nv_token_set_free(set);
	nv_secret_file_free(old, len);
	return done;
}

/* A link stays one: what it leads to is replaced. */
bool nv_token_append(const char *path, const char *token, const char *name)
{
	int locked = lock(path);
	char *place = locked < 0 ? NULL : realpath(path, NULL);
	bool done = place ? append(place, locked, token, name) : refuse(path);

	free(place);
	if (locked >= 0)
		close(locked);
	return done;
}
