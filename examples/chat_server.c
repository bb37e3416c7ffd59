/* SPDX-License-Identifier: MIT */
/* chat_server.c: a chat at /chat. A client's first message is its nickname. `chat_server [PORT]` */
#include <navette/navette.h>
#include <stdio.h>
#include <stdlib.h>

static struct nv_conn *clients[1000]; /* for the handlers alone, which share a thread: no lock */
static unsigned count;

/* Bytes in a handler are not terminated by a zero: "%.*s" says how many there are. */
static void broadcast(const char *sender, struct nv_bytes text, const char *more)
{
	char line[2 * 65536 + 64]; /* 65,536 is the default limit of what a client sends */

	snprintf(line, sizeof line, "[%s] %.*s%s", sender, (int)text.len, text.data, more);
	for (unsigned i = 0; i < count; i++)
		nv_conn_send_text(clients[i], line); /* who has too much unread misses it */
}

static void on_open(struct nv_conn *conn)
{
	if (count < sizeof clients / sizeof *clients)
		clients[count++] = conn;
	else
		nv_conn_abort(conn); /* on_close follows, nothing else */
	printf("Nouveau client connecté (Total : %u)\n", count);
	nv_conn_send_text(conn, "Bienvenue ! Quel est votre pseudo ?");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	char *pseudo = nv_conn_user(conn);

	if (pseudo && opcode == NV_TEXT) {
		printf("[%s] %.*s\n", pseudo, (int)message.len, message.data);
		broadcast(pseudo, message, "");
	} else if (opcode == NV_TEXT && message.len > 0) {
		nv_conn_set_user(conn, strndup((const char *)message.data, message.len));
		printf("Nouveau pseudo : %.*s\n", (int)message.len, message.data);
		broadcast("SYSTÈME", message, " a rejoint le chat");
	}
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	char *pseudo = nv_conn_user(conn);

	(void)close; /* the status, the reason, and why a connection broke */
	for (unsigned i = 0; i < count; i++)
		if (clients[i] == conn)
			clients[i] = clients[--count];
	if (pseudo) {
		printf("%s s'est déconnecté\n", pseudo);
		broadcast("SYSTÈME", nv_str(pseudo), " a quitté le chat");
	}
	printf("Client déconnecté (Restants : %u)\n", count);
	free(pseudo);
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
		fprintf(stderr, "chat_server: %s\n", nv_strerror(error));
	} else {
		printf("=== Serveur de Chat WebSocket ===\nPort : %u\n", nv_server_port(server));
		printf("URL : ws://localhost:%u/chat\n", nv_server_port(server));
		printf("Appuyez sur Entrée pour arrêter...\n\n");
		getchar(); /* the end of the input stops it too */
	}
	nv_server_free(server); /* says goodbye to every client first */
	return error ? 1 : 0;
}
