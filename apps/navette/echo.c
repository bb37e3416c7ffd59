/* SPDX-License-Identifier: MIT */
/* echo.c: sends back, and pauses while too much of that waits. */
#include "echo.h"

/* Without memory nothing may go missing in silence either. */
static void give_up(struct nv_conn *conn)
{
	if (nv_conn_close(conn, NV_STATUS_INTERNAL, "out of memory") == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

void nv_echo_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	int error = nv_conn_send(conn, opcode, message);

	if (error < 0 && error != NV_ERR_CLOSED)
		give_up(conn);
	else if (nv_conn_unsent(conn) >= NV_ECHO_QUEUE)
		nv_conn_pause(conn, true);
}

void nv_echo_drain(struct nv_conn *conn)
{
	nv_conn_pause(conn, false);
}
