/* SPDX-License-Identifier: MIT */
/* tls_advice.h: what to try when TLS fails. */
#ifndef CONNECT_TLS_ADVICE_H
#define CONNECT_TLS_ADVICE_H

#include "guide.h"

struct nv_tls_advice {
	const char *words; /* of the library, which has one text for each reason */
	const char *text;  /* goes behind the reason */
	enum nv_guide part;
};

/* `text` is that of a failure in TLS, with its host before it or not. A constant. */
const struct nv_tls_advice *nv_tls_advice(const char *text);

#endif
