/* SPDX-License-Identifier: MIT */
/* sim.h: the network of a test: the functions of net/loop.h, sock.h, resolve.h and random.h over
 * virtual time and memory, and the far ends of their streams for the test to play.
 *
 * It is linked instead of the loop and its backend, sock.c, resolve.c and random.c. Everything happens in
 * the test's thread, in the same order every time; only posting a task and stopping a loop may come
 * from others. Its own memory does not come from nv_alloc, so that failing allocations and counts
 * of the library's heap mean the code under test. When the last loop is freed, everything here is
 * forgotten, and a socket that is still open then is a failed assertion. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "net/loop.h"

/* Time. A turn never takes any; a loop is busy while a turn would do something without waiting.
 * nv_loop_run_once lets time pass as far as it may wait; nv_loop_run answers NV_ERR_SYSTEM where a
 * real loop would sleep for ever. */
void sim_turn(struct nv_loop *loop);
bool sim_busy(const struct nv_loop *loop);
void sim_settle(struct nv_loop *loop);               /* turns until it is not busy */
void sim_advance(struct nv_loop *loop, uint32_t ms); /* settles, now and at each due time */

/* The far end of one stream, and its socket. It stays until the last loop is freed. */
struct sim_peer;

/* Connects to what listens on `port`, from 192.0.2.1 or `ip` and a port of its own. NULL when
 * nobody listens. The next turn accepts it. */
struct sim_peer *sim_connect(uint16_t port);
struct sim_peer *sim_connect_from(uint16_t port, const char *ip);

/* The far ends of nv_loop_connect, one a call, in the order of the connects; NULL when there is no
 * other. */
struct sim_peer *sim_next_connect(void);
const struct nv_address *sim_peer_address(const struct sim_peer *peer); /* where it is */

/* What it does from the next turn on. Bytes sent before an end or a reset are delivered before. */
void sim_peer_send(struct sim_peer *peer, const void *data, size_t len);
void sim_peer_send_text(struct sim_peer *peer, const char *text);
void sim_peer_eof(struct sim_peer *peer);   /* sends no more, and still receives */
void sim_peer_reset(struct sim_peer *peer); /* NV_ERR_RESET */
void sim_peer_break(struct sim_peer *peer, int error);

/* How many bytes it takes from now on before the stream is blocked; SIZE_MAX, as at the start:
 * everything. */
void sim_peer_set_window(struct sim_peer *peer, size_t len);

/* The most that one on_data carries; at the start the 65,536 of the real loop. */
void sim_chunk(struct sim_peer *peer, size_t len);

/* What a far end speaks below the bytes of the test, such as TLS. `read` gets what the stream has
 * written and tells what it means with sim_peer_hear, `write` gets what the test sends; both put bytes
 * on the wire with sim_peer_put. What was written before is read now. `release` frees the context. */
struct sim_speech {
	void (*read)(struct sim_peer *peer, void *context, struct nv_bytes wire);
	void (*write)(struct sim_peer *peer, void *context, struct nv_bytes plain);
	void (*release)(void *context);
};
void sim_peer_speak(struct sim_peer *peer, const struct sim_speech *speech, void *context);
void sim_peer_hear(struct sim_peer *peer, struct nv_bytes plain);
void sim_peer_put(struct sim_peer *peer, struct nv_bytes wire);

/* What the stream has written since the last call, until the next one. */
struct nv_bytes sim_peer_take(struct sim_peer *peer);
size_t sim_peer_unread(const struct sim_peer *peer);   /* sent, and not yet delivered */
uint32_t sim_peer_writes(const struct sim_peer *peer); /* how often it was written to */
bool sim_peer_ended(const struct sim_peer *peer);      /* the stream has sent its end */
bool sim_peer_closed(const struct sim_peer *peer);     /* the socket is closed */

/* How the next nv_loop_connect ends; each call is for one more connect, later ones are accepted. */
enum sim_answer {
	SIM_ACCEPT, /* on_open in the next turn */
	SIM_REFUSE, /* on_close with the error in the next turn */
	SIM_HANG,   /* nothing */
	SIM_FAIL    /* the error at once */
};
void sim_on_connect(enum sim_answer answer, int error);
void sim_on_connect_in(enum sim_answer answer, int error, uint32_t ms); /* the answer comes then */

/* What `host` resolves to: literals between spaces, in the next turn; or an `error` text; neither:
 * no answer. Literals and localhost are known, other names do not exist. */
void sim_on_resolve(const char *host, const char *addresses, const char *error);

/* The next call fails, once. */
void sim_fail_listen(int error); /* nv_sock_listen */
void sim_fail_accept(int error); /* of any listener: its on_error, and a pause of 100 ms */
void sim_fail_adopt(int error);  /* nv_loop_adopt or nv_loop_move */
void sim_fail_random(int error);

/* nv_random's bytes follow from the seed alone; 1 at the start. */
void sim_seed(uint64_t seed);

#endif
