/* SPDX-License-Identifier: MIT */
/* client_try.c: a try's life: its memory, its deadlines and its end. How it gets its connection stands in
 * client_way.c, what is said on that in phase_response.c. */
#include "ws/client_try.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/wipe.h"

#define TICK_MS 250u

/* --- The end of a try --- */

/* What led to the connection; a pass ends the wait of others (RFC 6455 4.1). */
static void drop_ways(struct nv_try *attempt)
{
	nv_tunnel_free(attempt->tunnel);
	nv_dial_free(attempt->dial);
	nv_pass_free(attempt->pass);
	if (attempt->proxy)
		nv_wipe(attempt->proxy, sizeof *attempt->proxy);
	nv_free(attempt->proxy);
	attempt->tunnel = NULL;
	attempt->dial = NULL;
	attempt->pass = NULL;
	attempt->proxy = NULL;
}

static void try_free(struct nv_try *attempt)
{
	struct nv_client *client = nv_client_of_try(attempt);

	nv_loop_stop_timer(client->loop, &attempt->timer);
	nv_conn_deinit(&attempt->conn);
	nv_answer_deinit(&attempt->answer);
	nv_list_remove(&attempt->link);
	nv_free(attempt->url_text);
	nv_free(attempt);
	nv_client_lingered(client);
	nv_client_let_go(client);
}

static void bury(struct nv_task *task)
{
	try_free(nv_container_of(task, struct nv_try, burial));
}

static void be_over(struct nv_try *attempt)
{
	attempt->over = true;
	nv_client_of_try(attempt)->current = NULL;
}

/* Its memory is needed as long as it may be on the stack. */
void nv_try_leave(struct nv_try *attempt)
{
	if (attempt->over)
		return;
	be_over(attempt);
	drop_ways(attempt);
	nv_loop_stop_timer(nv_client_of_try(attempt)->loop, &attempt->timer);
	if (attempt->streaming)
		nv_conn_cut(&attempt->conn, NV_CAUSE_ABORTED);
	else
		nv_loop_post_task(nv_client_of_try(attempt)->loop, &attempt->burial);
}

void nv_try_ended(struct nv_try *attempt)
{
	be_over(attempt);
}

bool nv_try_lingers(const struct nv_try *attempt)
{
	return attempt->streaming && nv_conn_is_in(&attempt->conn, &nv_phase_linger);
}

/* Who has a proxy looks for that, and connects to it; what follows is the server's. */
static bool is_of_proxy(const struct nv_try *attempt, enum nv_stage stage)
{
	return stage == NV_STAGE_PROXY ||
	       (attempt->proxy && (stage == NV_STAGE_RESOLVE || stage == NV_STAGE_CONNECT));
}

void nv_try_fail(struct nv_try *attempt, const struct nv_failure *failure)
{
	struct nv_failure told = *failure;

	if (attempt->over)
		return;
	told.proxy = is_of_proxy(attempt, failure->stage);
	nv_try_leave(attempt);
	nv_client_failed(nv_client_of_try(attempt), &told);
}

void nv_try_fail_at(struct nv_try *attempt, enum nv_stage stage, int error, const char *text)
{
	nv_try_fail(attempt, &(struct nv_failure){ .stage = stage, .error = error, .text = text });
}

void nv_try_fail_tls(struct nv_try *attempt, int error, const char *problem)
{
	char text[sizeof attempt->name + NV_TLS_PROBLEM];

	snprintf(text, sizeof text, "%s: %s", attempt->name, problem);
	nv_try_fail_at(attempt, NV_STAGE_TLS, error, text);
}

/* --- The end of its stream --- */

static void fail_broken_tls(struct nv_try *attempt, int error)
{
	const char *problem = nv_tls_problem(&attempt->conn.stream);

	nv_try_fail_tls(attempt, error, problem ? problem : nv_strerror(error));
}

