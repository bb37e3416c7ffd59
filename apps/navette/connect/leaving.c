/* SPDX-License-Identifier: MIT */
/* leaving.c: one stage after the other. */
#include "connect/leaving.h"

#include "connect/clock.h"

#define LAST_PING "last"

/* A server that does not answer pings is left all the same. */
static void ask(struct nv_leaving *leaving, struct nv_conn *conn)
{
	leaving->stage = NV_ASKING;
	leaving->deadline = UINT64_MAX;
	if (leaving->patience_ms != NV_OFF)
		leaving->deadline = nv_clock_ms() + leaving->patience_ms;
	if (nv_conn_ping(conn, nv_str(LAST_PING)) < 0)
		leaving->deadline = 0;
}

static void start_closing(struct nv_leaving *leaving, struct nv_client *client)
{
	struct nv_conn *conn = nv_client_conn(client);

	leaving->stage = NV_CLOSING;
	if (nv_client_close(client, NV_STATUS_NORMAL, NULL) == NV_ERR_NOMEM && conn)
		nv_conn_abort(conn);
}

static bool is_let_out(const struct nv_client *client, const struct nv_conn *conn)
{
	struct nv_account account;

	nv_client_account(client, &account);
	return account.waiting == 0 && nv_conn_unsent(conn) == 0;
}

void nv_leaving_turn(struct nv_leaving *leaving, struct nv_client *client, bool hurry)
{
	struct nv_conn *conn = nv_client_conn(client);

	if (!conn || leaving->stage == NV_STAYING || leaving->stage == NV_CLOSING)
		return;
	if (leaving->stage == NV_LEAVING && !hurry && is_let_out(client, conn))
		ask(leaving, conn);
	if (hurry || (leaving->stage == NV_ASKING && nv_clock_ms() >= leaving->deadline))
		start_closing(leaving, client);
}

bool nv_leaving_pong(struct nv_leaving *leaving, struct nv_bytes data)
{
	if (leaving->stage != NV_ASKING || !nv_bytes_is(data, LAST_PING))
		return false;
	leaving->deadline = 0;
	return true;
}

void nv_leaving_again(struct nv_leaving *leaving)
{
	if (leaving->stage == NV_ASKING)
		leaving->stage = NV_LEAVING;
}

uint64_t nv_leaving_due(const struct nv_leaving *leaving)
{
	return leaving->stage == NV_ASKING ? leaving->deadline : UINT64_MAX;
}

void nv_leaving_linger(struct nv_client *client)
{
	struct nv_loop *loop = nv_client_loop(client);
	int error = 0;

	while (error == 0 && nv_client_state_now(client) == NV_CLIENT_CLOSING)
		error = nv_loop_run_once(loop, -1);
}
