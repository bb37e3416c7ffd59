/* SPDX-License-Identifier: MIT */
/* given.h: one value that somebody has given to a setting, on its way into the options; and out of them
 * again, as text. */
#ifndef SERVE_GIVEN_H
#define SERVE_GIVEN_H

#include <stdio.h>

#include "serve/options.h"
#include "serve/problems.h"
#include "serve/setting.h"

#define NV_NEXT_ROW SIZE_MAX

struct nv_given {
	const struct nv_setting *setting;
	const char *text; /* copied */
	size_t row;       /* of a list; NV_NEXT_ROW: where flags stand that belong together */
	struct nv_origin origin;
};

/* Puts it in place of what the same setting has from elsewhere, or tells the problem; sources come in the
 * order of enum nv_source. 0 or a negative error. */
int nv_given_take(struct nv_serve_options *options, const struct nv_given *given,
                  struct nv_problems *problems);

/* Writes the value as the configuration file has it, "8080" or { "a", "b" }; false: there is none. */
bool nv_given_print(FILE *file, const struct nv_serve_options *options,
                    const struct nv_setting *setting);

/* The same in memory that the caller frees: "" without a value, NULL without memory. */
char *nv_given_text(const struct nv_serve_options *options, const struct nv_setting *setting);

/* "--rate", "NAVETTE_RATE", "navette.conf:12" or "default". */
void nv_given_print_origin(FILE *file, const struct nv_serve_options *options,
                           const struct nv_setting *setting);

#endif
