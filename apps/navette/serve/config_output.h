/* SPDX-License-Identifier: MIT */
/* config_output.h: "navette serve --print-config" and "--check-config". Exit codes. */
#ifndef SERVE_CONFIG_OUTPUT_H
#define SERVE_CONFIG_OUTPUT_H

#include "serve/options.h"

/* All settings as a configuration file: those that are given, with where, and the others as comments. Files
 * are named and not looked into. */
int nv_config_print(const struct nv_serve_options *options);

/* Reads all files that are named, as the start would, and asks whether the address is one of this machine.
 * "configuration is good", or each problem on standard error. */
int nv_config_check(const struct nv_serve_options *options);

#endif