/* TLS may fail when we have begun to ask, too. */
static bool broke_in_tls(const struct nv_conn *conn, int error)
{
	if (!nv_stream_is_tls(&conn->stream))
		return false;
	return nv_conn_is_in(conn, &nv_phase_connect) ||
	       ((error == NV_ERR_TLS || error == NV_ERR_CERTIFICATE) &&
	        nv_tls_problem(&conn->stream));
}

void nv_try_released(struct nv_conn *conn, int error)
{
	struct nv_try *attempt = nv_try_of(conn);

	attempt->streaming = false;
	if (attempt->over)
		try_free(attempt);
	else if (broke_in_tls(conn, error))
		fail_broken_tls(attempt, error ? error : NV_ERR_EOF);
	else
		nv_try_fail_at(attempt, NV_STAGE_HANDSHAKE, error ? error : NV_ERR_EOF,
		               "the connection broke before the answer");
}

/* --- Being seen --- */

bool nv_try_trace(struct nv_try *attempt, enum nv_trace what, struct nv_bytes text)
{
	(void)nv_client_trace(nv_client_of_try(attempt), what, text);
	return !attempt->over;
}

uint64_t nv_try_lap_us(struct nv_try *attempt)
{
	uint64_t now = nv_loop_clock_us(nv_client_of_try(attempt)->loop);
	uint64_t lap = now - attempt->lap_us;

	attempt->lap_us = now;
	return lap;
}

/* --- Time --- */

static void on_tick(struct nv_timer *timer)
{
	struct nv_try *attempt = nv_container_of(timer, struct nv_try, timer);
	struct nv_client *client = nv_client_of_try(attempt);

	/* Its place in the heap has just become free: starting it again can't fail. */
	(void)nv_loop_start_timer(client->loop, timer, TICK_MS);
	nv_conn_phase(&attempt->conn)->tick(&attempt->conn, nv_conn_now(&attempt->conn));
	if (client->current == attempt)
		nv_client_feed(client);
}

/* Before the stream is there, the connection has no time of its own. */
static void on_deadline(struct nv_timer *timer)
{
	struct nv_try *attempt = nv_container_of(timer, struct nv_try, timer);
	struct nv_loop *loop = nv_client_of_try(attempt)->loop;

	(void)nv_loop_park_timer(loop, timer);
	nv_conn_phase(&attempt->conn)->tick(&attempt->conn, (uint32_t)nv_loop_now(loop));
}

/* The timer has its place in the heap all the time: nothing of this can fail. */
void nv_try_deadline(struct nv_try *attempt, uint32_t timeout_ms)
{
	struct nv_loop *loop = nv_client_of_try(attempt)->loop;

	if (timeout_ms == NV_OFF)
		(void)nv_loop_park_timer(loop, &attempt->timer);
	else
		(void)nv_loop_start_timer(loop, &attempt->timer, timeout_ms);
}

void nv_try_opened(struct nv_try *attempt)
{
	struct nv_client *client = nv_client_of_try(attempt);

	drop_ways(attempt);
	nv_answer_deinit(&attempt->answer);
	attempt->opened_ms = nv_loop_now(client->loop);
	attempt->timer.fire = on_tick;
	nv_try_deadline(attempt, TICK_MS);
}

/* --- The beginning --- */

struct nv_try *nv_try_new(struct nv_client *client, const char *url)
{
	struct nv_try *attempt = nv_alloc_zero(sizeof *attempt);

	if (!attempt)
		return NULL;
	attempt->url_text = nv_copy(nv_str(url));
	if (!attempt->url_text || nv_loop_park_timer(client->loop, &attempt->timer) < 0) {
		nv_free(attempt->url_text);
		nv_free(attempt);
		return NULL;
	}
	nv_conn_init(&attempt->conn, &client->owner, &nv_phase_connect);
	attempt->conn.handlers = &client->between;
	attempt->conn.user = client->options.user;
	attempt->timer.fire = on_deadline;
	attempt->burial.run = bury;
	attempt->answer.keeps_text = client->options.on_trace != NULL;
	nv_list_push(&client->tries, &attempt->link);
	return attempt;
}
