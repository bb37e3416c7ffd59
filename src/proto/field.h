/* SPDX-License-Identifier: MIT */
/* field.h: the small grammar of HTTP fields (RFC 9110 section 5): tokens, white space, lists. */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include <navette/base.h>

bool nv_is_tchar(uint8_t c);            /* RFC 9110 5.6.2 */
bool nv_is_token(struct nv_bytes text); /* one tchar or more */
bool nv_is_target_char(uint8_t c);      /* visible ASCII without '#' */
bool nv_is_value_char(uint8_t c);       /* of a field value: no control but HT (RFC 9110 5.5) */

bool nv_bytes_equal(struct nv_bytes a, struct nv_bytes b);

/* As nv_bytes_is, in any letter case of ASCII. */
bool nv_bytes_is_caseless(struct nv_bytes b, const char *s);

/* Without spaces and tabs at both ends (OWS, RFC 9110 5.6.3). */
struct nv_bytes nv_trim(struct nv_bytes text);

/* Cuts the next element off a comma list, trimmed; empty ones are skipped (RFC 9110 5.6.1). False
 * at the end. */
bool nv_element_next(struct nv_bytes *rest, struct nv_bytes *element);

/* True when `lines` (NULL: none) are complete "Name: value\r\n" lines that a program may add to a
 * handshake: valid, and none of the fields that the handshake itself is made of. */
bool nv_is_extra_fields(const char *lines);

#endif
