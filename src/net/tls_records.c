/* SPDX-License-Identifier: MIT */
/* tls_records.c: plaintext into records and back, as much as there is at a time, and an eye on what else
 * the peer makes OpenSSL do. It raises no events. */
#include <openssl/err.h>

#include "net/tls_openssl.h"

#define RECORD 16384u                    /* bytes of plaintext, RFC 8446 5.1 */
#define WAITING (65536u - RECORD - 256u) /* with one record more it is less than 64 KiB */

/* KeyUpdates, tickets and refused renegotiations cost the peer little. So many are nothing unusual, and
 * one more for each MiB received. */
#define CHORES 32u

/* OpenSSL tells from this queue, which belongs to the thread, whether a call has failed or only waits. To
 * look into it costs as much as to encrypt a small record, so it is done where a call may wait: to write
 * never does. */
void nv_tls_forget_errors(void)
{
	if (ERR_peek_error())
		ERR_clear_error();
}

/* --- Out --- */

/* Plaintext for one record, in one piece; `gathered` when it is not in `out` any more. Small messages go
 * together: each record costs as much as hundreds of bytes. */
static struct nv_bytes take_record(struct nv_stream *upper, bool *gathered)
{
	size_t len = upper->out.len < RECORD ? upper->out.len : RECORD;
	struct nv_bytes record = { nv_loop_plain(upper->loop), 0 };
	struct nv_bytes slice;

	nv_outq_peek(&upper->out, &slice, 1);
	*gathered = slice.len < len;
	if (!*gathered)
		return (struct nv_bytes){ slice.data, len };
	while (record.len < len) {
		nv_outq_peek(&upper->out, &slice, 1);
		if (slice.len > len - record.len)
			slice.len = len - record.len;
		memcpy(nv_loop_plain(upper->loop) + record.len, slice.data, slice.len);
		record.len += slice.len;
		nv_outq_consume(&upper->out, slice.len);
	}
	return record;
}

static bool encrypt_record(struct nv_tls *tls)
{
	bool gathered;
	struct nv_bytes record = take_record(tls->upper, &gathered);
	size_t written = 0;

	if (!SSL_write_ex(tls->ssl, record.data, record.len, &written) || written != record.len)
		return false;
	if (!gathered)
		nv_outq_consume(&tls->upper->out, record.len);
	return true;
}

bool nv_tls_encrypt(struct nv_tls *tls)
{
	/* Not inside a message of the peer's that is not whole yet: OpenSSL writes nothing then. */
	while (tls->upper->out.len > 0 && tls->lower.out.len < WAITING && !SSL_in_init(tls->ssl)) {
		if (!encrypt_record(tls))
			return false;
	}
	return true;
}

/* --- In --- */

bool nv_tls_is_flooded(const struct nv_tls *tls)
{
	return tls->chores > CHORES + (tls->received >> 20);
}

/* OpenSSL's message callback. One call of it can do all the chores of a receive, unless it runs dry. */
static void watch_chores(int written, int version, int type, const void *data, size_t len, SSL *ssl,
                         void *arg)
{
	struct nv_tls *tls = arg;

	(void)version;
	(void)data;
	(void)len;
	(void)ssl;
	if (written || type != SSL3_RT_HANDSHAKE || nv_tls_is(tls->upper, NV_TLS_SHAKES))
		return;
	tls->chores++;
	if (nv_tls_is_flooded(tls))
		tls->input.len = 0;
}

void nv_tls_watch(struct nv_tls *tls)
{
	SSL_set_msg_callback(tls->ssl, watch_chores);
	SSL_set_msg_callback_arg(tls->ssl, tls);
}

/* False when there is no more for now; at the peer's end, and after a failure, ENDS is set. */
static bool decrypt_record(struct nv_tls *tls, uint8_t *room, size_t size, size_t *len)
{
	*len = 0;
	if (SSL_read_ex(tls->ssl, room, size, len) && *len <= size)
		return true;
	*len = 0;
	switch (SSL_get_error(tls->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_ZERO_RETURN:
		nv_tls_set(tls->upper, NV_TLS_ENDS, true);
		break;
	default:
		nv_tls_fail(tls);
		nv_tls_set(tls->upper, NV_TLS_ENDS, true);
	}
	return false;
}

size_t nv_tls_decrypt(struct nv_tls *tls, uint8_t *plain)
{
	size_t len = 0;
	size_t part = 0;

	nv_tls_forget_errors();
	while ((tls->input.len > 0 || SSL_pending(tls->ssl) > 0) && len < NV_LOOP_PLAIN &&
	       decrypt_record(tls, plain + len, NV_LOOP_PLAIN - len, &part))
		len += part;
	return len;
}
