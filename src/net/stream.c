/* SPDX-License-Identifier: MIT */
/* stream.c: the streams of a loop: adopt, connect, move, receive, flush and close.
 *
 * A stream is in the backend only while it waits for something. It is in one list at most: to be flushed
 * (or starved of kernel memory), or to be closed. Its memory is the owner's, which may free it in
 * on_close and not before. */
#include "net/loop_inside.h"

#include <assert.h>

#include "net/sock.h"
#include "net/sock_io.h"

#define LAST_READS 128 /* more than a receive queue holds */
#define STARVED_MS 10u

enum {
	BLOCKED = NV_STREAM_BLOCKED, /* the socket, or a timer, tells when to go on */
	CONNECTING = 1u << 1,
	PAUSED = 1u << 2,
	ENDED = 1u << 3,    /* the peer's end was read */
	STARVED = 1u << 4,  /* blocked for want of kernel memory, in the list of those */
	FINISHES = 1u << 5, /* shutdown was called */
	FINISHED = 1u << 6, /* and FIN was sent */
	BROKEN = 1u << 7,   /* a send has failed: the peer's last bytes, then close */
	CLOSING = 1u << 8,
	AWAITS_IN = 1u << 9,
	AWAITS_OUT = 1u << 10,
	AWAITED = 1u << 11, /* `out` had bytes when it was paused */
	CARRIES = 1u << 12  /* another stream, whose bytes come when there is room for them */
};

static bool is(const struct nv_stream *stream, unsigned int flags)
{
	return (stream->flags & flags) != 0;
}

static void set(struct nv_stream *stream, unsigned int flags, bool on)
{
	unsigned int kept = stream->flags & ~flags;

	stream->flags = (uint16_t)(on ? kept | flags : kept);
}

static bool reads(const struct nv_stream *stream)
{
	return !is(stream, CONNECTING | PAUSED | ENDED | CLOSING);
}

static uint32_t wanted_events(const struct nv_stream *stream)
{
	uint32_t events = reads(stream) ? NV_READABLE : 0;

	if (is(stream, CONNECTING | BLOCKED) && !is(stream, STARVED | CLOSING))
		events |= NV_WRITABLE;
	return events;
}

static int want(struct nv_stream *stream)
{
	uint32_t events = wanted_events(stream);
	uint32_t before = (is(stream, AWAITS_IN) ? NV_READABLE : 0u) |
	                  (is(stream, AWAITS_OUT) ? NV_WRITABLE : 0u);
	int error = nv_backend_want(stream->loop->backend, stream->fd, nv_stream_key(stream),
	                            before, events);

	if (error)
		return error;
	set(stream, AWAITS_IN, events & NV_READABLE);
	set(stream, AWAITS_OUT, events & NV_WRITABLE);
	return 0;
}

static void stream_close(struct nv_stream *stream, int error)
{
	if (is(stream, CLOSING))
		return;
	set(stream, CLOSING, true);
	stream->error = (int16_t)error;
	nv_outq_deinit(&stream->out);
	want(stream);
	nv_list_remove(&stream->link);
	nv_list_push(&stream->loop->closing, &stream->link);
}

static void update(struct nv_stream *stream)
{
	int error = want(stream);

	if (error)
		stream_close(stream, error);
}

static void stream_flush(struct nv_stream *stream)
{
	if (is(stream, CONNECTING | BLOCKED | FINISHED | BROKEN | CLOSING))
		return;
	if (nv_list_empty(&stream->link))
		nv_list_push(&stream->loop->dirty, &stream->link);
}

static void stream_pause(struct nv_stream *stream, bool paused)
{
	if (is(stream, CLOSING))
		return;
	set(stream, PAUSED, paused);
	set(stream, AWAITED, paused && stream->out.len > 0);
	update(stream);
}

static void stream_shutdown(struct nv_stream *stream)
{
	set(stream, FINISHES, true);
	stream_flush(stream);
}

static const struct nv_stream_ops OPS = {
	.flush = stream_flush,
	.pause = stream_pause,
	.shutdown = stream_shutdown,
	.close = stream_close,
};

