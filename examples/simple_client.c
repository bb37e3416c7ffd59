/* SPDX-License-Identifier: MIT */
/* simple_client.c: `simple_client [URL]` talks to a server: each line that is typed is a message. The
 * client has a thread of its own, so that this one can wait for lines, on every system. */
#include <navette/navette.h>
#include <stdio.h>
#include <stdlib.h>

static struct nv_loop *opening; /* where main waits until there is a connection */
static int exit_code = 1;

/* The handlers run on the client's thread. */

static void on_open(struct nv_conn *conn)
{
	(void)conn;
	printf("Connecté ! Tapez vos messages (ou \"quit\" pour quitter) :\n");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)conn;
	if (opcode == NV_TEXT) /* not terminated by a zero: "%.*s" says how many bytes there are */
		printf("Message du serveur : %.*s\n", (int)message.len, message.data);
}

/* The last call for a connection; on_fail for one that never was. */
static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	exit_code = close->clean ? 0 : 1;
	if (!close->clean)
		fprintf(stderr, "simple_client: %s\n", nv_cause_text(close->cause));
}

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	(void)client;
	(void)user;
	fprintf(stderr, "simple_client: %s\n", failure->text);
}

static void on_state(struct nv_client *client, void *user, enum nv_client_state state)
{
	(void)client;
	(void)user;
	if (state == NV_CLIENT_OPEN)
		nv_loop_stop(opening);
	else if (state == NV_CLIENT_ENDED)
		exit(exit_code); /* main may be waiting for a line that nobody would get */
}

int main(int argc, char **argv)
{
	const char *url = argc > 1 ? argv[1] : "ws://localhost:8080/ws";
	const struct nv_handlers handlers = { NULL, on_open, on_message, .on_close = on_close };
	const struct nv_client_options options = { .on_fail = on_fail, .on_state = on_state };
	struct nv_client *client;
	char line[4096];

	printf("Connexion au serveur...\n");
	opening = nv_loop_new();
	client = opening ? nv_client_new(NULL, url, &handlers, &options) : NULL;
	if (!client)
		return 1;
	nv_loop_run(opening);
	while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (nv_client_send(client, NV_TEXT, nv_str(line)) < 0)
			fprintf(stderr, "simple_client: this line was not sent\n");
	}
	printf("Déconnexion...\n");
	nv_client_close(client, NV_STATUS_NORMAL, NULL); /* behind what is on its way */
	nv_loop_run(opening);                            /* on_state ends the program */
	return 1;
}
