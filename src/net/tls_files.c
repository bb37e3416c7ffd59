/* SPDX-License-Identifier: MIT */
/* tls_files.c: reads files that somebody may be writing at this moment, and tells in plain words what is
 * wrong with them. What is in them, others find out. */
#include "net/tls_files.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>

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
	char room[NV_TLS_FILE_PROBLEM];

	return nv_tls_files_refuse(files, path, nv_tls_file_problem(number, room));
}

/* --- Stamps --- */

bool nv_tls_stamp_is_same(const struct nv_tls_stamp *a, const struct nv_tls_stamp *b)
{
	return a->device == b->device && a->number == b->number && a->size == b->size &&
	       a->written == b->written && a->changed == b->changed;
}

static bool is_stale(const struct nv_tls_file *file)
{
	struct nv_tls_stamp now;

	return nv_tls_file_stamp_at(file->path, &now) != 0 ||
	       !nv_tls_stamp_is_same(&file->stamp, &now);
}

bool nv_tls_files_are_stale(const struct nv_tls_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		if (is_stale(&files->list[i]))
			return true;
	}
	return false;
}

static int remember(struct nv_tls_files *files, const char *path, const struct nv_tls_stamp *stamp)
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
	list[files->count++] = (struct nv_tls_file){ copy, *stamp };
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
static int read_all(struct nv_tls_files *files, const char *path, intptr_t file, size_t size,
                    struct nv_buf *content)
{
	uint8_t *to = nv_buf_reserve(content, size);

	if (!to)
		return NV_ERR_NOMEM;
	while (size > 0) {
		size_t got;
		const int number = nv_tls_file_read(file, to, size, &got);

		if (number)
			return refuse_system(files, path, number);
		if (got == 0)
			break;
		to += got;
		size -= got;
		content->len += got;
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

static int read_open(struct nv_tls_files *files, const char *path, intptr_t file,
                     struct nv_buf *content)
{
	struct nv_tls_stamp stamp;
	int error = nv_tls_file_stamp(file, &stamp);

	if (error)
		return refuse_system(files, path, error);
	if (stamp.kind == NV_TLS_FILE_FOLDER)
		return nv_tls_files_refuse(files, path, "it is a directory");
	if (stamp.kind != NV_TLS_FILE_REGULAR)
		return nv_tls_files_refuse(files, path, "it is not a regular file");
	if (stamp.size > MOST_BYTES)
		return nv_tls_files_refuse(files, path, "the file is too big");
	error = remember(files, path, &stamp);
	if (error == 0)
		error = read_all(files, path, file, (size_t)stamp.size, content);
	if (error == 0 && content->len == 0)
		return nv_tls_files_refuse(files, path, "the file is empty");
	return error;
}

int nv_tls_files_read(struct nv_tls_files *files, const char *path, struct nv_buf *content)
{
	intptr_t file;
	int error = nv_tls_file_open(path, &file);

	if (error)
		return refuse_system(files, path, error);
	error = read_open(files, path, file, content);
	nv_tls_file_close(file);
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

	if ((last->stamp.mode & 037) == 0)
		return 0;
	snprintf(reason, sizeof reason,
	         "its mode %04o lets others read or change the secret in it: chmod 600",
	         last->stamp.mode);
	return nv_tls_files_refuse(files, last->path, reason);
}
