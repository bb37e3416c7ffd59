/* SPDX-License-Identifier: MIT */
/* simple_server.c: greets every client and tells it what it said. Run it as
 *
 *     simple_server [PORT]
 *
 * and talk to it with simple_client or `navette connect ws://localhost:8080/ws`. */
#include <navette/navette.h>

#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX 65536 /* the library's default limit of a message */

/* The handlers run on the server's own thread, one after the other. */

static void on_open(struct nv_conn *conn)
{
	printf("Nouveau client connecté !\n");
	nv_conn_send_text(conn, "Bienvenue sur le serveur WebSocket !");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	/* Bytes in a handler are not terminated by a zero, so each use says how many there are. */
	const int len = (int)message.len;
	const char *text = (const char *)message.data;
	char answer[MESSAGE_MAX + 64];

	if (opcode != NV_TEXT)
		return;
	printf("Message reçu : %.*s\n", len, text);
	snprintf(answer, sizeof answer, "Serveur dit : J'ai reçu votre message \"%.*s\"", len,
	         text);
	/* The library copies what it is given. It refuses when too much of it is still unread. */
	if (nv_conn_send_text(conn, answer) < 0)
		fprintf(stderr, "simple_server: a client does not read its messages\n");
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	(void)close; /* the status, the reason, and why a connection broke */
	printf("Client déconnecté\n");
}

int main(int argc, char **argv)
{
	const struct nv_handlers handlers = { NULL, on_open, on_message, .on_close = on_close };
	struct nv_server *server = nv_server_new(NULL);
	int error = server ? nv_server_route(server, "/ws", &handlers, NULL) : NV_ERR_NOMEM;
	const int port = argc > 1 ? atoi(argv[1]) : 8080; /* 0 takes a free one */

	error = error ? error : nv_server_listen(server, "localhost", (uint16_t)port);
	error = error ? error : nv_server_start(server); /* on a thread of its own */
	if (error) {
		fprintf(stderr, "simple_server: %s\n", nv_strerror(error));
	} else {
		printf("Serveur WebSocket démarré sur le port %u\n", nv_server_port(server));
		printf("Connectez-vous sur : ws://localhost:%u/ws\n", nv_server_port(server));
		printf("Appuyez sur Entrée pour arrêter...\n");
		getchar(); /* the end of the input stops it too */
		printf("Arrêt du serveur...\n");
	}
	nv_server_free(server); /* says goodbye to every client first */
	return error ? 1 : 0;
}
