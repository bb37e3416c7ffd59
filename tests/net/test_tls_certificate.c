/* SPDX-License-Identifier: MIT */
/* test_tls_certificate.c: which files a context is made of, and what is said of those it is not made of:
 * every way in which somebody has them wrong, and every moment of a renewal. */
#include "net/tls_certificate.h"

#include <openssl/pem.h>
#include <openssl/ui.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/tls_pair.h"
#include "support/failing_alloc.h"

#define LOCAL "DNS:localhost"

static struct nv_tls_tickets tickets;
static struct cert *root;
static UI_METHOD *terminal; /* that nobody is to be asked at */
static int asked;

static int serve(const char *chain, const char *key, const char *passphrase, const char *ca,
                 char problem[NV_TLS_PROBLEM])
{
	const struct nv_certificate certificate = { folder_path(chain),
		                                    key ? folder_path(key) : NULL,
		                                    passphrase ? folder_path(passphrase) : NULL };
	const struct nv_server_tls options = { .certificates = &certificate,
		                               .certificate_count = 1,
		                               .client_ca_file = ca ? folder_path(ca) : NULL };
	struct nv_tls_context *context = NULL;
	int error;

	problem[0] = '\0';
	error = nv_tls_context_serve(&options, &tickets, &context, problem);
	assert_int_equal(context != NULL, error == 0);
	assert_int_equal(ERR_peek_error(), 0);
	nv_tls_context_unref(context);
	return error;
}

/* --- The table --- */

struct row {
	const char *chain;
	const char *key;
	const char *passphrase;
	const char *ca;
	const char *file; /* that is to blame; NULL: all is well */
	const char *reason;
};

