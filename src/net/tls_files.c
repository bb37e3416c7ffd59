/* SPDX-License-Identifier: MIT */
/* tls_files.c: reads files that somebody may be writing at this moment, and tells in plain words what is
 * wrong with them. What is in them, others find out. */
#include "net/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"

#define MOST_BYTES (4u << 20) /* the authorities of a whole system have a quarter of a MiB */
#define MOST_OF_PATH 256      /* in a problem, so that the reason is not cut off */

static bool ran_out_of_memory(void)
{
	bool found = false;

	for (unsigned long error = ERR_get_error(); error; error = ERR_get_error())
		found = found || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
	return found;
}

int nv_tls_files_refuse(struct nv_tls_files *files, const char *path, const char *reason)
{
	if (ran_out_of_memory())
		return NV_ERR_NOMEM;
	snprintf(files->problem, NV_TLS_PROBLEM, "%.*s: %s", MOST_OF_PATH, path, reason);
	return NV_ERR_TLS;
}

static int refuse_system(struct nv_tls_files *files, const char *path, int number)
{
	char reason[64];

	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return nv_tls_files_refuse(files, path, "there is no such file");
	case EACCES:
		return nv_tls_files_refuse(files, path, "this user may not read it");
	default:
		snprintf(reason, sizeof reason, "it cannot be read (errno %d)", number);
		return nv_tls_files_refuse(files, path, reason);
	}
}

/* --- Stamps --- */

static struct nv_tls_file stamp_of(const struct stat *status)
{
	return (struct nv_tls_file){ NULL,           status->st_mode, status->st_dev,
		                     status->st_ino, status->st_size, status->st_mtim,
		                     status->st_ctim };
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct nv_tls_file *a, const struct nv_tls_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       is_same_time(a->written, b->written) && is_same_time(a->changed, b->changed);
}

static bool is_stale(const struct nv_tls_file *file)
{
	struct nv_tls_file now;
	struct stat status;

	if (stat(file->path, &status) < 0)
		return true;
	now = stamp_of(&status);
	return !is_same(file, &now);
}

bool nv_tls_files_are_stale(const struct nv_tls_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		if (is_stale(&files->list[i]))
			return true;
	}
	return false;
}

static int remember(struct nv_tls_files *files, const char *path, const struct stat *status)
{
	struct nv_tls_file *list =
		nv_realloc(files->list, (files->count + 1) * sizeof(*files->list));
	char *copy;

	if (!list)
		return NV_ERR_NOMEM;
	files->list = list;
	copy = nv_copy(nv_str(path));
	if (!copy)
		return NV_ERR_NOMEM;
	list[files->count] = stamp_of(status);
	list[files->count++].path = copy;
	return 0;
}

void nv_tls_files_deinit(struct nv_tls_files *files)
{
	while (files->count)
		nv_free(files->list[--files->count].path);
	nv_free(files->list);
	files->list = NULL;
}

/* --- Contents --- */

void nv_tls_files_wipe(struct nv_buf *content)
{
	if (content->data)
		OPENSSL_cleanse(content->data, content->cap);
	nv_buf_deinit(content);
}

/* What is appended to the file from now on stays out, and makes it stale. */
static int read_all(struct nv_tls_files *files, const char *path, int fd, size_t size,
                    struct nv_buf *content)
{
	uint8_t *to = nv_buf_reserve(content, size);

	if (!to)
		return NV_ERR_NOMEM;
	while (size > 0) {
		ssize_t got = read(fd, to, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse_system(files, path, errno);
		if (got == 0)
			break;
		to += got;
		size -= (size_t)got;
		content->len += (size_t)got;
	}
	return 0;
}

static bool begins_with(struct nv_bytes line, const char *prefix)
{
	const size_t len = strlen(prefix);

	return line.len >= len && memcmp(line.data, prefix, len) == 0;
}

/* Up to and with its end, if it has one. */
static struct nv_bytes line_at(struct nv_bytes text, size_t at)
{
	const struct nv_bytes rest = { text.data + at, text.len - at };
	const uint8_t *end = memchr(rest.data, '\n', rest.len);

	return (struct nv_bytes){ rest.data, end ? (size_t)(end - rest.data) + 1 : rest.len };
}

/* A line without an end may be the half of a mark, which OpenSSL takes for a comment. */
static bool is_mark(struct nv_bytes line)
{
	if (line.data[line.len - 1] != '\n')
		return *line.data == '-';
	return begins_with(line, "-----BEGIN ") || begins_with(line, "-----END ");
}

static bool is_end_mark(struct nv_bytes line)
{
	while (line.len > 0 && memchr("\r\n", line.data[line.len - 1], 2))
		line.len--;
	return begins_with(line, "-----END ") && memcmp(line.data + line.len - 5, "-----", 5) == 0;
}

/* Whoever is writing it has not come to the end of a block (RFC 7468 2). */
static bool is_cut_off(struct nv_bytes text)
{
	for (size_t at = text.len; at-- > 0;) {
		const struct nv_bytes line = line_at(text, at);

		if ((at == 0 || text.data[at - 1] == '\n') && is_mark(line))
			return !is_end_mark(line);
	}
	return false;
}

static int read_open(struct nv_tls_files *files, const char *path, int fd, struct nv_buf *content)
{
	struct stat status;
	int error;

	if (fstat(fd, &status) < 0)
		return refuse_system(files, path, errno);
	if (S_ISDIR(status.st_mode))
		return nv_tls_files_refuse(files, path, "it is a directory");
	if (!S_ISREG(status.st_mode))
		return nv_tls_files_refuse(files, path, "it is not a regular file");
	if (status.st_size > (off_t)MOST_BYTES)
		return nv_tls_files_refuse(files, path, "the file is too big");
	error = remember(files, path, &status);
	if (error == 0)
		error = read_all(files, path, fd, (size_t)status.st_size, content);
	if (error == 0 && content->len == 0)
		return nv_tls_files_refuse(files, path, "the file is empty");
	return error;
}

int nv_tls_files_read(struct nv_tls_files *files, const char *path, struct nv_buf *content)
{
	/* Without waiting for somebody at the other end of a pipe. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return refuse_system(files, path, errno);
	error = read_open(files, path, fd, content);
	close(fd);
	return error;
}

int nv_tls_files_read_pem(struct nv_tls_files *files, const char *path, struct nv_buf *content)
{
	int error = nv_tls_files_read(files, path, content);

	if (error == 0 && is_cut_off(nv_buf_bytes(content)))
		return nv_tls_files_refuse(files, path, "the file is cut off in the middle");
	return error;
}

int nv_tls_files_expect_secret(struct nv_tls_files *files)
{
	const struct nv_tls_file *last = &files->list[files->count - 1];
	char reason[128];

	if ((last->mode & 037) == 0)
		return 0;
	snprintf(reason, sizeof reason,
	         "its mode %04o lets others read or change the secret in it: chmod 600",
	         (unsigned int)last->mode & 0777u);
	return nv_tls_files_refuse(files, last->path, reason);
}
