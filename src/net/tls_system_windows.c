/* SPDX-License-Identifier: MIT */
/* tls_system_windows.c: the stores ROOT and CA of the user, which have the machine's in them; or else what
 * SSL_CERT_FILE and SSL_CERT_DIR name. OpenSSL's own places are left out: there are no fixed ones on
 * Windows, so that anybody might be able to write there. */
#include "net/tls_system_store.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>
/* Needs windows.h, and defines names of OpenSSL's that are not needed here. */
#include <wincrypt.h>

#include "net/tls_file.h"

/* The variable of the environment, or NULL. */
static const char *named(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value ? value : NULL;
}

static bool are_named(void)
{
	return named(X509_get_default_cert_file_env()) || named(X509_get_default_cert_dir_env());
}

static bool each_of_store(const WCHAR *name, bool (*use)(void *context, const CERT_CONTEXT *found),
                          void *context)
{
	HCERTSTORE store = CertOpenSystemStoreW(0, name);
	const CERT_CONTEXT *found = NULL;
	bool went_on = true;

	if (!store)
		return true;
	while (went_on && (found = CertEnumCertificatesInStore(store, found)))
		went_on = use(context, found);
	if (found && !went_on)
		CertFreeCertificateContext(found);
	CertCloseStore(store, 0);
	return went_on;
}

static bool each(bool (*use)(void *context, const CERT_CONTEXT *found), void *context)
{
	return each_of_store(L"ROOT", use, context) && each_of_store(L"CA", use, context);
}

/* --- What there is --- */

static bool digest(void *context, const CERT_CONTEXT *found)
{
	return EVP_DigestUpdate(context, found->pbCertEncoded, found->cbCertEncoded) == 1;
}

static void digest_text(EVP_MD_CTX *hash, const char *text)
{
	if (text)
		EVP_DigestUpdate(hash, text, strlen(text) + 1);
}

static void digest_named(EVP_MD_CTX *hash)
{
	const char *file = named(X509_get_default_cert_file_env());
	struct nv_tls_stamp stamp;

	digest_text(hash, file);
	digest_text(hash, named(X509_get_default_cert_dir_env()));
	memset(&stamp, 0, sizeof stamp);
	if (file && nv_tls_file_stamp_at(file, &stamp) == 0)
		EVP_DigestUpdate(hash, &stamp, sizeof stamp);
}

void nv_tls_system_source(unsigned char source[NV_TLS_SYSTEM_SOURCE])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	memset(source, 0, NV_TLS_SYSTEM_SOURCE);
	if (hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1) {
		digest_named(hash);
		if (!are_named())
			each(digest, hash);
		EVP_DigestFinal_ex(hash, source, NULL);
	}
	EVP_MD_CTX_free(hash);
}

/* --- Reading --- */

/* One that OpenSSL does not understand is none. False without memory. */
static bool add(void *context, const CERT_CONTEXT *found)
{
	const unsigned char *at = found->pbCertEncoded;
	X509 *certificate = d2i_X509(NULL, &at, (long)found->cbCertEncoded);
	bool added = true;

	if (certificate)
		added = X509_STORE_add_cert(context, certificate) == 1;
	X509_free(certificate);
	ERR_clear_error();
	return added;
}

X509_STORE *nv_tls_system_read(void)
{
	X509_STORE *store = X509_STORE_new();

	if (store && (are_named() ? X509_STORE_set_default_paths(store) == 1 : each(add, store)))
		return store;
	X509_STORE_free(store);
	return NULL;
}
