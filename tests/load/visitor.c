/* SPDX-License-Identifier: MIT */
/* visitor.c: the kinds of visitors. Each has a function for what it does once it is let in, and one that
 * tells whether the server may end it as it did; who has a lifetime leaves by himself. */
#include "load/visitor.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 150000u
#define SMALL_BUFFER 4096u
#define COMPLAINTS 10u

struct visitor_kind {
	const char *name;
	uint32_t share;   /* of a hundred */
	uint32_t request; /* bytes of it that are sent */
	uint32_t stay_ms; /* 0: until the server ends it */
	bool deaf;        /* reads nothing that comes after the answer */
	void (*opened)(struct visitor *visitor);
	bool (*may_end)(const struct visitor *visitor, bool eof);
	uint32_t came;
	uint32_t well; /* of these ended as they should */
};

/* --- Ends --- */

static void end(struct visitor *visitor, bool well)
{
	static unsigned complaints;

	if (well)
		visitor->kind->well++;
	else if (complaints++ < COMPLAINTS)
		warn("%s: asked %d, answer %d, open %d, status %u", visitor->kind->name,
		     visitor->asked, load_answer_status(&visitor->answer), visitor->opened,
		     visitor->status);
	close(visitor->fd);
	visitor->fd = -1;
}

static void leave(struct visitor *visitor)
{
	end(visitor, true);
}

static void reset(struct visitor *visitor)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(visitor->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	leave(visitor);
}

/* --- What they do --- */

