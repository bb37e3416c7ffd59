/* SPDX-License-Identifier: MIT */
/* tls_system.c: one store for all clients of the process, which is never given back. Contexts that have one
 * from before keep it. */
#include "net/tls_system.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <navette/base.h>

static struct {
	pthread_mutex_t lock;
	X509_STORE *store;                    /* NULL: not read yet */
	uint8_t source[SHA256_DIGEST_LENGTH]; /* what it was read from, and when that was written */
} system_wide = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *place(const char *variable, const char *otherwise)
{
	const char *named = secure_getenv(variable);

	return named ? named : otherwise;
}

/* Folders are looked into when a certificate asks for one of their authorities; only what is read at once
 * grows old. */
static void take_source(uint8_t source[SHA256_DIGEST_LENGTH])
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

static X509_STORE *read_store(void)
{
	X509_STORE *store = X509_STORE_new();

	if (store && X509_STORE_set_default_paths(store) == 1)
		return store;
	X509_STORE_free(store);
	return NULL;
}

static int update(void)
{
	uint8_t source[SHA256_DIGEST_LENGTH];
	X509_STORE *store;

	take_source(source);
	if (system_wide.store && memcmp(source, system_wide.source, sizeof source) == 0)
		return 0;
	store = read_store();
	if (!store)
		return NV_ERR_NOMEM;
	X509_STORE_free(system_wide.store);
	system_wide.store = store;
	memcpy(system_wide.source, source, sizeof source);
	return 0;
}

int nv_tls_system_trust(SSL_CTX *ssl)
{
	int error;

	pthread_mutex_lock(&system_wide.lock);
	error = update();
	if (error == 0)
		SSL_CTX_set1_cert_store(ssl, system_wide.store);
	pthread_mutex_unlock(&system_wide.lock);
	return error;
}
