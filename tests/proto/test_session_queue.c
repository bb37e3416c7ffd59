/* SPDX-License-Identifier: MIT */
/* test_session_queue.c: a session that writes into its owner's queue writes what it would have written
 * into its own output, and nothing after an error. */
#include "proto/session_small.h"

#include "support/blob.h"
#include "support/failing_alloc.h"
#include "support/unit.h"

#define LARGEST 70000u

static uint8_t text[LARGEST];

static int next_key(void *context, uint8_t key[4])
{
	uint8_t *last = context;

	memset(key, ++*last, 4);
	return 0;
}

struct side {
	struct nv_session *session;
	uint8_t key;
};

static void open_side(struct side *side, enum nv_role role, bool compressed)
{
	const struct nv_session_options options = {
		.role = role,
		.max_message = LARGEST,
		.masking_key = next_key,
		.context = &side->key,
		.deflate = { .agreed = compressed,
		             .server_no_context_takeover = true,
		             .client_no_context_takeover = true },
	};

	side->key = 0;
	side->session = nv_session_new(&options);
	assert_non_null(side->session);
}

/* What is queued is what the other side's output holds; both are emptied. */
static void assert_same(struct nv_outq *queue, struct nv_session *other)
{
	struct nv_bytes output = nv_session_output(other);
	struct nv_bytes slices[8];
	struct blob queued = { 0 };
	size_t count = nv_outq_peek(queue, slices, 8);

	for (size_t i = 0; i < count; i++)
		blob_append(&queued, slices[i].data, slices[i].len);
	assert_int_equal(queue->len, output.len);
	assert_int_equal(queued.len, output.len);
	if (output.len > 0)
		assert_memory_equal(queued.data, output.data, output.len);
	nv_session_consume(other, output.len);
	nv_outq_consume(queue, queue->len);
	blob_free(&queued);
}

static void whole_messages(struct side *queues, struct side *sends)
{
	static const size_t sizes[] = { 0, 1, 3, 4, 7, 8, 20, 64, 65, 125, 126, 127, 1000, 65535,
		                        65536, LARGEST };
	struct nv_outq queue = { 0 };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const struct nv_bytes data = { text, sizes[i] };

		for (enum nv_opcode opcode = NV_TEXT; opcode <= NV_BINARY; opcode++) {
			assert_int_equal(nv_session_queue(queues->session, opcode, data, &queue), 0);
			assert_int_equal(nv_session_send(sends->session, opcode, data), 0);
			assert_same(&queue, sends->session);
		}
	}
}

/* Every small message, behind one that has made the room. */
static void small_messages(struct side *queues, struct side *sends, bool taken)
{
	const struct nv_bytes first = { text, 1000 };
	struct nv_outq queue = { 0 };

	for (size_t len = 0; len <= 126; len++) {
		const struct nv_bytes data = { text, len };
		const bool small = taken && len <= 125;

		for (enum nv_opcode opcode = NV_TEXT; opcode <= NV_BINARY; opcode++) {
			assert_false(nv_session_queue_small(queues->session, opcode, data, &queue));
			assert_int_equal(nv_session_queue(queues->session, NV_TEXT, first, &queue), 0);
			assert_int_equal(nv_session_send(sends->session, NV_TEXT, first), 0);
			assert_int_equal(
				nv_session_queue_small(queues->session, opcode, data, &queue), small);
			if (small)
				assert_int_equal(nv_session_send(sends->session, opcode, data), 0);
			assert_same(&queue, sends->session);
		}
	}
}

/* What is not small or not to be sent leaves the queue as it was. */
static void small_refusals(struct nv_session *session)
{
	struct nv_outq queue = { 0 };
	uint32_t len;

	assert_int_equal(nv_session_queue(session, NV_TEXT, nv_str("first"), &queue), 0);
	len = queue.len;
	assert_false(nv_session_queue_small(session, NV_TEXT, nv_str("\xc3"), &queue));
	assert_false(nv_session_queue_small(session, NV_CONTINUATION, nv_str("x"), &queue));
	assert_false(nv_session_queue_small(session, NV_CLOSE, nv_str(""), &queue));
	assert_int_equal(queue.len, len);
	assert_int_equal(nv_session_queue_part(
				 session, &(struct nv_outgoing){ NV_TEXT, nv_str("a"), false, false },
				 &queue),
	                 0);
	assert_false(nv_session_queue_small(session, NV_TEXT, nv_str("x"), &queue));
	assert_int_equal(nv_session_queue_part(session,
	                                       &(struct nv_outgoing){ NV_CONTINUATION, nv_str("b"),
	                                                              true, false },
	                                       &queue),
	                 0);
	assert_int_equal(nv_session_close(session, 1000, nv_str("")), 0);
	len = queue.len;
	assert_false(nv_session_queue_small(session, NV_TEXT, nv_str("x"), &queue));
	assert_int_equal(queue.len, len);
	nv_outq_deinit(&queue);
}

