/* SPDX-License-Identifier: MIT */
/* help.c: the help texts; their exit codes come from the table in verdict.h. */
#include "connect/help.h"

#include "connect/verdict.h"
#include "guide.h"

static const char connect_usage[] =
	"Usage: navette connect [OPTION]... URL\n"
	"\n"
	"Talks to a WebSocket server: each line of standard input is sent as a message,\n"
	"each message received is printed on standard output.\n"
	"A URL looks like ws://localhost:8080/ws, or wss:// with TLS.\n"
	"\n";

static const char replay_usage[] =
	"Usage: navette replay [OPTION]... FILE URL\n"
	"\n"
	"Sends what was sent in FILE, which navette connect --record has written, at the\n"
	"times it was sent then, and prints each message received. What is no good in\n"
	"FILE is told with its line, before anything is sent.\n"
	"\n"
	"  --speed FACTOR              10 is ten times as fast, 0 all at once (1)\n"
	"\n"
	"The other options are those of navette connect, and the end of FILE is the end\n"
	"of the input:\n"
	"\n";

static const char messages[] =
	"Messages\n"
	"  --once                      leave after the first message received\n"
	"  --count COUNT               leave after so many messages received\n"
	"  --wait TIME                 leave so long after the end of the input\n"
	"  -0, --null                  messages end with a zero byte, not with a line\n"
	"                              break, in the input and in the output\n"
	"  --binary                    lines are sent as binary messages; binary is\n"
	"                              printed as it came, with nothing behind it\n"
	"  --hex                       lines are hex digits of binary messages\n"
	"  --base64                    lines are base64 of binary messages; binary is\n"
	"                              printed so\n"
	"  --record FILE               write every message to FILE, for navette replay\n";

static const char echo_loop[] =
	"  --echo-loop                 send each message received back, until the server\n"
	"                              closes; nothing is read or printed\n";

static const char options[] =
	"\n"
	"Request\n"
	"  -H, --header 'NAME: VALUE'  add a header to the request; repeatable\n"
	"  -b, --cookie 'NAME=VALUE'   send this cookie; repeatable\n"
	"  -u, --user NAME:PASSWORD    send these credentials (Basic)\n"
	"  --user-file FILE            the same from the first line of FILE, which is not\n"
	"                              to be readable for everybody\n"
	"  -o, --origin ORIGIN         send this Origin header\n"
	"  -s, --subprotocol A,B       offer subprotocols, the best first\n"
	"  -L, --location              follow up to 5 redirects, never from wss to ws;\n"
	"                              secrets go to no other host\n"
	"  --max-redirs COUNT          follow up to so many; 0 is none\n"
	"  --no-compression            do not offer permessage-deflate\n"
	"\n"
	"Connection\n"
	"  -v, --verbose               show, on standard error, both handshakes, what was\n"
	"                              negotiated and how long it took\n"
	"  -x, --proxy URL             http://[NAME:PASSWORD@]HOST[:PORT], or socks5://;\n"
	"                              '' is none, whatever http_proxy, https_proxy,\n"
	"                              all_proxy and no_proxy say in the environment\n"
	"  --reconnect                 connect again when the connection is lost or none\n"
	"                              came about; Close with 1000 or no code ends it\n"
	"  --ping-interval TIME        silence before a ping; 0 is never (30s)\n"
	"  --connect-timeout TIME      wait for the name and the connection (15s), then\n"
	"                              for the server's answer (10s); 0 is for ever\n"
	"  --close-timeout TIME        wait for the server's part in closing (5s);\n"
	"                              0 is for ever\n"
	"  --max-message BYTES         longest message to receive (67108864)\n"
	"\n"
	"TLS, for wss:// URLs; files are PEM\n"
	"  --cacert FILE               trust these instead of the system's authorities\n"
	"  -k, --insecure              trust anybody: whoever is on the way can read and\n"
	"                              change everything\n"
	"  --cert FILE                 certificate to show to a server that asks for one,\n"
	"                              and those that lead to its authority\n"
	"  --key FILE                  its key (in the same file)\n"
	"  --key-passphrase-file FILE  whose first line decrypts the key\n"
	"\n"
	"Terminal\n"
	"  --color WHEN                always, never or auto: on a terminal, unless\n"
	"                              NO_COLOR is set (auto); always shows messages in a\n"
	"                              pipe, too, as on a terminal\n"
	"  --timestamps                the time before each message; in a pipe not with\n"
	"                              --binary, unless --null separates them\n"
	"  --raw                       JSON as it came\n"
	"  -h, --help                  print this and exit\n"
	"\n"
	"TIME is a number of seconds, or has a unit: 5, 0.5, 500ms, 5s, 2m, 1h.\n"
	"\n"
	"THE RULE OF THE END. When the input ends, or a line is \"quit\", all of it is\n"
	"still sent, and then a ping. When the server has answered that, --close-timeout\n"
	"later at most, the connection is closed with 1000; so the answers of a server\n"
	"that answers in order are printed. --wait TIME puts that off until so long after\n"
	"the end of the input, or after the first opening if that was later. With --once\n"
	"or --count it is the messages that end it, also after the end of the input, and\n"
	"a greeting is a message; with --wait, too, they are waited for that long. Ctrl-C\n"
	"or SIGTERM closes now, a second one quits at once.\n"
	"\n"
	"Input is UTF-8 unless an option says otherwise; lines end with LF or CRLF and\n"
	"hold up to 64 MiB. A line that can't be sent is told with its number, and the\n"
	"exit code is 1 in the end. With --null, --binary, --hex and --base64 \"quit\" is\n"
	"no word.\n"
	"\n"
	"In a pipe, text is printed as it came, with a line break behind it, and binary\n"
	"as a line of hex digits. On a terminal it is made readable, and control\n"
	"characters are shown as \\n or \\x1b. Everything that is not a message goes to\n"
	"standard error.\n"
	"\n";

static const char examples[] =
	"  echo hello | navette connect --wait 5s ws://localhost:8080/ws\n"
	"  echo 68656c6c6f | navette connect --hex --once ws://localhost:8080/\n"
	"  navette connect -v --user-file secret wss://example.org/ws\n"
	"  navette connect --echo-loop ws://localhost:9001/runCase?case=1\n"
	"\n"
	"--echo-loop is for suites that test clients: text comes back as text and binary\n"
	"as binary, none is dropped, and 1001 is a normal end too. It takes none of the\n"
	"options of \"Messages\" and \"Terminal\", nor --reconnect.\n"
	"\n";

static void put_codes(FILE *file)
{
	fputs("What errors mean: " NV_GUIDE_FILE ", below share/doc/navette.\n\n", file);
	fputs("Exit codes:\n", file);
#define HELP_LINE(name, value, meaning) fprintf(file, "  %3d  %s\n", value, meaning);
	NV_VERDICTS(HELP_LINE)
#undef HELP_LINE
}

void nv_connect_help(FILE *file)
{
	fputs(connect_usage, file);
	fputs(messages, file);
	fputs(echo_loop, file);
	fputs(options, file);
	fputs(examples, file);
	put_codes(file);
}

void nv_replay_help(FILE *file)
{
	fputs(replay_usage, file);
	fputs(messages, file);
	fputs(options, file);
	put_codes(file);
}
