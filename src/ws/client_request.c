/* SPDX-License-Identifier: MIT */
/* client_request.c: what a client asks: its options as the fields of a request. Who was redirected to another host
 * tells it no secrets. */
#include "base/alloc.h"
#include "base/wipe.h"
#include "proto/redirect.h"
#include "proto/text.h"
#include "proto/tunnel_request.h"
#include "ws/client_try.h"

#define REQUEST_ROOM 16384u

/* A cookie that would begin another line is none. */
static bool is_value(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static int add_credentials(struct nv_text *text, const char *credentials)
{
	char value[1024];
	int len = nv_basic_credentials(credentials, value, sizeof value);

	if (len >= 0)
		nv_text_field(text, "Authorization", nv_str(value));
	nv_wipe(value, sizeof value);
	return len < 0 ? len : 0;
}

static int add_secrets(struct nv_text *text, const struct nv_client_options *options)
{
	if (options->cookie && !is_value(options->cookie))
		return NV_ERR_INVALID;
	if (options->cookie)
		nv_text_field(text, "Cookie", nv_str(options->cookie));
	return options->credentials ? add_credentials(text, options->credentials) : 0;
}

/* The program's own fields come last: should they not end as lines do, the request is refused. */
static int add_fields(const struct nv_try *attempt, struct nv_text *text)
{
	const struct nv_client_options *options = &nv_client_of_try(attempt)->options;
	const char *fields = options->fields ? options->fields : "";
	char *stripped;
	int error;

	if (!attempt->stripped) {
		error = add_secrets(text, options);
		nv_text_str(text, fields);
		return error;
	}
	stripped = nv_alloc(strlen(fields) + 1);
	if (!stripped)
		return NV_ERR_NOMEM;
	nv_redirect_strip(fields, stripped);
	nv_text_str(text, stripped);
	nv_free(stripped);
	return 0;
}

static int write_offer(struct nv_try *attempt, char *fields, char *room)
{
	const struct nv_client_options *options = &nv_client_of_try(attempt)->options;
	struct nv_text text = { .out = fields, .size = REQUEST_ROOM };
	struct nv_handshake_offer *offer = &attempt->offer;
	char target[REQUEST_ROOM];
	int error = nv_url_target(&attempt->url, target, sizeof target);

	if (error >= 0)
		error = add_fields(attempt, &text);
	if (error == 0)
		error = nv_text_end_zero(&text);
	if (error < 0)
		return error;
	offer->host = nv_str(attempt->host);
	offer->target = nv_str(target);
	offer->subprotocols = options->subprotocols;
	offer->fields = fields;
	offer->compression = &options->compression;
	error = nv_handshake_request(offer, room, REQUEST_ROOM);
	offer->target = (struct nv_bytes){ NULL, 0 };
	offer->fields = NULL;
	return error;
}

int nv_try_write_request(struct nv_try *attempt, struct nv_outq *out)
{
	uint8_t *room = nv_outq_reserve(out, REQUEST_ROOM);
	char *fields = nv_alloc(REQUEST_ROOM);
	int len = room && fields ? write_offer(attempt, fields, (char *)room) : NV_ERR_NOMEM;

	if (fields)
		nv_wipe(fields, REQUEST_ROOM);
	nv_free(fields);
	if (room)
		nv_outq_commit(out, len < 0 ? 0 : (size_t)len);
	return len < 0 ? len : 0;
}
