/* SPDX-License-Identifier: MIT */
/* extension.c: the grammar of Sec-WebSocket-Extensions.
 *
 * A quoted value must be a token once it is unquoted, so a comma inside quotes is an error
 * anyway, and the field can be cut at its commas before anything else is read. White space may
 * stand around ';' and '=', as RFC 2616 implied it for the grammar of RFC 6455. */
#include "proto/extension.h"

#include "proto/field.h"
#include "proto/head.h"
#include "proto/slice.h"

static bool take_char(struct nv_bytes *rest, char c)
{
	*rest = nv_trim(*rest);
	if (rest->len == 0 || rest->data[0] != (uint8_t)c)
		return false;
	nv_skip(rest, 1);
	return true;
}

static bool take_token(struct nv_bytes *rest, struct nv_bytes *token)
{
	*rest = nv_trim(*rest);
	token->data = rest->data;
	token->len = 0;
	while (token->len < rest->len && nv_is_tchar(rest->data[token->len]))
		token->len++;
	nv_skip(rest, token->len);
	return token->len > 0;
}

/* What follows an opening quote. A backslash quotes the character behind it, which must be one of a
 * token as well. */
static bool take_quoted(struct nv_bytes *rest, struct nv_bytes *value)
{
	size_t i = 0;

	while (i < rest->len && rest->data[i] != '"') {
		if (rest->data[i] == '\\')
			i++;
		if (i == rest->len || !nv_is_tchar(rest->data[i]))
			return false;
		i++;
	}
	if (i == rest->len || i == 0)
		return false;
	*value = (struct nv_bytes){ rest->data, i };
	nv_skip(rest, i + 1);
	return true;
}

bool nv_parameter_next(struct nv_bytes *rest, struct nv_parameter *parameter)
{
	parameter->value = (struct nv_bytes){ NULL, 0 };
	if (!take_char(rest, ';') || !take_token(rest, &parameter->name))
		return false;
	if (!take_char(rest, '='))
		return true;
	if (take_char(rest, '"'))
		return take_quoted(rest, &parameter->value);
	return take_token(rest, &parameter->value);
}

bool nv_extension_next(const struct nv_head *head, size_t *cursor, struct nv_extension *extension)
{
	struct nv_bytes rest;

	if (!nv_head_element(head, "Sec-WebSocket-Extensions", cursor, &rest) ||
	    !take_token(&rest, &extension->name))
		return false;
	extension->parameters = rest;
	return true;
}

static bool is_extension(struct nv_bytes text)
{
	struct nv_bytes name;
	struct nv_parameter parameter;

	if (!take_token(&text, &name))
		return false;
	text = nv_trim(text);
	while (text.len > 0) {
		if (!nv_parameter_next(&text, &parameter))
			return false;
		text = nv_trim(text);
	}
	return true;
}

bool nv_extensions_valid(const struct nv_head *head)
{
	size_t cursor = 0;
	struct nv_bytes element;

	if (nv_head_count(head, "Sec-WebSocket-Extensions") == 0)
		return true;
	if (!nv_head_element(head, "Sec-WebSocket-Extensions", &cursor, &element))
		return false;
	do {
		if (!is_extension(element))
			return false;
	} while (nv_head_element(head, "Sec-WebSocket-Extensions", &cursor, &element));
	return true;
}
