/* SPDX-License-Identifier: MIT */
/* config_comments.h: the comments of a configuration file, which are # and // up to the end of the line, and
 * C's. libconfuse takes one that has no end for the rest of the file, and counts their lines wrongly, so
 * that it gets to see none. */
#ifndef SERVE_CONFIG_COMMENTS_H
#define SERVE_CONFIG_COMMENTS_H

/* Overwrites comments with spaces, and leaves strings and all ends of lines where they are. NULL; or what
 * has no end, a comment, a string or a variable, and in *line where it begins, counted from 1. */
const char *nv_config_comments_blank(char *text, unsigned *line);

#endif
