/* SPDX-License-Identifier: MIT */
/* log_sink.h: lines on their way to a descriptor. Who puts one there never waits for its reader: a
 * thread of the sink's own writes, and while that is stuck lines pile up to a limit, above which they
 * are lost and counted. */
#ifndef SERVE_LOG_SINK_H
#define SERVE_LOG_SINK_H

#include <stddef.h>
#include <stdint.h>

#define NV_LOG_SINK_SIZE (256u << 10) /* bytes that wait, and as many that are being written */
#define NV_LOG_NOTE_SIZE 512

struct nv_log_sink;

/* NULL without memory or threads. The descriptor stays the caller's. `tell_lost` writes a line that
 * tells of so many lost ones and returns its length; it is called on the sink's thread. */
struct nv_log_sink *nv_log_sink_new(int fd, size_t (*tell_lost)(uint64_t lost,
                                                                char note[NV_LOG_NOTE_SIZE]));

/* A line with its end. Any thread. */
void nv_log_sink_put(struct nv_log_sink *sink, const char *line, size_t len);

/* Nothing may be put any more. Waits until all is written, but no longer than that; what is left then
 * is lost, as soon as the last write ends. NULL does nothing. */
void nv_log_sink_free(struct nv_log_sink *sink, uint32_t patience_ms);

#endif
