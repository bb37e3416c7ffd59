/* SPDX-License-Identifier: MIT */
/* answer.c: heads that arrive, and of a body what was announced, 4 KiB of it at most. */
#include "ws/answer.h"

#include <stdio.h>

#include "ws/log.h"

#define BODY_MAX 4096u

void nv_answer_deinit(struct nv_answer *answer)
{
	nv_head_free(answer->head);
	answer->head = NULL;
	nv_buf_deinit(&answer->text);
	nv_buf_deinit(&answer->body);
}

int nv_answer_expect(struct nv_answer *answer)
{
	nv_head_free(answer->head);
	answer->head = nv_head_new(NV_RESPONSE);
	answer->whole = false;
	answer->text.len = 0;
	return answer->head ? 0 : NV_ERR_NOMEM;
}

/* Without memory there is less to see. What is no head is worth more than its first wrong byte. */
static void keep_text(struct nv_answer *answer, const uint8_t *data, size_t len, size_t used)
{
	size_t shown = len < BODY_MAX ? len : BODY_MAX;

	if (nv_head_problem(answer->head).text && shown > used)
		used = shown;
	(void)nv_buf_append(&answer->text, data, used);
}

int nv_answer_feed(struct nv_answer *answer, const uint8_t *data, size_t len, size_t *used)
{
	int complete = nv_head_feed(answer->head, data, len, used);

	if (answer->keeps_text)
		keep_text(answer, data, len, *used);
	answer->whole = complete > 0;
	return complete;
}

bool nv_answer_is_interim(const struct nv_answer *answer)
{
	int status = nv_head_status(answer->head);

	return status >= 100 && status < 200 && status != 101;
}

int nv_answer_status(const struct nv_answer *answer)
{
	return answer->whole ? nv_head_status(answer->head) : 0;
}

/* --- The body of a refusal --- */

/* One in chunks is not read. */
static bool has_none(const struct nv_head *head)
{
	int status = nv_head_status(head);

	return status == 204 || status == 304 || nv_head_field(head, "Transfer-Encoding").data;
}

/* How much of it is wanted. */
static size_t body_size(const struct nv_head *head)
{
	struct nv_bytes text = nv_head_field(head, "Content-Length");
	size_t size = 0;

	if (has_none(head))
		return 0;
	if (!text.data)
		return BODY_MAX;
	for (size_t i = 0; i < text.len && size < BODY_MAX; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return BODY_MAX;
		size = size * 10 + (size_t)(text.data[i] - '0');
	}
	return size < BODY_MAX ? size : BODY_MAX;
}

bool nv_answer_has_body(const struct nv_answer *answer)
{
	return body_size(answer->head) > 0;
}

/* Without memory, what there is of it is told. */
bool nv_answer_add_body(struct nv_answer *answer, const uint8_t *data, size_t len)
{
	size_t missing = body_size(answer->head) - answer->body.len;
	size_t take = len < missing ? len : missing;

	return nv_buf_append(&answer->body, data, take) < 0 || len == 0 || take == missing;
}

const char *nv_answer_refusal(const struct nv_answer *answer, const char *who,
                              char text[NV_REFUSAL_TEXT])
{
	char reason[128];

	nv_log_escape(nv_head_reason(answer->head), reason, sizeof reason);
	snprintf(text, NV_REFUSAL_TEXT, "the %s answered %d %s", who, nv_head_status(answer->head),
	         reason);
	return text;
}
