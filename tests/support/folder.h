/* SPDX-License-Identifier: MIT */
/* folder.h: a folder for the files of a test program. One at a time; what fails ends the program. */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

void folder_make(void);
void folder_remove(void); /* with all files in it */

/* The path of a file in it, which stays until the folder is removed. */
const char *folder_path(const char *name);

#endif
