/* SPDX-License-Identifier: MIT */
/* tls_gate.c: how many handshakes a loop does in a turn. One counts when its ClientHello is there as a
 * whole, before anything is computed; so who sends half of one takes nobody's place. Those that wait
 * are in a list by the link of their stream, and the streams below are paused. */
#include "net/tls_gate.h"

#include "net/tls_openssl.h"

/* What the turn has left is for those who wait. */
static void run(struct nv_hook *hook)
{
	struct nv_tls_gate *gate = nv_container_of(hook, struct nv_tls_gate, hook);

	while (gate->used < NV_TLS_HANDSHAKES && !nv_list_empty(&gate->parked)) {
		struct nv_stream *newest =
			nv_container_of(gate->parked.prev, struct nv_stream, link);

		nv_list_remove(&newest->link);
		nv_tls_set(newest, NV_TLS_PARKED, false);
		nv_tls_resume(newest->tls);
	}
	gate->used = 0;
	nv_loop_forget_hook(hook);
	if (nv_list_empty(&gate->parked))
		return;
	/* A flush, of nothing, from which a hook of the next turn can be asked for. */
	nv_stream_flush(&nv_container_of(gate->parked.prev, struct nv_stream, link)->tls->lower);
}

void nv_tls_gate_init(struct nv_tls_gate *gate, struct nv_loop *loop)
{
	gate->hook.run = run;
	gate->loop = loop;
	gate->used = 0;
	nv_list_init(&gate->parked);
}

void nv_tls_gate_deinit(struct nv_tls_gate *gate)
{
	nv_loop_forget_hook(&gate->hook);
}

void nv_tls_gate_park(struct nv_tls *tls)
{
	nv_tls_set(tls->upper, NV_TLS_PARKED, true);
	nv_list_push(&tls->gate->parked, &tls->upper->link);
	nv_stream_pause(&tls->lower, true);
}

void nv_tls_gate_wait_on(struct nv_tls *tls)
{
	nv_loop_before_flush(tls->gate->loop, &tls->gate->hook);
}

int nv_tls_hello(SSL *ssl, int *alert, void *arg)
{
	struct nv_tls *tls = nv_tls_of_session(ssl);

	(void)alert;
	(void)arg;
	if (!tls || !tls->gate)
		return SSL_CLIENT_HELLO_SUCCESS;
	if (tls->gate->used == NV_TLS_HANDSHAKES)
		return SSL_CLIENT_HELLO_RETRY;
	tls->gate->used++;
	nv_loop_before_flush(tls->gate->loop, &tls->gate->hook);
	return SSL_CLIENT_HELLO_SUCCESS;
}
