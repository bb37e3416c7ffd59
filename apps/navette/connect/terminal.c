/* SPDX-License-Identifier: MIT */
/* terminal.c: joins the editor, the history and the commands to a talk.
 *
 * One finished line at a time: the editor rests until the talk has taken it, and the keys that come
 * meanwhile wait, first here, then in the kernel. */
#include "connect/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connect/clock.h"
#include "connect/commands.h"
#include "connect/editor.h"
#include "connect/guard.h"
#include "connect/history.h"
#include "connect/interrupt.h"
#include "connect/pings.h"
#include "connect/report.h"
#include "connect/talk.h"
#include "connect/tty.h"
#include "state_folder.h"
#include "text/encoding.h"

struct terminal {
	struct nv_source source;
	struct nv_editor *editor;
	struct nv_history *history;
	struct nv_command_words words;
	struct nv_pings pings;
	unsigned ping_number;
	FILE *screen;
	uint64_t number; /* of the line */
	bool opened;     /* for typing */
	bool offering;   /* this: */
	struct nv_offer offer;
	uint8_t *bytes; /* that it offers, if they are not those of the line */
};

static struct terminal *terminal_of(struct nv_source *source)
{
	return (struct terminal *)((uintptr_t)source - offsetof(struct terminal, source));
}

/* --- The line on the screen --- */

static void hide(void *context)
{
	nv_editor_hide(context);
}

static void show(void *context)
{
	nv_editor_show(context);
}

/* What was printed stands above the line. */
static void settle_screen(void)
{
	fflush(stdout);
	nv_guard_show();
}

static void end(struct terminal *terminal)
{
	nv_editor_stop(terminal->editor);
	nv_tty_leave();
	terminal->source.ended = true;
}

/* --- Commands --- */

static void ping(struct terminal *terminal, struct nv_bytes data)
{
	char number[16];
	int error;

	if (data.len == 0) {
		snprintf(number, sizeof number, "%u", ++terminal->ping_number);
		data = nv_str(number);
	}
	nv_pings_sent(&terminal->pings, data, nv_clock_us());
	error = nv_talk_ping(terminal->source.talk, data);
	if (error < 0)
		nv_report("no ping was sent: %s", nv_strerror(error));
}

static void close_talk(struct terminal *terminal, const struct nv_command *command)
{
	const char *reason = command->reason[0] ? command->reason : NULL;
	int error = nv_talk_close(terminal->source.talk, command->status, reason);

	if (error < 0)
		nv_report("not closed: %s", nv_strerror(error));
	else
		end(terminal);
}

static void print_help(const struct terminal *terminal)
{
	nv_guard_hide();
	nv_command_help(stderr, terminal->words);
}

static void offer(struct terminal *terminal, enum nv_offer_kind kind, struct nv_bytes data)
{
	terminal->offer = (struct nv_offer){ kind, data, terminal->number };
	terminal->offering = true;
}

static void offer_binary(struct terminal *terminal, struct nv_bytes digits)
{
	int len;

	terminal->bytes = malloc(digits.len + 1);
	if (!terminal->bytes) {
		nv_report("nothing was sent: %s", nv_strerror(NV_ERR_NOMEM));
		return;
	}
	len = nv_hex_decode(digits, terminal->bytes);
	if (len < 0)
		nv_report("nothing was sent: /binary takes hex digits, two for each byte");
	else
		offer(terminal, NV_OFFER_BINARY, (struct nv_bytes){ terminal->bytes, (size_t)len });
}

/* Runs a command at once, or offers what is to be sent. */
static void obey(struct terminal *terminal, const struct nv_command *command)
{
	switch (command->kind) {
	case NV_COMMAND_TEXT:
		offer(terminal, NV_OFFER_LINE, command->data);
		break;
	case NV_COMMAND_QUIT:
		offer(terminal, NV_OFFER_QUIT, command->data);
		break;
	case NV_COMMAND_PING:
		ping(terminal, command->data);
		break;
	case NV_COMMAND_CLOSE:
		close_talk(terminal, command);
		break;
	case NV_COMMAND_BINARY:
		offer_binary(terminal, command->data);
		break;
	case NV_COMMAND_HELP:
		print_help(terminal);
		break;
	case NV_COMMAND_BAD:
		nv_report("nothing was sent: %s", command->problem);
		break;
	}
}

/* --- Lines --- */

static void take_line(struct terminal *terminal, struct nv_bytes line)
{
	struct nv_command command;

	terminal->number++;
	if (nv_history_add(terminal->history, line))
		nv_editor_remember(terminal->editor, line);
	nv_command_parse(&command, line, terminal->words);
	obey(terminal, &command);
}

static void go_on(struct terminal *terminal)
{
	free(terminal->bytes);
	terminal->bytes = NULL;
	terminal->offering = false;
	settle_screen();
	nv_editor_next(terminal->editor);
}

/* Deals with all lines that are there, up to one that has to be sent. */
static void work(struct terminal *terminal)
{
	struct nv_bytes line;

	while (!terminal->source.ended && nv_editor_line(terminal->editor, &line)) {
		take_line(terminal, line);
		if (terminal->offering)
			break;
		go_on(terminal);
	}
	if (nv_editor_has_ended(terminal->editor))
		end(terminal);
	terminal->source.fd = terminal->offering || terminal->source.ended ? -1 : STDIN_FILENO;
}

/* --- The source --- */

