/* SPDX-License-Identifier: MIT */
/* token.c: navette token: which of its actions is asked for. */
#include <stdio.h>

#include "command.h"
#include "token/actions.h"
#include "token/help.h"

int navette_token(int argc, char **argv)
{
	struct nv_token_options options;
	int code = nv_token_options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (options.help) {
		nv_token_help(stdout);
		return 0;
	}
	if (options.action == NV_TOKEN_NEW)
		return nv_token_new(&options);
	return options.action == NV_TOKEN_SHOW ? nv_token_show(&options) : nv_token_check(&options);
}
