/* SPDX-License-Identifier: MIT */
/* comparison.h: plays one stream on a session and on the model, and compares what they did. */
#ifndef MODEL_COMPARISON_H
#define MODEL_COMPARISON_H

#include "model/model.h"

struct comparison {
	struct event_log expected; /* of the model */
	struct event_log found;    /* of the session */
};

/* How long the next piece of the stream is, of the `left` bytes that remain: 1 to `left`. */
typedef size_t piece_size(void *context, size_t left);

/* True when both did the same. The logs are those of this run until the next one. */
bool comparison_run(struct comparison *comparison, const struct model_input *input,
                    piece_size *piece, void *context);

/* The input, and what each of them made of it. */
void comparison_print(const struct comparison *comparison, const struct model_input *input,
                      FILE *out);
void comparison_free(struct comparison *comparison);

#endif
