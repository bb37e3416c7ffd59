/* SPDX-License-Identifier: MIT */
/* dev_certificate.c: two files for each address, which are made while the folder is locked, so that
 * of several servers that start at once one makes them and the others find a pair. The key is renamed
 * first: who is killed in between leaves a pair that does not match, which counts as none. */
#include "serve/dev_certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "serve/options.h"
#include "state_folder.h"

#define DAY_S (24L * 60 * 60)
#define LIFE_DAYS 365L
#define LEAST_DAYS 30L /* the library warns of fewer than 21 */
#define USUAL_NAMES "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1"
#define SERIAL_SIZE 16
#define NAME_SIZE 80 /* of a file, with its ending */
#define TEMPORARY "new.pem"

struct pair {
	EVP_PKEY *key;
	X509 *cert;
};

struct place {
	int folder;
	char cert[NAME_SIZE];
	char key[NAME_SIZE];
	char address[INET6_ADDRSTRLEN]; /* that it is for beside the usual names, or empty */
};

static void free_pair(struct pair *pair)
{
	EVP_PKEY_free(pair->key);
	X509_free(pair->cert);
	*pair = (struct pair){ NULL, NULL };
}

/* --- Reading --- */

static FILE *open_file(int folder, const char *name, int flags, const char *mode)
{
	int fd = openat(folder, name, flags | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, mode);

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* No pass phrase is asked for on the terminal. */
static int no_passphrase(char *buffer, int size, int rwflag, void *context)
{
	(void)buffer;
	(void)size;
	(void)rwflag;
	(void)context;
	return 0;
}

static void read_pair(const struct place *place, struct pair *pair)
{
	FILE *key = open_file(place->folder, place->key, O_RDONLY, "r");
	FILE *cert = open_file(place->folder, place->cert, O_RDONLY, "r");

	pair->key = key ? PEM_read_PrivateKey(key, NULL, no_passphrase, NULL) : NULL;
	pair->cert = cert ? PEM_read_X509(cert, NULL, no_passphrase, NULL) : NULL;
	if (key)
		fclose(key);
	if (cert)
		fclose(cert);
}

/* It matches, has begun, and lasts for a while. */
static bool is_good(const struct pair *pair)
{
	time_t later = time(NULL) + LEAST_DAYS * DAY_S;

	return pair->key && pair->cert && X509_check_private_key(pair->cert, pair->key) == 1 &&
	       X509_cmp_current_time(X509_get0_notBefore(pair->cert)) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(pair->cert), &later) > 0;
}

/* --- Making --- */

static bool set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_SIZE];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] &= 0x7F;
	number = BN_bin2bn(bytes, sizeof bytes, NULL);
	done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return done;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value,
	                                  -1, -1, 0) == 1;
}

/* From an hour ago on, since clocks differ. */
static bool set_head(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -60 * 60) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), LIFE_DAYS * DAY_S) &&
	       add_name(name, "O", "Navette --dev-tls") && add_name(name, "CN", "localhost") &&
	       X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1;
}

static bool add_extension(X509 *cert, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	done = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

static bool add_names(X509 *cert, const char *address)
{
	char names[sizeof USUAL_NAMES + sizeof ",IP:" + INET6_ADDRSTRLEN];

	snprintf(names, sizeof names, "%s%s%s", USUAL_NAMES, *address ? ",IP:" : "", address);
	return add_extension(cert, NID_subject_alt_name, names);
}

/* RFC 5280 4.2.1: a server's certificate and nothing else. */
static bool add_extensions(X509 *cert, const char *address)
{
	return add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_extension(cert, NID_subject_key_identifier, "hash") && add_names(cert, address);
}

static bool make_pair(const char *address, struct pair *pair)
{
	pair->key = EVP_EC_gen("P-256");
	pair->cert = X509_new();
	return pair->key && pair->cert && set_head(pair->cert, pair->key) &&
	       add_extensions(pair->cert, address) &&
	       X509_sign(pair->cert, pair->key, EVP_sha256()) > 0;
}

/* --- Writing --- */

static FILE *create(int folder)
{
	(void)unlinkat(folder, TEMPORARY, 0);
	return open_file(folder, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL, "w");
}

/* Ends what create has begun. */
static bool keep(int folder, FILE *file, bool written, const char *name)
{
	bool closed = fclose(file) == 0;

	return written && closed && renameat(folder, TEMPORARY, folder, name) == 0;
}

static bool write_pair(const struct place *place, const struct pair *pair)
{
	FILE *file = create(place->folder);

	if (!file || !keep(place->folder, file,
	                   PEM_write_PrivateKey(file, pair->key, NULL, NULL, 0, NULL, NULL) == 1,
	                   place->key))
		return false;
	file = create(place->folder);
	return file &&
	       keep(place->folder, file, PEM_write_X509(file, pair->cert) == 1, place->cert);
}

/* --- The whole --- */

static bool is_usual(const char *address)
{
	static const char *const usual[] = { NV_SERVE_LOCALHOST, "127.0.0.1", "::1", "0.0.0.0",
		                             "::" };

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strcmp(address, usual[i]) == 0)
			return true;
	return false;
}

/* Alike for all spellings of an address. What is none is told when the server listens. */
static void set_names(struct place *place, const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, address, bytes) == 1)
		inet_ntop(family, bytes, place->address, sizeof place->address);
	if (is_usual(place->address))
		place->address[0] = '\0';
	address = *place->address ? place->address : NV_SERVE_LOCALHOST;
	snprintf(place->cert, sizeof place->cert, "%s-cert.pem", address);
	snprintf(place->key, sizeof place->key, "%s-key.pem", address);
}

/* 0 or errno. */
static int find_or_make(const struct place *place, struct pair *pair)
{
	read_pair(place, pair);
	if (is_good(pair))
		return 0;
	free_pair(pair);
	errno = 0;
	if (make_pair(place->address, pair) && write_pair(place, pair))
		return 0;
	return errno ? errno : ENOMEM;
}

static int in_folder(const char *path, struct place *place, struct pair *pair)
{
	int error;

	place->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->folder < 0)
		return errno;
	error = flock(place->folder, LOCK_EX) < 0 ? errno : find_or_make(place, pair);
	close(place->folder);
	return error;
}

static int refuse(const char *path, int error)
{
	if (*path)
		fprintf(stderr,
		        NV_SERVE_COMMAND ": --dev-tls: cannot keep a certificate in %s: %s\n", path,
		        strerror(error));
	else
		fputs(NV_SERVE_COMMAND
		      ": --dev-tls: cannot keep a certificate without a home: set HOME "
		      "or XDG_STATE_HOME to a folder\n",
		      stderr);
	return -1;
}

static void tell(struct nv_dev_certificate *dev, const char *folder, const struct place *place,
                 const X509 *cert)
{
	struct tm end = { 0 };

	ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end);
	strftime(dev->until, sizeof dev->until, "%Y-%m-%d", &end);
	snprintf(dev->cert, sizeof dev->cert, "%s/%s", folder, place->cert);
	snprintf(dev->key, sizeof dev->key, "%s/%s", folder, place->key);
}

int nv_dev_certificate(struct nv_dev_certificate *dev, const char *address)
{
	char folder[NV_DEV_PATH - NAME_SIZE - 1];
	struct place place = { .address = "" };
	struct pair pair = { NULL, NULL };
	int error = nv_state_folder(folder, sizeof folder);

	set_names(&place, address);
	if (error == 0)
		error = in_folder(folder, &place, &pair);
	if (error == 0)
		tell(dev, folder, &place, pair.cert);
	free_pair(&pair);
	return error ? refuse(folder, error) : 0;
}
