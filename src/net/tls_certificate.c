/* SPDX-License-Identifier: MIT */
/* tls_certificate.c: reads PEM from memory, where nothing changes any more and OpenSSL never asks the
 * terminal for a passphrase. The SSL_CTX owns what is made here. */
#include "net/tls_certificate.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <time.h>

#define DATE 64 /* bytes of a text with a date */
#define DAY_S 86400

static BIO *reader_of(const struct nv_buf *content)
{
	return BIO_new_mem_buf(content->data, (int)content->len);
}

/* --- The chain --- */

static int refuse_chain(const char *path, struct nv_tls_files *files)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_KEY_TOO_SMALL:
		return nv_tls_files_refuse(files, path, "a key in it is too short to be safe");
	case SSL_R_CA_MD_TOO_WEAK:
		return nv_tls_files_refuse(files, path, "a signature in it is too weak to be safe");
	default:
		return nv_tls_files_refuse(files, path, "OpenSSL cannot use the certificate");
	}
}

static bool is_at_end(void)
{
	const unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* OpenSSL's pem_password_cb for what is no secret; without one it would ask the terminal. */
static int give_nothing(char *out, int size, int is_writing, void *context)
{
	(void)out;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

/* Takes the next certificate out of the file. 1; 0 at its end. */
static int next_certificate(BIO *reader, const char *path, struct nv_tls_files *files,
                            X509 **certificate)
{
	*certificate = PEM_read_bio_X509(reader, NULL, give_nothing, NULL);
	if (*certificate)
		return 1;
	if (!is_at_end())
		return nv_tls_files_refuse(files, path, "a certificate in it is damaged");
	ERR_clear_error();
	return 0;
}

static int use_issuers(SSL_CTX *ssl, BIO *reader, const char *path, struct nv_tls_files *files)
{
	X509 *issuer;
	int got;

	while ((got = next_certificate(reader, path, files, &issuer)) > 0) {
		if (SSL_CTX_add0_chain_cert(ssl, issuer) == 1)
			continue;
		X509_free(issuer);
		return refuse_chain(path, files);
	}
	return got;
}

static int use_own(SSL_CTX *ssl, BIO *reader, const char *path, struct nv_tls_files *files)
{
	X509 *own;
	int got = next_certificate(reader, path, files, &own);

	if (got < 0)
		return got;
	if (got == 0)
		return nv_tls_files_refuse(files, path, "there is no certificate in it");
	got = SSL_CTX_use_certificate(ssl, own);
	X509_free(own);
	return got == 1 ? 0 : refuse_chain(path, files);
}

static int use_chain(SSL_CTX *ssl, const char *path, const struct nv_buf *content,
                     struct nv_tls_files *files)
{
	BIO *reader = reader_of(content);
	int error;

	if (!reader)
		return NV_ERR_NOMEM;
	error = use_own(ssl, reader, path, files);
	if (error == 0)
		error = use_issuers(ssl, reader, path, files);
	BIO_free(reader);
	return error;
}

static int read_chain(SSL_CTX *ssl, const char *path, struct nv_tls_files *files)
{
	struct nv_buf content = { 0 };
	int error = nv_tls_files_read_pem(files, path, &content);

	if (error == 0)
		error = use_chain(ssl, path, &content, files);
	nv_tls_files_wipe(&content);
	return error;
}

/* --- The key --- */

struct passphrase {
	const char *path; /* NULL: there is none */
	struct nv_buf content;
	bool asked;
};

static int read_passphrase(struct passphrase *passphrase, struct nv_tls_files *files)
{
	struct nv_buf *content = &passphrase->content;
	size_t len = 0;
	int error;

	if (!passphrase->path)
		return 0;
	error = nv_tls_files_read(files, passphrase->path, content);
	if (error == 0)
		error = nv_tls_files_expect_secret(files);
	if (error < 0)
		return error;
	while (len < content->len && !memchr("\r\n", content->data[len], 2))
		len++;
	if (len == 0)
		return nv_tls_files_refuse(files, passphrase->path, "its first line is empty");
	content->len = len;
	return 0;
}

/* The same for keys. */
static int give_passphrase(char *out, int size, int is_writing, void *context)
{
	struct passphrase *passphrase = context;
	const size_t len = passphrase->content.len;

	(void)is_writing;
	passphrase->asked = true;
	if (len == 0 || len > (size_t)size)
		return -1;
	memcpy(out, passphrase->content.data, len);
	return (int)len;
}

static int refuse_key(const char *path, const struct passphrase *passphrase,
                      struct nv_tls_files *files)
{
	char reason[NV_TLS_PROBLEM];

	if (!passphrase->asked)
		return nv_tls_files_refuse(files, path, "there is no private key in it");
	if (!passphrase->path)
		return nv_tls_files_refuse(
			files, path,
			"the key is encrypted, and no file with its passphrase is given");
	snprintf(reason, sizeof reason, "the passphrase in %.200s does not decrypt it",
	         passphrase->path);
	return nv_tls_files_refuse(files, path, reason);
}

static int use_key(SSL_CTX *ssl, EVP_PKEY *key, const struct nv_certificate *certificate,
                   const char *path, struct nv_tls_files *files)
{
	char reason[NV_TLS_PROBLEM];

	if (EVP_PKEY_eq(X509_get0_pubkey(SSL_CTX_get0_certificate(ssl)), key) != 1) {
		snprintf(reason, sizeof reason, "it is not the key of the certificate in %.200s",
		         certificate->chain_file);
		return nv_tls_files_refuse(files, path, reason);
	}
	if (SSL_CTX_use_PrivateKey(ssl, key) != 1)
		return nv_tls_files_refuse(files, path, "OpenSSL cannot use the key");
	return 0;
}

static int parse_key(SSL_CTX *ssl, const struct nv_certificate *certificate, const char *path,
                     const struct nv_buf *content, struct passphrase *passphrase,
                     struct nv_tls_files *files)
{
	BIO *reader = reader_of(content);
	EVP_PKEY *key;
	int error;

	if (!reader)
		return NV_ERR_NOMEM;
	key = PEM_read_bio_PrivateKey(reader, NULL, give_passphrase, passphrase);
	BIO_free(reader);
	if (!key)
		return refuse_key(path, passphrase, files);
	error = nv_tls_files_expect_secret(files);
	if (error == 0)
		error = use_key(ssl, key, certificate, path, files);
	EVP_PKEY_free(key);
	return error;
}

static int read_key(SSL_CTX *ssl, const struct nv_certificate *certificate,
                    struct nv_tls_files *files)
{
	const char *path = certificate->key_file ? certificate->key_file : certificate->chain_file;
	struct passphrase passphrase = { .path = certificate->passphrase_file };
	struct nv_buf content = { 0 };
	int error = read_passphrase(&passphrase, files);

	if (error == 0)
		error = nv_tls_files_read_pem(files, path, &content);
	if (error == 0)
		error = parse_key(ssl, certificate, path, &content, &passphrase, files);
	nv_tls_files_wipe(&content);
	nv_tls_files_wipe(&passphrase.content);
	return error;
}

int nv_tls_certificate_use(SSL_CTX *ssl, const struct nv_certificate *certificate,
                           struct nv_tls_files *files)
{
	int error = read_chain(ssl, certificate->chain_file, files);

	return error < 0 ? error : read_key(ssl, certificate, files);
}

/* --- Dates --- */

int64_t nv_tls_certificate_expiry(SSL_CTX *ssl)
{
	const struct tm epoch = { .tm_year = 70, .tm_mday = 1 };
	struct tm date = { 0 };
	int days = 0;
	int seconds = 0;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(ssl)), &date) != 1 ||
	    OPENSSL_gmtime_diff(&days, &seconds, &epoch, &date) != 1)
		return 0;
	return (int64_t)days * DAY_S + seconds;
}

