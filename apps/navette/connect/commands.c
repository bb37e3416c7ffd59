/* SPDX-License-Identifier: MIT */
/* commands.c: a table of words. */
#include "connect/commands.h"

#define PING_MAX 125u /* bytes: RFC 6455 5.5 */

static const char help[] = "/ping [TEXT]             how long the server takes to answer\n"
			   "/close [STATUS [REASON]] close with this status (1000)\n"
			   "/binary HEX              send these bytes\n"
			   "//TEXT                   send /TEXT\n"
			   "/help                    print this\n";
static const char quit_help[] = "quit                     leave, as Ctrl-D does\n";

static void refuse(struct nv_command *command, const char *problem)
{
	command->kind = NV_COMMAND_BAD;
	command->problem = problem;
}

/* Takes the first word off `text`, and the blanks behind it. */
static struct nv_bytes take_word(struct nv_bytes *text)
{
	struct nv_bytes word = { text->data, 0 };

	while (word.len < text->len && text->data[word.len] != ' ')
		word.len++;
	text->data += word.len;
	text->len -= word.len;
	while (text->len > 0 && text->data[0] == ' ') {
		text->data++;
		text->len--;
	}
	return word;
}

static void parse_ping(struct nv_command *command)
{
	command->kind = NV_COMMAND_PING;
	if (command->data.len > PING_MAX)
		refuse(command, "a ping takes 125 bytes at most");
}

/* 0: not a status. */
static uint16_t parse_status(struct nv_bytes word)
{
	unsigned status = 0;

	if (word.len != 4)
		return 0;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return 0;
		status = status * 10 + (word.data[i] - (unsigned)'0');
	}
	return status >= 1000 && status < 5000 ? (uint16_t)status : 0;
}

static void parse_close(struct nv_command *command)
{
	struct nv_bytes word = take_word(&command->data);
	struct nv_bytes reason = command->data;

	command->kind = NV_COMMAND_CLOSE;
	command->status = word.len > 0 ? parse_status(word) : 1000;
	if (command->status == 0) {
		refuse(command, "a status is a number from 1000 to 4999");
	} else if (reason.len > NV_COMMAND_REASON_MAX) {
		refuse(command, "a reason takes 123 bytes at most");
	} else {
		memcpy(command->reason, reason.data, reason.len);
		command->reason[reason.len] = '\0';
	}
}

static void parse_binary(struct nv_command *command)
{
	command->kind = NV_COMMAND_BINARY;
}

static void parse_help(struct nv_command *command)
{
	command->kind = NV_COMMAND_HELP;
}

static void parse_word(struct nv_command *command)
{
	static const struct {
		const char *word;
		void (*parse)(struct nv_command *command);
	} commands[] = {
		{ "/ping", parse_ping },
		{ "/close", parse_close },
		{ "/binary", parse_binary },
		{ "/help", parse_help },
	};
	struct nv_bytes word = take_word(&command->data);

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (nv_bytes_is(word, commands[i].word)) {
			commands[i].parse(command);
			return;
		}
	}
	refuse(command, "there is no such command, try /help; //text sends /text");
}

static bool begins_with(struct nv_bytes line, const char *text)
{
	size_t len = strlen(text);

	return line.len >= len && memcmp(line.data, text, len) == 0;
}

void nv_command_parse(struct nv_command *command, struct nv_bytes line,
                      struct nv_command_words words)
{
	*command = (struct nv_command){ .kind = NV_COMMAND_TEXT, .data = line };
	if (words.quit && nv_bytes_is(line, "quit")) {
		command->kind = NV_COMMAND_QUIT;
	} else if (words.commands && begins_with(line, "//")) {
		command->data.data++;
		command->data.len--;
	} else if (words.commands && begins_with(line, "/")) {
		parse_word(command);
	}
}

void nv_command_help(FILE *file, struct nv_command_words words)
{
	fputs(help, file);
	if (words.quit)
		fputs(quit_help, file);
}
