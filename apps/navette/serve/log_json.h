/* SPDX-License-Identifier: MIT */
/* log_json.h: one line of the log as a JSON object. */
#ifndef SERVE_LOG_JSON_H
#define SERVE_LOG_JSON_H

#include <stddef.h>
#include <stdint.h>

/* A text, left out when it is empty; or a number, where it is NULL. */
struct nv_log_field {
	const char *key;
	const char *text;
	int64_t number;
};

struct nv_log_record {
	const char *level;
	const char *event;
	const char *message;
	const struct nv_log_field *fields; /* up to one without a key; or NULL */
};

/* Room for every record: what does not fit is left out as a whole field. */
#define NV_LOG_JSON_SIZE 8192

/* Writes the record with the time of now, and a line's end; its length. Whatever bytes the texts have,
 * the line is valid JSON in UTF-8, and harmless on a terminal. */
size_t nv_log_json(const struct nv_log_record *record, char line[NV_LOG_JSON_SIZE]);

#endif
