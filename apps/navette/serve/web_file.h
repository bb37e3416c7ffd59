/* SPDX-License-Identifier: MIT */
/*
 * web_file.h: the pages that the binary carries.
 *
 * One table, generated at build time by cmake/embed.cmake from every file below web/. The bytes are
 * constant and live as long as the program.
 */
#ifndef NAVETTE_SERVE_WEB_FILE_H
#define NAVETTE_SERVE_WEB_FILE_H

#include <stddef.h>

struct web_file {
	const char *path;          /* relative to web/, "chat.html" or "img/logo.svg" */
	const char *type;          /* the Content-Type, with its charset for text */
	const unsigned char *data; /* size bytes, not ended by NUL */
	size_t size;
};

/* web_file_count entries, sorted by path. */
extern const struct web_file web_files[];
extern const size_t web_file_count;

#endif
