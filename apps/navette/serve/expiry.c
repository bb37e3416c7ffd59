/* SPDX-License-Identifier: MIT */
/* expiry.c: a timer that looks at the wall clock, which a token's end is told in, whenever it fires and
 * at least once an hour: that clock may be set. */
#include "serve/expiry.h"

#include <stdlib.h>
#include <time.h>

#include "serve/answer.h"
#include "serve/jwt.h"

#define GRACE_S 25
#define LOOK_S 3600

struct nv_expiry {
	struct nv_conn *conn;
	struct nv_timer *timer;
	int64_t end_s;
};

static void look(void *context)
{
	struct nv_expiry *expiry = context;
	int64_t now_s = (int64_t)time(NULL);
	int64_t left_s = expiry->end_s > now_s + LOOK_S ? LOOK_S : expiry->end_s - now_s;

	if (left_s > 0)
		nv_timer_start(expiry->timer, (uint32_t)left_s * 1000);
	else
		nv_answer_close(expiry->conn, NV_STATUS_POLICY, "Token expiré");
}

/* One that was let in still later has what is left of the leeway. */
static int64_t end_of(int64_t expires)
{
	int64_t end_s = expires + GRACE_S;

	return end_s > (int64_t)time(NULL) ? end_s : expires + NV_JWT_LEEWAY_S;
}

struct nv_expiry *nv_expiry_watch(struct nv_conn *conn, int64_t expires)
{
	struct nv_expiry *expiry;

	if (expires == INT64_MAX)
		return NULL;
	expiry = calloc(1, sizeof *expiry);
	if (expiry)
		expiry->timer = nv_timer_new(nv_conn_loop(conn), look, expiry);
	if (!expiry || !expiry->timer) {
		free(expiry);
		nv_answer_no_memory(conn);
		return NULL;
	}
	expiry->conn = conn;
	expiry->end_s = end_of(expires);
	look(expiry);
	return expiry;
}

void nv_expiry_free(struct nv_expiry *expiry)
{
	if (!expiry)
		return;
	nv_timer_free(expiry->timer);
	free(expiry);
}
