/* SPDX-License-Identifier: MIT */
/* make_certs.c: the certificates that the tests in other languages use, made anew into a folder.
 * usage: make_certs FOLDER
 *
 *   NAME.pem and NAME.key, signed by ca.pem by way of an authority between unless it says else:
 *     server            localhost, 127.0.0.1, 127.0.0.2, ::1; its chain has the authority between
 *     second            other.example, *.a.example
 *     ip                127.0.0.1
 *     wrong_host        elsewhere.example
 *     expired           as server, till yesterday
 *     future            as server, from tomorrow
 *     cn_only           no names but CN=localhost
 *     self_signed       as server, signed by itself
 *     unknown_ca        as server, signed by unknown_root.pem
 *     no_intermediate   as server, without the authority between in its chain
 *     client            CN=anna, for clients
 *     client_expired    the same, till yesterday
 *     client_unknown    the same, signed by unknown_root.pem
 *   ca.pem, unknown_root.pem   the authorities
 *   both.pem          server.pem and server.key
 *   encrypted.key     server.key, and passphrase.txt decrypts it
 *   mismatched.key    of no certificate
 *   half.pem          the first half of server.pem
 *   empty.pem */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/certs.h"

#define LOCAL "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:::1"

static const char *folder;

static const char *path_of(const char *name, const char *ending)
{
	static char path[4096];

	snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
	return path;
}

static struct cert *keep(const char *name, struct cert *cert)
{
	certs_write_chain(cert, path_of(name, ".pem"));
	certs_write_key(cert, path_of(name, ".key"), NULL);
	return cert;
}

static void make(const char *name, const struct cert_wish *wish)
{
	certs_free(keep(name, certs_make(wish)));
}

static struct cert *make_root(const char *file, const char *name)
{
	struct cert *root = certs_make(&(struct cert_wish){ .name = name, .is_authority = true });

	certs_write_one(root, path_of(file, ".pem"));
	return root;
}

static void make_for_servers(const struct cert *ca)
{
	make("second",
	     &(struct cert_wish){ .names = "DNS:other.example,DNS:*.a.example", .issuer = ca });
	make("ip", &(struct cert_wish){ .names = "IP:127.0.0.1", .issuer = ca });
	make("wrong_host", &(struct cert_wish){ .names = "DNS:elsewhere.example", .issuer = ca });
	make("expired", &(struct cert_wish){ .names = LOCAL,
	                                     .issuer = ca,
	                                     .from_s = -30 * CERTS_DAY,
	                                     .until_s = -CERTS_DAY });
	make("future", &(struct cert_wish){ .names = LOCAL,
	                                    .issuer = ca,
	                                    .from_s = CERTS_DAY,
	                                    .until_s = 30 * CERTS_DAY });
	make("cn_only", &(struct cert_wish){ .name = "localhost", .issuer = ca });
	make("self_signed", &(struct cert_wish){ .name = "self", .names = LOCAL });
}

static void make_for_clients(const struct cert *ca)
{
	make("client",
	     &(struct cert_wish){ .name = "anna", .purpose = "clientAuth", .issuer = ca });
	make("client_expired", &(struct cert_wish){ .name = "anna",
	                                            .purpose = "clientAuth",
	                                            .issuer = ca,
	                                            .from_s = -30 * CERTS_DAY,
	                                            .until_s = -CERTS_DAY });
}

static void make_unknown(void)
{
	struct cert *root = make_root("unknown_root", "Unknown root");

	make("unknown_ca", &(struct cert_wish){ .names = LOCAL, .issuer = root });
	make("client_unknown",
	     &(struct cert_wish){ .name = "anna", .purpose = "clientAuth", .issuer = root });
	certs_free(root);
}

static size_t append(char *to, size_t size, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		err(1, "%s", path);
	len = fread(to, 1, size, file);
	fclose(file);
	return len;
}

static void make_server(const struct cert *ca)
{
	struct cert *server =
		keep("server", certs_make(&(struct cert_wish){ .names = LOCAL, .issuer = ca }));
	char text[8192];
	size_t len = append(text, sizeof text, path_of("server", ".pem"));

	certs_write_one(server, path_of("no_intermediate", ".pem"));
	certs_write_key(server, path_of("no_intermediate", ".key"), NULL);
	certs_write_key(server, path_of("encrypted", ".key"), "une navette");
	certs_write_bytes(path_of("passphrase", ".txt"), "une navette\n", 12);
	certs_write_bytes(path_of("half", ".pem"), text, len / 2);
	len += append(text + len, sizeof text - len, path_of("server", ".key"));
	certs_write_bytes(path_of("both", ".pem"), text, len);
	certs_free(server);
}

static void make_broken(void)
{
	struct cert *none = certs_make(&(struct cert_wish){ .name = "none" });

	certs_write_key(none, path_of("mismatched", ".key"), NULL);
	certs_write_bytes(path_of("empty", ".pem"), "", 0);
	certs_free(none);
}

int main(int argc, char **argv)
{
	struct cert *root;
	struct cert *ca;

	if (argc != 2)
		errx(2, "usage: make_certs FOLDER");
	folder = argv[1];
	mkdir(folder, 0700);
	root = make_root("ca", "Test root");
	ca = certs_make(&(struct cert_wish){
		.name = "Test authority", .is_authority = true, .issuer = root });
	make_server(ca);
	make_for_servers(ca);
	make_for_clients(ca);
	make_unknown();
	make_broken();
	certs_free(ca);
	certs_free(root);
	return 0;
}
