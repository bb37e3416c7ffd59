/* SPDX-License-Identifier: MIT */
/* tls.h: TLS as a stream over a stream. The connection sees the seam of stream.h and plain bytes; below,
 * the same seam carries records. It makes no system call, and stands on any loop.
 *
 * on_open of a client's stream comes when the server has proved who it is. What the owner has in `out`
 * before the handshake is done leaves after it. What breaks the handshake ends the stream: on_close with
 * NV_ERR_TLS or NV_ERR_CERTIFICATE, after the alert has left. What breaks TLS later is an end of the
 * peer's side, on_data with 0 bytes, and `error` of the stream is NV_ERR_TLS from then on; so is that of
 * on_close, unless there is another. Without memory the stream closes. shutdown sends close_notify before
 * FIN. At most 64 KiB of records wait in the stream below; more stays in `out`, where order and limits
 * are the owner's. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/loop.h"
#include "net/tls_context.h"

/* How many handshakes a loop does in a turn, since one costs as much as a thousand messages. The others
 * wait, the newest in front: the oldest have mostly given up. Embedded, zeroed. */
#define NV_TLS_HANDSHAKES 8u

struct nv_tls_gate {
	struct nv_hook hook;
	struct nv_list parked;
	struct nv_loop *loop;
	unsigned int used; /* in this turn */
};

void nv_tls_gate_init(struct nv_tls_gate *gate, struct nv_loop *loop);
void nv_tls_gate_deinit(struct nv_tls_gate *gate); /* after its last stream */

/* As nv_loop_adopt, nv_loop_connect and nv_loop_move, with TLS on what they give; the context is needed
 * during the call only. `host` is whom the URL names. NV_ERR_NOMEM too, and NV_ERR_INVALID for a
 * host that no certificate can have. The gate outlives the stream. */
int nv_tls_adopt(struct nv_tls_gate *gate, struct nv_stream *stream, int fd,
                 struct nv_tls_context *context);
int nv_tls_connect(struct nv_loop *loop, struct nv_stream *stream, const struct nv_address *to,
                   struct nv_tls_context *context, const char *host);
int nv_tls_move(struct nv_stream *from, struct nv_stream *stream, struct nv_tls_context *context,
                const char *host);

/* True of a stream that one of these has made. */
bool nv_stream_is_tls(const struct nv_stream *stream);

/* Of such a stream: the connection that carries it stands, or stood. */
bool nv_tls_reached(const struct nv_stream *stream);

/* Of such a stream: why TLS failed, a constant text; NULL: it did not. */
const char *nv_tls_problem(const struct nv_stream *stream);

/* Of such a stream, until its on_close has returned: the one that carries it. */
const struct nv_stream *nv_tls_carrier(const struct nv_stream *stream);

/* Of such a stream: whether its peer has sent anything yet, be it nonsense. */
bool nv_tls_heard(const struct nv_stream *stream);

/* Of such a stream, once its handshake is done; else false. */
bool nv_tls_info(const struct nv_stream *stream, struct nv_tls_info *info);

/* The subject of the peer's certificate, which was verified, as in RFC 4514 and zero-terminated: its
 * length, NV_ERR_NOT_FOUND, NV_ERR_TOO_BIG, NV_ERR_INVALID for one that nobody can print. */
int nv_tls_subject(const struct nv_stream *stream, char *out, size_t size);

/* Bytes of memory that the stream has beside `out`, of what it has received and of records that wait. */
size_t nv_tls_memory(const struct nv_stream *stream);

#endif
