/* SPDX-License-Identifier: MIT */
/* session_deflate.c: the sending half of permessage-deflate (RFC 7692 7.2.1), and what was agreed.
 *
 * A message that does not get smaller leaves as it is, unless its window is kept: then the peer has
 * to see all of it that later messages may refer to. */
#include "proto/session_deflate.h"

#include "base/alloc.h"
#include "proto/deflate_offer.h"

/* What the pool keeps for the next message. */
#define SCRATCH_MAX 65536u

static uint8_t smaller_bits(uint8_t wanted, uint8_t agreed)
{
	return agreed != 0 && agreed < wanted ? agreed : wanted;
}

static void agree(struct nv_session *s, struct nv_session_deflate *d)
{
	const struct nv_compression *compression = &s->options->compression;
	const struct nv_deflate *agreed = &d->agreed;
	bool server = s->options->role == NV_SERVER;

	d->window_bits = smaller_bits(compression->window_bits,
	                              server ? agreed->server_max_window_bits
	                                     : agreed->client_max_window_bits);
	d->keeps_sent = compression->context_takeover &&
	                !(server ? agreed->server_no_context_takeover
	                         : agreed->client_no_context_takeover);
	d->keeps_received = !(server ? agreed->client_no_context_takeover
	                             : agreed->server_no_context_takeover);
}

/* Windows that are kept get their memory at once, so that it can't be missing later. */
static bool take_kept(struct nv_session_deflate *d)
{
	if (d->keeps_sent)
		d->deflater = nv_pool_take_deflater(d->pool, d->window_bits);
	if (d->keeps_received)
		d->inflater = nv_pool_take_inflater(d->pool);
	return (d->deflater || !d->keeps_sent) && (d->inflater || !d->keeps_received);
}

int nv_session_compress(struct nv_session *s, const struct nv_deflate *agreed,
                        struct nv_deflate_pool *pool)
{
	struct nv_session_deflate *d = nv_alloc_zero(sizeof *d);

	if (!d)
		return NV_ERR_NOMEM;
	d->agreed = *agreed;
	d->pool = pool;
	agree(s, d);
	if (!take_kept(d)) {
		nv_session_deflate_free(d);
		return NV_ERR_NOMEM;
	}
	s->deflate = d;
	return 0;
}

void nv_session_deflate_free(struct nv_session_deflate *d)
{
	if (!d)
		return;
	nv_pool_put_deflater(d->pool, d->deflater, d->window_bits);
	nv_pool_put_inflater(d->pool, d->inflater);
	nv_free(d);
}

const struct nv_deflate *nv_session_agreed(const struct nv_session *s)
{
	return s->deflate ? &s->deflate->agreed : NULL;
}

/* --- Sending --- */

/* How much compressed output is worth sending. */
static size_t output_limit(const struct nv_session_deflate *d, size_t len, bool fin)
{
	return d->keeps_sent || d->sending || !fin ? nv_deflater_bound(len) : len;
}

bool nv_session_deflate_part(struct nv_session *s, struct nv_bytes data, bool fin,
                             struct nv_bytes *payload)
{
	struct nv_session_deflate *d = s->deflate;
	size_t size = output_limit(d, data.len, fin);
	uint8_t *room;
	int len;

	if (data.len > NV_DEFLATER_MAX)
		return false;
	room = nv_buf_reserve(&d->pool->scratch, size);
	if (!d->deflater && room)
		d->deflater = nv_pool_take_deflater(d->pool, d->window_bits);
	if (!d->deflater || !room)
		return false;
	len = nv_deflater_write(d->deflater, data, fin, room, size);
	if (len < 0) {
		nv_session_deflate_undo(s);
		return false;
	}
	*payload = (struct nv_bytes){ room, (size_t)len };
	return true;
}

static void rest(struct nv_session_deflate *d)
{
	if (d->pool->scratch.cap > SCRATCH_MAX)
		nv_buf_deinit(&d->pool->scratch);
	if (d->keeps_sent || d->sending)
		return;
	nv_pool_put_deflater(d->pool, d->deflater, d->window_bits);
	d->deflater = NULL;
}

void nv_session_deflate_undo(struct nv_session *s)
{
	if (s->deflate->deflater)
		nv_deflater_reset(s->deflate->deflater);
	rest(s->deflate);
}

void nv_session_deflate_done(struct nv_session *s, bool fin)
{
	s->deflate->sending = !fin;
	rest(s->deflate);
}
