/* SPDX-License-Identifier: MIT */
/* stream.h: the seam between a connection and what carries its bytes: four operations down, four
 * events up.
 *
 * The owner embeds a stream, sets `events`, and hands it to the loop (loop.h), which sets `ops`.
 * Output is appended to `out` by the owner and leaves it through the loop alone. A stream never
 * raises an event from inside an operation. The owner may swap `events` at any time: its states are
 * tables. An operation on a stream that is closing does nothing. Everything happens on the loop's
 * thread. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/list.h"
#include "base/outq.h"

struct nv_stream;
struct nv_loop;

struct nv_stream_ops {
	void (*flush)(struct nv_stream *stream); /* `out` has bytes: write them this turn */
	/* No on_data while paused; on_drain follows if `out` has bytes now. What the peer does, its
	 * death included, is then noticed only by output that fails; so it is after the peer's end. */
	void (*pause)(struct nv_stream *stream, bool paused);
	/* FIN once `out` is empty; nothing is sent after it. */
	void (*shutdown)(struct nv_stream *stream);
	void (*close)(struct nv_stream *stream, int error); /* drop `out`; on_close ends the turn */
};

struct nv_stream_events {
	void (*on_open)(struct nv_stream *stream); /* of nv_loop_connect: the peer accepted */
	/* Bytes in the loop's buffer, the owner's to change until it returns. len 0: the peer has
	 * ended its side, once; the owner answers with shutdown or close. */
	void (*on_data)(struct nv_stream *stream, uint8_t *data, size_t len);
	/* `out` is empty, after a flush had left some, or after a pause that began when it was not. */
	void (*on_drain)(struct nv_stream *stream);
	/* The last event, exactly once, at the end of a turn; the owner may free the stream in it. 0:
	 * both sides ended in order; else the error that the owner gave to close, or the system's. */
	void (*on_close)(struct nv_stream *stream, int error);
	/* Two more for a stream that carries another (tls.h); NULL for all else. The loop is about to
	 * write, again and again until `out` stays empty or the peer makes it wait: now is the time to append
	 * to it. Once it stays empty, on_drain follows each time. */
	void (*on_flush)(struct nv_stream *stream);
	/* A flush has left some, maybe not for the first time. */
	void (*on_blocked)(struct nv_stream *stream);
};

struct nv_stream {
	const struct nv_stream_ops *ops;
	const struct nv_stream_events *events;
	struct nv_outq out;
	struct nv_loop *loop;
	/* The rest is the loop's own. */
	struct nv_list link; /* among the streams to flush, or among those to close */
	union {
		int fd;
		struct nv_tls *tls; /* of one that another carries */
	};
	uint32_t written; /* bytes, wrapping: an owner compares two readings to see progress */
	int16_t error;
	uint16_t flags;
};

/* The one flag that owners read, whatever the backend: a flush has left some, on_drain will follow. */
#define NV_STREAM_BLOCKED 1u

static inline bool nv_stream_is_blocked(const struct nv_stream *stream)
{
	return (stream->flags & NV_STREAM_BLOCKED) != 0;
}

/* Something waits to be written: in `out`, or in the stream that carries this one, which is then
 * blocked. */
static inline bool nv_stream_has_output(const struct nv_stream *stream)
{
	return stream->out.len > 0 || nv_stream_is_blocked(stream);
}

static inline void nv_stream_flush(struct nv_stream *stream)
{
	/* One that is in a list is dirty already, or can't be flushed. */
	if (nv_list_empty(&stream->link))
		stream->ops->flush(stream);
}

static inline void nv_stream_pause(struct nv_stream *stream, bool paused)
{
	stream->ops->pause(stream, paused);
}

static inline void nv_stream_shutdown(struct nv_stream *stream)
{
	stream->ops->shutdown(stream);
}

static inline void nv_stream_close(struct nv_stream *stream, int error)
{
	stream->ops->close(stream, error);
}

#endif
