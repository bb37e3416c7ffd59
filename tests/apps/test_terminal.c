/* SPDX-License-Identifier: MIT */
/* test_terminal.c: the terminal as a source: one line at a time, and no key is lost. What it looks like
 * is for e2e/test_terminal.py. */
#include "connect/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

static struct nv_connect_options options;

struct place {
	char folder[64];
	int keys; /* the other end of the terminal */
	int input;
	int errors;
	struct nv_source *source;
};

static void move(int from, int to)
{
	dup2(from, to);
	close(from);
}

/* Without a memory of what was typed before, and with a terminal for standard input and error. */
static int open_terminal(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->folder, "/tmp/navette_terminal_XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	setenv("XDG_STATE_HOME", place->folder, 1);
	/* Of terminals with colours libtinfo loses a string each time that it is asked. */
	setenv("TERM", "vt52", 1);
	place->keys = posix_openpt(O_RDWR | O_NOCTTY);
	assert_int_equal(grantpt(place->keys) + unlockpt(place->keys), 0);
	place->input = dup(STDIN_FILENO);
	place->errors = dup(STDERR_FILENO);
	move(open(ptsname(place->keys), O_RDWR | O_NOCTTY), STDIN_FILENO);
	dup2(STDIN_FILENO, STDERR_FILENO);
	place->source = nv_terminal_new(&options);
	*state = place;
	return place->source ? 0 : -1;
}

