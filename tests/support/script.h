/* SPDX-License-Identifier: MIT */
/* script.h: protocol scripts: what a session is fed and asked, and what it must then say. A file
 * holds cases; each starts a session of its own:
 *
 *     ## F-17 a ping between two fragments       the rule that it checks
 *     role client                                default: server; both: a variant for each, where the
 *                                                client's input is not masked and its output is
 *     option max_message 100                     an option of the session; off: NV_OFF
 *     deflate client_max_window_bits 10          permessage-deflate is in use, with these parameters
 *     hold                                       the output is taken only by `! take`
 *     each 01 | 02 03                            a variant for each of these in the place of every $
 *     > 81 85 37fa213d 7f9f4d5158                the peer's bytes (see script_bytes.h)
 *     = message text "Hello"                     an event: message, ping, pong, close STATUS
 *     = fail 1002                                the session failed the connection
 *     < 88 02 03e8                               output
 *     < fail 1002                                output: a Close with that status and some reason
 *     ! send text "x"                            a call: send [uncompressed], part [fin], ping, pong,
 *                                                close
 *     = NV_ERR_CLOSED                            its result; none stands for: = ok
 *     ! take 3                                   of a `hold`: takes so much output (none: all)
 *
 * Other lines that start with # are comments. */
#ifndef SUPPORT_SCRIPT_H
#define SUPPORT_SCRIPT_H

#include <navette/session.h>

#include "support/blob.h"

enum script_kind {
	SCRIPT_INPUT,
	SCRIPT_EVENT,
	SCRIPT_OUTPUT,
	SCRIPT_CALL,
	SCRIPT_RESULT
};

enum script_call {
	SCRIPT_SEND,
	SCRIPT_PART,
	SCRIPT_PING,
	SCRIPT_PONG,
	SCRIPT_CLOSE,
	SCRIPT_TAKE
};

/* One line of a case, or one thing that a session did. */
struct script_entry {
	enum script_kind kind;
	unsigned line;
	enum nv_event_type type; /* of an event */
	enum script_call call;
	enum nv_opcode opcode; /* of a message, sent or received */
	bool fin;              /* of a part */
	bool uncompressed;     /* a message that is sent so */
	bool failed;           /* an event or, behind `data`, output: the session gave up */
	uint16_t status;       /* of a close */
	int result;
	struct blob data;
};

/* A case, or one variant of it. */
struct script_case {
	const char *file;
	unsigned line;
	char *title;                       /* the same of all variants */
	char *variant;                     /* NULL: there are none */
	struct nv_session_options options; /* a client's masking_key is the runner's business */
	bool hold;
	struct script_entry *entries;
	size_t count;
	size_t cap;
};

/* Appends an entry, which takes over `entry.data`; output joins the output before it. */
void script_append(struct script_case *script, struct script_entry entry);
void script_clear(struct script_case *script);

/* The cases of some files in their order; the variants of a case side by side. Starts as {0}. */
struct script_list {
	struct script_case *cases;
	size_t count;
};

/* Appends the cases of a file, which must have some. Ends the program where a line is none. The path
 * has to stay. */
void script_read(struct script_list *list, const char *path);
void script_list_free(struct script_list *list);

#endif
