/* SPDX-License-Identifier: MIT */
/* test_tls_server.c: a server that speaks TLS, over virtual time and to OpenSSL: what holds for the
 * WebSocket in it, how it ends, what waits for what, and who pays. */
#include <time.h>

#include "net/sock.h"
#include "ws/secure.h"

#define PLAIN_FRAME "\x81\x05hello"

/* --- Talking --- */

static void echo(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	assert_int_equal(nv_conn_send(conn, NV_TEXT, message), 0);
}

static void talks(struct fixture *f, struct sim_peer *peer)
{
	send_text(peer, "hello");
	sim_settle(f->loop);
	assert_seen("text:hello ");
	assert_took_bytes(peer, PLAIN_FRAME);
}

static void upgrades_and_talks(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	peer = secure_connect(&f, &end);
	talks(&f, peer);
	assert_string_equal(SSL_get_version(end->ssl), "TLSv1.3");
	fixture_stop(&f);
}

static void talks_byte_by_byte(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	peer = secure_peer(&end);
	sim_chunk(peer, 1);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_status(peer, 101);
	assert_seen("open ");
	talks(&f, peer);
	fixture_stop(&f);
}

static void keeps_what_comes_with_the_request(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_peer(&end);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	send_text(peer, "early");
	sim_settle(f.loop);
	assert_seen("open text:early ");
	fixture_stop(&f);
}

static void speaks_both_on_two_ports(void **state)
{
	struct fixture f;
	struct nv_tls_info info;
	struct tls_end *end;
	char subject[64];

	secure_start(&f, (struct nv_server_options){ 0 });
	fixture_connect(&f);
	assert_seen("open ");
	assert_false(nv_conn_tls(f.conn, &info));
	assert_int_equal(nv_conn_tls_subject(f.conn, subject, sizeof subject), NV_ERR_NOT_FOUND);
	secure_connect(&f, &end);
	assert_true(nv_conn_tls(f.conn, &info));
	assert_string_equal(info.version, "TLSv1.3");
	assert_string_equal(info.server_name, "example.org");
	assert_false(info.resumed);
	assert_non_null(info.cipher);
	assert_int_equal(nv_conn_tls_subject(f.conn, subject, sizeof subject), NV_ERR_NOT_FOUND);
	fixture_stop(&f);
}

static void speaks_1_2(void **state)
{
	struct fixture f;
	struct tls_end *end = far_end_new();
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	peer = sim_connect(TLS_PORT);
	tls_end_open_client(end, paper("ca.pem"), "example.org");
	SSL_set_max_proto_version(end->ssl, TLS1_2_VERSION);
	far_start(peer, end);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_status(peer, 101);
	assert_seen("open ");
	talks(&f, peer);
	assert_string_equal(SSL_get_version(end->ssl), "TLSv1.2");
	fixture_stop(&f);
}

static void refuses_plain_bytes(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(TLS_PORT);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	assert_seen("");
	assert_non_null(strstr(f.log, "192.0.2.1:"));
	assert_non_null(strstr(f.log, "TLS failed, "));
	fixture_stop(&f);
}

/* --- Names --- */

static void start_two(struct fixture *f, bool strict)
{
	const struct nv_certificate both[] = { { paper("server.pem"), paper("server.key"), NULL },
		                               { paper("name.pem"), paper("name.key"), NULL } };
	const struct nv_server_tls tls = { .certificates = both,
		                           .certificate_count = 2,
		                           .strict_names = strict };

	fixture_start(f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_set_tls(f->server, &tls), 0);
	assert_int_equal(nv_server_listen_tls(f->server, "127.0.0.1", TLS_PORT), 0);
}

static struct tls_end *ask_for(struct fixture *f, const char *name)
{
	struct sim_peer *peer = sim_connect(TLS_PORT);
	struct tls_end *end = far_end_new();

	tls_end_open_client(end, NULL, NULL);
	if (name)
		SSL_set_tlsext_host_name(end->ssl, name);
	far_start(peer, end);
	sim_settle(f->loop);
	return end;
}

