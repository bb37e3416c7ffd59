/* SPDX-License-Identifier: MIT */
/* poll_loop.c: `poll_loop URL` is a client inside a program's own poll(2) loop: it sends each line of
 * its input and, by a timer of the library, "tick" once a second. */
#include <navette/navette.h>
#include <poll.h>
#include <stdio.h>

static struct nv_client *client;
static struct nv_timer *timer;
static bool leaving;
static int exit_code = -1; /* known when it is over */

static void on_tick(void *context)
{
	(void)context;
	if (nv_client_conn(client))
		nv_conn_send_text(nv_client_conn(client), "tick");
	nv_timer_start(timer, 1000); /* it fires once for each start */
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)conn, (void)opcode;
	printf("%.*s\n", (int)message.len, message.data);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	exit_code = close->clean ? 0 : 1;
}

static void on_fail(struct nv_client *failed, void *user, const struct nv_failure *failure)
{
	(void)failed, (void)user;
	fprintf(stderr, "poll_loop: %s\n", failure->text);
	exit_code = 1;
}

static void send_line(struct nv_conn *conn)
{
	char line[4096] = ""; /* at the end of the input */

	leaving = !fgets(line, sizeof line, stdin);
	line[strcspn(line, "\r\n")] = '\0';
	if (leaving)
		nv_conn_close(conn, NV_STATUS_NORMAL, NULL); /* on_close follows */
	else
		nv_conn_send_text(conn, line);
}

int main(int argc, char **argv)
{
	const char *url = argc > 1 ? argv[1] : "ws://localhost:8080/ws";
	const struct nv_handlers handlers = { .on_message = on_message, .on_close = on_close };
	const struct nv_client_options options = { .on_fail = on_fail };
	struct nv_loop *loop = nv_loop_new();

	timer = loop ? nv_timer_new(loop, on_tick, NULL) : NULL;
	client = timer ? nv_client_new(loop, url, &handlers, &options) : NULL;
	setvbuf(stdin, NULL, _IONBF, 0); /* no line hides in stdio while poll sleeps */
	if (client)
		nv_timer_start(timer, 0);
	while (client && exit_code < 0) {
		struct nv_conn *conn = leaving ? NULL : nv_client_conn(client);
		struct pollfd fds[] = { { nv_loop_fd(loop), POLLIN, 0 },
			                { conn ? 0 : -1, POLLIN, 0 } };

		poll(fds, 2, nv_loop_timeout_ms(loop)); /* which any call may change */
		if (fds[1].revents)
			send_line(conn);
		nv_loop_run_once(loop, 0);
	}
	nv_client_free(client);
	nv_timer_free(timer);
	nv_loop_free(loop);
	return exit_code != 0;
}
