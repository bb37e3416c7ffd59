/* SPDX-License-Identifier: MIT */
/* dev_certificate.h: a certificate for this machine, to try TLS with.
 *
 * It has signed itself and is no authority: who trusts it trusts it for its own names, and whoever gets
 * hold of its key can pretend to be this server and no other. It lies in the state folder, and is used
 * again until its last month begins. */
#ifndef SERVE_DEV_CERTIFICATE_H
#define SERVE_DEV_CERTIFICATE_H

#define NV_DEV_PATH 4096

struct nv_dev_certificate {
	char cert[NV_DEV_PATH]; /* a file */
	char key[NV_DEV_PATH];
	char until[sizeof "2026-12-23"];
};

/* Finds the one for localhost, 127.0.0.1, ::1 and `address`, what --listen says, or makes it. 0; else -1
 * after a line on standard error. */
int nv_dev_certificate(struct nv_dev_certificate *dev, const char *address);

#endif
