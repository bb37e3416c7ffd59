/* SPDX-License-Identifier: MIT */
/* new.c: makes a token. It is printed when it counts: it stands in its file, or is signed. */
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "connect/report.h"
#include "serve/jwt.h"
#include "text/encoding.h"
#include "text/secret.h"
#include "token/actions.h"
#include "token/append.h"

#define RANDOM_SIZE 32u

/* RFC 4648 5: base64url without padding, so that it goes into a URL as it is. */
static bool make_random(char token[NV_BASE64_SIZE(RANDOM_SIZE) + 1])
{
	uint8_t bytes[RANDOM_SIZE];
	bool made = RAND_bytes(bytes, sizeof bytes) == 1;

	nv_base64_string((struct nv_bytes){ bytes, sizeof bytes }, token);
	token[NV_BASE64_SIZE(RANDOM_SIZE)] = '\0';
	token[strcspn(token, "=")] = '\0';
	for (char *c = token; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	explicit_bzero(bytes, sizeof bytes);
	return made;
}

/* Not through a buffer, which would keep it. */
static int write_text(const char *text)
{
	struct nv_bytes rest = nv_str(text);

	while (rest.len > 0) {
		ssize_t count = write(STDOUT_FILENO, rest.data, rest.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			nv_report("standard output: %s", strerror(errno));
			return NV_TOKEN_CODE_LOCAL;
		}
		rest.data += count;
		rest.len -= (size_t)count;
	}
	return 0;
}

static int print(const char *token)
{
	int code = write_text(token);

	return code == 0 ? write_text("\n") : code;
}

static int new_random(const struct nv_token_options *options)
{
	char token[NV_BASE64_SIZE(RANDOM_SIZE) + 1];
	int code = NV_TOKEN_CODE_LOCAL;

	if (!make_random(token))
		nv_report("there are no random numbers");
	else if (!options->tokens_file ||
	         nv_token_append(options->tokens_file, token, options->name))
		code = print(token);
	explicit_bzero(token, sizeof token);
	return code;
}

static int sign(const struct nv_token_options *options, const struct nv_jwt_key *key)
{
	int64_t now_s = time(NULL);
	char *token = nv_jwt_sign(key, options->name, now_s, now_s + options->expires_ms / 1000);
	int code = NV_TOKEN_CODE_LOCAL;

	if (token)
		code = print(token);
	else
		nv_report("the token cannot be signed");
	nv_secret_free(token);
	return code;
}

static int new_jwt(const struct nv_token_options *options)
{
	char problem[512];
	struct nv_jwt_key *key = nv_jwt_signing_key_read(
		options->jwt_algorithm, options->jwt_key_file, problem, sizeof problem);
	int code = NV_TOKEN_CODE_LOCAL;

	if (key)
		code = sign(options, key);
	else
		nv_report("%s", problem);
	nv_jwt_key_free(key);
	return code;
}

int nv_token_new(const struct nv_token_options *options)
{
	return options->jwt_key_file ? new_jwt(options) : new_random(options);
}
