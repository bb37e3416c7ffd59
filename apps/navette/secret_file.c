/* SPDX-License-Identifier: MIT */
/* secret_file.c: reads without a buffer of the C library, which would be freed with the secret in it. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	const char *path;
	char *problem;
	size_t size;
	int fd;
};

static bool refuse(const struct reading *reading, const char *problem)
{
	snprintf(reading->problem, reading->size, "%s: %s", reading->path, problem);
	return false;
}

static bool check(const struct reading *reading, enum nv_secrecy secrecy, size_t most, size_t *len)
{
	struct stat status;
	char text[80];

	if (fstat(reading->fd, &status) < 0)
		return refuse(reading, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(reading, "it is no regular file");
	if (secrecy == NV_FILE_PRIVATE && (status.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
		snprintf(text, sizeof text,
		         "others can read or change it (mode %04o); 0640 at most is allowed",
		         (unsigned)status.st_mode & 07777u);
		return refuse(reading, text);
	}
	*len = (size_t)status.st_size;
	if (*len <= most)
		return true;
	snprintf(text, sizeof text, "it has %zu bytes; %zu at most are allowed", *len, most);
	return refuse(reading, text);
}

/* What is appended to the file meanwhile stays out; what is cut off is missing. */
static bool fill(const struct reading *reading, uint8_t *content, size_t *len)
{
	size_t used = 0;

	while (used < *len) {
		ssize_t count = read(reading->fd, content + used, *len - used);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return refuse(reading, strerror(errno));
		if (count == 0)
			break;
		used += (size_t)count;
	}
	*len = used;
	content[used] = '\0';
	return true;
}

static uint8_t *read_open(const struct reading *reading, enum nv_secrecy secrecy, size_t most,
                          size_t *len)
{
	uint8_t *content;

	if (!check(reading, secrecy, most, len))
		return NULL;
	content = malloc(*len + 1);
	if (!content) {
		refuse(reading, nv_strerror(NV_ERR_NOMEM));
		return NULL;
	}
	if (fill(reading, content, len))
		return content;
	nv_secret_file_free(content, *len);
	return NULL;
}

/* Without O_NONBLOCK a pipe that nobody writes to would hold up the program for ever. */
uint8_t *nv_secret_file_read(const char *path, enum nv_secrecy secrecy, size_t most, size_t *len,
                             char *problem, size_t size)
{
	struct reading reading = { path, problem, size, -1 };
	uint8_t *content;

	reading.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (reading.fd < 0) {
		refuse(&reading, strerror(errno));
		return NULL;
	}
	content = read_open(&reading, secrecy, most, len);
	close(reading.fd);
	return content;
}

void nv_secret_file_free(uint8_t *content, size_t len)
{
	if (content)
		explicit_bzero(content, len);
	free(content);
}
