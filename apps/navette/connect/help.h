/* SPDX-License-Identifier: MIT */
/* help.h: what navette connect --help and navette replay --help print. */
#ifndef CONNECT_HELP_H
#define CONNECT_HELP_H

#include <stdio.h>

void nv_connect_help(FILE *file);
void nv_replay_help(FILE *file);

#endif
