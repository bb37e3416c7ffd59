#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers: fail when a public header does not stand alone in strict C11, or in C++17.
# usage: tests/layers/headers.sh CC [CXX]
set -eu
cd "$(dirname "$0")/../.."

# check HEADER COMPILER LANGUAGE STANDARD
check() {
	echo "#include <navette/$(basename "$1")>" |
		"$2" -x "$3" -std="$4" -pedantic -Wall -Wextra -Werror -I include -fsyntax-only -
}

for header in include/navette/*.h; do
	check "$header" "$1" c c11
	test -z "${2-}" || check "$header" "$2" c++ c++17
done
