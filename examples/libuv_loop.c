/* SPDX-License-Identifier: MIT */
/* libuv_loop.c: `libuv_loop URL` is a client inside libuv, which says "tick" once a second. */
#include <navette/navette.h>
#include <stdio.h>
#include <uv.h>

static uv_timer_t due, tick;
static int exit_code = -1; /* known when it is over */

/* The library has a turn when its descriptor is readable, or when something is due. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	nv_loop_run_once(poll->data, 0);
}

static void on_due(uv_timer_t *timer)
{
	nv_loop_run_once(timer->data, 0);
}

/* Any call of the library may change when that is, so libuv asks before each wait. -1 is never. */
static void before_wait(uv_prepare_t *prepare)
{
	uv_timer_start(&due, on_due, (uint64_t)nv_loop_timeout_ms(prepare->data), 0);
}

static void on_tick(uv_timer_t *timer)
{
	if (nv_client_conn(timer->data))
		nv_conn_send_text(nv_client_conn(timer->data), "tick");
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

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	(void)client, (void)user;
	fprintf(stderr, "libuv_loop: %s\n", failure->text);
	exit_code = 1;
}

int main(int argc, char **argv)
{
	const struct nv_handlers handlers = { .on_message = on_message, .on_close = on_close };
	const struct nv_client_options options = { .on_fail = on_fail };
	const char *url = argc > 1 ? argv[1] : "ws://localhost:8080/ws";
	struct nv_loop *loop = nv_loop_new();
	struct nv_client *client = loop ? nv_client_new(loop, url, &handlers, &options) : NULL;
	if (!client)
		return 1;
	uv_loop_t *uv = uv_default_loop();
	uv_poll_t readable = { .data = loop };
	uv_prepare_t prepare = { .data = loop };
	due.data = loop;
	tick.data = client;
	uv_timer_init(uv, &due);
	uv_timer_init(uv, &tick);
	uv_timer_start(&tick, on_tick, 0, 1000);
	uv_prepare_init(uv, &prepare);
	uv_prepare_start(&prepare, before_wait);
	uv_poll_init(uv, &readable, nv_loop_fd(loop));
	uv_poll_start(&readable, UV_READABLE, on_readable);
	while (exit_code < 0)
		uv_run(uv, UV_RUN_ONCE);
	nv_client_free(client);
	nv_loop_free(loop);
	return exit_code;
}
