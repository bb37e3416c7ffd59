/* SPDX-License-Identifier: MIT */
/* base.h: what every Navette header needs: bytes, errors, opcodes, version and the allocator hook.
 *
 * Two rules hold for the whole API and are said only here. Bytes given to a callback die when it
 * returns; bytes given to the library are copied or encoded before the call returns. What can fail
 * returns 0 (or a count) or a negative `enum nv_error`. */
#ifndef NAVETTE_BASE_H
#define NAVETTE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(_WIN32)
#define NV_API __attribute__((visibility("default")))
#elif defined(NV_BUILD)
#define NV_API __declspec(dllexport)
#else
#define NV_API
#endif

#define NV_VERSION "0.1.0"

/* The version of the library that runs, which may be newer than NV_VERSION of the headers. */
NV_API const char *nv_version(void);

/* In an option struct: turns that limit or deadline off. Zero always means the documented default. */
#define NV_OFF UINT32_MAX

/* A slice of somebody else's memory. Not terminated by a zero byte. */
struct nv_bytes {
	const uint8_t *data;
	size_t len;
};

/* A C string as bytes, without its terminating zero. */
static inline struct nv_bytes nv_str(const char *s)
{
	struct nv_bytes b;

	b.data = (const uint8_t *)s;
	b.len = s ? strlen(s) : 0;
	return b;
}

/* True when `b` holds exactly the characters of `s`. */
static inline bool nv_bytes_is(struct nv_bytes b, const char *s)
{
	return b.len == strlen(s) && (b.len == 0 || memcmp(b.data, s, b.len) == 0);
}

/* Every error of the library: X(name, value, text). */
#define NV_ERRORS(X)                                                                               \
	X(NV_ERR_NOMEM, -1, "out of memory")                                                       \
	X(NV_ERR_INVALID, -2, "invalid argument")                                                  \
	X(NV_ERR_CLOSED, -3, "the connection is closed or closing")                                \
	X(NV_ERR_FULL, -4, "the queue is full")                                                    \
	X(NV_ERR_UTF8, -5, "text is not valid UTF-8")                                              \
	X(NV_ERR_TOO_BIG, -6, "too big")                                                           \
	X(NV_ERR_STATE, -7, "not possible in this state")                                          \
	X(NV_ERR_NOT_FOUND, -8, "not found")                                                       \
	X(NV_ERR_UNSUPPORTED, -9, "not supported here")                                            \
	X(NV_ERR_ADDRESS, -10, "the host name has no address")                                     \
	X(NV_ERR_IN_USE, -11, "address already in use")                                            \
	X(NV_ERR_PERMISSION, -12, "permission denied")                                             \
	X(NV_ERR_REFUSED, -13, "connection refused")                                               \
	X(NV_ERR_UNREACHABLE, -14, "host or network unreachable")                                  \
	X(NV_ERR_RESET, -15, "connection reset by the peer")                                       \
	X(NV_ERR_EOF, -16, "the peer closed the connection")                                       \
	X(NV_ERR_TIMEOUT, -17, "timed out")                                                        \
	X(NV_ERR_PROTOCOL, -18, "protocol error")                                                  \
	X(NV_ERR_LIMIT, -19, "a limit of the system was reached")                                  \
	X(NV_ERR_SYSTEM, -20, "system error")                                                      \
	X(NV_ERR_TLS, -21, "TLS failed")                                                           \
	X(NV_ERR_CERTIFICATE, -22, "the certificate is not to be trusted")

enum nv_error {
#define NV_ERROR_ENUM(name, value, text) name = value,
	NV_ERRORS(NV_ERROR_ENUM)
#undef NV_ERROR_ENUM
};

/* The text of an error; never NULL. 0 is "success". */
NV_API const char *nv_strerror(int error);

/* RFC 6455 5.2 */
enum nv_opcode {
	NV_CONTINUATION = 0x0,
	NV_TEXT = 0x1,
	NV_BINARY = 0x2,
	NV_CLOSE = 0x8,
	NV_PING = 0x9,
	NV_PONG = 0xA
};

/* RFC 6455 7.4.1 and the IANA registry. 1005, 1006 and 1015 are never on the wire. */
enum nv_status {
	NV_STATUS_NORMAL = 1000,
	NV_STATUS_GOING_AWAY = 1001,
	NV_STATUS_PROTOCOL_ERROR = 1002,
	NV_STATUS_UNSUPPORTED_DATA = 1003,
	NV_STATUS_NONE = 1005,
	NV_STATUS_ABNORMAL = 1006,
	NV_STATUS_INVALID_DATA = 1007,
	NV_STATUS_POLICY = 1008,
	NV_STATUS_TOO_BIG = 1009,
	NV_STATUS_EXTENSION = 1010,
	NV_STATUS_INTERNAL = 1011,
	NV_STATUS_RESTART = 1012,
	NV_STATUS_TRY_LATER = 1013,
	NV_STATUS_BAD_GATEWAY = 1014
};

/* Replaces malloc, realloc and free for the whole library, but for what libdeflate allocates when it
 * compresses a large message: a block for each server or client. `realloc(NULL, n)` must allocate.
 * Call it before anything else of the library; the functions must be thread-safe. NULL restores the
 * C library. */
struct nv_allocator {
	void *(*realloc)(void *context, void *ptr, size_t size);
	void (*free)(void *context, void *ptr);
	void *context;
};

NV_API void nv_set_allocator(const struct nv_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
