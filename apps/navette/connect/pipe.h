/* SPDX-License-Identifier: MIT */
/* pipe.h: the lines of standard input, when nobody types them, as a source. */
#ifndef CONNECT_PIPE_H
#define CONNECT_PIPE_H

#include "connect/input.h"
#include "connect/options.h"
#include "connect/source.h"

struct nv_pipe {
	struct nv_source source;
	struct nv_input input;
	bool takes_quit; /* a line "quit" is one; false where lines are not words */
};

void nv_pipe_init(struct nv_pipe *pipe, const struct nv_connect_options *options);
void nv_pipe_deinit(struct nv_pipe *pipe);

#endif