static const struct row table[] = {
	{ "good.pem", "good.key", NULL, NULL, NULL, NULL },
	{ "both.pem", NULL, NULL, NULL, NULL, NULL },
	{ "both.pem", "both.pem", NULL, NULL, NULL, NULL },
	{ "windows.pem", "good.key", NULL, NULL, NULL, NULL },
	{ "text.pem", "good.key", NULL, NULL, NULL, NULL },
	{ "no_newline.pem", "good.key", NULL, NULL, NULL, NULL },
	{ "good.pem", "good.key", NULL, "root.pem", NULL, NULL },
	{ "good.pem", "group.key", NULL, NULL, NULL, NULL },
	{ "good.pem", "parameters.key", NULL, NULL, NULL, NULL },
	/* Passphrases. */
	{ "good.pem", "locked.key", "right.txt", NULL, NULL, NULL },
	{ "good.pem", "locked.key", "right_crlf.txt", NULL, NULL, NULL },
	{ "good.pem", "locked.key", "right_bare.txt", NULL, NULL, NULL },
	{ "good.pem", "traditional.key", "right.txt", NULL, NULL, NULL },
	{ "good.pem", "good.key", "right.txt", NULL, NULL, NULL },
	{ "good.pem", "locked.key", "wrong.txt", NULL, "locked.key",
	  "the passphrase in %s does not decrypt it" },
	{ "good.pem", "traditional.key", "wrong.txt", NULL, "traditional.key",
	  "the passphrase in %s does not decrypt it" },
	{ "good.pem", "locked.key", "long.txt", NULL, "locked.key",
	  "the passphrase in %s does not decrypt it" },
	{ "good.pem", "locked.key", NULL, NULL, "locked.key",
	  "the key is encrypted, and no file with its passphrase is given" },
	{ "good.pem", "traditional.key", NULL, NULL, "traditional.key",
	  "the key is encrypted, and no file with its passphrase is given" },
	{ "good.pem", "locked.key", "blank.txt", NULL, "blank.txt", "its first line is empty" },
	{ "good.pem", "locked.key", "empty.pem", NULL, "empty.pem", "the file is empty" },
	{ "good.pem", "locked.key", "missing.txt", NULL, "missing.txt", "there is no such file" },
	{ "good.pem", "locked.key", "open.txt", NULL, "open.txt",
	  "its mode 0644 lets others read or change the secret in it: chmod 600" },
	/* Modes of the key. */
	{ "good.pem", "open.key", NULL, NULL, "open.key",
	  "its mode 0644 lets others read or change the secret in it: chmod 600" },
	{ "good.pem", "group_write.key", NULL, NULL, "group_write.key",
	  "its mode 0660 lets others read or change the secret in it: chmod 600" },
	{ "open_both.pem", NULL, NULL, NULL, "open_both.pem",
	  "its mode 0644 lets others read or change the secret in it: chmod 600" },
	{ "good.pem", NULL, NULL, NULL, "good.pem", "there is no private key in it" },
	/* No files, or other ones. */
	{ "missing.pem", "good.key", NULL, NULL, "missing.pem", "there is no such file" },
	{ "good.pem/x", "good.key", NULL, NULL, "good.pem/x", "there is no such file" },
	{ "good.pem", "missing.key", NULL, NULL, "missing.key", "there is no such file" },
	{ "good.pem", "good.key", NULL, "missing.pem", "missing.pem", "there is no such file" },
	{ "folder", "good.key", NULL, NULL, "folder", "it is a directory" },
	{ "good.pem", "folder", NULL, NULL, "folder", "it is a directory" },
	{ "good.pem", "good.key", NULL, "folder", "folder", "it is a directory" },
	{ "pipe", "good.key", NULL, NULL, "pipe", "it is not a regular file" },
	{ "huge.pem", "good.key", NULL, NULL, "huge.pem", "the file is too big" },
	{ "empty.pem", "good.key", NULL, NULL, "empty.pem", "the file is empty" },
	{ "good.pem", "empty.pem", NULL, NULL, "empty.pem", "the file is empty" },
	{ "good.pem", "good.key", NULL, "empty.pem", "empty.pem", "the file is empty" },
	{ "blank.pem", "good.key", NULL, NULL, "blank.pem", "there is no certificate in it" },
	{ "good.key", "good.key", NULL, NULL, "good.key", "there is no certificate in it" },
	{ "good.pem", "good.key", NULL, "good.key", "good.key", "there is no certificate in it" },
	{ "good.pem", "good.pem", NULL, NULL, "good.pem", "there is no private key in it" },
	{ "good.der", "good.key", NULL, NULL, "good.der", "there is no certificate in it" },
	/* Contents. */
	{ "damaged.pem", "good.key", NULL, NULL, "damaged.pem", "a certificate in it is damaged" },
	{ "damaged_ca.pem", "good.key", NULL, NULL, "damaged_ca.pem",
	  "a certificate in it is damaged" },
	{ "good.pem", "good.key", NULL, "damaged_ca.pem", "damaged_ca.pem",
	  "a certificate in it is damaged" },
	{ "encrypted.pem", "good.key", NULL, NULL, "encrypted.pem",
	  "a certificate in it is damaged" },
	{ "encrypted.pem", "good.key", "right.txt", NULL, "encrypted.pem",
	  "a certificate in it is damaged" },
	{ "good.pem", "good.key", NULL, "encrypted.pem", "encrypted.pem",
	  "a certificate in it is damaged" },
	{ "good.pem", "damaged.key", NULL, NULL, "damaged.key", "there is no private key in it" },
	{ "good.pem", "other.key", NULL, NULL, "other.key",
	  "it is not the key of the certificate in %s" },
	{ "good.pem", "rsa.key", NULL, NULL, "rsa.key",
	  "it is not the key of the certificate in %s" },
	{ "short.pem", "short.key", NULL, NULL, "short.pem",
	  "a key in it is too short to be safe" },
};

/* The reason may name another file of the row. */
static void assert_blamed(const struct row *row, const char *problem)
{
	const char *other = strstr(row->reason, "passphrase in") ? row->passphrase : row->chain;
	char reason[NV_TLS_PROBLEM];
	char expected[2 * NV_TLS_PROBLEM];
	const char *place = strstr(row->reason, "%s");

	if (place)
		snprintf(reason, sizeof reason, "%.*s%s%s", (int)(place - row->reason), row->reason,
		         folder_path(other), place + 2);
	else
		snprintf(reason, sizeof reason, "%s", row->reason);
	snprintf(expected, sizeof expected, "%s: %s", folder_path(row->file), reason);
	assert_string_equal(problem, expected);
}

static void each_file_is_taken_or_blamed(void **state)
{
	char problem[NV_TLS_PROBLEM];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct row *row = &table[i];
		const int error = serve(row->chain, row->key, row->passphrase, row->ca, problem);

		if (!row->file)
			assert_string_equal(problem, "");
		else
			assert_blamed(row, problem);
		assert_int_equal(error, row->file ? NV_ERR_TLS : 0);
		assert_int_equal(asked, 0);
	}
}

/* --- Cut off --- */

static size_t read_file(const char *name, char *to, size_t size)
{
	FILE *file = fopen(folder_path(name), "r");
	size_t len;

	assert_non_null(file);
	len = fread(to, 1, size, file);
	fclose(file);
	return len;
}

