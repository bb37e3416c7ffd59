/* SPDX-License-Identifier: MIT */
/* test_tls_client.c: a client of wss:// URLs, over virtual time and against OpenSSL: whom it trusts, how
 * it fails, and that what fails is told once and in words. */
#include "ws/client.h"
#include "ws/far_tls.h"
#include "ws/papers.h"
#include "ws/seen.h"

#include "proto/accept.h"
#include "support/failing_alloc.h"

static struct nv_loop *loop;
static struct nv_client *client;
static struct nv_conn *conn;

static void on_open(struct nv_conn *opened)
{
	conn = opened;
	saw("open ");
}

static void on_message(struct nv_conn *from, enum nv_opcode opcode, struct nv_bytes message)
{
	saw("%.*s ", (int)message.len, (const char *)message.data);
	assert_int_equal(nv_conn_send(from, opcode, message), 0);
}

static void on_close(struct nv_conn *closed, const struct nv_close *close)
{
	saw("close:%u,%s,%s ", close->status, nv_cause_text(close->cause),
	    close->detail ? close->detail : "-");
	conn = NULL;
}

static void on_fail(struct nv_client *failed, void *user, const struct nv_failure *failure)
{
	static const char *const stages[] = { "url",   "resolve", "connect",
		                              "proxy", "tls",     "handshake" };

	saw("%s,%s,%s ", stages[failure->stage], nv_strerror(failure->error), failure->text);
}

/* The certificate of a test is for example.org and 127.0.0.1. */
static void start_trusting(const char *url, const struct nv_client_tls *tls)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = on_message,
		.on_close = on_close,
	};
	const struct nv_client_options options = { .on_fail = on_fail, .tls = *tls };

	seen[0] = '\0';
	failing_alloc_install();
	loop = nv_loop_new();
	sim_on_resolve("example.org", "127.0.0.1", NULL);
	sim_on_resolve("two.example", "192.0.2.7 192.0.2.8", NULL);
	client = nv_client_new(loop, url, &handlers, &options);
	assert_non_null(client);
	sim_settle(loop);
}

static void start(const char *url)
{
	start_trusting(url, &(struct nv_client_tls){ .ca_file = paper("ca.pem") });
}

static void stop(void)
{
	nv_client_free(client);
	nv_loop_free(loop);
	failing_alloc_remove();
}

/* A server that shows this certificate, of papers.h. */
static struct tls_end *show(struct sim_peer *peer, const char *name)
{
	char chain[64], key[64];

	snprintf(chain, sizeof chain, "%s.pem", name);
	snprintf(key, sizeof key, "%s.key", name);
	return far_server(peer, paper(chain), paper(key));
}

