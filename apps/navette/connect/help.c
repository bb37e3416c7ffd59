/* SPDX-License-Identifier: MIT */
/* help.c: the help text; its exit codes come from the table in verdict.h. */
#include "connect/help.h"

#include "connect/verdict.h"

static const char text[] =
	"Usage: navette connect [OPTION]... URL\n"
	"\n"
	"Talks to a WebSocket server: each line of standard input is sent as a text\n"
	"message, each message received is printed on standard output.\n"
	"A URL looks like ws://localhost:8080/ws.\n"
	"\n"
	"  --once                      exit 0 after the first message received\n"
	"  --echo-loop                 send each message received back, until the server\n"
	"                              closes; nothing is read or printed\n"
	"  -H, --header 'NAME: VALUE'  add a header to the request; repeatable\n"
	"  -o, --origin ORIGIN         send this Origin header\n"
	"  -s, --subprotocol A,B       offer subprotocols, the best first\n"
	"  --no-compression            do not offer permessage-deflate\n"
	"  --max-message BYTES         longest message to receive (67108864)\n"
	"  --ping-interval SECONDS     silence before a ping; 0 is never (30)\n"
	"  --connect-timeout SECONDS   wait for the name and the connection (15), then\n"
	"                              for the server's answer (10); 0 is for ever\n"
	"  --close-timeout SECONDS     wait for the server's part in closing (5);\n"
	"                              0 is for ever\n"
	"  -h, --help                  print this and exit\n"
	"\n"
	"Input is UTF-8; lines end with LF or CRLF and hold up to 64 MiB. A line that is\n"
	"not UTF-8 is not sent, and the exit code is 1 in the end. A line \"quit\" or the\n"
	"end of the input closes the connection with 1000 as soon as the server has\n"
	"answered a ping behind the last line, at most --close-timeout later; so the\n"
	"answers of a server that answers in order are printed. Ctrl-C closes it now, a\n"
	"second one quits at once.\n"
	"\n"
	"With --once the end of the input closes nothing: the message is waited for. A\n"
	"greeting of the server is a message too; input not read by then is not sent.\n"
	"\n"
	"In a pipe, text is printed as it came, with a line break behind it, and binary\n"
	"as a line of hex digits. On a terminal it stands behind \"Message du serveur : \",\n"
	"and control characters are shown as \\n or \\x1b. Everything that is not a message\n"
	"goes to standard error.\n"
	"\n"
	"With --echo-loop text comes back as text and binary as binary, and none is\n"
	"dropped: a server that does not read is not read from either. It is for suites\n"
	"that test clients, and takes 1001 for a normal end too:\n"
	"\n"
	"  navette connect --echo-loop ws://localhost:9001/runCase?case=1\n"
	"\n"
	"Exit codes:\n";

void nv_connect_help(FILE *file)
{
	fputs(text, file);
#define HELP_LINE(name, value, meaning) fprintf(file, "  %3d  %s\n", value, meaning);
	NV_VERDICTS(HELP_LINE)
#undef HELP_LINE
}
