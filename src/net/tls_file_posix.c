/* SPDX-License-Identifier: MIT */
/* tls_file_posix.c: files of POSIX; a number is an errno. */
#include "net/tls_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static enum nv_tls_file_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return NV_TLS_FILE_REGULAR;
	return S_ISDIR(mode) ? NV_TLS_FILE_FOLDER : NV_TLS_FILE_OTHER;
}

static int stamp_of(int failed, const struct stat *status, struct nv_tls_stamp *stamp)
{
	if (failed)
		return errno;
	*stamp = (struct nv_tls_stamp){
		.kind = kind_of(status->st_mode),
		.mode = status->st_mode & 0777,
		.device = status->st_dev,
		.number = status->st_ino,
		.size = (uint64_t)status->st_size,
		.written = nanoseconds(status->st_mtim),
		.changed = nanoseconds(status->st_ctim),
	};
	return 0;
}

int nv_tls_file_stamp_at(const char *path, struct nv_tls_stamp *stamp)
{
	struct stat status;
	const int failed = stat(path, &status);

	return stamp_of(failed, &status, stamp);
}

int nv_tls_file_stamp(intptr_t file, struct nv_tls_stamp *stamp)
{
	struct stat status;
	const int failed = fstat((int)file, &status);

	return stamp_of(failed, &status, stamp);
}

int nv_tls_file_open(const char *path, intptr_t *file)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*file = fd;
	return fd < 0 ? errno : 0;
}

void nv_tls_file_close(intptr_t file)
{
	close((int)file);
}

int nv_tls_file_read(intptr_t file, void *to, size_t size, size_t *got)
{
	ssize_t len;

	do {
		len = read((int)file, to, size);
	} while (len < 0 && errno == EINTR);
	*got = len > 0 ? (size_t)len : 0;
	return len < 0 ? errno : 0;
}

const char *nv_tls_file_problem(int number, char room[NV_TLS_FILE_PROBLEM])
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such file";
	case EACCES:
		return "this user may not read it";
	default:
		snprintf(room, NV_TLS_FILE_PROBLEM, "it cannot be read (errno %d)", number);
		return room;
	}
}