/* Answers the request that has arrived, and sends "hello" behind it. */
static void accept_upgrade(struct sim_peer *peer)
{
	struct nv_bytes took = sim_peer_take(peer);
	char request[4096], answer[NV_ACCEPT_SIZE];
	const char *key;

	assert_true(took.len > 0 && took.len < sizeof request);
	memcpy(request, took.data, took.len);
	request[took.len] = '\0';
	key = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
	nv_accept_value((const uint8_t *)key, answer);
	sim_peer_send_text(peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	                         "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
	sim_peer_send(peer, answer, sizeof answer);
	sim_peer_send(peer, "\r\n\r\n\x81\x05hello", 11);
	sim_settle(loop);
}

static struct sim_peer *open_to(const char *url, struct tls_end **end)
{
	struct sim_peer *peer;

	start(url);
	peer = sim_next_connect();
	*end = show(peer, "server");
	sim_settle(loop);
	accept_upgrade(peer);
	assert_seen("open hello ");
	return peer;
}

/* --- Talking --- */

static void talks_to_a_name(void **state)
{
	struct nv_tls_info info;
	struct tls_end *end;

	open_to("wss://example.org/", &end);
	assert_string_equal(SSL_get_servername(end->ssl, TLSEXT_NAMETYPE_host_name), "example.org");
	assert_true(nv_conn_tls(conn, &info));
	assert_string_equal(info.version, "TLSv1.3");
	stop();
}

static void talks_to_an_address(void **state)
{
	struct tls_end *end;

	open_to("wss://127.0.0.1/", &end);
	assert_null(SSL_get_servername(end->ssl, TLSEXT_NAMETYPE_host_name));
	stop();
}

static void talks_byte_by_byte(void **state)
{
	struct sim_peer *peer;

	start("wss://example.org/");
	peer = sim_next_connect();
	sim_chunk(peer, 1);
	show(peer, "server");
	sim_settle(loop);
	accept_upgrade(peer);
	assert_seen("open hello ");
	stop();
}

/* The files are read once. */
static void comes_back_over_tls(void **state)
{
	static const struct nv_handlers handlers = { .on_open = on_open, .on_close = on_close };
	const struct nv_client_options options = { .reconnect = true,
		                                   .retry_max_ms = 1000,
		                                   .on_fail = on_fail,
		                                   .tls = { .ca_file = paper("once.pem") } };

	certs_write_one(papers_ca, paper("once.pem"));
	seen[0] = '\0';
	failing_alloc_install();
	loop = nv_loop_new();
	client = nv_client_new(loop, "wss://127.0.0.1/", &handlers, &options);
	for (int i = 0; i < 3; i++) {
		struct sim_peer *peer;

		sim_advance(loop, 1000);
		peer = sim_next_connect();
		assert_non_null(peer);
		show(peer, "server");
		sim_settle(loop);
		accept_upgrade(peer);
		assert_seen("open ");
		remove(paper("once.pem"));
		nv_conn_abort(conn);
		sim_settle(loop);
		assert_seen("close:1006,aborted by this side,- ");
	}
	stop();
}

/* OpenSSL would take the first for any name below, and half of the second. */
static void asks_for_no_host_that_nobody_can_be(void **state)
{
	static const char *const urls[] = { "wss://.example.org/", "wss://example.org%25.test/" };

	for (size_t i = 0; i < 2; i++) {
		start(urls[i]);
		assert_non_null(strstr(seen, "no certificate can have this host name"));
		assert_null(sim_next_connect());
		stop();
	}
}

static void closes_in_order(void **state)
{
	struct tls_end *end;
	struct sim_peer *peer = open_to("wss://example.org/", &end);

	sim_peer_take(peer);
	assert_int_equal(nv_conn_close(conn, 1000, NULL), 0);
	sim_settle(loop);
	assert_int_equal(sim_peer_take(peer).len, 8);
	sim_peer_send(peer, "\x88\x02\x03\xe8", 4);
	sim_settle(loop);
	assert_seen("close:1000,closing handshake,- ");
	assert_false(end->ended);
	far_finish(peer, end);
	sim_peer_eof(peer);
	sim_settle(loop);
	assert_true(end->ended);
	assert_true(sim_peer_closed(peer));
	stop();
}

static void an_end_without_a_close_is_1006(void **state)
{
	struct tls_end *end;
	struct sim_peer *peer = open_to("wss://example.org/", &end);

	far_finish(peer, end);
	sim_settle(loop);
	assert_seen("close:1006,the peer ended the connection without a Close,- ");
	stop();
	peer = open_to("wss://example.org/", &end);
	sim_peer_eof(peer);
	sim_settle(loop);
	assert_seen("close:1006,the peer ended the connection without a Close,- ");
	stop();
}

static void tells_what_broke_tls(void **state)
{
	static const uint8_t garbage[] = "\x17\x03\x03\x00\x20"
					 "0123456789abcdef0123456789abcdef";
	struct tls_end *end;
	struct sim_peer *peer = open_to("wss://example.org/", &end);

	sim_peer_put(peer, (struct nv_bytes){ garbage, sizeof garbage - 1 });
	sim_settle(loop);
	assert_memory_equal(seen, "close:1006,TLS failed,", 22);
	assert_string_not_equal(seen + 22, "- ");
	stop();
}

/* --- Trust --- */

static void meet(const char *url, const char *name)
{
	struct sim_peer *peer;
	struct tls_end *end;

	start(url);
	peer = sim_next_connect();
	end = show(peer, name);
	sim_settle(loop);
	/* Nothing was asked, and the server was told why. */
	assert_int_equal(sim_peer_take(peer).len, 0);
	assert_int_equal(end->alert >> 8, SSL3_AL_FATAL);
	assert_true(sim_peer_closed(peer));
	assert_null(sim_next_connect());
	assert_memory_equal(seen, "tls,the certificate is not to be trusted,", 41);
	assert_non_null(strstr(seen, name[0] == 'n' ? ",127.0.0.1: " : ",example.org: "));
}

static void assert_reason(const char *word)
{
	if (!strstr(seen, word))
		fail_msg("no \"%s\" in \"%s\"", word, seen);
	stop();
}

static void refuses_who_is_not_what_the_url_says(void **state)
{
	meet("wss://127.0.0.1/", "name");
	assert_reason("address");
	meet("wss://example.org/", "common");
	assert_reason("host");
	meet("wss://example.org/", "ended");
	assert_reason("expired");
	meet("wss://example.org/", "future");
	assert_reason("not yet valid");
	meet("wss://example.org/", "alone");
	assert_reason("self-signed");
	meet("wss://example.org/", "stranger");
	assert_reason("authority");
}

static void trusts_anybody_if_told(void **state)
{
	static const char *const names[] = { "name", "ended", "alone", "stranger" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sim_peer *peer;

		start_trusting("wss://example.org/", &(struct nv_client_tls){ .insecure = true });
		peer = sim_next_connect();
		show(peer, names[i]);
		sim_settle(loop);
		accept_upgrade(peer);
		assert_seen("open hello ");
		stop();
	}
}

static void shows_its_certificate(void **state)
{
	const struct nv_certificate anna = { paper("anna.pem"), paper("locked.key"),
		                             paper("passphrase") };
	const struct nv_client_tls tls = { .ca_file = paper("ca.pem"), .certificate = anna };
	char name[64] = "";
	struct sim_peer *peer;
	struct tls_end *end;
	X509 *shown;

	start_trusting("wss://example.org/", &tls);
	peer = sim_next_connect();
	end = far_end_new();
	tls_end_open_server(end, paper("server.pem"), paper("server.key"));
	SSL_set_verify(end->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_int_equal(SSL_CTX_load_verify_file(end->context, paper("ca.pem")), 1);
	far_start(peer, end);
	sim_settle(loop);
	accept_upgrade(peer);
	assert_seen("open hello ");
	shown = SSL_get1_peer_certificate(end->ssl);
	assert_non_null(shown);
	X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
	X509_free(shown);
	assert_string_equal(name, "anna");
	stop();
}

/* In TLS 1.3 it has begun to ask when it is told. */
static void is_told_that_it_needs_a_certificate(void **state)
{
	struct sim_peer *peer;
	struct tls_end *end;

	start("wss://example.org/");
	peer = sim_next_connect();
	end = far_end_new();
	tls_end_open_server(end, paper("server.pem"), paper("server.key"));
	SSL_set_verify(end->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	far_start(peer, end);
	sim_settle(loop);
	assert_memory_equal(seen, "tls,TLS failed,example.org: ", 28);
	assert_reason("certificate");
}

static void says_which_file_is_no_good(void **state)
{
	start_trusting("wss://example.org/", &(struct nv_client_tls){ .ca_file = paper("no.pem") });
	assert_memory_equal(seen, "tls,invalid argument,", 21);
	assert_non_null(strstr(seen, "no.pem"));
	assert_null(sim_next_connect());
	stop();
	start_trusting("ws://127.0.0.1/", &(struct nv_client_tls){ .ca_file = paper("no.pem") });
	assert_seen("");
	assert_non_null(sim_next_connect());
	stop();
}

/* --- Failing --- */

static void fails_when_the_server_is_plain(void **state)
{
	struct sim_peer *peer;

	start("wss://example.org/");
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
	sim_settle(loop);
	assert_memory_equal(seen, "tls,TLS failed,example.org: ", 28);
	assert_reason("does not speak TLS");
}

static void fails_when_the_server_goes_away(void **state)
{
	start("wss://two.example/");
	sim_peer_eof(sim_next_connect());
	sim_settle(loop);
	assert_memory_equal(seen, "tls,TLS failed,two.example: ", 28);
	assert_null(sim_next_connect());
	stop();
	start("wss://two.example/");
	sim_peer_reset(sim_next_connect());
	sim_settle(loop);
	assert_memory_equal(seen, "tls,TLS failed,two.example: ", 28);
	assert_null(sim_next_connect());
	stop();
}

static void goes_on_when_nobody_is_there(void **state)
{
	struct sim_peer *peer;

	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start("wss://two.example/");
	assert_non_null(sim_next_connect());
	peer = sim_next_connect();
	assert_non_null(peer);
	show(peer, "server");
	sim_settle(loop);
	assert_memory_equal(seen, "tls,the certificate is not to be trusted,two.example: ", 54);
	stop();
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start("wss://127.0.0.1/");
	assert_seen("connect,connection refused,127.0.0.1:443: connection refused ");
	stop();
}

static void fails_when_tls_hangs(void **state)
{
	start("wss://example.org/");
	sim_advance(loop, 14999);
	assert_seen("");
	sim_advance(loop, 2);
	assert_seen("tls,timed out,example.org: the TLS handshake took too long ");
	stop();
	sim_on_connect(SIM_HANG, 0);
	start("wss://example.org/");
	sim_advance(loop, 15001);
	assert_seen("connect,timed out,127.0.0.1:443: timed out ");
	stop();
}

/* The first that takes the connection has won the race. */
static void tries_no_other_when_tls_hangs(void **state)
{
	start("wss://two.example/");
	assert_non_null(sim_next_connect());
	sim_advance(loop, 15001);
	assert_null(sim_next_connect());
	assert_seen("tls,timed out,two.example: the TLS handshake took too long ");
	stop();
}

static void may_be_freed_at_any_step(void **state)
{
	for (int steps = 0; steps < 12; steps++) {
		struct sim_peer *peer;

		start("wss://example.org/");
		peer = sim_next_connect();
		sim_chunk(peer, 200);
		show(peer, "server");
		for (int i = 0; i < steps; i++)
			sim_turn(loop);
		stop();
	}
}

/* --- Memory --- */

/* Connects and talks, and any allocation may fail; true when all went well. */
static bool visit(size_t nth)
{
	static const struct nv_handlers handlers = { .on_open = on_open, .on_close = on_close };
	const struct nv_certificate anna = { paper("anna.pem"), paper("locked.key"),
		                             paper("passphrase") };
	const struct nv_client_options options = {
		.on_fail = on_fail, .tls = { .ca_file = paper("ca.pem"), .certificate = anna }
	};
	struct sim_peer *peer;
	bool opened;

	seen[0] = '\0';
	failing_alloc_fail(nth, FAIL_ONCE);
	client = nv_client_new(loop, "wss://127.0.0.1/", &handlers, &options);
	if (!client)
		return false;
	sim_settle(loop);
	peer = sim_next_connect();
	if (peer && !sim_peer_closed(peer))
		show(peer, "server");
	sim_settle(loop);
	if (peer && !sim_peer_closed(peer))
		accept_upgrade(peer);
	opened = strcmp(seen, "open ") == 0;
	assert_true(opened || seen[0] != '\0');
	nv_client_free(client);
	sim_settle(loop);
	return opened;
}

static void survives_every_failed_allocation(void **state)
{
	bool done = false;

	for (size_t n = 1; !done; n++) {
		failing_alloc_install();
		loop = nv_loop_new();
		done = visit(n) && failing_alloc_count() < n;
		failing_alloc_fail(0, FAIL_ONCE);
		nv_loop_free(loop);
		failing_alloc_remove();
		assert_true(n < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talks_to_a_name),
		cmocka_unit_test(talks_to_an_address),
		cmocka_unit_test(comes_back_over_tls),
		cmocka_unit_test(asks_for_no_host_that_nobody_can_be),
		cmocka_unit_test(talks_byte_by_byte),
		cmocka_unit_test(closes_in_order),
		unit_case("K-18 the end of TLS or TCP without a Close is 1006",
		          an_end_without_a_close_is_1006),
		cmocka_unit_test(tells_what_broke_tls),
		unit_case("CH-05 refuses certificates that prove nothing",
		          refuses_who_is_not_what_the_url_says),
		cmocka_unit_test(trusts_anybody_if_told),
		cmocka_unit_test(shows_its_certificate),
		cmocka_unit_test(is_told_that_it_needs_a_certificate),
		cmocka_unit_test(says_which_file_is_no_good),
		cmocka_unit_test(fails_when_the_server_is_plain),
		cmocka_unit_test(fails_when_the_server_goes_away),
		cmocka_unit_test(goes_on_when_nobody_is_there),
		cmocka_unit_test(fails_when_tls_hangs),
		cmocka_unit_test(tries_no_other_when_tls_hangs),
		cmocka_unit_test(may_be_freed_at_any_step),
		cmocka_unit_test(survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
