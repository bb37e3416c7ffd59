/* SPDX-License-Identifier: MIT */
/* certs.h: certificates for tests, made when they are needed and valid from then on. What fails ends the
 * program.
 *
 *     struct cert *ca = certs_make(&(struct cert_wish){ .name = "ca", .is_authority = true });
 *     struct cert *leaf = certs_make(&(struct cert_wish){ .names = "DNS:localhost", .issuer = ca });
 *
 *     certs_write_chain(leaf, "/tmp/x/leaf.pem");
 *     certs_write_key(leaf, "/tmp/x/leaf.key", NULL);
 *     certs_free(leaf);
 *     certs_free(ca);
 */
#ifndef SUPPORT_CERTS_H
#define SUPPORT_CERTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#define CERTS_DAY (24l * 3600l)

/* Zero is an ordinary leaf of P-256 that signs itself, valid from an hour ago for a year. */
struct cert_wish {
	const char *name;          /* CN of the subject; NULL: none */
	const char *names;         /* subjectAltName: "DNS:localhost,IP:::1"; NULL: none */
	const char *purpose;       /* extendedKeyUsage: "clientAuth"; NULL: any */
	const struct cert *issuer; /* outlives it; NULL: itself */
	bool is_authority;
	long from_s; /* both from now; 0, 0: the default */
	long until_s;
	unsigned int rsa_bits; /* 0: P-256 */
	EVP_PKEY *key;         /* that of another one, as after a renewal; NULL: a new one */
};

struct cert {
	X509 *x509;
	EVP_PKEY *key;
	const struct cert *issuer;
};

struct cert *certs_make(const struct cert_wish *wish);
void certs_free(struct cert *cert); /* NULL does nothing */

/* The certificate and its issuers, without the last one, which signs itself. */
void certs_write_chain(const struct cert *cert, const char *path);

/* The certificate alone. */
void certs_write_one(const struct cert *cert, const char *path);

/* With mode 0600, encrypted if there is a passphrase. */
void certs_write_key(const struct cert *cert, const char *path, const char *passphrase);

/* Any bytes, for files that are broken. */
void certs_write_bytes(const char *path, const void *data, size_t len);

#endif
