/* SPDX-License-Identifier: MIT */
/* visitor.h: one connection of churn.c, of one of several kinds: what it does, how long it stays, and
 * what the server has to make of it. */
#ifndef LOAD_VISITOR_H
#define LOAD_VISITOR_H

#include "load/wire.h"

struct visitor_kind;

struct visitor {
	int fd; /* negative: there is none */
	struct visitor_kind *kind;
	uint64_t until_ns; /* it leaves then, if it may */
	struct load_answer answer;
	struct load_frames frames;
	unsigned status; /* of the server's Close */
	bool asked;
	bool opened;
};

/* Starts to connect, and is watched from then on. The number says of which kind it is: of a hundred in a
 * row there is always the same share of each. */
void visitor_come(struct visitor *visitor, int epoll_fd, uint32_t port, uint32_t number);

/* Something has happened to its socket. */
void visitor_wake(struct visitor *visitor, int epoll_fd, uint32_t events);

/* Leaves when its time has come. */
void visitor_tick(struct visitor *visitor, uint64_t now_ns);

/* Of each kind a line: its name, how many came, and how many ended as they should. True when all did. */
bool visitor_print_kinds(void);

#endif
