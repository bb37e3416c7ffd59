/* SPDX-License-Identifier: MIT */
/* entry.c: an origin is judged before the upgrade, since a browser shows a page nothing of an answer
 * with 403; a token behind it, where the page can read why, unless it is to be before. A token is looked at
 * again in on_open, which has to know its name. */
#include "serve/entry.h"

#include <string.h>
#include <time.h>

#include "serve/answer.h"
#include "serve/credential.h"
#include "serve/log.h"
#include "serve/origin.h"

#define SUBPROTOCOL_SIZE 256
#define INVALID "Token invalide"

static enum nv_verdict check(const struct nv_entry *entry, const struct nv_request *request,
                             struct nv_pass *pass)
{
	return nv_auth_check(entry->auth, request, (int64_t)time(NULL), pass);
}

/* --- The log --- */

static void log_token(const char *peer, enum nv_verdict verdict)
{
	static const char *const reasons[] = {
		[NV_AUTH_NONE] = "aucun token",
		[NV_AUTH_BAD] = "token invalide",
		[NV_AUTH_EXPIRED] = "token expiré",
		[NV_AUTH_EARLY] = "token pas encore valide",
	};

	if (!nv_serve_log_may(NV_LOG_TOKENS))
		return;
	nv_serve_log(
		NV_LOGGED_REFUSED,
		NV_FIELDS(NV_FIELD_TEXT("peer", peer), NV_FIELD_TEXT("cause", reasons[verdict])),
		"Client %s refusé : %s", peer, reasons[verdict]);
}

/* What is no origin may hold anything, a token for example: http://x/?token=... */
static const char *tell_origin(const struct nv_request *request, char origin[NV_ORIGIN_SIZE])
{
	struct nv_bytes field = nv_request_field(request, "Origin");

	if (field.len == strlen("null") && memcmp(field.data, "null", field.len) == 0)
		return "null";
	return nv_origin_read(field, origin) ? origin : "mal formée";
}

static void log_origin(const struct nv_request *request)
{
	char origin[NV_ORIGIN_SIZE];
	char peer[NV_PEER_TEXT];
	const char *told = tell_origin(request, origin);

	if (!nv_serve_log_may(NV_LOG_ORIGINS))
		return;
	nv_request_peer(request, peer);
	nv_serve_log(NV_LOGGED_REFUSED,
	             NV_FIELDS(NV_FIELD_TEXT("peer", peer), NV_FIELD_TEXT("origin", told),
	                       NV_FIELD_TEXT("cause", "origine")),
	             "Client %s refusé : origine %s", peer, told);
}

/* --- Before the upgrade --- */

static void refuse_origin(struct nv_request *request)
{
	log_origin(request);
	(void)nv_request_reply(request, 403, "text/plain; charset=utf-8",
	                       nv_str("403 Forbidden: this origin may not connect\n"));
}

/* RFC 6750 3. */
static void refuse_token(struct nv_request *request, enum nv_verdict verdict)
{
	char peer[NV_PEER_TEXT];

	log_token(nv_request_peer(request, peer), verdict);
	if (nv_request_add_field(request, "WWW-Authenticate", "Bearer") == 0)
		(void)nv_request_reply(request, 401, "text/plain; charset=utf-8",
		                       nv_str("401 Unauthorized: a valid token is needed\n"));
}

static void accept_request(struct nv_request *request)
{
	char subprotocol[SUBPROTOCOL_SIZE];
	bool chosen = nv_credential_subprotocol(request, subprotocol, sizeof subprotocol);

	(void)nv_request_accept(request, chosen ? subprotocol : NULL);
}

void nv_entry_upgrade(const struct nv_entry *entry, struct nv_request *request)
{
	enum nv_verdict verdict = NV_AUTH_GOOD;
	struct nv_pass pass;

	if (!nv_auth_origin_allowed(entry->auth, request)) {
		refuse_origin(request);
		return;
	}
	if (entry->before_upgrade)
		verdict = check(entry, request, &pass);
	if (verdict == NV_AUTH_GOOD)
		accept_request(request);
	else
		refuse_token(request, verdict);
}

/* --- Behind it --- */

bool nv_entry_admit(const struct nv_entry *entry, struct nv_conn *conn, struct nv_pass *pass)
{
	enum nv_verdict verdict = check(entry, nv_conn_request(conn), pass);
	char peer[NV_PEER_TEXT];

	if (verdict == NV_AUTH_GOOD)
		return true;
	log_token(nv_conn_peer(conn, peer), verdict);
	nv_answer_error(conn, INVALID);
	nv_answer_close(conn, NV_STATUS_POLICY, INVALID);
	return false;
}
