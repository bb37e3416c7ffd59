/* SPDX-License-Identifier: MIT */
/* tls_system.c: one store for all clients of the process, which is never given back. Contexts that have one
 * from before keep it. */
#include "net/tls_system.h"

#include <string.h>

#include <navette/base.h>

#include "net/lock.h"
#include "net/tls_system_store.h"

static struct {
	struct nv_lock lock;
	X509_STORE *store; /* NULL: not read yet */
	uint8_t source[NV_TLS_SYSTEM_SOURCE];
} system_wide = { .lock = NV_LOCK_INIT };

static int update(void)
{
	uint8_t source[NV_TLS_SYSTEM_SOURCE];
	X509_STORE *store;

	nv_tls_system_source(source);
	if (system_wide.store && memcmp(source, system_wide.source, sizeof source) == 0)
		return 0;
	store = nv_tls_system_read();
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

	nv_lock_take(&system_wide.lock);
	error = update();
	if (error == 0)
		SSL_CTX_set1_cert_store(ssl, system_wide.store);
	nv_lock_give(&system_wide.lock);
	return error;
}
