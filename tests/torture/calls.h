/* SPDX-License-Identifier: MIT */
/* calls.h: the system calls of the library, and libdeflate's allocation, in a program that links
 * this: counted, failing on demand, moving single bytes, and over a clock that only the test moves.
 *
 * They stand before the C library's and belong to one thread. A call that fails is not made, as the
 * system would not, but where a comment says so. */
#ifndef TORTURE_CALLS_H
#define TORTURE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts from here to calls_end, where nothing fails any more. */
void calls_begin(void);
void calls_end(void);
size_t calls_count(void);

/* What may happen to a call: an errno, or CALLS_SHORT: it moves one byte and says so. */
#define CALLS_SHORT (-1)

struct calls_fault {
	size_t nth; /* the call after calls_begin, from 1 on */
	int kind;
	int error;
	bool harmless; /* nobody but the library may notice */
	bool lasting;  /* to be set: all later calls of that kind fail too */
};

/* Makes what was counted last the plan, and tells what may happen to each call in it; false when
 * there is no such way. */
void calls_plan(void);
bool calls_fault(size_t nth, size_t way, struct calls_fault *fault);
const char *calls_name(const struct calls_fault *fault);

/* After calls_begin: that happens, if the call is of that kind; whether it did. */
void calls_fail(const struct calls_fault *fault);
bool calls_failed(void);
/* Every third call, chosen by the seed, fails so where that is harmless; error 0: as it may. With
 * CALLS_ANYTHING every tenth, harmless or not. */
#define CALLS_ANYTHING (-2)
void calls_fail_often(uint64_t seed, int error);
/* Each recv and send moves one byte. */
void calls_trickle(void);
bool calls_trickles(void);

/* Events that epoll has handed out, or failed to; calls that may have moved something, or made room
 * for it; and descriptors that were closed without being open. */
size_t calls_events(void);
size_t calls_moves(void);
size_t calls_bad_closes(void);

/* CLOCK_MONOTONIC stands still until it is moved. */
void calls_pass(int ms);
uint64_t calls_now_ms(void);

/* What happens, on top of what has happened, when epoll_wait would wait; it then answers at once. */
void calls_on_wait(void (*wait)(int timeout_ms));

#endif
