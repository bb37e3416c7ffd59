/* SPDX-License-Identifier: MIT */
/* field_argument.h: what goes into the head of the request: headers, subprotocols, cookies, credentials.
 * Checked here, where the message can name the option. All return 0, or the exit code after a message;
 * the texts stay the caller's, `*list` is allocated and grows. */
#ifndef CONNECT_FIELD_ARGUMENT_H
#define CONNECT_FIELD_ARGUMENT_H

int nv_field_add_header(char **list, const char *line);
int nv_field_add_origin(char **list, const char *origin);
int nv_field_add_subprotocols(char **list, const char *names);
int nv_field_add_cookie(char **list, const char *cookie);

/* "name:password"; the one before is replaced. */
int nv_field_set_credentials(char **credentials, const char *text);
/* The same from the first line of a file, which others than the owner and his group may not read. */
int nv_field_read_credentials(char **credentials, const char *path);

#endif
