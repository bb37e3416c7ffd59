/* SPDX-License-Identifier: MIT */
/* peer.c: plain sockets. Connecting blocks, everything after it does not. */
#include "peer.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "fail.h"

#define ADDRESSES 64u
#define PATIENCE_S 10

static const char request[] = "GET " NV_WIRE_PATH " HTTP/1.1\r\n"
			      "Host: localhost\r\n"
			      "Upgrade: websocket\r\n"
			      "Connection: Upgrade\r\n"
			      "Sec-WebSocket-Key: " NV_WIRE_KEY "\r\n"
			      "Sec-WebSocket-Version: 13\r\n"
			      "\r\n";

static struct sockaddr_in loopback(uint32_t number, uint32_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number) };
}

static void tune(int fd)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const int on = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void nv_peer_ask(struct nv_peer *peer, uint32_t port, uint32_t index)
{
	struct sockaddr_in from = loopback(1 + index % ADDRESSES, 0);
	struct sockaddr_in to = loopback(0, port);
	const size_t len = sizeof request - 1;

	*peer = (struct nv_peer){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (peer->fd < 0)
		nv_fail("load: socket %" PRIu32, index);
	tune(peer->fd);
	if (bind(peer->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
	    connect(peer->fd, (struct sockaddr *)&to, sizeof to) < 0 ||
	    send(peer->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		nv_fail("load: cannot connect number %" PRIu32, index);
}

bool nv_peer_take_answer(struct nv_peer *peer, bool waits)
{
	char answer[1024];
	ssize_t len = recv(peer->fd, answer, sizeof answer - 1, waits ? 0 : MSG_DONTWAIT);

	if (len < 0 && errno == EAGAIN && !waits)
		return false;
	if (len < 4)
		nv_fail("load: no answer to the upgrade");
	errno = 0;
	answer[len] = '\0';
	if (strncmp(answer, "HTTP/1.1 101 ", 13) != 0 ||
	    !strstr(answer, ": " NV_WIRE_ACCEPT "\r\n") ||
	    strcmp(answer + len - 4, "\r\n\r\n") != 0)
		nv_fail("load: not the answer to the upgrade: %s", answer);
	return true;
}

void nv_peer_open(struct nv_peer *peer, uint32_t port, uint32_t index)
{
	nv_peer_ask(peer, port, index);
	nv_peer_take_answer(peer, true);
}

void nv_peer_send(const struct nv_peer *peer, const struct nv_wire *wire, size_t count)
{
	size_t len = count * wire->frame;
	ssize_t sent = send(peer->fd, wire->bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent != (ssize_t)len)
		nv_fail("load: sent %zd bytes of %zu", sent, len);
}

size_t nv_peer_receive(struct nv_peer *peer, const struct nv_wire *expected)
{
	static uint8_t buffer[NV_PEER_BUFFER];
	ssize_t len = recv(peer->fd, buffer, sizeof buffer, MSG_DONTWAIT);
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
	ssize_t len = recv(peer->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0)
		nv_fail("load: the server has closed a connection");
	errno = 0;
	nv_fail("load: received more than was sent");
}
