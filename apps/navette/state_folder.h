/* SPDX-License-Identifier: MIT */
/* state_folder.h: where the program keeps what it makes: $XDG_STATE_HOME/navette, or
 * ~/.local/state/navette. */
#ifndef NAVETTE_STATE_FOLDER_H
#define NAVETTE_STATE_FOLDER_H

#include <stddef.h>

/* Makes what is missing of it, for its owner only, and writes its path. 0; else errno, and the path
 * is the one that made trouble, or empty: nothing tells where a home is. */
int nv_state_folder(char *path, size_t size);

#endif
