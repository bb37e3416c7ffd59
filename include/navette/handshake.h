/* SPDX-License-Identifier: MIT */
/* handshake.h: HTTP/1.1 heads, the opening handshake of RFC 6455 section 4 and ws:// URLs, as pure
 * functions of bytes, for programs that bring their own sockets. A program that uses navette.h
 * does not need it. */
#ifndef NAVETTE_HANDSHAKE_H
#define NAVETTE_HANDSHAKE_H

#include <navette/deflate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- One HTTP/1.1 head: a request line or status line, and its fields (RFC 9112) --- */

enum nv_head_kind {
	NV_REQUEST,
	NV_RESPONSE
};

#define NV_HEAD_MAX 16384u     /* bytes of the whole head */
#define NV_HEAD_LINE_MAX 8192u /* bytes of one field line, and of the request target */
#define NV_HEAD_FIELDS_MAX 64u

struct nv_head;

NV_API struct nv_head *nv_head_new(enum nv_head_kind kind);
NV_API void nv_head_free(struct nv_head *head);

/* Takes bytes until the head is complete; `*used` tells how many of them belong to it. 1: complete;
 * 0: more is needed; negative: it will never be one, see nv_head_problem. Work is linear in the
 * bytes fed, however they are split. */
NV_API int nv_head_feed(struct nv_head *head, const uint8_t *data, size_t len, size_t *used);

/* After a negative answer: why, and the HTTP status that a server answers with (400, 414, 431, 505;
 * 500 without memory). */
struct nv_problem {
	uint16_t status;
	const char *text; /* a constant */
};
NV_API struct nv_problem nv_head_problem(const struct nv_head *head);

/* Slices live as long as the head. Of a request: "GET", "/chat?x=1", "/chat", "x=1". An absolute
 * target has lost its scheme and authority. An absent query is {NULL, 0}. */
NV_API struct nv_bytes nv_head_method(const struct nv_head *head);
NV_API struct nv_bytes nv_head_target(const struct nv_head *head);
NV_API struct nv_bytes nv_head_path(const struct nv_head *head);
NV_API struct nv_bytes nv_head_query(const struct nv_head *head);
NV_API int nv_head_minor(const struct nv_head *head); /* 1 of HTTP/1.1 */

/* Of a response: 101, "Switching Protocols". */
NV_API int nv_head_status(const struct nv_head *head);
NV_API struct nv_bytes nv_head_reason(const struct nv_head *head);

/* The first field of that name in any letter case, trimmed; {NULL, 0} when there is none. */
NV_API struct nv_bytes nv_head_field(const struct nv_head *head, const char *name);
NV_API size_t nv_head_field_count(const struct nv_head *head);
NV_API void nv_head_field_at(const struct nv_head *head, size_t index, struct nv_bytes *name,
                             struct nv_bytes *value);

/* True when some field of that name lists `token`, in any letter case (RFC 9110 5.6.1). */
NV_API bool nv_head_lists(const struct nv_head *head, const char *name, const char *token);

/* --- Server --- */

/* True when the request names an upgrade at all; everything else is plain HTTP. */
NV_API bool nv_handshake_wanted(const struct nv_head *request);

/* Checks the request (RFC 6455 4.2.1). Status 0: it may be accepted. Else the HTTP status to refuse
 * it with: 400, 405, 426. */
NV_API struct nv_problem nv_handshake_check(const struct nv_head *request);

/* The client's next offered subprotocol, in its order, case kept: start with *cursor = 0; false at
 * the end. */
NV_API bool nv_handshake_subprotocol(const struct nv_head *request, size_t *cursor,
                                     struct nv_bytes *subprotocol);

/* Takes the first offer of permessage-deflate that `compression` can meet (RFC 7692 5.1, 7.1), of
 * the first 16 offers: true, and what to answer. False declines the extension, not the client. */
NV_API bool nv_handshake_deflate(const struct nv_head *request,
                                 const struct nv_compression *compression,
                                 struct nv_deflate *deflate);

/* Writes the 101 answer to a request that was checked (RFC 6455 4.2.2). `subprotocol` is NULL or
 * one that the client offered; `deflate` is NULL or what nv_handshake_deflate chose; `fields` is
 * NULL or complete lines "Name: value\r\n", which are verified. The length, without a terminating
 * zero; NV_ERR_TOO_BIG; NV_ERR_INVALID for a subprotocol that was not offered or a bad field. */
NV_API int nv_handshake_accept(const struct nv_head *request, const char *subprotocol,
                               const struct nv_deflate *deflate, const char *fields, char *out,
                               size_t size);

/* --- Client --- */

struct nv_handshake_offer {
	struct nv_bytes host;     /* the value of Host: "example.org", "[::1]:8080" */
	struct nv_bytes target;   /* "/chat?x=1" */
	const char *subprotocols; /* NULL or "a, b" */
	const char *fields; /* NULL or "Name: value\r\n" lines: Origin, Authorization, Cookie */
	uint8_t nonce[16];  /* random bytes; the key is their base64 */
	const struct nv_compression *compression; /* NULL, or permessage-deflate if it is enabled */
};

/* Writes the request (RFC 6455 4.1). The length, or NV_ERR_TOO_BIG for more than `size` or a head
 * may have, or NV_ERR_INVALID. */
NV_API int nv_handshake_request(const struct nv_handshake_offer *offer, char *out, size_t size);

/* Checks the response (RFC 6455 4.1, 4.2.2): text NULL when the connection is open, else what is
 * wrong with it; status repeats the response's. The chosen subprotocol, or {NULL, 0}, and what was
 * agreed on of permessage-deflate. Interim responses (100, 103) are skipped by the caller, who reads
 * another head after each. */
NV_API struct nv_problem nv_handshake_verify(const struct nv_head *response,
                                             const struct nv_handshake_offer *offer,
                                             struct nv_bytes *subprotocol,
                                             struct nv_deflate *deflate);

/* --- URLs (RFC 6455 section 3) --- */

struct nv_url {
	bool secure;           /* wss */
	bool literal_v6;       /* the host was written in brackets, which are not part of it */
	uint16_t port;         /* 80 or 443 when the URL names none */
	struct nv_bytes host;  /* slices of the text that was parsed */
	struct nv_bytes path;  /* may be empty, which means "/" */
	struct nv_bytes query; /* {NULL, 0} when there is none; may be empty */
};

/* 0, or NV_ERR_INVALID with `*problem` (may be NULL) pointing to a constant that says why: another
 * scheme, a fragment, user information, a bad port, spaces or control characters. */
NV_API int nv_url_parse(const char *text, struct nv_url *url, const char **problem);

/* Write the Host field and the request target of a URL. The length, zero-terminated, or
 * NV_ERR_TOO_BIG. */
NV_API int nv_url_host(const struct nv_url *url, char *out, size_t size);
NV_API int nv_url_target(const struct nv_url *url, char *out, size_t size);

/* The value of `name` in "a=1&name=v", percent-decoded; '+' stays '+'. Its length, zero-terminated;
 * NV_ERR_NOT_FOUND, NV_ERR_TOO_BIG, NV_ERR_INVALID for a broken percent sequence or %00. */
NV_API int nv_query_value(struct nv_bytes query, const char *name, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
