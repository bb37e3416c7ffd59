/* SPDX-License-Identifier: MIT */
/* crowd_acts.h: what the server of crowd.h can be asked to do, in words. */
#ifndef TESTS_WS_CROWD_ACTS_H
#define TESTS_WS_CROWD_ACTS_H

#include "ws/fixture.h"
#include "ws/member.h"

#define CROWD_MAX 64

enum crowd_callback {
	CROWD_UPGRADE,
	CROWD_OPEN,
	CROWD_MESSAGE,
	CROWD_DRAIN,
	CROWD_MISSED,
	CROWD_CLOSE,
	CROWD_CALLBACKS
};

static struct crowd {
	struct nv_server *server;
	struct member members[CROWD_MAX];
	size_t count;
	const char *acts[CROWD_CALLBACKS]; /* what is done there besides, or NULL */
	size_t acting;                     /* by this member */
} crowd;

/* `conn` is NULL in on_upgrade. */
struct crowd_call {
	struct nv_conn *conn;
	const char *where;
	struct nv_bytes payload;
};

static inline uint64_t crowd_id(const char *number)
{
	return crowd.members[strtoul(number, NULL, 10)].id;
}

static inline int crowd_subscribe(const struct crowd_call *call)
{
	return nv_conn_subscribe(call->conn, call->where);
}

static inline int crowd_unsubscribe(const struct crowd_call *call)
{
	return nv_conn_unsubscribe(call->conn, call->where);
}

static inline int crowd_publish(const struct crowd_call *call)
{
	return nv_server_publish(crowd.server, call->where, NV_TEXT, call->payload, 0);
}

static inline int crowd_publish_to_others(const struct crowd_call *call)
{
	return nv_server_publish(crowd.server, call->where, NV_TEXT, call->payload,
	                         nv_conn_id(call->conn));
}

static inline int crowd_send(const struct crowd_call *call)
{
	return nv_conn_send(call->conn, NV_TEXT, call->payload);
}

static inline int crowd_send_first(const struct crowd_call *call)
{
	return nv_conn_send_part(call->conn, NV_TEXT, call->payload, false);
}

static inline int crowd_send_more(const struct crowd_call *call)
{
	return nv_conn_send_part(call->conn, NV_CONTINUATION, call->payload, false);
}

static inline int crowd_send_last(const struct crowd_call *call)
{
	return nv_conn_send_part(call->conn, NV_CONTINUATION, call->payload, true);
}

static inline int crowd_ping(const struct crowd_call *call)
{
	return nv_conn_ping(call->conn, nv_str(""));
}

static inline int crowd_close(const struct crowd_call *call)
{
	return nv_conn_close(call->conn, 1000, NULL);
}

static inline int crowd_abort(const struct crowd_call *call)
{
	nv_conn_abort(call->conn);
	return 0;
}

static inline int crowd_pause(const struct crowd_call *call)
{
	nv_conn_pause(call->conn, true);
	return 0;
}

static inline int crowd_resume(const struct crowd_call *call)
{
	nv_conn_pause(call->conn, false);
	return 0;
}

static inline int crowd_stop(const struct crowd_call *call)
{
	nv_server_stop(crowd.server);
	return 0;
}

static inline int crowd_send_to(const struct crowd_call *call)
{
	return nv_server_send(crowd.server, crowd_id(call->where), NV_TEXT, call->payload);
}

static inline int crowd_close_other(const struct crowd_call *call)
{
	return nv_server_close(crowd.server, crowd_id(call->where), 4000, "bye");
}

static const struct crowd_verb {
	const char *name;
	int (*act)(const struct crowd_call *call);
	bool names; /* a topic or a member comes first */
} crowd_verbs[] = {
	{ "sub", crowd_subscribe, true },   { "unsub", crowd_unsubscribe, true },
	{ "pub", crowd_publish, true },     { "others", crowd_publish_to_others, true },
	{ "send", crowd_send, false },      { "first", crowd_send_first, false },
	{ "more", crowd_send_more, false }, { "last", crowd_send_last, false },
	{ "ping", crowd_ping, false },      { "close", crowd_close, false },
	{ "abort", crowd_abort, false },    { "pause", crowd_pause, false },
	{ "resume", crowd_resume, false },  { "stop", crowd_stop, false },
	{ "to", crowd_send_to, true },      { "kick", crowd_close_other, true },
};

static const struct {
	const char *name;
	int error;
} crowd_errors[] = {
	{ "FULL", NV_ERR_FULL },           { "CLOSED", NV_ERR_CLOSED },   { "STATE", NV_ERR_STATE },
	{ "NOT_FOUND", NV_ERR_NOT_FOUND }, { "INVALID", NV_ERR_INVALID },
};

static inline const struct crowd_verb *crowd_verb(const char *name)
{
	for (size_t i = 0; i < sizeof crowd_verbs / sizeof *crowd_verbs; i++) {
		if (strcmp(crowd_verbs[i].name, name) == 0)
			return &crowd_verbs[i];
	}
	fail_msg("no act: %s", name);
	return NULL;
}

/* "=FULL" behind an act: what it answers; "=?": anything. */
static inline void crowd_check(const char *act, int error)
{
	const char *expected = strchr(act, '=');

	if (!expected) {
		if (error != 0)
			fail_msg("%s: %s", act, nv_strerror(error));
		return;
	}
	for (size_t i = 0; i < sizeof crowd_errors / sizeof *crowd_errors; i++) {
		if (strcmp(crowd_errors[i].name, expected + 1) == 0)
			assert_int_equal(error, crowd_errors[i].error);
	}
}

static inline void crowd_act(struct nv_conn *conn, const char *act)
{
	static char payload[65536];
	char name[16] = "", word[2][64] = { "", "" };
	struct crowd_call call = { .conn = conn };
	const struct crowd_verb *verb;

	sscanf(act, " %15s %63[^= ] %63[^= ]", name, word[0], word[1]);
	verb = crowd_verb(name);
	call.where = word[0];
	call.payload = member_payload(word[verb->names ? 1 : 0], payload);
	crowd_check(act, verb->act(&call));
}

static inline void crowd_acts(struct nv_conn *conn, const char *acts, size_t len)
{
	char copy[4096];
	char *act = copy;

	assert_true(len < sizeof copy);
	memcpy(copy, acts, len);
	copy[len] = '\0';
	while (act) {
		char *end = strchr(act, ';');

		if (end)
			*end++ = '\0';
		crowd_act(conn, act);
		act = end;
	}
}

#endif
