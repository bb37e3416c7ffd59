/* SPDX-License-Identifier: MIT */
/* pages.c: answers plain HTTP with the embedded files. */
#include "serve/pages.h"

#include "serve/web_file.h"

static const struct page {
	const char *path;
	const char *file;
} pages[] = {
	{ "/", "chat.html" },
	{ "/console", "console.html" },
	{ "/favicon.ico", "favicon.svg" },
};

#define PAGE_COUNT (sizeof pages / sizeof *pages)

/* Scripts and styles from here alone, and WebSocket connections anywhere, for the console. */
static const struct {
	const char *name;
	const char *value;
} fields[] = {
	{ "Cache-Control", "no-cache" },
	{ "Content-Security-Policy",
	  "default-src 'self'; connect-src 'self' ws: wss:; "
	  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
};

static const struct web_file *find_file(struct nv_bytes path)
{
	for (size_t i = 0; i < web_file_count; i++)
		if (nv_bytes_is(path, web_files[i].path))
			return &web_files[i];
	return NULL;
}

/* A failed answer ends the connection; there is nothing else to do about it. */
static void send_file(struct nv_request *request, struct nv_bytes path)
{
	const struct web_file *file = find_file(path);

	if (!file) {
		(void)nv_request_reply(request, 404, "text/plain; charset=utf-8",
		                       nv_str("404 Not Found\n"));
		return;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		(void)nv_request_add_field(request, fields[i].name, fields[i].value);
	(void)nv_request_reply(request, 200, file->type,
	                       (struct nv_bytes){ file->data, file->size });
}

static void send_page(struct nv_request *request)
{
	const struct nv_bytes path = nv_request_path(request);

	for (size_t i = 0; i < PAGE_COUNT; i++)
		if (nv_bytes_is(path, pages[i].path))
			send_file(request, nv_str(pages[i].file));
}

static void send_asset(struct nv_request *request)
{
	send_file(request, nv_request_param(request, "*"));
}

int nv_pages_route(struct nv_server *server)
{
	int error = nv_server_http(server, "/assets/*", send_asset, NULL);

	for (size_t i = 0; i < PAGE_COUNT && error == 0; i++)
		error = nv_server_http(server, pages[i].path, send_page, NULL);
	return error;
}
