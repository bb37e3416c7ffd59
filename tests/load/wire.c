/* SPDX-License-Identifier: MIT */
/* wire.c: RFC 6455 5.2 as far as a trusting client needs it. Of each frame the head and the first bytes
 * are kept, the rest is passed over. */
#include "load/wire.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ADDRESSES 64u

uint64_t load_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- What a client sends --- */

size_t load_frame(uint8_t *out, uint8_t first, const void *payload, size_t len)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	const uint8_t *bytes = payload;
	size_t head = 2;

	out[0] = first;
	out[1] = (uint8_t)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
		head = 4;
	}
	memcpy(out + head, mask, sizeof mask);
	head += sizeof mask;
	for (size_t i = 0; i < len; i++)
		out[head + i] = bytes[i] ^ mask[i % 4];
	return head + len;
}

/* A sender's buffer grows with the size of its segments, and on the loopback these are large. */
static void read_little(int fd, uint32_t receive_buffer)
{
	const int segment = 536;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

static void tune(int fd, uint32_t receive_buffer)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (receive_buffer > 0)
		read_little(fd, receive_buffer);
}

int load_connect(uint32_t port, uint32_t number, uint32_t receive_buffer, int flags)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		err(1, "socket");
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % ADDRESSES);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	tune(fd, receive_buffer);
	if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
		err(1, "bind");
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
		err(1, "connect number %u", (unsigned)number);
	return fd;
}

/* --- The answer --- */

bool load_answer_take(struct load_answer *answer, struct load_input *input)
{
	static const char end[] = "\r\n\r\n";

	while (input->len > 0 && answer->matched < 4) {
		char byte = (char)*input->data++;

		input->len--;
		if (answer->have < sizeof answer->start)
			answer->start[answer->have++] = byte;
		if (byte == end[answer->matched])
			answer->matched++;
		else
			answer->matched = byte == '\r';
	}
	return answer->matched == 4;
}

int load_answer_status(const struct load_answer *answer)
{
	if (answer->have < sizeof answer->start || memcmp(answer->start, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (int)strtol(answer->start + 9, NULL, 10);
}

/* --- Frames --- */

static size_t head_size(const struct load_frames *frames)
{
	if (frames->have < 2 || frames->start[1] < 126)
		return 2;
	return frames->start[1] == 126 ? 4 : 10;
}

/* Of a head that is complete. */
static uint64_t payload_size(const struct load_frames *frames)
{
	size_t head = head_size(frames);
	uint64_t size = 0;

	if (head == 2)
		return frames->start[1];
	for (size_t i = 2; i < head; i++)
		size = size << 8 | frames->start[i];
	return size;
}

static size_t prefix_size(const struct load_frames *frames)
{
	uint64_t size = payload_size(frames);

	return size < LOAD_PREFIX ? (size_t)size : LOAD_PREFIX;
}

/* True when `start` has that many bytes. */
static bool fill(struct load_frames *frames, struct load_input *input, size_t wanted)
{
	while (frames->have < wanted && input->len > 0) {
		frames->start[frames->have++] = *input->data++;
		input->len--;
	}
	return frames->have >= wanted;
}

static bool is_complete(const struct load_frames *frames)
{
	return frames->have >= 2 && frames->have == head_size(frames) + prefix_size(frames) &&
	       frames->rest == 0;
}

bool load_frames_next(struct load_frames *frames, struct load_input *input)
{
	size_t passed;

	if (is_complete(frames))
		frames->have = 0;
	if (frames->rest == 0) {
		if (!fill(frames, input, 2) || !fill(frames, input, head_size(frames)) ||
		    !fill(frames, input, head_size(frames) + prefix_size(frames)))
			return false;
		frames->rest = payload_size(frames) - prefix_size(frames);
	}
	passed = frames->rest < input->len ? (size_t)frames->rest : input->len;
	input->data += passed;
	input->len -= passed;
	frames->rest -= passed;
	return frames->rest == 0;
}

uint8_t load_first(const struct load_frames *frames)
{
	return frames->start[0];
}

const uint8_t *load_payload(const struct load_frames *frames, size_t *len)
{
	*len = prefix_size(frames);
	return frames->start + head_size(frames);
}

unsigned load_close_status(const struct load_frames *frames)
{
	size_t len;
	const uint8_t *payload = load_payload(frames, &len);

	return len < 2 ? 1005 : (unsigned)(payload[0] << 8 | payload[1]);
}
