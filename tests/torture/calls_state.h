/* SPDX-License-Identifier: MIT */
/* calls_state.h: what the decisions (calls.c) and the calls themselves (calls_made.c) share. */
#ifndef TORTURE_CALLS_STATE_H
#define TORTURE_CALLS_STATE_H

#include "support/prng.h"
#include "torture/calls.h"

enum call_kind {
	CALL_SOCKET,
	CALL_BIND,
	CALL_LISTEN,
	CALL_GETSOCKNAME,
	CALL_SETSOCKOPT,
	CALL_SETSOCKOPT_V6,
	CALL_GETSOCKOPT,
	CALL_ACCEPT,
	CALL_CONNECT,
	CALL_RECV,
	CALL_SEND,
	CALL_SHUTDOWN,
	CALL_CLOSE,
	CALL_EPOLL_CREATE,
	CALL_EPOLL_ADD,
	CALL_EPOLL_MOD,
	CALL_EPOLL_DEL,
	CALL_EPOLL_WAIT,
	CALL_EVENTFD,
	CALL_GETRANDOM,
	CALL_COMPRESSOR,
	CALL_KINDS
};

#define CALLS_COUNTED 65536

struct calls_state {
	uint8_t counted[CALLS_COUNTED]; /* their kinds */
	uint8_t planned[CALLS_COUNTED];
	size_t count;
	bool counts;
	struct calls_fault fault;
	bool failed;
	bool often; /* `fault.error` */
	bool trickles;
	struct prng prng;
	size_t events;
	size_t moves;
	size_t bad_closes;
	uint64_t now_ms;
	void (*wait)(int timeout_ms);
};

extern struct calls_state calls;

/* What happens to the call that is about to be made: its errno, CALLS_SHORT, or 0: nothing. */
int calls_next(enum call_kind kind);

#endif
