/* SPDX-License-Identifier: MIT */
/* input.h: the lines of a descriptor, of any length up to 64 MiB, without blocking by itself: call
 * nv_input_read when poll(2) says so. A line ends with `end_mark`, "\n" or a zero. The descriptor stays as
 * it is and the caller's. */
#ifndef CONNECT_INPUT_H
#define CONNECT_INPUT_H

#include <navette/base.h>

#define NV_LINE_MAX (64u << 20)

struct nv_input {
	int fd;
	char end_mark;
	bool keep_return; /* a "\r" before the "\n" is part of the line */
	char *data; /* bytes from start to end wait; those before `scanned` hold no end mark */
	size_t start;
	size_t scanned;
	size_t end;
	size_t capacity;
	uint64_t number; /* of the line that nv_input_line gives, from 1 */
	bool ended;      /* nothing more will be read */
};

void nv_input_init(struct nv_input *input, int fd, char end_mark);
void nv_input_deinit(struct nv_input *input);

/* Reads once. 0, also at the end of the input; NV_ERR_NOMEM; NV_ERR_TOO_BIG for a line that is too
 * long; NV_ERR_SYSTEM with errno. An error ends the input, and what was begun is dropped. */
int nv_input_read(struct nv_input *input);

/* The first line that waits, without its end mark or "\r\n"; the last one needs none. It stays
 * until nv_input_next drops it. False: read more, unless the input has ended. */
bool nv_input_line(struct nv_input *input, struct nv_bytes *line);
void nv_input_next(struct nv_input *input);

#endif
