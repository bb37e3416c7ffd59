/* SPDX-License-Identifier: MIT */
/* auth.c: what is read from the files, swapped under a lock that who checks only shares. */
#include "serve/auth.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "serve/credential.h"
#include "serve/jwt.h"
#include "serve/origin.h"
#include "serve/token_file.h"

/* What a file was like when it was read, and when that failed the last time. */
struct file {
	struct stat read;
	struct stat failure;
	bool failed;
};

struct nv_auth {
	const struct nv_serve_auth *options;
	char origins[NV_SERVE_ORIGINS][NV_ORIGIN_SIZE];
	struct file tokens_file; /* the main thread's, as the next one */
	struct file key_file;
	pthread_rwlock_t lock; /* of the two below */
	struct nv_token_set *tokens;
	struct nv_jwt_key *key;
};

/* --- The files --- */

/* One that is not there is all zeros. */
static struct stat look_at(const char *path)
{
	struct stat now = { 0 };

	return stat(path, &now) < 0 ? (struct stat){ 0 } : now;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && is_same_time(a->st_mtim, b->st_mtim) &&
	       is_same_time(a->st_ctim, b->st_ctim);
}

/* What failed is tried again, since it may have been for want of descriptors, but told once. */
static int fail(struct file *file, const struct stat *now, bool always)
{
	bool told = file->failed && is_same(&file->failure, now);

	file->failed = true;
	file->failure = *now;
	return told && !always ? 0 : NV_ERR_INVALID;
}

static void succeed(struct file *file, const struct stat *now)
{
	file->failed = false;
	file->read = *now;
}

static int reload_tokens(struct nv_auth *auth, bool always, char *problem, size_t size)
{
	const char *path = auth->options->tokens_file;
	struct stat now = path ? look_at(path) : (struct stat){ 0 };
	struct nv_token_set *tokens, *old;

	if (!path || (!always && is_same(&now, &auth->tokens_file.read)))
		return 0;
	tokens = nv_token_set_read(path, problem, size);
	if (!tokens)
		return fail(&auth->tokens_file, &now, always);
	succeed(&auth->tokens_file, &now);
	pthread_rwlock_wrlock(&auth->lock);
	old = auth->tokens;
	auth->tokens = tokens;
	pthread_rwlock_unlock(&auth->lock);
	nv_token_set_free(old);
	return 1;
}

static int reload_key(struct nv_auth *auth, bool always, char *problem, size_t size)
{
	enum nv_jwt_algorithm algorithm = auth->options->jwt_algorithm;
	const char *path = algorithm != NV_JWT_NONE ? auth->options->jwt_key_file : NULL;
	struct stat now = path ? look_at(path) : (struct stat){ 0 };
	struct nv_jwt_key *key, *old;

	if (!path || (!always && is_same(&now, &auth->key_file.read)))
		return 0;
	key = nv_jwt_key_read(algorithm, path, problem, size);
	if (!key)
		return fail(&auth->key_file, &now, always);
	succeed(&auth->key_file, &now);
	pthread_rwlock_wrlock(&auth->lock);
	old = auth->key;
	auth->key = key;
	pthread_rwlock_unlock(&auth->lock);
	nv_jwt_key_free(old);
	return 1;
}

/* The second file is only looked at when the first is good, so that each problem gets its turn. */
int nv_auth_reload(struct nv_auth *auth, bool always, char *problem, size_t problem_size)
{
	int tokens = reload_tokens(auth, always, problem, problem_size);
	int key = tokens < 0 ? 0 : reload_key(auth, always, problem, problem_size);

	if (tokens < 0 || key < 0)
		return tokens < 0 ? tokens : key;
	return tokens > 0 || key > 0;
}

/* --- The whole --- */

