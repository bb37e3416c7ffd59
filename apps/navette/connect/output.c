/* SPDX-License-Identifier: MIT */
/* output.c: prints messages.
 *
 * A program that reads our output slowly makes us wait, and with us the server: nothing is kept
 * back in memory. */
#include "connect/output.h"

#include <errno.h>

#include "connect/guard.h"
#include "text/encoding.h"

void nv_output_init(struct nv_output *output, FILE *file, const struct nv_connect_options *options)
{
	*output = (struct nv_output){ .file = file,
		                      .options = options,
		                      .readable = nv_display_is_wanted(file, &options->display) };
}

static void write_raw(FILE *file, struct nv_bytes message)
{
	if (message.len > 0)
		fwrite(message.data, 1, message.len, file);
}

static void write_binary(FILE *file, enum nv_encoding encoding, struct nv_bytes message)
{
	if (encoding == NV_AS_BINARY)
		write_raw(file, message);
	else if (encoding == NV_AS_BASE64)
		nv_base64_write(file, message);
	else
		nv_hex_write(file, message);
}

static void write_plain(const struct nv_output *output, enum nv_opcode opcode,
                        struct nv_bytes message)
{
	const struct nv_connect_options *options = output->options;

	nv_display_stamp(output->file, &options->display);
	if (opcode == NV_BINARY)
		write_binary(output->file, options->encoding, message);
	else
		write_raw(output->file, message);
	if (options->null)
		putc('\0', output->file);
	else if (opcode == NV_TEXT || options->encoding != NV_AS_BINARY)
		putc('\n', output->file);
}

static void note_error(struct nv_output *output)
{
	if (ferror(output->file) && !output->error)
		output->error = errno ? errno : EIO;
}

void nv_output_message(struct nv_output *output, enum nv_opcode opcode, struct nv_bytes message)
{
	if (output->error)
		return;
	nv_guard_hide();
	errno = 0;
	if (output->readable)
		nv_display_message(output->file, &output->options->display, opcode, message);
	else
		write_plain(output, opcode, message);
	note_error(output);
}

void nv_output_flush(struct nv_output *output)
{
	if (output->error)
		return;
	errno = 0;
	fflush(output->file);
	note_error(output);
}
