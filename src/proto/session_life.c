/* SPDX-License-Identifier: MIT */
/* session_life.c: a session's beginning and end. One that servers and clients embed shares its options
 * and its pool of compressors with others; one of its own has both beside it. */
#include "base/alloc.h"
#include "base/list.h"
#include "proto/deflate_offer.h"
#include "proto/session_deflate.h"
#include "proto/session_small.h"
#include "proto/session_work.h"

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

void nv_session_options_complete(struct nv_session_options *options)
{
	uint32_t fragments;

	options->max_message = or_default(options->max_message, 65536);
	fragments = options->max_message / 16 > 4096 ? options->max_message / 16 : 4096;
	options->max_fragments = or_default(options->max_fragments, fragments);
	options->max_empty = or_default(options->max_empty, 64);
	nv_compression_complete(&options->compression);
}

void nv_session_init(struct nv_session *s, const struct nv_session_options *options)
{
	*s = (struct nv_session){ .options = options };
	s->cursor = (uint8_t *)s;
	s->end = s->cursor;
	s->special = options->role == NV_CLIENT || options->max_message < NV_SMALL_MAX;
}

struct nv_session_work *nv_session_begin(struct nv_session *s)
{
	if (!s->work)
		s->work = nv_alloc_zero(sizeof *s->work);
	return s->work;
}

/* What is held belongs to a message under way, or to what was delivered. */
static bool is_needed(const struct nv_session *s)
{
	return nv_session_in_message(s) || s->delivered || s->work->out.data || s->work->pongs;
}

void nv_session_rest(struct nv_session *s)
{
	if (!s->work || is_needed(s))
		return;
	nv_free(s->work);
	s->work = NULL;
}

void nv_session_deinit(struct nv_session *s)
{
	if (s->work) {
		nv_buf_deinit(&s->work->held);
		nv_buf_deinit(&s->work->out);
		nv_free(s->work->pongs);
		nv_free(s->work);
		s->work = NULL;
	}
	nv_session_uncompress(s);
}

/* A session of its own keeps beside it what servers and clients share among theirs. */
struct owned_session {
	struct nv_session session;
	struct nv_session_options options;
	struct nv_deflate_pool pool;
};

void nv_session_free(struct nv_session *s)
{
	struct owned_session *owned;

	if (!s)
		return;
	owned = nv_container_of(s, struct owned_session, session);
	nv_session_deinit(s);
	nv_deflate_pool_deinit(&owned->pool);
	nv_free(owned);
}

static bool is_window(uint8_t bits)
{
	return bits == 0 || (bits >= NV_WINDOW_BITS_MIN && bits <= NV_WINDOW_BITS_MAX);
}

static bool makes_sense(const struct nv_session_options *options)
{
	const struct nv_deflate *deflate = &options->deflate;

	return (options->role == NV_SERVER || options->masking_key) &&
	       is_window(deflate->server_max_window_bits) &&
	       is_window(deflate->client_max_window_bits);
}

struct nv_session *nv_session_new(const struct nv_session_options *options)
{
	struct owned_session *owned;

	if (!makes_sense(options))
		return NULL;
	owned = nv_alloc(sizeof *owned);
	if (!owned)
		return NULL;
	owned->options = *options;
	nv_session_options_complete(&owned->options);
	owned->pool = (struct nv_deflate_pool){ .compression = &owned->options.compression };
	nv_session_init(&owned->session, &owned->options);
	if (!options->deflate.agreed ||
	    nv_session_compress(&owned->session, &options->deflate, &owned->pool) == 0)
		return &owned->session;
	nv_session_free(&owned->session);
	return NULL;
}

size_t nv_session_memory(const struct nv_session *s)
{
	return s->work ? s->work->held.cap + s->work->out.cap : 0;
}
