/* SPDX-License-Identifier: MIT */
/* tls_hello.c: reads a ClientHello before OpenSSL has understood it, since a name has to choose the
 * certificate before a ticket is looked at. */
#include "net/tls_hello.h"

#include <openssl/x509v3.h>

/* A length of two bytes, and so many bytes that are all the rest. */
static struct nv_bytes body_of(struct nv_bytes list)
{
	if (list.len < 2 || (size_t)(list.data[0] << 8 | list.data[1]) != list.len - 2)
		return (struct nv_bytes){ NULL, 0 };
	return (struct nv_bytes){ list.data + 2, list.len - 2 };
}

/* One name is all that anybody sends, of type host_name. */
static struct nv_bytes name_in(struct nv_bytes extension)
{
	struct nv_bytes entry = body_of(extension);

	if (entry.len == 0 || entry.data[0] != TLSEXT_NAMETYPE_host_name)
		return (struct nv_bytes){ NULL, 0 };
	return body_of((struct nv_bytes){ entry.data + 1, entry.len - 1 });
}

struct nv_bytes nv_tls_hello_name(SSL *ssl)
{
	struct nv_bytes extension;
	struct nv_bytes name;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension.data,
	                              &extension.len) != 1)
		return (struct nv_bytes){ NULL, 0 };
	name = name_in(extension);
	return name.len <= NV_TLS_NAME ? name : (struct nv_bytes){ NULL, 0 };
}

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

bool nv_tls_hello_is_plain(struct nv_bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!is_plain(name.data[i]))
			return false;
	}
	return true;
}

bool nv_tls_hello_is_for(struct nv_bytes name, X509 *certificate)
{
	const unsigned int rules =
		X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

	/* OpenSSL would take a first dot for "any name below". */
	if (name.len == 0 || name.data[0] == '.' || !nv_tls_hello_is_plain(name))
		return false;
	return X509_check_host(certificate, (const char *)name.data, name.len, rules, NULL) == 1;
}

int nv_tls_hello_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                          const unsigned char *offered, unsigned int offered_len, void *context)
{
	(void)ssl;
	(void)context;
	/* OpenSSL has checked that the lengths fit. */
	for (unsigned int at = 0; at < offered_len; at += 1u + offered[at]) {
		const struct nv_bytes name = { offered + at + 1, offered[at] };

		if (!nv_bytes_is(name, "http/1.1"))
			continue;
		*chosen = name.data;
		*chosen_len = (unsigned char)name.len;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}
