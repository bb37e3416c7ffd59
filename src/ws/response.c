/* SPDX-License-Identifier: MIT */
/* response.c: the head of a plain HTTP answer. Every answer ends its connection and forbids what a
 * page does not need, unless the program's own fields say otherwise. */
#include "ws/response.h"

#include <stdio.h>
#include <time.h>

#include "proto/field.h"

static const struct {
	int status;
	const char *text;
} status_texts[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Connection", "close" },
};

static const char hsts_name[] = "Strict-Transport-Security";
static const char hsts_line[] = "Strict-Transport-Security: max-age=31536000\r\n";

const char *nv_status_text(int status)
{
	for (size_t i = 0; i < sizeof status_texts / sizeof *status_texts; i++)
		if (status_texts[i].status == status)
			return status_texts[i].text;
	return "Unknown";
}

static int append_str(struct nv_buf *out, const char *text)
{
	return nv_buf_append(out, text, strlen(text));
}

static bool names_field(struct nv_bytes fields, const char *name)
{
	while (fields.len > 0) {
		const uint8_t *colon = memchr(fields.data, ':', fields.len);
		const uint8_t *end = memchr(fields.data, '\n', fields.len);

		if (!colon || !end)
			return false;
		if (nv_bytes_is_caseless(
			    (struct nv_bytes){ fields.data, (size_t)(colon - fields.data) }, name))
			return true;
		fields.len -= (size_t)(end + 1 - fields.data);
		fields.data = end + 1;
	}
	return false;
}

static int append_defaults(struct nv_buf *out, struct nv_bytes fields)
{
	int error = 0;

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults && error == 0; i++) {
		char line[128];

		if (names_field(fields, defaults[i].name))
			continue;
		snprintf(line, sizeof line, "%s: %s\r\n", defaults[i].name, defaults[i].value);
		error = append_str(out, line);
	}
	return error;
}

static int append_hsts(struct nv_buf *out, const struct nv_response *response)
{
	if (!response->hsts || names_field(response->fields, hsts_name))
		return 0;
	return append_str(out, hsts_line);
}

/* RFC 9110 6.6.1. strftime would write the names of the program's locale. */
static int append_date(struct nv_buf *out)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;
	char line[64];

	if (!gmtime_r(&now, &tm))
		return 0;
	snprintf(line, sizeof line, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
	         days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
	         tm.tm_hour, tm.tm_min, tm.tm_sec);
	return append_str(out, line);
}

/* RFC 9110 8.6: 204 has no length. */
static int append_start(const struct nv_response *response, struct nv_buf *out)
{
	char start[128];
	int len = snprintf(start, sizeof start, "HTTP/1.1 %d %s\r\n", response->status,
	                   nv_status_text(response->status));

	if (response->status != 204)
		snprintf(start + len, sizeof start - (size_t)len, "Content-Length: %zu\r\n",
		         response->content_length);
	return append_str(out, start);
}

static int append_type(const struct nv_response *response, struct nv_buf *out)
{
	int error;

	if (!response->content_type)
		return 0;
	error = append_str(out, "Content-Type: ");
	if (error == 0)
		error = append_str(out, response->content_type);
	return error ? error : append_str(out, "\r\n");
}

int nv_response_write(const struct nv_response *response, struct nv_buf *out)
{
	int error = append_start(response, out);

	if (error == 0)
		error = append_date(out);
	if (error == 0)
		error = append_type(response, out);
	if (error == 0)
		error = append_defaults(out, response->fields);
	if (error == 0)
		error = append_hsts(out, response);
	if (error == 0)
		error = nv_buf_append(out, response->fields.data, response->fields.len);
	return error ? error : append_str(out, "\r\n");
}
