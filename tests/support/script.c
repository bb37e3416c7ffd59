/* SPDX-License-Identifier: MIT */
/* script.c: reads protocol scripts, case by case. It knows the format and nothing of what a session
 * should do. */
#include "support/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/script_bytes.h"
#include "support/unit.h"

#define LINES_MAX 400
#define VARIANTS_MAX 150

/* The lines of one case as they stand in the file. */
struct section {
	const char *file;
	char *lines[LINES_MAX];
	unsigned count;
	unsigned first; /* the number of lines[0] in the file */
	char *variants[VARIANTS_MAX];
	size_t variant_count;
	bool both_roles;
};

void script_append(struct script_case *script, struct script_entry entry)
{
	struct script_entry *last = script->count ? &script->entries[script->count - 1] : NULL;

	if (entry.kind == SCRIPT_OUTPUT && last && last->kind == SCRIPT_OUTPUT && !last->failed) {
		blob_append(&last->data, entry.data.data, entry.data.len);
		last->failed = entry.failed;
		last->status = entry.status;
		blob_free(&entry.data);
		return;
	}
	if (script->count == script->cap) {
		script->cap = script->cap * 2 + 16;
		script->entries = realloc(script->entries, script->cap * sizeof(entry));
		assert_non_null(script->entries);
	}
	script->entries[script->count++] = entry;
}

void script_clear(struct script_case *script)
{
	while (script->count > 0)
		blob_free(&script->entries[--script->count].data);
	free(script->entries);
	free(script->title);
	free(script->variant);
	*script = (struct script_case){ 0 };
}

/* --- One line --- */

static uint32_t read_limit(struct script_reader *r)
{
	return script_word(r, "off") ? NV_OFF : (uint32_t)script_number(r);
}

static void read_option(struct script_reader *r, struct nv_session_options *options)
{
	if (script_word(r, "max_message"))
		options->max_message = read_limit(r);
	else if (script_word(r, "max_fragments"))
		options->max_fragments = read_limit(r);
	else if (script_word(r, "max_empty"))
		options->max_empty = read_limit(r);
	else if (script_word(r, "unchecked_text"))
		options->unchecked_text = true;
	else if (script_word(r, "threshold"))
		options->compression.threshold = (uint32_t)script_number(r);
	else if (script_word(r, "context_takeover"))
		options->compression.context_takeover = true;
	else
		script_error(r, "no option");
}

static void read_deflate(struct script_reader *r, struct nv_session_options *options)
{
	struct nv_deflate *deflate = &options->deflate;

	deflate->agreed = true;
	options->compression.enabled = true;
	while (!script_at_end(r)) {
		if (script_word(r, "server_no_context_takeover"))
			deflate->server_no_context_takeover = true;
		else if (script_word(r, "client_no_context_takeover"))
			deflate->client_no_context_takeover = true;
		else if (script_word(r, "server_max_window_bits"))
			deflate->server_max_window_bits = (uint8_t)script_number(r);
		else if (script_word(r, "client_max_window_bits"))
			deflate->client_max_window_bits = (uint8_t)script_number(r);
		else
			script_error(r, "no parameter");
	}
}

static void read_role(struct script_reader *r, struct script_case *script)
{
	if (script_word(r, "client"))
		script->options.role = NV_CLIENT;
	else if (!script_word(r, "server") && !script_word(r, "both"))
		script_error(r, "no role");
}

static void read_call(struct script_reader *r, struct script_entry *entry)
{
	static const char *const names[] = {
		"send", "part", "ping", "pong", "close", "take", NULL
	};
	int call = script_choice(r, names);

	if (call < 0)
		script_error(r, "no call");
	entry->call = (enum script_call)call;
	entry->fin = call == SCRIPT_PART && script_word(r, "fin");
	entry->uncompressed = call == SCRIPT_SEND && script_word(r, "uncompressed");
	if (call == SCRIPT_SEND || call == SCRIPT_PART)
		entry->opcode = script_opcode(r);
	if (call == SCRIPT_CLOSE)
		entry->status = (uint16_t)script_number(r);
	if (call == SCRIPT_TAKE)
		entry->result = script_at_end(r) ? INT32_MAX : (int)script_number(r);
	script_bytes(r, &entry->data);
}

static bool read_result(struct script_reader *r, int *result)
{
	static const char *const names[] = { "ok",
#define NAME(name, value, text) #name,
		                             NV_ERRORS(NAME)
#undef NAME
		                                     NULL };
	static const int values[] = { 0,
#define VALUE(name, value, text) value,
		                      NV_ERRORS(VALUE)
#undef VALUE
	};
	int found = script_choice(r, names);

	if (found >= 0)
		*result = values[found];
	return found >= 0;
}

static void read_event(struct script_reader *r, struct script_entry *entry)
{
	static const char *const names[] = { "message", "ping", "pong", "close", "fail", NULL };
	static const enum nv_event_type types[] = { NV_EVENT_MESSAGE, NV_EVENT_PING, NV_EVENT_PONG,
		                                    NV_EVENT_CLOSE, NV_EVENT_CLOSE };
	int found = script_choice(r, names);

	if (found < 0) {
		script_error(r, "no event and no result");
		return;
	}
	entry->type = types[found];
	entry->failed = found == 4;
	if (entry->type == NV_EVENT_MESSAGE)
		entry->opcode = script_opcode(r);
	if (entry->type == NV_EVENT_CLOSE)
		entry->status = (uint16_t)script_number(r);
	script_bytes(r, &entry->data);
}

static void read_output(struct script_reader *r, struct script_entry *entry)
{
	entry->failed = script_word(r, "fail");
	if (entry->failed)
		entry->status = (uint16_t)script_number(r);
	else
		script_bytes(r, &entry->data);
}