static void shows_the_certificate_of_the_name(void **state)
{
	struct fixture f;

	start_two(&f, false);
	assert_shown(ask_for(&f, "example.org"), "server");
	assert_shown(ask_for(&f, "other.example"), "");
	assert_shown(ask_for(&f, "nobody.example"), "server");
	assert_shown(ask_for(&f, NULL), "server");
	fixture_stop(&f);
}

static void refuses_unknown_names_if_strict(void **state)
{
	struct fixture f;
	struct tls_end *end;

	start_two(&f, true);
	assert_shown(ask_for(&f, "other.example"), "");
	end = ask_for(&f, "nobody.example");
	assert_false(tls_end_is_open(end));
	assert_int_equal(end->alert, SSL3_AL_FATAL << 8 | SSL_AD_UNRECOGNIZED_NAME);
	fixture_stop(&f);
}

/* --- Who the client is --- */

static char subject_seen[128];
static int subject_result;

static void note_subject(struct nv_request *request)
{
	struct nv_tls_info info;

	assert_true(nv_request_tls(request, &info));
	subject_result = nv_request_tls_subject(request, subject_seen, sizeof subject_seen);
}

static void start_asking(struct fixture *f, bool optional)
{
	static const struct nv_handlers handlers = { .on_upgrade = note_subject };
	const struct nv_certificate certificate = { paper("server.pem"), paper("server.key"),
		                                    NULL };
	const struct nv_server_tls tls = { .certificates = &certificate,
		                           .certificate_count = 1,
		                           .client_ca_file = paper("ca.pem"),
		                           .client_optional = optional };

	fixture_start(f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_route(f->server, "/who", &handlers, NULL), 0);
	assert_int_equal(nv_server_set_tls(f->server, &tls), 0);
	assert_int_equal(nv_server_listen_tls(f->server, "127.0.0.1", TLS_PORT), 0);
}

static struct sim_peer *come_as(struct fixture *f, const char *name, struct tls_end **end)
{
	struct sim_peer *peer = sim_connect(TLS_PORT);
	char file[64];

	*end = far_end_new();
	tls_end_open_client(*end, paper("ca.pem"), "example.org");
	if (name) {
		snprintf(file, sizeof file, "%s.pem", name);
		assert_int_equal(
			SSL_use_certificate_file((*end)->ssl, paper(file), SSL_FILETYPE_PEM), 1);
		snprintf(file, sizeof file, "%s.key", name);
		assert_int_equal(
			SSL_use_PrivateKey_file((*end)->ssl, paper(file), SSL_FILETYPE_PEM), 1);
	}
	far_start(peer, *end);
	sim_peer_send_text(peer, UPGRADE("/who"));
	sim_settle(f->loop);
	return peer;
}

static void reads_the_client_certificate(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	start_asking(&f, false);
	peer = come_as(&f, "anna", &end);
	assert_status(peer, 101);
	assert_int_equal(subject_result, strlen("CN=anna"));
	assert_string_equal(subject_seen, "CN=anna");
	fixture_stop(&f);
}

static void wants_a_client_certificate(void **state)
{
	static const char *const names[] = { NULL, "mallory" };
	struct fixture f;
	struct tls_end *end;

	start_asking(&f, false);
	for (size_t i = 0; i < 2; i++) {
		struct sim_peer *peer = come_as(&f, names[i], &end);

		assert_int_equal(sim_peer_take(peer).len, 0);
		assert_true(sim_peer_closed(peer) || sim_peer_ended(peer));
		assert_int_not_equal(end->alert, 0);
	}
	fixture_stop(&f);
}

static void lets_in_who_has_no_certificate_if_told(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	start_asking(&f, true);
	peer = come_as(&f, NULL, &end);
	assert_status(peer, 101);
	assert_int_equal(subject_result, NV_ERR_NOT_FOUND);
	peer = come_as(&f, "anna", &end);
	assert_status(peer, 101);
	assert_string_equal(subject_seen, "CN=anna");
	fixture_stop(&f);
}

/* --- Ends --- */

static void close_notify_is_an_end(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	far_finish(peer, end);
	sim_settle(f.loop);
	assert_seen("close:1006,the peer ended the connection without a Close ");
	assert_true(end->ended);
	assert_true(sim_peer_ended(peer));
	fixture_stop(&f);
}

