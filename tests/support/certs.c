/* SPDX-License-Identifier: MIT */
/* certs.c: certificates for tests. The bytes differ with each run; what they say does not. */
#include "support/certs.h"

#include <err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void must(bool done, const char *what)
{
	if (!done)
		errx(1, "certs: %s failed", what);
}

static EVP_PKEY *key_for(const struct cert_wish *wish)
{
	EVP_PKEY *key = wish->key;

	if (key)
		EVP_PKEY_up_ref(key);
	else if (wish->rsa_bits)
		key = EVP_RSA_gen(wish->rsa_bits);
	else
		key = EVP_EC_gen("P-256");
	must(key, "a key");
	return key;
}

static void set_serial(X509 *x509)
{
	uint64_t serial;

	must(RAND_bytes((unsigned char *)&serial, sizeof serial) == 1, "a random number");
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1, "a serial");
}

static void set_dates(X509 *x509, const struct cert_wish *wish)
{
	const bool given = wish->from_s != 0 || wish->until_s != 0;
	const long from_s = given ? wish->from_s : -3600;
	const long until_s = given ? wish->until_s : 365 * CERTS_DAY;

	must(X509_gmtime_adj(X509_getm_notBefore(x509), from_s), "a date");
	must(X509_gmtime_adj(X509_getm_notAfter(x509), until_s), "a date");
}

static void set_subject(X509 *x509, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x509);

	if (name)
		must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		                                (const unsigned char *)name, -1, -1, 0),
		     "a subject");
}

static void extend(X509 *x509, X509V3_CTX *context, int kind, const char *value)
{
	X509_EXTENSION *extension;

	if (!value)
		return;
	extension = X509V3_EXT_conf_nid(NULL, context, kind, value);
	must(extension, value);
	/* Without a subject the names are all there is: RFC 5280 4.2.1.6, and browsers insist. */
	if (kind == NID_subject_alt_name && X509_NAME_entry_count(X509_get_subject_name(x509)) == 0)
		X509_EXTENSION_set_critical(extension, 1);
	must(X509_add_ext(x509, extension, -1) == 1, value);
	X509_EXTENSION_free(extension);
}

static void set_extensions(X509 *x509, X509 *issuer, const struct cert_wish *wish)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extend(x509, &context, NID_basic_constraints,
	       wish->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
	extend(x509, &context, NID_key_usage,
	       wish->is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	extend(x509, &context, NID_subject_key_identifier, "hash");
	extend(x509, &context, NID_authority_key_identifier, "keyid:always");
	extend(x509, &context, NID_subject_alt_name, wish->names);
	extend(x509, &context, NID_ext_key_usage, wish->purpose);
}

struct cert *certs_make(const struct cert_wish *wish)
{
	struct cert *cert = calloc(1, sizeof *cert);
	const struct cert *issuer = wish->issuer ? wish->issuer : cert;

	must(cert, "memory");
	cert->issuer = wish->issuer;
	cert->key = key_for(wish);
	cert->x509 = X509_new();
	must(cert->x509 && X509_set_version(cert->x509, X509_VERSION_3) == 1, "memory");
	set_serial(cert->x509);
	set_dates(cert->x509, wish);
	set_subject(cert->x509, wish->name);
	X509_set_pubkey(cert->x509, cert->key);
	X509_set_issuer_name(cert->x509, X509_get_subject_name(issuer->x509));
	set_extensions(cert->x509, issuer->x509, wish);
	must(X509_sign(cert->x509, issuer->key, EVP_sha256()) > 0, "a signature");
	return cert;
}

void certs_free(struct cert *cert)
{
	if (!cert)
		return;
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
	free(cert);
}

static FILE *open_to_write(const char *path, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (!file || fchmod(fileno(file), mode) < 0)
		err(1, "%s", path);
	return file;
}

static void close_written(FILE *file, const char *path)
{
	if (fclose(file) != 0)
		err(1, "%s", path);
}

void certs_write_one(const struct cert *cert, const char *path)
{
	FILE *file = open_to_write(path, 0644);

	must(PEM_write_X509(file, cert->x509) == 1, path);
	close_written(file, path);
}

void certs_write_chain(const struct cert *cert, const char *path)
{
	FILE *file = open_to_write(path, 0644);

	must(PEM_write_X509(file, cert->x509) == 1, path);
	for (cert = cert->issuer; cert && cert->issuer; cert = cert->issuer)
		must(PEM_write_X509(file, cert->x509) == 1, path);
	close_written(file, path);
}

void certs_write_key(const struct cert *cert, const char *path, const char *passphrase)
{
	const int len = passphrase ? (int)strlen(passphrase) : 0;
	FILE *file = open_to_write(path, 0600);

	must(PEM_write_PKCS8PrivateKey(file, cert->key, passphrase ? EVP_aes_256_cbc() : NULL,
	                               passphrase, len, NULL, NULL) == 1,
	     path);
	close_written(file, path);
}

void certs_write_bytes(const char *path, const void *data, size_t len)
{
	FILE *file = open_to_write(path, 0600);

	must(fwrite(data, 1, len, file) == len, path);
	close_written(file, path);
}
