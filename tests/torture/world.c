/* SPDX-License-Identifier: MIT */
/* world.c: makes the server, turns both loops, and lets time pass. */
#include "torture/world.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/failing_alloc.h"
#include "support/unit.h"
#include "torture/calls.h"
#include "torture/scenario.h"
#include "torture/server.h"
#include "torture/talk.h"
#include "ws/server.h"

#define QUIET_MS 3         /* of real time, until nothing is taken to be on its way */
#define PATIENCE_MS 20000u /* of peers that have no deadlines */
#define MOST_MS 100000u
#define MOST_TURNS 5000u

struct world the_world;

/* --- The server's connections --- */

void world_opened(struct nv_conn *conn)
{
	size_t place = the_world.conn_count++;

	assert_true(place < WORLD_PEERS);
	the_world.conns[place] = conn;
	nv_conn_set_user(conn, &the_world.witnesses[place]);
	witness_open(&the_world.witnesses[place], conn);
}

void world_heard(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	witness_message(nv_conn_user(conn), opcode, message);
}

static void server_ping(struct nv_conn *conn, struct nv_bytes data)
{
	witness_ping(nv_conn_user(conn), data);
}

static void server_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)data;
	witness_pong(nv_conn_user(conn));
}

static void server_drain(struct nv_conn *conn)
{
	struct witness *witness = nv_conn_user(conn);

	witness->drains++;
}

static void server_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct witness *witness = nv_conn_user(conn);

	witness_close(witness, close);
	the_world.conns[witness - the_world.witnesses] = NULL;
}

const struct nv_handlers world_handlers = {
	.on_open = world_opened,
	.on_message = world_heard,
	.on_ping = server_ping,
	.on_pong = server_pong,
	.on_drain = server_drain,
	.on_close = server_close,
};

/* --- Turning --- */

static void get_stuck(const char *why)
{
	if (!the_world.stuck)
		the_world.stuck = why;
}

static bool turn(struct nv_loop *loop)
{
	size_t events = calls_events();
	bool busy = nv_loop_timeout_ms(loop) == 0;

	if (nv_loop_run_once(loop, 0) < 0)
		get_stuck("a turn failed");
	return busy || calls_events() != events;
}

static int sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Something is still on its way. Once nothing was, only a call can change that; but a busy system may
 * have been slow, so it is asked again from time to time. */
static bool is_to_come(void)
{
	struct pollfd fds[2] = { { .fd = -1 }, { .fd = -1 } };

	if (the_world.quiet_after == calls_moves() && calls_now_ms() < the_world.quiet_until_ms)
		return false;
	fds[0] = (struct pollfd){ .fd = nv_loop_fd(the_world.loop), .events = POLLIN };
	if (the_world.server)
		fds[1] = (struct pollfd){ .fd = nv_loop_fd(the_world.server->workers[0].loop),
			                  .events = POLLIN };
	if (poll(fds, 2, QUIET_MS) > 0)
		return true;
	the_world.quiet_after = calls_moves();
	the_world.quiet_until_ms = calls_now_ms() + 1000;
	return false;
}

/* Nothing is to be done: time passes to the next deadline. */
static void let_time_pass(int server_ms)
{
	int ms = sooner(server_ms, nv_loop_timeout_ms(the_world.loop));

	if (is_to_come())
		return;
	if (ms < 0)
		get_stuck("nothing will ever happen");
	else
		calls_pass(ms);
}

static void count_turn(void)
{
	if (++the_world.turns > MOST_TURNS && !calls_trickles())
		get_stuck("it turns and turns");
}

/* The server runs by itself and has nothing to do. */
static void server_waits(int timeout_ms)
{
	count_turn();
	assert_null(the_world.stuck);
	if (!turn(the_world.loop))
		let_time_pass(timeout_ms);
}

/* False when nobody had anything to do. */
static bool turn_all(void)
{
	bool busy = the_world.server && turn(the_world.server->workers[0].loop);

	count_turn();
	return turn(the_world.loop) || busy;
}

