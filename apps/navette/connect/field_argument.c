/* SPDX-License-Identifier: MIT */
/* field_argument.c: what the library would refuse later without knowing where it came from. */
#include "connect/field_argument.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "connect/report.h"
#include "connect/verdict.h"
#include "text/secret.h"
#include "usage.h"

/* RFC 9110 5.6.2: what names are made of. */
#define TCHARS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static int refuse(const char *value, const char *problem)
{
	return nv_usage_refuse(nv_report_command(), value, "%s", problem);
}

/* Joins three texts behind what `list` holds. */
static int append(char **list, const char *separator, const char *a, const char *b, const char *c)
{
	char *longer;

	if (asprintf(&longer, "%s%s%s%s%s", *list ? *list : "", *list ? separator : "", a, b, c) <
	    0) {
		nv_report("out of memory");
		return NV_VERDICT_LOCAL;
	}
	nv_secret_free(*list);
	*list = longer;
	return 0;
}

static bool is_value(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
			return false;
	}
	return true;
}

/* Those that the handshake writes itself. */
static bool is_reserved(const char *line, size_t len)
{
	static const char *const names[] = { "Host", "Upgrade", "Connection", "Content-Length",
		                             "Transfer-Encoding" };
	static const char prefix[] = "Sec-WebSocket-";

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i]) == len && strncasecmp(line, names[i], len) == 0)
			return true;
	}
	return strncasecmp(line, prefix, sizeof prefix - 1) == 0;
}

/* What stands behind the name may be a secret. */
static int refuse_header(const char *line, size_t name, const char *problem)
{
	if (name == 0)
		return refuse(NULL, problem);
	return nv_usage_refuse(nv_report_command(), NULL, "%s, as behind '%.*s'", problem,
	                       (int)name, line);
}

int nv_field_add_header(char **list, const char *line)
{
	size_t name = strspn(line, TCHARS);

	if (name == 0 || line[name] != ':')
		return refuse_header(line, name,
		                     "--header takes 'Name: value', without a space "
		                     "before the colon");
	if (!is_value(line + name))
		return refuse_header(line, name, "--header takes no control characters");
	if (is_reserved(line, name))
		return refuse_header(line, name,
		                     "--header takes none of what the handshake "
		                     "writes itself (there is --subprotocol)");
	return append(list, "", line, "\r\n", "");
}

int nv_field_add_origin(char **list, const char *origin)
{
	if (!*origin)
		return refuse(origin, "--origin takes one as https://example.org, not");
	if (!is_value(origin))
		return refuse(origin, "--origin takes no control characters, as in");
	return append(list, "", "Origin: ", origin, "\r\n");
}

/* True when that name is in a list that is separated by ", ". */
static bool is_in(const char *list, const char *name, size_t len)
{
	while (list && *list) {
		size_t end = strcspn(list, ",");

		if (end == len && memcmp(list, name, len) == 0)
			return true;
		list += end;
		list += strspn(list, ", ");
	}
	return false;
}

/* RFC 6455 4.1: all of them are different. */
static int add_subprotocol(char **list, const char *name, size_t len)
{
	char *copy;
	int code;

	if (is_in(*list, name, len))
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "--subprotocol offers '%.*s' twice", (int)len, name);
	copy = strndup(name, len);
	if (!copy) {
		nv_report("out of memory");
		return NV_VERDICT_LOCAL;
	}
	code = append(list, ", ", copy, "", "");
	free(copy);
	return code;
}

int nv_field_add_subprotocols(char **list, const char *names)
{
	const char *rest = names;

	for (;;) {
		const char *name = rest + strspn(rest, " ");
		size_t len = strspn(name, TCHARS);
		int code;

		rest = name + len;
		rest += strspn(rest, " ");
		if (len == 0 || (*rest && *rest != ','))
			return refuse(names, "--subprotocol takes 'a' or 'a,b', not");
		code = add_subprotocol(list, name, len);
		if (code || !*rest)
			return code;
		rest++;
	}
}

int nv_field_add_cookie(char **list, const char *cookie)
{
	if (!is_value(cookie) || !strchr(cookie, '='))
		return refuse(NULL, "--cookie takes 'name=value; name=value'");
	return append(list, "; ", cookie, "", "");
}

/* --- Credentials: none of them is ever shown --- */

int nv_field_set_credentials(char **credentials, const char *text)
{
	if (!is_value(text) || !strchr(text, ':'))
		return refuse(NULL,
		              "--user takes 'name:password' (and --user-file a file with it)");
	nv_secret_free(*credentials);
	*credentials = NULL;
	return append(credentials, "", text, "", "");
}

static int refuse_file(const char *path, const char *problem)
{
	nv_report("%s: %s", path, problem);
	return NV_VERDICT_LOCAL;
}

/* As the library has it for keys. */
static bool is_private(FILE *file)
{
	struct stat status;

	return fstat(fileno(file), &status) == 0 && (status.st_mode & (S_IWGRP | S_IRWXO)) == 0;
}

static int take_first_line(char **credentials, const char *path, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, file);
	int code;

	if (len < 0) {
		code = refuse_file(path, ferror(file) ? strerror(errno) : "it is empty");
	} else {
		line[strcspn(line, "\r\n")] = '\0';
		code = strchr(line, ':')
		               ? nv_field_set_credentials(credentials, line)
		               : refuse_file(path, "its first line is not 'name:password'");
		explicit_bzero(line, size);
	}
	free(line);
	return code;
}

int nv_field_read_credentials(char **credentials, const char *path)
{
	FILE *file = fopen(path, "re");
	int code;

	if (!file)
		return refuse_file(path, strerror(errno));
	/* A buffer would be freed with the secret in it. */
	(void)setvbuf(file, NULL, _IONBF, 0);
	if (is_private(file))
		code = take_first_line(credentials, path, file);
	else
		code = refuse_file(path, "others can read or change it; say chmod 600");
	fclose(file);
	return code;
}
