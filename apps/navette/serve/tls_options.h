/* SPDX-License-Identifier: MIT */
/* tls_options.h: the part of the configuration of "navette serve" that is about TLS. */
#ifndef SERVE_TLS_OPTIONS_H
#define SERVE_TLS_OPTIONS_H

#include <navette/tls.h>

#include "serve/problems.h"

#define NV_SERVE_CERTIFICATES 64

/* Zeroed before it is filled in. The texts are those of the configuration. */
struct nv_serve_tls {
	struct nv_certificate certificates[NV_SERVE_CERTIFICATES];
	size_t count; /* of rows, of which nv_serve_tls_check leaves none without its certificate */
	unsigned source; /* where all of them come from: enum nv_source */
	const char *client_ca_file;
	bool client_optional;
	bool strict_names;
	bool dev; /* with a certificate made here, which is none of those */
};

static inline bool nv_serve_tls_is_on(const struct nv_serve_tls *tls)
{
	return tls->count > 0 || tls->dev;
}

void nv_serve_tls_forget(struct nv_serve_tls *tls); /* the certificates */

/* A file for one of the certificates; `part` is an offset in struct nv_certificate. On a command line a
 * chain begins one and the others belong to the last; in a list each has its row, and "" is none. NULL,
 * or what is to be said between the option and the file. */
const char *nv_serve_tls_next(struct nv_serve_tls *tls, size_t part, const char *file);
const char *nv_serve_tls_row(struct nv_serve_tls *tls, size_t part, size_t row, const char *file);

const char *nv_serve_tls_part_of(const struct nv_serve_tls *tls, size_t row,
                                 size_t part); /* or "" */

/* As the library takes it, all but the certificate of --dev-tls. */
struct nv_server_tls nv_serve_tls_of(const struct nv_serve_tls *tls);

/* What depends on several options: 0, or a negative error. */
int nv_serve_tls_check(const struct nv_serve_tls *tls, struct nv_problems *problems);

#endif
