/* SPDX-License-Identifier: MIT */
/* keys.c: hands out masking keys, each once. */
#include "ws/keys.h"

#include "net/random.h"

int nv_keys_next(void *context, uint8_t key[4])
{
	struct nv_keys *keys = context;

	if (keys->left < 4) {
		int error = nv_random(keys->bytes, sizeof keys->bytes);

		if (error < 0)
			return error;
		keys->left = sizeof keys->bytes;
	}
	memcpy(key, keys->bytes + sizeof keys->bytes - keys->left, 4);
	keys->left -= 4;
	return 0;
}
