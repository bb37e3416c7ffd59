/* SPDX-License-Identifier: MIT */
/* config_comments.c: walks over the text once. A word may hold // (https://...), but not begin with it. */
#include "serve/config_comments.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct walk {
	char *at;
	unsigned line;
	unsigned begun; /* the line of what it is in */
	bool in_word;
};

static void step(struct walk *walk)
{
	walk->line += *walk->at == '\n';
	walk->at++;
}

static void blank(struct walk *walk)
{
	if (*walk->at != '\n')
		*walk->at = ' ';
	step(walk);
}

static bool is_at(const struct walk *walk, const char *text)
{
	return strncmp(walk->at, text, strlen(text)) == 0;
}

/* Lines may end with \r\n. To a file in which they end with \r all would be one comment. */
static bool is_stray(const struct walk *walk)
{
	return *walk->at == '*' || (*walk->at == '\r' && walk->at[1] != '\n') ||
	       (*walk->at == '+' && walk->at[1] != '=');
}

static const char *refuse_stray(const struct walk *walk)
{
	if (*walk->at == '\r')
		return "a carriage return ends no line; lines end with \\n or \\r\\n";
	return *walk->at == '*' ? "a * means nothing outside quotes"
	                        : "a + without a = means nothing outside quotes";
}

static const char *blank_line(struct walk *walk)
{
	while (*walk->at && *walk->at != '\n') {
		if (*walk->at == '\r' && is_stray(walk))
			return refuse_stray(walk);
		blank(walk);
	}
	return NULL;
}

static const char *blank_comment(struct walk *walk)
{
	blank(walk);
	blank(walk);
	while (*walk->at && !is_at(walk, "*/"))
		blank(walk);
	if (!*walk->at)
		return "the comment that begins here has no end";
	blank(walk);
	blank(walk);
	return NULL;
}

/* Quotes mean nothing inside. libconfuse would look for its end on all lines that follow. */
static const char *skip_variable(struct walk *walk)
{
	size_t len = strcspn(walk->at, "}\n");

	walk->begun = walk->line;
	if (walk->at[len] != '}')
		return "the ${ that begins here has no } on its line";
	walk->at += len + 1;
	return NULL;
}

static const char *skip_string(struct walk *walk)
{
	char quote = *walk->at;
	const char *problem;

	step(walk);
	while (*walk->at && *walk->at != quote) {
		if (quote == '"' && is_at(walk, "${")) {
			problem = skip_variable(walk);
			if (problem)
				return problem;
			continue;
		}
		if (*walk->at == '\\' && walk->at[1])
			step(walk);
		step(walk);
	}
	if (!*walk->at)
		return "the string that begins here has no end";
	step(walk);
	return NULL;
}

/* The next character, or all of what begins with it. */
static const char *take(struct walk *walk)
{
	bool in_word = walk->in_word;

	walk->in_word = false;
	walk->begun = walk->line;
	if (is_at(walk, "/*"))
		return blank_comment(walk);
	if (*walk->at == '"' || *walk->at == '\'')
		return skip_string(walk);
	if (is_at(walk, "${"))
		return skip_variable(walk);
	if (*walk->at == '#' || (!in_word && is_at(walk, "//")))
		return blank_line(walk);
	if (is_stray(walk))
		return refuse_stray(walk);
	walk->in_word = !strchr(" \t\r\n={}()+,", *walk->at);
	step(walk);
	return NULL;
}

const char *nv_config_comments_blank(char *text, unsigned *line)
{
	struct walk walk = { .at = text, .line = 1 };
	const char *problem = NULL;

	while (*walk.at && !problem)
		problem = take(&walk);
	*line = walk.begun;
	return problem;
}
