/* SPDX-License-Identifier: MIT */
/* input.c: one growing buffer that lines are cut from.
 *
 * Bytes move to the front only before a read, when no more than the beginning of one line is left,
 * and a byte is looked at once, so the work is linear however the input arrives. */
#include "connect/input.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE 65536u

void nv_input_init(struct nv_input *input, int fd, char end_mark)
{
	*input = (struct nv_input){ .fd = fd, .end_mark = end_mark, .number = 1 };
}

void nv_input_deinit(struct nv_input *input)
{
	free(input->data);
	input->data = NULL;
}

static void move_to_front(struct nv_input *input)
{
	if (input->start == 0)
		return;
	memmove(input->data, input->data + input->start, input->end - input->start);
	input->end -= input->start;
	input->scanned -= input->start;
	input->start = 0;
}

static int make_room(struct nv_input *input)
{
	size_t capacity = input->capacity ? input->capacity * 2 : READ_SIZE * 2;
	char *data;

	if (input->capacity - input->end >= READ_SIZE)
		return 0;
	data = realloc(input->data, capacity);
	if (!data)
		return NV_ERR_NOMEM;
	input->data = data;
	input->capacity = capacity;
	return 0;
}

static int read_some(struct nv_input *input)
{
	ssize_t count = read(input->fd, input->data + input->end, READ_SIZE);

	if (count > 0)
		input->end += (size_t)count;
	else if (count == 0)
		input->ended = true;
	else if (errno != EINTR && errno != EAGAIN)
		return NV_ERR_SYSTEM;
	return 0;
}

/* Where the first line ends: at its mark, or with the input. NULL: not yet known. */
static char *find_end(struct nv_input *input)
{
	char *mark = NULL;

	if (input->scanned < input->end)
		mark = memchr(input->data + input->scanned, input->end_mark,
		              input->end - input->scanned);
	input->scanned = mark ? (size_t)(mark - input->data) : input->end;
	if (!mark && input->ended && input->start < input->end)
		return input->data + input->end;
	return mark;
}

static int check_length(struct nv_input *input)
{
	find_end(input);
	return input->scanned - input->start > NV_LINE_MAX ? NV_ERR_TOO_BIG : 0;
}

int nv_input_read(struct nv_input *input)
{
	int error;

	move_to_front(input);
	error = make_room(input);
	if (!error)
		error = read_some(input);
	if (!error)
		error = check_length(input);
	if (error) {
		input->ended = true;
		input->end = input->scanned = input->start;
	}
	return error;
}

bool nv_input_line(struct nv_input *input, struct nv_bytes *line)
{
	char *end = find_end(input);

	if (!end)
		return false;
	*line = (struct nv_bytes){ (const uint8_t *)input->data + input->start,
		                   (size_t)(end - input->data) - input->start };
	if (!input->keep_return && line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

void nv_input_next(struct nv_input *input)
{
	char *end = find_end(input);

	if (!end)
		return;
	input->start = (size_t)(end - input->data);
	if (input->start < input->end)
		input->start++;
	input->scanned = input->start;
	input->number++;
}
