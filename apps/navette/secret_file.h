/* SPDX-License-Identifier: MIT */
/* secret_file.h: small files that hold secrets, as a whole. */
#ifndef NAVETTE_SECRET_FILE_H
#define NAVETTE_SECRET_FILE_H

#include <navette/base.h>

/* Who may read such a file. */
enum nv_secrecy {
	NV_FILE_PRIVATE, /* its owner and his group, and only its owner may write */
	NV_FILE_PUBLIC   /* anybody */
};

/* All of a regular file of at most `most` bytes, allocated, with a zero behind it; give it back with
 * nv_secret_file_free. NULL, and `problem` names the file, why, and what is allowed. */
uint8_t *nv_secret_file_read(const char *path, enum nv_secrecy secrecy, size_t most, size_t *len,
                             char *problem, size_t size);

/* Overwrites and frees; NULL is fine. */
void nv_secret_file_free(uint8_t *content, size_t len);

#endif
