/* SPDX-License-Identifier: MIT */
/* fuzz_server.c: a whole server in the simulated world: many peers, handlers that act, time that
 * passes, and one allocation that fails. on_open and on_close come in pairs, silence ends every
 * connection, and nothing is left.
 *
 * Input: two bytes for the allocation that fails, then acts: a byte whose low bits say which and whose
 * high bits say for which of eight peers, and what it needs. */
#include <navette/navette.h>

#include "heap.h"
#include "input.h"
#include "sim/sim.h"
#include "ws/server.h"

#define PORT 8080
#define PEERS 8
#define SILENCE_MS 120000u /* more than all deadlines of a connection together */

#define UPGRADE                                                                                    \
	"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"             \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

struct far_end {
	struct sim_peer *peer;
	bool over; /* it sends no more */
};

struct fuzzed {
	struct nv_server *server;
	struct nv_loop *loop;
	struct far_end ends[PEERS];
	size_t open;
	bool patient; /* no handler pauses any more */
};

/* --- A program: what a message says is done --- */

static void on_upgrade(struct nv_request *request)
{
	struct nv_bytes subprotocol;
	size_t cursor = 0;
	char value[16];

	if (nv_request_query_value(request, "refuse", value, sizeof value) >= 0) {
		(void)nv_request_reply(request, 403, "text/plain", nv_request_query(request));
		return;
	}
	(void)nv_request_add_field(request, "X-Path", "/ws");
	if (nv_request_subprotocol(request, &cursor, &subprotocol)) {
		char *text = (char *)copy_of(subprotocol);

		(void)nv_request_accept(request, text);
		free(text);
	}
}

static void on_open(struct nv_conn *conn)
{
	struct fuzzed *f = nv_conn_user(conn);

	f->open++;
	must(nv_server_connections(f->server) == f->open);
}

static void pause_reading(struct nv_conn *conn)
{
	const struct fuzzed *f = nv_conn_user(conn);

	nv_conn_pause(conn, !f->patient);
}

static void go_on(struct fuzzed *f)
{
	const struct nv_slab *conns = &f->server->workers[0].conns;
	uint32_t slot = nv_slab_next(conns, 0);

	for (; slot != NV_SLAB_NONE; slot = nv_slab_next(conns, slot + 1))
		nv_conn_pause(nv_slab_at(conns, slot), false);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct fuzzed *f = nv_conn_user(conn);

	must(opcode == NV_TEXT || opcode == NV_BINARY);
	touch(message);
	switch (message.len > 0 ? message.data[0] : 0) {
	case 'c':
		(void)nv_conn_close(conn, 1000, "bye");
		return;
	case 'a':
		nv_conn_abort(conn);
		return;
	case 'p':
		(void)nv_conn_ping(conn, message);
		return;
	case 'z':
		pause_reading(conn);
		return;
	case 'y':
		(void)nv_conn_send(conn, opcode, message);
		pause_reading(conn);
		return;
	case 'g':
		go_on(f);
		return;
	case 's':
		nv_server_stop(f->server);
		return;
	default:
		(void)nv_conn_send(conn, opcode, message);
	}
}

static void on_control(struct nv_conn *conn, struct nv_bytes data)
{
	(void)conn;
	touch(data);
}

static void on_drain(struct nv_conn *conn)
{
	nv_conn_pause(conn, false);
	(void)nv_conn_send_text(conn, "drained");
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct fuzzed *f = nv_conn_user(conn);

	must(f->open > 0 && close->status >= 1000);
	touch(close->reason);
	f->open--;
}

static void page(struct nv_request *request)
{
	(void)nv_request_reply(request, 200, "text/plain", nv_request_path(request));
}

static void log_line(void *context, enum nv_level level, const char *line)
{
	(void)context;
	(void)level;
	for (; *line; line++)
		must((uint8_t)*line >= 0x20 && *line != 0x7f);
}

/* --- The far ends --- */

