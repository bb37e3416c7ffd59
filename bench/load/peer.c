/* SPDX-License-Identifier: MIT */
/* peer.c: the upgrade, and frames that are compared with what had to come. */
#include "peer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fail.h"

static const char request[] = "GET " NV_WIRE_PATH " HTTP/1.1\r\n"
			      "Host: localhost\r\n"
			      "Upgrade: websocket\r\n"
			      "Connection: Upgrade\r\n"
			      "Sec-WebSocket-Key: " NV_WIRE_KEY "\r\n"
			      "Sec-WebSocket-Version: 13\r\n"
			      "\r\n";

static void ask(struct nv_peer *peer)
{
	const size_t len = sizeof request - 1;
	ssize_t sent = nv_channel_send(&peer->channel, request, len);

	if (sent < 0 && errno == EAGAIN)
		return;
	if (sent != (ssize_t)len)
		nv_fail("load: cannot ask for the upgrade");
	peer->has_asked = true;
}

void nv_peer_ask(struct nv_peer *peer, const struct nv_load_options *options, uint32_t index)
{
	*peer = (struct nv_peer){ .has_asked = false };
	nv_channel_open(&peer->channel, options, index);
	ask(peer);
}

static void check_answer(const char *answer, size_t len)
{
	errno = 0;
	if (strncmp(answer, "HTTP/1.1 101 ", 13) != 0 ||
	    !strstr(answer, ": " NV_WIRE_ACCEPT "\r\n") ||
	    strcmp(answer + len - 4, "\r\n\r\n") != 0)
		nv_fail("load: not the answer to the upgrade: %s", answer);
}

bool nv_peer_take_answer(struct nv_peer *peer)
{
	char answer[1024];
	ssize_t len;

	if (!peer->has_asked) {
		ask(peer);
		return false;
	}
	len = nv_channel_receive(&peer->channel, answer, sizeof answer - 1);
	if (len < 0 && errno == EAGAIN)
		return false;
	if (len < 4)
		nv_fail("load: no answer to the upgrade");
	answer[len] = '\0';
	check_answer(answer, (size_t)len);
	return true;
}

void nv_peer_wait_for_answer(struct nv_peer *peer)
{
	do
		nv_channel_wait(&peer->channel);
	while (!nv_peer_take_answer(peer));
}

void nv_peer_open(struct nv_peer *peer, const struct nv_load_options *options, uint32_t index)
{
	nv_peer_ask(peer, options, index);
	nv_peer_wait_for_answer(peer);
}

void nv_peer_send(const struct nv_peer *peer, const struct nv_wire *wire, size_t count)
{
	size_t len = count * wire->frame;
	ssize_t sent = nv_channel_send(&peer->channel, wire->bytes, len);

	if (sent != (ssize_t)len)
		nv_fail("load: sent %zd bytes of %zu", sent, len);
}

size_t nv_peer_receive(struct nv_peer *peer, const struct nv_wire *expected)
{
	static uint8_t buffer[NV_PEER_BUFFER];
	ssize_t len = nv_channel_receive(&peer->channel, buffer, sizeof buffer);
	size_t bytes;
	size_t count;

	if (len < 0 && errno == EAGAIN)
		return 0;
	if (len <= 0)
		nv_fail("load: the server has closed a connection");
	errno = 0;
	if (memcmp(buffer, expected->bytes + peer->rest, (size_t)len) != 0)
		nv_fail("load: received what was not sent");
	bytes = peer->rest + (size_t)len;
	count = bytes / expected->frame;
	peer->rest = (uint32_t)(bytes % expected->frame);
	peer->received += count;
	if (peer->received + (peer->rest > 0) > peer->due)
		nv_fail("load: received %" PRIu64 " messages and %" PRIu32
		        " bytes instead of %" PRIu64,
		        peer->received, peer->rest, peer->due);
	return count;
}

void nv_peer_check_quiet(const struct nv_peer *peer)
{
	uint8_t byte;
	ssize_t len = nv_channel_receive(&peer->channel, &byte, 1);

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0)
		nv_fail("load: the server has closed a connection");
	errno = 0;
	nv_fail("load: received more than was sent");
}
