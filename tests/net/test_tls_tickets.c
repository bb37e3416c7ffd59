/* SPDX-License-Identifier: MIT */
/* test_tls_tickets.c: who may go on with a session and who begins anew: keys that change, contexts that
 * change, names, certificates of clients, time. The time of day is the test's own. */
#include "net/tls_tickets.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>

#include "net/tls_pair.h"
#include "support/find.h"

#define HOUR 3600u
#define LOCAL "DNS:localhost,DNS:also.example"

static struct nv_tls_tickets tickets;
static struct cert *root;
static struct cert *unknown;
static struct nv_tls_context *client;
static struct nv_tls_context *server;
static SSL_SESSION *session; /* the client's last one */
static time_t ahead;

/* In place of the C library's, for OpenSSL. */
time_t time(time_t *out)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	if (out)
		*out = now.tv_sec + ahead;
	return now.tv_sec + ahead;
}

/* Hours that pass for the keys. */
static void keys_age(uint64_t hours)
{
	for (int i = 0; i < NV_TLS_TICKET_KEYS; i++) {
		if (tickets.keys[i].made_s != 0)
			tickets.keys[i].made_s -= hours * HOUR;
	}
}

static void forget_session(void)
{
	SSL_SESSION_free(session);
	session = NULL;
}

/* A connection, with the last session if there is one. */
static void meet(const char *host, int version, struct tls_pair *pair)
{
	pair_open(pair, client, server, host);
	SSL_set_max_proto_version(pair->client.ssl, version);
	if (session)
		assert_int_equal(SSL_set_session(pair->client.ssl, session), 1);
	pair_run(pair);
}

static void keep_session(const struct tls_pair *pair)
{
	SSL_SESSION *got = SSL_get1_session(pair->client.ssl);

	assert_true(SSL_SESSION_is_resumable(got));
	SSL_SESSION_free(session);
	session = got;
}

/* Which has to work, and leaves a session. */
static bool is_resumed(const char *host, int version)
{
	struct tls_pair pair;
	bool resumed;

	meet(host, version, &pair);
	assert_open(&pair);
	resumed = SSL_session_reused(pair.server.ssl);
	assert_int_equal(resumed, SSL_session_reused(pair.client.ssl));
	keep_session(&pair);
	pair_close(&pair);
	return resumed;
}

/* The name of the key that has made it; after the ticket's own fields there is nothing before it. */
static bool is_made_with(const struct nv_tls_ticket_key *key)
{
	const unsigned char *ticket;
	size_t len;

	SSL_SESSION_get0_ticket(session, &ticket, &len);
	return len > sizeof key->name && memcmp(ticket, key->name, sizeof key->name) == 0;
}

static void replace_server(struct nv_tls_context *next)
{
	nv_tls_context_unref(server);
	server = next;
}

/* Each case is played with both versions. */
static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void begin(int version)
{
	ahead = 0;
	forget_session();
	nv_tls_tickets_deinit(&tickets);
	nv_tls_tickets_init(&tickets);
	replace_server(serve_one("server", &tickets));
	assert_false(is_resumed("localhost", version));
}

/* --- Keys --- */

static void a_ticket_is_for_the_next_time(int version)
{
	assert_int_equal(SSL_SESSION_get_ticket_lifetime_hint(session), 12 * HOUR);
	assert_true(is_made_with(&tickets.keys[0]));
	assert_true(is_resumed("localhost", version));
	assert_true(is_resumed("localhost", version));
	assert_int_equal(tickets.keys[1].made_s, 0);
}

/* Who uses each once (TLS 1.3) gets a new one each time. */
static void a_new_ticket_comes_in_1_3(int version)
{
	SSL_SESSION *before = session;
	const unsigned char *old;
	const unsigned char *new;
	size_t old_len;
	size_t new_len;

	SSL_SESSION_up_ref(before);
	assert_true(is_resumed("localhost", version));
	SSL_SESSION_get0_ticket(before, &old, &old_len);
	SSL_SESSION_get0_ticket(session, &new, &new_len);
	assert_int_equal(old_len != new_len || memcmp(old, new, old_len) != 0,
	                 version == TLS1_3_VERSION);
	SSL_SESSION_free(before);
}

