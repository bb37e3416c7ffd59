/* SPDX-License-Identifier: MIT */
/* duration.h: times as people write them. */
#ifndef TEXT_DURATION_H
#define TEXT_DURATION_H

#include <navette/base.h>

/* Reads "5s", "500ms", "2m", "1h", "1.5", a number alone being seconds, of up to 1,000,000 seconds. 0, or
 * NV_ERR_INVALID. What is more than nothing is at least a millisecond. */
int nv_duration_parse(const char *text, uint32_t *ms);

#endif
