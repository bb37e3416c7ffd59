/* SPDX-License-Identifier: MIT */
/* calls.c: the table of what may happen to each call, and the decision what does. */
#include "torture/calls_state.h"

#include <errno.h>
#include <string.h>

#include "support/unit.h"

struct calls_state calls = { .now_ms = 1000000 };

#define MOST_WAYS 8

struct way {
	int error;
	bool harmless;
};

static const struct {
	const char *name;
	struct way ways[MOST_WAYS + 1]; /* the last: error 0 */
} kinds[CALL_KINDS] = {
	[CALL_SOCKET] = { "socket", { { EMFILE, false }, { ENOBUFS, false } } },
	[CALL_BIND] = { "bind", { { EADDRINUSE, false } } },
	[CALL_LISTEN] = { "listen", { { EADDRINUSE, false } } },
	[CALL_GETSOCKNAME] = { "getsockname", { { ENOBUFS, false } } },
	[CALL_SETSOCKOPT] = { "setsockopt", { { ENOPROTOOPT, true } } },
	[CALL_SETSOCKOPT_V6] = { "setsockopt", { { ENOPROTOOPT, false } } },
	/* As the error of the socket that is asked for. */
	[CALL_GETSOCKOPT] = { "getsockopt", { { ECONNREFUSED, false }, { ECONNRESET, false } } },
	/* The network's errors take the connection along. */
	[CALL_ACCEPT] = { "accept4",
	                  { { EAGAIN, true },
	                    { EINTR, true },
	                    { EMFILE, true },
	                    { ENFILE, true },
	                    { ENOBUFS, true },
	                    { ENOMEM, true },
	                    { ECONNABORTED, false },
	                    { ECONNRESET, false } } },
	/* Interrupted, it goes on. */
	[CALL_CONNECT] = { "connect",
	                   { { EINTR, true },
	                     { EAGAIN, false },
	                     { ECONNREFUSED, false },
	                     { ECONNRESET, false },
	                     { ENETUNREACH, false },
	                     { EADDRNOTAVAIL, false } } },
	[CALL_RECV] = { "recv",
	                { { CALLS_SHORT, true },
	                  { EAGAIN, true },
	                  { EINTR, true },
	                  { ECONNRESET, false },
	                  { ETIMEDOUT, false },
	                  { ENOMEM, false } } },
	[CALL_SEND] = { "send",
	                { { CALLS_SHORT, true },
	                  { EAGAIN, true },
	                  { EINTR, true },
	                  { ENOBUFS, true },
	                  { ENOMEM, true },
	                  { ECONNRESET, false },
	                  { EPIPE, false },
	                  { ETIMEDOUT, false } } },
	[CALL_SHUTDOWN] = { "shutdown", { { ENOTCONN, false }, { ECONNRESET, false } } },
	/* It closes all the same. */
	[CALL_CLOSE] = { "close", { { EINTR, true }, { EIO, true } } },
	[CALL_EPOLL_CREATE] = { "epoll_create1", { { EMFILE, false }, { ENOMEM, false } } },
	[CALL_EPOLL_ADD] = { "epoll_ctl add", { { ENOSPC, false }, { ENOMEM, false } } },
	[CALL_EPOLL_MOD] = { "epoll_ctl mod", { { ENOMEM, false } } },
	[CALL_EPOLL_DEL] = { "epoll_ctl del", { { 0, false } } },
	[CALL_EPOLL_WAIT] = { "epoll_wait", { { EINTR, true } } },
	[CALL_EVENTFD] = { "eventfd", { { EMFILE, false }, { ENOMEM, false } } },
	[CALL_GETRANDOM] = { "getrandom",
	                     { { CALLS_SHORT, true }, { EINTR, true }, { ENOSYS, false } } },
	/* No system call, but memory that nv_set_allocator does not reach. */
	[CALL_COMPRESSOR] = { "libdeflate_alloc_compressor", { { ENOMEM, true } } },
};

void calls_begin(void)
{
	calls.count = 0;
	calls.counts = true;
	calls.failed = false;
	calls.fault.nth = 0;
}

void calls_end(void)
{
	calls.counts = false;
	calls.often = false;
	calls.trickles = false;
}

size_t calls_count(void)
{
	return calls.count;
}

void calls_plan(void)
{
	memcpy(calls.planned, calls.counted, sizeof(calls.planned));
}

bool calls_fault(size_t nth, size_t way, struct calls_fault *fault)
{
	int kind;

	assert_true(nth <= CALLS_COUNTED);
	kind = calls.planned[nth - 1];
	*fault = (struct calls_fault){ nth, kind, kinds[kind].ways[way].error,
		                       kinds[kind].ways[way].harmless, false };
	return fault->error != 0;
}

const char *calls_name(const struct calls_fault *fault)
{
	return kinds[fault->kind].name;
}

void calls_fail(const struct calls_fault *fault)
{
	calls.fault = *fault;
}

bool calls_failed(void)
{
	return calls.failed;
}

void calls_fail_often(uint64_t seed, int error)
{
	calls.prng = (struct prng){ seed };
	calls.often = true;
	calls.fault.error = error;
}

void calls_trickle(void)
{
	calls.trickles = true;
}

bool calls_trickles(void)
{
	return calls.trickles;
}

size_t calls_events(void)
{
	return calls.events;
}

size_t calls_moves(void)
{
	return calls.moves;
}

size_t calls_bad_closes(void)
{
	return calls.bad_closes;
}

void calls_pass(int ms)
{
	calls.now_ms += (uint64_t)ms;
}

uint64_t calls_now_ms(void)
{
	return calls.now_ms;
}

void calls_on_wait(void (*wait)(int timeout_ms))
{
	calls.wait = wait;
}

static bool suits(const struct way *way)
{
	int error = calls.fault.error;

	return error == CALLS_ANYTHING || (way->harmless && (error == 0 || error == way->error));
}

static int now_and_then(enum call_kind kind)
{
	size_t period = calls.fault.error == CALLS_ANYTHING ? 10 : 3;
	int errors[MOST_WAYS] = { 0 };
	size_t count = 0;

	if (prng_below(&calls.prng, period) > 0)
		return 0;
	for (const struct way *way = kinds[kind].ways; way->error; way++) {
		if (suits(way))
			errors[count++] = way->error;
	}
	return count ? errors[prng_below(&calls.prng, count)] : 0;
}

static void count(enum call_kind kind)
{
	if (calls.count < CALLS_COUNTED)
		calls.counted[calls.count] = (uint8_t)kind;
	calls.count++;
}

static bool is_chosen(enum call_kind kind)
{
	const struct calls_fault *fault = &calls.fault;

	return fault->nth > 0 && fault->kind == (int)kind &&
	       (fault->nth == calls.count || (fault->lasting && fault->nth < calls.count));
}

int calls_next(enum call_kind kind)
{
	if (!calls.counts)
		return 0;
	count(kind);
	if (calls.trickles)
		return kind == CALL_RECV || kind == CALL_SEND ? CALLS_SHORT : 0;
	if (calls.often)
		return now_and_then(kind);
	if (!is_chosen(kind))
		return 0;
	calls.failed = true;
	return calls.fault.error;
}
