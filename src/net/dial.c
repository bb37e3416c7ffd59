/* SPDX-License-Identifier: MIT */
/* dial.c: the race of RFC 8305 for the addresses of a name.
 *
 * Each address that was begun is an attempt with its own stream. A dial owns its attempts as long as
 * they are in its list; one that it drops while it connects closes, and goes with its stream. Whatever may
 * free the dial is the last thing that is done with it. */
#include "net/dial.h"

#include "base/alloc.h"
#include "net/address_order.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/turnstile.h"

#define MAX_ADDRESSES 16u
#define ATTEMPT_DELAY_MS 250u /* RFC 8305 section 5 */

struct attempt {
	struct nv_stream stream;
	struct nv_list link;
	struct nv_dial *dial; /* NULL: dropped */
	struct nv_pass *pass;
	struct nv_address address;
	bool connects; /* or has; else it waits for its pass */
};

struct nv_dial {
	struct nv_loop *loop;
	struct nv_dial_events events;
	struct nv_resolve *resolve;
	struct nv_hook next_one; /* asked for when another address is due */
	struct nv_timer delay;
	struct nv_list attempts; /* under way, or the one that has won */
	struct attempt *winner;  /* until it is taken */
	struct nv_pass *pass;    /* the winner's, from then on */
	struct nv_address addresses[MAX_ADDRESSES];
	size_t count;
	size_t next; /* to be tried */
	int error;   /* of those that failed, and whose it was */
	struct nv_address failed;
	bool simultaneous;
	bool waits; /* for passes alone, since: */
	uint64_t waits_since_ms;
	uint64_t waited_ms;
	uint64_t started_us;
	uint64_t resolved_us;
	uint64_t connected_us;
};

/* --- An attempt --- */

static void attempt_free(struct attempt *attempt)
{
	nv_pass_free(attempt->pass);
	nv_free(attempt);
}

/* Its pass is given back when the socket is closed. */
static void attempt_drop(struct attempt *attempt)
{
	nv_list_remove(&attempt->link);
	attempt->dial = NULL;
	if (attempt->connects)
		nv_stream_close(&attempt->stream, NV_ERR_CLOSED);
	else
		attempt_free(attempt);
}

static void drop_all_but(struct nv_dial *dial, const struct attempt *kept)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &dial->attempts) {
		struct attempt *attempt = nv_container_of(link, struct attempt, link);

		if (attempt != kept)
			attempt_drop(attempt);
	}
}

/* --- How it goes --- */

static bool only_waits(const struct nv_dial *dial)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &dial->attempts) {
		if (nv_container_of(link, struct attempt, link)->connects)
			return false;
	}
	return !nv_list_empty(&dial->attempts);
}

/* After each change of who connects and who waits. */
static void note_wait(struct nv_dial *dial)
{
	uint64_t now_ms = nv_loop_now(dial->loop);

	if (dial->waits)
		dial->waited_ms += now_ms - dial->waits_since_ms;
	dial->waits = only_waits(dial);
	dial->waits_since_ms = now_ms;
}

/* An address that there is no way to is most often one of a family that this network does not have, or
 * this machine: it does not hide what the others said. */
static int how_much_it_says(int error)
{
	if (error == NV_ERR_UNSUPPORTED)
		return 1;
	return error == NV_ERR_UNREACHABLE ? 2 : 3;
}

static void note_failure(struct nv_dial *dial, const struct nv_address *address, int error)
{
	if (dial->error && how_much_it_says(error) < how_much_it_says(dial->error))
		return;
	dial->error = error;
	dial->failed = *address;
}

static void ask_for_next(struct nv_dial *dial)
{
	note_wait(dial);
	nv_loop_before_flush(dial->loop, &dial->next_one);
}

/* --- What happens to an attempt --- */

static struct attempt *attempt_of(struct nv_stream *stream)
{
	return nv_container_of(stream, struct attempt, stream);
}

static void win(struct attempt *attempt)
{
	struct nv_dial *dial = attempt->dial;

	nv_loop_stop_timer(dial->loop, &dial->delay);
	nv_loop_forget_hook(&dial->next_one);
	drop_all_but(dial, attempt);
	note_wait(dial);
	dial->winner = attempt;
	dial->connected_us = nv_loop_clock_us(dial->loop);
	dial->events.done(dial->events.context, 0, &attempt->address, NULL);
}

static void on_open(struct nv_stream *stream)
{
	win(attempt_of(stream));
	/* Unless it was taken: what comes is for the stream that takes it. */
	nv_stream_pause(stream, true);
}

static void on_close(struct nv_stream *stream, int error)
{
	struct attempt *attempt = attempt_of(stream);
	struct nv_dial *dial = attempt->dial;

	nv_list_remove(&attempt->link);
	if (dial && dial->winner == attempt) {
		dial->winner = NULL;
	} else if (dial) {
		note_failure(dial, &attempt->address, error);
		ask_for_next(dial);
	}
	attempt_free(attempt);
}

/* It sends nothing, and is paused or closed as soon as it is open. */
static const struct nv_stream_events EVENTS = {
	.on_open = on_open,
	.on_close = on_close,
};

static int attempt_connect(struct attempt *attempt)
{
	int error = nv_loop_connect(attempt->dial->loop, &attempt->stream, &attempt->address);

	attempt->connects = !error;
	return error;
}

