/* SPDX-License-Identifier: MIT */
/* session_inflate.c: the receiving half of permessage-deflate (RFC 7692 7.2.2).
 *
 * A message is decompressed as it arrives, straight into `held`, which never grows past the limit
 * and one byte: so a bomb is noticed by what comes out, not by what it claims. Of two faults the one
 * that comes first in the output counts, however the input was cut. */
#include "proto/session_deflate.h"
#include "proto/session_work.h"

#define FIRST_ROOM 4u        /* times the compressed size */
#define SLICE_MAX (1u << 28) /* an inflater counts in 32 bits */

static bool no_memory(struct nv_session *s, struct nv_event *event)
{
	return nv_session_fail(s, event, NV_STATUS_INTERNAL,
	                       "out of memory for a compressed message");
}

static bool damaged(struct nv_session *s, struct nv_event *event)
{
	return nv_session_fail(s, event, NV_STATUS_INVALID_DATA,
	                       "a compressed message that is damaged or cut off");
}

/* Takes over `len` bytes that were written behind what is held. One over the limit may be among
 * them, which is not looked at. */
static bool accept_output(struct nv_session *s, struct nv_event *event, size_t len)
{
	struct nv_buf *held = &s->work->held;
	size_t left = s->options->max_message - held->len;
	struct nv_bytes output = { held->data + held->len, len < left ? len : left };

	if (!nv_session_check_text(s, event, output, false))
		return false;
	if (len > left)
		return nv_session_fail(s, event, NV_STATUS_TOO_BIG,
		                       "a message over the size limit");
	held->len += len;
	return true;
}

/* The limit and one byte, which shows that it was passed. */
static size_t held_limit(const struct nv_session *s)
{
	size_t limit = (size_t)s->options->max_message + 1;

	return limit > 0 ? limit : SIZE_MAX;
}

/* All the memory that is there, or else more of it. */
static uint8_t *reserve_output(struct nv_session *s, size_t hint, size_t *size)
{
	struct nv_buf *held = &s->work->held;
	size_t most = held_limit(s);
	size_t extra = hint < most - held->len ? hint : most - held->len;
	uint8_t *room = nv_buf_reserve_within(held, extra, most);

	*size = room ? held->cap - held->len : 0;
	if (*size > most - held->len)
		*size = most - held->len;
	return room;
}

/* Decompresses what was fed. */
static bool pour(struct nv_session *s, struct nv_event *event, size_t hint)
{
	struct nv_inflater *inflater = s->deflate->inflater;
	uint8_t *room;
	size_t size;
	int len;

	for (;;) {
		room = reserve_output(s, s->work->held.cap == s->work->held.len ? hint : 1, &size);
		if (!room)
			return no_memory(s, event);
		len = nv_inflater_read(inflater, room, size);
		if (len == 0)
			return true;
		if (len == NV_ERR_NOMEM)
			return no_memory(s, event);
		if (len < 0)
			return damaged(s, event);
		if (!accept_output(s, event, (size_t)len))
			return false;
	}
}

static bool feed(struct nv_session *s, struct nv_event *event, struct nv_bytes part)
{
	struct nv_session_deflate *d = s->deflate;

	if (!d->inflater)
		d->inflater = nv_pool_take_inflater(d->pool);
	if (!d->inflater)
		return no_memory(s, event);
	d->fed = true;
	while (part.len > 0) {
		struct nv_bytes slice = { part.data, part.len < SLICE_MAX ? part.len : SLICE_MAX };

		nv_inflater_feed(d->inflater, slice);
		if (!pour(s, event, slice.len * FIRST_ROOM))
			return false;
		part.data += slice.len;
		part.len -= slice.len;
	}
	return true;
}

/* The end of a message of which something was fed. What is added belongs to an empty block: if any
 * of it is taken for data, the message was cut off. */
static bool feed_ending(struct nv_session *s, struct nv_event *event)
{
	static const uint8_t ending[] = { 0x00, 0x00, 0xff, 0xff };
	struct nv_inflater *inflater = s->deflate->inflater;
	uint8_t byte;

	nv_inflater_feed(inflater, (struct nv_bytes){ ending, sizeof ending });
	if (nv_inflater_read(inflater, &byte, 1) != 0 || !nv_inflater_is_complete(inflater))
		return damaged(s, event);
	return true;
}

static void end_message(struct nv_session_deflate *d)
{
	d->receiving = false;
	d->fed = false;
	if (d->keeps_received)
		return;
	nv_pool_put_inflater(d->pool, d->inflater);
	d->inflater = NULL;
}

void nv_session_inflate_stop(struct nv_session *s)
{
	if (s->deflate)
		end_message(s->deflate);
}

bool nv_session_inflate(struct nv_session *s, struct nv_event *event, struct nv_bytes part,
                        bool last)
{
	if (part.len > 0 && !feed(s, event, part))
		return false;
	if (!last)
		return true;
	/* RFC 7692 7.2.3.6 knows an empty message as one byte; of none at all an inflater would make
	 * the beginning of the next. */
	if (s->deflate->fed && !feed_ending(s, event))
		return false;
	end_message(s->deflate);
	return nv_session_check_text(s, event, (struct nv_bytes){ NULL, 0 }, true);
}