static void count_tickets(int sent, int version, int kind, const void *bytes, size_t len, SSL *ssl,
                          void *count)
{
	if (!sent && kind == SSL3_RT_HANDSHAKE &&
	    *(const uint8_t *)bytes == SSL3_MT_NEWSESSION_TICKET)
		++*(int *)count;
}

static void a_handshake_brings_one_ticket(int version)
{
	struct tls_pair pair;
	int count = 0;

	forget_session();
	pair_open(&pair, client, server, "localhost");
	SSL_set_max_proto_version(pair.client.ssl, version);
	SSL_set_msg_callback(pair.client.ssl, count_tickets);
	SSL_set_msg_callback_arg(pair.client.ssl, &count);
	pair_run(&pair);
	assert_open(&pair);
	assert_int_equal(count, 1);
	pair_close(&pair);
}

static void an_old_key_reads_and_a_new_one_writes(int version)
{
	const struct nv_tls_ticket_key first = tickets.keys[0];

	keys_age(13);
	assert_true(is_resumed("localhost", version));
	assert_memory_equal(tickets.keys[1].name, first.name, sizeof first.name);
	assert_true(is_made_with(&tickets.keys[0]));
	assert_false(is_made_with(&first));
	assert_true(is_resumed("localhost", version));
}

static void a_key_ends_after_a_day(int version)
{
	keys_age(23);
	assert_true(is_resumed("localhost", version));
	begin(version);
	keys_age(24);
	assert_false(is_resumed("localhost", version));
	assert_true(is_made_with(&tickets.keys[0]));
}

static void the_third_key_takes_the_place_of_the_first(int version)
{
	SSL_SESSION *first = session;
	struct tls_pair pair;

	SSL_SESSION_up_ref(first);
	for (int i = 0; i < 2; i++) {
		keys_age(12);
		assert_true(is_resumed("localhost", version));
	}
	forget_session();
	session = first;
	meet("localhost", version, &pair);
	assert_open(&pair);
	assert_false(SSL_session_reused(pair.server.ssl));
	pair_close(&pair);
}

static void a_key_is_not_changed_too_soon(int version)
{
	const struct nv_tls_ticket_key first = tickets.keys[0];

	keys_age(11);
	assert_true(is_resumed("localhost", version));
	assert_memory_equal(tickets.keys[0].name, first.name, sizeof first.name);
}

/* Another thread has made it, and read the clock a moment later. */
static void a_key_of_the_next_second_is_in_use(int version)
{
	const struct nv_tls_ticket_key first = tickets.keys[0];

	tickets.keys[0].made_s += 2;
	assert_true(is_resumed("localhost", version));
	assert_memory_equal(tickets.keys[0].name, first.name, sizeof first.name);
	assert_int_equal(tickets.keys[1].made_s, 0);
}

static void a_ticket_ends_after_12_hours(int version)
{
	ahead = 12 * HOUR - 60;
	assert_true(is_resumed("localhost", version));
	begin(version);
	ahead = 12 * HOUR + 60;
	assert_false(is_resumed("localhost", version));
}

static void another_server_begins_anew(int version)
{
	struct nv_tls_tickets others = { .keys = { { .made_s = 0 } } };

	nv_tls_tickets_init(&others);
	replace_server(serve_one("server", &others));
	assert_false(is_resumed("localhost", version));
	assert_true(is_resumed("localhost", version));
	replace_server(serve_one("server", &tickets));
	nv_tls_tickets_deinit(&others);
}

/* As DER, where the ticket stands as it is. */
static void change_ticket(size_t at)
{
	unsigned char bytes[4096];
	unsigned char *to = bytes;
	const unsigned char *from = bytes;
	const long len = i2d_SSL_SESSION(session, NULL);
	const unsigned char *ticket;
	size_t ticket_len;
	unsigned char *found;

	assert_in_range(len, 1, sizeof bytes);
	i2d_SSL_SESSION(session, &to);
	SSL_SESSION_get0_ticket(session, &ticket, &ticket_len);
	found = find_bytes(bytes, (size_t)len, ticket, ticket_len);
	assert_non_null(found);
	found[at < ticket_len ? at : ticket_len - 1] ^= 1;
	forget_session();
	session = d2i_SSL_SESSION(NULL, &from, len);
	assert_non_null(session);
}

static void a_changed_ticket_is_none(int version)
{
	static const size_t places[] = { 0, 15, 16, 40, 100, 4096 };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		change_ticket(places[i]);
		assert_false(is_resumed("localhost", version));
	}
}

