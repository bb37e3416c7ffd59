/* SPDX-License-Identifier: MIT */
/* conn_tls.c: what a program may ask about the TLS under a connection or a request. */
#include "net/tls.h"
#include "ws/conn.h"
#include "ws/request.h"

bool nv_conn_tls(const struct nv_conn *conn, struct nv_tls_info *info)
{
	return nv_stream_is_tls(&conn->stream) && nv_tls_info(&conn->stream, info);
}

int nv_conn_tls_subject(const struct nv_conn *conn, char *out, size_t size)
{
	if (!nv_stream_is_tls(&conn->stream))
		return NV_ERR_NOT_FOUND;
	return nv_tls_subject(&conn->stream, out, size);
}

bool nv_request_tls(const struct nv_request *request, struct nv_tls_info *info)
{
	return nv_conn_tls(request->conn, info);
}

int nv_request_tls_subject(const struct nv_request *request, char *out, size_t size)
{
	return nv_conn_tls_subject(request->conn, out, size);
}
