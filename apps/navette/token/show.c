/* SPDX-License-Identifier: MIT */
/* show.c: what a JWT says of itself. The signature is left out, so that what is printed is no token. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "connect/report.h"
#include "serve/jwt_parts.h"
#include "text/escape.h"
#include "token/actions.h"
#include "token/date.h"
#include "token/input.h"

/* Names may hold what drives a terminal or turns a line around. */
static void print_lines(const char *text)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t len = end ? (size_t)(end - text) : strlen(text);

		nv_escape(stdout, (struct nv_bytes){ (const uint8_t *)text, len });
		putchar('\n');
		text += len + (end != NULL);
	}
}

static bool print(json_t *both)
{
	char *text = both ? json_dumps(both, JSON_INDENT(2)) : NULL;
	bool printed = text != NULL;

	if (text)
		print_lines(text);
	free(text);
	return printed;
}

static void tell_time(const json_t *claims, const char *name, const char *what)
{
	const json_t *claim = json_object_get(claims, name);
	char date[NV_DATE_SIZE];

	if (!json_is_integer(claim))
		return;
	nv_date_write(date, json_integer_value(claim));
	nv_report("%s %s", what, date);
}

static int show(json_t *header, json_t *claims)
{
	json_t *both = json_pack("{s:O, s:O}", "header", header, "claims", claims);
	bool printed = print(both);

	json_decref(both);
	if (!printed) {
		nv_report("%s", nv_strerror(NV_ERR_NOMEM));
		return NV_TOKEN_CODE_LOCAL;
	}
	nv_report("not checked: anybody can write this; navette token check looks at the "
	          "signature");
	tell_time(claims, "iat", "made");
	tell_time(claims, "nbf", "good from");
	tell_time(claims, "exp", "expires");
	return NV_TOKEN_CODE_GOOD;
}

static int show_token(struct nv_bytes token)
{
	struct nv_jwt_parts parts;
	bool split = nv_jwt_split(token, &parts);
	json_t *header = split ? nv_jwt_part_object(parts.header) : NULL;
	json_t *claims = split ? nv_jwt_part_object(parts.claims) : NULL;
	int code = NV_TOKEN_CODE_BAD;

	if (header && claims)
		code = show(header, claims);
	else
		nv_report("this is no JWT: that is three parts of base64url with dots between "
		          "them, two of which hold a JSON object each, %u characters at most",
		          NV_TOKEN_MOST);
	json_decref(header);
	json_decref(claims);
	return code;
}

int nv_token_show(const struct nv_token_options *options)
{
	struct nv_token_input input;
	int code = nv_token_input_read(&input, options->file);

	if (code == 0)
		code = show_token((struct nv_bytes){ input.data, input.len });
	explicit_bzero(&input, sizeof input);
	return code;
}