static void small_messages_are_queued_as_any_other(void **state)
{
	(void)state;
	memset(text, 'a', sizeof text);
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (int compressed = 0; compressed < 2; compressed++) {
			struct side queues, sends;

			open_side(&queues, role, compressed);
			open_side(&sends, role, compressed);
			small_messages(&queues, &sends, role == NV_SERVER && !compressed);
			small_refusals(queues.session);
			nv_session_free(queues.session);
			nv_session_free(sends.session);
		}
	}
}

static int queue_part(struct nv_session *session, enum nv_opcode opcode, const char *data, bool fin,
                      struct nv_outq *queue)
{
	return nv_session_queue_part(session, &(struct nv_outgoing){ opcode, nv_str(data), fin, false },
	                             queue);
}

static void parts(struct side *queues, struct side *sends)
{
	struct nv_outq queue = { 0 };

	assert_int_equal(queue_part(queues->session, NV_TEXT, "a", false, &queue), 0);
	assert_int_equal(nv_session_queue(queues->session, NV_TEXT, nv_str("x"), &queue),
	                 NV_ERR_STATE);
	assert_int_equal(queue_part(queues->session, NV_CONTINUATION, "\xff", true, &queue),
	                 NV_ERR_UTF8);
	assert_int_equal(queue_part(queues->session, NV_CONTINUATION, "b", true, &queue), 0);
	assert_int_equal(nv_session_send_part(sends->session, NV_TEXT, nv_str("a"), false), 0);
	assert_int_equal(nv_session_send_part(sends->session, NV_CONTINUATION, nv_str("b"), true), 0);
	assert_same(&queue, sends->session);
}

static void refusals(struct side *queues)
{
	const struct nv_bytes huge = { text, SIZE_MAX / 2 + 1 };
	struct nv_session *session = queues->session;
	struct nv_outq queue = { 0 };

	assert_int_equal(nv_session_queue(session, NV_TEXT, nv_str("\xc3"), &queue), NV_ERR_UTF8);
	assert_int_equal(nv_session_queue(session, NV_CONTINUATION, nv_str("x"), &queue),
	                 NV_ERR_STATE);
	assert_int_equal(nv_session_queue(session, NV_PING, nv_str("x"), &queue), NV_ERR_INVALID);
	assert_int_equal(nv_session_queue(session, NV_BINARY, huge, &queue), NV_ERR_TOO_BIG);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_session_queue(session, NV_BINARY, (struct nv_bytes){ text, 5000 }, &queue),
	                 NV_ERR_NOMEM);
	failing_alloc_fail(0, FAIL_ONCE);
	assert_int_equal(queue.len, 0);
	assert_int_equal(nv_session_close(session, 1000, nv_str("")), 0);
	assert_int_equal(nv_session_queue(session, NV_TEXT, nv_str("x"), &queue), NV_ERR_CLOSED);
	assert_null(queue.tail);
}

static void a_queue_gets_what_the_output_would_have_got(void **state)
{
	(void)state;
	failing_alloc_install();
	for (size_t i = 0; i < LARGEST; i++)
		text[i] = (uint8_t)('a' + i % 26);
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (int compressed = 0; compressed < 2; compressed++) {
			struct side queues, sends;

			open_side(&queues, role, compressed);
			open_side(&sends, role, compressed);
			whole_messages(&queues, &sends);
			parts(&queues, &sends);
			refusals(&queues);
			nv_session_free(queues.session);
			nv_session_free(sends.session);
		}
	}
	failing_alloc_remove();
}

static void unchecked_text_is_not_looked_at(void **state)
{
	const struct nv_session_options options = { .role = NV_SERVER, .unchecked_text = true };
	struct nv_session *session = nv_session_new(&options);
	struct nv_outq queue = { 0 };

	(void)state;
	assert_int_equal(nv_session_queue(session, NV_TEXT, nv_str("\xff"), &queue), 0);
	assert_int_equal(queue.len, 3);
	nv_outq_deinit(&queue);
	nv_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_gets_what_the_output_would_have_got),
		cmocka_unit_test(small_messages_are_queued_as_any_other),
		cmocka_unit_test(unchecked_text_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
