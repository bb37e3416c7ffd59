/* SPDX-License-Identifier: MIT */
/* jwt_key.c: reads keys, and writes the PEM that libjwt gets anew: it asks a terminal for the pass phrase
 * of one that is encrypted, and takes keys of any kind and length. */
#include "serve/jwt_key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "secret_file.h"

#define FILE_MOST 65536u
#define SECRET_LEAST 32u    /* RFC 7518 3.2: as long as the hash */
#define RSA_BITS_LEAST 2048 /* RFC 7518 3.3 */

static const struct {
	const char *name;
	jwt_alg_t library;
} algorithms[] = {
	[NV_JWT_NONE] = { NULL, JWT_ALG_INVAL },
	[NV_JWT_HS256] = { "HS256", JWT_ALG_HS256 },
	[NV_JWT_RS256] = { "RS256", JWT_ALG_RS256 },
	[NV_JWT_ES256] = { "ES256", JWT_ALG_ES256 },
};

const char *nv_jwt_algorithm_name(enum nv_jwt_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

enum nv_jwt_algorithm nv_jwt_algorithm_find(const char *name)
{
	for (size_t i = NV_JWT_HS256; i <= NV_JWT_ES256; i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return (enum nv_jwt_algorithm)i;
	return NV_JWT_NONE;
}

jwt_alg_t nv_jwt_library_algorithm(const struct nv_jwt_key *key)
{
	return algorithms[key->algorithm].library;
}

/* --- Kinds of keys --- */

/* What is wrong with the secret, or NULL. */
static const char *secret_problem(struct nv_bytes secret)
{
	static const char pem[] = "-----BEGIN ";

	if (secret.len >= sizeof pem - 1 && memcmp(secret.data, pem, sizeof pem - 1) == 0)
		return "it is a key in PEM; HS256 takes a secret of random bytes";
	if (secret.len < SECRET_LEAST)
		return "the secret of HS256 has 32 bytes at least";
	return NULL;
}

static bool is_on_p256(const EVP_PKEY *key)
{
	char curve[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
	       strcmp(curve, "prime256v1") == 0;
}

static const char *kind_problem(enum nv_jwt_algorithm algorithm, const EVP_PKEY *key)
{
	if (algorithm == NV_JWT_ES256)
		return is_on_p256(key) ? NULL : "ES256 takes a key on the curve P-256";
	return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_LEAST
	               ? NULL
	               : "RS256 takes an RSA key of 2048 bits at least";
}

/* --- PEM --- */

/* No pass phrase is asked for on the terminal. */
static int no_passphrase(char *buffer, int size, int rwflag, void *context)
{
	(void)buffer;
	(void)size;
	(void)rwflag;
	(void)context;
	return -1;
}

static EVP_PKEY *parse_pem(struct nv_bytes text, bool is_private)
{
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
	EVP_PKEY *key = NULL;

	if (bio && is_private)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	else if (bio)
		key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return key;
}

static bool copy(struct nv_jwt_key *key, struct nv_bytes from)
{
	key->data = malloc(from.len + 1);
	if (!key->data)
		return false;
	memcpy(key->data, from.data, from.len);
	key->data[from.len] = '\0';
	key->len = from.len;
	return true;
}

static bool write_pem(struct nv_jwt_key *key, EVP_PKEY *pkey, bool is_private)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	bool written = false;

	if (bio && is_private)
		written = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
	else if (bio)
		written = PEM_write_bio_PUBKEY(bio, pkey) == 1;
	if (written) {
		long len = BIO_get_mem_data(bio, &text);

		written = len > 0 &&
		          copy(key, (struct nv_bytes){ (const uint8_t *)text, (size_t)len });
	}
	BIO_free(bio);
	return written;
}

static const char *pem_problem(struct nv_bytes text, bool is_private)
{
	if (is_private)
		return "no private key in PEM that is not encrypted is in it";
	if (strstr((const char *)text.data, "PRIVATE KEY-----"))
		return "it is a private key; a public one is taken (openssl pkey -pubout makes it)";
	return "no public key in PEM is in it";
}

/* NULL when it is taken; else what is wrong. */
static const char *take_pem(struct nv_jwt_key *key, struct nv_bytes text, bool is_private)
{
	EVP_PKEY *pkey = parse_pem(text, is_private);
	const char *problem =
		pkey ? kind_problem(key->algorithm, pkey) : pem_problem(text, is_private);

	if (!problem && !write_pem(key, pkey, is_private))
		problem = nv_strerror(NV_ERR_NOMEM);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return problem;
}

/* --- The whole --- */

static struct nv_bytes without_newline(struct nv_bytes text)
{
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	return text;
}

static const char *take_secret(struct nv_jwt_key *key, struct nv_bytes secret)
{
	const char *problem = secret_problem(secret);

	if (!problem && !copy(key, secret))
		problem = nv_strerror(NV_ERR_NOMEM);
	return problem;
}

static struct nv_jwt_key *read_key(enum nv_jwt_algorithm algorithm, const char *path, bool signs,
                                   char *problem, size_t size)
{
	bool is_secret = algorithm == NV_JWT_HS256;
	size_t len = 0;
	uint8_t *content =
		nv_secret_file_read(path, is_secret || signs ? NV_FILE_PRIVATE : NV_FILE_PUBLIC,
	                            FILE_MOST, &len, problem, size);
	struct nv_jwt_key *key = content ? calloc(1, sizeof *key) : NULL;
	struct nv_bytes text = { content, len };
	const char *why = nv_strerror(NV_ERR_NOMEM);

	if (!content)
		return NULL;
	if (key) {
		key->algorithm = algorithm;
		why = is_secret ? take_secret(key, without_newline(text))
		                : take_pem(key, text, signs);
	}
	nv_secret_file_free(content, len);
	if (!why)
		return key;
	snprintf(problem, size, "%s: %s", path, why);
	nv_jwt_key_free(key);
	return NULL;
}

struct nv_jwt_key *nv_jwt_key_read(enum nv_jwt_algorithm algorithm, const char *path, char *problem,
                                   size_t size)
{
	return read_key(algorithm, path, false, problem, size);
}

struct nv_jwt_key *nv_jwt_signing_key_read(enum nv_jwt_algorithm algorithm, const char *path,
                                           char *problem, size_t size)
{
	return read_key(algorithm, path, true, problem, size);
}

void nv_jwt_key_free(struct nv_jwt_key *key)
{
	if (!key)
		return;
	if (key->data)
		OPENSSL_cleanse(key->data, key->len);
	free(key->data);
	free(key);
}
