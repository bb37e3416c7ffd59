/* SPDX-License-Identifier: MIT */
/* descriptors.c: the usual limit of 1,024 is made for select(2). What a server can't start with is found
 * out before it tries: the call that would fail first says little of the cause. */
#include "serve/descriptors.h"

#include <navette/base.h>

#include <stdio.h>
#include <sys/resource.h>

#define OF_STANDARD 3u
#define OF_LOOP 4u    /* over libuv: epoll, what wakes it, its pipe for signals; else two less */
#define OF_PORT 2u    /* localhost is 127.0.0.1 and ::1 */
#define OF_OTHERS 10u /* a client, the terminal, the manager of services, files, signals */

static unsigned needed(const struct nv_serve_options *options)
{
	unsigned count = OF_STANDARD + OF_LOOP * options->threads + OF_PORT + OF_OTHERS;

	if (options->plain_port != NV_SERVE_NO_PORT)
		count += OF_PORT;
	if (options->metrics_port != NV_SERVE_NO_PORT)
		count += OF_LOOP + OF_PORT;
	return count;
}

int nv_descriptors_raise(const struct nv_serve_options *options)
{
	unsigned least = needed(options);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	if (limit.rlim_max < least) {
		fprintf(stderr,
		        NV_SERVE_COMMAND
		        ": cannot start: it may have %llu open files and needs %u "
		        "at least; raise the limit (ulimit -n, LimitNOFILE= of the "
		        "unit) or choose fewer --threads\n",
		        (unsigned long long)limit.rlim_max, least);
		return NV_ERR_LIMIT;
	}
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return 0;
}