/* One receive, and its event. False when nothing came that could be followed by more. */
static bool receive(struct nv_stream *stream)
{
	uint8_t *buffer = stream->loop->buffer;
	const int64_t len = nv_sock_receive(stream->fd, buffer, NV_LOOP_RECEIVE);

	if (len > 0) {
		nv_count_add(&stream->loop->traffic.received, (uint64_t)len);
		stream->events->on_data(stream, buffer, (size_t)len);
		return true;
	}
	if (len == NV_ERR_NOT_FOUND || is(stream, BROKEN))
		return false;
	if (len < 0) {
		stream_close(stream, (int)len);
		return false;
	}
	set(stream, ENDED, true);
	update(stream);
	if (!is(stream, CLOSING))
		stream->events->on_data(stream, buffer, 0);
	if (is(stream, FINISHED))
		stream_close(stream, 0);
	return false;
}

/* The peer may have said why before it broke off, so what the kernel still holds comes first. */
static void break_off(struct nv_stream *stream, int error)
{
	set(stream, BROKEN, true);
	for (int i = 0; i < LAST_READS && reads(stream) && receive(stream); i++)
		continue;
	stream_close(stream, error);
}

static void tell_blocked(struct nv_stream *stream)
{
	if (is(stream, CARRIES) && !is(stream, CLOSING))
		stream->events->on_blocked(stream);
}

static void starve(struct nv_stream *stream)
{
	struct nv_loop *loop = stream->loop;

	if (loop->thaw.place == 0 && nv_loop_start_timer(loop, &loop->thaw, STARVED_MS) < 0) {
		stream_close(stream, NV_ERR_NOMEM);
		return;
	}
	set(stream, BLOCKED | STARVED, true);
	nv_list_push(&loop->starved, &stream->link);
	update(stream);
	tell_blocked(stream);
}

static int64_t send_many(const struct nv_stream *stream, size_t *offered)
{
	struct nv_bytes slices[NV_SOCK_SLICES];
	const size_t count = nv_outq_peek(&stream->out, slices, NV_SOCK_SLICES);

	*offered = 0;
	for (size_t i = 0; i < count; i++)
		*offered += slices[i].len;
	return nv_sock_send(stream->fd, slices, count);
}

/* Most often there is one slice. */
static int64_t send_front(const struct nv_stream *stream, size_t *offered)
{
	struct nv_bytes first;

	nv_outq_peek(&stream->out, &first, 1);
	*offered = first.len;
	return first.len == stream->out.len ? nv_sock_send(stream->fd, &first, 1)
	                                    : send_many(stream, offered);
}

/* False when the stream can't go on this turn. */
static bool send_some(struct nv_stream *stream)
{
	size_t offered = 0;
	int64_t sent = 0;

	while (stream->out.len > 0 && (size_t)sent == offered) {
		sent = send_front(stream, &offered);
		if (sent < 0)
			break;
		nv_outq_consume(&stream->out, (size_t)sent);
		stream->written += (uint32_t)sent;
		nv_count_add(&stream->loop->traffic.sent, (uint64_t)sent);
	}
	if (sent >= 0 || sent == NV_ERR_FULL)
		return true;
	if (sent == NV_ERR_NOMEM)
		starve(stream);
	else
		break_off(stream, (int)sent);
	return false;
}

/* The same with what is carried, as long as the socket takes all of it. */
static bool send_all(struct nv_stream *stream)
{
	bool some;

	do {
		if (is(stream, CARRIES))
			stream->events->on_flush(stream);
		some = stream->out.len > 0;
		if (!send_some(stream))
			return false;
	} while (is(stream, CARRIES) && some && stream->out.len == 0);
	return true;
}

static void finish(struct nv_stream *stream)
{
	const int error = nv_sock_finish(stream->fd);

	if (error) {
		break_off(stream, error);
		return;
	}
	set(stream, FINISHED, true);
	if (is(stream, ENDED))
		stream_close(stream, 0);
}

