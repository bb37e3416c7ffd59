#!/bin/sh
# SPDX-License-Identifier: MIT
#
# symbols: fail when the protocol layer needs more than a short list of outside functions.
# usage: tests/layers/symbols.sh NM PROTO_ARCHIVE BASE_ARCHIVE
#
# proto_symbols.txt holds the patterns that are allowed beside what nv_base defines. What the
# sanitizers add is ignored.
set -eu
nm=$1 proto=$2 base=$3
allowed=$(dirname "$0")/proto_symbols.txt

defined=$("$nm" --defined-only "$proto" "$base" | awk 'NF == 3 { print $3 }')
undefined=$("$nm" -u "$proto" | awk '$1 == "U" { print $2 }' | sort -u)
test -n "$defined" || { echo "$nm shows nothing in $proto"; exit 1; }

foreign=$(printf '%s\n' "$undefined" | grep -vxF "$defined" |
	grep -vE '^__(asan|ubsan|tsan|sanitizer|msan)_' |
	grep -vxE "$(grep -v '^#' "$allowed" | paste -s -d '|')" || true)
if [ -n "$foreign" ]; then
	echo 'src/proto reaches out of its layer:'
	printf '%s\n' "$foreign"
	exit 1
fi
