/* SPDX-License-Identifier: MIT */
/* two_streams.h: two streams in one loop, the far ends of which are the test's, and system calls
 * that fail on demand. For one source of a program. */
#ifndef TEST_NET_TWO_STREAMS_H
#define TEST_NET_TWO_STREAMS_H

#include <sys/epoll.h>
#include <sys/syscall.h>

#include "net/recorder.h"
#include "net/wire.h"
#include "support/failing_alloc.h"
#include "support/prng.h"

/* Stand before the C library's: count, and fail or shorten on demand. */
static struct {
	unsigned int calls;
	unsigned int messages; /* of those, sendmsg */
	int errors[8];         /* of the next calls; 0: no error */
	unsigned int error_count;
	size_t most_slices;
	size_t limit; /* slices that it takes; 0: all */
} sends;

static inline bool fail_send(size_t slices)
{
	unsigned int call = sends.calls++;

	if (slices > sends.most_slices)
		sends.most_slices = slices;
	if (call >= sends.error_count || !sends.errors[call])
		return false;
	errno = sends.errors[call];
	return true;
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	if (!(flags & MSG_DONTWAIT))
		return syscall(SYS_sendto, fd, data, len, flags, NULL, 0); /* by the test itself */
	return fail_send(1) ? -1 : syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr shorter = *message;

	sends.messages++;
	if (fail_send(message->msg_iovlen))
		return -1;
	if (sends.limit && shorter.msg_iovlen > sends.limit)
		shorter.msg_iovlen = sends.limit;
	return syscall(SYS_sendmsg, fd, &shorter, flags);
}

static inline void fail_sends(unsigned int count, const int *errors)
{
	sends.calls = 0;
	sends.error_count = count;
	memcpy(sends.errors, errors, count * sizeof(errors[0]));
}

/* The same for the loop's registrations: counted, and new ones fail, or changes. */
static bool fail_registrations;
static bool fail_changes;
static unsigned int registrations;

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	registrations++;
	if ((fail_registrations && operation == EPOLL_CTL_ADD) ||
	    (fail_changes && operation == EPOLL_CTL_MOD)) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

struct fixture {
	struct nv_loop *loop;
	struct recorder a;
	struct recorder b;
	int peer_a; /* the test's ends */
	int peer_b;
};

static inline int setup(void **state, void (*pair)(int fds[2]))
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fds[2];

	memset(&sends, 0, sizeof(sends));
	fail_registrations = false;
	fail_changes = false;
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	recorder_init(&f->a);
	recorder_init(&f->b);
	pair(fds);
	f->peer_a = fds[0];
	assert_int_equal(nv_loop_adopt(f->loop, &f->a.stream, fds[1]), 0);
	pair(fds);
	f->peer_b = fds[0];
	assert_int_equal(nv_loop_adopt(f->loop, &f->b.stream, fds[1]), 0);
	nv_loop_timeout_ms(f->loop); /* registers them, where that was put off */
	registrations = 0;
	*state = f;
	return 0;
}

static inline int setup_unix(void **state)
{
	return setup(state, wire_unix_pair);
}

static inline int setup_tcp(void **state)
{
	return setup(state, wire_tcp_pair);
}

static inline void drop_peer(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	nv_stream_close(&f->b.stream, NV_ERR_CLOSED);
	nv_loop_free(f->loop);
	assert_true(recorder_is_closed(&f->a));
	assert_true(recorder_is_closed(&f->b));
	recorder_deinit(&f->a);
	recorder_deinit(&f->b);
	drop_peer(&f->peer_a);
	drop_peer(&f->peer_b);
	free(f);
	failing_alloc_remove();
	return 0;
}

static inline void turn(struct fixture *f)
{
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
}

/* More than any socket buffer holds. */
#define BIG (8u * 1024 * 1024)

static uint8_t bytes[BIG]; /* random, the same for all tests */

static inline int fill_bytes(void **state)
{
	struct prng prng = { 1 };

	prng_fill(&prng, bytes, sizeof(bytes));
	return 0;
}

#define UNIX(name) cmocka_unit_test_setup_teardown(name, setup_unix, teardown)
#define TCP(name)                                                                                  \
	{                                                                                          \
		"tcp: " #name, name, setup_tcp, teardown, NULL                                     \
	}

#endif