static void a_bare_fin_is_an_end(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_seen("close:1006,the peer ended the connection without a Close ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void ends_in_order(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	assert_int_equal(nv_conn_close(f.conn, 1000, NULL), 0);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x88\x02\x03\xe8");
	assert_false(end->ended);
	send_frame(peer, 0x88, "\x03\xe8", 2);
	sim_settle(f.loop);
	assert_seen("close:1000,closing handshake,clean ");
	assert_true(end->ended);
	assert_int_equal(end->problem, 0);
	assert_true(sim_peer_ended(peer));
	fixture_stop(&f);
}

static void tells_what_broke_tls(void **state)
{
	static const uint8_t garbage[] = "\x17\x03\x03\x00\x20"
					 "0123456789abcdef0123456789abcdef";
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	sim_peer_put(peer, (struct nv_bytes){ garbage, sizeof garbage - 1 });
	sim_settle(f.loop);
	assert_seen("close:1006,TLS failed ");
	assert_non_null(strstr(f.log, "/ws: ended with 1006, TLS failed: "));
	assert_int_not_equal(end->alert, 0);
	fixture_stop(&f);
}

static void says_goodbye(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_seen("close:1006,no answer to a Close ");
	assert_took_bytes(peer, "\x88\x02\x03\xe9");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void drains(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer, *late;
	struct nv_bytes took;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	sim_settle(f.loop);
	took = sim_peer_take(peer);
	assert_true(took.len > 4);
	assert_memory_equal(took.data + 2, "\x03\xf4retry_after=", 14);
	late = sim_connect(TLS_PORT);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(late));
	assert_int_equal(sim_peer_take(late).len, 0);
	send_frame(peer, 0x88, "\x03\xf4", 2);
	sim_settle(f.loop);
	assert_seen("close:1012,closing handshake,clean ");
	assert_true(end->ended);
	fixture_stop(&f);
}

/* --- Deadlines --- */

/* What a client says first, as it goes over the wire. */
static struct blob client_hello(void)
{
	struct blob hello = { 0 };
	struct tls_end end;

	tls_end_open_client(&end, NULL, "example.org");
	tls_end_receive(&end, (struct nv_bytes){ NULL, 0 });
	tls_end_take(&end, &hello);
	tls_end_free(&end);
	return hello;
}

static void assert_closed_at(struct fixture *f, struct sim_peer *peer, uint32_t ms)
{
	sim_advance(f->loop, ms - 500);
	assert_false(sim_peer_closed(peer));
	sim_advance(f->loop, 750);
	assert_true(sim_peer_closed(peer));
	assert_non_null(strstr(f->log, ": TLS failed, the handshake took too long"));
}

static void closes_who_says_hello_only(void **state)
{
	struct blob hello = client_hello();
	struct fixture f;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(TLS_PORT);
	sim_peer_send(peer, hello.data, hello.len);
	sim_settle(f.loop);
	assert_true(sim_peer_take(peer).len > 100);
	assert_closed_at(&f, peer, 10000);
	assert_seen("");
	blob_free(&hello);
	fixture_stop(&f);
}

static void closes_who_says_nothing(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(TLS_PORT);
	sim_settle(f.loop);
	assert_closed_at(&f, peer, 10000);
	assert_int_equal(sim_peer_take(peer).len, 0);
	fixture_stop(&f);
}

static void closes_who_sends_a_byte_a_second(void **state)
{
	struct blob hello = client_hello();
	struct fixture f;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(TLS_PORT);
	for (size_t i = 0; i < 9; i++) {
		sim_peer_send(peer, hello.data + i, 1);
		sim_advance(f.loop, 1000);
	}
	assert_closed_at(&f, peer, 1000);
	blob_free(&hello);
	fixture_stop(&f);
}

static void one_deadline_holds_for_all(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer = NULL;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(TLS_PORT);
	sim_settle(f.loop);
	sim_advance(f.loop, 6000);
	end = far_client(peer, paper("ca.pem"), "example.org");
	sim_peer_send_text(peer, "GET /ws HTTP/1.1\r\n");
	sim_settle(f.loop);
	assert_true(tls_end_is_open(end));
	sim_advance(f.loop, 3500);
	assert_int_equal(sim_peer_take(peer).len, 0);
	sim_advance(f.loop, 750);
	assert_status(peer, 408);
	assert_true(end->ended);
	fixture_stop(&f);
}

