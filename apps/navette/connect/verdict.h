/* SPDX-License-Identifier: MIT */
/* verdict.h: how a run ended: the exit codes, and the choice between them. */
#ifndef CONNECT_VERDICT_H
#define CONNECT_VERDICT_H

#include <navette/handshake.h>
#include <navette/navette.h>

/* Every exit code of navette connect: X(name, value, text). */
#define NV_VERDICTS(X)                                                                             \
	X(NV_VERDICT_NORMAL, 0, "closed normally, or --once or --count has its messages")          \
	X(NV_VERDICT_LOCAL, 1,                                                                     \
	  "this machine: memory, files, output, input that could not be sent")                     \
	X(NV_VERDICT_USAGE, 2, "a bad option or URL")                                              \
	X(NV_VERDICT_NAME, 3, "the host name was not found")                                       \
	X(NV_VERDICT_TCP, 4, "no TCP connection: refused, unreachable or timed out")               \
	X(NV_VERDICT_TLS, 5, "no TLS, or a certificate that is not to be trusted")                 \
	X(NV_VERDICT_REFUSED, 6, "the server refused the upgrade with an HTTP status")             \
	X(NV_VERDICT_HANDSHAKE, 7, "the server gave no valid WebSocket handshake")                 \
	X(NV_VERDICT_BROKEN, 8,                                                                    \
	  "the connection broke, was closed with an unusual code, or too early")                   \
	X(NV_VERDICT_PROXY, 9, "the proxy cannot be reached, or refused the way to the server")    \
	X(NV_VERDICT_INTERRUPTED, 130, "Ctrl-C or SIGTERM while no connection was open, or twice")

enum nv_verdict {
#define NV_VERDICT_ENUM(name, value, text) name = value,
	NV_VERDICTS(NV_VERDICT_ENUM)
#undef NV_VERDICT_ENUM
};

/* All tell on standard error what happened and what to try. */

/* A connection that never opened. */
enum nv_verdict nv_verdict_of_failure(const struct nv_url *url, const struct nv_failure *failure);

/* One that was open. `ours`: this side began to close it. A normal end says something only when
 * `talkative`. */
enum nv_verdict nv_verdict_of_close(const struct nv_close *close, bool ours, bool talkative);

/* It will be tried again: one line, but for the first failure in a row, which is told in full before. */
void nv_verdict_again(const struct nv_url *url, const struct nv_retry *retry);

#endif
