/* SPDX-License-Identifier: MIT */
/* stream.c: the streams of the simulation. Their rules are those of net/stream.c, over the
 * memory of a peer instead of a socket. */
#include <assert.h>
#include <stdlib.h>

#include "net/sock.h"
#include "sim/world.h"

enum {
	BLOCKED = NV_STREAM_BLOCKED,
	CONNECTING = 1u << 1,
	PAUSED = 1u << 2,
	ENDED = 1u << 3,
	FINISHES = 1u << 4,
	FINISHED = 1u << 5,
	BROKEN = 1u << 6,
	CLOSING = 1u << 7,
	AWAITED = 1u << 8,
	CARRIES = 1u << 9
};

void sim_on_connect_in(enum sim_answer answer, int error, uint32_t ms)
{
	struct sim_world *world = sim_world();

	assert(world->answer_count < SIM_MAX_ANSWERS);
	world->answers[world->answer_count++] = (struct sim_scripted){ answer, error, ms };
}

void sim_on_connect(enum sim_answer answer, int error)
{
	sim_on_connect_in(answer, error, 0);
}

static bool is(const struct nv_stream *stream, unsigned int flags)
{
	return (stream->flags & flags) != 0;
}

static void set(struct nv_stream *stream, unsigned int flags, bool on)
{
	unsigned int kept = stream->flags & ~flags;

	stream->flags = (uint16_t)(on ? kept | flags : kept);
}

static void stream_close(struct nv_stream *stream, int error)
{
	if (is(stream, CLOSING))
		return;
	set(stream, CLOSING, true);
	stream->error = (int16_t)error;
	nv_outq_deinit(&stream->out);
	nv_list_remove(&stream->link);
	nv_list_push(&stream->loop->closing, &stream->link);
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
	set(stream, PAUSED, paused);
	set(stream, AWAITED, paused && stream->out.len > 0);
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

static bool can_read(const struct sim_peer *peer)
{
	return !is(peer->stream, CONNECTING | PAUSED | ENDED | CLOSING) &&
	       (peer->in.len > 0 || peer->eof || peer->error);
}

static bool can_write(const struct sim_peer *peer)
{
	return is(peer->stream, BLOCKED) && !is(peer->stream, CLOSING) &&
	       (peer->window > 0 || peer->error);
}

static bool will_open(const struct sim_peer *peer)
{
	return is(peer->stream, CONNECTING) && !is(peer->stream, CLOSING) &&
	       peer->answer != SIM_HANG;
}

static bool can_open(const struct sim_peer *peer)
{
	return will_open(peer) && peer->answers_ms <= peer->stream->loop->now_ms;
}

static bool can_move_now(const struct sim_peer *peer)
{
	return can_open(peer) || can_read(peer) || can_write(peer);
}

/* A copy of its own, so that reading past its end, or after the event, is found out. */
static void deliver(struct sim_peer *peer)
{
	size_t len = peer->in.len < peer->chunk ? peer->in.len : peer->chunk;
	uint8_t *copy = malloc(len);

	if (!copy && len > 0)
		abort();
	sim_take(&peer->in, copy, len);
	nv_count_add(&peer->stream->loop->traffic.received, len);
	peer->stream->events->on_data(peer->stream, copy, len);
	free(copy);
}

static void receive(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;

	if (peer->in.len > 0) {
		deliver(peer);
		return;
	}
	if (peer->error) {
		stream_close(stream, peer->error);
		return;
	}
	set(stream, ENDED, true);
	deliver(peer);
	if (is(stream, FINISHED))
		stream_close(stream, 0);
}

static void break_off(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;

	set(stream, BROKEN, true);
	while (can_read(peer) && peer->in.len > 0)
		deliver(peer);
	stream_close(stream, peer->error);
}

static void take_output(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;

	peer->writes += stream->out.len > 0;
	while (stream->out.len > 0 && peer->window > 0) {
		struct nv_bytes slice;

		nv_outq_peek(&stream->out, &slice, 1);
		if (slice.len > peer->window)
			slice.len = peer->window;
		sim_peer_written(peer, slice);
		nv_outq_consume(&stream->out, slice.len);
		stream->written += (uint32_t)slice.len;
		nv_count_add(&stream->loop->traffic.sent, slice.len);
		if (peer->window != SIZE_MAX)
			peer->window -= slice.len;
	}
}

static void take_carried(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;
	bool some;

	do {
		stream->events->on_flush(stream);
		some = stream->out.len > 0;
		take_output(peer);
	} while (some && stream->out.len == 0);
}

static void finish(struct sim_peer *peer)
{
	set(peer->stream, FINISHED, true);
	peer->ended = true;
	if (is(peer->stream, ENDED))
		stream_close(peer->stream, 0);
}

static void flush(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;
	bool waited = is(stream, BLOCKED | AWAITED | CARRIES);

	nv_list_remove(&stream->link);
	if (peer->error) {
		break_off(peer);
		return;
	}
	if (is(stream, CARRIES))
		take_carried(peer);
	else
		take_output(peer);
	if (is(stream, CLOSING))
		return;
	set(stream, BLOCKED, stream->out.len > 0);
	if (is(stream, BLOCKED)) {
		if (is(stream, CARRIES))
			stream->events->on_blocked(stream);
		return;
	}
	set(stream, AWAITED, false);
	if (waited)
		stream->events->on_drain(stream);
	if (is(stream, FINISHES) && !is(stream, CLOSING | FINISHED) && stream->out.len == 0)
		finish(peer);
}

static void opened(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;

	if (peer->answer == SIM_REFUSE) {
		stream_close(stream, peer->error);
		return;
	}
	set(stream, CONNECTING, false);
	if (stream->out.len > 0 || is(stream, FINISHES))
		stream_flush(stream);
	stream->events->on_open(stream);
}

static void ready(struct sim_peer *peer)
{
	struct nv_stream *stream = peer->stream;
	bool writable = can_write(peer);

	if (can_open(peer))
		opened(peer);
	else if (can_read(peer))
		receive(peer);
	if (is(stream, CLOSING))
		return;
	if (writable || (!is(stream, BLOCKED) && !nv_list_empty(&stream->link)))
		flush(peer);
}

static bool is_on(const struct sim_peer *peer, const struct nv_loop *loop)
{
	return peer->stream && peer->stream->loop == loop;
}

/* A peer that comes meanwhile has its first turn in the next one. */
void sim_streams_ready(struct nv_loop *loop)
{
	const struct sim_world *world = sim_world();
	size_t count = world->peer_count;

	for (size_t i = 0; i < count; i++) {
		struct sim_peer *peer = world->peers[i];

		if (is_on(peer, loop) && can_move_now(peer))
			ready(peer);
	}
}

bool sim_can_move(const struct nv_loop *loop)
{
	const struct sim_world *world = sim_world();

	for (size_t i = 0; i < world->peer_count; i++) {
		if (is_on(world->peers[i], loop) && can_move_now(world->peers[i]))
			return true;
	}
	return false;
}

uint64_t sim_next_answer(const struct nv_loop *loop)
{
	const struct sim_world *world = sim_world();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < world->peer_count; i++) {
		const struct sim_peer *peer = world->peers[i];

		if (is_on(peer, loop) && will_open(peer) && peer->answers_ms < next)
			next = peer->answers_ms;
	}
	return next;
}