static void granted(void *context)
{
	struct attempt *attempt = context;
	struct nv_dial *dial = attempt->dial;
	int error = attempt_connect(attempt);

	if (!error) {
		note_wait(dial);
		return;
	}
	note_failure(dial, &attempt->address, error);
	attempt_drop(attempt);
	ask_for_next(dial);
}

static int attempt_ask(struct attempt *attempt)
{
	uint8_t place[NV_PLACE];

	nv_place_of_address(&attempt->address, place);
	attempt->pass = nv_pass_ask(attempt->dial->loop, place, granted, attempt);
	return attempt->pass ? 0 : NV_ERR_NOMEM;
}

/* --- The race --- */

static int begin(struct nv_dial *dial, const struct nv_address *address)
{
	struct attempt *attempt = nv_alloc_zero(sizeof *attempt);
	int error;

	if (!attempt)
		return NV_ERR_NOMEM;
	attempt->stream.events = &EVENTS;
	attempt->dial = dial;
	attempt->address = *address;
	error = dial->simultaneous ? attempt_connect(attempt) : attempt_ask(attempt);
	if (error)
		nv_free(attempt);
	else
		nv_list_push(&dial->attempts, &attempt->link);
	return error;
}

/* Those that fail at once are followed by the one behind them. */
static void begin_next(struct nv_dial *dial)
{
	int error = NV_ERR_STATE;

	while (error && dial->next < dial->count) {
		const struct nv_address *address = &dial->addresses[dial->next++];

		error = begin(dial, address);
		if (error)
			note_failure(dial, address, error);
	}
	note_wait(dial);
	if (dial->next < dial->count)
		nv_loop_start_timer(dial->loop, &dial->delay, ATTEMPT_DELAY_MS);
	else
		nv_loop_stop_timer(dial->loop, &dial->delay);
}

static void next_one(struct nv_hook *hook)
{
	struct nv_dial *dial = nv_container_of(hook, struct nv_dial, next_one);
	struct nv_address failed;

	begin_next(dial);
	if (!nv_list_empty(&dial->attempts))
		return;
	failed = dial->failed;
	dial->events.done(dial->events.context, dial->error, &failed, NULL);
}

/* The timer keeps its place in the heap, so that nothing can fail from here on. */
static void delayed(struct nv_timer *timer)
{
	struct nv_dial *dial = nv_container_of(timer, struct nv_dial, delay);

	nv_loop_park_timer(dial->loop, timer);
	ask_for_next(dial);
}

/* --- A dial --- */

static void resolved(void *context, const struct nv_resolved *result)
{
	struct nv_dial *dial = context;

	dial->resolve = NULL;
	dial->resolved_us = nv_loop_clock_us(dial->loop);
	if (result->error) {
		dial->events.done(dial->events.context, result->error, NULL, result->text);
		return;
	}
	dial->count =
		nv_address_order(result->addresses, result->count, dial->addresses, MAX_ADDRESSES);
	ask_for_next(dial);
	if (dial->events.resolved)
		dial->events.resolved(dial->events.context, dial->addresses, dial->count);
}

struct nv_dial *nv_dial_start(struct nv_loop *loop, const char *host, uint16_t port,
                              bool simultaneous, const struct nv_dial_events *events)
{
	struct nv_dial *dial = nv_alloc_zero(sizeof *dial);

	if (!dial)
		return NULL;
	dial->loop = loop;
	dial->events = *events;
	dial->simultaneous = simultaneous;
	dial->started_us = nv_loop_clock_us(loop);
	dial->next_one.run = next_one;
	dial->delay.fire = delayed;
	nv_list_init(&dial->attempts);
	if (nv_loop_park_timer(loop, &dial->delay) == 0)
		dial->resolve = nv_resolve_start(loop, host, port, resolved, dial);
	if (dial->resolve)
		return dial;
	nv_dial_free(dial);
	return NULL;
}

int nv_dial_take(struct nv_dial *dial, struct nv_stream *to, struct nv_tls_context *context,
                 const char *host)
{
	struct attempt *winner = dial->winner;
	int error;

	if (!winner)
		return NV_ERR_CLOSED;
	error = context ? nv_tls_move(&winner->stream, to, context, host)
	                : nv_loop_move(&winner->stream, to);
	if (error)
		return error;
	dial->winner = NULL;
	dial->pass = winner->pass;
	winner->pass = NULL;
	attempt_drop(winner);
	return 0;
}

uint32_t nv_dial_waited_ms(const struct nv_dial *dial)
{
	uint64_t waited_ms = dial->waited_ms;

	if (dial->waits)
		waited_ms += nv_loop_now(dial->loop) - dial->waits_since_ms;
	return (uint32_t)waited_ms;
}

bool nv_dial_has_name(const struct nv_dial *dial)
{
	return dial->count > 0;
}

uint64_t nv_dial_resolve_us(const struct nv_dial *dial)
{
	return dial->resolved_us ? dial->resolved_us - dial->started_us : 0;
}

uint64_t nv_dial_connect_us(const struct nv_dial *dial)
{
	return dial->connected_us ? dial->connected_us - dial->resolved_us : 0;
}

void nv_dial_free(struct nv_dial *dial)
{
	if (!dial)
		return;
	if (dial->resolve)
		nv_resolve_cancel(dial->resolve);
	nv_loop_forget_hook(&dial->next_one);
	nv_loop_stop_timer(dial->loop, &dial->delay);
	drop_all_but(dial, NULL);
	nv_pass_free(dial->pass);
	nv_free(dial);
}
