/* SPDX-License-Identifier: MIT */
/* test_chaos.c: what strangers send: random bytes, half handshakes, broken frames, and ends at any
 * point. Each costs its own connection, with the right status, and leaves no memory behind. */
#include "ws/fixture.h"

#include "proto/close.h"
#include "support/find.h"
#include "support/prng.h"

#define STRANGERS 2000
#define CROWD 1000

static void echo(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	(void)f;
	(void)nv_conn_send(conn, NV_BINARY, message);
}

/* Nothing that a handler sees is of interest here. */
static void forget(void)
{
	the_fixture->seen_len = 0;
	the_fixture->seen[0] = '\0';
}

static void assert_honest(struct fixture *f, struct sim_peer *peer)
{
	send_text(peer, "ok?");
	sim_settle(f->loop);
	assert_took_bytes(peer, "\x82\x03ok?");
	forget();
}

static void mutate(struct prng *prng, uint8_t *data, size_t len)
{
	for (size_t n = 1 + prng_below(prng, 3); n > 0 && len > 0; n--)
		data[prng_below(prng, len)] = (uint8_t)prng_next(prng);
}

static void send_noise(struct prng *prng, struct sim_peer *peer)
{
	uint8_t noise[300];
	size_t len = prng_below(prng, sizeof noise);

	prng_fill(prng, noise, len);
	sim_peer_send(peer, noise, len);
}

static void send_request(struct prng *prng, struct sim_peer *peer, bool broken)
{
	char request[] = UPGRADE("/ws");
	size_t len = sizeof request - 1;

	if (broken && prng_below(prng, 2))
		mutate(prng, (uint8_t *)request, len);
	else if (broken)
		len = prng_below(prng, len);
	sim_peer_send(peer, request, len);
}

static void send_frames(struct prng *prng, struct sim_peer *peer)
{
	uint8_t frames[] = { 0x01, 0x83, 0,    0,    0,    0, 'a', 'b', 'c', 0x89, 0x81, 0, 0, 0,
		             0,    'p',  0x80, 0x81, 0,    0, 0,   0,   'd', 0x82, 0x82, 1, 2, 3,
		             4,    'x',  'y',  0x88, 0x82, 0, 0,   0,   0,   3,    0xe8 };

	mutate(prng, frames, sizeof frames);
	sim_peer_send(peer, frames, prng_below(prng, sizeof frames + 1));
}

static void be_strange(struct prng *prng, struct sim_peer *peer)
{
	switch (prng_below(prng, 4)) {
	case 0:
		send_noise(prng, peer);
		break;
	case 1:
		send_request(prng, peer, true);
		break;
	case 2:
		send_request(prng, peer, false);
		send_noise(prng, peer);
		break;
	default:
		send_request(prng, peer, false);
		send_frames(prng, peer);
		break;
	}
}

static void end_somehow(struct prng *prng, struct sim_peer *peer)
{
	switch (prng_below(prng, 3)) {
	case 0:
		sim_peer_eof(peer);
		break;
	case 1:
		sim_peer_reset(peer);
		break;
	default: /* is silent for ever */
		break;
	}
}

/* Whole unmasked frames; a Close is the last and says a status that may be said. */
static void assert_frames(const uint8_t *data, size_t len)
{
	while (len > 0) {
		assert_true(len >= 2 && data[1] < 126);
		assert_true(len >= 2u + data[1]);
		if (data[0] == 0x88) {
			assert_int_equal(len, 2u + data[1]);
			if (data[1] > 0)
				assert_true(
					nv_status_is_sendable((uint16_t)(data[2] << 8 | data[3])));
		} else {
			assert_true(data[0] == 0x8a || data[0] == 0x82 || data[0] == 0x89);
		}
		len -= 2u + data[1];
		data += 2u + data[1];
	}
}

/* Nothing, or one HTTP answer that is a refusal, or 101 and frames. */
static void assert_sane(struct nv_bytes answer)
{
	static const char accepted[] = "HTTP/1.1 101 ";
	const uint8_t *end;

	if (answer.len == 0)
		return;
	assert_true(answer.len > sizeof accepted && memcmp(answer.data, "HTTP/1.1 ", 9) == 0);
	if (memcmp(answer.data, accepted, sizeof accepted - 1) != 0) {
		assert_true(answer.data[9] == '4' || answer.data[9] == '5');
		return;
	}
	end = find_bytes(answer.data, answer.len, "\r\n\r\n", 4);
	assert_non_null(end);
	assert_frames(end + 4, answer.len - (size_t)(end + 4 - answer.data));
}

static void strangers_cost_only_themselves(void **state)
{
	struct prng prng = { 20261123 };
	struct sim_peer *honest;
	struct fixture f;
	size_t bytes;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	f.on_message = echo;
	honest = fixture_connect(&f);
	assert_honest(&f, honest);
	bytes = failing_alloc_live_bytes();
	for (int i = 0; i < STRANGERS; i++) {
		struct sim_peer *peer = sim_connect(PORT);

		sim_chunk(peer, 1 + prng_below(&prng, 200));
		be_strange(&prng, peer);
		end_somehow(&prng, peer);
		sim_settle(f.loop);
		assert_honest(&f, honest);
		if (!sim_peer_closed(peer)) {
			sim_advance(f.loop, 31000);
			sim_peer_eof(peer);
			sim_advance(f.loop, 6000);
		}
		assert_true(sim_peer_closed(peer));
		assert_sane(sim_peer_take(peer));
		assert_int_equal(failing_alloc_live_bytes(), bytes);
	}
	assert_honest(&f, honest);
	fixture_stop(&f);
}

/* A thousand talk, half of them vanish: memory is exactly that of the other half, and then none. */
static void memory_returns_when_a_crowd_leaves(void **state)
{
	static struct sim_peer *peers[CROWD];
	struct fixture f;
	size_t before;
	size_t half = 0;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	/* What stands for connections that have gone stays: a first crowd has that made. */
	for (int i = 0; i < CROWD; i++) {
		peers[i] = fixture_connect(&f);
		forget();
	}
	for (int i = 0; i < CROWD; i++) {
		sim_peer_reset(peers[i]);
		sim_settle(f.loop);
		forget();
	}
	peers[0] = fixture_connect(&f);
	before = failing_alloc_live_bytes();
	for (int i = 1; i < CROWD; i++) {
		peers[i] = fixture_connect(&f);
		forget();
		if (i == CROWD / 2 - 1)
			half = failing_alloc_live_bytes();
	}
	for (int i = 0; i < CROWD; i++)
		assert_honest(&f, peers[i]);
	for (int i = CROWD / 2; i < CROWD; i++) {
		sim_peer_reset(peers[i]);
		sim_settle(f.loop);
		forget();
	}
	assert_int_equal(failing_alloc_live_bytes(), half);
	for (int i = 1; i < CROWD / 2; i++) {
		assert_honest(&f, peers[i]);
		sim_peer_eof(peers[i]);
		sim_settle(f.loop);
		forget();
	}
	assert_int_equal(failing_alloc_live_bytes(), before);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_cost_only_themselves),
		cmocka_unit_test(memory_returns_when_a_crowd_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
