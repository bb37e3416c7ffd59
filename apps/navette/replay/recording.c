/* SPDX-License-Identifier: MIT */
/* recording.c: the sent messages of a recording. All of it is read first, so that nothing is sent of one
 * that is no good. */
#include "replay/recording.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "connect/clock.h"
#include "connect/report.h"
#include "text/encoding.h"

struct entry {
	struct entry *next;
	double time; /* in seconds, as it was recorded */
	enum nv_offer_kind kind;
	uint64_t number; /* of its line */
	size_t len;
	uint8_t data[];
};

struct recording {
	struct nv_source source;
	const char *path;
	double speed;
	uint64_t opened_ms; /* 0: not yet */
	struct entry *first;
	struct entry **end;
};

static struct recording *recording_of(const struct nv_source *source)
{
	return (struct recording *)((uintptr_t)source - offsetof(struct recording, source));
}

/* --- Offering --- */

static void opened(struct nv_source *source)
{
	recording_of(source)->opened_ms = nv_clock_ms();
}

static uint64_t due(const struct nv_source *source)
{
	const struct recording *recording = recording_of(source);

	if (!recording->first || recording->opened_ms == 0)
		return UINT64_MAX;
	if (recording->speed == 0)
		return recording->opened_ms;
	return recording->opened_ms + (uint64_t)(recording->first->time * 1000 / recording->speed);
}

static bool offer(struct nv_source *source, struct nv_offer *offered)
{
	const struct entry *entry = recording_of(source)->first;

	if (!entry || nv_clock_ms() < due(source))
		return false;
	*offered = (struct nv_offer){ entry->kind, { entry->data, entry->len }, entry->number };
	return true;
}

static void note_state(struct nv_source *source)
{
	source->holds = recording_of(source)->first != NULL;
	source->ended = !source->holds;
}

static void take(struct nv_source *source)
{
	struct recording *recording = recording_of(source);
	struct entry *entry = recording->first;

	if (!entry)
		return;
	recording->first = entry->next;
	note_state(source);
	free(entry);
}

/* --- Reading --- */

static bool refuse(const struct recording *recording, uint64_t number, const char *problem)
{
	nv_report("%s: line %llu: %s", recording->path, (unsigned long long)number, problem);
	return false;
}

static struct entry *new_entry(const char *data, size_t len)
{
	struct entry *entry = calloc(1, sizeof *entry + len);

	if (!entry)
		return NULL;
	entry->len = len;
	if (len > 0)
		memcpy(entry->data, data, len);
	return entry;
}

/* Base64 becomes no longer when it is decoded. */
static bool decode(struct entry *entry)
{
	int len = nv_base64_decode((struct nv_bytes){ entry->data, entry->len }, entry->data);

	entry->len = len < 0 ? 0 : (size_t)len;
	return len >= 0;
}

/* The string that belongs to the type of the line; NULL after a message. */
static const json_t *find_data(const struct recording *recording, const json_t *line,
                               uint64_t number, bool *is_text)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const json_t *data;

	if (!type || (strcmp(type, "text") != 0 && strcmp(type, "binary") != 0)) {
		refuse(recording, number, "\"type\" is neither \"text\" nor \"binary\"");
		return NULL;
	}
	*is_text = strcmp(type, "text") == 0;
	data = json_object_get(line, *is_text ? "data" : "base64");
	if (json_is_string(data))
		return data;
	refuse(recording, number,
	       *is_text ? "the text has no \"data\"" : "the binary message has no \"base64\"");
	return NULL;
}

static bool take_sent(struct recording *recording, const json_t *line, uint64_t number)
{
	const json_t *time = json_object_get(line, "time");
	bool is_text = false;
	const json_t *data;
	struct entry *entry;

	if (!json_is_number(time) || json_number_value(time) < 0 || json_number_value(time) > 1e9)
		return refuse(recording, number, "\"time\" is not a number of seconds");
	data = find_data(recording, line, number, &is_text);
	if (!data)
		return false;
	entry = new_entry(json_string_value(data), json_string_length(data));
	if (!entry)
		return refuse(recording, number, nv_strerror(NV_ERR_NOMEM));
	*recording->end = entry;
	recording->end = &entry->next;
	entry->time = json_number_value(time);
	entry->number = number;
	entry->kind = is_text ? NV_OFFER_TEXT : NV_OFFER_BINARY;
	return is_text || decode(entry) || refuse(recording, number, "\"base64\" is not base64");
}

static bool take_object(struct recording *recording, const json_t *line, uint64_t number)
{
	const char *direction = json_string_value(json_object_get(line, "direction"));

	if (direction && strcmp(direction, "sent") == 0)
		return take_sent(recording, line, number);
	if (direction && strcmp(direction, "received") == 0)
		return true;
	return refuse(recording, number, "\"direction\" is neither \"sent\" nor \"received\"");
}

static bool is_blank(struct nv_bytes line)
{
	while (line.len > 0 && memchr(" \t\r\n", line.data[line.len - 1], 4))
		line.len--;
	return line.len == 0;
}

/* A last line without a line break was being written when the program that wrote it was killed. */
static bool refuse_text(const struct recording *recording, struct nv_bytes text, uint64_t number,
                        const char *problem)
{
	if (text.data[text.len - 1] != '\n') {
		nv_report("%s: line %llu: the recording was cut off; its last line is left out",
		          recording->path, (unsigned long long)number);
		return true;
	}
	refuse(recording, number, "it is not JSON:");
	nv_report_quote(nv_str(problem));
	return false;
}

static bool take_line(struct recording *recording, struct nv_bytes text, uint64_t number)
{
	json_error_t error;
	json_t *line;
	bool ok;

	if (is_blank(text))
		return true;
	line = json_loadb((const char *)text.data, text.len,
	                  JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	ok = line ? take_object(recording, line, number)
	          : refuse_text(recording, text, number, error.text);
	json_decref(line);
	return ok;
}

static bool read_lines(struct recording *recording, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	uint64_t number = 0;
	bool ok = true;
	ssize_t len;

	while (ok && (len = getline(&line, &size, file)) >= 0)
		ok = take_line(recording, (struct nv_bytes){ (const uint8_t *)line, (size_t)len },
		               ++number);
	if (ferror(file)) {
		nv_report("%s: %s", recording->path, strerror(errno));
		ok = false;
	}
	free(line);
	return ok;
}

static bool read_file(struct recording *recording)
{
	FILE *file = fopen(recording->path, "re");
	bool ok;

	if (!file) {
		nv_report("%s: %s", recording->path, strerror(errno));
		return false;
	}
	ok = read_lines(recording, file);
	fclose(file);
	return ok;
}

static const struct nv_source_ops recording_ops = {
	.offer = offer,
	.take = take,
	.opened = opened,
	.due = due,
};

struct nv_source *nv_recording_open(const char *path, double speed)
{
	struct recording *recording = calloc(1, sizeof *recording);

	if (!recording) {
		nv_report("%s", nv_strerror(NV_ERR_NOMEM));
		return NULL;
	}
	recording->source = (struct nv_source){ .ops = &recording_ops, .name = path, .fd = -1 };
	recording->path = path;
	recording->speed = speed;
	recording->end = &recording->first;
	if (read_file(recording)) {
		note_state(&recording->source);
		return &recording->source;
	}
	nv_recording_free(&recording->source);
	return NULL;
}

void nv_recording_free(struct nv_source *source)
{
	struct recording *recording = recording_of(source);

	while (recording->first)
		take(source);
	free(recording);
}