/* Where a block ends, with its line or without, is the one place where nobody can tell. */
static bool is_whole(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == '\n')
		len--;
	return len > 25 && memcmp(text + len - 25, "-----END CERTIFICATE-----", 25) == 0;
}

static void a_file_cut_anywhere_is_not_taken(void **state)
{
	char text[4096];
	char problem[NV_TLS_PROBLEM];
	const size_t len = read_file("good.pem", text, sizeof text);
	size_t taken = 0;

	for (size_t cut = 0; cut < len; cut++) {
		int error;

		certs_write_bytes(folder_path("cut.pem"), text, cut);
		error = serve("cut.pem", "good.key", NULL, NULL, problem);
		assert_int_equal(error, is_whole(text, cut) ? 0 : NV_ERR_TLS);
		taken += error == 0;
		if (cut > 0 && error < 0)
			assert_non_null(
				strstr(problem, "cut.pem: the file is cut off in the middle"));
	}
	assert_int_equal(taken,
	                 3); /* after the first block, with its newline, before the last newline */
}

static void a_key_cut_anywhere_is_not_taken(void **state)
{
	char text[4096];
	char problem[NV_TLS_PROBLEM];
	const size_t len = read_file("good.key", text, sizeof text);

	for (size_t cut = 1; cut < len - 1; cut++) {
		certs_write_bytes(folder_path("cut.key"), text, cut);
		assert_int_equal(serve("good.pem", "cut.key", NULL, NULL, problem), NV_ERR_TLS);
		assert_non_null(strstr(problem, "cut.key: the file is cut off in the middle"));
	}
}

/* --- Dates --- */

static void made_for(const char *name, long from_s, long until_s)
{
	make_files(name,
	           &(struct cert_wish){
			   .names = LOCAL, .issuer = root, .from_s = from_s, .until_s = until_s });
}

static void a_server_needs_a_certificate_of_today(void **state)
{
	char problem[NV_TLS_PROBLEM];

	made_for("dated", -3600, 60);
	assert_int_equal(serve("dated.pem", "dated.key", NULL, NULL, problem), 0);
	made_for("dated", -3600, -1);
	assert_int_equal(serve("dated.pem", "dated.key", NULL, NULL, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, "dated.pem: its certificate has expired on 20"));
	made_for("dated", 60, 3600);
	assert_int_equal(serve("dated.pem", "dated.key", NULL, NULL, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, "dated.pem: its certificate is not valid before 20"));
}

static void a_date_is_told_in_utc(void **state)
{
	char problem[NV_TLS_PROBLEM];
	char expected[64];
	const time_t end = time(NULL) - 40 * CERTS_DAY;
	struct tm date;

	made_for("dated", -50 * CERTS_DAY, -40 * CERTS_DAY);
	gmtime_r(&end, &date);
	strftime(expected, sizeof expected, "has expired on %Y-%m-%d ", &date);
	assert_int_equal(serve("dated.pem", "dated.key", NULL, NULL, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, expected));
	assert_string_equal(problem + strlen(problem) - 4, " UTC");
}

static void a_client_may_show_an_old_one(void **state)
{
	const struct nv_client_tls options = { .certificate = files_of("dated") };

	made_for("dated", -3600, -1);
	nv_tls_context_unref(connect_with(&options));
}

/* --- Options --- */

static void assert_invalid(const struct nv_certificate *certificates, size_t count)
{
	const struct nv_server_tls options = { .certificates = certificates,
		                               .certificate_count = count };
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	assert_int_equal(nv_tls_context_serve(&options, &tickets, &context, problem),
	                 NV_ERR_INVALID);
	assert_string_equal(problem, "no file with a certificate is given");
	assert_null(context);
}

static void a_server_needs_a_certificate(void **state)
{
	const struct nv_certificate certificates[2] = { files_of("good") };

	assert_invalid(NULL, 0);
	assert_invalid(certificates, 0);
	assert_invalid(certificates, 2);
}

static void the_second_certificate_is_read_as_well(void **state)
{
	const struct nv_certificate certificates[2] = { files_of("good"), files_of("missing") };
	const struct nv_server_tls options = { .certificates = certificates,
		                               .certificate_count = 2 };
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	assert_int_equal(nv_tls_context_serve(&options, &tickets, &context, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, "missing.pem: there is no such file"));
}

