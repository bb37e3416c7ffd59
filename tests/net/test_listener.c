/* SPDX-License-Identifier: MIT */
/* test_listener.c: accepting: bursts, every error that accept can have, no descriptors left, and
 * stopping from inside. */
#include "net/loop.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/list.h"
#include "net/sock.h"
#include "net/wire.h"
#include "support/failing_alloc.h"

#define MANY 100

/* Stands before the C library's: fails on demand. */
static struct {
	int errors[16];
	unsigned int count;
	unsigned int calls;
	int lasting; /* the error of every call; 0: none */
} accepts;

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	unsigned int call = accepts.calls++;

	if (accepts.lasting) {
		errno = accepts.lasting;
		return -1;
	}
	if (call < accepts.count) {
		errno = accepts.errors[call];
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, address, len, flags);
}

struct fixture {
	struct nv_loop *loop;
	struct nv_listener *listener;
	struct nv_address address;
	int clients[MANY];
	size_t client_count;
	unsigned int accepted;
	int errors[16];
	unsigned int error_count;
	bool frees; /* the next event stops the listener and frees it */
};

struct owned_listener {
	struct nv_listener listener;
	struct fixture *fixture;
};

static struct fixture *fixture_of(struct nv_listener *listener)
{
	return nv_container_of(listener, struct owned_listener, listener)->fixture;
}

static void drop_listener(struct fixture *f)
{
	if (!f->listener)
		return;
	nv_loop_unlisten(f->listener);
	nv_loop_unlisten(f->listener);
	free(nv_container_of(f->listener, struct owned_listener, listener));
	f->listener = NULL;
}

static void on_accept(struct nv_listener *listener, int fd, const struct nv_address *peer)
{
	struct fixture *f = fixture_of(listener);

	assert_true(nv_address_is_loopback(peer));
	assert_true(peer->port != 0);
	nv_sock_close(fd);
	f->accepted++;
	if (f->frees)
		drop_listener(f);
}

static void on_error(struct nv_listener *listener, int error)
{
	struct fixture *f = fixture_of(listener);

	assert_true(f->error_count < 16);
	f->errors[f->error_count++] = error;
	if (f->frees)
		drop_listener(f);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct owned_listener *owned = calloc(1, sizeof(*owned));
	int fd;

	memset(&accepts, 0, sizeof(accepts));
	owned->fixture = f;
	owned->listener.on_accept = on_accept;
	owned->listener.on_error = on_error;
	f->listener = &owned->listener;
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_true(nv_address_parse("127.0.0.1", 0, &f->address));
	fd = nv_sock_listen(&f->address);
	assert_true(fd >= 0);
	assert_int_equal(nv_loop_listen(f->loop, f->listener, fd), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	drop_listener(f);
	for (size_t i = 0; i < f->client_count; i++)
		close(f->clients[i]);
	nv_loop_free(f->loop);
	free(f);
	failing_alloc_remove();
	return 0;
}

static struct sockaddr_in address_of(const struct nv_address *address)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(address->port) };

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return any;
}

/* A handshake on loopback is over when connect returns. */
static void connect_clients(struct fixture *f, size_t count)
{
	struct sockaddr_in to = address_of(&f->address);

	while (count-- > 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
		f->clients[f->client_count++] = fd;
	}
}

static void accepts_a_burst_in_parts(void **state)
{
	struct fixture *f = *state;

	connect_clients(f, MANY);
	assert_int_equal(nv_loop_run_once(f->loop, 1000), 0);
	assert_in_range(f->accepted, 1, 64);
	wire_until(f->loop, f->accepted == MANY);
	assert_true(wire_is_idle(f->loop));
	assert_int_equal(f->error_count, 0);
}

