/* SPDX-License-Identifier: MIT */
/* config_comments.h: the comments of a configuration file, which are # and // up to the end of the line, and
 * C's. libconfuse takes one that has no end for the rest of the file, and counts their lines wrongly, so
 * that it gets to see none; nor characters that it would leave out without a word. */
#ifndef SERVE_CONFIG_COMMENTS_H
#define SERVE_CONFIG_COMMENTS_H

/* Overwrites comments with spaces, and leaves strings and all ends of lines where they are. NULL; or what
 * is wrong, and in *line where: a comment, a string or a variable that has no end, from where it begins, or
 * a character that means nothing. Lines count from 1. */
const char *nv_config_comments_blank(char *text, unsigned *line);

#endif
