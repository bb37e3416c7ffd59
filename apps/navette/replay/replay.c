/* SPDX-License-Identifier: MIT */
/* replay.c: navette replay: a talk whose source is a recording. */
#include <stdio.h>

#include "command.h"
#include "connect/connect.h"
#include "connect/help.h"
#include "connect/report.h"
#include "connect/talk.h"
#include "connect/verdict.h"
#include "replay/recording.h"

static int run(const struct nv_connect_options *options)
{
	struct nv_source *source;
	int code;

	if (options->help) {
		nv_replay_help(stdout);
		return 0;
	}
	source = nv_recording_open(options->recording, options->speed);
	if (!source)
		return NV_VERDICT_LOCAL;
	code = nv_talk_run(options, source);
	nv_recording_free(source);
	return code;
}

int navette_replay(int argc, char **argv)
{
	struct nv_connect_options options;
	int code;

	nv_report_as("navette replay");
	code = nv_connect_begin(&options, NV_COMMAND_REPLAY, argc, argv);
	if (code == 0)
		code = run(&options);
	nv_connect_options_deinit(&options);
	return code;
}
