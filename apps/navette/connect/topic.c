/* SPDX-License-Identifier: MIT */
/* topic.c: an end that no part is about has NV_GUIDE_NONE. */
#include "connect/topic.h"

#include "connect/tls_advice.h"

struct row {
	int number;
	enum nv_guide part;
};

static enum nv_guide find(const struct row *rows, size_t count, int number)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].number == number)
			return rows[i].part;
	}
	return NV_GUIDE_NONE;
}

static enum nv_guide topic_of_tcp(int error)
{
	static const struct row rows[] = {
		{ NV_ERR_REFUSED, NV_GUIDE_REFUSED },
		{ NV_ERR_TIMEOUT, NV_GUIDE_NO_ANSWER },
		{ NV_ERR_UNREACHABLE, NV_GUIDE_NO_ANSWER },
	};

	return find(rows, sizeof rows / sizeof *rows, error);
}

static enum nv_guide topic_of_http(int status)
{
	static const struct row rows[] = {
		{ 200, NV_GUIDE_HTTP_200 },      { 400, NV_GUIDE_HTTP_400 },
		{ 401, NV_GUIDE_HTTP_401 },      { 403, NV_GUIDE_HTTP_403 },
		{ 404, NV_GUIDE_HTTP_404 },      { 426, NV_GUIDE_HTTP_426 },
		{ 429, NV_GUIDE_HTTP_429 },      { 502, NV_GUIDE_HTTP_GATEWAY },
		{ 503, NV_GUIDE_HTTP_503 },      { 504, NV_GUIDE_HTTP_GATEWAY },
		{ 301, NV_GUIDE_HTTP_REDIRECT }, { 302, NV_GUIDE_HTTP_REDIRECT },
		{ 303, NV_GUIDE_HTTP_REDIRECT }, { 307, NV_GUIDE_HTTP_REDIRECT },
		{ 308, NV_GUIDE_HTTP_REDIRECT },
	};

	return find(rows, sizeof rows / sizeof *rows, status);
}

enum nv_guide nv_topic_of_failure(enum nv_verdict verdict, const struct nv_failure *failure)
{
	switch (verdict) {
	case NV_VERDICT_NAME:
		return NV_GUIDE_NO_HOST;
	case NV_VERDICT_TCP:
		return topic_of_tcp(failure->error);
	case NV_VERDICT_TLS:
		return nv_tls_advice(failure->text)->part;
	case NV_VERDICT_REFUSED:
		return topic_of_http(failure->status);
	case NV_VERDICT_HANDSHAKE:
		return NV_GUIDE_HANDSHAKE;
	case NV_VERDICT_PROXY:
		return NV_GUIDE_PROXY;
	case NV_VERDICT_LOCAL:
		return failure->error == NV_ERR_LIMIT ? NV_GUIDE_OPEN_FILES : NV_GUIDE_NONE;
	case NV_VERDICT_NORMAL:
	case NV_VERDICT_USAGE:
	case NV_VERDICT_BROKEN:
	case NV_VERDICT_INTERRUPTED:
		break;
	}
	return NV_GUIDE_NONE;
}

/* A message that did not arrive in time has 1008 of ours, but it is the network that was lost. */
enum nv_guide nv_topic_of_close(const struct nv_close *close)
{
	static const struct row rows[] = {
		{ NV_STATUS_PROTOCOL_ERROR, NV_GUIDE_CLOSE_1002 },
		{ NV_STATUS_ABNORMAL, NV_GUIDE_CLOSE_1006 },
		{ NV_STATUS_INVALID_DATA, NV_GUIDE_CLOSE_1007 },
		{ NV_STATUS_POLICY, NV_GUIDE_CLOSE_1008 },
		{ NV_STATUS_TOO_BIG, NV_GUIDE_CLOSE_1009 },
		{ NV_STATUS_INTERNAL, NV_GUIDE_CLOSE_1011 },
		{ NV_STATUS_RESTART, NV_GUIDE_CLOSE_1012 },
		{ NV_STATUS_TRY_LATER, NV_GUIDE_CLOSE_1013 },
	};

	if (close->cause == NV_CAUSE_MESSAGE_TIMEOUT)
		return NV_GUIDE_CLOSE_1006;
	return find(rows, sizeof rows / sizeof *rows, close->status);
}
