/* SPDX-License-Identifier: MIT */
/* test_stream_carrier.c: a stream that carries another one: it is asked for bytes when they are about to
 * be written, and told when they have to wait. */
#include <sys/mman.h>

#include "net/two_streams.h"

struct carrier {
	struct nv_stream stream;
	char log[128];
	size_t parts; /* that it has still to give */
	size_t len;   /* of each */
	size_t given;
	void (*asked)(struct carrier *carrier);
	int fd;
};

static struct carrier *carrier_of(struct nv_stream *stream)
{
	return nv_container_of(stream, struct carrier, stream);
}

static void on_flush(struct nv_stream *stream)
{
	struct carrier *carrier = carrier_of(stream);

	strcat(carrier->log, "flush ");
	if (carrier->asked)
		carrier->asked(carrier);
	if (carrier->parts == 0)
		return;
	carrier->parts--;
	assert_int_equal(nv_outq_append(&stream->out, bytes + carrier->given, carrier->len), 0);
	carrier->given += carrier->len;
}

static void on_blocked(struct nv_stream *stream)
{
	assert_true(nv_stream_is_blocked(stream));
	strcat(carrier_of(stream)->log, "blocked ");
}

static void on_drain(struct nv_stream *stream)
{
	assert_int_equal(stream->out.len, 0);
	assert_false(nv_stream_is_blocked(stream));
	strcat(carrier_of(stream)->log, "drain ");
}

static void on_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	strcat(carrier_of(stream)->log, len ? "data " : "end ");
}

static void on_close(struct nv_stream *stream, int error)
{
	strcat(carrier_of(stream)->log, error ? "broken " : "close ");
}

static void carry(struct fixture *f, struct carrier *carrier)
{
	static const struct nv_stream_events events = {
		.on_data = on_data,
		.on_drain = on_drain,
		.on_close = on_close,
		.on_flush = on_flush,
		.on_blocked = on_blocked,
	};
	int fds[2];

	wire_unix_pair(fds);
	carrier->stream.events = &events;
	carrier->fd = fds[0];
	assert_int_equal(nv_loop_adopt(f->loop, &carrier->stream, fds[1]), 0);
}

static void drop(struct fixture *f, struct carrier *carrier)
{
	nv_stream_close(&carrier->stream, NV_ERR_CLOSED);
	turn(f);
	close(carrier->fd);
}

static void is_asked_until_it_has_no_more(void **state)
{
	struct fixture *f = *state;
	struct carrier carrier = { .parts = 3, .len = 1000 };
	uint8_t got[3001];

	carry(f, &carrier);
	turn(f);
	assert_string_equal(carrier.log, "");
	nv_stream_flush(&carrier.stream);
	assert_string_equal(carrier.log, "");
	turn(f);
	assert_string_equal(carrier.log, "flush flush flush flush drain ");
	assert_int_equal(wire_take(carrier.fd, got, sizeof(got)), 3000);
	assert_memory_equal(got, bytes, 3000);
	assert_int_equal(carrier.stream.written, 3000);
	assert_true(wire_is_idle(f->loop));
	drop(f, &carrier);
}

static void is_told_when_it_has_to_wait(void **state)
{
	static const int full[] = { 0, EAGAIN };
	struct fixture *f = *state;
	struct carrier carrier = { .parts = 3, .len = 1000 };

	carry(f, &carrier);
	nv_stream_flush(&carrier.stream);
	fail_sends(2, full);
	turn(f);
	assert_string_equal(carrier.log, "flush flush blocked ");
	assert_int_equal(carrier.stream.written, 1000);
	carrier.log[0] = '\0';
	turn(f);
	assert_string_equal(carrier.log, "flush flush drain ");
	assert_int_equal(carrier.stream.written, 3000);
	drop(f, &carrier);
}

static void is_told_of_a_system_without_memory(void **state)
{
	static const int starved[] = { ENOBUFS };
	struct fixture *f = *state;
	struct carrier carrier = { .parts = 1, .len = 1000 };

	carry(f, &carrier);
	nv_stream_flush(&carrier.stream);
	fail_sends(1, starved);
	turn(f);
	assert_string_equal(carrier.log, "flush blocked ");
	wire_until(f->loop, carrier.stream.written == 1000);
	assert_string_equal(carrier.log, "flush blocked flush flush drain ");
	drop(f, &carrier);
}

static void close_now(struct carrier *carrier)
{
	carrier->asked = NULL;
	carrier->parts = 0;
	nv_stream_close(&carrier->stream, NV_ERR_CLOSED);
}

static void may_close_when_asked(void **state)
{
	struct fixture *f = *state;
	struct carrier carrier = { .asked = close_now };

	carry(f, &carrier);
	nv_stream_flush(&carrier.stream);
	turn(f);
	assert_string_equal(carrier.log, "flush broken ");
	drop(f, &carrier);
}

static void end_now(struct carrier *carrier)
{
	nv_stream_shutdown(&carrier->stream);
}

static void may_end_when_asked(void **state)
{
	struct fixture *f = *state;
	struct carrier carrier = { .asked = end_now, .parts = 1, .len = 10 };
	uint8_t got[11];

	carry(f, &carrier);
	nv_stream_flush(&carrier.stream);
	turn(f);
	assert_int_equal(wire_take(carrier.fd, got, sizeof(got)), 10);
	assert_int_equal(wire_take(carrier.fd, got, sizeof(got)), 0);
	turn(f);
	assert_true(wire_is_idle(f->loop));
	shutdown(carrier.fd, SHUT_WR);
	turn(f);
	assert_non_null(strstr(carrier.log, "end close "));
	drop(f, &carrier);
}

static size_t resident(const void *data, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)data + page - 1) / page * page;
	unsigned char pages[64];
	size_t count = (len - page) / page;
	size_t sum = 0;

	assert_true(count <= sizeof(pages));
	assert_int_equal(mincore((void *)first, count * page, pages), 0);
	for (size_t i = 0; i < count; i++)
		sum += pages[i] & 1;
	return sum;
}

/* The loop of the first test is the first one of the program, so that its memory is new. */
static void the_room_for_what_is_carried_is_not_touched(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "hello");
	wire_until(f->loop, f->a.len == 5);
	assert_int_equal(resident(nv_loop_plain(f->loop), NV_LOOP_PLAIN), 0);
	memset(nv_loop_plain(f->loop), 1, NV_LOOP_PLAIN);
	assert_true(resident(nv_loop_plain(f->loop), NV_LOOP_PLAIN) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIX(the_room_for_what_is_carried_is_not_touched),
		UNIX(is_asked_until_it_has_no_more),
		UNIX(is_told_when_it_has_to_wait),
		UNIX(is_told_of_a_system_without_memory),
		UNIX(may_close_when_asked),
		UNIX(may_end_when_asked),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
