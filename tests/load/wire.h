/* SPDX-License-Identifier: MIT */
/* wire.h: what a client sends, and what a server's bytes mean: an HTTP answer and then frames, in any
 * pieces. Plain and trusting; it shares nothing with the library. */
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_TEXT 0x81
#define LOAD_BINARY 0x82
#define LOAD_CLOSE 0x88
#define LOAD_PING 0x89
#define LOAD_PONG 0x8a

#define LOAD_REQUEST                                                                               \
	"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"       \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

#define LOAD_FRAME_HEAD 8

/* A masked frame of less than 65,536 bytes into `out`, which has LOAD_FRAME_HEAD bytes more: its size. */
size_t load_frame(uint8_t *out, uint8_t first, const void *payload, size_t len);

/* A socket that is connecting, or connected unless the flags say SOCK_NONBLOCK, from one of many
 * loopback addresses by its number, so that ports suffice. With a receive buffer
 * of its own, not 0, the server's kernel keeps little for it either. */
int load_connect(uint32_t port, uint32_t number, uint32_t receive_buffer, int flags);

uint64_t load_now_ns(void);

/* Bytes that were received and not looked at yet. */
struct load_input {
	const uint8_t *data;
	size_t len;
};

struct load_answer {
	char start[13]; /* "HTTP/1.1 101 " */
	uint8_t have;
	uint8_t matched; /* of the empty line that ends it */
};

/* True once the head is complete; the rest of the input is what follows. */
bool load_answer_take(struct load_answer *answer, struct load_input *input);
int load_answer_status(const struct load_answer *answer);

#define LOAD_PREFIX 16

struct load_frames {
	uint8_t start[10 + LOAD_PREFIX];
	uint8_t have;
	uint64_t rest; /* bytes of the payload behind `start` still to come */
};

/* True when another frame is complete: load_first and load_payload tell what it is, until the next
 * call. False when the input is used up. */
bool load_frames_next(struct load_frames *frames, struct load_input *input);
uint8_t load_first(const struct load_frames *frames);
/* The first LOAD_PREFIX bytes, as far as it has them. */
const uint8_t *load_payload(const struct load_frames *frames, size_t *len);
/* The status of a Close; 1005 without one. */
unsigned load_close_status(const struct load_frames *frames);

#endif