static int close_terminal(void **state)
{
	struct place *place = *state;
	char path[96];

	nv_terminal_free(place->source);
	move(place->input, STDIN_FILENO);
	move(place->errors, STDERR_FILENO);
	close(place->keys);
	snprintf(path, sizeof path, "%s/navette/history", place->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/navette", place->folder);
	rmdir(path);
	rmdir(place->folder);
	free(place);
	return 0;
}

/* Blocks until the keys have arrived, which they have all when the last one has. */
static void type(struct place *place, const char *keys)
{
	assert_int_equal(write(place->keys, keys, strlen(keys)), strlen(keys));
	place->source->ops->read(place->source);
}

static void assert_offered(struct nv_source *source, const char *line)
{
	struct nv_offer offer;

	assert_true(source->ops->offer(source, &offer));
	assert_int_equal(offer.kind, NV_OFFER_LINE);
	assert_true(nv_bytes_is(offer.data, line));
}

static void take(struct nv_source *source, const char *line)
{
	assert_offered(source, line);
	source->ops->take(source);
}

static void assert_nothing_offered(struct nv_source *source)
{
	struct nv_offer offer;

	assert_false(source->ops->offer(source, &offer));
	assert_int_equal(source->fd, STDIN_FILENO);
}

static void nothing_is_read_before_it_is_open(void **state)
{
	struct place *place = *state;

	assert_int_equal(place->source->fd, -1);
	place->source->ops->opened(place->source);
	assert_nothing_offered(place->source);
}

static void keys_rest_while_a_line_waits(void **state)
{
	struct place *place = *state;
	struct nv_source *source = place->source;

	source->ops->opened(source);
	type(place, "a");
	assert_nothing_offered(source);
	type(place, "b\rc\rd");
	assert_offered(source, "ab");
	assert_offered(source, "ab");
	assert_int_equal(source->fd, -1);
	take(source, "ab");
	assert_int_equal(source->fd, -1);
	take(source, "c");
	assert_nothing_offered(source);
	type(place, "\r");
	take(source, "d");
	assert_false(source->ended);
}

static void a_character_may_come_in_two_parts(void **state)
{
	struct place *place = *state;

	place->source->ops->opened(place->source);
	type(place, "\xe6\xbc");
	type(place, "\xa2\r");
	take(place->source, "漢");
	type(place, "\xff\xc3(\r");
	take(place->source, "(");
}

static void so_may_an_arrow_key(void **state)
{
	struct place *place = *state;

	place->source->ops->opened(place->source);
	type(place, "ab\033");
	type(place, "[");
	type(place, "Dx\r");
	take(place->source, "axb");
}

/* By --reconnect, when there is no server yet. */
static void it_is_opened_once(void **state)
{
	struct place *place = *state;

	place->source->ops->delayed(place->source);
	type(place, "ab");
	place->source->ops->opened(place->source);
	type(place, "c\r");
	take(place->source, "abc");
	type(place, "\x04");
	place->source->ops->opened(place->source);
	assert_int_equal(place->source->fd, -1);
}

static void control_d_ends_it(void **state)
{
	struct place *place = *state;
	struct nv_offer offer;

	place->source->ops->opened(place->source);
	type(place, "\x04");
	assert_true(place->source->ended);
	assert_int_equal(place->source->fd, -1);
	assert_false(place->source->ops->offer(place->source, &offer));
}

static void quit_is_offered_once(void **state)
{
	struct place *place = *state;
	struct nv_offer offer;

	place->source->ops->opened(place->source);
	type(place, "quit\rmore\r");
	assert_true(place->source->ops->offer(place->source, &offer));
	assert_int_equal(offer.kind, NV_OFFER_QUIT);
	place->source->ops->take(place->source);
	assert_true(place->source->ended);
	assert_false(place->source->ops->offer(place->source, &offer));
}

/* libedit would say so itself, and that it takes it for a dumb one. */
static void an_unknown_terminal_is_none_without_a_word(void **state)
{
	struct place *place = *state;
	char text[100];
	int ends[2];

	nv_terminal_free(place->source);
	setenv("TERM", "no-such-terminal", 1);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	place->source = nv_terminal_new(&options);
	dup2(STDIN_FILENO, STDERR_FILENO);
	close(ends[1]);
	assert_null(place->source);
	assert_int_equal(read(ends[0], text, sizeof text), 0);
	close(ends[0]);
}

static void assert_offer(struct place *place, const char *line)
{
	char keys[32];

	snprintf(keys, sizeof keys, "%s\r", line);
	type(place, keys);
	take(place->source, line);
}

static void open_with(struct place *place, enum nv_encoding encoding, bool null)
{
	struct nv_connect_options other = { .encoding = encoding, .null = null };

	nv_terminal_free(place->source);
	place->source = nv_terminal_new(&other);
	place->source->ops->opened(place->source);
}

static void no_line_of_base64_is_a_command(void **state)
{
	open_with(*state, NV_AS_BASE64, false);
	assert_offer(*state, "//AA");
	assert_offer(*state, "/AAA");
	assert_offer(*state, "quit");
}

static void quit_is_no_word_of_hex_or_bytes(void **state)
{
	struct place *place = *state;

	open_with(place, NV_AS_HEX, false);
	assert_offer(place, "quit");
	type(place, "/help\r");
	assert_nothing_offered(place->source);
	open_with(place, NV_AS_BINARY, false);
	assert_offer(place, "quit");
	open_with(place, NV_AS_TEXT, true);
	assert_offer(place, "quit");
}

static void a_dumb_terminal_is_none(void **state)
{
	(void)state;
	setenv("TERM", "dumb", 1);
	assert_null(nv_terminal_new(&options));
	unsetenv("TERM");
	assert_null(nv_terminal_new(&options));
}

#define ON_A_TERMINAL(test) cmocka_unit_test_setup_teardown(test, open_terminal, close_terminal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_TERMINAL(nothing_is_read_before_it_is_open),
		ON_A_TERMINAL(keys_rest_while_a_line_waits),
		ON_A_TERMINAL(a_character_may_come_in_two_parts),
		ON_A_TERMINAL(so_may_an_arrow_key),
		ON_A_TERMINAL(it_is_opened_once),
		ON_A_TERMINAL(control_d_ends_it),
		ON_A_TERMINAL(quit_is_offered_once),
		ON_A_TERMINAL(an_unknown_terminal_is_none_without_a_word),
		ON_A_TERMINAL(no_line_of_base64_is_a_command),
		ON_A_TERMINAL(quit_is_no_word_of_hex_or_bytes),
		cmocka_unit_test(a_dumb_terminal_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
