/* SPDX-License-Identifier: MIT */
/* pipe.c: offers one line after the other. */
#include "connect/pipe.h"

#include <errno.h>
#include <unistd.h>

#include "connect/report.h"

static struct nv_pipe *pipe_of(const struct nv_source *source)
{
	return (struct nv_pipe *)((uintptr_t)source - offsetof(struct nv_pipe, source));
}

static void note_state(struct nv_source *source)
{
	const struct nv_input *input = &pipe_of(source)->input;

	source->ended = input->ended;
	source->holds = input->start < input->end;
}

static void pipe_read(struct nv_source *source)
{
	struct nv_input *input = &pipe_of(source)->input;
	int error = nv_input_read(input);

	note_state(source);
	if (error == 0)
		return;
	source->lost = true;
	if (error == NV_ERR_SYSTEM)
		nv_report("standard input: %s", strerror(errno));
	else
		nv_report("line %llu of the input and what follows were not sent: %s",
		          (unsigned long long)input->number, nv_strerror(error));
}

static bool pipe_offer(struct nv_source *source, struct nv_offer *offer)
{
	struct nv_pipe *pipe = pipe_of(source);
	struct nv_bytes line;

	if (!nv_input_line(&pipe->input, &line))
		return false;
	*offer = (struct nv_offer){ NV_OFFER_LINE, line, pipe->input.number };
	if (pipe->takes_quit && nv_bytes_is(line, "quit"))
		offer->kind = NV_OFFER_QUIT;
	return true;
}

static void pipe_take(struct nv_source *source)
{
	nv_input_next(&pipe_of(source)->input);
	note_state(source);
}

static const struct nv_source_ops pipe_ops = {
	.read = pipe_read,
	.offer = pipe_offer,
	.take = pipe_take,
};

void nv_pipe_init(struct nv_pipe *pipe, const struct nv_connect_options *options)
{
	bool words = options->encoding == NV_AS_TEXT && !options->null;

	*pipe = (struct nv_pipe){
		.source = { .ops = &pipe_ops,
		            .name = "the input",
		            .typed = isatty(STDIN_FILENO),
		            .fd = STDIN_FILENO },
		.takes_quit = words,
	};
	nv_input_init(&pipe->input, STDIN_FILENO, options->null ? '\0' : '\n');
	pipe->input.keep_return = options->null || options->encoding == NV_AS_BINARY;
}

void nv_pipe_deinit(struct nv_pipe *pipe)
{
	nv_input_deinit(&pipe->input);
}