/* As a balancer does that only looks. */
static void who_says_nothing_is_not_told(void **state)
{
	struct fixture f;

	secure_start(&f, (struct nv_server_options){ 0 });
	sim_peer_eof(sim_connect(TLS_PORT));
	sim_settle(f.loop);
	assert_string_equal(f.log, "");
	fixture_stop(&f);
}

static void takes_over_a_socket(void **state)
{
	struct nv_address address;
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;
	int fd;

	secure_start(&f, (struct nv_server_options){ 0 });
	assert_true(nv_address_parse("127.0.0.1", TLS_PORT + 1, &address));
	fd = nv_sock_listen(&address);
	assert_true(fd >= 0);
	assert_int_equal(nv_server_listen_tls_fd(f.server, fd), 0);
	peer = sim_connect(TLS_PORT + 1);
	end = far_client(peer, paper("ca.pem"), "example.org");
	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_true(tls_end_is_open(end));
	assert_status(peer, 101);
	fixture_stop(&f);
}

static void tells_failures_once_a_second(void **state)
{
	struct fixture f;

	secure_start(&f, (struct nv_server_options){ 0 });
	for (int i = 0; i < 5; i++) {
		struct sim_peer *peer = sim_connect(TLS_PORT);

		sim_peer_send_text(peer, "GET / HTTP/1.1\r\n\r\n");
		sim_settle(f.loop);
		assert_int_equal(f.log[0] != '\0', i == 0);
		f.log[0] = '\0';
	}
	sim_advance(f.loop, 1000);
	sim_peer_send_text(sim_connect(TLS_PORT), "GET / HTTP/1.1\r\n\r\n");
	sim_settle(f.loop);
	assert_non_null(strstr(f.log, "(and 4 before that were not told)"));
	fixture_stop(&f);
}

/* --- The gate --- */

#define SILENT 10000

static void the_silent_cost_only_themselves(void **state)
{
	struct blob hello = client_hello();
	struct sim_peer *honest;
	struct tls_end *end;
	struct fixture f;
	int turns;

	secure_start(&f, (struct nv_server_options){ .max_connections = 2 * SILENT });
	f.on_message = echo;
	for (int i = 0; i < SILENT; i++) {
		char ip[32];

		snprintf(ip, sizeof ip, "10.1.%d.%d", i / 250, i % 250);
		sim_peer_send(sim_connect_from(TLS_PORT, ip), hello.data, hello.len);
	}
	for (turns = 0; turns < SILENT / 64 + 2; turns++)
		sim_turn(f.loop);
	for (int i = 0; i < 20; i++)
		sim_peer_send(sim_connect(TLS_PORT), hello.data, hello.len);
	honest = secure_peer(&end);
	sim_peer_send_text(honest, UPGRADE("/ws"));
	for (turns = 0; turns < 5; turns++)
		sim_turn(f.loop);
	assert_seen("open ");
	assert_status(honest, 101);
	sim_advance(f.loop, 10250);
	assert_int_equal(nv_server_connections(f.server), 1);
	talks(&f, honest);
	blob_free(&hello);
	fixture_stop(&f);
}

/* --- Refusals --- */

static void closes_who_is_too_many(void **state)
{
	struct blob hello = client_hello();
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ .max_connections = 1 });
	secure_connect(&f, &end);
	peer = sim_connect(TLS_PORT);
	sim_peer_send(peer, hello.data, hello.len);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	assert_int_equal(sim_peer_take(peer).len, 0);
	assert_non_null(strstr(f.log, "closed instead of 503"));
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, "GET / HTTP/1.1\r\n\r\n");
	sim_settle(f.loop);
	assert_status(peer, 503);
	blob_free(&hello);
	fixture_stop(&f);
}

/* --- Files --- */

