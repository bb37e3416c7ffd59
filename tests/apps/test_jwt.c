/* SPDX-License-Identifier: MIT */
/* test_jwt.c: which JSON Web Tokens are good. They are forged here, with OpenSSL alone, so that they can
 * say anything and be signed nevertheless. */
#include "serve/jwt.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"
#include "text/encoding.h"
#include "text/secret.h"

#define NOW 1800000000
#define SECRET "0123456789abcdef0123456789abcdef"

static char root[64];
static char problem[512];
static EVP_PKEY *rsa;
static EVP_PKEY *ec;
static struct nv_jwt_key *hs256;
static struct nv_jwt_key *rs256;
static struct nv_jwt_key *es256;

/* --- Files --- */

static const char *place(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	FILE *file = fopen(place(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(place(name), mode), 0);
}

static void write_key(const char *name, EVP_PKEY *key, const char *passphrase)
{
	char path[140];
	const EVP_CIPHER *cipher = passphrase ? EVP_aes_128_cbc() : NULL;
	FILE *file = fopen(place(name), "w");

	assert_int_equal(PEM_write_PrivateKey(file, key, cipher, NULL, 0, NULL, (char *)passphrase),
	                 1);
	fclose(file);
	assert_int_equal(chmod(place(name), 0600), 0);
	snprintf(path, sizeof path, "%s.pub", place(name));
	file = fopen(path, "w");
	assert_int_equal(PEM_write_PUBKEY(file, key), 1);
	fclose(file);
	assert_int_equal(chmod(path, 0644), 0);
}

static struct nv_jwt_key *read_key(enum nv_jwt_algorithm algorithm, const char *name)
{
	problem[0] = '\0';
	return nv_jwt_key_read(algorithm, place(name), problem, sizeof problem);
}

/* --- Forging --- */

static char *forged; /* the last one */

static void append_part(const void *data, size_t len)
{
	size_t used = strlen(forged);
	char *end = forged + used;

	nv_base64_string((struct nv_bytes){ data, len }, end);
	end[NV_BASE64_SIZE(len)] = '\0';
	end[strcspn(end, "=")] = '\0';
	for (; *end; end++)
		*end = *end == '+' ? '-' : *end == '/' ? '_' : *end;
}

static void start(const char *header, const char *claims)
{
	free(forged);
	forged = calloc(1, 2 * (strlen(header) + strlen(claims)) + 2048);
	assert_non_null(forged);
	append_part(header, strlen(header));
	strcat(forged, ".");
	append_part(claims, strlen(claims));
}

static struct nv_bytes sign_hmac(const void *secret, size_t len)
{
	unsigned char digest[32];
	unsigned size = sizeof digest;

	HMAC(EVP_sha256(), secret, (int)len, (unsigned char *)forged, strlen(forged), digest,
	     &size);
	strcat(forged, ".");
	append_part(digest, size);
	return nv_str(forged);
}

/* ECDSA gives ASN.1, JWS wants two numbers (RFC 7518 3.4). */
static size_t as_numbers(unsigned char *signature, size_t len)
{
	const unsigned char *at = signature;
	ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)len);
	unsigned char numbers[64];

	assert_non_null(both);
	BN_bn2binpad(ECDSA_SIG_get0_r(both), numbers, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(both), numbers + 32, 32);
	ECDSA_SIG_free(both);
	memcpy(signature, numbers, sizeof numbers);
	return sizeof numbers;
}

static struct nv_bytes sign_with(EVP_PKEY *key)
{
	unsigned char signature[512];
	size_t len = sizeof signature;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
		EVP_DigestSign(context, signature, &len, (unsigned char *)forged, strlen(forged)),
		1);
	EVP_MD_CTX_free(context);
	if (EVP_PKEY_is_a(key, "EC"))
		len = as_numbers(signature, len);
	strcat(forged, ".");
	append_part(signature, len);
	return nv_str(forged);
}

static struct nv_bytes forge(const char *header, const char *claims)
{
	start(header, claims);
	return sign_hmac(SECRET, 32);
}

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static struct nv_bytes claim(const char *claims)
{
	return forge(HEADER, claims);
}

static struct nv_pass pass;

