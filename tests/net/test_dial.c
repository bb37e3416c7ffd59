/* SPDX-License-Identifier: MIT */
/* test_dial.c: the race for the addresses of a name over real sockets; its rules are tested in virtual
 * time. The name server is the test's: getaddrinfo stands before the C library's. */
#include "net/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "net/recorder.h"
#include "net/wire.h"
#include "support/failing_alloc.h"

/* Addresses of this machine, all of them. */
static const char *const names[] = { "127.0.0.2", "127.0.0.3" };

struct answer {
	struct addrinfo infos[2];
	struct sockaddr_in addresses[2];
};

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **info)
{
	struct answer *answer = calloc(1, sizeof *answer);

	for (size_t i = 0; i < 2; i++) {
		answer->addresses[i].sin_family = AF_INET;
		inet_pton(AF_INET, names[i], &answer->addresses[i].sin_addr);
		answer->infos[i].ai_addr = (struct sockaddr *)&answer->addresses[i];
	}
	answer->infos[0].ai_next = &answer->infos[1];
	*info = answer->infos;
	return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
	free(info);
}

/* Stands before the C library's, too. */
static bool fail_removals;

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	if (fail_removals && operation == EPOLL_CTL_DEL) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

struct fixture {
	struct nv_loop *loop;
	struct nv_dial *dial;
	struct recorder taken;
	uint16_t port; /* the same of both */
	int listeners[2];
	int peer;
	bool done;
	int error;
	char text[NV_ADDRESS_TEXT];
};

static int listen_at(const char *ip, uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, ip, &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	for (size_t i = 0; i < 2; i++)
		f->listeners[i] = listen_at(names[i], &f->port);
	f->peer = -1;
	*state = f;
	return 0;
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nv_dial_free(f->dial);
	if (f->taken.stream.ops && !recorder_is_closed(&f->taken))
		nv_stream_close(&f->taken.stream, NV_ERR_CLOSED);
	nv_loop_free(f->loop);
	recorder_deinit(&f->taken);
	drop(&f->listeners[0]);
	drop(&f->listeners[1]);
	drop(&f->peer);
	free(f);
	failing_alloc_remove();
	return 0;
}

static void done(void *context, int error, const struct nv_address *peer, const char *text)
{
	struct fixture *f = context;

	assert_non_null(peer);
	f->done = true;
	f->error = error;
	nv_address_format(peer, f->text);
}

static void start(struct fixture *f)
{
	const struct nv_dial_events events = { .context = f, .done = done };

	f->dial = nv_dial_start(f->loop, "chat.example", f->port, false, &events);
	assert_non_null(f->dial);
}

static void take(struct fixture *f)
{
	recorder_init(&f->taken);
	assert_int_equal(nv_dial_take(f->dial, &f->taken.stream, NULL, NULL), 0);
}

static void assert_done(struct fixture *f, int error, const char *ip)
{
	char expected[NV_ADDRESS_TEXT];

	wire_until(f->loop, f->done);
	assert_int_equal(f->error, error);
	snprintf(expected, sizeof expected, "%s:%u", ip, f->port);
	assert_string_equal(f->text, expected);
}

static void the_first_answers(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_done(f, 0, "127.0.0.2");
	take(f);
	f->peer = accept(f->listeners[0], NULL, NULL);
	wire_send_text(f->peer, "hello");
	wire_until(f->loop, f->taken.len == 5);
	recorder_send_text(&f->taken, "welcome");
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	wire_assert_receives(f->peer, "welcome");
	assert_string_equal(f->taken.log, "data:5 ");
	assert_in_range(nv_dial_resolve_us(f->dial), 1, WIRE_PATIENCE_MS * 1000);
	assert_in_range(nv_dial_connect_us(f->dial), 1, WIRE_PATIENCE_MS * 1000);
	assert_true(wire_is_idle(f->loop));
}

