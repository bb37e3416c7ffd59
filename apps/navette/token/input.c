/* SPDX-License-Identifier: MIT */
/* input.c: reads without a buffer of the C library, which would be freed with the token in it. */
#include "token/input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "connect/report.h"
#include "token/actions.h"

static int fill(struct nv_token_input *input, int fd, const char *file)
{
	ssize_t count = 1;

	while (count != 0 && input->len < sizeof input->data) {
		count = read(fd, input->data + input->len, sizeof input->data - input->len);
		if (count < 0 && errno != EINTR) {
			nv_report("%s: %s", file, strerror(errno));
			return NV_TOKEN_CODE_LOCAL;
		}
		input->len += count > 0 ? (size_t)count : 0;
	}
	return 0;
}

static void drop_end(struct nv_token_input *input, char end)
{
	if (input->len > 0 && input->data[input->len - 1] == (uint8_t)end)
		input->len--;
}

int nv_token_input_read(struct nv_token_input *input, const char *file)
{
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	int code;

	input->len = 0;
	if (fd < 0) {
		nv_report("%s: %s", file, strerror(errno));
		return NV_TOKEN_CODE_LOCAL;
	}
	code = fill(input, fd, file ? file : "standard input");
	if (file)
		close(fd);
	if (input->len < sizeof input->data) {
		drop_end(input, '\n');
		drop_end(input, '\r');
	}
	return code;
}
