/* SPDX-License-Identifier: MIT */
/* recording.h: a file of --record, as a source: what was sent then is sent again, at its times. */
#ifndef REPLAY_RECORDING_H
#define REPLAY_RECORDING_H

#include "connect/source.h"

/* Reads all of the file. `speed` 10 is ten times as fast, 0 at once. NULL after a message, which names
 * file and line. */
struct nv_source *nv_recording_open(const char *path, double speed);
void nv_recording_free(struct nv_source *source);

#endif