void sim_flush_dirty(struct nv_loop *loop)
{
	nv_list_splice(&loop->flushing, &loop->dirty);
	while (!nv_list_empty(&loop->flushing)) {
		struct nv_list *link = loop->flushing.next;

		flush(sim_peer_of(nv_container_of(link, struct nv_stream, link)->fd));
	}
}

void sim_raise_closed(struct nv_loop *loop)
{
	while (!nv_list_empty(&loop->closing)) {
		struct nv_stream *stream =
			nv_container_of(loop->closing.next, struct nv_stream, link);

		nv_list_remove(&stream->link);
		if (stream->fd >= 0) {
			sim_peer_of(stream->fd)->stream = NULL;
			nv_sock_close(stream->fd);
		}
		stream->fd = -1;
		loop->streams--;
		stream->events->on_close(stream, stream->error);
	}
}

static void start(struct nv_loop *loop, struct nv_stream *stream, struct sim_peer *peer,
                  unsigned int flags)
{
	assert(stream->events && !peer->stream);
	stream->ops = &OPS;
	stream->loop = loop;
	stream->fd = peer->fd;
	stream->written = 0;
	stream->error = 0;
	stream->flags = (uint16_t)(stream->events->on_flush ? flags | CARRIES : flags);
	nv_list_init(&stream->link);
	peer->stream = stream;
	loop->streams++;
}

int nv_loop_adopt(struct nv_loop *loop, struct nv_stream *stream, int fd)
{
	int error = sim_take_error(&sim_world()->fail_adopt);
	struct sim_peer *peer = sim_peer_of(fd);

	if (error)
		return error;
	assert(peer && nv_list_empty(&peer->link));
	start(loop, stream, peer, 0);
	return 0;
}

/* SIM_ACCEPT when the test has not said. */
static struct sim_scripted take_answer(struct sim_world *world)
{
	struct sim_scripted first = world->answers[0];

	if (world->answer_count == 0)
		return (struct sim_scripted){ SIM_ACCEPT, 0, 0 };
	memmove(world->answers, world->answers + 1, --world->answer_count * sizeof(first));
	return first;
}

int nv_loop_connect(struct nv_loop *loop, struct nv_stream *stream, const struct nv_address *to)
{
	struct sim_scripted scripted = take_answer(sim_world());
	struct sim_peer *peer;

	if (scripted.answer == SIM_FAIL)
		return scripted.error;
	peer = sim_peer_new(to);
	peer->asked_for = true;
	peer->answer = scripted.answer;
	peer->answers_ms = loop->now_ms + scripted.delay_ms;
	peer->error = scripted.error;
	start(loop, stream, peer, CONNECTING);
	return 0;
}

int nv_loop_move(struct nv_stream *from, struct nv_stream *to)
{
	struct sim_peer *peer;
	int error;

	assert(from->ops == &OPS);
	if (is(from, CONNECTING | BLOCKED | FINISHES | BROKEN | CLOSING) || from->out.len > 0)
		return NV_ERR_STATE;
	error = sim_take_error(&sim_world()->fail_adopt);
	if (error)
		return error;
	peer = sim_peer_of(from->fd);
	peer->stream = NULL;
	start(from->loop, to, peer, 0);
	from->fd = -1;
	stream_close(from, 0);
	return 0;
}
