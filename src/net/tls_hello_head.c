/* SPDX-License-Identifier: MIT */
/* tls_hello_head.c: the heads of records (RFC 8446 5.1) and of the messages in them (4). */
#include "net/tls_hello_head.h"

#define RECORD_HEAD 5
#define MESSAGE_HEAD 4
#define CHANGE_CIPHER_SPEC 20 /* may stand between the two */
#define HANDSHAKE 22
#define CLIENT_HELLO 1

static void read_record_head(struct nv_tls_hello_head *head, uint8_t byte)
{
	if (head->record_got == 0)
		head->record_type = byte;
	else if (head->record_got >= RECORD_HEAD - 2)
		head->record_left = (uint16_t)(head->record_left << 8 | byte);
	if (++head->record_got < RECORD_HEAD)
		return;
	/* An empty one is refused by OpenSSL. */
	head->done = head->record_left == 0 ||
	             (head->record_type != HANDSHAKE && head->record_type != CHANGE_CIPHER_SPEC);
}

static void read_message_head(struct nv_tls_hello_head *head, uint8_t byte)
{
	if (head->got == 0)
		head->done = byte != CLIENT_HELLO;
	else
		head->left = head->left << 8 | byte;
	head->got++;
}

/* How many of the record's next `len` bytes were looked at. */
static size_t read_record(struct nv_tls_hello_head *head, const uint8_t *bytes, size_t len)
{
	if (len > head->record_left)
		len = head->record_left;
	if (head->record_type == CHANGE_CIPHER_SPEC)
		return len;
	if (head->got < MESSAGE_HEAD) {
		read_message_head(head, bytes[0]);
		return 1;
	}
	if (len > head->left)
		len = head->left;
	head->left -= (uint32_t)len;
	if (head->left == 0) {
		head->got = 0;
		head->whole = true;
	}
	return len;
}

bool nv_tls_hello_head_read(struct nv_tls_hello_head *head, struct nv_bytes bytes)
{
	while (bytes.len > 0 && !head->done) {
		size_t used = 1;

		if (head->record_got < RECORD_HEAD) {
			read_record_head(head, bytes.data[0]);
		} else {
			used = read_record(head, bytes.data, bytes.len);
			head->record_left = (uint16_t)(head->record_left - used);
			if (head->record_left == 0)
				head->record_got = 0;
		}
		if (head->got == MESSAGE_HEAD && head->left > NV_TLS_HELLO_MAX)
			return false;
		bytes.data += used;
		bytes.len -= used;
	}
	return true;
}
