/* SPDX-License-Identifier: MIT */
/* papers.h: the certificates of a test program, made once in a folder of their own, which goes when the
 * program ends: an authority, what it has signed, and what is wrong in every way. */
#ifndef TESTS_WS_PAPERS_H
#define TESTS_WS_PAPERS_H

#include <stdio.h>

#include "support/certs.h"
#include "support/folder.h"

static struct cert *papers_ca;

/* The path of a file there. */
static inline const char *paper(const char *name)
{
	return folder_path(name);
}

/* NAME.pem and NAME.key. */
static inline void paper_write(const char *name, const struct cert *cert)
{
	char file[64];

	snprintf(file, sizeof file, "%s.pem", name);
	certs_write_chain(cert, paper(file));
	snprintf(file, sizeof file, "%s.key", name);
	certs_write_key(cert, paper(file), NULL);
}

static inline void paper_make(const char *name, struct cert_wish wish)
{
	struct cert *cert = certs_make(&wish);

	paper_write(name, cert);
	certs_free(cert);
}

static inline int papers_make(void **state)
{
	const char *here = "DNS:example.org,IP:127.0.0.1";
	struct cert *other, *anna;

	(void)state;
	folder_make();
	papers_ca = certs_make(&(struct cert_wish){ .name = "ca", .is_authority = true });
	other = certs_make(&(struct cert_wish){ .name = "other", .is_authority = true });
	certs_write_one(papers_ca, paper("ca.pem"));
	paper_make("server", (struct cert_wish){ "server", here, .issuer = papers_ca });
	paper_make("next", (struct cert_wish){ "next", here, .issuer = papers_ca });
	paper_make("name", (struct cert_wish){ NULL, "DNS:other.example", .issuer = papers_ca });
	paper_make("short", (struct cert_wish){ NULL, here, .issuer = papers_ca,
	                                        .until_s = 10 * CERTS_DAY });
	paper_make("ended", (struct cert_wish){ NULL, here, .issuer = papers_ca,
	                                        .from_s = -2 * CERTS_DAY, .until_s = -CERTS_DAY });
	paper_make("future", (struct cert_wish){ NULL, here, .issuer = papers_ca,
	                                         .from_s = CERTS_DAY, .until_s = 9 * CERTS_DAY });
	paper_make("common", (struct cert_wish){ "example.org", NULL, .issuer = papers_ca });
	paper_make("alone", (struct cert_wish){ .name = "example.org", .names = here });
	paper_make("stranger", (struct cert_wish){ "example.org", here, .issuer = other });
	anna = certs_make(&(struct cert_wish){
		.name = "anna", .purpose = "clientAuth", .issuer = papers_ca });
	paper_write("anna", anna);
	certs_write_key(anna, paper("locked.key"), "secret");
	certs_write_bytes(paper("passphrase"), "secret\n", 7);
	certs_free(anna);
	paper_make(
		"mallory",
		(struct cert_wish){ .name = "mallory", .purpose = "clientAuth", .issuer = other });
	certs_free(other);
	return 0;
}

static inline void papers_drop(void)
{
	certs_free(papers_ca);
	papers_ca = NULL;
	folder_remove();
}

static inline int papers_free(void **state)
{
	(void)state;
	papers_drop();
	return 0;
}

#endif
