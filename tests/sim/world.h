/* SPDX-License-Identifier: MIT */
/* world.h: what the files of the simulation share. One world holds every socket of the process; the
 * last loop takes it along. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/list.h"
#include "net/mailbox.h"
#include "net/traffic.h"
#include "sim/sim.h"

#define SIM_MAX_ANSWERS 64u
#define SIM_FIRST_PORT 1000000 /* descriptors of listening sockets */

struct nv_loop {
	struct nv_mailbox mailbox;
	atomic_bool stopped;
	bool in_turn;
	uint64_t now_ms;
	struct nv_timers timers;
	struct nv_list dirty;
	struct nv_list flushing; /* what was dirty when the flush began */
	struct nv_list closing;
	struct nv_list hooks;
	size_t streams;
	struct nv_traffic traffic;
	uint8_t plain[NV_LOOP_PLAIN];
};

/* Memory that is not the library's; it never fails. */
struct sim_bytes {
	uint8_t *data;
	size_t from; /* the first that was not dropped */
	size_t len;  /* behind it */
	size_t cap;
};

struct sim_peer {
	struct nv_list link;      /* in its listener's queue, until it is accepted */
	struct nv_stream *stream; /* NULL until it is adopted, and once that is closed */
	struct nv_address address;
	enum sim_answer answer; /* to a connect, */
	uint64_t answers_ms;    /* not before */
	bool asked_for;         /* nv_loop_connect made it, and the test has not seen it */
	bool eof;               /* behind `in` */
	bool ended;             /* by the stream */
	bool closed;            /* the socket */
	int error;              /* of a connect, or behind `in`; 0: none */
	int fd;
	uint32_t writes;
	size_t window;
	size_t chunk;
	const struct sim_speech *speech; /* or NULL */
	void *speaker;                   /* its context */
	struct sim_bytes in;             /* to be delivered */
	struct sim_bytes out;            /* written by the stream */
	struct sim_bytes taken;
};

/* A listening socket, from nv_sock_listen on. */
struct sim_port {
	struct nv_list link;
	struct nv_list queue; /* of peers */
	struct nv_address address;
	struct nv_listener *listener; /* NULL until nv_loop_listen */
	int fd;
};

struct sim_scripted {
	enum sim_answer answer;
	int error;
	uint32_t delay_ms;
};

struct sim_world {
	size_t loops;
	struct sim_peer **peers; /* all there ever were, in the order of their descriptors */
	size_t peer_count;
	struct nv_list ports;
	int last_port_fd;
	uint16_t last_port;
	struct sim_scripted answers[SIM_MAX_ANSWERS]; /* to the next connects */
	size_t answer_count;
	int fail_listen;
	int fail_accept;
	int fail_adopt;
	int fail_random;
	uint64_t seed;
};

struct sim_world *sim_world(void);
void sim_world_free(void); /* forgets everything */

void *sim_alloc(size_t size); /* zeroed */
void sim_append(struct sim_bytes *bytes, const void *data, size_t len);
void sim_take(struct sim_bytes *bytes, void *out, size_t len); /* from the front */
int sim_take_error(int *error);                                /* reads it, and clears it */

struct sim_peer *sim_peer_new(const struct nv_address *address);
struct sim_peer *sim_peer_of(int fd);                                /* NULL once it is closed */
void sim_peer_written(struct sim_peer *peer, struct nv_bytes bytes); /* by the stream */
struct sim_port *sim_port_of(int fd);
struct sim_port *sim_port_of_number(uint16_t number);
void sim_port_free(struct sim_port *port);
void sim_forget_names(void);

/* The parts of a turn, in their order. */
void sim_accept_ready(struct nv_loop *loop);
void sim_streams_ready(struct nv_loop *loop);
void sim_raise_closed(struct nv_loop *loop);
void sim_flush_dirty(struct nv_loop *loop);

/* When the next far end answers a connect of this loop, and has not said so yet; UINT64_MAX: none. */
uint64_t sim_next_answer(const struct nv_loop *loop);

/* A listener, or a stream, of this loop would have something to do now. */
bool sim_can_accept(const struct nv_loop *loop);
bool sim_can_move(const struct nv_loop *loop);

#endif
