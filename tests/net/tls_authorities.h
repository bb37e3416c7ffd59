/* SPDX-License-Identifier: MIT */
/* tls_authorities.h: who signs the certificates of tls_pair.h, in the test's folder, and the tickets of the
 * servers that show them. For one source of a program. */
#ifndef TEST_NET_TLS_AUTHORITIES_H
#define TEST_NET_TLS_AUTHORITIES_H

#include "net/tls_pair.h"

static struct nv_tls_tickets tickets;
static struct cert *root;
static struct cert *authority; /* between the root and the leaves */
static struct cert *unknown;

/* The root's stands in ca.pem. */
static inline void authorities_make(void)
{
	folder_make();
	nv_tls_tickets_init(&tickets);
	root = certs_make(&(struct cert_wish){ .name = "root", .is_authority = true });
	unknown = certs_make(&(struct cert_wish){ .name = "unknown", .is_authority = true });
	authority = certs_make(
		&(struct cert_wish){ .name = "between", .is_authority = true, .issuer = root });
	certs_write_one(root, folder_path("ca.pem"));
}

static inline int authorities_free(void **state)
{
	certs_free(authority);
	certs_free(root);
	certs_free(unknown);
	nv_tls_tickets_deinit(&tickets);
	folder_remove();
	return 0;
}

#endif
