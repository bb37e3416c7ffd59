/* SPDX-License-Identifier: MIT */
/* guide.h: the parts of docs/troubleshooting.md that an error leads to. They lie in the sources at that
 * path, and below share/doc/navette once installed. */
#ifndef NAVETTE_GUIDE_H
#define NAVETTE_GUIDE_H

#define NV_GUIDE_FILE "docs/troubleshooting.md"

/* Every part that has a name here: X(name, anchor). The anchor is the heading's. */
#define NV_GUIDE_PARTS(X)                                                                          \
	X(NV_GUIDE_REFUSED, "connection-refused")                                                  \
	X(NV_GUIDE_NO_ANSWER, "no-answer")                                                         \
	X(NV_GUIDE_NO_HOST, "host-not-found")                                                      \
	X(NV_GUIDE_PORT_IN_USE, "port-in-use")                                                     \
	X(NV_GUIDE_LOW_PORT, "ports-below-1024")                                                   \
	X(NV_GUIDE_CERTIFICATE_DATE, "certificate-expired")                                        \
	X(NV_GUIDE_CERTIFICATE_HOST, "certificate-for-another-host")                               \
	X(NV_GUIDE_SELF_SIGNED, "self-signed-certificate")                                         \
	X(NV_GUIDE_UNKNOWN_AUTHORITY, "unknown-authority")                                         \
	X(NV_GUIDE_OUR_CERTIFICATE, "client-certificates")                                         \
	X(NV_GUIDE_TLS, "tls-fails")                                                               \
	X(NV_GUIDE_TLS_FILES, "files-the-server-refuses")                                          \
	X(NV_GUIDE_PROXY, "no-way-through-the-proxy")                                              \
	X(NV_GUIDE_HANDSHAKE, "no-valid-handshake")                                                \
	X(NV_GUIDE_HTTP_REDIRECT, "http-301-to-308")                                               \
	X(NV_GUIDE_HTTP_200, "http-200")                                                           \
	X(NV_GUIDE_HTTP_400, "http-400")                                                           \
	X(NV_GUIDE_HTTP_401, "http-401")                                                           \
	X(NV_GUIDE_HTTP_403, "http-403")                                                           \
	X(NV_GUIDE_HTTP_404, "http-404")                                                           \
	X(NV_GUIDE_HTTP_426, "http-426")                                                           \
	X(NV_GUIDE_HTTP_429, "http-429")                                                           \
	X(NV_GUIDE_HTTP_503, "http-503")                                                           \
	X(NV_GUIDE_HTTP_GATEWAY, "http-502-and-504")                                               \
	X(NV_GUIDE_CLOSE_1002, "close-1002")                                                       \
	X(NV_GUIDE_CLOSE_1006, "close-1006")                                                       \
	X(NV_GUIDE_CLOSE_1007, "close-1007")                                                       \
	X(NV_GUIDE_CLOSE_1008, "close-1008")                                                       \
	X(NV_GUIDE_CLOSE_1009, "close-1009")                                                       \
	X(NV_GUIDE_CLOSE_1011, "close-1011")                                                       \
	X(NV_GUIDE_CLOSE_1012, "close-1012")                                                       \
	X(NV_GUIDE_CLOSE_1013, "close-1013")                                                       \
	X(NV_GUIDE_OPEN_FILES, "too-many-open-files")                                              \
	X(NV_GUIDE_KUBERNETES, "a-kubernetes-service-named-navette")

enum nv_guide {
	NV_GUIDE_NONE,
#define NV_GUIDE_ENUM(name, anchor) name,
	NV_GUIDE_PARTS(NV_GUIDE_ENUM)
#undef NV_GUIDE_ENUM
};

/* "docs/troubleshooting.md#connection-refused", a constant; NULL for NV_GUIDE_NONE. */
const char *nv_guide_place(enum nv_guide part);

/* Why a socket could not listen, an error of navette/base.h. */
enum nv_guide nv_guide_of_listening(int error);

/* One line "COMMAND: see PLACE" on standard error; nothing for NV_GUIDE_NONE. */
void nv_guide_point(const char *command, enum nv_guide part);

#endif