static void a_long_path_leaves_room_for_the_reason(void **state)
{
	char path[2000];
	struct nv_certificate certificate = { .chain_file = path };
	const struct nv_client_tls options = { .certificate = certificate };
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	memset(path, '/', sizeof path - 1);
	memcpy(path + sizeof path - 8, "missing", 8);
	assert_int_equal(nv_tls_context_connect(&options, &context, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, ": there is no such file"));
}

static void a_client_blames_its_files_as_a_server_does(void **state)
{
	const struct nv_client_tls table_of_clients[] = {
		{ .ca_file = folder_path("missing.pem") },
		{ .ca_file = folder_path("empty.pem") },
		{ .certificate = files_of("missing") },
		{ .certificate = { folder_path("good.pem"), folder_path("open.key"), NULL } },
	};
	static const char *const blamed[] = { "missing.pem: ", "empty.pem: ", "missing.pem: ",
		                              "open.key: its mode 0644" };

	for (size_t i = 0; i < 4; i++) {
		char problem[NV_TLS_PROBLEM] = "";
		struct nv_tls_context *context = NULL;

		assert_int_equal(nv_tls_context_connect(&table_of_clients[i], &context, problem),
		                 NV_ERR_TLS);
		assert_non_null(strstr(problem, blamed[i]));
		assert_null(context);
	}
}

/* --- Memory --- */

static void without_memory_there_is_no_context(void **state)
{
	char problem[NV_TLS_PROBLEM];
	int error = NV_ERR_NOMEM;
	size_t nth;

	failing_alloc_install();
	for (nth = 1; error < 0; nth++) {
		failing_alloc_fail(nth, FAIL_ONCE);
		error = serve("good.pem", "locked.key", "right.txt", "root.pem", problem);
		if (error < 0) {
			assert_int_equal(error, NV_ERR_NOMEM);
			assert_string_equal(problem, "out of memory");
		}
		assert_int_equal(failing_alloc_live_blocks(), 0);
	}
	assert_true(nth > 8);
	failing_alloc_remove();
}

/* --- Set-up --- */

static void copy_as(const char *from, const char *to, mode_t mode)
{
	char text[8192];

	certs_write_bytes(folder_path(to), text, read_file(from, text, sizeof text));
	assert_int_equal(chmod(folder_path(to), mode), 0);
}

static void write_text(const char *name, const char *text)
{
	certs_write_bytes(folder_path(name), text, strlen(text));
}

static void make_chains(void)
{
	char text[8192];
	char windows[8192];
	size_t len = read_file("good.pem", text, sizeof text - 1);
	size_t wide = 0;

	text[len] = '\0';
	certs_write_bytes(folder_path("no_newline.pem"), text, len - 1);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			windows[wide++] = '\r';
		windows[wide++] = text[i];
	}
	certs_write_bytes(folder_path("windows.pem"), windows, wide);
	len += read_file("good.key", text + len, sizeof text - len);
	certs_write_bytes(folder_path("both.pem"), text, len);
}

/* As tools print it, with words around and lines of hyphens. */
static void make_text(void)
{
	char text[8192] = "Certificate chain\n---\n";
	size_t len = strlen(text);

	len += read_file("good.pem", text + len, sizeof text - len - 64);
	len += (size_t)snprintf(text + len, 64, "---\nServer certificate\n---\n");
	certs_write_bytes(folder_path("text.pem"), text, len);
}

static void damage(const char *from, const char *to, size_t block)
{
	char text[8192];
	const size_t len = read_file(from, text, sizeof text - 1);
	char *at = text;

	text[len] = '\0';
	for (size_t i = 0; i <= block; i++)
		at = strstr(at + 1, "-----BEGIN") ? strstr(at + 1, "-----BEGIN") : at;
	memcpy(strchr(at, '\n') + 10, "!!!!", 4);
	certs_write_bytes(folder_path(to), text, len);
}

/* As OpenSSL wrote keys before 1.0. */
static void make_traditional(const struct cert *good)
{
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	PEM_write_bio_PrivateKey_traditional(text, good->key, EVP_aes_128_cbc(),
	                                     (const unsigned char *)"a secret", 8, NULL, NULL);
	len = BIO_get_mem_data(text, &bytes);
	certs_write_bytes(folder_path("traditional.key"), bytes, (size_t)len);
	BIO_free(text);
}

static int der_of(const void *x509, unsigned char **out)
{
	return i2d_X509(x509, out);
}

/* RFC 1421 4.6.1.1: what OpenSSL wants a passphrase for, whatever the block has. */
static void make_encrypted(const struct cert *good)
{
	static const unsigned char key[16] = { 1 };
	FILE *file = fopen(folder_path("encrypted.pem"), "w");

	assert_non_null(file);
	assert_int_equal(PEM_ASN1_write(der_of, PEM_STRING_X509, file, good->x509,
	                                EVP_aes_128_cbc(), key, sizeof key, NULL, NULL),
	                 1);
	fclose(file);
}

