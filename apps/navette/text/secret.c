/* SPDX-License-Identifier: MIT */
/* secret.c: memory that is freed is given to the next one as it is. */
#include "text/secret.h"

#include <stdlib.h>
#include <string.h>

void nv_secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}
