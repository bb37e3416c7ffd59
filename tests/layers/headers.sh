#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers: fail when a public header does not stand alone in strict C11, or in C++17.
# usage: tests/layers/headers.sh CC [CXX]
set -eu
cd "$(dirname "$0")/../.."

for header in include/navette/*.h; do
	"$1" -x c -std=c11 -pedantic -Wall -Wextra -Werror -I include -fsyntax-only "$header"
	test -z "${2-}" ||
		"$2" -x c++ -std=c++17 -pedantic -Wall -Wextra -Werror -I include -fsyntax-only "$header"
done
