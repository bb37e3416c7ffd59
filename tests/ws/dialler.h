/* SPDX-License-Identifier: MIT */
/* dialler.h: who dials in a test: it writes down what happens, and does at once what the test wants. */
#ifndef TESTS_WS_DIALLER_H
#define TESTS_WS_DIALLER_H

#include "net/dial.h"
#include "net/recorder.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"

enum dialler_act {
	DIALLER_WAITS,
	DIALLER_TAKES, /* in `done` */
	DIALLER_FREES_WHEN_RESOLVED,
	DIALLER_FREES_WHEN_DONE
};

struct dialler {
	struct nv_dial *dial;
	char log[1024]; /* "192.0.2.1:80 [::1]:80 / done:0 192.0.2.1:80" */
	enum dialler_act act;
	bool done;
	int error;
	struct recorder taken;
};

static inline void dialler_note(struct dialler *dialler, const char *text)
{
	assert_true(strlen(dialler->log) + strlen(text) < sizeof dialler->log);
	strcat(dialler->log, text);
}

static inline void dialler_free(struct dialler *dialler)
{
	nv_dial_free(dialler->dial);
	dialler->dial = NULL;
}

static inline int dialler_take(struct dialler *dialler)
{
	recorder_init(&dialler->taken);
	return nv_dial_take(dialler->dial, &dialler->taken.stream, NULL, NULL);
}

static inline void dialler_resolved(void *context, const struct nv_address *addresses, size_t count)
{
	struct dialler *dialler = context;
	char text[NV_ADDRESS_TEXT];

	for (size_t i = 0; i < count; i++) {
		nv_address_format(&addresses[i], text);
		dialler_note(dialler, text);
		dialler_note(dialler, " ");
	}
	dialler_note(dialler, "/ ");
	if (dialler->act == DIALLER_FREES_WHEN_RESOLVED)
		dialler_free(dialler);
}

static inline void dialler_done(void *context, int error, const struct nv_address *peer,
                                const char *text)
{
	struct dialler *dialler = context;
	char place[NV_ADDRESS_TEXT] = "-";
	char event[256];

	assert_false(dialler->done);
	assert_int_equal(!peer, text != NULL);
	if (peer)
		nv_address_format(peer, place);
	snprintf(event, sizeof event, "done:%d %s", error, text ? text : place);
	dialler_note(dialler, event);
	dialler->done = true;
	dialler->error = error;
	if (dialler->act == DIALLER_FREES_WHEN_DONE)
		dialler_free(dialler);
	else if (dialler->act == DIALLER_TAKES && !error)
		assert_int_equal(dialler_take(dialler), 0);
}

static inline bool dialler_try(struct dialler *dialler, struct nv_loop *loop, const char *host,
                               bool simultaneous)
{
	const struct nv_dial_events events = { dialler, dialler_resolved, dialler_done };

	dialler->dial = nv_dial_start(loop, host, 80, simultaneous, &events);
	assert_string_equal(dialler->log, "");
	return dialler->dial != NULL;
}

static inline void dialler_start(struct dialler *dialler, struct nv_loop *loop, const char *host)
{
	assert_true(dialler_try(dialler, loop, host, false));
}

static inline void dialler_deinit(struct dialler *dialler)
{
	dialler_free(dialler);
	if (dialler->taken.stream.ops && !recorder_is_closed(&dialler->taken))
		nv_stream_close(&dialler->taken.stream, NV_ERR_CLOSED);
}

/* The next far end that somebody connects to, by its address. */
static inline struct sim_peer *assert_tries(const char *address)
{
	struct sim_peer *peer = sim_next_connect();
	char text[NV_ADDRESS_TEXT];

	assert_non_null(peer);
	nv_address_format(sim_peer_address(peer), text);
	assert_string_equal(text, address);
	return peer;
}

static inline void assert_tries_no_more(void)
{
	assert_null(sim_next_connect());
}

#endif
