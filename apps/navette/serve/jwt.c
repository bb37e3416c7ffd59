/* SPDX-License-Identifier: MIT */
/* jwt.c: the order is that of RFC 8725: form, algorithm, signature, and only then what is claimed. A "kid"
 * or any other hint at a key is not looked at: there is one key. */
#include "serve/jwt.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "serve/jwt_key.h"
#include "serve/jwt_parts.h"
#include "serve/nickname.h"
#include "text/secret.h"

#define TIME_MOST 253402300799LL /* the end of the year 9999 */

_Static_assert(NV_NICKNAME_SIZE <= NV_AUTH_NAME, "a name fits");

/* --- Before the key --- */

/* RFC 7515 4.1.11: what "crit" names has to be understood, and nothing of it is. */
static bool is_header_good(const json_t *header, enum nv_jwt_algorithm algorithm)
{
	const char *name = json_string_value(json_object_get(header, "alg"));

	return name && strcmp(name, nv_jwt_algorithm_name(algorithm)) == 0 &&
	       !json_object_get(header, "crit");
}

static bool is_algorithm_ours(struct nv_bytes part, enum nv_jwt_algorithm algorithm)
{
	json_t *header = nv_jwt_part_object(part);
	bool ours = header && is_header_good(header, algorithm);

	json_decref(header);
	return ours;
}

/* --- The signature --- */

/* OpenSSL leaves on each failure a note for its thread, in which the TLS of this loop would find the
 * reason of a failure that is none. */
static bool is_signed(const struct nv_jwt_key *key, struct nv_bytes token)
{
	char *text = strndup((const char *)token.data, token.len);
	jwt_t *jwt = NULL;
	bool good = text && jwt_decode(&jwt, text, key->data, (int)key->len) == 0 &&
	            jwt_get_alg(jwt) == nv_jwt_library_algorithm(key);

	jwt_free(jwt);
	nv_secret_free(text);
	ERR_clear_error();
	return good;
}

/* --- The claims --- */

/* False for what is no time; `time` stays when the claim is absent. */
static bool read_time(const json_t *claims, const char *name, int64_t *time)
{
	const json_t *claim = json_object_get(claims, name);
	json_int_t value = json_integer_value(claim);

	if (!claim)
		return true;
	*time = value;
	return json_is_integer(claim) && value >= 0 && value <= TIME_MOST;
}

static enum nv_verdict check_times(const json_t *claims, int64_t now_s, struct nv_pass *pass)
{
	int64_t expires = -1;
	int64_t begins = 0;

	if (!read_time(claims, "exp", &expires) || !read_time(claims, "nbf", &begins) ||
	    expires < 0)
		return NV_AUTH_BAD;
	pass->expires = expires;
	if (expires + NV_JWT_LEEWAY_S <= now_s)
		return NV_AUTH_EXPIRED;
	return begins - NV_JWT_LEEWAY_S > now_s ? NV_AUTH_EARLY : NV_AUTH_GOOD;
}

static bool take_name(const json_t *claim, struct nv_pass *pass)
{
	struct nv_bytes name = nv_str(json_string_value(claim));

	if (!json_is_string(claim) || nv_nickname_problem(name))
		return false;
	memcpy(pass->name, name.data, name.len);
	pass->name[name.len] = '\0';
	return true;
}

/* Whoever wrote a "name" meant to say who it is, and nobody else is let in for it. "sub" is often a number
 * of some database, and then it is no name. */
static bool read_name(const json_t *claims, struct nv_pass *pass)
{
	const json_t *name = json_object_get(claims, "name");

	if (name)
		return take_name(name, pass);
	(void)take_name(json_object_get(claims, "sub"), pass);
	return true;
}

static enum nv_verdict check_claims(struct nv_bytes part, int64_t now_s, struct nv_pass *pass)
{
	json_t *claims = nv_jwt_part_object(part);
	enum nv_verdict verdict = claims ? check_times(claims, now_s, pass) : NV_AUTH_BAD;

	if (verdict == NV_AUTH_GOOD && !read_name(claims, pass))
		verdict = NV_AUTH_BAD;
	json_decref(claims);
	return verdict;
}

enum nv_verdict nv_jwt_check(const struct nv_jwt_key *key, struct nv_bytes token, int64_t now_s,
                             struct nv_pass *pass)
{
	struct nv_jwt_parts parts;
	struct nv_pass found = { "", 0 };
	enum nv_verdict verdict = NV_AUTH_BAD;

	if (nv_jwt_split(token, &parts) && is_algorithm_ours(parts.header, key->algorithm) &&
	    is_signed(key, token))
		verdict = check_claims(parts.claims, now_s, &found);
	*pass = verdict == NV_AUTH_GOOD ? found : (struct nv_pass){ "", 0 };
	return verdict;
}
