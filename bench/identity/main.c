/* SPDX-License-Identifier: MIT */
/* main.c: a key and a certificate that it signed itself, for the servers of one run. ECDSA on P-256, as
 * most servers have it today; nobody is asked to trust it. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tls.h"

#define DAY_S 86400L
#define YEAR_S (365 * DAY_S) /* no server warns of its end */

static void must(int ok, const char *what)
{
	if (!ok)
		nv_tls_fail(what);
}

static void name_subject(X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                (const unsigned char *)"localhost", -1, -1, 0) &&
	             X509_set_issuer_name(certificate, name),
	     "identity: subject");
}

static void name_host(X509 *certificate)
{
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

	must(names && X509_add_ext(certificate, names, -1), "identity: names");
	X509_EXTENSION_free(names);
}

static X509 *certify(EVP_PKEY *key)
{
	X509 *certificate = X509_new();

	must(certificate && X509_set_version(certificate, X509_VERSION_3) &&
	             ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
	             X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) &&
	             X509_gmtime_adj(X509_getm_notAfter(certificate), YEAR_S) &&
	             X509_set_pubkey(certificate, key),
	     "identity: certificate");
	name_subject(certificate);
	name_host(certificate);
	must(X509_sign(certificate, key, EVP_sha256()), "identity: signature");
	return certificate;
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	must(file != NULL, path);
	return file;
}

int main(int argc, char **argv)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;
	FILE *chain_file;
	FILE *key_file;

	if (argc != 3) {
		fputs("usage: identity CERTIFICATE KEY\n", stderr);
		return 2;
	}
	must(key != NULL, "identity: key");
	certificate = certify(key);
	umask(S_IRWXG | S_IRWXO);
	chain_file = create(argv[1]);
	key_file = create(argv[2]);
	must(PEM_write_X509(chain_file, certificate) &&
	             PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL) &&
	             fclose(chain_file) == 0 && fclose(key_file) == 0,
	     "identity: cannot write");
	X509_free(certificate);
	EVP_PKEY_free(key);
	return 0;
}
