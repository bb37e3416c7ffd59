/* SPDX-License-Identifier: MIT */
/* sources.h: where settings come from. Each takes into the options what is given there, over what is there
 * already; they are asked in the order of enum nv_source. 0, or a negative error when the problems have
 * been told. Main thread. */
#ifndef SERVE_SOURCES_H
#define SERVE_SOURCES_H

#include "serve/options.h"
#include "serve/problems.h"

/* The file options->config_file. */
int nv_config_file(struct nv_serve_options *options, struct nv_problems *problems);

/* The variables; NAVETTE_CONFIG is left to nv_config_find. */
int nv_config_environment(struct nv_serve_options *options, struct nv_problems *problems);

/* True when Kubernetes, or a container linked to this one, has set NAVETTE_PORT for a service of that name. */
bool nv_config_is_kubernetes(void);

/* What getopt refuses is told on standard error, where usage errors go. */
int nv_config_flags(struct nv_serve_options *options, int argc, char **argv,
                    struct nv_problems *problems);

/* Before all of them: only --config, or else NAVETTE_CONFIG, and --help. */
int nv_config_find(struct nv_serve_options *options, int argc, char **argv,
                   struct nv_problems *problems);

#endif
