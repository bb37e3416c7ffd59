/* SPDX-License-Identifier: MIT */
/* log_json.c: writes the objects of the log. Texts are first made harmless as they are in a line of
 * text, and then quoted, so that JSON needs no more than two escapes. */
#include "serve/log_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "serve/clock.h"
#include "text/escape.h"

#define MESSAGE_MAX 2048u
#define FIELD_MAX 1024u /* bytes of a text, before it is quoted */
#define END "}\n"

struct writer {
	char *at;
	char *end; /* behind it there is room for what ends the line */
	bool full;
};

static void write_bytes(struct writer *writer, const char *bytes, size_t len)
{
	if ((size_t)(writer->end - writer->at) < len)
		writer->full = true;
	if (writer->full)
		return;
	memcpy(writer->at, bytes, len);
	writer->at += len;
}

static void write_text(struct writer *writer, const char *text)
{
	write_bytes(writer, text, strlen(text));
}

/* One character as nv_escape_next writes it: nothing else in it than a quote and a backslash is special
 * in JSON. */
static void write_character(struct writer *writer, const char *character, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (character[i] == '"' || character[i] == '\\')
			write_text(writer, "\\");
		write_bytes(writer, character + i, 1);
	}
}

static void write_quoted(struct writer *writer, struct nv_bytes text, size_t most)
{
	size_t len = 0;

	write_text(writer, "\"");
	while (text.len > 0) {
		char character[NV_ESCAPE_SIZE];
		size_t size = nv_escape_next(&text, character);

		len += size;
		if (len > most) {
			write_text(writer, "…");
			break;
		}
		write_character(writer, character, size);
	}
	write_text(writer, "\"");
}

/* All of it, or nothing. */
static void write_field(struct writer *writer, const struct nv_log_field *field, size_t most)
{
	char *start = writer->at;
	char number[24];

	write_text(writer, start[-1] == '{' ? "\"" : ",\"");
	write_text(writer, field->key);
	write_text(writer, "\":");
	if (field->text) {
		write_quoted(writer, nv_str(field->text), most);
	} else {
		snprintf(number, sizeof number, "%lld", (long long)field->number);
		write_text(writer, number);
	}
	if (writer->full)
		writer->at = start;
	writer->full = false;
}

static void write_fields(struct writer *writer, const struct nv_log_field *field)
{
	for (; field && field->key; field++)
		if (!field->text || field->text[0])
			write_field(writer, field, FIELD_MAX);
}

size_t nv_log_json(const struct nv_log_record *record, char line[NV_LOG_JSON_SIZE])
{
	struct writer writer = { .at = line, .end = line + NV_LOG_JSON_SIZE - strlen(END) };
	char time[NV_UTC_SIZE];
	const struct nv_log_field first[] = { { .key = "time", .text = nv_clock_utc(time) },
		                              { .key = "level", .text = record->level },
		                              { .key = "event", .text = record->event },
		                              { .key = NULL } };
	const struct nv_log_field message = { .key = "message", .text = record->message };

	write_text(&writer, "{");
	write_fields(&writer, first);
	write_field(&writer, &message, MESSAGE_MAX);
	write_fields(&writer, record->fields);
	memcpy(writer.at, END, strlen(END));
	return (size_t)(writer.at - line) + strlen(END);
}
