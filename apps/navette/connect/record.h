/* SPDX-License-Identifier: MIT */
/* record.h: --record: each message on a line of its own, a JSON object:
 *
 *   {"time":1.250000,"direction":"sent","type":"text","data":"hello"}
 *   {"time":1.310700,"direction":"received","type":"binary","base64":"AAEC"}
 *
 * The time is in seconds since the first opening; 0 for what was queued before. navette replay reads
 * it. */
#ifndef CONNECT_RECORD_H
#define CONNECT_RECORD_H

#include <navette/base.h>

struct nv_record;

/* What the file holds stays until the first opening. The path stays the caller's. NULL with errno. */
struct nv_record *nv_record_open(const char *path);
/* True when all was written. NULL is true. */
bool nv_record_close(struct nv_record *record);

/* The clock begins, and the file is emptied; only its owner can read it from here on, for it holds all
 * that is said. */
void nv_record_opened(struct nv_record *record);
/* A record that is NULL takes none. What cannot be written is told once, and nothing more is. */
void nv_record_message(struct nv_record *record, bool sent, enum nv_opcode opcode,
                       struct nv_bytes message);
/* At the end of each turn, so that an interrupt loses nothing. */
void nv_record_flush(struct nv_record *record);

#endif
