/* SPDX-License-Identifier: MIT */
/* heads.h: reads an HTTP head in one piece and in many, which must make no difference. */
#ifndef FUZZ_HEADS_H
#define FUZZ_HEADS_H

#include <navette/handshake.h>

/* The head of `bytes`, complete, to be freed; NULL when it is none, or not a whole one. */
struct nv_head *head_read(enum nv_head_kind kind, struct nv_bytes bytes, uint32_t seed);

/* Reads every byte that the head shows, and asks it what can be asked. */
void head_touch(const struct nv_head *head);

/* Aborts unless `bytes` is exactly one whole head. The caller frees it. */
struct nv_head *head_written(enum nv_head_kind kind, const char *bytes, int len);

#endif
