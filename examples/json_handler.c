/* SPDX-License-Identifier: MIT */
/* json_handler.c: a chat in JSON at /chat?pseudo=NAME. Run it as `json_handler [PORT]`. */
#include <navette/navette.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

static struct nv_conn *clients[1000]; /* for the handlers alone, which share a thread: no lock */
static unsigned count;

static void on_open(struct nv_conn *conn)
{
	char pseudo[64];

	if (nv_request_query_value(nv_conn_request(conn), "pseudo", pseudo, sizeof pseudo) > 0)
		nv_conn_set_user(conn, strdup(pseudo)); /* freed in on_close */
	if (count < sizeof clients / sizeof *clients)
		clients[count++] = conn;
	else
		nv_conn_abort(conn); /* on_close follows, nothing else */
}

static void broadcast(const char *sender, const char *text)
{
	char stamp[32] = "";

	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&(time_t){ time(NULL) }));
	json_auto_t *json = json_pack("{ss,ss?,ss,ss}", "type", "message", "expediteur", sender,
	                              "contenu", text, "timestamp", stamp);
	char *line = json_dumps(json, JSON_COMPACT);
	for (unsigned i = 0; line && i < count; i++)
		nv_conn_send_text(clients[i], line); /* who has too much unread misses it */
	free(line);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	const char *type = "", *text = "";
	json_error_t why;
	json_auto_t *json = json_loadb((const char *)message.data, message.len, 0, &why);

	(void)opcode; /* JSON is UTF-8 in a binary message, too */
	json_unpack(json, "{ss,s?s}", "type", &type, "contenu", &text);
	if (!json)
		printf("Erreur parsing JSON : %s\n", why.text);
	else if (strcmp(type, "message") == 0)
		broadcast(nv_conn_user(conn), text);
	else if (strcmp(type, "ping") == 0)
		nv_conn_send_text(conn, "{\"type\":\"pong\"}");
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)close; /* the status, the reason, and why a connection broke */
	for (unsigned i = 0; i < count; i++)
		if (clients[i] == conn)
			clients[i] = clients[--count];
	free(nv_conn_user(conn));
}

int main(int argc, char **argv)
{
	const struct nv_handlers handlers = { NULL, on_open, on_message, .on_close = on_close };
	struct nv_server *server = nv_server_new(NULL);
	int error = server ? nv_server_route(server, "/chat", &handlers, NULL) : NV_ERR_NOMEM;
	const int port = argc > 1 ? atoi(argv[1]) : 8080; /* 0 takes a free one */

	error = error ? error : nv_server_listen(server, "localhost", (uint16_t)port);
	error = error ? error : nv_server_start(server); /* on a thread of its own */
	if (error) {
		fprintf(stderr, "json_handler: %s\n", nv_strerror(error));
	} else {
		printf("URL : ws://localhost:%u/chat (Entrée pour arrêter)\n",
		       nv_server_port(server));
		getchar(); /* the end of the input stops it too */
	}
	nv_server_free(server); /* says goodbye to every client first */
	return error ? 1 : 0;
}