static void the_first_refuses(void **state)
{
	struct fixture *f = *state;

	drop(&f->listeners[0]);
	start(f);
	assert_done(f, 0, "127.0.0.3");
	take(f);
	f->peer = accept(f->listeners[1], NULL, NULL);
	wire_send_text(f->peer, "hello");
	wire_until(f->loop, f->taken.len == 5);
}

static void both_refuse(void **state)
{
	struct fixture *f = *state;

	drop(&f->listeners[0]);
	drop(&f->listeners[1]);
	start(f);
	assert_done(f, NV_ERR_REFUSED, "127.0.0.3");
	wire_until(f->loop, wire_is_idle(f->loop));
}

/* A listener whose queue is full answers nobody. Its queue of 0 has room for one. */
static void the_first_is_silent(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in address;
	socklen_t len = sizeof address;
	int waits = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t begin = nv_loop_now(f->loop);

	assert_int_equal(getsockname(f->listeners[0], (struct sockaddr *)&address, &len), 0);
	assert_int_equal(connect(waits, (struct sockaddr *)&address, len), 0);
	start(f);
	assert_done(f, 0, "127.0.0.3");
	assert_in_range(nv_loop_now(f->loop) - begin, 250, WIRE_PATIENCE_MS);
	close(waits);
	/* The loser's socket is closed. */
	wire_until(f->loop, wire_is_idle(f->loop));
	f->peer = accept(f->listeners[0], NULL, NULL);
	wire_assert_receives(f->peer, "");
}

/* The winner is paused, and notices nothing until it is taken. */
static void what_breaks_meanwhile_is_told_to_who_takes_it(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_done(f, 0, "127.0.0.2");
	wire_reset(accept(f->listeners[0], NULL, NULL));
	wire_until(f->loop, wire_is_idle(f->loop));
	take(f);
	wire_until(f->loop, recorder_is_closed(&f->taken));
	assert_string_equal(f->taken.log, "close:-15 ");
}

/* No system does that; but then there is nothing to be taken, and no more. */
static void a_winner_that_cannot_wait_is_lost(void **state)
{
	struct fixture *f = *state;

	wire_needs_epoll();
	start(f);
	wire_until(f->loop, nv_dial_has_name(f->dial));
	fail_removals = true;
	assert_done(f, 0, "127.0.0.2");
	fail_removals = false;
	recorder_init(&f->taken);
	assert_int_equal(nv_dial_take(f->dial, &f->taken.stream, NULL, NULL), NV_ERR_CLOSED);
}

/* Two loops: the grant crosses from one to the other. */
static void one_at_a_time_over_loops(void **state)
{
	struct fixture *f = *state;
	struct fixture other = { .loop = nv_loop_new(), .port = f->port };

	start(f);
	assert_done(f, 0, "127.0.0.2");
	f->peer = accept(f->listeners[0], NULL, NULL);
	drop(&f->listeners[1]);
	start(&other);
	wire_until(other.loop, nv_dial_waited_ms(other.dial) >= 260);
	assert_false(other.done);
	nv_dial_free(f->dial);
	f->dial = NULL;
	/* Its place is free when its socket is closed. */
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_done(&other, 0, "127.0.0.2");
	nv_dial_free(other.dial);
	nv_loop_free(other.loop);
}

#define TEST(title, name)                                                                          \
	{                                                                                          \
		title, name, setup, teardown, NULL                                                 \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the first answers", the_first_answers),
		TEST("CH-22 the first refuses", the_first_refuses),
		TEST("both refuse", both_refuse),
		TEST("CH-22 the first is silent", the_first_is_silent),
		TEST("what breaks meanwhile is told to who takes it",
		     what_breaks_meanwhile_is_told_to_who_takes_it),
		TEST("a winner that cannot wait is lost", a_winner_that_cannot_wait_is_lost),
		TEST("CH-04 one at a time over loops", one_at_a_time_over_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
