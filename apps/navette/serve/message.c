/* SPDX-License-Identifier: MIT */
/* message.c: the JSON messages of the chat. */
#include "serve/message.h"

#include <jansson.h>
#include <stdio.h>

#define MAX_DEPTH 32

static const struct shape {
	const char *type;
	const char *field; /* the text that it needs, or NULL */
	enum nv_message_kind kind;
} shapes[] = {
	{ "message", "contenu", NV_MESSAGE_SAID },
	{ "pseudo", "pseudo", NV_MESSAGE_NAME },
	{ "ping", NULL, NV_MESSAGE_PING },
};

/* --- Reading --- */

static bool is_object(struct nv_bytes text)
{
	size_t i = 0;

	while (i < text.len && text.data[i] && strchr(" \t\r\n", text.data[i]))
		i++;
	return i < text.len && text.data[i] == '{';
}

/* Asked before the parser, which calls itself for each level. */
static bool is_too_deep(struct nv_bytes text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			i++;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > MAX_DEPTH)
			return true;
	}
	return false;
}

static void refuse(struct nv_message *message, enum nv_message_kind kind, const char *problem)
{
	message->kind = kind;
	snprintf(message->problem, sizeof message->problem, "%s", problem);
}

static void refuse_syntax(struct nv_message *message, const json_error_t *error)
{
	message->kind = NV_MESSAGE_NONE;
	if (json_error_code(error) == json_error_duplicate_key)
		refuse(message, NV_MESSAGE_NONE, "JSON invalide : une clé y est deux fois");
	else
		snprintf(message->problem, sizeof message->problem, "JSON invalide vers l'octet %d",
		         error->position);
}

static json_t *parse(struct nv_message *message, struct nv_bytes bytes)
{
	json_error_t error;
	json_t *tree;

	if (!is_object(bytes)) {
		refuse(message, NV_MESSAGE_NONE, "Le message n'est pas un objet JSON");
		return NULL;
	}
	if (is_too_deep(bytes)) {
		refuse(message, NV_MESSAGE_NONE, "JSON trop imbriqué (32 niveaux au plus)");
		return NULL;
	}
	tree = json_loadb((const char *)bytes.data, bytes.len,
	                  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!tree)
		refuse_syntax(message, &error);
	return tree;
}

static struct nv_bytes string_bytes(const json_t *string)
{
	return (struct nv_bytes){ (const uint8_t *)json_string_value(string),
		                  json_string_length(string) };
}

static const struct shape *find_shape(const json_t *type)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (nv_bytes_is(string_bytes(type), shapes[i].type))
			return &shapes[i];
	return NULL;
}

static void read_shape(struct nv_message *message, const struct shape *shape)
{
	const json_t *text;

	message->kind = shape->kind;
	if (!shape->field)
		return;
	text = json_object_get(message->tree, shape->field);
	if (json_is_string(text)) {
		message->text = string_bytes(text);
		return;
	}
	message->kind = NV_MESSAGE_WRONG;
	snprintf(message->problem, sizeof message->problem, "Il manque la chaîne « %s »",
	         shape->field);
}

void nv_message_read(struct nv_message *message, struct nv_bytes bytes)
{
	const struct shape *shape;
	const json_t *type;

	*message = (struct nv_message){ .kind = NV_MESSAGE_NONE };
	message->tree = parse(message, bytes);
	if (!message->tree)
		return;
	type = json_object_get(message->tree, "type");
	if (!json_is_string(type)) {
		refuse(message, NV_MESSAGE_NONE, "Il manque la chaîne « type »");
		return;
	}
	shape = find_shape(type);
	if (shape)
		read_shape(message, shape);
	else
		refuse(message, NV_MESSAGE_WRONG, "Type de message inconnu");
}

void nv_message_deinit(struct nv_message *message)
{
	json_decref(message->tree);
	message->tree = NULL;
}

/* --- Writing --- */

/* Takes over `tree`, which may be NULL. */
static char *dump(json_t *tree)
{
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;

	json_decref(tree);
	return text;
}

char *nv_message_said(const char *sender, struct nv_bytes text, const char *stamp)
{
	const char *data = text.len > 0 ? (const char *)text.data : "";

	return dump(json_pack("{s:s, s:s, s:s%, s:s}", "type", "message", "expediteur", sender,
	                      "contenu", data, text.len, "timestamp", stamp));
}

char *nv_message_system(const char *text)
{
	return dump(json_pack("{s:s, s:s}", "type", "systeme", "contenu", text));
}

char *nv_message_error(const char *problem)
{
	return dump(json_pack("{s:s, s:s}", "type", "erreur", "message", problem));
}
