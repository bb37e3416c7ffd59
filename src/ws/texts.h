/* SPDX-License-Identifier: MIT */
/* texts.h: the texts of options, which a server or a client keeps copies of. */
#ifndef WS_TEXTS_H
#define WS_TEXTS_H

#include <navette/tls.h>

/* Puts a copy in place of the text; NULL stays. False without memory: it is NULL then. */
bool nv_text_own(const char **text);
void nv_text_free(const char *text); /* a copy, or NULL */
void nv_text_wipe(const char *text); /* the same for a secret, of which nothing is left */

/* The same for all three; without memory some of them are NULL and the others are copies. */
bool nv_certificate_own(struct nv_certificate *certificate);
void nv_certificate_free(const struct nv_certificate *certificate);

#endif
