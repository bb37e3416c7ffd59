/* SPDX-License-Identifier: MIT */
/* turnstile.h: lets one at a time through to a place, in the order of arrival, over all threads of the process. */
#ifndef NET_TURNSTILE_H
#define NET_TURNSTILE_H

#include "net/loop.h"

/* A place: an address with its port, or whatever stands for a name. */
#define NV_PLACE 18u

struct nv_pass;

/* Asks to go through. `granted` is called on the loop's thread, once, never from inside. NULL without
 * memory. */
struct nv_pass *nv_pass_ask(struct nv_loop *loop, const uint8_t place[NV_PLACE],
                            void (*granted)(void *context), void *context);

/* Lets the next one through; or, not granted yet, asks no more. On the loop's thread; NULL does nothing. */
void nv_pass_free(struct nv_pass *pass);

/* The place of an address; of a host name, whatever its case, and port. */
void nv_place_of_address(const struct nv_address *address, uint8_t place[NV_PLACE]);
void nv_place_of_name(const char *host, uint16_t port, uint8_t place[NV_PLACE]);

#endif
