/* SPDX-License-Identifier: MIT */
/* answer.c: sending, and what follows when it is not possible. */
#include "serve/answer.h"

#include <stdlib.h>

#include "serve/message.h"

void nv_answer_close(struct nv_conn *conn, uint16_t status, const char *reason)
{
	if (nv_conn_close(conn, status, reason) == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

void nv_answer_no_memory(struct nv_conn *conn)
{
	nv_answer_close(conn, NV_STATUS_INTERNAL, "Mémoire insuffisante");
}

static void answer(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	int error = nv_conn_send(conn, opcode, message);

	if (error == NV_ERR_FULL)
		(void)nv_conn_close(conn, NV_STATUS_TRY_LATER, "Client trop lent");
	else if (error == NV_ERR_NOMEM)
		nv_answer_no_memory(conn);
}

void nv_answer_text(struct nv_conn *conn, struct nv_bytes text)
{
	answer(conn, NV_TEXT, text);
}

void nv_answer_binary(struct nv_conn *conn, struct nv_bytes data)
{
	answer(conn, NV_BINARY, data);
}

void nv_answer_error(struct nv_conn *conn, const char *problem)
{
	char *json = nv_message_error(problem);

	if (json)
		nv_answer_text(conn, nv_str(json));
	else
		nv_answer_no_memory(conn);
	free(json);
}
