/* SPDX-License-Identifier: MIT */
/* fuzz_frame_client.c: a client's session under everything that a peer and a program may do. */
#include "input.h"
#include "mixed_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mixed_session(NV_CLIENT, data, size);
	return 0;
}