/* The result of a call stands behind it even where the script leaves it out. */
static void read_answer(struct script_reader *r, struct script_case *script)
{
	struct script_entry entry = { .kind = SCRIPT_EVENT, .line = r->line };
	struct script_entry *last = script->count ? &script->entries[script->count - 1] : NULL;
	int result;

	if (!read_result(r, &result)) {
		read_event(r, &entry);
		script_append(script, entry);
		return;
	}
	if (!last || last->kind != SCRIPT_RESULT)
		script_error(r, "a result without a call");
	else
		last->result = result;
}

static void read_step(struct script_reader *r, struct script_case *script)
{
	struct script_entry entry = { .line = r->line };

	if (*r->at == '=') {
		r->at++;
		read_answer(r, script);
		return;
	}
	if (*r->at == '>') {
		r->at++;
		entry.kind = SCRIPT_INPUT;
		script_bytes(r, &entry.data);
	} else if (*r->at == '<') {
		r->at++;
		entry.kind = SCRIPT_OUTPUT;
		read_output(r, &entry);
	} else {
		r->at++;
		entry.kind = SCRIPT_CALL;
		read_call(r, &entry);
	}
	script_append(script, entry);
	if (entry.kind == SCRIPT_CALL && entry.call != SCRIPT_TAKE)
		script_append(script,
		              (struct script_entry){ .kind = SCRIPT_RESULT, .line = r->line });
}

static void read_line(struct script_reader *r, struct script_case *script)
{
	if (strchr("><=!", *r->at))
		read_step(r, script);
	else if (script_word(r, "role"))
		read_role(r, script);
	else if (script_word(r, "option"))
		read_option(r, &script->options);
	else if (script_word(r, "deflate"))
		read_deflate(r, &script->options);
	else if (script_word(r, "hold"))
		script->hold = true;
	if (!script_at_end(r))
		script_error(r, "what is this?");
}

/* --- One case --- */

static void put_variant(char *out, size_t size, const char *line, const char *variant)
{
	size_t used = 0;

	for (; *line && used < size; line++) {
		size_t len = *line == '$' && variant ? strlen(variant) : 1;

		assert_true(used + len < size);
		memcpy(out + used, *line == '$' && variant ? variant : line, len);
		used += len;
	}
	out[used] = '\0';
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static void read_case(const struct section *section, const char *variant,
                      struct script_case *script)
{
	bool client = section->both_roles && script->options.role == NV_CLIENT;
	uint8_t keys = 0;
	char text[1000];

	script->file = section->file;
	script->line = section->first;
	script->title = copy_text(section->lines[0] + 3);
	script->variant = variant ? copy_text(variant) : NULL;
	for (unsigned i = 1; i < section->count; i++) {
		struct script_reader reader = { section->file, section->first + i, text, client,
			                        NULL };

		put_variant(text, sizeof(text), section->lines[i], variant);
		if (client && *text == '<')
			reader.keys = &keys;
		if (*text && *text != '#' && !script_word(&reader, "each"))
			read_line(&reader, script);
	}
}

static void append_case(struct script_list *list, const struct section *section,
                        const char *variant, enum nv_role role)
{
	struct script_case script = { .options = { .role = role } };

	read_case(section, variant, &script);
	list->cases = realloc(list->cases, (list->count + 1) * sizeof(script));
	assert_non_null(list->cases);
	list->cases[list->count++] = script;
}

static void append_variant(struct script_list *list, const struct section *section,
                           const char *variant)
{
	append_case(list, section, variant, NV_SERVER);
	if (section->both_roles)
		append_case(list, section, variant, NV_CLIENT);
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Cuts the lines "each A | B | C" in place. */
static void find_variants(struct section *section)
{
	section->variant_count = 0;
	section->both_roles = false;
	for (unsigned i = 1; i < section->count; i++) {
		char *at = section->lines[i];

		section->both_roles |= strcmp(at, "role both") == 0;
		if (strncmp(at, "each ", 5) != 0)
			continue;
		for (char *save, *word = strtok_r(at + 5, "|", &save); word;
		     word = strtok_r(NULL, "|", &save)) {
			assert_true(section->variant_count < VARIANTS_MAX);
			section->variants[section->variant_count++] = trim(word);
		}
	}
}

static void read_section(struct script_list *list, struct section *section)
{
	if (section->count == 0)
		return;
	find_variants(section);
	if (section->variant_count == 0)
		append_variant(list, section, NULL);
	for (size_t i = 0; i < section->variant_count; i++)
		append_variant(list, section, section->variants[i]);
	while (section->count > 0)
		free(section->lines[--section->count]);
}

/* --- The file --- */

static char *next_line(FILE *file)
{
	char *line = NULL;
	size_t cap = 0;

	if (getline(&line, &cap, file) < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

void script_read(struct script_list *list, const char *path)
{
	struct section section = { .file = path };
	FILE *file = fopen(path, "r");
	bool begun = false;
	unsigned number = 0;
	char *line;

	if (!file)
		fail_msg("%s: cannot be opened", path);
	while ((line = next_line(file))) {
		number++;
		if (strncmp(line, "## ", 3) == 0) {
			read_section(list, &section);
			section.first = number;
			begun = true;
		}
		if (!begun) {
			free(line);
			continue;
		}
		assert_true(section.count < LINES_MAX);
		section.lines[section.count++] = line;
	}
	read_section(list, &section);
	fclose(file);
	assert_true(begun);
}

void script_list_free(struct script_list *list)
{
	while (list->count > 0)
		script_clear(&list->cases[--list->count]);
	free(list->cases);
	list->cases = NULL;
}
