/* SPDX-License-Identifier: MIT */
/* random_windows.c: the random bytes of Windows. */
#include "net/random.h"

#include <windows.h>
/* Needs windows.h. */
#include <bcrypt.h>

#include <navette/base.h>

int nv_random(void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		const ULONG part = len < UINT32_MAX ? (ULONG)len : UINT32_MAX;

		if (BCryptGenRandom(NULL, at, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
			return NV_ERR_SYSTEM;
		at += part;
		len -= part;
	}
	return 0;
}
