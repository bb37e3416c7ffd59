/* SPDX-License-Identifier: MIT */
/* command.h: the commands of the program. Each gets its own arguments, argv[0] being its name, and
 * returns the exit code. */
#ifndef NAVETTE_COMMAND_H
#define NAVETTE_COMMAND_H

int navette_serve(int argc, char **argv);
int navette_connect(int argc, char **argv);
int navette_replay(int argc, char **argv);
int navette_token(int argc, char **argv);

#endif
