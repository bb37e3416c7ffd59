/* SPDX-License-Identifier: MIT */
/* fuzz_token.c: JSON Web Tokens and files of tokens. Input: a byte that says what the rest is: a token as
 * it comes from the wire; a header, a zero, and claims, which are signed; or the text of a file. The
 * secret is all 's'. */
#include <openssl/hmac.h>
#include <stdio.h>

#include "input.h"
#include "serve/jwt_key.h"
#include "serve/nickname.h"
#include "serve/token_file.h"
#include "text/encoding.h"

#define NOW 1800000000

static const struct nv_jwt_key key = { NV_JWT_HS256, 32,
	                               (uint8_t *)"ssssssssssssssssssssssssssssssss" };

static enum nv_verdict check(struct nv_bytes token)
{
	struct nv_pass pass;
	enum nv_verdict verdict = nv_jwt_check(&key, token, NOW, &pass);
	size_t len = strnlen(pass.name, sizeof pass.name);

	must(len < sizeof pass.name && verdict != NV_AUTH_NONE);
	must(token.len <= NV_TOKEN_MOST || verdict == NV_AUTH_BAD);
	if (verdict == NV_AUTH_GOOD) {
		must(pass.expires + NV_JWT_LEEWAY_S > NOW);
		must(len == 0 || !nv_nickname_problem(nv_str(pass.name)));
	} else {
		must(len == 0 && pass.expires == 0);
	}
	return verdict;
}

/* Behind what `to` holds; its new end. */
static char *add_part(char *to, struct nv_bytes part)
{
	nv_base64_string(part, to);
	to[NV_BASE64_SIZE(part.len)] = '\0';
	to[strcspn(to, "=")] = '\0';
	for (; *to; to++)
		*to = *to == '+' ? '-' : *to == '/' ? '_' : *to;
	return to;
}

/* A signature does not go with another token. */
static void check_signed(struct nv_bytes header, struct nv_bytes claims)
{
	char *token = malloc(NV_BASE64_SIZE(header.len) + NV_BASE64_SIZE(claims.len) + 64);
	unsigned char digest[32];
	unsigned size = sizeof digest;
	char *end;

	must(token != NULL);
	end = add_part(token, header);
	*end++ = '.';
	end = add_part(end, claims);
	HMAC(EVP_sha256(), key.data, (int)key.len, (unsigned char *)token, (size_t)(end - token),
	     digest, &size);
	*end++ = '.';
	(void)add_part(end, (struct nv_bytes){ digest, size });
	(void)check(nv_str(token));
	*token = *token == 'e' ? 'f' : 'e';
	must(check(nv_str(token)) == NV_AUTH_BAD);
	free(token);
}

static void check_file(struct nv_bytes text)
{
	char problem[256] = "";
	struct nv_token_set *set = nv_token_set_parse("f", text, problem, sizeof problem);
	struct nv_bytes first = text;

	must((set == NULL) == (*problem != '\0'));
	if (!set)
		return;
	must(!nv_token_set_find(set, (struct nv_bytes){ text.data, 0 }));
	for (first.len = 0; first.len < text.len && text.data[first.len] > ' '; first.len++)
		;
	if (first.len > 0 && *first.data > ' ' && *first.data <= '~' && *first.data != '#')
		must(nv_token_set_find(set, first) != NULL);
	nv_token_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t kind = input_byte(&input);
	uint8_t *copy = copy_of((struct nv_bytes){ input.data, input.len });
	struct input rest = { copy, input.len };

	if (kind == 'w') {
		(void)check((struct nv_bytes){ rest.data, rest.len });
	} else if (kind == 's') {
		struct nv_bytes header = input_until(&rest, '\0');

		check_signed(header, (struct nv_bytes){ rest.data, rest.len });
	} else {
		check_file((struct nv_bytes){ rest.data, rest.len });
	}
	free(copy);
	return 0;
}
