/* SPDX-License-Identifier: MIT */
/* scenario.c: what clients do in the scenarios, and the scenarios. */
#include "torture/scenario.h"

#include "torture/talk.h"
#include "torture/world.h"
#include "ws/client_try.h"

#define LONG_MESSAGE 71680u

static void ask(struct nv_conn *conn, const char *data)
{
	if (nv_conn_ping(conn, nv_str(data)) < 0)
		nv_conn_abort(conn);
}

/* --- Clients --- */

static void say_hello(struct nv_conn *conn)
{
	say(conn, NV_TEXT, nv_str("bonjour"));
}

static void say_much(struct nv_conn *conn)
{
	say(conn, NV_BINARY, noise(LONG_MESSAGE));
}

static void say_with_a_ping_between(struct nv_conn *conn)
{
	say_part(conn, NV_TEXT, nv_str("bon"), false);
	ask(conn, "là?");
	say_part(conn, NV_CONTINUATION, nv_str(""), false);
	say_part(conn, NV_CONTINUATION, nv_str("jour"), true);
}

static void say_parts(struct nv_conn *conn)
{
	say_in_parts(conn, NV_BINARY, noise(90000));
}

static void say_prose(struct nv_conn *conn)
{
	say(conn, NV_TEXT, prose(5000));
}

static void say_prose_then_noise(struct nv_conn *conn, unsigned int number)
{
	if (number == 1)
		say(conn, NV_BINARY, noise(LONG_MESSAGE));
	else if (number == 2)
		say_in_parts(conn, NV_TEXT, prose(6000));
	else if (number == 3)
		say(conn, NV_TEXT, letters(40000));
	else if (number == 4)
		say(conn, NV_TEXT, nv_str("court"));
	else
		hang_up(conn, NV_STATUS_NORMAL, "fini");
}

static void leave(struct nv_conn *conn)
{
	hang_up(conn, 4000, "au revoir");
}

static void say_three(struct nv_conn *conn)
{
	say(conn, NV_TEXT, nv_str("un"));
	say(conn, NV_TEXT, nv_str("deux"));
	say(conn, NV_TEXT, nv_str("trois"));
}

static void stop_reading(struct nv_conn *conn)
{
	nv_conn_pause(conn, true);
}

static void abort_conn(struct nv_conn *conn, unsigned int number)
{
	(void)number;
	nv_conn_abort(conn);
}

static void free_client(struct nv_conn *conn, unsigned int number)
{
	(void)number;
	peer_free(nv_conn_user(conn));
}

/* --- Steps --- */

static bool free_while_it_connects(struct world *world)
{
	struct peer *peer = &world->peers[0];
	const struct nv_try *attempt = peer->client ? peer->client->current : NULL;

	if (!attempt || !attempt->dial || !nv_dial_has_name(attempt->dial))
		return false;
	peer_free(peer);
	peer->over = true;
	return true;
}

/* The client reads on when the server has come to a halt. */
static bool read_on(struct world *world)
{
	struct nv_conn *server = world->conns[0];
	struct nv_conn *client =
		world->peers[0].client ? nv_client_conn(world->peers[0].client) : NULL;

	if (!client)
		return false;
	if (server && nv_conn_unsent(server) > 0 && !nv_stream_is_blocked(&server->stream))
		return false;
	nv_conn_pause(client, false);
	return true;
}

/* The server hears on, some messages of which it has read already. */
static bool hear_on(struct world *world)
{
	if (!world->conns[0] || world->witnesses[0].messages == 0)
		return false;
	nv_conn_pause(world->conns[0], false);
	return true;
}

static bool tell_everyone(struct world *world)
{
	if (!world_is_open(world))
		return false;
	for (size_t i = 0; i < world->conn_count; i++) {
		if (world->conns[i])
			say(world->conns[i], NV_TEXT, nv_str("à tous"));
	}
	return true;
}

static bool stop_server(struct world *world)
{
	if (!world_is_open(world))
		return false;
	nv_server_stop(world->server);
	if (nv_server_run(world->server) < 0)
		world->stuck = "the run failed";
	nv_server_free(world->server);
	world->server = NULL;
	return true;
}

