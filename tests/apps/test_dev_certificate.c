/* SPDX-License-Identifier: MIT */
/* test_dev_certificate.c: the certificate for this machine: what is in it, who may read it, and when it
 * is made anew. Each test has a folder of its own. */
#include "serve/dev_certificate.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

#define DAY_S (24 * 60 * 60)

static struct nv_dev_certificate dev;
static char root[64];

static int setup(void **state)
{
	strcpy(root, "/tmp/navette-dev-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return setenv("HOME", root, 1) | unsetenv("XDG_STATE_HOME");
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static X509 *read_cert(const char *path)
{
	FILE *file = fopen(path, "r");
	X509 *cert = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	assert_non_null(cert);
	fclose(file);
	return cert;
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	assert_non_null(key);
	fclose(file);
	return key;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static void get(const char *address)
{
	memset(&dev, '#', sizeof dev);
	assert_int_equal(nv_dev_certificate(&dev, address), 0);
}

/* As a client does that has the file as its authority. */
static void assert_trusted(const char *host, const char *ip, bool expected)
{
	X509 *cert = read_cert(dev.cert);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *rules;

	X509_STORE_add_cert(store, cert);
	X509_STORE_CTX_init(check, store, cert, NULL);
	X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_SERVER);
	rules = X509_STORE_CTX_get0_param(check);
	X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set1_host(rules, host, 0);
	if (ip)
		X509_VERIFY_PARAM_set1_ip_asc(rules, ip);
	assert_int_equal(X509_verify_cert(check) == 1, expected);
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	X509_free(cert);
}

static void is_trusted_for_this_machine_alone(void **state)
{
	get("localhost");
	assert_trusted("localhost", NULL, true);
	assert_trusted(NULL, "127.0.0.1", true);
	assert_trusted(NULL, "::1", true);
	assert_trusted("example.org", NULL, false);
	assert_trusted(NULL, "192.0.2.7", false);
}

static void is_no_authority(void **state)
{
	X509 *cert;

	get("localhost");
	cert = read_cert(dev.cert);
	assert_int_equal(X509_get_extension_flags(cert) & (EXFLAG_CA | EXFLAG_BCONS), EXFLAG_BCONS);
	assert_non_null(X509_get0_subject_key_id(cert));
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
	X509_free(cert);
}

static void lasts_a_year(void **state)
{
	time_t before = time(NULL) + 365 * DAY_S - 60;
	time_t behind = time(NULL) + 365 * DAY_S + 60;
	char until[32];
	X509 *cert;

	get("localhost");
	cert = read_cert(dev.cert);
	assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(cert)), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(cert), &before), 1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(cert), &behind), -1);
	X509_free(cert);
	strftime(until, sizeof until, "%Y-%m-%d", gmtime(&before));
	if (strcmp(dev.until, until) != 0)
		strftime(until, sizeof until, "%Y-%m-%d", gmtime(&behind));
	assert_string_equal(dev.until, until);
}

static void is_its_owners_alone(void **state)
{
	char folder[128];

	umask(0);
	get("localhost");
	assert_int_equal(mode_of(dev.cert), 0600);
	assert_int_equal(mode_of(dev.key), 0600);
	for (const char *const *part =
	             (const char *const[]){ "", "/state", "/state/navette", NULL };
	     *part; part++) {
		snprintf(folder, sizeof folder, "%s/.local%s", root, *part);
		assert_int_equal(mode_of(folder), 0700);
	}
	umask(022);
}

static void lies_where_the_state_is(void **state)
{
	char home[128];
	char expected[256];

	get("localhost");
	snprintf(expected, sizeof expected, "%s/.local/state/navette/localhost-cert.pem", root);
	assert_string_equal(dev.cert, expected);
	snprintf(home, sizeof home, "%s/else//where", root);
	setenv("XDG_STATE_HOME", home, 1);
	get("localhost");
	snprintf(expected, sizeof expected, "%s/navette/localhost-key.pem", home);
	assert_string_equal(dev.key, expected);
	/* The XDG Base Directory Specification: a relative path is to be ignored. */
	setenv("XDG_STATE_HOME", "here", 1);
	get("localhost");
	snprintf(expected, sizeof expected, "%s/.local/state/navette/localhost-key.pem", root);
	assert_string_equal(dev.key, expected);
}

/* True when the file is another one than before. */
static bool is_new(X509 *before)
{
	X509 *now = read_cert(dev.cert);
	bool is = X509_cmp(before, now) != 0;

	X509_free(now);
	return is;
}

static void is_used_again(void **state)
{
	X509 *first;

	get("localhost");
	first = read_cert(dev.cert);
	for (const char *const *same =
	             (const char *const[]){ "localhost", "127.0.0.1", "0.0.0.0", "::", "::1",
	                                    "0::1", "no address", NULL };
	     *same; same++) {
		get(*same);
		assert_false(is_new(first));
	}
	X509_free(first);
}

static void is_another_one_for_another_address(void **state)
{
	char usual[NV_DEV_PATH];
	X509 *first;

	get("localhost");
	first = read_cert(dev.cert);
	strcpy(usual, dev.cert);
	get("192.0.2.7");
	assert_true(is_new(first));
	assert_trusted(NULL, "192.0.2.7", true);
	assert_trusted("localhost", NULL, true);
	get("2001:DB8::0:7");
	assert_non_null(strstr(dev.cert, "/2001:db8::7-cert.pem"));
	assert_trusted(NULL, "2001:db8::7", true);
	get("localhost");
	assert_string_equal(dev.cert, usual);
	assert_false(is_new(first));
	X509_free(first);
}

