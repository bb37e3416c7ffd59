/* SPDX-License-Identifier: MIT */
/* socks.c: the client's side of SOCKS5.
 *
 * An answer is collected until it is there as a whole; how long it is tells its beginning. So not one byte
 * behind the last answer is taken: it is the server's. A proxy that answers before it is asked is taken at
 * its word. Names are sent as names, for the proxy to resolve. */
#include "proto/socks.h"

#include "proto/field.h"
#include "proto/ip.h"

#define VERSION 5
#define PASSWORD_VERSION 1 /* RFC 1929 2 */
#define FIELD_MAX 255u     /* its length is told in one byte */

/* RFC 1928 3 */
enum method {
	METHOD_NONE = 0x00,
	METHOD_PASSWORD = 0x02,
	METHOD_REFUSED = 0xff
};

enum command {
	COMMAND_CONNECT = 1
};

/* RFC 1928 5 */
enum address_type {
	ADDRESS_V4 = 1,
	ADDRESS_NAME = 3,
	ADDRESS_V6 = 4
};

/* What is written to `out`, which has room for all. */
struct writer {
	uint8_t *out;
	size_t len;
};

static void put_byte(struct writer *writer, unsigned byte)
{
	writer->out[writer->len++] = (uint8_t)byte;
}

static void put_bytes(struct writer *writer, const void *data, size_t len)
{
	memcpy(writer->out + writer->len, data, len);
	writer->len += len;
}

/* With its length in front. */
static void put_text(struct writer *writer, const char *text)
{
	put_byte(writer, (unsigned)strlen(text));
	put_bytes(writer, text, strlen(text));
}

/* RFC 1928 4 */
static void put_request(struct writer *writer, const struct nv_socks *socks)
{
	struct nv_ip ip;

	put_byte(writer, VERSION);
	put_byte(writer, COMMAND_CONNECT);
	put_byte(writer, 0);
	if (!nv_ip_parse(nv_str(socks->host), &ip)) {
		put_byte(writer, ADDRESS_NAME);
		put_text(writer, socks->host);
	} else if (ip.dotted) {
		put_byte(writer, ADDRESS_V4);
		put_bytes(writer, ip.bytes + NV_IP_V4_AT, 4);
	} else {
		put_byte(writer, ADDRESS_V6);
		put_bytes(writer, ip.bytes, sizeof ip.bytes);
	}
	put_byte(writer, socks->port >> 8);
	put_byte(writer, socks->port & 0xff);
}

/* RFC 1929 2 */
static void put_password(struct writer *writer, const struct nv_socks *socks)
{
	put_byte(writer, PASSWORD_VERSION);
	put_text(writer, socks->user);
	put_text(writer, socks->password);
}

/* --- Answers, each there as a whole --- */

static int fail(struct nv_socks *socks, int error, const char *problem)
{
	socks->state = NV_SOCKS_FAILED;
	socks->error = error;
	socks->problem = problem;
	return error;
}

static int fail_protocol(struct nv_socks *socks)
{
	return fail(socks, NV_ERR_PROTOCOL, "the proxy's answer is not one of SOCKS5");
}

static int ask(struct nv_socks *socks, struct writer *writer)
{
	socks->state = NV_SOCKS_REPLY;
	put_request(writer, socks);
	return 0;
}

static int take_method(struct nv_socks *socks, struct writer *writer)
{
	if (socks->have[0] != VERSION)
		return fail_protocol(socks);
	if (socks->have[1] == METHOD_NONE)
		return ask(socks, writer);
	if (socks->have[1] == METHOD_PASSWORD && socks->user) {
		socks->state = NV_SOCKS_PASSWORD;
		put_password(writer, socks);
		return 0;
	}
	if (socks->have[1] != METHOD_REFUSED)
		return fail_protocol(socks);
	return fail(socks, NV_ERR_PERMISSION,
	            socks->user ? "the proxy takes no user and password"
	                        : "the proxy wants a user and a password, or another proof");
}

static int take_verdict(struct nv_socks *socks, struct writer *writer)
{
	if (socks->have[0] != PASSWORD_VERSION)
		return fail_protocol(socks);
	if (socks->have[1] != 0)
		return fail(socks, NV_ERR_PERMISSION,
		            "the proxy does not accept this user and password");
	return ask(socks, writer);
}