static void goes_on_when_a_connection_is_lost(void **state)
{
	static const int lost[] = { ECONNABORTED, EPROTO, EINTR, EPERM, ENETDOWN };
	struct fixture *f = *state;

	memcpy(accepts.errors, lost, sizeof(lost));
	accepts.count = sizeof(lost) / sizeof(lost[0]);
	connect_clients(f, 2);
	wire_until(f->loop, f->accepted == 2);
	assert_int_equal(f->error_count, 0);
}

static void pauses_when_the_system_has_nothing_left(void **state)
{
	static const int lasting[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL };
	static const int names[] = { NV_ERR_LIMIT, NV_ERR_LIMIT, NV_ERR_NOMEM, NV_ERR_NOMEM,
		                     NV_ERR_SYSTEM };
	struct fixture *f = *state;
	unsigned int turns = 0;

	memcpy(accepts.errors, lasting, sizeof(lasting));
	accepts.count = 5;
	connect_clients(f, 1);
	wire_until(f->loop, f->error_count == 1);
	assert_int_equal(accepts.calls, 1);
	assert_true(wire_is_idle(f->loop));
	assert_in_range(nv_loop_timeout_ms(f->loop), 1, 100);
	while (f->accepted == 0) {
		assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
		assert_true(++turns < 20);
	}
	assert_int_equal(f->error_count, 5);
	assert_memory_equal(f->errors, names, sizeof(names));
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
}

/* However often the system repeats itself, a second sees a bounded number of attempts; and the first
 * attempt that succeeds comes within one. */
static void waits_while_an_error_lasts(void **state)
{
	static const int errors[] = { EMFILE,       ENFILE, ENOBUFS, ENOMEM,
		                      ECONNABORTED, EPROTO, EPERM,   ENETDOWN };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t start = nv_loop_now(f->loop);
		unsigned int turns = 0;

		f->error_count = 0;
		f->accepted = 0;
		accepts.calls = 0;
		accepts.lasting = errors[i];
		connect_clients(f, 1);
		for (; f->error_count < 3; turns++)
			assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
		assert_true(turns <= 7);
		assert_true(accepts.calls <= 3 * 64);
		assert_true(nv_loop_now(f->loop) - start >= 200);
		accepts.lasting = 0;
		start = nv_loop_now(f->loop);
		wire_until(f->loop, f->accepted == 1);
		assert_true(nv_loop_now(f->loop) - start < 1000);
	}
}

/* 48 come, 16 are lost: a whole turn, which ends with losses, and yet no standstill. */
static void losses_among_others_do_not_pause(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 16; i++)
		accepts.errors[i] = ECONNABORTED;
	accepts.count = 16;
	accepts.calls = 0u - 48;
	connect_clients(f, MANY);
	assert_int_equal(nv_loop_run_once(f->loop, 1000), 0);
	assert_int_equal(f->accepted, 48);
	wire_until(f->loop, f->accepted == MANY);
	assert_int_equal(f->error_count, 0);
}

/* Some came before the descriptors were used up: others may soon be free, so that those who wait
 * behind the newcomers need not do so for long. */
static void pauses_shortly_where_something_moves(void **state)
{
	struct fixture *f = *state;

	accepts.errors[0] = EMFILE;
	accepts.errors[1] = EMFILE;
	accepts.count = 2;
	accepts.calls = 0u - 3;
	connect_clients(f, 4);
	wire_until(f->loop, f->error_count == 1);
	assert_int_equal(f->accepted, 3);
	assert_in_range(nv_loop_timeout_ms(f->loop), 0, 10);
	wire_until(f->loop, f->error_count == 2);
	assert_in_range(nv_loop_timeout_ms(f->loop), 20, 100);
	wire_until(f->loop, f->accepted == 4);
}

