/* SPDX-License-Identifier: MIT */
/* server.c: a program with a route for each way to behave. */
#include "torture/server.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture/talk.h"
#include "torture/world.h"
#include "ws/conn.h"

static void page(struct nv_request *request)
{
	if (nv_request_add_field(request, "X-Page", "1") == 0)
		(void)nv_request_reply(request, 200, "text/plain", nv_str("une page"));
}

/* Where even this fails the library answers with 500. */
static void refuse(struct nv_request *request)
{
	if (nv_request_add_field(request, "Retry-After", "60") == 0)
		(void)nv_request_reply(request, 403, "text/plain", nv_str("non"));
	else
		(void)nv_request_reply(request, 503, NULL, nv_str(""));
}

static void choose(struct nv_request *request)
{
	char room[16] = "";

	(void)nv_request_query_value(request, "salle", room, sizeof(room));
	if (nv_request_add_field(request, "X-Salle", room) == 0)
		(void)nv_request_accept(request, "deux");
	else
		(void)nv_request_reply(request, 503, NULL, nv_str(""));
}

static void echo(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	world_heard(conn, opcode, message);
	say(conn, opcode, message);
}

static void echo_in_parts(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	world_heard(conn, opcode, message);
	say_in_parts(conn, opcode, message);
}

static void echo_and_pause(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	const struct witness *witness = nv_conn_user(conn);

	echo(conn, opcode, message);
	if (witness->messages == 1)
		nv_conn_pause(conn, true);
}

static void greet_and_leave(struct nv_conn *conn)
{
	world_opened(conn);
	say(conn, NV_TEXT, nv_str("bonjour"));
	hang_up(conn, 4001, "assez");
}

/* The system would make the socket's buffer grow with the flood. Much smaller, it would hold back each
 * segment until the one before is acknowledged, which takes real time. This call is the test's. */
static void send_flood(struct nv_conn *conn)
{
	int room = 131072;

	world_opened(conn);
	syscall(SYS_setsockopt, conn->stream.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	say(conn, NV_BINARY, flood());
}

/* A server that errs: a frame with an opcode that does not exist. */
static void talk_nonsense(struct nv_conn *conn)
{
	world_opened(conn);
	if (nv_outq_append(&conn->stream.out, "\x83\x01!", 3) < 0)
		nv_conn_abort(conn);
	else
		nv_stream_flush(&conn->stream);
}

int server_add_routes(struct nv_server *server)
{
	struct nv_handlers handlers = world_handlers;
	int error = nv_server_http(server, "/page", page, NULL);

	error = error ? error : nv_server_route(server, "/silent", &handlers, NULL);
	handlers.on_upgrade = refuse;
	error = error ? error : nv_server_route(server, "/refused", &handlers, NULL);
	handlers.on_upgrade = choose;
	handlers.on_message = echo;
	error = error ? error : nv_server_route(server, "/rooms/:id", &handlers, NULL);
	handlers.on_upgrade = NULL;
	error = error ? error : nv_server_route(server, "/echo", &handlers, NULL);
	handlers.on_message = echo_in_parts;
	error = error ? error : nv_server_route(server, "/parts", &handlers, NULL);
	handlers.on_message = echo_and_pause;
	error = error ? error : nv_server_route(server, "/pausing", &handlers, NULL);
	handlers.on_open = greet_and_leave;
	error = error ? error : nv_server_route(server, "/greeting", &handlers, NULL);
	handlers.on_open = send_flood;
	error = error ? error : nv_server_route(server, "/flood", &handlers, NULL);
	handlers.on_open = talk_nonsense;
	return error ? error : nv_server_route(server, "/nonsense", &handlers, NULL);
}
