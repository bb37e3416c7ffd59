/* SPDX-License-Identifier: MIT */
/* check.c: what the server would say to a token. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "connect/report.h"
#include "serve/jwt.h"
#include "serve/token_file.h"
#include "text/escape.h"
#include "token/actions.h"
#include "token/date.h"
#include "token/input.h"

struct keys {
	struct nv_token_set *set;
	struct nv_jwt_key *key;
};

static bool read_keys(const struct nv_token_options *options, struct keys *keys)
{
	char problem[512] = "";

	if (options->tokens_file)
		keys->set = nv_token_set_read(options->tokens_file, problem, sizeof problem);
	if (options->jwt_key_file && !*problem)
		keys->key = nv_jwt_key_read(options->jwt_algorithm, options->jwt_key_file, problem,
		                            sizeof problem);
	if (*problem)
		nv_report("%s", problem);
	return !*problem;
}

static void free_keys(struct keys *keys)
{
	nv_token_set_free(keys->set);
	nv_jwt_key_free(keys->key);
}

static enum nv_verdict judge(const struct keys *keys, struct nv_bytes token, struct nv_pass *pass)
{
	const char *name = keys->set ? nv_token_set_find(keys->set, token) : NULL;

	*pass = (struct nv_pass){ "", INT64_MAX };
	if (name) {
		snprintf(pass->name, sizeof pass->name, "%s", name);
		return NV_AUTH_GOOD;
	}
	return keys->key ? nv_jwt_check(keys->key, token, time(NULL), pass) : NV_AUTH_BAD;
}

static enum nv_token_code code_of(enum nv_verdict verdict)
{
	switch (verdict) {
	case NV_AUTH_GOOD:
		return NV_TOKEN_CODE_GOOD;
	case NV_AUTH_EXPIRED:
		return NV_TOKEN_CODE_EXPIRED;
	case NV_AUTH_EARLY:
		return NV_TOKEN_CODE_EARLY;
	case NV_AUTH_NONE:
	case NV_AUTH_BAD:
		break;
	}
	return NV_TOKEN_CODE_BAD;
}

static const char *word_of(enum nv_token_code code)
{
	static const char *const words[] = {
#define CODE_WORD(name, value, word, meaning) [value] = (word),
		NV_TOKEN_CODES(CODE_WORD)
#undef CODE_WORD
	};

	return words[code];
}

/* "good", the name and the time at which it ends, as far as there are any. */
static void tell(enum nv_token_code code, const struct nv_pass *pass)
{
	char date[NV_DATE_SIZE];

	fputs(word_of(code), stdout);
	if (*pass->name) {
		fputs(", ", stdout);
		nv_escape(stdout, nv_str(pass->name));
	}
	if (code == NV_TOKEN_CODE_GOOD && pass->expires != INT64_MAX) {
		nv_date_write(date, pass->expires);
		printf(", until %s", date);
	}
	putchar('\n');
}

static int check(const struct keys *keys)
{
	struct nv_token_input input;
	struct nv_pass pass = { "", INT64_MAX };
	int code = nv_token_input_read(&input, NULL);

	if (code == 0) {
		code = (int)code_of(judge(keys, (struct nv_bytes){ input.data, input.len }, &pass));
		tell((enum nv_token_code)code, &pass);
	}
	explicit_bzero(&input, sizeof input);
	return code;
}

int nv_token_check(const struct nv_token_options *options)
{
	struct keys keys = { NULL, NULL };
	int code = read_keys(options, &keys) ? check(&keys) : NV_TOKEN_CODE_LOCAL;

	free_keys(&keys);
	return code;
}