/* There is no memory even for the timer of the pause. */
static void pauses_without_memory(void **state)
{
	struct fixture *f = *state;

	wire_needs_epoll();
	failing_alloc_fail(1, FAIL_FOREVER);
	accepts.lasting = ENOMEM;
	connect_clients(f, 1);
	wire_until(f->loop, f->error_count == 1);
	assert_true(wire_is_idle(f->loop));
	assert_in_range(nv_loop_timeout_ms(f->loop), 1, 100);
	accepts.lasting = 0;
	wire_until(f->loop, f->accepted == 1);
	assert_int_equal(f->error_count, 1);
	assert_int_not_equal(f->listener->retry.place, 0);
	failing_alloc_fail(0, FAIL_ONCE);
}

/* All descriptors that the process may still open. */
static void take_all_descriptors(struct rlimit *kept)
{
	struct rlimit none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, kept), 0);
	none = *kept;
	none.rlim_cur = (rlim_t)wire_next_descriptor();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void survives_without_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit kept;

	connect_clients(f, 1);
	take_all_descriptors(&kept);
	wire_until(f->loop, f->error_count == 2);
	assert_null(nv_loop_new());
	setrlimit(RLIMIT_NOFILE, &kept);
	assert_int_equal(f->errors[0], NV_ERR_LIMIT);
	assert_int_equal(f->accepted, 0);
	wire_until(f->loop, f->accepted == 1);
}

static void assert_is_refused(const struct nv_address *address)
{
	struct sockaddr_in to = address_of(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void on_accept_may_stop_and_free_it(void **state)
{
	struct fixture *f = *state;

	f->frees = true;
	connect_clients(f, 3);
	wire_until(f->loop, f->accepted == 1);
	assert_null(f->listener);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_true(wire_is_idle(f->loop));
	assert_int_equal(f->accepted, 1);
	assert_is_refused(&f->address);
}

static void on_error_may_stop_and_free_it(void **state)
{
	struct fixture *f = *state;

	f->frees = true;
	accepts.errors[0] = EMFILE;
	accepts.count = 1;
	connect_clients(f, 1);
	wire_until(f->loop, f->error_count == 1);
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
}

/* Two listeners are ready in one turn, and the first that is told frees both. */
static struct fixture *both[2];

static void free_both(struct nv_listener *listener, int fd, const struct nv_address *peer)
{
	nv_sock_close(fd);
	both[0]->accepted++;
	drop_listener(both[0]);
	drop_listener(both[1]);
}

static void one_may_free_another(void **state)
{
	struct fixture other = { 0 };
	struct owned_listener *owned = calloc(1, sizeof(*owned));
	struct fixture *f = *state;
	int fd;

	both[0] = f;
	both[1] = &other;
	other.listener = &owned->listener;
	assert_true(nv_address_parse("127.0.0.1", 0, &other.address));
	fd = nv_sock_listen(&other.address);
	assert_int_equal(nv_loop_listen(f->loop, other.listener, fd), 0);
	f->listener->on_accept = free_both;
	other.listener->on_accept = free_both;
	connect_clients(f, 1);
	connect_clients(&other, 1);
	wire_until(f->loop, f->accepted == 1);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_int_equal(f->accepted, 1);
	close(other.clients[0]);
}

static void one_that_fails_to_listen_leaves_the_socket(void **state)
{
	struct nv_listener listener = { .on_accept = on_accept };
	struct fixture *f = *state;

	nv_loop_unlisten(&listener);
	assert_int_equal(nv_loop_listen(f->loop, &listener, -1), NV_ERR_SYSTEM);
	assert_int_equal(listener.retry.place, 0);
	nv_loop_unlisten(&listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accepts_a_burst_in_parts),
		TEST(goes_on_when_a_connection_is_lost),
		TEST(pauses_when_the_system_has_nothing_left),
		TEST(waits_while_an_error_lasts),
		TEST(losses_among_others_do_not_pause),
		TEST(pauses_shortly_where_something_moves),
		TEST(pauses_without_memory),
		TEST(survives_without_descriptors),
		TEST(on_accept_may_stop_and_free_it),
		TEST(on_error_may_stop_and_free_it),
		TEST(one_may_free_another),
		TEST(one_that_fails_to_listen_leaves_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
