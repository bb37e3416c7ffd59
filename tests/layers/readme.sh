#!/bin/sh
# SPDX-License-Identifier: MIT
#
# readme: fail when the server that README.md shows does not compile as it stands.
# usage: tests/layers/readme.sh CC
set -eu
cd "$(dirname "$0")/../.."

shown=$(awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md)
echo "$shown" | grep -q nv_server_listen
echo "$shown" |
	"$1" -x c -std=c11 -pedantic -Wall -Wextra -Werror -I include -fsyntax-only -
