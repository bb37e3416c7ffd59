#!/bin/sh
# SPDX-License-Identifier: MIT
#
# includes: fail when an #include does not point down.
# usage: tests/layers/includes.sh [ROOT]
#
#   apps, examples -> <navette/*.h> only          ws -> proto, net, base
#   proto and net are siblings, both -> base      net knows no WebSocket words
set -eu
cd "${1:-$(dirname "$0")/../..}"

list() {
	for folder in "$@"; do
		test ! -e "$folder" || find "$folder" -name '*.[ch]'
	done
}

# Print FILE:LINE: and the included name, <navette/...> or "...", of each include of ours.
ours() {
	list "$@" | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include' |
		sed -nE 's/^([^:]*:[0-9]+:).*include[[:space:]]*(["<][^">]*[">]).*/\1 \2/p' |
		grep -E ' (".*|<navette/.*)' || true
}

# allow PLACE PATTERN: whatever the files there include of ours has to match.
allow() {
	ours "$1" | grep -vE " ($2)\$" | sed 's/$/ points up, or to the side/' || true
}

api='<navette/(base|deflate|session|handshake)\.h>'
check() {
	allow src/base '"base/[a-z0-9_]+\.h"|<navette/base\.h>'
	allow src/proto "\"(base|proto)/[a-z0-9_]+\.h\"|$api"
	allow src/net '"(base|net)/[a-z0-9_]+\.h"|<navette/(base|loop|tls)\.h>'
	allow src/ws '"(base|proto|net|ws)/[a-z0-9_]+\.h"|<navette/[a-z_]+\.h>'
	allow include/navette/base.h none
	allow include/navette/deflate.h '<navette/base\.h>'
	allow include/navette/loop.h '<navette/base\.h>'
	allow include/navette/tls.h '<navette/base\.h>'
	allow include/navette/session.h '<navette/deflate\.h>'
	allow include/navette/handshake.h '<navette/deflate\.h>'
	allow include/navette/conn.h '<navette/(deflate|tls)\.h>'
	allow include/navette/server.h '<navette/conn\.h>'
	allow include/navette/client.h '<navette/(conn|loop)\.h>'
	allow include/navette/navette.h '<navette/(client|conn|loop|server)\.h>'
	allow examples '<navette/[a-z_]+\.h>'
	ours apps | grep -E ' ("(base|proto|net|ws|\.\.)/|"navette/)' | sed 's/$/ is internal/' || true
	list src/net | xargs -r grep -niHE '^[^*/]*websocket' | sed 's/$/ is not for this layer/' || true
}

found=$(check)
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	exit 1
fi
