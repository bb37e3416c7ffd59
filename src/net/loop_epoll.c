/* SPDX-License-Identifier: MIT */
/* loop_epoll.c: the event loop over Linux epoll, level-triggered: life, turn, tasks and timers.
 *
 * Streams stand in stream_epoll.c, listeners in listener_epoll.c; the loop owns neither, only their
 * descriptors. */
#include "net/loop_epoll.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/hook.h"
#include "net/sock.h"
#include "net/turn.h"

static uint64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static uint64_t clock_ms(void)
{
	return clock_us() / 1000u;
}

uint64_t nv_loop_clock_us(const struct nv_loop *loop)
{
	(void)loop;
	return clock_us();
}

int nv_epoll_want(struct nv_loop *loop, int fd, uint64_t key, uint32_t before, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = key };
	int op = EPOLL_CTL_MOD;

	if (events == before)
		return 0;
	if (before == 0)
		op = EPOLL_CTL_ADD;
	else if (events == 0)
		op = EPOLL_CTL_DEL;
	return epoll_ctl(loop->epoll_fd, op, fd, &event) < 0 ? nv_sock_error_of(errno) : 0;
}

int nv_epoll_rekey(struct nv_loop *loop, int fd, uint64_t key, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = key };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 ? nv_sock_error_of(errno)
	                                                                : 0;
}

/* Edge-triggered: each write is one event, and nobody has to read the descriptor. */
static int open_descriptors(struct nv_loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0 };

	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -1;
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0)
		return -1;
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event);
}

static void close_descriptors(struct nv_loop *loop)
{
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
}

static void thaw(struct nv_timer *timer)
{
	struct nv_loop *loop = nv_container_of(timer, struct nv_loop, thaw);

	nv_list_splice(&loop->dirty, &loop->starved);
}

struct nv_loop *nv_loop_new(void)
{
	struct nv_loop *loop = nv_alloc(sizeof(*loop));

	if (!loop)
		return NULL;
	memset(loop, 0, offsetof(struct nv_loop, ready));
	loop->epoll_fd = -1;
	loop->wake_fd = -1;
	loop->thaw.fire = thaw;
	nv_list_init(&loop->dirty);
	nv_list_init(&loop->flushing);
	nv_list_init(&loop->starved);
	nv_list_init(&loop->closing);
	nv_list_init(&loop->hooks);
	if (open_descriptors(loop) < 0) {
		close_descriptors(loop);
		nv_free(loop);
		return NULL;
	}
	return loop;
}

void nv_loop_free(struct nv_loop *loop)
{
	struct nv_turn turn;

	if (!loop)
		return;
	assert(!loop->in_turn);
	nv_turn_begin(&turn, loop);
	do {
		nv_mailbox_run(&loop->mailbox);
		nv_epoll_raise_closed(loop);
	} while (!nv_mailbox_is_empty(&loop->mailbox));
	nv_turn_end(&turn);
	assert(loop->streams == 0);
	nv_timers_deinit(&loop->timers);
	close_descriptors(loop);
	nv_free(loop);
}

/* Only a full counter can make the write fail, and then a wake-up is due anyway. */
static void wake(struct nv_loop *loop)
{
	const uint64_t one = 1;
	int kept = errno;

	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		errno = kept;
}

void nv_loop_post_tasks(struct nv_loop *loop, struct nv_task *newest, struct nv_task *oldest)
{
	if (nv_mailbox_push(&loop->mailbox, newest, oldest))
		wake(loop);
}

void nv_loop_post_task(struct nv_loop *loop, struct nv_task *task)
{
	nv_loop_post_tasks(loop, task, task);
}

void nv_loop_before_flush(struct nv_loop *loop, struct nv_hook *hook)
{
	nv_hooks_add(&loop->hooks, hook);
}

void nv_loop_stop(struct nv_loop *loop)
{
	atomic_store(&loop->stopped, true);
	wake(loop);
}

uint8_t *nv_loop_plain(struct nv_loop *loop)
{
	return loop->plain;
}

const struct nv_traffic *nv_loop_traffic(const struct nv_loop *loop)
{
	return &loop->traffic;
}

uint64_t nv_loop_now(const struct nv_loop *loop)
{
	return loop->in_turn ? loop->now_ms : clock_ms();
}

int nv_loop_start_timer(struct nv_loop *loop, struct nv_timer *timer, uint32_t delay_ms)
{
	return nv_timers_start(&loop->timers, timer, nv_loop_now(loop) + delay_ms);
}

void nv_loop_stop_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	nv_timers_stop(&loop->timers, timer);
}

int nv_loop_park_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	return nv_timers_start(&loop->timers, timer, UINT64_MAX);
}

static bool has_work(const struct nv_loop *loop)
{
	return !nv_list_empty(&loop->dirty) || !nv_list_empty(&loop->closing) ||
	       !nv_list_empty(&loop->hooks) || !nv_mailbox_is_empty(&loop->mailbox);
}

int nv_loop_timeout_ms(const struct nv_loop *loop)
{
	uint64_t due = nv_timers_next(&loop->timers);
	uint64_t now;

	if (has_work(loop))
		return 0;
	if (due == UINT64_MAX)
		return -1;
	now = clock_ms();
	if (due <= now)
		return 0;
	return due - now > INT_MAX ? INT_MAX : (int)(due - now);
}

int nv_loop_fd(const struct nv_loop *loop)
{
	return loop->epoll_fd;
}

static int wait_for_events(struct nv_loop *loop, int limit_ms)
{
	int timeout = nv_loop_timeout_ms(loop);

	if (timeout < 0 || (limit_ms >= 0 && limit_ms < timeout))
		timeout = limit_ms;
	loop->ready_count = epoll_wait(loop->epoll_fd, loop->ready, NV_EPOLL_BATCH, timeout);
	if (loop->ready_count >= 0)
		return 0;
	loop->ready_count = 0;
	return errno == EINTR ? 0 : NV_ERR_SYSTEM;
}

static void dispatch(struct nv_loop *loop)
{
	for (int i = 0; i < loop->ready_count; i++) {
		uintptr_t key = (uintptr_t)loop->ready[i].data.u64;

		if (key & 1u)
			nv_epoll_listener_ready((struct nv_listener *)(key - 1u));
		else if (key)
			nv_epoll_stream_ready((struct nv_stream *)key, loop->ready[i].events);
	}
	loop->ready_count = 0;
}

int nv_loop_run_once(struct nv_loop *loop, int timeout_ms)
{
	struct nv_turn turn;
	int error;

	if (loop->in_turn)
		return NV_ERR_STATE;
	error = wait_for_events(loop, timeout_ms);
	if (error)
		return error;
	loop->now_ms = clock_ms();
	loop->in_turn = true;
	nv_turn_begin(&turn, loop);
	nv_mailbox_run(&loop->mailbox);
	dispatch(loop);
	nv_timers_run(&loop->timers, loop->now_ms);
	nv_epoll_raise_closed(loop);
	nv_hooks_run(&loop->hooks);
	nv_epoll_flush_dirty(loop);
	nv_epoll_raise_closed(loop);
	nv_turn_end(&turn);
	loop->in_turn = false;
	return 0;
}

int nv_loop_run(struct nv_loop *loop)
{
	int error = loop->in_turn ? NV_ERR_STATE : 0;

	while (!error && !atomic_exchange(&loop->stopped, false))
		error = nv_loop_run_once(loop, -1);
	return error;
}
