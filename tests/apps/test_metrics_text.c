/* SPDX-License-Identifier: MIT */
/* test_metrics_text.c: the text of /metrics, byte for byte. */
#include "serve/metrics_text.h"

#include <string.h>

#include "support/unit.h"

static struct nv_metrics_facts some_facts(void)
{
	struct nv_metrics_facts facts = { .started_s = 1700000000.5, .uptime_s = 2.25 };

	facts.stats = (struct nv_stats){ .connections = 3,
		                         .opened = 10,
		                         .missed = 4,
		                         .cert_expiry_seconds = INT64_MAX,
		                         .received = 5,
		                         .sent = UINT64_MAX,
		                         .bytes_received = 7,
		                         .bytes_sent = 8,
		                         .refused = 9,
		                         .unsent = 11,
		                         .late_us = 1500,
		                         .latest_us = 2000001 };
	facts.stats.closed[NV_CAUSE_SLOW] = 6;
	return facts;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in\n%s", part, text);
}

static void writes_each_number_once(void **state)
{
	const struct nv_metrics_facts facts = some_facts();
	char text[NV_METRICS_SIZE];
	size_t len = nv_metrics_text(&facts, text, sizeof text);

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_has(text, "# TYPE navette_connections gauge\n"
	                 "# HELP navette_connections WebSocket connections that are open.\n"
	                 "navette_connections 3\n");
	assert_has(text, "\nnavette_start_time_seconds 1700000000.500000\n");
	assert_has(text, "\nnavette_uptime_seconds 2.250000\n");
	assert_has(text, "\nnavette_connections_opened_total 10\n");
	assert_has(text, "\nnavette_connections_closed_total{cause=\"slow\"} 6\n");
	assert_has(text, "\nnavette_connections_refused_total 9\n");
	assert_has(text, "\nnavette_messages_received_total 5\n");
	assert_has(text, "\nnavette_messages_sent_total 18446744073709551615\n");
	assert_has(text, "\nnavette_messages_dropped_total 4\n");
	assert_has(text, "# TYPE navette_received_bytes counter\n"
	                 "# UNIT navette_received_bytes bytes\n"
	                 "# HELP navette_received_bytes Bytes from sockets, with HTTP and TLS.\n"
	                 "navette_received_bytes_total 7\n");
	assert_has(text, "\nnavette_sent_bytes_total 8\n");
	assert_has(text, "\nnavette_queue_bytes 11\n");
	assert_has(text, "\nnavette_loop_lag_seconds 0.001500\n");
	assert_has(text, "\nnavette_loop_lag_max_seconds 2.000001\n");
	assert_null(strstr(text, "certificate"));
	assert_null(strstr(text, "(null)"));
	assert_string_equal(text + len - 6, "# EOF\n");
}

static void tells_the_certificate_where_there_is_one(void **state)
{
	struct nv_metrics_facts facts = some_facts();
	char text[NV_METRICS_SIZE];

	(void)state;
	facts.stats.cert_expiry_seconds = -5;
	nv_metrics_text(&facts, text, sizeof text);
	assert_has(text, "\nnavette_certificate_expiry_seconds -5\n# EOF\n");
}

/* The widest numbers leave room. */
static void any_numbers_fit(void **state)
{
	struct nv_metrics_facts facts;
	char text[NV_METRICS_SIZE];
	size_t len;

	(void)state;
	memset(&facts.stats, 0xff, sizeof facts.stats);
	facts.stats.cert_expiry_seconds = INT64_MIN;
	facts.started_s = 1e18;
	facts.uptime_s = 1e18;
	len = nv_metrics_text(&facts, text, sizeof text);
	assert_true(len < NV_METRICS_SIZE - 1024);
	assert_string_equal(text + len - 6, "# EOF\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_each_number_once),
		cmocka_unit_test(tells_the_certificate_where_there_is_one),
		cmocka_unit_test(any_numbers_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
