/* SPDX-License-Identifier: MIT */
/* connect.h: how a run of navette connect or replay begins. */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

#include "connect/options.h"

/* Makes the standard descriptors good, reads the command line, and warns of what it asks for. As
 * nv_connect_options_parse. */
int nv_connect_begin(struct nv_connect_options *options, enum nv_connect_command command, int argc,
                     char **argv);

#endif