static void all_of_a_key_counts(int version)
{
	tickets.keys[0].mac[0] ^= 1;
	assert_false(is_resumed("localhost", version));
	tickets.keys[0].mac[31] ^= 1;
	assert_false(is_resumed("localhost", version));
	tickets.keys[0].cipher[0] ^= 1;
	assert_false(is_resumed("localhost", version));
	tickets.keys[0].cipher[31] ^= 1;
	assert_false(is_resumed("localhost", version));
	assert_true(is_resumed("localhost", version));
}

/* --- Contexts and names --- */

static void tickets_outlive_a_reload(int version)
{
	replace_server(serve_one("server", &tickets));
	assert_true(is_resumed("localhost", version));
	replace_server(serve_one("renewed", &tickets));
	assert_true(is_resumed("localhost", version));
}

static void a_ticket_is_for_its_name(int version)
{
	assert_true(is_resumed("LocalHost", version));
	assert_false(is_resumed("also.example", version)); /* of the same certificate */
	assert_true(is_resumed("also.example", version));
	assert_false(is_resumed("127.0.0.1", version)); /* without a name */
	assert_true(is_resumed("127.0.0.1", version));
	assert_true(is_resumed("::1", version));
	assert_false(is_resumed("localhost", version));
}

static void the_name_is_told_again(int version)
{
	struct tls_pair pair;

	meet("localhost", version, &pair);
	assert_true(SSL_session_reused(pair.server.ssl));
	assert_string_equal(SSL_get_servername(pair.server.ssl, TLSEXT_NAMETYPE_host_name),
	                    "localhost");
	pair_close(&pair);
}

static void a_ticket_does_not_open_another_certificate(int version)
{
	const struct nv_certificate both[] = { files_of("server"), files_of("second") };
	const struct nv_server_tls options = { .certificates = both, .certificate_count = 2 };
	struct tls_pair pair;
	X509 *shown;

	replace_server(serve_with(&options, &tickets));
	assert_true(is_resumed("localhost", version));
	meet("other.example", version, &pair);
	assert_open(&pair);
	assert_false(SSL_session_reused(pair.server.ssl));
	shown = SSL_get1_peer_certificate(pair.client.ssl);
	assert_int_equal(X509_check_host(shown, "other.example", 0, 0, NULL), 1);
	X509_free(shown);
	pair_close(&pair);
}

/* --- Certificates of clients --- */

static struct nv_tls_context *serve_clients(const char *ca, bool optional)
{
	const struct nv_certificate certificate = files_of("server");
	const struct nv_server_tls options = { .certificates = &certificate,
		                               .certificate_count = 1,
		                               .client_ca_file = folder_path(ca),
		                               .client_optional = optional };

	return serve_with(&options, &tickets);
}

static void connect_as(const char *name)
{
	struct nv_client_tls options = { .insecure = true };

	nv_tls_context_unref(client);
	if (name)
		options.certificate = files_of(name);
	client = connect_with(&options);
}

static void assert_refused(const char *host, int version, const char *problem)
{
	struct tls_pair pair;

	meet(host, version, &pair);
	assert_int_equal(pair.server.error, NV_ERR_CERTIFICATE);
	assert_string_equal(pair.server.problem, problem);
	pair_close(&pair);
}

/* OpenSSL would not look at the certificate again, nor at those that lead to its authority. */
static void who_is_asked_for_a_certificate_gets_no_ticket(int version)
{
	static const char *const names[] = { "anna", NULL };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct tls_pair pair;

		forget_session();
		connect_as(names[i]);
		replace_server(serve_clients("root.pem", true));
		meet("localhost", version, &pair);
		assert_open(&pair);
		assert_int_equal(SSL_get0_peer_certificate(pair.server.ssl) != NULL,
		                 names[i] != NULL);
		assert_false(SSL_SESSION_is_resumable(SSL_get0_session(pair.client.ssl)));
		pair_close(&pair);
	}
}

/* A ticket of the time when nobody was asked. */
static void a_ticket_is_no_way_around_new_rules(int version)
{
	struct tls_pair pair;

	replace_server(serve_clients("root.pem", false));
	assert_refused("localhost", version, "the peer has shown no certificate");
	replace_server(serve_clients("root.pem", true));
	meet("localhost", version, &pair);
	assert_open(&pair);
	assert_false(SSL_session_reused(pair.server.ssl));
	pair_close(&pair);
}

