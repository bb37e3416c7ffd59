/* SPDX-License-Identifier: MIT */
/* talk_inside.h: what the parts of a talk share. talk.c turns it, connection.c hears the library, sending.c
 * takes what the source offers, ending.c tells when it is over and how it went. */
#ifndef CONNECT_TALK_INSIDE_H
#define CONNECT_TALK_INSIDE_H

#include "connect/leaving.h"
#include "connect/output.h"
#include "connect/talk.h"
#include "connect/verdict.h"

struct nv_talk {
	const struct nv_connect_options *options;
	struct nv_source *source;
	struct nv_loop *loop;
	struct nv_client *client;
	struct nv_output output;
	struct nv_record *record;
	struct nv_leaving leaving;
	char *target_text;       /* where a redirect led, or NULL */
	struct nv_url target;    /* what is being connected to */
	uint64_t opened_ms;      /* the first time; 0: not yet */
	uint64_t input_ended_ms; /* 0: not yet */
	size_t queued;           /* bytes of messages, when this turn began */
	uint64_t received;       /* messages */
	uint16_t own_status;     /* of nv_talk_close */
	bool given_up;           /* an interrupt left the rest of the input unsent */
	bool lost_input;         /* some of it could not be sent */
	bool over;
	enum nv_verdict verdict;
};

/* True when --once or --count has its messages. */
bool nv_talk_is_answered(const struct nv_talk *talk);
bool nv_talk_is_staying(const struct nv_talk *talk);
/* A line for somebody who types. */
void nv_talk_say(const struct nv_talk *talk, const char *line);

/* connection.c: starts the client; 0 or NV_ERR_NOMEM. */
int nv_talk_connect(struct nv_talk *talk);

/* sending.c: whether more may be taken, and taking as much as may be. */
bool nv_talk_has_room(const struct nv_talk *talk);
void nv_talk_send_offers(struct nv_talk *talk);

/* ending.c: when to leave, as nv_clock_ms, if nothing else happens; leaving; the exit code. */
uint64_t nv_talk_time_to_leave(const struct nv_talk *talk);
void nv_talk_leave_in_time(struct nv_talk *talk);
/* True when it is leaving, and would do so even without a connection. */
bool nv_talk_is_done(const struct nv_talk *talk);
int nv_talk_exit_code(struct nv_talk *talk);

#endif