static enum nv_verdict check_with(const struct nv_jwt_key *key, struct nv_bytes token)
{
	uint8_t *copy = malloc(token.len); /* without a zero behind it */
	enum nv_verdict verdict;

	memset(&pass, 'x', sizeof pass);
	memcpy(copy, token.data, token.len);
	verdict = nv_jwt_check(key, (struct nv_bytes){ copy, token.len }, NOW, &pass);
	free(copy);
	assert_int_equal(ERR_peek_error(), 0);
	if (verdict != NV_AUTH_GOOD) {
		assert_string_equal(pass.name, "");
		assert_int_equal(pass.expires, 0);
	}
	return verdict;
}

static enum nv_verdict check(struct nv_bytes token)
{
	return check_with(hs256, token);
}

/* --- Tests --- */

static void takes_its_own_algorithm(void **state)
{
	static const char claims[] = "{\"exp\":1800000060,\"name\":\"Alice\"}";

	assert_int_equal(check(forge(HEADER, claims)), NV_AUTH_GOOD);
	assert_string_equal(pass.name, "Alice");
	assert_int_equal(pass.expires, 1800000060);
	start("{\"alg\":\"RS256\"}", claims);
	assert_int_equal(check_with(rs256, sign_with(rsa)), NV_AUTH_GOOD);
	assert_string_equal(pass.name, "Alice");
	start("{\"alg\":\"ES256\"}", claims);
	assert_int_equal(check_with(es256, sign_with(ec)), NV_AUTH_GOOD);
	assert_string_equal(pass.name, "Alice");
}

/* Whoever has the public key could sign for everybody else. */
static void refuses_a_public_key_as_the_secret(void **state)
{
	char pem[1024];
	FILE *file = fopen(place("rsa.pub"), "r");
	size_t len = fread(pem, 1, sizeof pem, file);

	fclose(file);
	for (size_t cut = 0; cut < 2; cut++) {
		start(HEADER, "{\"exp\":1800000060}");
		assert_int_equal(check_with(rs256, sign_hmac(pem, len - cut)), NV_AUTH_BAD);
	}
}

static void refuses_every_other_algorithm(void **state)
{
	static const char claims[] = "{\"exp\":1800000060}";
	static const char *const headers[] = {
		"{\"alg\":\"none\"}",
		"{\"alg\":\"None\"}",
		"{\"alg\":\"NONE\"}",
		"{\"alg\":\"hs256\"}",
		"{\"alg\":\"Hs256\"}",
		"{\"alg\":\"HS256 \"}",
		"{\"alg\":\"HS256\\u0000\"}",
		"{\"alg\":\"HS384\"}",
		"{\"alg\":\"HS512\"}",
		"{\"alg\":\"RS256\"}",
		"{\"alg\":\"ES256\"}",
		"{\"alg\":\"\"}",
		"{\"alg\":null}",
		"{\"alg\":1}",
		"{\"alg\":[\"HS256\"]}",
		"{}",
		"{\"Alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
		"{\"alg\":\"none\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"none\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
		"[\"alg\",\"HS256\"]",
		"\"HS256\"",
		"{\"alg\":\"HS256\"",
		"{\"alg\":\"HS256\"} x",
		"{\"alg\":\"HS256\"}{\"alg\":\"HS256\"}",
	};

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		enum nv_verdict verdict = check(forge(headers[i], claims));

		if (verdict != NV_AUTH_BAD)
			fail_msg("%s: %d", headers[i], verdict);
	}
	start("{\"alg\":\"none\"}", claims);
	assert_int_equal(check(nv_str(forged)), NV_AUTH_BAD);
	strcat(forged, ".");
	assert_int_equal(check(nv_str(forged)), NV_AUTH_BAD);
	start("{\"alg\":\"RS256\"}", claims);
	assert_int_equal(check(sign_with(rsa)), NV_AUTH_BAD);
	start("{\"alg\":\"RS256\"}", claims);
	assert_int_equal(check_with(es256, sign_with(rsa)), NV_AUTH_BAD);
	start("{\"alg\":\"ES256\"}", claims);
	assert_int_equal(check_with(rs256, sign_with(ec)), NV_AUTH_BAD);
}

