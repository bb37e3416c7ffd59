/* SPDX-License-Identifier: MIT */
/* ticker.c: every line of standard input goes to all subscribers, from a thread that is not the
 * server's. ws://localhost:8080/ticker/NAME gets what is published under "NAME". `ticker [PORT]` */
#include <navette/navette.h>
#include <stdio.h>
#include <stdlib.h>

/* On the connection's own loop; the others run at the same time. */
static void on_open(struct nv_conn *conn)
{
	struct nv_bytes name = nv_request_param(nv_conn_request(conn), "name");
	char topic[300];

	snprintf(topic, sizeof topic, "%.*s", (int)name.len, name.data);
	if (nv_conn_subscribe(conn, topic) < 0)
		nv_conn_close(conn, NV_STATUS_POLICY, "no such topic");
}

static void on_missed(struct nv_conn *conn, uint64_t count)
{
	char text[64];

	snprintf(text, sizeof text, "(%llu older ones were skipped)", (unsigned long long)count);
	nv_conn_send_text(conn, text);
}

/* "NAME TEXT": from this thread to the loops, each of which writes to its own subscribers. */
static void publish(struct nv_server *server, char *line)
{
	char name[256] = "";
	int text = 0;
	int error = NV_ERR_INVALID;

	if (sscanf(line, "%255s %n", name, &text) == 1)
		error = nv_server_publish(server, name, NV_TEXT, nv_str(line + text), 0);
	if (error < 0)
		fprintf(stderr, "ticker: %s\n", nv_strerror(error));
}

int main(int argc, char **argv)
{
	const struct nv_handlers handlers = { .on_open = on_open, .on_missed = on_missed };
	const struct nv_server_options options = { .threads = 2 };
	struct nv_server *server = nv_server_new(&options);
	int port = argc > 1 ? atoi(argv[1]) : 8080;
	int error =
		server ? nv_server_route(server, "/ticker/:name", &handlers, NULL) : NV_ERR_NOMEM;
	char line[1024];

	/* A price that nobody has read yet is not worth keeping once there is a newer one. */
	if (error == 0)
		error = nv_server_topic_slow(server, "*", NV_SLOW_KEEP_NEWEST);
	if (error == 0)
		error = nv_server_listen(server, "localhost", (uint16_t)port);
	if (error == 0)
		error = nv_server_start(server);
	if (error == 0) {
		printf("ws://localhost:%u/ticker/NAME; type: NAME TEXT; Enter stops it\n",
		       nv_server_port(server));
		fflush(stdout);
		while (fgets(line, sizeof line, stdin) && line[0] != '\n') {
			line[strcspn(line, "\n")] = '\0';
			publish(server, line);
		}
	} else {
		fprintf(stderr, "ticker: %s\n", nv_strerror(error));
	}
	nv_server_free(server); /* says goodbye to every client first */
	return error != 0;
}
