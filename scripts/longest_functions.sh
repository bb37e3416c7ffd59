#!/bin/sh
# SPDX-License-Identifier: MIT
#
# longest_functions: print the ten longest functions and fail when one exceeds 80 lines.
# usage: scripts/longest_functions.sh [FOLDER...]     (default: src and apps)
#
# A function is counted from the first line of its head to its closing brace; in our layout its
# opening brace stands alone in the first column.
set -eu
cd "$(dirname "$0")/.."
test $# != 0 || set -- src apps

find "$@" -name '*.c' -exec awk '
	FNR == 1 { head = 0 }
	/^[A-Za-z_].*[^;:]$/ && !head { head = FNR; name = $0 }
	/^{$/ { body = 1 }
	/^}/ && body {
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
		print FNR - head + 1, name, FILENAME ":" head
	}
	/^}/ || /^$/ || /;$/ && !body { head = body ? head : 0 }
	/^}/ { head = body = 0 }
' {} + | sort -rn | awk '
	{ length_of[NR] = $1 }
	NR <= 10 { printf "%4d  %-32s %s\n", $1, $2, $3 }
	END {
		if (NR == 0)
			exit
		printf "%d functions, median %d lines, nine in ten at most %d\n", NR,
			length_of[int((NR + 1) / 2)], length_of[int(NR / 10) + 1]
		exit length_of[1] > 80
	}'
