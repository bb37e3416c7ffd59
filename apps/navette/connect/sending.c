/* SPDX-License-Identifier: MIT */
/* sending.c: from what a source offers to messages. */
#include <stdlib.h>

#include "connect/clock.h"
#include "connect/record.h"
#include "connect/report.h"
#include "connect/talk_inside.h"
#include "text/encoding.h"

/* Far below what would have to be kept back. */
#define QUEUE_ROOM (256u << 10)
/* An empty message takes memory, too. */
#define MESSAGE_COST 64u

/* Without --reconnect nothing is taken before there is a connection to send it on. */
bool nv_talk_has_room(const struct nv_talk *talk)
{
	const struct nv_conn *conn = nv_client_conn(talk->client);
	struct nv_account account;

	if (!nv_talk_is_staying(talk) || (!conn && !talk->options->client.reconnect))
		return false;
	nv_client_account(talk->client, &account);
	return account.waiting * MESSAGE_COST + account.waiting_bytes +
	               (conn ? nv_conn_unsent(conn) : 0) <
	       QUEUE_ROOM;
}

int nv_talk_send(struct nv_talk *talk, enum nv_opcode opcode, struct nv_bytes message)
{
	int error = nv_client_send(talk->client, opcode, message);

	if (error == 0)
		nv_record_message(talk->record, true, opcode, message);
	return error;
}

int nv_talk_ping(struct nv_talk *talk, struct nv_bytes data)
{
	struct nv_conn *conn = nv_client_conn(talk->client);

	return conn ? nv_conn_ping(conn, data) : NV_ERR_CLOSED;
}

int nv_talk_close(struct nv_talk *talk, uint16_t status, const char *reason)
{
	int error = nv_client_close(talk->client, status, reason);

	if (error < 0)
		return error;
	nv_talk_leave(talk);
	talk->leaving.stage = NV_CLOSING;
	talk->own_status = status;
	return 0;
}

/* Hex digits and base64 as bytes; NV_ERR_INVALID for what is neither. */
static int send_decoded(struct nv_talk *talk, struct nv_bytes line)
{
	uint8_t *bytes = malloc(line.len + 1);
	int len;

	if (!bytes)
		return NV_ERR_NOMEM;
	len = talk->options->encoding == NV_AS_HEX ? nv_hex_decode(line, bytes)
	                                           : nv_base64_decode(line, bytes);
	if (len >= 0)
		len = nv_talk_send(talk, NV_BINARY, (struct nv_bytes){ bytes, (size_t)len });
	free(bytes);
	return len;
}

static int send_line(struct nv_talk *talk, struct nv_bytes line)
{
	switch (talk->options->encoding) {
	case NV_AS_TEXT:
		return nv_talk_send(talk, NV_TEXT, line);
	case NV_AS_BINARY:
		return nv_talk_send(talk, NV_BINARY, line);
	default:
		return send_decoded(talk, line);
	}
}

static int send_offer(struct nv_talk *talk, const struct nv_offer *offer)
{
	if (offer->kind == NV_OFFER_LINE)
		return send_line(talk, offer->data);
	return nv_talk_send(talk, offer->kind == NV_OFFER_TEXT ? NV_TEXT : NV_BINARY, offer->data);
}

static const char *text_of(const struct nv_talk *talk, int error)
{
	if (error != NV_ERR_INVALID)
		return nv_strerror(error);
	return talk->options->encoding == NV_AS_HEX ? "it is not pairs of hex digits"
	                                            : "it is not base64";
}

/* True when the offer is dealt with, sent or not. */
static bool take_offer(struct nv_talk *talk, const struct nv_offer *offer)
{
	int error = send_offer(talk, offer);

	if (error == NV_ERR_FULL || error == NV_ERR_CLOSED)
		return false;
	if (error < 0) {
		nv_report("line %llu of %s was not sent: %s", (unsigned long long)offer->number,
		          talk->source->name, text_of(talk, error));
		talk->lost_input = true;
	}
	return true;
}

void nv_talk_send_offers(struct nv_talk *talk)
{
	struct nv_source *source = talk->source;
	struct nv_offer offer;

	while (nv_talk_is_staying(talk) && source->ops->offer(source, &offer)) {
		if (offer.kind == NV_OFFER_QUIT) {
			talk->input_ended_ms = nv_clock_ms();
			nv_talk_leave(talk);
			return;
		}
		if (!nv_talk_has_room(talk) || !take_offer(talk, &offer))
			return;
		source->ops->take(source);
	}
	if (source->ended && talk->input_ended_ms == 0 && !source->ops->offer(source, &offer))
		talk->input_ended_ms = nv_clock_ms();
}
