/* SPDX-License-Identifier: MIT */
/* witness.c: notes what is seen. */
#include "torture/witness.h"

#include <stdarg.h>
#include <stdio.h>

#include "torture/talk.h"

void witness_note(struct witness *witness, const char *format, ...)
{
	size_t room = sizeof(witness->seen) - witness->len;
	va_list values;
	int len;

	va_start(values, format);
	len = vsnprintf(witness->seen + witness->len, room, format, values);
	va_end(values);
	witness->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void expect(struct witness *witness, bool order)
{
	if (!order)
		witness->confused = true;
}

static bool is_open(const struct witness *witness)
{
	return witness->opened == 1 && witness->closed == 0 && witness->failed == 0;
}

void witness_open(struct witness *witness, struct nv_conn *conn)
{
	const char *subprotocol = nv_conn_subprotocol(conn);
	const struct nv_deflate *deflate = nv_conn_deflate(conn);

	expect(witness, !witness->opened++ && !witness->failed);
	witness_note(witness, "open%s%s\n", subprotocol ? " " : "", subprotocol ? subprotocol : "");
	witness->deflates = deflate != NULL;
	witness->keeps_window = deflate && !deflate->server_no_context_takeover &&
	                        !deflate->client_no_context_takeover;
}

void witness_message(struct witness *witness, enum nv_opcode opcode, struct nv_bytes message)
{
	const char *type = opcode == NV_TEXT ? "text" : "binary";

	expect(witness, is_open(witness));
	witness->messages++;
	if (message.len < 32)
		witness_note(witness, "%s %.*s\n", type, (int)message.len,
		             (const char *)message.data);
	else if (!is_talk(message))
		witness_note(witness, "%s of %zu, broken\n", type, message.len);
	else if (message.len == flood().len)
		witness_note(witness, "the flood\n");
	else
		witness_note(witness, "%s of %zu\n", type, message.len);
}

void witness_ping(struct witness *witness, struct nv_bytes data)
{
	expect(witness, is_open(witness));
	witness_note(witness, "ping %.*s\n", (int)data.len, (const char *)data.data);
}

/* Pongs may come at any time, and without memory be lost: they are counted. */
void witness_pong(struct witness *witness)
{
	expect(witness, is_open(witness));
	witness->pongs++;
}

void witness_close(struct witness *witness, const struct nv_close *close)
{
	expect(witness, is_open(witness));
	witness->closed++;
	witness_note(witness, "close %u, %s%s%s%.*s\n", close->status, nv_cause_text(close->cause),
	             close->clean ? ", clean" : "", close->reason.len ? ", " : "",
	             (int)close->reason.len, (const char *)close->reason.data);
}

/* A line is one event: of a body only the first is noted. */
static int first_line(struct nv_bytes text)
{
	const uint8_t *end = text.len ? memchr(text.data, '\n', text.len) : NULL;

	return (int)(end ? (size_t)(end - text.data) : text.len);
}

void witness_fail(struct witness *witness, const struct nv_failure *failure)
{
	expect(witness, !witness->opened && !witness->failed);
	witness->failed++;
	witness_note(witness, "fail %d, %s, %d, %.*s\n", (int)failure->stage,
	             nv_strerror(failure->error), failure->status, first_line(failure->body),
	             (const char *)failure->body.data);
}
