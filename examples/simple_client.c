/* SPDX-License-Identifier: MIT */
/* simple_client.c: `simple_client [URL]` talks to a server, and shows how a program that has a
 * poll(2) of its own drives the library. */
#include <navette/navette.h>
#include <poll.h>
#include <stdio.h>

static bool leaving;
static int exit_code = -1; /* known when it is over */

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
	exit_code = 1;
	fprintf(stderr, "simple_client: %s\n", failure->text);
}

static void send_line(struct nv_conn *conn)
{
	char line[4096] = "quit"; /* also at the end of the input */

	if (fgets(line, sizeof line, stdin))
		line[strcspn(line, "\r\n")] = '\0';
	leaving = strcmp(line, "quit") == 0;
	if (leaving) {
		printf("Déconnexion...\n");
		nv_conn_close(conn, NV_STATUS_NORMAL, NULL); /* on_close follows */
	} else if (nv_conn_send_text(conn, line) < 0) {
		fprintf(stderr, "simple_client: this line was not sent\n");
	}
}

int main(int argc, char **argv)
{
	const char *url = argc > 1 ? argv[1] : "ws://localhost:8080/ws";
	const struct nv_handlers handlers = { NULL, on_open, on_message, .on_close = on_close };
	const struct nv_client_options options = { .on_fail = on_fail };
	struct nv_loop *loop = nv_loop_new();
	struct nv_client *client = loop ? nv_client_new(loop, url, &handlers, &options) : NULL;

	setvbuf(stdin, NULL, _IONBF, 0); /* no line hides in stdio while poll sleeps */
	printf(client ? "Connexion au serveur...\n" : "simple_client: no memory\n");
	while (client && exit_code < 0) {
		struct nv_conn *conn = leaving ? NULL : nv_client_conn(client);
		struct pollfd fds[] = { { nv_loop_fd(loop), POLLIN, 0 },
			                { conn ? 0 : -1, POLLIN, 0 } };

		poll(fds, 2, nv_loop_timeout_ms(loop));
		if (fds[1].revents)
			send_line(conn);
		nv_loop_run_once(loop, 0);
	}
	nv_client_free(client);
	nv_loop_free(loop);
	return exit_code != 0;
}
