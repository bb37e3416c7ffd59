/* SPDX-License-Identifier: MIT */
/* session_run.h: plays a case of a script on a session and writes down what the session did. Every
 * piece of input ends at a guard page and is out of reach as soon as the session has asked for
 * more. */
#ifndef SUPPORT_SESSION_RUN_H
#define SUPPORT_SESSION_RUN_H

#include "support/guard_page.h"
#include "support/script.h"

enum session_pieces {
	PIECES_AS_WRITTEN, /* each line of input by itself; the transcript holds them too */
	PIECES_WHOLE,      /* all lines of input between two calls at once */
	PIECES_BYTES,
	PIECES_TWO, /* run number `run` of input is cut at `at` */
	PIECES_FIVE /* every run, at places that `seed` chooses */
};

struct session_way {
	enum session_pieces pieces;
	size_t run;
	size_t at;
	uint64_t seed;
	bool output_at_end; /* else it is taken after every event, which answers every ping */
};

/* What the session did stands in `transcript`, as the case should stand in its script. */
struct session_run {
	struct script_case transcript;
	bool no_session; /* no memory for it */
	bool close_sent;
	bool close_received;
	const char
		*broken; /* a promise of the session that was not kept, whatever the script says */
};

/* The largest run of input, and how much there is in run number `run` (0: there is none). */
size_t session_run_input(const struct script_case *script, size_t run);

/* The caller clears the transcript. `page` holds the largest run. */
struct session_run session_run(const struct script_case *script, const struct session_way *way,
                               struct guard_page *page);

#endif
