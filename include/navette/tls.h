/* SPDX-License-Identifier: MIT */
/* tls.h: what TLS needs to know, in servers and clients (RFC 8446, RFC 5246): versions 1.2 and 1.3.
 * All files are PEM; on Windows their paths are UTF-8. */
#ifndef NAVETTE_TLS_H
#define NAVETTE_TLS_H

#include <navette/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file with a secret is refused when others than its owner can write it, or others than its group read
 * it; on Windows the folder's permissions decide alone. */
struct nv_certificate {
	const char *chain_file;      /* the certificate, then those that lead to its authority */
	const char *key_file;        /* NULL: the key is in chain_file, too */
	const char *passphrase_file; /* its first line decrypts the key; NULL: nothing to decrypt */
};

struct nv_server_tls {
	/* A client gets the first one that has the name it asks for (RFC 6066 3), or else the first of
	 * all. */
	const struct nv_certificate *certificates;
	size_t certificate_count;
	bool strict_names; /* who asks for a name that none has is refused: unrecognized_name */
	/* Clients are asked for a certificate that one of these has signed, each time anew: there are no
	 * session tickets then. NULL: they are not asked. */
	const char *client_ca_file;
	bool client_optional; /* and who has none is let in */
};

struct nv_client_tls {
	const char *ca_file; /* whom to trust, in place of the system's authorities; or NULL */
	bool insecure; /* trusts anybody: whoever is on the way can read and change everything */
	struct nv_certificate certificate; /* shown to servers that ask; chain_file NULL: none */
};

/* What was agreed on; the texts live as long as the connection. */
struct nv_tls_info {
	const char *version;     /* "TLSv1.3" */
	const char *cipher;      /* "TLS_AES_256_GCM_SHA384" */
	const char *server_name; /* that the client asked for: letters, digits, "-_."; or NULL */
	bool resumed;
};

#ifdef __cplusplus
}
#endif

#endif