/* --- Threads --- */

/* So that all together pass 20 hours: one change of keys, and none is too old to read. */
static void age_now_and_then(int i)
{
	if (i % 100 != 0)
		return;
	nv_lock_take(&tickets.lock);
	keys_age(1);
	nv_lock_give(&tickets.lock);
}

static void *make_and_read(void *context)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
	uint8_t name[16];
	uint8_t iv[EVP_MAX_IV_LENGTH];

	for (int i = 0; i < 500; i++) {
		if (nv_tls_tickets_start(&tickets, context, name, iv, cipher, mac, 1) != 1 ||
		    nv_tls_tickets_start(&tickets, context, name, iv, cipher, mac, 0) < 1)
			abort();
		age_now_and_then(i);
	}
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
	EVP_CIPHER_CTX_free(cipher);
	return NULL;
}

static void threads_share_the_keys(void **state)
{
	pthread_t threads[4];
	SSL *sessions[4];

	begin(TLS1_3_VERSION);
	for (int i = 0; i < 4; i++) {
		sessions[i] = nv_tls_context_session(server, NULL);
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_read, sessions[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		SSL_free(sessions[i]);
	}
	assert_true(tickets.keys[1].made_s != 0);
}

/* --- The end --- */

static void the_end_wipes_the_keys(void **state)
{
	static const struct nv_tls_ticket_key none[NV_TLS_TICKET_KEYS];

	begin(TLS1_3_VERSION);
	nv_tls_tickets_deinit(&tickets);
	assert_memory_equal(tickets.keys, none, sizeof none);
	nv_tls_tickets_init(&tickets);
}

static int set_up(void **state)
{
	folder_make();
	nv_tls_tickets_init(&tickets);
	root = certs_make(&(struct cert_wish){ .name = "root", .is_authority = true });
	unknown = certs_make(&(struct cert_wish){ .name = "unknown", .is_authority = true });
	certs_write_one(root, folder_path("root.pem"));
	certs_write_one(unknown, folder_path("unknown.pem"));
	make_files("server", &(struct cert_wish){ .names = LOCAL, .issuer = root });
	make_files("renewed", &(struct cert_wish){ .names = LOCAL, .issuer = root });
	make_files("second", &(struct cert_wish){ .names = "DNS:other.example", .issuer = root });
	make_files("anna", &(struct cert_wish){ .name = "anna", .issuer = root });
	connect_as(NULL);
	return 0;
}

static int tear_down(void **state)
{
	forget_session();
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	nv_tls_tickets_deinit(&tickets);
	certs_free(root);
	certs_free(unknown);
	folder_remove();
	return 0;
}

static void play(void **state)
{
	void (*const *const test)(int version) = *state;

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		connect_as(NULL);
		begin(versions[i]);
		(*test)(versions[i]);
	}
}

#define WITH_BOTH(name)                                                                            \
	{                                                                                          \
#name, play, NULL, NULL, &(struct { void (*test)(int); })                          \
		{                                                                                  \
			name                                                                       \
		}                                                                                  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOTH(a_ticket_is_for_the_next_time),
		WITH_BOTH(a_new_ticket_comes_in_1_3),
		WITH_BOTH(a_handshake_brings_one_ticket),
		WITH_BOTH(an_old_key_reads_and_a_new_one_writes),
		WITH_BOTH(a_key_ends_after_a_day),
		WITH_BOTH(the_third_key_takes_the_place_of_the_first),
		WITH_BOTH(a_key_is_not_changed_too_soon),
		WITH_BOTH(a_key_of_the_next_second_is_in_use),
		WITH_BOTH(a_ticket_ends_after_12_hours),
		WITH_BOTH(another_server_begins_anew),
		WITH_BOTH(a_changed_ticket_is_none),
		WITH_BOTH(all_of_a_key_counts),
		WITH_BOTH(tickets_outlive_a_reload),
		WITH_BOTH(a_ticket_is_for_its_name),
		WITH_BOTH(the_name_is_told_again),
		WITH_BOTH(a_ticket_does_not_open_another_certificate),
		WITH_BOTH(who_is_asked_for_a_certificate_gets_no_ticket),
		WITH_BOTH(a_ticket_is_no_way_around_new_rules),
		cmocka_unit_test(threads_share_the_keys),
		cmocka_unit_test(the_end_wipes_the_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
