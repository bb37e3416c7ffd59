/* SPDX-License-Identifier: MIT */
/* admission.c: decides who may connect.
 *
 * The rate of an address is one number, when all that it has used is paid for (the generic cell rate
 * algorithm): each connection costs 1/rate of a second, and whoever is less than two seconds in debt
 * may come in. After two seconds of absence an address is as good as a new one, and forgotten. */
#include "ws/admission.h"

#include "net/descriptors.h"

#define DESCRIPTORS_KEPT 256u /* for listeners, files, and connections that are being refused */
#define BURST_US 2000000u

static const struct nv_problem none;
static const struct nv_problem full = { 503, "the server has too many connections" };
static const struct nv_problem full_for_address = { 503, "this address has too many connections" };
static const struct nv_problem too_fast = { 429, "this address connects too often" };
static const struct nv_problem no_memory = { 500, "out of memory" };

/* --- Limits --- */

static uint32_t default_connections(void)
{
	uint32_t limit = nv_descriptor_limit();

	if (limit == NV_OFF)
		return NV_OFF;
	return limit > 2 * DESCRIPTORS_KEPT ? limit - DESCRIPTORS_KEPT : (limit + 1) / 2;
}

static uint32_t or_default(uint32_t option, uint32_t value)
{
	return option ? option : value;
}

int nv_admission_init(struct nv_admission *admission, const struct nv_server_options *options)
{
	uint32_t connections = options->max_connections_per_ip;
	uint32_t per_s = options->handshakes_per_ip_per_s;

	*admission = (struct nv_admission){
		.max_connections = options->max_connections,
		.remote = { or_default(connections, 256), or_default(per_s, 20),
		            NV_PENDING_PER_IP_MAX },
		.loopback = { or_default(connections, NV_OFF), or_default(per_s, NV_OFF), NV_OFF },
	};
	if (admission->max_connections == 0)
		admission->max_connections = default_connections();
	nv_lock_init(&admission->lock);
	return nv_visitors_init(&admission->visitors);
}

void nv_admission_deinit(struct nv_admission *admission)
{
	nv_visitors_deinit(&admission->visitors);
	nv_lock_deinit(&admission->lock);
}

static const struct nv_admission_limits *limits_of(const struct nv_admission *admission,
                                                   const struct nv_address *address)
{
	return nv_address_is_loopback(address) ? &admission->loopback : &admission->remote;
}

static bool counts(const struct nv_admission_limits *limits)
{
	return limits->connections != NV_OFF || limits->per_s != NV_OFF ||
	       limits->pending != NV_OFF;
}

/* --- Connections --- */

static bool pay(struct nv_visitor *visitor, uint32_t per_s, uint64_t now_us)
{
	uint64_t paid_us = visitor->paid_us > now_us ? visitor->paid_us : now_us;
	uint64_t price_us = 1000000 / per_s;

	if (per_s == NV_OFF)
		return true;
	if (paid_us + price_us > now_us + BURST_US)
		return false;
	visitor->paid_us = paid_us + price_us;
	return true;
}

static struct nv_problem enter_visitor(struct nv_admission *admission,
                                       const struct nv_address *address, uint64_t now_ms)
{
	const struct nv_admission_limits *limits = limits_of(admission, address);
	struct nv_visitor *visitor = nv_visitors_get(&admission->visitors, address, now_ms);

	if (!visitor)
		return no_memory;
	if (visitor->connections >= limits->connections)
		return full_for_address;
	if (!pay(visitor, limits->per_s, now_ms * 1000))
		return too_fast;
	if (visitor->connections++ == 0)
		nv_visitors_set_busy(&admission->visitors, visitor);
	return none;
}

static struct nv_problem enter(struct nv_admission *admission, const struct nv_address *address,
                               uint64_t now_ms)
{
	struct nv_problem problem = none;

	if (admission->connections >= admission->max_connections)
		return full;
	if (counts(limits_of(admission, address)))
		problem = enter_visitor(admission, address, now_ms);
	if (!problem.status)
		admission->connections++;
	return problem;
}

struct nv_problem nv_admission_enter(struct nv_admission *admission,
                                     const struct nv_address *address, uint64_t now_ms)
{
	struct nv_problem problem;

	nv_lock_take(&admission->lock);
	problem = enter(admission, address, now_ms);
	nv_lock_give(&admission->lock);
	return problem;
}

/* Who has paid for everything is as good as new. */
static void leave_visitor(struct nv_admission *admission, struct nv_visitor *visitor,
                          uint64_t now_ms)
{
	if (--visitor->connections > 0)
		return;
	nv_visitors_set_idle(&admission->visitors, visitor, now_ms);
	if (visitor->paid_us <= now_ms * 1000)
		nv_visitors_forget(&admission->visitors, visitor);
}

void nv_admission_leave(struct nv_admission *admission, const struct nv_address *address,
                        uint64_t now_ms)
{
	nv_lock_take(&admission->lock);
	admission->connections--;
	if (counts(limits_of(admission, address)))
		leave_visitor(admission, nv_visitors_find(&admission->visitors, address), now_ms);
	nv_lock_give(&admission->lock);
}

bool nv_admission_forget(struct nv_admission *admission, uint64_t now_ms)
{
	bool more;

	nv_lock_take(&admission->lock);
	nv_visitors_forget_old(&admission->visitors, now_ms, BURST_US / 1000);
	more = admission->visitors.idle_count > 0;
	nv_lock_give(&admission->lock);
	return more;
}

/* --- Requests --- */

static void forget(struct nv_admission *admission, struct nv_pending *pending)
{
	nv_list_remove(&pending->link);
	admission->pending--;
	if (pending->visitor)
		pending->visitor->pending_count--;
	*pending = (struct nv_pending){ .visitor = NULL };
}

void nv_admission_answered(struct nv_admission *admission, struct nv_pending *pending)
{
	if (!pending->link.next)
		return;
	nv_lock_take(&admission->lock);
	forget(admission, pending);
	nv_lock_give(&admission->lock);
}

static struct nv_pending *oldest_of(const struct nv_list *waiting, const struct nv_visitor *visitor)
{
	struct nv_list *link, *after;

	nv_list_each(link, after, waiting) {
		struct nv_pending *pending = nv_container_of(link, struct nv_pending, link);

		if (pending->visitor == visitor)
			return pending;
	}
	return NULL;
}

/* The one that has to go, or NULL. */
static struct nv_pending *find_surplus(const struct nv_admission *admission,
                                       const struct nv_list *waiting,
                                       const struct nv_visitor *visitor, uint32_t limit)
{
	if (visitor && visitor->pending_count > limit)
		return oldest_of(waiting, visitor);
	if (admission->pending > NV_PENDING_MAX)
		return nv_container_of(waiting->next, struct nv_pending, link);
	return NULL;
}

struct nv_pending *nv_admission_wait(struct nv_admission *admission, struct nv_list *waiting,
                                     struct nv_pending *pending, const struct nv_address *address)
{
	const struct nv_admission_limits *limits = limits_of(admission, address);
	struct nv_pending *surplus;

	nv_lock_take(&admission->lock);
	if (limits->pending != NV_OFF)
		pending->visitor = nv_visitors_find(&admission->visitors, address);
	nv_list_push(waiting, &pending->link);
	admission->pending++;
	if (pending->visitor)
		pending->visitor->pending_count++;
	surplus = find_surplus(admission, waiting, pending->visitor, limits->pending);
	if (surplus)
		forget(admission, surplus);
	nv_lock_give(&admission->lock);
	return surplus;
}
