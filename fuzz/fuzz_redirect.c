/* SPDX-License-Identifier: MIT */
/* fuzz_redirect.c: where redirects lead. Input: the URL that was asked for, a zero, a value of Location,
 * which is taken for lines of fields, too. */
#include "input.h"
#include "proto/redirect.h"

#define ROOM 8192u

/* A path that was put together anew holds no segment "." or "..". */
static void check_path(struct nv_bytes path)
{
	char *text = (char *)copy_of(path);

	must(strstr(text, "/./") == NULL && strstr(text, "/../") == NULL);
	free(text);
}

static void check(const struct nv_url *from, struct nv_bytes location)
{
	char *out = malloc(ROOM), *again = malloc(ROOM);
	const char *problem = NULL;
	int len = nv_redirect_resolve(from, location, out, ROOM, &problem);
	struct nv_url to;

	must(len >= 0 || len == NV_ERR_INVALID || len == NV_ERR_TOO_BIG);
	must((len == NV_ERR_INVALID) == (problem != NULL));
	if (len >= 0) {
		must(strlen(out) == (size_t)len);
		must(nv_url_parse(out, &to, NULL) == 0);
		must(to.secure || !from->secure);
		must(nv_redirect_resolve(from, location, again, (size_t)len, &problem) ==
		     NV_ERR_TOO_BIG);
		if (location.len > 0 && location.data[0] == '/')
			check_path(to.path);
		must(nv_redirect_resolve(&to, nv_str(""), again, ROOM, &problem) >= 0);
		must(nv_redirect_keeps_secrets(&to, &to));
	}
	free(again);
	free(out);
}

static bool has_name(const char *line, const char *name)
{
	return strncasecmp(line, name, strlen(name)) == 0;
}

static const char *next_line(const char *line)
{
	const char *end = strstr(line, "\r\n");

	return end ? end + 2 : NULL;
}

/* No line that is left begins with the name of a secret. */
static void check_strip(const char *fields)
{
	char *out = malloc(strlen(fields) + 1);
	const char *line;

	must(out != NULL);
	nv_redirect_strip(fields, out);
	must(strlen(out) <= strlen(fields));
	for (line = out; line; line = next_line(line))
		must(!has_name(line, "Authorization:") && !has_name(line, "Cookie:") &&
		     !has_name(line, "Proxy-Authorization:"));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *from = (char *)copy_of(input_until(&input, 0));
	struct nv_bytes rest = input_bytes(&input, input.len);
	char *copy = (char *)copy_of(rest);
	struct nv_url url;

	if (nv_url_parse(from, &url, NULL) == 0)
		check(&url, (struct nv_bytes){ (const uint8_t *)copy, rest.len });
	check_strip(copy);
	free(copy);
	free(from);
	return 0;
}
