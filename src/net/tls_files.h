/* SPDX-License-Identifier: MIT */
/* tls_files.h: the files that a TLS context was made of. Each is read once, as a whole, and its stamp is
 * taken before, so that a change in the meantime is seen the next time. Not for several threads. */
#ifndef NET_TLS_FILES_H
#define NET_TLS_FILES_H

#include "base/buf.h"
#include "net/tls_context.h"
#include "net/tls_file.h"

struct nv_tls_file {
	char *path;
	struct nv_tls_stamp stamp;
};

/* Embedded, zeroed, but for `problem`. */
struct nv_tls_files {
	struct nv_tls_file *list;
	size_t count;
	char *problem; /* NV_TLS_PROBLEM bytes, the caller's, for as long as files are read */
};

/* Reads the file into `content`, which is empty, and which the caller wipes with nv_tls_files_wipe.
 * NV_ERR_TLS with a problem when it is missing, empty, too big, or not a regular file; NV_ERR_NOMEM. */
int nv_tls_files_read(struct nv_tls_files *files, const char *path, struct nv_buf *content);
/* The same, and it has to be PEM that is not cut off. */
int nv_tls_files_read_pem(struct nv_tls_files *files, const char *path, struct nv_buf *content);
void nv_tls_files_wipe(struct nv_buf *content);

/* NV_ERR_TLS with a problem when others than its owner can write the file that was read last, or others than
 * its group can read it. Where files have no modes that is the folder's concern. */
int nv_tls_files_expect_secret(struct nv_tls_files *files);

/* Tells what is wrong with the file, whatever OpenSSL says, and empties its error queue: NV_ERR_TLS, or
 * NV_ERR_NOMEM when that was the reason. */
int nv_tls_files_refuse(struct nv_tls_files *files, const char *path, const char *reason);

/* True when one is not any more what was read. */
bool nv_tls_files_are_stale(const struct nv_tls_files *files);

void nv_tls_files_deinit(struct nv_tls_files *files);

#endif