static int reload_with(struct fixture *f, const char *name, bool always)
{
	struct cert *cert = certs_make(&(struct cert_wish){
		name, "DNS:example.org", .issuer = papers_ca, .until_s = 100 * CERTS_DAY });

	paper_write("live", cert);
	certs_free(cert);
	return nv_server_reload_tls(f->server, always);
}

static void start_live(struct fixture *f)
{
	paper_make("live", (struct cert_wish){ "old", "DNS:example.org", .issuer = papers_ca });
	fixture_start(f, (struct nv_server_options){ 0 });
	fixture_secure(f, "live.pem", "live.key");
}

static void reloads_and_keeps_what_is_open(void **state)
{
	struct fixture f;
	struct tls_end *old, *new;
	struct sim_peer *peer;

	start_live(&f);
	f.on_message = echo;
	peer = secure_connect(&f, &old);
	assert_shown(old, "old");
	assert_int_equal(nv_server_reload_tls(f.server, false), 0);
	assert_int_equal(reload_with(&f, "new", false), 1);
	assert_non_null(strstr(f.log, "TLS: new connections get the certificates read now"));
	secure_connect(&f, &new);
	assert_shown(new, "new");
	talks(&f, peer);
	assert_int_equal(nv_server_reload_tls(f.server, false), 0);
	assert_int_equal(nv_server_reload_tls(f.server, true), 1);
	fixture_stop(&f);
}

/* The keys of tickets are the server's. */
static void sessions_outlive_a_reload(void **state)
{
	struct fixture f;
	struct nv_tls_info info;
	struct tls_end *end;
	struct sim_peer *peer;
	SSL_SESSION *session;

	start_live(&f);
	peer = secure_connect(&f, &end);
	session = SSL_get1_session(end->ssl);
	assert_int_equal(reload_with(&f, "new", false), 1);
	peer = sim_connect(TLS_PORT);
	end = far_end_new();
	tls_end_open_client(end, paper("ca.pem"), "example.org");
	assert_int_equal(SSL_set_session(end->ssl, session), 1);
	far_start(peer, end);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_seen("open ");
	assert_true(nv_conn_tls(f.conn, &info));
	assert_true(info.resumed);
	SSL_SESSION_free(session);
	fixture_stop(&f);
}

static void broken_files_change_nothing(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct cert *ended;

	start_live(&f);
	certs_write_bytes(paper("live.pem"), "-----BEGIN CERTIFICATE-----\nMII", 31);
	assert_int_equal(nv_server_reload_tls(f.server, false), NV_ERR_TLS);
	assert_non_null(strstr(f.log, "TLS: "));
	assert_non_null(strstr(f.log, "live.pem"));
	assert_non_null(strstr(f.log, "the old certificates stay in use"));
	f.log[0] = '\0';
	assert_int_equal(nv_server_reload_tls(f.server, false), NV_ERR_TLS);
	assert_string_equal(f.log, "");
	assert_int_equal(nv_server_reload_tls(f.server, true), NV_ERR_TLS);
	assert_string_not_equal(f.log, "");
	f.log[0] = '\0';
	remove(paper("live.pem"));
	assert_true(nv_server_reload_tls(f.server, false) < 0);
	assert_string_not_equal(f.log, "");
	ended = certs_make(&(struct cert_wish){ "ended", "DNS:example.org", .issuer = papers_ca,
	                                        .from_s = -2 * CERTS_DAY, .until_s = -1 });
	paper_write("live", ended);
	certs_free(ended);
	assert_int_equal(nv_server_reload_tls(f.server, false), NV_ERR_TLS);
	secure_connect(&f, &end);
	assert_shown(end, "old");
	assert_int_equal(reload_with(&f, "new", false), 1);
	secure_connect(&f, &end);
	assert_shown(end, "new");
	f.log[0] = '\0';
	remove(paper("live.pem"));
	assert_true(nv_server_reload_tls(f.server, false) < 0);
	assert_string_not_equal(f.log, "");
	assert_int_equal(reload_with(&f, "newer", false), 1);
	fixture_stop(&f);
}

