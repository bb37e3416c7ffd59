/* SPDX-License-Identifier: MIT */
/* random_posix.c: the kernel's random bytes. Waits for its pool once after boot, and never again. */
#include "net/random.h"

#include <errno.h>
#include <sys/random.h>

#include <navette/base.h>

int nv_random(void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno != EINTR)
			return NV_ERR_SYSTEM;
		if (got <= 0)
			continue;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}
