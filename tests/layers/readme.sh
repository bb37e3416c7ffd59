#!/bin/sh
# SPDX-License-Identifier: MIT
#
# readme: fail when the server that README.md shows does not compile as it stands.
# usage: tests/layers/readme.sh CC
set -eu
cd "$(dirname "$0")/../.."

shown=$(awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md)
printf '%s\n' "$shown" | grep -q nv_server_listen
printf '%s\n' "$shown" |
	"$1" -x c -std=c11 -pedantic -Wall -Wextra -Werror -I include -fsyntax-only -
