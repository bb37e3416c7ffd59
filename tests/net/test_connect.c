/* SPDX-License-Identifier: MIT */
/* test_connect.c: streams that connect: open, refused, closed on the way, output before they open. */
#include "net/loop.h"

#include "net/recorder.h"
#include "net/wire.h"

struct fixture {
	struct nv_loop *loop;
	struct recorder client;
	struct nv_address address; /* of the listener */
	int listener;
	int peer;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_in address;

	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	recorder_init(&f->client);
	f->listener = wire_listen(&address);
	assert_true(nv_address_parse("127.0.0.1", ntohs(address.sin_port), &f->address));
	f->peer = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->client.stream.ops)
		nv_stream_close(&f->client.stream, NV_ERR_CLOSED);
	nv_loop_free(f->loop);
	recorder_deinit(&f->client);
	if (f->peer >= 0)
		close(f->peer);
	if (f->listener >= 0)
		close(f->listener);
	free(f);
	return 0;
}

static void connect_client(struct fixture *f)
{
	assert_int_equal(nv_loop_connect(f->loop, &f->client.stream, &f->address), 0);
	assert_string_equal(f->client.log, "");
}

static void accept_peer(struct fixture *f)
{
	f->peer = accept(f->listener, NULL, NULL);
	assert_true(f->peer >= 0);
}

static void greet(struct recorder *recorder)
{
	recorder_send_text(recorder, "hello");
}

static void opens_and_talks(void **state)
{
	struct fixture *f = *state;

	f->client.opened = greet;
	connect_client(f);
	wire_until(f->loop, f->client.log[0]);
	accept_peer(f);
	wire_assert_receives(f->peer, "hello");
	wire_send_text(f->peer, "welcome");
	wire_until(f->loop, f->client.len == 7);
	assert_string_equal(f->client.log, "open data:7 ");
	assert_true(wire_is_idle(f->loop));
}

static void what_was_said_before_it_opened_leaves_then(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	recorder_send_text(&f->client, "early");
	nv_stream_shutdown(&f->client.stream);
	if (wire_has_epoll()) /* libuv may have found by now that it is open */
		assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
	wire_until(f->loop, f->client.log[0]);
	accept_peer(f);
	wire_assert_receives(f->peer, "early");
	assert_int_equal(recv(f->peer, (char[1]){ 0 }, 1, 0), 0);
	assert_string_equal(f->client.log, "open ");
}

static void may_open_paused(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	nv_stream_pause(&f->client.stream, true);
	wire_until(f->loop, f->client.log[0]);
	accept_peer(f);
	wire_send_text(f->peer, "wait");
	assert_true(wire_is_idle(f->loop));
	assert_string_equal(f->client.log, "open ");
	nv_stream_pause(&f->client.stream, false);
	wire_until(f->loop, f->client.len == 4);
}

static void is_refused(void **state)
{
	struct fixture *f = *state;

	close(f->listener);
	f->listener = -1;
	connect_client(f);
	recorder_send_text(&f->client, "dropped");
	wire_until(f->loop, recorder_is_closed(&f->client));
	assert_string_equal(f->client.log, "close:-13 ");
}

static void may_be_closed_before_it_opens(void **state)
{
	struct fixture *f = *state;

	connect_client(f);
	nv_stream_close(&f->client.stream, NV_ERR_TIMEOUT);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_string_equal(f->client.log, "close:-17 ");
}

static void close_itself(struct recorder *recorder)
{
	recorder_send_text(recorder, "dropped");
	nv_stream_close(&recorder->stream, NV_ERR_CLOSED);
}

static void may_be_closed_when_it_opens(void **state)
{
	struct fixture *f = *state;

	f->client.opened = close_itself;
	connect_client(f);
	wire_until(f->loop, recorder_is_closed(&f->client));
	assert_string_equal(f->client.log, "open close:-3 ");
}

static void try_again(struct recorder *recorder)
{
	struct fixture *f = recorder->user;

	recorder_init(recorder);
	connect_client(f);
}

static void on_close_may_connect_again(void **state)
{
	struct fixture *f = *state;

	f->client.user = f;
	f->client.closed = try_again;
	connect_client(f);
	nv_stream_close(&f->client.stream, NV_ERR_TIMEOUT);
	wire_until(f->loop, f->client.log[0]);
	assert_string_equal(f->client.log, "open ");
}

/* 255.255.255.255 is for datagrams: the system says no at once, and there is no event. */
static void what_fails_at_once_has_no_event(void **state)
{
	struct fixture *f = *state;
	struct nv_address nowhere;

	assert_true(nv_address_parse("255.255.255.255", 80, &nowhere));
	assert_true(nv_loop_connect(f->loop, &f->client.stream, &nowhere) < 0);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_string_equal(f->client.log, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_and_talks),
		TEST(what_was_said_before_it_opened_leaves_then),
		TEST(may_open_paused),
		TEST(is_refused),
		TEST(may_be_closed_before_it_opens),
		TEST(may_be_closed_when_it_opens),
		TEST(on_close_may_connect_again),
		TEST(what_fails_at_once_has_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