/* As far as the socket takes it. */
static bool say(const struct visitor *visitor, uint8_t first, const void *payload, size_t len)
{
	uint8_t bytes[LOAD_FRAME_HEAD + 1024];
	size_t size = load_frame(bytes, first, payload, len);

	return send(visitor->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

static void say_hello(struct visitor *visitor)
{
	say(visitor, LOAD_TEXT, "hello", 5);
}

static void say_nothing(struct visitor *visitor)
{
	(void)visitor;
}

static void say_nonsense(struct visitor *visitor)
{
	send(visitor->fd, "\xf3\xff", 2, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void say_a_lot(struct visitor *visitor)
{
	static const char message[1000];

	for (int i = 0; i < 4000; i++)
		if (!say(visitor, LOAD_TEXT, message, sizeof message))
			return;
}

/* Leaves in the middle of a message, with answers under way. */
static void say_and_leave(struct visitor *visitor)
{
	static const char message[1000];

	for (int i = 0; i < 16; i++)
		say(visitor, LOAD_TEXT, message, sizeof message);
	send(visitor->fd, "\x81\xfe\x03\xe8mask", 8, MSG_NOSIGNAL | MSG_DONTWAIT);
	leave(visitor);
}

/* --- How the server may end them --- */

static bool never(const struct visitor *visitor, bool eof)
{
	(void)visitor;
	(void)eof;
	return false;
}

static bool once_open(const struct visitor *visitor, bool eof)
{
	(void)eof;
	return visitor->opened;
}

static bool with_408(const struct visitor *visitor, bool eof)
{
	return eof && load_answer_status(&visitor->answer) == 408;
}

static bool with_1000(const struct visitor *visitor, bool eof)
{
	return eof && visitor->status == 1000;
}

static bool with_1002(const struct visitor *visitor, bool eof)
{
	return eof && visitor->status == 1002;
}

#define WHOLE (sizeof LOAD_REQUEST - 1)

static struct visitor_kind kinds[] = {
	{ "says_goodbye", 38, WHOLE, 0, false, say_hello, with_1000, 0, 0 },
	{ "resets", 15, WHOLE, 0, false, reset, never, 0, 0 },
	{ "leaves_in_messages", 15, WHOLE, 0, false, say_and_leave, never, 0, 0 },
	{ "breaks_rules", 10, WHOLE, 0, false, say_nonsense, with_1002, 0, 0 },
	{ "leaves_in_request", 10, WHOLE / 2, 100, false, leave, never, 0, 0 },
	{ "leaves_at_once", 5, 0, 1, false, leave, never, 0, 0 },
	{ "never_asks", 2, 0, 0, false, leave, with_408, 0, 0 },
	{ "stops_asking", 2, WHOLE / 2, 0, false, leave, with_408, 0, 0 },
	{ "never_answers", 2, WHOLE, 0, false, say_nothing, once_open, 0, 0 },
	{ "never_reads", 1, WHOLE, 2000, true, say_a_lot, once_open, 0, 0 },
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* --- Coming --- */

/* 37 and 100 have no common divisor. */
static struct visitor_kind *kind_of(uint32_t number)
{
	uint32_t place = number * 37 % 100;
	size_t i = 0;

	for (; place >= kinds[i].share; i++)
		place -= kinds[i].share;
	return &kinds[i];
}

static void watch(const struct visitor *visitor, int epoll_fd, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = (void *)visitor };

	if (epoll_ctl(epoll_fd, operation, visitor->fd, &event) < 0)
		err(1, "epoll_ctl");
}

void visitor_come(struct visitor *visitor, int epoll_fd, uint32_t port, uint32_t number)
{
	struct visitor_kind *kind = kind_of(number);
	uint32_t stay_ms = kind->stay_ms ? kind->stay_ms : PATIENCE_MS;

	*visitor = (struct visitor){
		.fd = load_connect(port, number, kind->deaf ? SMALL_BUFFER : 0, SOCK_NONBLOCK),
		.kind = kind,
		.until_ns = load_now_ns() + stay_ms * UINT64_C(1000000),
	};
	kind->came++;
	watch(visitor, epoll_fd, EPOLL_CTL_ADD, EPOLLOUT);
}

/* --- Staying --- */

static void ask(struct visitor *visitor, int epoll_fd)
{
	uint32_t len = visitor->kind->request;

	if (len > 0 && send(visitor->fd, LOAD_REQUEST, len, MSG_NOSIGNAL) != (ssize_t)len) {
		end(visitor, false);
		return;
	}
	visitor->asked = true;
	watch(visitor, epoll_fd, EPOLL_CTL_MOD, EPOLLIN);
}

/* Whoever is greeted says goodbye. */
static void take_frames(struct visitor *visitor, struct load_input input)
{
	while (load_frames_next(&visitor->frames, &input)) {
		if (load_first(&visitor->frames) == LOAD_CLOSE)
			visitor->status = load_close_status(&visitor->frames);
		else if (load_first(&visitor->frames) == LOAD_TEXT)
			say(visitor, LOAD_CLOSE, "\x03\xe8", 2);
	}
}

static void receive(struct visitor *visitor, int epoll_fd)
{
	static uint8_t buffer[65536];
	ssize_t len = recv(visitor->fd, buffer, sizeof buffer, MSG_DONTWAIT);
	struct load_input input = { buffer, len > 0 ? (size_t)len : 0 };

	if (len <= 0) {
		end(visitor, visitor->kind->may_end(visitor, len == 0));
		return;
	}
	if (!load_answer_take(&visitor->answer, &input))
		return;
	if (!visitor->opened && load_answer_status(&visitor->answer) == 101) {
		visitor->opened = true;
		if (visitor->kind->deaf)
			watch(visitor, epoll_fd, EPOLL_CTL_MOD, 0);
		visitor->kind->opened(visitor);
	}
	if (visitor->fd >= 0 && visitor->opened)
		take_frames(visitor, input);
}

void visitor_wake(struct visitor *visitor, int epoll_fd, uint32_t events)
{
	if (visitor->fd < 0)
		return;
	if (!visitor->asked && !(events & EPOLLERR))
		ask(visitor, epoll_fd);
	else
		receive(visitor, epoll_fd);
}

void visitor_tick(struct visitor *visitor, uint64_t now_ns)
{
	if (visitor->fd < 0 || now_ns < visitor->until_ns)
		return;
	if (visitor->kind->deaf)
		reset(visitor);
	else
		end(visitor, visitor->kind->stay_ms > 0);
}

bool visitor_print_kinds(void)
{
	bool well = true;

	for (size_t i = 0; i < KINDS; i++) {
		printf("%s %u %u\n", kinds[i].name, kinds[i].came, kinds[i].well);
		well = well && kinds[i].came == kinds[i].well;
	}
	return well;
}