static void looks_at_no_hint_at_a_key(void **state)
{
	static const char claims[] = "{\"exp\":1800000060}";
	static const char traversal[] = "{\"alg\":\"HS256\",\"kid\":\"../../../../dev/"
					"null\",\"jku\":\"http://localhost/\"}";

	assert_int_equal(check(forge(traversal, claims)), NV_AUTH_GOOD);
	start(traversal, claims);
	assert_int_equal(check(sign_hmac("", 0)), NV_AUTH_BAD);
}

static void wants_the_signature(void **state)
{
	struct nv_bytes token = claim("{\"exp\":1800000060}");
	size_t begin = (size_t)(strrchr(forged, '.') - forged);
	EVP_PKEY *other = EVP_EC_gen("P-256");

	assert_int_equal(check(token), NV_AUTH_GOOD);
	for (size_t i = 0; i < token.len; i++) {
		char kept = forged[i];

		forged[i] = kept == 'A' ? 'B' : 'A';
		if (check(token) != NV_AUTH_BAD)
			fail_msg("character %zu does not count", i);
		forged[i] = kept;
	}
	for (size_t len = 0; len < token.len; len++)
		assert_int_equal(check((struct nv_bytes){ token.data, len }), NV_AUTH_BAD);
	assert_true(begin > 0);
	start(HEADER, "{\"exp\":1800000060}");
	assert_int_equal(check(sign_hmac("0123456789abcdef0123456789abcdeF", 32)), NV_AUTH_BAD);
	start("{\"alg\":\"ES256\"}", "{\"exp\":1800000060}");
	assert_int_equal(check_with(es256, sign_with(other)), NV_AUTH_BAD);
	EVP_PKEY_free(other);
}

/* r = s = 0 was good for some. */
static void refuses_the_psychic_signature(void **state)
{
	unsigned char nothing[64] = { 0 };

	start("{\"alg\":\"ES256\"}", "{\"exp\":1800000060}");
	strcat(forged, ".");
	append_part(nothing, sizeof nothing);
	assert_int_equal(check_with(es256, nv_str(forged)), NV_AUTH_BAD);
}

static void wants_the_form(void **state)
{
	static const char *const texts[] = { "", ".", "..", "...", "a.b.c", "e30.e30.e30", " " };
	char good[1024];
	char text[1100];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(check(nv_str(texts[i])), NV_AUTH_BAD);
	(void)claim("{\"exp\":1800000060}");
	strcpy(good, forged);
	static const char *const ends[] = { "=", "==", ".", ".e30", " ", "\n", "A", "+", "/" };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(text, sizeof text, "%s%s", good, ends[i]);
		assert_int_equal(check(nv_str(text)), NV_AUTH_BAD);
		snprintf(text, sizeof text, "%s%s", ends[i], good);
		assert_int_equal(check(nv_str(text)), NV_AUTH_BAD);
	}
	assert_int_equal(check((struct nv_bytes){ (uint8_t *)good, strlen(good) + 1 }),
	                 NV_AUTH_BAD);
}

/* "fQ" is "}", and so is "fR" where the last bits are thrown away. */
static void wants_the_one_spelling_of_base64url(void **state)
{
	char *end;

	start(HEADER, "{\"exp\":18000000600}");
	end = forged + strlen(forged) - 1;
	assert_int_equal(*end, 'Q');
	*end = 'R';
	assert_int_equal(check(sign_hmac(SECRET, 32)), NV_AUTH_BAD);
}

static char *padded_claims(size_t len)
{
	char *claims = malloc(len + 64);
	size_t used = (size_t)sprintf(claims, "{\"exp\":1800000060,\"x\":\"");

	memset(claims + used, 'x', len);
	strcpy(claims + used + len, "\"}");
	return claims;
}

static void has_a_limit(void **state)
{
	static const size_t lengths[] = { 6030, 6150, 49152, 200000 };

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char *claims = padded_claims(lengths[i]);
		struct nv_bytes token = claim(claims);

		assert_int_equal(check(token), token.len <= 8192 ? NV_AUTH_GOOD : NV_AUTH_BAD);
		assert_int_equal(token.len <= 8192, i == 0);
		free(claims);
	}
}