static void tells_when_a_certificate_ends(void **state)
{
	struct fixture f;
	struct nv_stats stats;

	fixture_start(&f, (struct nv_server_options){ 0 });
	nv_server_stats(f.server, &stats);
	assert_true(stats.cert_expiry_seconds == INT64_MAX);
	fixture_secure(&f, "short.pem", "short.key");
	assert_string_equal(f.log, "TLS: a certificate ends within 10 days");
	nv_server_stats(f.server, &stats);
	assert_in_range(stats.cert_expiry_seconds, 10 * CERTS_DAY - 60, 10 * CERTS_DAY);
	f.log[0] = '\0';
	sim_advance(f.loop, 86399000);
	assert_string_equal(f.log, "");
	sim_advance(f.loop, 1000);
	assert_string_equal(f.log, "TLS: a certificate ends within 10 days");
	fixture_stop(&f);
}

static void is_silent_while_there_is_time(void **state)
{
	struct fixture f;

	secure_start(&f, (struct nv_server_options){ 0 });
	sim_advance(f.loop, 86400000);
	assert_string_equal(f.log, "");
	fixture_stop(&f);
}

static void says_what_is_wrong_at_the_start(void **state)
{
	struct nv_certificate certificate = { paper("server.pem"), paper("server.key"), NULL };
	struct nv_server_tls tls = { .certificates = &certificate, .certificate_count = 0 };
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_listen_tls(f.server, "127.0.0.1", TLS_PORT), NV_ERR_STATE);
	assert_int_equal(nv_server_reload_tls(f.server, true), NV_ERR_STATE);
	assert_int_equal(nv_server_set_tls(f.server, &tls), NV_ERR_INVALID);
	tls.certificate_count = 1;
	certificate.chain_file = paper("missing.pem");
	assert_true(nv_server_set_tls(f.server, &tls) < 0);
	assert_non_null(strstr(f.log, "missing.pem"));
	certificate.chain_file = paper("next.pem");
	assert_int_equal(nv_server_set_tls(f.server, &tls), NV_ERR_TLS);
	assert_non_null(strstr(f.log, "server.key"));
	certificate.chain_file = paper("ended.pem");
	certificate.key_file = paper("ended.key");
	assert_int_equal(nv_server_set_tls(f.server, &tls), NV_ERR_TLS);
	certificate.chain_file = NULL;
	assert_int_equal(nv_server_set_tls(f.server, &tls), NV_ERR_INVALID);
	certificate.chain_file = paper("server.pem");
	certificate.key_file = paper("server.key");
	assert_int_equal(nv_server_set_tls(f.server, &tls), 0);
	assert_int_equal(nv_server_set_tls(f.server, &tls), NV_ERR_STATE);
	assert_int_equal(nv_server_listen_tls(f.server, "127.0.0.1", TLS_PORT), 0);
	fixture_stop(&f);
}

/* --- Slow readers --- */