/* Sends until the socket has taken less than it was offered; the rest waits for it. */
static void flush(struct nv_stream *stream)
{
	bool waited = is(stream, BLOCKED | AWAITED | CARRIES);

	nv_list_remove(&stream->link);
	set(stream, STARVED, false);
	if (!send_all(stream))
		return;
	set(stream, BLOCKED, stream->out.len > 0);
	if (is(stream, BLOCKED) != is(stream, AWAITS_OUT))
		update(stream);
	if (is(stream, BLOCKED | CLOSING)) {
		tell_blocked(stream);
		return;
	}
	set(stream, AWAITED, false);
	if (waited)
		stream->events->on_drain(stream);
	if (is(stream, FINISHES) && !is(stream, CLOSING | FINISHED) && stream->out.len == 0)
		finish(stream);
}

static void opened(struct nv_stream *stream)
{
	int error = nv_sock_error(stream->fd);

	if (error) {
		stream_close(stream, error);
		return;
	}
	set(stream, CONNECTING, false);
	if (stream->out.len > 0 || is(stream, FINISHES))
		stream_flush(stream);
	update(stream);
	if (!is(stream, CLOSING))
		stream->events->on_open(stream);
}

/* Dirty, or blocked and now writable, or broken. */
static bool can_flush(const struct nv_stream *stream, uint32_t events)
{
	if (is(stream, CLOSING))
		return false;
	if (is(stream, BLOCKED))
		return (events & ~NV_READABLE) != 0;
	return !nv_list_empty(&stream->link);
}

void nv_stream_ready(struct nv_stream *stream, uint32_t events)
{
	if (is(stream, CONNECTING))
		opened(stream);
	else if (reads(stream) && (events & ~NV_WRITABLE))
		receive(stream);
	if (can_flush(stream, events))
		flush(stream);
}

/* What is dirtied on the way is flushed in the next turn, which then comes at once. */
void nv_loop_flush_dirty(struct nv_loop *loop)
{
	nv_list_splice(&loop->flushing, &loop->dirty);
	while (!nv_list_empty(&loop->flushing))
		flush(nv_container_of(loop->flushing.next, struct nv_stream, link));
}

void nv_loop_raise_closed(struct nv_loop *loop)
{
	while (!nv_list_empty(&loop->closing)) {
		struct nv_stream *stream =
			nv_container_of(loop->closing.next, struct nv_stream, link);

		nv_list_remove(&stream->link);
		if (stream->fd >= 0)
			nv_sock_close(stream->fd);
		stream->fd = -1;
		loop->streams--;
		stream->events->on_close(stream, stream->error);
	}
}

static void init(struct nv_loop *loop, struct nv_stream *stream, int fd, unsigned int flags)
{
	assert(stream->events);
	stream->ops = &OPS;
	stream->loop = loop;
	stream->fd = fd;
	stream->written = 0;
	stream->error = 0;
	stream->flags = (uint16_t)(stream->events->on_flush ? flags | CARRIES : flags);
	nv_list_init(&stream->link);
}

static int start(struct nv_loop *loop, struct nv_stream *stream, int fd, unsigned int flags)
{
	int error;

	init(loop, stream, fd, flags);
	error = want(stream);
	if (error)
		return error;
	loop->streams++;
	return 0;
}

int nv_loop_adopt(struct nv_loop *loop, struct nv_stream *stream, int fd)
{
	return start(loop, stream, fd, 0);
}

int nv_loop_connect(struct nv_loop *loop, struct nv_stream *stream, const struct nv_address *to)
{
	int fd = nv_sock_connect(to);
	int error;

	if (fd < 0)
		return fd;
	error = start(loop, stream, fd, CONNECTING);
	if (error)
		nv_sock_close(fd);
	return error;
}

/* What the backend still has to say to `from` this turn is said to one that is closing. */
int nv_loop_move(struct nv_stream *from, struct nv_stream *to)
{
	bool awaits = is(from, AWAITS_IN);
	int error;

	assert(from->ops == &OPS);
	if (is(from, CONNECTING | BLOCKED | FINISHES | BROKEN | CLOSING) || from->out.len > 0)
		return NV_ERR_STATE;
	init(from->loop, to, from->fd, awaits ? AWAITS_IN : 0);
	error = awaits ? nv_backend_rekey(to->loop->backend, to->fd, nv_stream_key(to), NV_READABLE)
	               : want(to);
	if (error)
		return error;
	to->loop->streams++;
	set(from, AWAITS_IN, false);
	from->fd = -1;
	stream_close(from, 0);
	return 0;
}
