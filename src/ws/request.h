/* SPDX-License-Identifier: MIT */
/* request.h: one HTTP request of a server's connection, from its first byte to its answer. */
#ifndef WS_REQUEST_H
#define WS_REQUEST_H

#include <navette/handshake.h>
#include <navette/navette.h>

#include "base/buf.h"
#include "ws/admission.h"
#include "ws/router.h"

enum nv_answer {
	NV_ANSWER_NONE,
	NV_ANSWER_ACCEPTED,
	NV_ANSWER_REPLIED,
	NV_ANSWER_FAILED /* was tried, which must not end in being accepted */
};

struct nv_request {
	struct nv_conn *conn;
	struct nv_head *head;
	const struct nv_route *route; /* NULL until one was found */
	void *user;
	struct nv_pending pending; /* until it is answered */
	struct nv_buf fields;      /* added by the program: complete lines */
	enum nv_answer answer;
	bool upgrade; /* it asks for WebSocket */
};

struct nv_request *nv_request_new(struct nv_conn *conn); /* NULL without memory */
void nv_request_free(struct nv_request *request);

/* The server's own answer: the status with a line of text that says why. */
void nv_request_refuse(struct nv_request *request, struct nv_problem problem);

#endif
