/* SPDX-License-Identifier: MIT */
/* topic.h: which part of the troubleshooting page is about a run that has failed. */
#ifndef CONNECT_TOPIC_H
#define CONNECT_TOPIC_H

#include "connect/verdict.h"
#include "guide.h"

/* A connection that never opened, and the verdict on it. */
enum nv_guide nv_topic_of_failure(enum nv_verdict verdict, const struct nv_failure *failure);

/* One that was open and did not end well. */
enum nv_guide nv_topic_of_close(const struct nv_close *close);

#endif