/* RFC 1928 6. What the numbers above mean, if anything, differs from one proxy to the other. */
static int fail_reply(struct nv_socks *socks)
{
	static const struct {
		int error;
		const char *problem;
	} replies[] = {
		{ NV_ERR_UNREACHABLE, "the proxy failed" },
		{ NV_ERR_PERMISSION, "the proxy does not allow this connection" },
		{ NV_ERR_UNREACHABLE, "the proxy can't reach the network" },
		{ NV_ERR_UNREACHABLE, "the proxy can't reach the host" },
		{ NV_ERR_REFUSED, "the host refused the proxy's connection" },
		{ NV_ERR_TIMEOUT,
		  "the proxy's packets did not live long enough to reach the host" },
		{ NV_ERR_UNSUPPORTED, "the proxy does not know the command CONNECT" },
		{ NV_ERR_UNSUPPORTED, "the proxy does not know this type of address" },
	};
	size_t reply = socks->have[1] - 1u;

	if (reply >= sizeof replies / sizeof replies[0])
		return fail(socks, NV_ERR_UNREACHABLE, "the proxy failed for a reason of its own");
	return fail(socks, replies[reply].error, replies[reply].problem);
}

/* --- How long the answer that is awaited is, as far as can be told --- */

/* Zero for an address of no known type. */
static size_t reply_len(const struct nv_socks *socks)
{
	if (socks->have_len < 5)
		return socks->have_len < 2 ? 2 : 5;
	switch (socks->have[3]) {
	case ADDRESS_V4:
		return 4 + 4 + 2;
	case ADDRESS_V6:
		return 4 + 16 + 2;
	case ADDRESS_NAME:
		return 4 + 1 + socks->have[4] + 2u;
	default:
		return 0;
	}
}

/* After each piece of a reply: what is wrong with it is told as soon as it is there, since a proxy that
 * refuses may say no more than two bytes. */
static int take_reply(struct nv_socks *socks)
{
	if (socks->have[0] != VERSION)
		return fail_protocol(socks);
	if (socks->have[1] != 0)
		return fail_reply(socks);
	if (socks->have_len == 2)
		return 0;
	if (socks->have[2] != 0 || reply_len(socks) == 0)
		return fail_protocol(socks);
	if (socks->have_len == reply_len(socks))
		socks->state = NV_SOCKS_DONE;
	return 0;
}

static size_t wanted(const struct nv_socks *socks)
{
	return socks->state == NV_SOCKS_REPLY ? reply_len(socks) : 2;
}

static int take_answer(struct nv_socks *socks, struct writer *writer)
{
	enum nv_socks_state state = socks->state;
	int result;

	if (state == NV_SOCKS_REPLY)
		return take_reply(socks);
	result = state == NV_SOCKS_GREETING ? take_method(socks, writer)
	                                    : take_verdict(socks, writer);
	socks->have_len = 0;
	return result;
}

int nv_socks_feed(struct nv_socks *socks, const uint8_t *data, size_t len, size_t *used,
                  uint8_t out[NV_SOCKS_ROOM])
{
	struct writer writer = { out, 0 };
	int result = socks->state == NV_SOCKS_FAILED ? socks->error : 0;

	for (*used = 0; result == 0 && *used < len && socks->state != NV_SOCKS_DONE;) {
		size_t missing = wanted(socks) - socks->have_len;
		size_t take = len - *used < missing ? len - *used : missing;

		memcpy(socks->have + socks->have_len, data + *used, take);
		socks->have_len += take;
		*used += take;
		if (take == missing)
			result = take_answer(socks, &writer);
	}
	return result < 0 ? result : (int)writer.len;
}

static bool is_field(const char *text)
{
	return text[0] != '\0' && strlen(text) <= FIELD_MAX;
}

/* A name is a name: nothing that a proxy could read as more than that. */
static bool is_host(const char *host)
{
	struct nv_ip ip;

	if (nv_ip_parse(nv_str(host), &ip))
		return true;
	for (const char *at = host; *at; at++) {
		if (!nv_is_target_char((uint8_t)*at) || strchr(":[]/@", *at))
			return false;
	}
	return is_field(host);
}

int nv_socks_start(struct nv_socks *socks, const char *host, uint16_t port, const char *user,
                   const char *password, uint8_t out[NV_SOCKS_ROOM])
{
	struct writer writer = { out, 0 };

	if (!password)
		password = "";
	if (!is_host(host) || (user && (!is_field(user) || strlen(password) > FIELD_MAX)))
		return NV_ERR_INVALID;
	socks->state = NV_SOCKS_GREETING;
	socks->host = host;
	socks->port = port;
	socks->user = user;
	socks->password = password;
	put_byte(&writer, VERSION);
	put_byte(&writer, user ? 2 : 1);
	put_byte(&writer, METHOD_NONE);
	if (user)
		put_byte(&writer, METHOD_PASSWORD);
	return (int)writer.len;
}
