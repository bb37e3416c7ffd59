/* SPDX-License-Identifier: MIT */
/* secrecy.c: only where there is something to hide, so that everything else can still be debugged. */
#include "serve/secrecy.h"

#include <sys/prctl.h>

void nv_secrecy_keep(const struct nv_serve_options *options)
{
	if (nv_serve_tls_is_on(&options->tls) || nv_serve_auth_is_on(&options->auth))
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
