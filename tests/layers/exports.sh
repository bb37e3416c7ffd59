#!/bin/sh
# SPDX-License-Identifier: MIT
#
# exports: fail when the shared library exports anything but nv_*.
# usage: tests/layers/exports.sh NM LIBRARY
set -eu

exported=$("$1" -D --defined-only "$2" | awk '{ print $NF }')
foreign=$(printf '%s\n' "$exported" | grep -vE '^(nv_|__odr_asan)' || true)
if [ -z "$exported" ] || [ -n "$foreign" ]; then
	echo "$2 exports:" "${foreign:-nothing}"
	exit 1
fi
