/* SPDX-License-Identifier: MIT */
/* hello.h: what the server says when it listens: where to find it, and who else can. */
#ifndef SERVE_HELLO_H
#define SERVE_HELLO_H

#include "serve/dev_certificate.h"
#include "serve/options.h"

struct nv_hello {
	const struct nv_serve_options *options;
	const struct nv_dev_certificate *dev; /* with --dev-tls */
	unsigned port;
	unsigned plain_port;   /* with --plain-port */
	unsigned metrics_port; /* with --metrics-port */
};

void nv_hello(const struct nv_hello *hello);

#endif
