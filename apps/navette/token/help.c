/* SPDX-License-Identifier: MIT */
/* help.c: the help text; the exit codes of check come from the table in actions.h. */
#include "token/help.h"

#include "token/actions.h"

static const char text[] =
	"Usage: navette token new [--tokens FILE [--name NAME]]\n"
	"       navette token new --jwt-algorithm ALGORITHM --jwt-key FILE [--name NAME]\n"
	"                         [--expires TIME]\n"
	"       navette token show [FILE]\n"
	"       navette token check [--tokens FILE] [--jwt-algorithm ALGORITHM --jwt-key FILE]\n"
	"\n"
	"Tokens for navette serve --tokens and --jwt-key. A token is printed on standard output\n"
	"or read from standard input, and never an argument: everybody can read those.\n"
	"\n"
	"  new    prints a new token: 256 random bits, or a signed JWT\n"
	"  show   prints what a JWT in FILE, or on standard input, says of itself;\n"
	"         nothing of it is checked\n"
	"  check  reads a token from standard input and prints good, expired, bad or early\n"
	"\n"
	"  --tokens FILE               one token a line, with a name behind it or not; new\n"
	"                              adds its token and makes the file, for its owner only\n"
	"  --name NAME                 whose token it is, and what the chat calls him\n"
	"  --jwt-algorithm ALGORITHM   HS256, RS256 or ES256\n"
	"  --jwt-key FILE              HS256: the secret, 32 bytes at least; RS256 and ES256:\n"
	"                              PEM, for new the private key, for check the public one\n"
	"  --expires TIME              how long a JWT is good: 30m, 8h, up to 1000000s (1h)\n"
	"  -h, --help                  print this and exit\n"
	"\n"
	"Files with secrets have to be of mode 0640 at most.\n"
	"\n"
	"  navette token new --tokens tokens --name Alice\n"
	"  navette token check --tokens tokens < alice.token\n"
	"  openssl rand -out jwt.key 32 && chmod 600 jwt.key\n"
	"  navette token new --jwt-algorithm HS256 --jwt-key jwt.key --expires 8h > alice.jwt\n"
	"  navette token show alice.jwt\n"
	"\n"
	"Exit codes:\n";

void nv_token_help(FILE *file)
{
	fputs(text, file);
#define HELP_LINE(name, value, word, meaning) fprintf(file, "  %3d  %s\n", value, meaning);
	NV_TOKEN_CODES(HELP_LINE)
#undef HELP_LINE
}