/* --- The scenarios --- */

#define FIELDS                                                                                     \
	"Host: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                       \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define BYTES(text) .bytes = (text), .bytes_len = sizeof(text) - 1

#define FINI "close 1000, closing handshake, clean, fini\n"
#define CLOSED "close 1000, closing handshake, clean\n"

const struct scenario scenario_clean = {
	.title = "a clean connection",
	.target = "/echo",
	.opened = say_hello,
	.messages = 1,
	.peer_sees = "open\ntext bonjour\n" CLOSED,
	.server_sees = "open\ntext bonjour\n" FINI,
};

const struct scenario scenarios[] = {
	{
		.title = "a server is made and answers a plain request",
		.sets_up = true,
		BYTES("GET /page HTTP/1.1\r\nHost: example.org\r\n\r\n"),
		.peer_sees = "HTTP/1.1 200 OK<0d>\nContent-Length: 8<0d>\n"
			     "Content-Type: text/plain<0d>\nCache-Control: no-store<0d>\n"
			     "X-Content-Type-Options: nosniff<0d>\n"
			     "Content-Security-Policy: default-src 'none'; "
			     "frame-ancestors 'none'<0d>\n"
			     "Referrer-Policy: no-referrer<0d>\nConnection: close<0d>\n"
			     "X-Page: 1<0d>\n<0d>\nune page",
	},
	{
		.title = "half a request",
		BYTES("GET /page HTTP/1.1\r\nHost: exam"),
		.bytes_end = true,
		.peer_sees = "",
	},
	{
		.title = "an upgrade is refused for its path",
		.target = "/nowhere",
		.peer_sees = "fail 5, protocol error, 404, "
			     "404 Not Found: nothing stands at this path\n",
	},
	{
		.title = "an upgrade is refused by the program",
		.target = "/refused",
		.peer_sees = "fail 5, protocol error, 403, non\n",
	},
	{
		.title = "subprotocol, query and fields",
		.target = "/rooms/1?salle=nord",
		.by_name = true,
		.subprotocols = "un, deux",
		.fields = "Origin: http://example.org\r\nX-More: 1\r\n",
		.opened = say_hello,
		.messages = 1,
		.peer_sees = "open deux\ntext bonjour\n" CLOSED,
		.server_sees = "open deux\ntext bonjour\n" FINI,
	},
	{
		.title = "a short text and its echo",
		.target = "/echo",
		.opened = say_hello,
		.messages = 1,
		.peer_sees = "open\ntext bonjour\n" CLOSED,
		.server_sees = "open\ntext bonjour\n" FINI,
	},
	{
		.title = "70 KiB and their echo",
		.target = "/echo",
		.opened = say_much,
		.messages = 1,
		.peer_sees = "open\nbinary of 71680\n" CLOSED,
		.server_sees = "open\nbinary of 71680\n" FINI,
	},
	{
		.title = "fragments with a ping between",
		.target = "/echo",
		.opened = say_with_a_ping_between,
		.messages = 1,
		.peer_sees = "open\ntext bonjour\n" CLOSED,
		.server_sees = "open\nping là?\ntext bonjour\n" FINI,
		.pongs = 1,
	},
	{
		.title = "long fragments both ways",
		.target = "/parts",
		.opened = say_parts,
		.messages = 1,
		.peer_sees = "open\nbinary of 90000\n" CLOSED,
		.server_sees = "open\nbinary of 90000\n" FINI,
	},
	{
		.title = "deflate both ways without a window kept",
		.target = "/echo",
		.compression = { .enabled = true },
		.opened = say_prose,
		.answered = say_prose_then_noise,
		.peer_sees = "open\ntext of 5000\nbinary of 71680\ntext of 6000\n"
			     "text of 40000\ntext court\n" CLOSED,
		.server_sees = "open\ntext of 5000\nbinary of 71680\ntext of 6000\n"
			       "text of 40000\ntext court\n" FINI,
	},
	{
		.title = "deflate both ways with a window kept",
		.target = "/parts",
		.compression = { .enabled = true, .context_takeover = true },
		.opened = say_prose,
		.answered = say_prose_then_noise,
		.peer_sees = "open\ntext of 5000\nbinary of 71680\ntext of 6000\n"
			     "text of 40000\ntext court\n" CLOSED,
		.server_sees = "open\ntext of 5000\nbinary of 71680\ntext of 6000\n"
			       "text of 40000\ntext court\n" FINI,
	},
	{
		.title = "the client closes",
		.target = "/echo",
		.opened = leave,
		.peer_sees = "open\nclose 4000, closing handshake, clean\n",
		.server_sees = "open\nclose 4000, closing handshake, clean, au revoir\n",
	},
	{
		.title = "the server closes, and the client is freed at once",
		.target = "/greeting",
		.frees_at_once = true,
		.peer_sees = "open\ntext bonjour\nclose 4001, closing handshake, clean, assez\n",
		.server_sees = "open\nclose 4001, closing handshake, clean\n",
	},
	{
		.title = "the client aborts",
		.target = "/echo",
		.opened = say_hello,
		.answered = abort_conn,
		.peer_sees = "open\ntext bonjour\nclose 1006, aborted by this side\n",
		.server_sees = "open\ntext bonjour\nclose 1006, the peer ended the connection "
			       "without a Close\n",
	},
	{
		.title = "the client is freed by its handler",
		.target = "/echo",
		.opened = say_hello,
		.answered = free_client,
		.peer_sees = "open\ntext bonjour\nclose 1006, aborted by this side\n",
		.server_sees = "open\ntext bonjour\n"
			       "close 1006, the peer ended the connection without a Close\n",
	},
	{
		.title = "the client is freed while it connects",
		.target = "/echo",
		.step = free_while_it_connects,
		.peer_sees = "",
	},
	{
		.title = "the client errs",
		BYTES("GET /echo HTTP/1.1\r\n" FIELDS "\x81\x83\0\0\0\0oui\x83\x80"),
		.peer_sees = "HTTP/1.1 101 Switching Protocols<0d>\nUpgrade: websocket<0d>\n"
			     "Connection: Upgrade<0d>\n"
			     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=<0d>\n<0d>\n"
			     "<81>\x03oui<88>\x13\x03<ea>an unknown opcode",
		.server_sees = "open\ntext oui\nclose 1002, protocol error of the peer, an unknown "
			       "opcode\n",
	},
	{
		.title = "the server errs",
		.target = "/nonsense",
		.peer_sees = "open\nclose 1002, protocol error of the peer, an unknown opcode\n",
		.server_sees = "open\nclose 1002, closing handshake, clean, an unknown opcode\n",
	},
	{
		.title = "a message to 50 connections",
		.peers = 50,
		.target = "/silent",
		.messages = 1,
		.step = tell_everyone,
		.peer_sees = "open\ntext à tous\n" CLOSED,
		.server_sees = "open\n" FINI,
	},
	{
		.title = "the server pauses between messages",
		.target = "/pausing",
		.opened = say_three,
		.messages = 3,
		.step = hear_on,
		.peer_sees = "open\ntext un\ntext deux\ntext trois\n" CLOSED,
		.server_sees = "open\ntext un\ntext deux\ntext trois\n" FINI,
	},
	{
		.title = "output is blocked and drains",
		.target = "/flood",
		.opened = stop_reading,
		.messages = 1,
		.step = read_on,
		.peer_sees = "open\nthe flood\n" CLOSED,
		.server_sees = "open\n" FINI,
		.drains = true,
	},
	{
		.title = "nobody listens",
		.refused = true,
		.target = "/echo",
		.peer_sees = "fail 2, connection refused, 0, \n",
	},
	{
		.title = "the server is full",
		.crowded = true,
		.target = "/echo",
		.peer_sees = "fail 5, protocol error, 503, "
			     "503 Service Unavailable: the server has too many connections\n",
	},
	{
		.title = "the server stops with 20 clients",
		.peers = 20,
		.target = "/silent",
		.step = stop_server,
		.peer_sees = "open\nclose 1001, closing handshake, clean\n",
		.server_sees = "open\nclose 1001, closing handshake, clean\n",
	},
};

const size_t scenario_count = sizeof(scenarios) / sizeof(*scenarios);
