/* SPDX-License-Identifier: MIT */
/* identity.c: a server's certificates, from the options to a context that connections use, and from one
 * context to the next. Whatever is wrong with new files, the old context goes on. */
#include "ws/identity.h"

#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "ws/server.h"
#include "ws/texts.h"

#define DAY_S 86400
#define DAY_MS 86400000u
#define WARN_S (21 * DAY_S)

void nv_identity_init(struct nv_identity *identity)
{
	nv_lock_init(&identity->lock);
	nv_lock_init(&identity->reloading);
	atomic_init(&identity->ends_s, INT64_MAX);
}

static bool is_set(const struct nv_identity *identity)
{
	return identity->options.certificate_count > 0;
}

void nv_identity_stop(struct nv_identity *identity, struct nv_loop *loop)
{
	if (is_set(identity))
		nv_loop_stop_timer(loop, &identity->daily);
}

static void drop_options(struct nv_server_tls *options)
{
	for (size_t i = 0; i < options->certificate_count; i++)
		nv_certificate_free(&options->certificates[i]);
	nv_free((void *)(uintptr_t)options->certificates);
	nv_text_free(options->client_ca_file);
	*options = (struct nv_server_tls){ 0 };
}

void nv_identity_deinit(struct nv_identity *identity)
{
	if (is_set(identity)) {
		nv_tls_context_unref(identity->context);
		nv_tls_tickets_deinit(&identity->tickets);
		drop_options(&identity->options);
	}
	nv_lock_deinit(&identity->reloading);
	nv_lock_deinit(&identity->lock);
}

struct nv_tls_context *nv_identity_context(struct nv_identity *identity)
{
	struct nv_tls_context *context;

	nv_lock_take(&identity->lock);
	context = nv_tls_context_ref(identity->context);
	nv_lock_give(&identity->lock);
	return context;
}

/* --- The end of a certificate --- */

int64_t nv_identity_left_s(const struct nv_identity *identity)
{
	int64_t ends = atomic_load_explicit(&identity->ends_s, memory_order_relaxed);

	return ends == INT64_MAX ? ends : ends - (int64_t)time(NULL);
}

static void warn_of_the_end(struct nv_server *server)
{
	int64_t left = nv_identity_left_s(&server->identity);

	if (left < 0)
		nv_log_write(&server->log, NV_LOG_WARNING,
		             "TLS: a certificate has ended, clients refuse it");
	else if (left < WARN_S)
		nv_log_write(&server->log, NV_LOG_WARNING, "TLS: a certificate ends within %d days",
		             (int)(left / DAY_S) + 1);
}

static void on_day(struct nv_timer *timer)
{
	struct nv_identity *identity = nv_container_of(timer, struct nv_identity, daily);
	struct nv_server *server = nv_container_of(identity, struct nv_server, identity);

	warn_of_the_end(server);
	/* The heap has just given up this place. */
	(void)nv_loop_start_timer(server->workers[0].loop, timer, DAY_MS);
}

/* --- Options --- */

static int copy_certificates(struct nv_server_tls *options)
{
	const struct nv_certificate *lent = options->certificates;
	size_t count = options->certificate_count;
	struct nv_certificate *copies = nv_alloc(count * sizeof *copies);
	bool ok = true;

	options->certificates = copies;
	options->certificate_count = copies ? count : 0;
	if (!copies)
		return NV_ERR_NOMEM;
	memcpy(copies, lent, count * sizeof *copies);
	for (size_t i = 0; i < count; i++)
		ok = nv_certificate_own(&copies[i]) && ok;
	return ok ? 0 : NV_ERR_NOMEM;
}

static int own_options(struct nv_server_tls *options)
{
	bool ok = nv_text_own(&options->client_ca_file);

	return copy_certificates(options) == 0 && ok ? 0 : NV_ERR_NOMEM;
}

static int check(const struct nv_server_tls *options)
{
	if (options->certificate_count == 0 ||
	    options->certificate_count > SIZE_MAX / sizeof *options->certificates)
		return NV_ERR_INVALID;
	for (size_t i = 0; i < options->certificate_count; i++)
		if (!options->certificates[i].chain_file)
			return NV_ERR_INVALID;
	return 0;
}

/* --- Reading the files --- */

static int read_files(struct nv_identity *identity, struct nv_tls_context **context,
                      char problem[NV_TLS_PROBLEM])
{
	int error;

	problem[0] = '\0';
	error = nv_tls_context_serve(&identity->options, &identity->tickets, context, problem);
	if (error < 0 && !problem[0])
		snprintf(problem, NV_TLS_PROBLEM, "%s", nv_strerror(error));
	return error;
}