static void end_reset(struct far_end *end)
{
	sim_peer_reset(end->peer);
	end->over = true;
}

static void end_eof(struct far_end *end)
{
	sim_peer_eof(end->peer);
	end->over = true;
}

static void end_send(struct far_end *end, struct nv_bytes bytes)
{
	if (!end->over)
		sim_peer_send(end->peer, bytes.data, bytes.len);
}

/* The payload of a right frame; its key is zero. */
static void end_send_frame(struct far_end *end, struct input *input)
{
	uint8_t head[8] = { input_byte(input) };
	struct nv_bytes payload = input_bytes(input, input_byte(input));
	size_t size = payload.len < 126 ? 6 : 8;

	head[1] = (uint8_t)(0x80 | (payload.len < 126 ? payload.len : 126));
	if (payload.len >= 126)
		head[3] = (uint8_t)payload.len;
	end_send(end, (struct nv_bytes){ head, size });
	end_send(end, payload);
}

static void end_connect(struct far_end *end, bool upgrade)
{
	struct sim_peer *peer = sim_connect(PORT);

	if (!peer)
		return;
	end->peer = peer;
	end->over = false;
	if (upgrade)
		end_send(end, nv_str(UPGRADE));
}

static void act_on_peer(struct far_end *end, uint8_t which, struct input *input)
{
	switch (which) {
	case 2:
	case 3:
		end_send(end, input_bytes(input, input_byte(input)));
		return;
	case 4:
	case 5:
	case 6:
		end_send_frame(end, input);
		return;
	case 7:
		end_eof(end);
		return;
	case 8:
		end_reset(end);
		return;
	case 9:
		sim_peer_set_window(end->peer, input_byte(input));
		return;
	case 10:
		sim_peer_set_window(end->peer, SIZE_MAX);
		return;
	case 11:
		sim_chunk(end->peer, (size_t)input_byte(input) + 1);
		return;
	default:
		touch(sim_peer_take(end->peer));
	}
}

static void act(struct fuzzed *f, struct input *input)
{
	uint8_t byte = input_byte(input);
	struct far_end *end = &f->ends[byte >> 4 & 7];

	switch (byte & 15) {
	case 0:
	case 1:
		end_connect(end, byte & 1);
		break;
	case 13:
		go_on(f);
		return;
	case 14:
		sim_turn(f->loop);
		return;
	case 15:
		sim_advance(f->loop, input_byte(input) * 100u);
		return;
	default:
		if (end->peer)
			act_on_peer(end, byte & 15, input);
	}
	if (byte & 0x80)
		sim_settle(f->loop);
}

/* --- The server --- */

static bool start(struct fuzzed *f)
{
	static const struct nv_handlers handlers = { on_upgrade, on_open,  on_message, on_control,
		                                     on_control, on_drain, on_close,   NULL };
	const struct nv_server_options options = { .max_message = 300,
		                                   .max_queue = 1000,
		                                   .log = log_line };

	f->server = nv_server_new(&options);
	if (!f->server)
		return false;
	f->loop = f->server->workers[0].loop;
	return nv_server_route(f->server, "/ws", &handlers, f) == 0 &&
	       nv_server_http(f->server, "/pages/*", page, f) == 0 &&
	       nv_server_listen(f->server, "127.0.0.1", PORT) == 0;
}

/* Every wait has a deadline but a pause: in silence all of them end. */
static void outlast(struct fuzzed *f)
{
	f->patient = true;
	go_on(f);
	sim_advance(f->loop, SILENCE_MS);
	must(f->open == 0);
	for (int i = 0; i < PEERS; i++)
		must(!f->ends[i].peer || sim_peer_closed(f->ends[i].peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct fuzzed fuzzed = { 0 };

	heap_start(input_word(&input));
	if (start(&fuzzed)) {
		while (input.len > 0)
			act(&fuzzed, &input);
		outlast(&fuzzed);
	}
	nv_server_free(fuzzed.server);
	must(fuzzed.open == 0);
	heap_end();
	return 0;
}