static int ask(UI *ui)
{
	(void)ui;
	asked++;
	return 0;
}

static void watch_terminal(void)
{
	terminal = UI_create_method("a terminal");
	UI_method_set_opener(terminal, ask);
	UI_set_default_method(terminal);
}

/* As "openssl ecparam -genkey" writes it. */
static void make_parameters(const struct cert *good)
{
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	PEM_write_bio_Parameters(text, good->key);
	PEM_write_bio_PrivateKey_traditional(text, good->key, NULL, NULL, 0, NULL, NULL);
	len = BIO_get_mem_data(text, &bytes);
	certs_write_bytes(folder_path("parameters.key"), bytes, (size_t)len);
	BIO_free(text);
}

static void make_passphrases(void)
{
	char text[4000];

	write_text("right.txt", "a secret\nand more\n");
	write_text("right_crlf.txt", "a secret\r\n");
	write_text("right_bare.txt", "a secret");
	write_text("wrong.txt", "a secret \n");
	write_text("blank.txt", "\na secret\n");
	memset(text, 'a', sizeof text);
	certs_write_bytes(folder_path("long.txt"), text, sizeof text);
	copy_as("right.txt", "open.txt", 0644);
}

static void make_der(const struct cert *good)
{
	unsigned char *der = NULL;
	const int len = i2d_X509(good->x509, &der);

	certs_write_bytes(folder_path("good.der"), der, (size_t)len);
	OPENSSL_free(der);
}

static void make_good(void)
{
	struct cert *between = certs_make(
		&(struct cert_wish){ .name = "between", .is_authority = true, .issuer = root });
	struct cert *good = certs_make(&(struct cert_wish){ .names = LOCAL, .issuer = between });

	write_files(good, "good");
	certs_write_key(good, folder_path("locked.key"), "a secret");
	make_traditional(good);
	make_encrypted(good);
	make_parameters(good);
	make_der(good);
	certs_free(good);
	certs_free(between);
}

static int set_up(void **state)
{
	folder_make();
	watch_terminal();
	nv_tls_tickets_init(&tickets);
	root = certs_make(&(struct cert_wish){ .name = "root", .is_authority = true });
	certs_write_one(root, folder_path("root.pem"));
	make_good();
	make_chains();
	make_text();
	make_passphrases();
	make_files("other", &(struct cert_wish){ .names = LOCAL });
	make_files("rsa", &(struct cert_wish){ .names = LOCAL, .rsa_bits = 2048 });
	make_files("short", &(struct cert_wish){ .names = LOCAL, .rsa_bits = 512 });
	damage("good.pem", "damaged.pem", 0);
	damage("good.pem", "damaged_ca.pem", 1);
	damage("good.key", "damaged.key", 0);
	copy_as("good.key", "open.key", 0644);
	copy_as("both.pem", "open_both.pem", 0644);
	copy_as("good.key", "group.key", 0640);
	copy_as("good.key", "group_write.key", 0660);
	write_text("empty.pem", "");
	write_text("blank.pem", "\n\n");
	write_text("huge.pem", "");
	assert_int_equal(truncate(folder_path("huge.pem"), 5 << 20), 0);
	assert_int_equal(mkdir(folder_path("folder"), 0700), 0);
	assert_int_equal(mkfifo(folder_path("pipe"), 0600), 0);
	return 0;
}

static int tear_down(void **state)
{
	certs_free(root);
	UI_set_default_method(UI_OpenSSL());
	UI_destroy_method(terminal);
	nv_tls_tickets_deinit(&tickets);
	folder_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_taken_or_blamed),
		cmocka_unit_test(a_file_cut_anywhere_is_not_taken),
		cmocka_unit_test(a_key_cut_anywhere_is_not_taken),
		cmocka_unit_test(a_server_needs_a_certificate_of_today),
		cmocka_unit_test(a_date_is_told_in_utc),
		cmocka_unit_test(a_client_may_show_an_old_one),
		cmocka_unit_test(a_server_needs_a_certificate),
		cmocka_unit_test(the_second_certificate_is_read_as_well),
		cmocka_unit_test(a_long_path_leaves_room_for_the_reason),
		cmocka_unit_test(a_client_blames_its_files_as_a_server_does),
		cmocka_unit_test(without_memory_there_is_no_context),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