/* The same certificate, but for its time. */
static void move_time(long begin_s, long end_s)
{
	X509 *cert = read_cert(dev.cert);
	EVP_PKEY *key = read_key(dev.key);
	FILE *file = fopen(dev.cert, "w");

	X509_gmtime_adj(X509_getm_notBefore(cert), begin_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), end_s);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, cert), 1);
	fclose(file);
	EVP_PKEY_free(key);
	X509_free(cert);
}

static void assert_made_anew(bool expected)
{
	X509 *before = read_cert(dev.cert);

	get("localhost");
	assert_int_equal(is_new(before), expected);
	assert_trusted("localhost", NULL, true);
	X509_free(before);
}

static void is_made_anew_in_its_last_month(void **state)
{
	get("localhost");
	move_time(-DAY_S, 30 * DAY_S + 60);
	assert_made_anew(false);
	move_time(-DAY_S, 30 * DAY_S - 60);
	assert_made_anew(true);
	move_time(-2 * DAY_S, -DAY_S);
	assert_made_anew(true);
	move_time(DAY_S, 30 * DAY_S);
	assert_made_anew(true);
	assert_made_anew(false);
}

static void assert_pair(void)
{
	X509 *cert = read_cert(dev.cert);
	EVP_PKEY *key = read_key(dev.key);

	assert_int_equal(X509_check_private_key(cert, key), 1);
	assert_int_equal(mode_of(dev.key), 0600);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void assert_recovers(const char *file, const char *text)
{
	if (text)
		write_file(file, text);
	else
		assert_int_equal(unlink(file), 0);
	get("localhost");
	assert_pair();
}

static void is_made_anew_when_a_file_is_no_good(void **state)
{
	char key[NV_DEV_PATH];
	char left[NV_DEV_PATH];

	get("localhost");
	assert_recovers(dev.cert, NULL);
	assert_recovers(dev.key, NULL);
	assert_recovers(dev.cert, "");
	assert_recovers(dev.key, "-----BEGIN PRIVATE KEY-----\nhalf of it");
	/* Somebody was stopped between the two, or while writing. */
	strcpy(key, dev.key);
	get("192.0.2.7");
	assert_int_equal(rename(dev.key, key), 0);
	snprintf(left, sizeof left, "%s/.local/state/navette/new.pem", root);
	get("localhost");
	assert_trusted("localhost", NULL, true);
	assert_pair();
	write_file(left, "half of it");
	assert_recovers(dev.cert, NULL);
	assert_int_equal(access(left, F_OK), -1);
}

/* Says why on standard error. */
static void refuse(void)
{
	char line[512] = "";
	int saved = dup(STDERR_FILENO);
	int pipe_ends[2];

	assert_int_equal(pipe(pipe_ends), 0);
	dup2(pipe_ends[1], STDERR_FILENO);
	close(pipe_ends[1]);
	assert_int_equal(nv_dev_certificate(&dev, "localhost"), -1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(read(pipe_ends[0], line, sizeof line - 1) > 0);
	close(pipe_ends[0]);
	assert_non_null(strstr(line, "--dev-tls"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void says_why_it_cannot(void **state)
{
	char path[128];
	char long_home[5000];

	snprintf(path, sizeof path, "%s/file", root);
	write_file(path, "");
	setenv("HOME", path, 1);
	refuse();
	setenv("XDG_STATE_HOME", "/proc/navette", 1);
	refuse();
	memset(long_home, 'x', sizeof long_home);
	long_home[0] = '/';
	long_home[sizeof long_home - 1] = '\0';
	setenv("XDG_STATE_HOME", long_home, 1);
	refuse();
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	refuse();
}

#define STARTERS 8
#define ROUNDS 25

static pthread_barrier_t barrier;

static void *start_server(void *context)
{
	pthread_barrier_wait(&barrier);
	return nv_dev_certificate(context, "localhost") == 0 ? context : NULL;
}

static void start_all(struct nv_dev_certificate *all)
{
	pthread_t threads[STARTERS];

	for (size_t i = 0; i < STARTERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, start_server, &all[i]), 0);
	for (size_t i = 0; i < STARTERS; i++) {
		void *done;

		pthread_join(threads[i], &done);
		assert_ptr_equal(done, &all[i]);
	}
}

/* Nobody sees half a pair, nor one that is replaced at once. */
static void is_one_for_all_who_start_at_once(void **state)
{
	struct nv_dev_certificate *all = calloc(STARTERS, sizeof *all);

	assert_non_null(all);
	assert_int_equal(pthread_barrier_init(&barrier, NULL, STARTERS), 0);
	for (int round = 0; round < ROUNDS; round++) {
		start_all(all);
		dev = all[0];
		assert_pair();
		assert_made_anew(false);
		assert_int_equal(unlink(dev.cert), 0);
	}
	pthread_barrier_destroy(&barrier);
	free(all);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_trusted_for_this_machine_alone),
		TEST(is_no_authority),
		TEST(lasts_a_year),
		TEST(is_its_owners_alone),
		TEST(lies_where_the_state_is),
		TEST(is_used_again),
		TEST(is_another_one_for_another_address),
		TEST(is_made_anew_in_its_last_month),
		TEST(is_made_anew_when_a_file_is_no_good),
		TEST(says_why_it_cannot),
		TEST(is_one_for_all_who_start_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
