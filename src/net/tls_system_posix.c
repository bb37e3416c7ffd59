/* SPDX-License-Identifier: MIT */
/* tls_system_posix.c: a file and a folder, in the places where OpenSSL looks for them. */
#include "net/tls_system_store.h"

#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *place(const char *variable, const char *otherwise)
{
	const char *named = secure_getenv(variable);

	return named ? named : otherwise;
}

/* Folders are looked into when a certificate asks for one of their authorities; only what is read at once
 * grows old. */
void nv_tls_system_source(unsigned char source[NV_TLS_SYSTEM_SOURCE])
{
	const char *file = place(X509_get_default_cert_file_env(), X509_get_default_cert_file());
	const char *folder = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
	struct {
		uint8_t file[SHA256_DIGEST_LENGTH];
		uint8_t folder[SHA256_DIGEST_LENGTH];
		struct stat status;
	} all;

	memset(&all, 0, sizeof all);
	SHA256((const uint8_t *)file, strlen(file), all.file);
	SHA256((const uint8_t *)folder, strlen(folder), all.folder);
	if (stat(file, &all.status) < 0)
		memset(&all.status, 0, sizeof all.status);
	memset(&all.status.st_atim, 0, sizeof all.status.st_atim);
	SHA256((const uint8_t *)&all, sizeof all, source);
}

X509_STORE *nv_tls_system_read(void)
{
	X509_STORE *store = X509_STORE_new();

	if (store && X509_STORE_set_default_paths(store) == 1)
		return store;
	X509_STORE_free(store);
	return NULL;
}