static void attend(struct nv_source *source)
{
	enum nv_tty_change change = nv_tty_changed();

	if (change == NV_TTY_SAME)
		return;
	settle_screen();
	if (change == NV_TTY_RESIZED)
		nv_editor_resize(terminal_of(source)->editor);
	else
		nv_editor_redraw(terminal_of(source)->editor);
}

static void read_keys(struct nv_source *source)
{
	struct terminal *terminal = terminal_of(source);
	char keys[NV_EDITOR_KEYS];
	ssize_t count = read(STDIN_FILENO, keys, sizeof keys);

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (count <= 0) {
		end(terminal);
	} else {
		attend(source);
		settle_screen();
		nv_editor_type(terminal->editor, keys, (size_t)count);
	}
	work(terminal);
}

static bool give_offer(struct nv_source *source, struct nv_offer *given)
{
	*given = terminal_of(source)->offer;
	return terminal_of(source)->offering;
}

static void take_offer(struct nv_source *source)
{
	struct terminal *terminal = terminal_of(source);

	if (!terminal->offering)
		return;
	if (terminal->offer.kind == NV_OFFER_QUIT) {
		terminal->offering = false;
		end(terminal);
	} else {
		go_on(terminal);
	}
	work(terminal);
}

static void open_editor(struct nv_source *source)
{
	struct terminal *terminal = terminal_of(source);

	if (terminal->opened)
		return;
	terminal->opened = true;
	settle_screen();
	nv_editor_start(terminal->editor);
	nv_tty_edit(nv_interrupt_wake);
	nv_guard_set(hide, show, terminal->editor);
	source->fd = STDIN_FILENO;
}

static void tell_pong(struct nv_source *source, struct nv_bytes data)
{
	uint64_t took_us;

	if (nv_pings_answered(&terminal_of(source)->pings, data, nv_clock_us(), &took_us))
		nv_report("pong after %llu.%03llu ms", (unsigned long long)took_us / 1000,
		          (unsigned long long)took_us % 1000);
}

static const struct nv_source_ops ops = {
	.read = read_keys,
	.offer = give_offer,
	.take = take_offer,
	.opened = open_editor,
	.delayed = open_editor,
	.pong = tell_pong,
	.attend = attend,
};

/* --- Beginning and end --- */

static void remember(void *context, struct nv_bytes line)
{
	nv_editor_remember(context, line);
}

static void tell_why_not(const char *path, int error)
{
	if (error == ENOENT && !*path)
		nv_report("neither XDG_STATE_HOME nor HOME is set: the history is not kept");
	else
		nv_report("the history is not kept: %s: %s", path, strerror(error));
}

/* Without a file the lines are remembered until the end. */
static int open_history(struct terminal *terminal)
{
	char path[PATH_MAX];
	size_t room = sizeof path - sizeof "/history";
	int error = nv_state_folder(path, room);

	if (error == 0)
		memcpy(path + strlen(path), "/history", sizeof "/history");
	terminal->history = nv_history_open(error == 0 ? path : NULL, &error);
	if (!terminal->history)
		return NV_ERR_NOMEM;
	if (error)
		tell_why_not(path, error);
	return nv_history_each(terminal->history, remember, terminal->editor);
}

/* A stream of its own: standard error is written to byte by byte. */
static FILE *open_screen(void)
{
	int fd = dup(STDERR_FILENO);
	FILE *screen = fd < 0 ? NULL : fdopen(fd, "w");

	if (!screen && fd >= 0)
		close(fd);
	return screen;
}

static bool can_edit(void)
{
	const char *type = getenv("TERM");

	return type && *type && strcmp(type, "dumb") != 0;
}

static int open_all(struct terminal *terminal)
{
	if (nv_tty_keep(STDIN_FILENO) != 0)
		return NV_ERR_SYSTEM;
	terminal->screen = open_screen();
	if (!terminal->screen)
		return NV_ERR_SYSTEM;
	terminal->editor = nv_editor_new(STDIN_FILENO, terminal->screen);
	if (!terminal->editor)
		return NV_ERR_NOMEM;
	return open_history(terminal);
}

static struct nv_command_words words_of(const struct nv_connect_options *options)
{
	return (struct nv_command_words){
		.quit = options->encoding == NV_AS_TEXT && !options->null,
		.commands = options->encoding != NV_AS_BASE64,
	};
}

struct nv_source *nv_terminal_new(const struct nv_connect_options *options)
{
	struct terminal *terminal = can_edit() ? calloc(1, sizeof *terminal) : NULL;

	if (!terminal)
		return NULL;
	terminal->source = (struct nv_source){
		.ops = &ops, .name = "the input", .fd = -1, .typed = true, .eager = true
	};
	terminal->words = words_of(options);
	if (open_all(terminal) == NV_ERR_NOMEM || !terminal->editor) {
		nv_terminal_free(&terminal->source);
		return NULL;
	}
	nv_interrupt_restore(nv_tty_restore);
	return &terminal->source;
}

void nv_terminal_free(struct nv_source *source)
{
	struct terminal *terminal = terminal_of(source);

	if (!source)
		return;
	nv_guard_set(NULL, NULL, NULL);
	nv_editor_free(terminal->editor);
	nv_tty_leave();
	nv_interrupt_restore(NULL);
	nv_history_close(terminal->history);
	if (terminal->screen)
		fclose(terminal->screen);
	free(terminal->bytes);
	free(terminal);
}
