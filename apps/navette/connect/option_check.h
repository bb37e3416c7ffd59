/* SPDX-License-Identifier: MIT */
/* option_check.h: a command line as a whole. All return 0, or the exit code after a message. */
#ifndef CONNECT_OPTION_CHECK_H
#define CONNECT_OPTION_CHECK_H

#include "connect/options.h"

/* What excludes or needs each other. */
int nv_options_check(const struct nv_connect_options *options);
/* The arguments that are no options, which NULL ends: the recording, of replay alone, and behind it the
 * URL and nothing more. */
int nv_options_take_recording(struct nv_connect_options *options, char **arguments);
int nv_options_take_url(struct nv_connect_options *options, char **arguments);
/* Options that are for TLS alone need a URL with it. */
int nv_options_check_scheme(const struct nv_connect_options *options);

#endif