static int refuse_date(struct nv_tls_files *files, const char *path, const char *words,
                       const ASN1_TIME *time)
{
	char reason[DATE];
	struct tm date;

	if (ASN1_TIME_to_tm(time, &date) != 1)
		return nv_tls_files_refuse(files, path, "its certificate has no valid dates");
	snprintf(reason, sizeof reason, "its certificate %s %04d-%02d-%02d %02d:%02d UTC", words,
	         date.tm_year + 1900, date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min);
	return nv_tls_files_refuse(files, path, reason);
}

int nv_tls_certificate_check_dates(SSL_CTX *ssl, const char *path, struct nv_tls_files *files)
{
	const X509 *own = SSL_CTX_get0_certificate(ssl);

	if (X509_cmp_current_time(X509_get0_notAfter(own)) <= 0)
		return refuse_date(files, path, "has expired on", X509_get0_notAfter(own));
	if (X509_cmp_current_time(X509_get0_notBefore(own)) >= 0)
		return refuse_date(files, path, "is not valid before", X509_get0_notBefore(own));
	return 0;
}

/* --- Whom to trust --- */

static int trust_one(SSL_CTX *ssl, X509_STORE *store, X509 *authority)
{
	if (X509_STORE_add_cert(store, authority) != 1)
		return NV_ERR_NOMEM;
	if (SSL_CTX_add_client_CA(ssl, authority) != 1)
		return NV_ERR_NOMEM;
	return 0;
}

static int trust_all(SSL_CTX *ssl, BIO *reader, const char *path, struct nv_tls_files *files)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl);
	size_t count = 0;
	X509 *authority;
	int error;

	/* One in the middle of a chain may be trusted without those above it. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	while ((error = next_certificate(reader, path, files, &authority)) > 0) {
		error = trust_one(ssl, store, authority);
		X509_free(authority);
		if (error < 0)
			return error;
		count++;
	}
	if (error == 0 && count == 0)
		return nv_tls_files_refuse(files, path, "there is no certificate in it");
	return error;
}

static int trust_content(SSL_CTX *ssl, const char *path, const struct nv_buf *content,
                         struct nv_tls_files *files)
{
	BIO *reader = reader_of(content);
	int error;

	if (!reader)
		return NV_ERR_NOMEM;
	error = trust_all(ssl, reader, path, files);
	BIO_free(reader);
	return error;
}

int nv_tls_certificate_trust(SSL_CTX *ssl, const char *path, struct nv_tls_files *files)
{
	struct nv_buf content = { 0 };
	int error = nv_tls_files_read_pem(files, path, &content);

	if (error == 0)
		error = trust_content(ssl, path, &content, files);
	nv_tls_files_wipe(&content);
	return error;
}

int nv_tls_certificate_trust_alike(SSL_CTX *ssl, SSL_CTX *other)
{
	STACK_OF(X509_NAME) *names = SSL_dup_CA_list(SSL_CTX_get_client_CA_list(other));

	if (!names)
		return NV_ERR_NOMEM;
	SSL_CTX_set_client_CA_list(ssl, names);
	SSL_CTX_set1_cert_store(ssl, SSL_CTX_get_cert_store(other));
	return 0;
}