static void survives_deep_nests(void **state)
{
	static char claims[6001];

	memset(claims, '[', sizeof claims - 1);
	assert_int_equal(check(claim(claims)), NV_AUTH_BAD);
	for (size_t i = 0; i + 5 < sizeof claims; i += 5)
		memcpy(claims + i, "{\"a\":", 5);
	assert_int_equal(check(claim(claims)), NV_AUTH_BAD);
}

static void counts_time_with_leeway(void **state)
{
	static const struct {
		const char *claims;
		enum nv_verdict verdict;
	} rows[] = {
		{ "{\"exp\":1799999971}", NV_AUTH_GOOD },
		{ "{\"exp\":1799999970}", NV_AUTH_EXPIRED },
		{ "{\"exp\":1799999969}", NV_AUTH_EXPIRED },
		{ "{\"exp\":0}", NV_AUTH_EXPIRED },
		{ "{\"exp\":253402300799}", NV_AUTH_GOOD },
		{ "{\"exp\":1800000060,\"nbf\":1800000030}", NV_AUTH_GOOD },
		{ "{\"exp\":1800000060,\"nbf\":1800000031}", NV_AUTH_EARLY },
		{ "{\"exp\":1800000060,\"nbf\":0}", NV_AUTH_GOOD },
		{ "{\"exp\":1799999970,\"nbf\":1800000031}", NV_AUTH_EXPIRED },
		{ "{\"exp\":1800000060,\"iat\":1900000000}", NV_AUTH_GOOD },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum nv_verdict verdict = check(claim(rows[i].claims));

		if (verdict != rows[i].verdict)
			fail_msg("%s: %d", rows[i].claims, verdict);
	}
}

static void refuses_times_that_are_none(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"name\":\"Alice\"}",
		"{\"exp\":null}",
		"{\"exp\":true}",
		"{\"exp\":\"1800000060\"}",
		"{\"exp\":1800000060.5}",
		"{\"exp\":1800000060.0}",
		"{\"exp\":1.9e9}",
		"{\"exp\":-1}",
		"{\"exp\":-1800000060}",
		"{\"exp\":253402300800}",
		"{\"exp\":9223372036854775807}",
		"{\"exp\":-9223372036854775808}",
		"{\"exp\":9223372036854775808}",
		"{\"exp\":99999999999999999999999999}",
		"{\"exp\":1e400}",
		"{\"exp\":NaN}",
		"{\"exp\":[1800000060]}",
		"{\"exp\":1800000060,\"nbf\":\"0\"}",
		"{\"exp\":1800000060,\"nbf\":-1}",
		"{\"exp\":1800000060,\"nbf\":0.5}",
		"{\"exp\":1800000060,\"nbf\":null}",
		"{\"exp\":1800000060,\"nbf\":9223372036854775807}",
		"{\"exp\":1800000060,\"exp\":1800000060}",
		"{\"exp\":1,\"exp\":1800000060}",
		"{\"exp\":1800000060,\"x\":{\"y\":1,\"y\":2}}",
		"{\"exp\":1800000060,\"e\\u0078p\":1}",
		"{\"exp\":1800000060} ,",
		"[{\"exp\":1800000060}]",
		"",
		"null",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum nv_verdict verdict = check(claim(bad[i]));

		if (verdict != NV_AUTH_BAD)
			fail_msg("%s: %d", bad[i], verdict);
	}
}

