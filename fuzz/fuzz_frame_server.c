/* SPDX-License-Identifier: MIT */
/* fuzz_frame_server.c: a server's session under everything that a peer and a program may do. */
#include "input.h"
#include "mixed_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mixed_session(NV_SERVER, data, size);
	return 0;
}
