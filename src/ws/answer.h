/* SPDX-License-Identifier: MIT */
/* answer.h: the HTTP answer that a client gets from a server or a proxy: its head, and of one that refuses as
 * much of the body as is worth showing. */
#ifndef WS_ANSWER_H
#define WS_ANSWER_H

#include <navette/handshake.h>

#include "base/buf.h"

#define NV_REFUSAL_MS 1000u /* a refusal is told with what there is of its body by then */
#define NV_REFUSAL_TEXT 192u

/* Embedded, zeroed but for keeps_text, and ended with nv_answer_deinit. */
struct nv_answer {
	struct nv_head *head;
	struct nv_buf text; /* the bytes of the head, or what came instead of one, if */
	bool keeps_text;    /* somebody wants to see them */
	bool whole;         /* the head is there */
	struct nv_buf body;
};

void nv_answer_deinit(struct nv_answer *answer);

/* A head begins. 0 or NV_ERR_NOMEM. */
int nv_answer_expect(struct nv_answer *answer);

/* As nv_head_feed. */
int nv_answer_feed(struct nv_answer *answer, const uint8_t *data, size_t len, size_t *used);

/* Another head follows (RFC 9110 15.2). */
bool nv_answer_is_interim(const struct nv_answer *answer);

/* 0 while the head is not whole. */
int nv_answer_status(const struct nv_answer *answer);

/* Bytes of the body; len 0: its end, if it has not begun. True when there is enough of it. */
bool nv_answer_add_body(struct nv_answer *answer, const uint8_t *data, size_t len);
bool nv_answer_has_body(const struct nv_answer *answer); /* one that is worth waiting for */

/* "the server answered 403 Forbidden", where `who` is "server". Returns `text`. */
const char *nv_answer_refusal(const struct nv_answer *answer, const char *who,
                              char text[NV_REFUSAL_TEXT]);

#endif