static bool read_origins(struct nv_auth *auth, char *problem, size_t size)
{
	const struct nv_serve_auth *options = auth->options;

	for (size_t i = 0; i < options->origin_count; i++) {
		if (nv_origin_read(nv_str(options->origins[i]), auth->origins[i]))
			continue;
		snprintf(problem, size,
		         "--allow-origin takes one as https://example.org, without a path and "
		         "in ASCII, not '%s'",
		         options->origins[i]);
		return false;
	}
	return true;
}

/* Who reads a file again waits for no crowd of newcomers: new ones wait behind it. */
static void init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

struct nv_auth *nv_auth_new(const struct nv_serve_auth *options, char *problem, size_t problem_size)
{
	struct nv_auth *auth = calloc(1, sizeof *auth);

	if (!auth) {
		snprintf(problem, problem_size, "%s", nv_strerror(NV_ERR_NOMEM));
		return NULL;
	}
	auth->options = options;
	init_lock(&auth->lock);
	if (read_origins(auth, problem, problem_size) &&
	    nv_auth_reload(auth, true, problem, problem_size) >= 0)
		return auth;
	nv_auth_free(auth);
	return NULL;
}

void nv_auth_free(struct nv_auth *auth)
{
	if (!auth)
		return;
	nv_token_set_free(auth->tokens);
	nv_jwt_key_free(auth->key);
	pthread_rwlock_destroy(&auth->lock);
	free(auth);
}

/* --- Checking --- */

static bool is_listed_token(const struct nv_auth *auth, struct nv_bytes token, struct nv_pass *pass)
{
	const char *name = auth->tokens ? nv_token_set_find(auth->tokens, token) : NULL;

	if (!name)
		return false;
	snprintf(pass->name, sizeof pass->name, "%s", name);
	return true;
}

static enum nv_verdict check_token(struct nv_auth *auth, struct nv_bytes token, int64_t now_s,
                                   struct nv_pass *pass)
{
	enum nv_verdict verdict = NV_AUTH_BAD;

	pthread_rwlock_rdlock(&auth->lock);
	if (is_listed_token(auth, token, pass))
		verdict = NV_AUTH_GOOD;
	else if (auth->key)
		verdict = nv_jwt_check(auth->key, token, now_s, pass);
	pthread_rwlock_unlock(&auth->lock);
	return verdict;
}

enum nv_verdict nv_auth_check(struct nv_auth *auth, const struct nv_request *request, int64_t now_s,
                              struct nv_pass *pass)
{
	char decoded[NV_CREDENTIAL_SIZE];
	struct nv_bytes token;

	*pass = (struct nv_pass){ .expires = INT64_MAX };
	if (!nv_serve_auth_is_on(auth->options))
		return NV_AUTH_GOOD;
	switch (nv_credential_find(request, decoded, &token)) {
	case NV_CREDENTIAL_NONE:
		return NV_AUTH_NONE;
	case NV_CREDENTIAL_ONE:
		return token.len > NV_TOKEN_MOST ? NV_AUTH_BAD
		                                 : check_token(auth, token, now_s, pass);
	default:
		return NV_AUTH_BAD;
	}
}

/* --- Origins --- */

static bool is_listed_origin(const struct nv_auth *auth, const char *origin)
{
	for (size_t i = 0; i < auth->options->origin_count; i++)
		if (strcmp(auth->origins[i], origin) == 0)
			return true;
	return false;
}

bool nv_auth_origin_allowed(const struct nv_auth *auth, const struct nv_request *request)
{
	char origin[NV_ORIGIN_SIZE];
	struct nv_tls_info tls;
	struct nv_bytes value, another;
	size_t cursor = 0;

	if (!nv_serve_auth_is_on(auth->options) && auth->options->origin_count == 0)
		return true;
	if (!nv_request_next_field(request, "Origin", &cursor, &value))
		return true;
	if (nv_request_next_field(request, "Origin", &cursor, &another) ||
	    !nv_origin_read(value, origin))
		return false;
	if (auth->options->origin_count > 0)
		return is_listed_origin(auth, origin);
	return nv_origin_is_host(origin, nv_request_field(request, "Host"),
	                         nv_request_tls(request, &tls));
}