static int server_timeout_ms(void)
{
	return the_world.server ? nv_loop_timeout_ms(the_world.server->workers[0].loop) : -1;
}

static void step(void)
{
	const struct scenario *scenario = the_world.scenario;

	if (scenario->step && !the_world.stepped)
		the_world.stepped = scenario->step(&the_world);
}

bool world_is_open(const struct world *world)
{
	for (size_t i = 0; i < world->peer_count; i++) {
		if (!world->peers[i].over && !world->peers[i].witness.opened)
			return false;
	}
	return true;
}

static bool peers_are_over(void)
{
	for (size_t i = 0; i < the_world.peer_count; i++) {
		if (!peer_is_over(&the_world.peers[i]))
			return false;
	}
	return true;
}

static bool conns_are_over(void)
{
	return !the_world.server || the_world.server->workers[0].conns.count == 0;
}

/* --- A play --- */

static void for_each_peer(void (*act)(struct peer *peer))
{
	for (size_t i = 0; i < the_world.peer_count; i++)
		act(&the_world.peers[i]);
}

static void forget_play(void)
{
	memset(the_world.peers, 0, sizeof(the_world.peers));
	memset(the_world.witnesses, 0, sizeof(the_world.witnesses));
	memset(the_world.conns, 0, sizeof(the_world.conns));
	the_world.peer_count = 0;
	the_world.conn_count = 0;
	the_world.stepped = false;
	the_world.turns = 0;
}

void world_play(const struct scenario *scenario)
{
	uint64_t begin_ms = calls_now_ms();

	forget_play();
	the_world.scenario = scenario;
	if (!the_world.server || !the_world.loop)
		return;
	the_world.server->admission.max_connections = scenario->crowded ? 0 : WORLD_PEERS;
	the_world.peer_count = scenario->peers ? scenario->peers : 1;
	for_each_peer(peer_start);
	while (!the_world.stuck && !(peers_are_over() && conns_are_over())) {
		if (!turn_all())
			let_time_pass(server_timeout_ms());
		step();
		if (calls_now_ms() > begin_ms + PATIENCE_MS)
			for_each_peer(peer_give_up);
		if (calls_now_ms() > begin_ms + MOST_MS)
			get_stuck("it takes too long");
	}
	for_each_peer(peer_free);
	turn(the_world.loop);
}

void world_settle(void)
{
	the_world.turns = 0;
	if (!the_world.loop)
		return;
	while (!the_world.stuck && (turn_all() || is_to_come() || server_timeout_ms() >= 0)) {
		if (server_timeout_ms() > 0)
			let_time_pass(server_timeout_ms());
	}
}

/* --- Beginning and end --- */

static void make_server(const struct scenario *scenario)
{
	const struct nv_server_options options = {
		.max_message = TALK_MAX,
		.max_queue = TALK_MAX,
		.ping_interval_ms = NV_OFF,
		.max_connections_per_ip = scenario->sets_up ? 1000 : 0,
		.compression = scenario->compression,
	};
	const char *host = scenario->sets_up ? "localhost" : "127.0.0.1";
	struct nv_server *server = nv_server_new(&options);

	if (!server)
		return;
	if (server_add_routes(server) == 0 && nv_server_listen(server, host, 0) == 0)
		the_world.server = server;
	else
		nv_server_free(server);
}

static void refuse_at_a_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	the_world.refusing_port = ntohs(address.sin_port);
	the_world.refusing = fd;
}

void world_set_up(const struct scenario *scenario)
{
	if (scenario->refused && the_world.refusing < 0)
		refuse_at_a_port();
	if (!the_world.loop)
		the_world.loop = nv_loop_new();
	if (!the_world.server)
		make_server(scenario);
}

void world_begin(void)
{
	the_world = (struct world){ .refusing = -1 };
	calls_on_wait(server_waits);
	failing_alloc_install();
}

void world_end(void)
{
	nv_server_free(the_world.server);
	nv_loop_free(the_world.loop);
	if (the_world.refusing >= 0)
		close(the_world.refusing);
	failing_alloc_remove();
}
