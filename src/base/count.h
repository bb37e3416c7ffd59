/* SPDX-License-Identifier: MIT */
/* count.h: a number that one thread counts up and any thread reads. */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/* Only by the thread that counts: so it costs no more than a number of its own. */
static inline void nv_count_add(_Atomic(uint64_t) *count, uint64_t more)
{
	uint64_t now = atomic_load_explicit(count, memory_order_relaxed);

	atomic_store_explicit(count, now + more, memory_order_relaxed);
}

static inline void nv_count_set(_Atomic(uint64_t) *count, uint64_t value)
{
	atomic_store_explicit(count, value, memory_order_relaxed);
}

static inline uint64_t nv_count_of(const _Atomic(uint64_t) *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

#endif
