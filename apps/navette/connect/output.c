/* SPDX-License-Identifier: MIT */
/* output.c: prints messages.
 *
 * A program that reads our output slowly makes us wait, and with us the server: nothing is kept
 * back in memory. */
#include "connect/output.h"

#include <errno.h>
#include <unistd.h>

#include "text/escape.h"

#define TERMINAL_BINARY_MAX 256u

void nv_output_init(struct nv_output *output, FILE *file)
{
	*output = (struct nv_output){ .file = file, .terminal = isatty(fileno(file)) };
}

static void write_hex(FILE *file, struct nv_bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		putc(digits[bytes.data[i] >> 4], file);
		putc(digits[bytes.data[i] & 15], file);
	}
}

static void write_plain(FILE *file, enum nv_opcode opcode, struct nv_bytes message)
{
	if (opcode == NV_BINARY)
		write_hex(file, message);
	else if (message.len > 0)
		fwrite(message.data, 1, message.len, file);
	putc('\n', file);
}

static void write_terminal_binary(FILE *file, struct nv_bytes message)
{
	bool cut = message.len > TERMINAL_BINARY_MAX;
	size_t len = message.len;

	if (cut)
		message.len = TERMINAL_BINARY_MAX;
	fprintf(file, "<binary, %zu byte%s> ", len, len == 1 ? "" : "s");
	write_hex(file, message);
	fputs(cut ? "...\n" : "\n", file);
}

static void write_terminal(FILE *file, enum nv_opcode opcode, struct nv_bytes message)
{
	fputs("Message du serveur : ", file);
	if (opcode == NV_BINARY) {
		write_terminal_binary(file, message);
		return;
	}
	nv_escape(file, message);
	putc('\n', file);
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
	errno = 0;
	if (output->terminal)
		write_terminal(output->file, opcode, message);
	else
		write_plain(output->file, opcode, message);
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
