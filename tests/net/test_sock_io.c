/* SPDX-License-Identifier: MIT */
/* test_sock_io.c: bytes through real sockets, on every system: in order, in part, and the ends. */
#include "net/sock_io.h"

#include <stdlib.h>

#include "net/sock.h"
#include "support/unit.h"

#define MANY (32u << 20)

static int near_end;
static int far_end;

static int accepted(int listener)
{
	struct nv_address peer;
	int fd;

	do {
		fd = nv_sock_accept(listener, &peer);
	} while (fd == NV_ERR_NOT_FOUND);
	assert_true(fd >= 0);
	return fd;
}

static int connect_both(void **state)
{
	struct nv_address address;
	int listener;

	assert_true(nv_address_parse("127.0.0.1", 0, &address));
	listener = nv_sock_listen(&address);
	assert_true(listener >= 0);
	near_end = nv_sock_connect(&address);
	assert_true(near_end >= 0);
	far_end = accepted(listener);
	nv_sock_close(listener);
	return 0;
}

static int close_both(void **state)
{
	nv_sock_close(near_end);
	if (far_end >= 0)
		nv_sock_close(far_end);
	return 0;
}

/* What comes next: all systems take their time, on loopback too. */
static int64_t receive(int fd, void *to, size_t size)
{
	int64_t len;

	do {
		len = nv_sock_receive(fd, to, size);
	} while (len == NV_ERR_NOT_FOUND);
	return len;
}

static void assert_receives(int fd, const char *expected)
{
	char text[256];
	size_t len = 0;

	while (len < strlen(expected)) {
		const int64_t more = receive(fd, text + len, strlen(expected) - len);

		assert_true(more > 0);
		len += (size_t)more;
	}
	assert_memory_equal(text, expected, len);
}

static void nothing_has_come(void **state)
{
	char byte;

	assert_int_equal(nv_sock_receive(near_end, &byte, 1), NV_ERR_NOT_FOUND);
	assert_int_equal(nv_sock_receive(far_end, &byte, 1), NV_ERR_NOT_FOUND);
}

static void slices_arrive_in_order(void **state)
{
	struct nv_bytes slices[NV_SOCK_SLICES];
	char expected[2 * NV_SOCK_SLICES + 1] = "";

	for (size_t i = 0; i < NV_SOCK_SLICES; i++) {
		slices[i] = nv_str(i % 2 ? "ab" : "cd");
		strcat(expected, i % 2 ? "ab" : "cd");
	}
	assert_int_equal(nv_sock_send(far_end, slices, 1), 2);
	assert_int_equal(nv_sock_send(far_end, slices, NV_SOCK_SLICES), 2 * NV_SOCK_SLICES);
	assert_receives(near_end, "cd");
	assert_receives(near_end, expected);
}

static void an_end_is_read_behind_what_was_sent(void **state)
{
	const struct nv_bytes slice = nv_str("last");
	char byte;

	assert_int_equal(nv_sock_send(far_end, &slice, 1), 4);
	assert_int_equal(nv_sock_finish(far_end), 0);
	assert_receives(near_end, "last");
	assert_int_equal(receive(near_end, &byte, 1), 0);
	assert_int_equal(nv_sock_send(near_end, &slice, 1), 4);
	assert_receives(far_end, "last");
	assert_int_equal(nv_sock_send(far_end, &slice, 1), NV_ERR_RESET);
}

static void a_full_socket_says_so(void **state)
{
	uint8_t *bytes = calloc(1, MANY);
	const struct nv_bytes slice = { bytes, MANY };
	int64_t total = 0;
	int64_t sent;
	int64_t got = 0;

	assert_non_null(bytes);
	while ((sent = nv_sock_send(far_end, &slice, 1)) > 0)
		total += sent;
	assert_int_equal(sent, NV_ERR_FULL);
	assert_true(total < MANY);
	while (got < total)
		got += receive(near_end, bytes, MANY);
	assert_int_equal(got, total);
	assert_true(nv_sock_send(far_end, &slice, 1) > 0);
	free(bytes);
}

static void a_reset_is_told(void **state)
{
	const struct nv_bytes slice = nv_str("unread");
	int64_t sent;

	/* Closing with something unread resets (RFC 1122 4.2.2.13), on some systems behind an end. */
	assert_int_equal(nv_sock_send(near_end, &slice, 1), 6);
	assert_receives(far_end, "u");
	nv_sock_close(far_end);
	far_end = -1;
	do {
		sent = nv_sock_send(near_end, &slice, 1);
	} while (sent > 0);
	assert_int_equal(sent, NV_ERR_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_has_come, connect_both, close_both),
		cmocka_unit_test_setup_teardown(slices_arrive_in_order, connect_both, close_both),
		cmocka_unit_test_setup_teardown(an_end_is_read_behind_what_was_sent, connect_both,
		                                close_both),
		cmocka_unit_test_setup_teardown(a_full_socket_says_so, connect_both, close_both),
		cmocka_unit_test_setup_teardown(a_reset_is_told, connect_both, close_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