static void use(struct nv_identity *identity, struct nv_tls_context *context)
{
	struct nv_tls_context *old;

	nv_lock_take(&identity->lock);
	old = identity->context;
	identity->context = context;
	nv_lock_give(&identity->lock);
	nv_tls_context_unref(old);
	atomic_store_explicit(&identity->ends_s, nv_tls_context_expiry(context),
	                      memory_order_relaxed);
	identity->told[0] = '\0';
}

static int set(struct nv_server *server)
{
	struct nv_identity *identity = &server->identity;
	struct nv_tls_context *context;
	char problem[NV_TLS_PROBLEM];
	int error = read_files(identity, &context, problem);

	if (error < 0) {
		nv_log_write(&server->log, NV_LOG_ERROR, "TLS: %s", problem);
		return error;
	}
	identity->daily.fire = on_day;
	error = nv_loop_start_timer(server->workers[0].loop, &identity->daily, DAY_MS);
	if (error < 0) {
		nv_tls_context_unref(context);
		return error;
	}
	use(identity, context);
	warn_of_the_end(server);
	return 0;
}

int nv_server_set_tls_sized(struct nv_server *server, const struct nv_server_tls *tls, size_t size)
{
	struct nv_identity *identity = &server->identity;
	struct nv_server_tls options = { 0 };
	int error;

	memcpy(&options, tls, size < sizeof options ? size : sizeof options);
	if (is_set(identity) || atomic_load(&server->ran))
		return NV_ERR_STATE;
	error = check(&options);
	if (error < 0)
		return error;
	identity->options = options;
	error = own_options(&identity->options);
	nv_tls_tickets_init(&identity->tickets);
	if (error == 0)
		error = set(server);
	if (error < 0) {
		nv_tls_tickets_deinit(&identity->tickets);
		drop_options(&identity->options);
	}
	return error;
}

/* Who asks every second is told once. */
static void tell_problem(struct nv_server *server, const char *problem, bool always)
{
	struct nv_identity *identity = &server->identity;

	if (!always && strcmp(identity->told, problem) == 0)
		return;
	snprintf(identity->told, sizeof identity->told, "%s", problem);
	nv_log_write(&server->log, NV_LOG_ERROR, "TLS: %s; the old certificates stay in use",
	             problem);
}

/* What was wrong was undone. */
static void end_alarm(struct nv_server *server)
{
	if (!server->identity.told[0])
		return;
	server->identity.told[0] = '\0';
	nv_log_write(&server->log, NV_LOG_INFO, "TLS: the files are again those in use");
}

static int reload(struct nv_server *server, bool always)
{
	struct nv_identity *identity = &server->identity;
	struct nv_tls_context *context;
	char problem[NV_TLS_PROBLEM];
	int error;

	if (!always && !nv_tls_context_is_stale(identity->context)) {
		end_alarm(server);
		return 0;
	}
	error = read_files(identity, &context, problem);
	if (error < 0) {
		tell_problem(server, problem, always);
		return error;
	}
	use(identity, context);
	nv_log_write(&server->log, NV_LOG_INFO,
	             "TLS: new connections get the certificates read now");
	warn_of_the_end(server);
	return 1;
}

int nv_server_reload_tls(struct nv_server *server, bool always)
{
	struct nv_identity *identity = &server->identity;
	int result;

	if (!is_set(identity))
		return NV_ERR_STATE;
	nv_lock_take(&identity->reloading);
	result = reload(server, always);
	nv_lock_give(&identity->reloading);
	return result;
}

/* --- Listening --- */

static bool may_listen(struct nv_server *server)
{
	return is_set(&server->identity) && !atomic_load(&server->ran);
}

/* Nothing is accepted before the server starts. */
static void speak_tls(struct nv_server *server, size_t first)
{
	for (size_t i = first; i < server->listening; i++)
		server->listeners[i].tls = true;
}

int nv_server_listen_tls(struct nv_server *server, const char *host, uint16_t port)
{
	size_t first = server->listening;
	int error = may_listen(server) ? nv_server_listen(server, host, port) : NV_ERR_STATE;

	speak_tls(server, first);
	return error;
}

int nv_server_listen_tls_fd(struct nv_server *server, int fd)
{
	size_t first = server->listening;
	int error = may_listen(server) ? nv_server_listen_fd(server, fd) : NV_ERR_STATE;

	speak_tls(server, first);
	return error;
}