static void takes_the_name(void **state)
{
	static const struct {
		const char *claims;
		const char *name; /* NULL: a bad token */
	} rows[] = {
		{ "\"name\":\"Alice\",\"sub\":\"1\"", "Alice" },
		{ "\"sub\":\"Bob\"", "Bob" },
		{ "\"sub\":\"\"", "" },
		{ "\"sub\":7", "" },
		{ "\"sub\":\"SYST\\u00c8ME\"", "" },
		{ "\"sub\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"", "" },
		{ "\"name\":\"Ch\\u00e9ri\"", "Ch\xC3\xA9ri" },
		{ "\"name\":\"\"", NULL },
		{ "\"name\":\"  \"", NULL },
		{ "\"name\":null,\"sub\":\"Bob\"", NULL },
		{ "\"name\":7", NULL },
		{ "\"name\":\"Syst\\u00e8me\"", NULL },
		{ "\"name\":\"a\\u0000b\"", NULL },
		{ "\"sub\":\"a\\u0000b\"", NULL },
		{ "\"name\":\"a\\u202eb\"", NULL },
		{ "\"name\":\"a\\nb\"", NULL },
		{ "\"name\":\"abcdefghijklmnopqrstuvwxyzabcdefg\"", NULL },
		{ "\"name\":\"A\",\"name\":\"B\"", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char claims[200];
		enum nv_verdict verdict;

		snprintf(claims, sizeof claims, "{\"exp\":1800000060,%s}", rows[i].claims);
		verdict = check(claim(claims));
		if (verdict != (rows[i].name ? NV_AUTH_GOOD : NV_AUTH_BAD) ||
		    strcmp(pass.name, rows[i].name ? rows[i].name : "") != 0)
			fail_msg("%s: %d '%s'", claims, verdict, pass.name);
	}
}

static void assert_no_key(enum nv_jwt_algorithm algorithm, const char *name, const char *expected)
{
	assert_null(read_key(algorithm, name));
	assert_int_equal(ERR_peek_error(), 0);
	if (!strstr(problem, expected) || !strstr(problem, place(name)))
		fail_msg("'%s' is not in '%s'", expected, problem);
}

static void refuses_secrets_that_are_no_good(void **state)
{
	struct nv_jwt_key *key;

	write_file("short", SECRET, 31, 0600);
	assert_no_key(NV_JWT_HS256, "short", "32 bytes at least");
	write_file("short", "0123456789abcdef0123456789abcde\n", 32, 0600);
	assert_no_key(NV_JWT_HS256, "short", "32 bytes at least");
	write_file("open", SECRET, 32, 0644);
	assert_no_key(NV_JWT_HS256, "open", "0640 at most is allowed");
	assert_no_key(NV_JWT_HS256, "rsa", "PEM; HS256 takes a secret");
	assert_no_key(NV_JWT_HS256, "missing", "No such file or directory");
	write_file("newline", SECRET "\n", 33, 0640);
	key = read_key(NV_JWT_HS256, "newline");
	assert_int_equal(check_with(key, claim("{\"exp\":1800000060}")), NV_AUTH_GOOD);
	nv_jwt_key_free(key);
}

static void takes_a_secret_of_any_bytes(void **state)
{
	static const char secret[40] = "\0\0\n.";
	struct nv_jwt_key *key;

	write_file("bytes", secret, sizeof secret, 0600);
	key = read_key(NV_JWT_HS256, "bytes");
	assert_non_null(key);
	start(HEADER, "{\"exp\":1800000060}");
	assert_int_equal(check_with(key, sign_hmac(secret, sizeof secret)), NV_AUTH_GOOD);
	start(HEADER, "{\"exp\":1800000060}");
	assert_int_equal(check_with(key, sign_hmac("\1\0\n.", 5)), NV_AUTH_BAD);
	nv_jwt_key_free(key);
}

static void refuses_keys_of_another_kind(void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(1024);
	EVP_PKEY *p384 = EVP_EC_gen("P-384");

	write_key("small", small, NULL);
	write_key("p384", p384, NULL);
	assert_no_key(NV_JWT_RS256, "small.pub", "2048 bits at least");
	assert_no_key(NV_JWT_ES256, "p384.pub", "the curve P-256");
	assert_no_key(NV_JWT_RS256, "ec.pub", "takes an RSA key");
	assert_no_key(NV_JWT_ES256, "rsa.pub", "the curve P-256");
	assert_no_key(NV_JWT_RS256, "rsa", "it is a private key");
	write_file("text", "hello", 5, 0644);
	assert_no_key(NV_JWT_RS256, "text", "no public key in PEM");
	write_file("empty", "", 0, 0644);
	assert_no_key(NV_JWT_ES256, "empty", "no public key in PEM");
	EVP_PKEY_free(small);
	EVP_PKEY_free(p384);
}

static void assert_signs(enum nv_jwt_algorithm algorithm, const char *name,
                         const struct nv_jwt_key *public_key)
{
	struct nv_jwt_key *key =
		nv_jwt_signing_key_read(algorithm, place(name), problem, sizeof problem);
	char *token;

	assert_non_null(key);
	token = nv_jwt_sign(key, "Ch\xC3\xA9ri", NOW, NOW + 60);
	assert_non_null(token);
	assert_int_equal(check_with(public_key, nv_str(token)), NV_AUTH_GOOD);
	assert_string_equal(pass.name, "Ch\xC3\xA9ri");
	nv_secret_free(token);
	token = nv_jwt_sign(key, "", NOW - 60, NOW - 30);
	assert_int_equal(check_with(public_key, nv_str(token)), NV_AUTH_EXPIRED);
	nv_secret_free(token);
	nv_jwt_key_free(key);
}

static void signs_what_it_takes(void **state)
{
	assert_signs(NV_JWT_HS256, "hs", hs256);
	assert_signs(NV_JWT_RS256, "rsa", rs256);
	assert_signs(NV_JWT_ES256, "ec", es256);
}

static void refuses_what_cannot_sign(void **state)
{
	write_key("encrypted", ec, "secret phrase");
	assert_null(
		nv_jwt_signing_key_read(NV_JWT_ES256, place("encrypted"), problem, sizeof problem));
	assert_non_null(strstr(problem, "not encrypted"));
	assert_int_equal(chmod(place("ec"), 0644), 0);
	assert_null(nv_jwt_signing_key_read(NV_JWT_ES256, place("ec"), problem, sizeof problem));
	assert_non_null(strstr(problem, "0640 at most"));
	assert_int_equal(chmod(place("ec"), 0600), 0);
}

static void knows_its_algorithms_by_name(void **state)
{
	assert_int_equal(nv_jwt_algorithm_find("HS256"), NV_JWT_HS256);
	assert_int_equal(nv_jwt_algorithm_find("RS256"), NV_JWT_RS256);
	assert_int_equal(nv_jwt_algorithm_find("ES256"), NV_JWT_ES256);
	assert_int_equal(nv_jwt_algorithm_find("none"), NV_JWT_NONE);
	assert_int_equal(nv_jwt_algorithm_find("hs256"), NV_JWT_NONE);
	assert_null(nv_jwt_algorithm_name(NV_JWT_NONE));
}

static int setup(void **state)
{
	strcpy(root, "/tmp/navette-jwt-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	write_key("rsa", rsa, NULL);
	write_key("ec", ec, NULL);
	write_file("hs", SECRET, 32, 0600);
	hs256 = read_key(NV_JWT_HS256, "hs");
	rs256 = read_key(NV_JWT_RS256, "rsa.pub");
	es256 = read_key(NV_JWT_ES256, "ec.pub");
	return hs256 && rs256 && es256 ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	return remove(path);
}

static int teardown(void **state)
{
	nv_jwt_key_free(hs256);
	nv_jwt_key_free(rs256);
	nv_jwt_key_free(es256);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	free(forged);
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("takes its own algorithm", takes_its_own_algorithm),
		unit_case("refuses a public key as the secret", refuses_a_public_key_as_the_secret),
		unit_case("refuses every other algorithm", refuses_every_other_algorithm),
		unit_case("looks at no hint at a key", looks_at_no_hint_at_a_key),
		unit_case("wants the signature", wants_the_signature),
		unit_case("refuses the psychic signature", refuses_the_psychic_signature),
		unit_case("wants the form", wants_the_form),
		unit_case("wants the one spelling of base64url",
		          wants_the_one_spelling_of_base64url),
		unit_case("has a limit", has_a_limit),
		unit_case("survives deep nests", survives_deep_nests),
		unit_case("counts time with leeway", counts_time_with_leeway),
		unit_case("refuses times that are none", refuses_times_that_are_none),
		unit_case("takes the name", takes_the_name),
		unit_case("refuses secrets that are no good", refuses_secrets_that_are_no_good),
		unit_case("takes a secret of any bytes", takes_a_secret_of_any_bytes),
		unit_case("refuses keys of another kind", refuses_keys_of_another_kind),
		unit_case("signs what it takes", signs_what_it_takes),
		unit_case("refuses what cannot sign", refuses_what_cannot_sign),
		unit_case("knows its algorithms by name", knows_its_algorithms_by_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
