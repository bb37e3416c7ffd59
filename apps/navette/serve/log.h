/* SPDX-License-Identifier: MIT */
/* log.h: what the server says about itself, one line for each event: "[date time] ..." for people, or a
 * JSON object for programs.
 *
 * Once the log is open any thread may write, and no line ever waits for who reads it. Before, which is
 * while the server starts, and after, lines are for people and written at once. */
#ifndef SERVE_LOG_H
#define SERVE_LOG_H

#include <navette/navette.h>

#include "serve/log_event.h"
#include "serve/log_json.h"
#include "serve/log_options.h"

#define NV_LOG_FIELD_SIZE 1025 /* of one text of a client, with its terminating zero */

/* 0 or NV_ERR_LIMIT. Before other threads write. */
int nv_serve_log_open(const struct nv_serve_log *options);
/* Writes what is left, within a second. When no other thread writes any more. */
void nv_serve_log_close(void);
void nv_serve_log_set_level(enum nv_serve_log_level least); /* any thread */

/* Lines that peers can cause any number of. */
enum nv_log_kind {
	NV_LOG_TOKENS,   /* no good ones */
	NV_LOG_ORIGINS,  /* the same */
	NV_LOG_REQUESTS, /* refused by the library */
	NV_LOG_ENDS, /* of connections, without a closing handshake or of somebody who was not let in */
	NV_LOG_ARRIVALS /* for whom there was no memory */
};

/* Before each of those that are not the library's: false when the second has had as many as are written.
 * What is left out is counted and told in one line when the second is over, at the next line or tick. Any
 * thread. */
bool nv_serve_log_may(enum nv_log_kind kind);
void nv_serve_log_tick(void); /* about once a second */

/* What only programs are told: NV_FIELDS(NV_FIELD_TEXT("peer", peer), NV_FIELD_NUMBER("port", 1)). */
#define NV_FIELDS(...) ((const struct nv_log_field[]){ __VA_ARGS__, { .key = NULL } })
#define NV_FIELD_TEXT(name, value)                                                                 \
	{                                                                                          \
		.key = (name), .text = (value)                                                     \
	} /* "": left out */
#define NV_FIELD_NUMBER(name, value)                                                               \
	{                                                                                          \
		.key = (name), .number = (int64_t)(value)                                          \
	}

/* One line to standard output. `fields` may be NULL. */
__attribute__((format(printf, 3, 4))) void nv_serve_log(enum nv_log_event event,
                                                        const struct nv_log_field *fields,
                                                        const char *format, ...);
/* The same, but nothing for people and with a quota, or nothing for programs. */
void nv_serve_log_fact(enum nv_log_kind kind, enum nv_log_event event,
                       const struct nv_log_field *fields, const char *message);
__attribute__((format(printf, 1, 2))) void nv_serve_log_hint(const char *format, ...);

/* Log hooks of the library: one line to standard error, or an event "server". The second leaves out what
 * clients do. How a connection ended is left out of JSON: "disconnected" tells it. */
void nv_serve_log_library(void *context, enum nv_level level, const char *line);
void nv_serve_log_problems(void *context, enum nv_level level, const char *line);

/* What an operator has asked for: to the same place, but `always` also where the level is not wanted. */
void nv_serve_log_operator(enum nv_level level, bool always, const char *line);

/* Text of a client made safe for a line: control characters as "\n", "\x1b", "\u202e", and cut at
 * 1 KiB behind an ellipsis. Returns `field`. */
char *nv_serve_log_field(struct nv_bytes text, char field[NV_LOG_FIELD_SIZE]);

#endif