static void cuts_who_does_not_read(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	peer = secure_connect(&f, &end);
	sim_peer_set_window(peer, 0);
	assert_int_equal(nv_conn_send_text(f.conn, "little"), 0);
	sim_settle(f.loop);
	assert_int_equal(nv_conn_unsent(f.conn), 0);
	sim_advance(f.loop, 9500);
	assert_seen("");
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,the peer did not read ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void drains_to_who_reads_on(void **state)
{
	static uint8_t big[400000];
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;
	size_t took = 0;

	secure_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	peer = secure_connect(&f, &end);
	sim_peer_set_window(peer, 1000);
	assert_int_equal(nv_conn_send(f.conn, NV_BINARY, (struct nv_bytes){ big, sizeof big }), 0);
	sim_settle(f.loop);
	assert_in_range(nv_conn_unsent(f.conn), sizeof big - 82000, sizeof big - 32000);
	for (int i = 0; i < 30; i++) {
		sim_advance(f.loop, 5000);
		sim_peer_set_window(peer, 20000);
		sim_settle(f.loop);
		took += sim_peer_take(peer).len;
	}
	assert_int_equal(took, sizeof big + 10);
	assert_seen("drain ");
	fixture_stop(&f);
}

static void pauses_and_resumes(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	nv_conn_pause(f.conn, true);
	send_text(peer, "one");
	send_text(peer, "two");
	sim_settle(f.loop);
	assert_seen("");
	assert_true(sim_peer_unread(peer) > 0);
	nv_conn_pause(f.conn, false);
	sim_settle(f.loop);
	assert_seen("text:one text:two ");
	fixture_stop(&f);
}

static void pause_at_stop(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	if (nv_bytes_is(message, "stop"))
		nv_conn_pause(conn, true);
}

static void pauses_in_the_middle_of_a_record(void **state)
{
	struct blob frames = { 0 };
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;

	secure_start(&f, (struct nv_server_options){ 0 });
	peer = secure_connect(&f, &end);
	f.on_message = pause_at_stop;
	blob_append(&frames, "\x81\x84\0\0\0\0stop\x81\x84\0\0\0\0more\x81\x84\0\0\0\0last", 30);
	sim_peer_send(peer, frames.data, frames.len);
	blob_free(&frames);
	sim_settle(f.loop);
	assert_seen("text:stop ");
	far_finish(peer, end);
	sim_settle(f.loop);
	assert_seen("");
	nv_conn_pause(f.conn, false);
	sim_settle(f.loop);
	assert_seen(
		"text:more text:last close:1006,the peer ended the connection without a Close ");
	fixture_stop(&f);
}

/* --- HTTP --- */

static void page(struct nv_request *request)
{
	static uint8_t body[300000];
	struct nv_bytes path = nv_request_path(request);

	if (nv_bytes_is(path, "/own"))
		nv_request_add_field(request, "Strict-Transport-Security", "max-age=0");
	nv_request_reply(request, 200, "text/plain",
	                 (struct nv_bytes){ body, nv_bytes_is(path, "/big") ? sizeof body : 2 });
}

/* What a page answers, as a string that lives until the next call. */
static const char *ask(struct fixture *f, uint16_t port, const char *path, const char *host)
{
	static char answer[4096];
	struct sim_peer *peer = sim_connect(port);
	char request[256];
	struct nv_bytes took;

	if (port == TLS_PORT)
		far_client(peer, NULL, NULL);
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
	sim_peer_send_text(peer, request);
	sim_settle(f->loop);
	took = sim_peer_take(peer);
	assert_true(took.len > 0 && took.len < sizeof answer);
	memcpy(answer, took.data, took.len);
	answer[took.len] = '\0';
	return answer;
}

static void asks_browsers_to_stay(void **state)
{
	static const char field[] = "\r\nStrict-Transport-Security: max-age=31536000\r\n";
	static const char *const names[] = { "example.org",  "example.org:8443",  "a.example.org.",
		                             "notlocalhost", "localhost.example", "host1" };
	static const char *const locals[] = { "localhost",     "localhost:8443", "LocalHost",
		                              "app.localhost", "localhost.",     "127.0.0.1",
		                              "[::1]:8443",    "10.0.0.1:1",     "[::1]" };
	struct fixture f;

	secure_start(&f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_http(f.server, "/*", page, NULL), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_non_null(strstr(ask(&f, TLS_PORT, "/", names[i]), field));
		assert_null(strstr(ask(&f, PORT, "/", names[i]), "Strict"));
	}
	for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
		assert_null(strstr(ask(&f, TLS_PORT, "/", locals[i]), "Strict"));
	assert_non_null(strstr(ask(&f, TLS_PORT, "/own", "a.example"), "Security: max-age=0\r\n"));
	assert_null(strstr(ask(&f, TLS_PORT, "/own", "a.example"), "31536000"));
	assert_non_null(strstr(ask(&f, TLS_PORT, "/ws", "a.example"), field));
	fixture_stop(&f);
}

static void answers_who_reads_slowly(void **state)
{
	struct fixture f;
	struct tls_end *end;
	struct sim_peer *peer;
	size_t took = 0;

	secure_start(&f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_http(f.server, "/big", page, NULL), 0);
	peer = secure_peer(&end);
	sim_peer_send_text(peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	sim_peer_set_window(peer, 10000);
	for (int i = 0; i < 40 && !end->ended; i++) {
		sim_advance(f.loop, 3000);
		took += sim_peer_take(peer).len;
		sim_peer_set_window(peer, 20000);
	}
	assert_true(took > 300000);
	assert_true(end->ended);
	fixture_stop(&f);
}

/* --- Memory --- */

/* A visit, in which any allocation may fail; true when all went well. */
static bool visit(struct fixture *f)
{
	const struct nv_certificate certificate = { paper("server.pem"), paper("server.key"),
		                                    NULL };
	const struct nv_server_tls tls = { .certificates = &certificate,
		                           .certificate_count = 1,
		                           .client_ca_file = paper("ca.pem"),
		                           .client_optional = true };
	struct tls_end *end;
	struct sim_peer *peer;
	bool ok;

	if (nv_server_set_tls(f->server, &tls) < 0 ||
	    nv_server_listen_tls(f->server, "127.0.0.1", TLS_PORT) < 0)
		return false;
	peer = secure_peer(&end);
	sim_peer_send_text(peer, UPGRADE("/ws"));
	send_text(peer, "hello");
	sim_settle(f->loop);
	ok = strstr(f->seen, "text:hello ") != NULL;
	ok = nv_server_reload_tls(f->server, true) == 1 && ok;
	if (!sim_peer_closed(peer) && !end->ended)
		send_frame(peer, 0x88, "\x03\xe8", 2);
	sim_settle(f->loop);
	return ok && end->ended;
}

static void survives_every_failed_allocation(void **state)
{
	bool done = false;

	for (size_t n = 1; !done; n++) {
		struct fixture f;

		fixture_start(&f, (struct nv_server_options){ 0 });
		failing_alloc_fail(n, FAIL_ONCE);
		done = visit(&f) && failing_alloc_count() < n;
		failing_alloc_fail(0, FAIL_ONCE);
		fixture_stop(&f);
		assert_true(n < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upgrades_and_talks),
		cmocka_unit_test(talks_byte_by_byte),
		cmocka_unit_test(keeps_what_comes_with_the_request),
		cmocka_unit_test(speaks_both_on_two_ports),
		cmocka_unit_test(speaks_1_2),
		cmocka_unit_test(refuses_plain_bytes),
		cmocka_unit_test(shows_the_certificate_of_the_name),
		unit_case("HS-50 an unknown name is refused if strict",
		          refuses_unknown_names_if_strict),
		cmocka_unit_test(reads_the_client_certificate),
		cmocka_unit_test(wants_a_client_certificate),
		cmocka_unit_test(who_says_nothing_is_not_told),
		cmocka_unit_test(takes_over_a_socket),
		cmocka_unit_test(lets_in_who_has_no_certificate_if_told),
		unit_case("K-18 close_notify without a Close is 1006", close_notify_is_an_end),
		unit_case("K-18 FIN without close_notify is 1006", a_bare_fin_is_an_end),
		unit_case("K-18 our close_notify comes after the Close", ends_in_order),
		cmocka_unit_test(tells_what_broke_tls),
		cmocka_unit_test(says_goodbye),
		cmocka_unit_test(drains),
		cmocka_unit_test(closes_who_says_hello_only),
		cmocka_unit_test(closes_who_says_nothing),
		cmocka_unit_test(closes_who_sends_a_byte_a_second),
		cmocka_unit_test(one_deadline_holds_for_all),
		cmocka_unit_test(tells_failures_once_a_second),
		cmocka_unit_test(the_silent_cost_only_themselves),
		cmocka_unit_test(closes_who_is_too_many),
		cmocka_unit_test(reloads_and_keeps_what_is_open),
		cmocka_unit_test(sessions_outlive_a_reload),
		cmocka_unit_test(broken_files_change_nothing),
		cmocka_unit_test(tells_when_a_certificate_ends),
		cmocka_unit_test(is_silent_while_there_is_time),
		cmocka_unit_test(says_what_is_wrong_at_the_start),
		cmocka_unit_test(cuts_who_does_not_read),
		cmocka_unit_test(drains_to_who_reads_on),
		cmocka_unit_test(pauses_and_resumes),
		cmocka_unit_test(pauses_in_the_middle_of_a_record),
		cmocka_unit_test(asks_browsers_to_stay),
		cmocka_unit_test(answers_who_reads_slowly),
		cmocka_unit_test(survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
