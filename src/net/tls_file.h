/* SPDX-License-Identifier: MIT */
/* tls_file.h: the system's side of tls_files.c: one file as it is at one moment, and its bytes. Paths are
 * UTF-8 on Windows. What fails returns the system's number, of which nv_tls_file_problem knows the words. */
#ifndef NET_TLS_FILE_H
#define NET_TLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nv_tls_file_kind {
	NV_TLS_FILE_REGULAR,
	NV_TLS_FILE_FOLDER,
	NV_TLS_FILE_OTHER
};

/* Tells a file from what has taken its place, and from what it was before it was written. */
struct nv_tls_stamp {
	enum nv_tls_file_kind kind;
	unsigned int
		mode; /* who may read and write it, as chmod has it; 0 where there are no modes */
	uint64_t device;
	uint64_t number; /* of the file, there */
	uint64_t size;
	uint64_t written; /* when, in the system's smallest units */
	uint64_t changed;
};

bool nv_tls_stamp_is_same(const struct nv_tls_stamp *a, const struct nv_tls_stamp *b);

/* For reading, without waiting for somebody at the other end of a pipe. */
int nv_tls_file_open(const char *path, intptr_t *file);
void nv_tls_file_close(intptr_t file);
int nv_tls_file_stamp(intptr_t file, struct nv_tls_stamp *stamp);
/* At most `size` bytes; 0 of them at its end. */
int nv_tls_file_read(intptr_t file, void *to, size_t size, size_t *got);

int nv_tls_file_stamp_at(const char *path, struct nv_tls_stamp *stamp);

#define NV_TLS_FILE_PROBLEM 64
const char *nv_tls_file_problem(int number, char room[NV_TLS_FILE_PROBLEM]);

#endif
