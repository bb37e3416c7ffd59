#!/bin/sh
# SPDX-License-Identifier: MIT
#
# file_sizes: fail when a .c file has more than 500 lines or a .h file more than 250.
# usage: scripts/file_sizes.sh [FOLDER...]     (default: src and apps)
set -eu
cd "$(dirname "$0")/.."
test $# != 0 || set -- src apps

find "$@" -name '*.[ch]' -exec awk '
	FNR == 1 { limit = FILENAME ~ /h$/ ? 250 : 500 }
	FNR == limit + 1 { print FILENAME ": more than " limit " lines"; found = 1 }
	END { exit found }
' {} +
