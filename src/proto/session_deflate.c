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

	d->window_bits =
		smaller_bits(compression->window_bits, server ? agreed->server_max_window_bits
	                                                      : agreed->client_max_window_bits);
	d->keeps_sent =
		compression->context_takeover &&
		!(server ? agreed->server_no_context_takeover : agreed->client_no_context_takeover);
	d->keeps_received =
		!(server ? agreed->client_no_context_takeover : agreed->server_no_context_takeover);
}

/* What the windows that are kept may take. */
static size_t kept_memory(const struct nv_session_deflate *d)
{
	return (d->keeps_sent ? nv_deflater_memory(d->window_bits, d->pool->compression) : 0) +
	       (d->keeps_received ? NV_INFLATER_MEMORY : 0);
}

/* They get it at once, so that it can't be missing later. */
static bool take_kept(struct nv_session_deflate *d)
{
	struct nv_deflate_budget *budget = d->pool->budget;

	d->charged = budget ? kept_memory(d) : 0;
	if (budget && !nv_budget_take(budget, d->charged)) {
		d->charged = 0;
		return false;
	}
	if (d->keeps_sent)
		d->deflater = nv_pool_take_deflater(d->pool, d->window_bits);
	if (d->keeps_received)
		d->inflater = nv_pool_take_inflater(d->pool);
	return (d->deflater || !d->keeps_sent) && (d->inflater || !d->keeps_received);
}

static void deflate_free(struct nv_session_deflate *d)
{
	nv_pool_put_deflater(d->pool, d->deflater, d->window_bits);
	nv_pool_put_inflater(d->pool, d->inflater);
	if (d->charged > 0)
		nv_budget_give(d->pool->budget, d->charged);
	nv_free(d);
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
		deflate_free(d);
		return NV_ERR_NOMEM;
	}
	nv_session_uncompress(s);
	s->deflate = d;
	return 0;
}

void nv_session_uncompress(struct nv_session *s)
{
	if (s->deflate)
		deflate_free(s->deflate);
	s->deflate = NULL;
}

const struct nv_deflate *nv_session_agreed(const struct nv_session *s)
{
	return s->deflate ? &s->deflate->agreed : NULL;
}

/* --- Sending --- */

static void rest(struct nv_session_deflate *d)
{
	if (d->pool->scratch.cap > SCRATCH_MAX)
		nv_buf_deinit(&d->pool->scratch);
	if (d->keeps_sent || d->sending)
		return;
	nv_pool_put_deflater(d->pool, d->deflater, d->window_bits);
	d->deflater = NULL;
}

/* A window that the peer does not have is no limit to what holds none itself. */
static bool fits_window(const struct nv_session *s, size_t len)
{
	const struct nv_deflate *agreed = &s->deflate->agreed;
	uint8_t bits = s->options->role == NV_SERVER ? agreed->server_max_window_bits
	                                             : agreed->client_max_window_bits;

	return bits == 0 || bits == NV_WINDOW_BITS_MAX || len <= (size_t)1 << bits;
}

static bool is_for_whole(const struct nv_session *s, size_t len, bool fin)
{
	const struct nv_session_deflate *d = s->deflate;

	return fin && !d->sending && !d->keeps_sent && len >= NV_WHOLE_DEFLATER_MIN &&
	       fits_window(s, len);
}

static int deflate_whole(struct nv_deflate_pool *pool, struct nv_bytes data, uint8_t **room)
{
	struct nv_whole_deflater *deflater = nv_pool_whole_deflater(pool);

	*room = deflater ? nv_buf_reserve(&pool->scratch, data.len) : NULL;
	return *room ? nv_whole_deflater_write(deflater, data, *room, data.len) : NV_ERR_NOMEM;
}

/* How much compressed output is worth sending. */
static size_t output_limit(const struct nv_session_deflate *d, size_t len, bool fin)
{
	return d->keeps_sent || d->sending || !fin ? nv_deflater_bound(len) : len;
}

static int deflate_part(struct nv_session_deflate *d, struct nv_bytes data, bool fin,
                        uint8_t **room)
{
	size_t size = output_limit(d, data.len, fin);

	if (!d->deflater)
		d->deflater = nv_pool_take_deflater(d->pool, d->window_bits);
	*room = d->deflater ? nv_buf_reserve(&d->pool->scratch, size) : NULL;
	return *room ? nv_deflater_write(d->deflater, data, fin, *room, size) : NV_ERR_NOMEM;
}

int nv_session_deflate_part(struct nv_session *s, struct nv_bytes data, bool fin,
                            struct nv_bytes *payload)
{
	struct nv_session_deflate *d = s->deflate;
	uint8_t *room = NULL;
	int len = NV_ERR_TOO_BIG;

	if (data.len <= NV_DEFLATER_MAX)
		len = is_for_whole(s, data.len, fin) ? deflate_whole(d->pool, data, &room)
		                                     : deflate_part(d, data, fin, &room);
	if (len < 0) {
		nv_session_deflate_undo(s);
		return len;
	}
	*payload = (struct nv_bytes){ room, (size_t)len };
	return 0;
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
