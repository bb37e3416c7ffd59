/* SPDX-License-Identifier: MIT */
/* descriptors.h: how many open files the server may have. A connection is one. */
#ifndef SERVE_DESCRIPTORS_H
#define SERVE_DESCRIPTORS_H

#include "serve/options.h"

/* Raises the limit as far as this process may. 0; or NV_ERR_LIMIT when that is too little to start, which
 * standard error has been told. */
int nv_descriptors_raise(const struct nv_serve_options *options);

#endif
