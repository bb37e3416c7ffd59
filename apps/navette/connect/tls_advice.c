/* SPDX-License-Identifier: MIT */
/* tls_advice.c: by the words of the library. */
#include "connect/tls_advice.h"

#include <stddef.h>
#include <string.h>

static const struct nv_tls_advice advice[] = {
	{ "our certificate", "; is --cert the right one?", NV_GUIDE_OUR_CERTIFICATE },
	{ "certificate of ours", "; show it one with --cert FILE and --key FILE",
	  NV_GUIDE_OUR_CERTIFICATE },
	{ "has expired", "; it has to be renewed, unless the clock of this machine is wrong",
	  NV_GUIDE_CERTIFICATE_DATE },
	{ "not yet valid", "; is the clock of this machine right?", NV_GUIDE_CERTIFICATE_DATE },
	{ "for this host name", "; is the name in the URL right?", NV_GUIDE_CERTIFICATE_HOST },
	{ "another host", "; is the name in the URL right?", NV_GUIDE_CERTIFICATE_HOST },
	{ "self-signed", "; to trust it, have it in a FILE and say --cacert FILE",
	  NV_GUIDE_SELF_SIGNED },
	{ "authority is not known", "; --cacert FILE trusts the authority in FILE",
	  NV_GUIDE_UNKNOWN_AUTHORITY },
	{ "not speak TLS", "; try ws://", NV_GUIDE_TLS },
	{ "without a word", "; is there TLS on this port? If not, try ws://", NV_GUIDE_TLS },
	{ "took too long", "; is there TLS on this port? (--connect-timeout waits longer)",
	  NV_GUIDE_TLS },
};

static const struct nv_tls_advice other = { "", "", NV_GUIDE_TLS };

/* A host may be called like a problem. */
static const char *behind_host(const char *text)
{
	const char *colon = strstr(text, ": ");

	return colon ? colon + 2 : text;
}

const struct nv_tls_advice *nv_tls_advice(const char *text)
{
	const char *problem = behind_host(text);

	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
		if (strstr(problem, advice[i].words))
			return &advice[i];
	}
	return &other;
}
