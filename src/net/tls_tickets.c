/* SPDX-License-Identifier: MIT */
/* tls_tickets.c: encrypts and reads the tickets for OpenSSL, which lays them out as RFC 5077 4 tells:
 * AES-256 in CBC mode, then HMAC with SHA-256. Keys are made when they are needed, never by a timer. */
#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <navette/base.h>

#include "net/clock.h"

static uint64_t now_s(void)
{
	return nv_clock_us() / 1000000u + 1;
}

/* Signed, for another thread may have made it a moment later than `now`. */
static bool is_younger(const struct nv_tls_ticket_key *key, uint64_t now, uint64_t most_s)
{
	return key->made_s != 0 && (int64_t)(now - key->made_s) < (int64_t)most_s;
}

static bool key_make(struct nv_tls_ticket_key *key, uint64_t now)
{
	if (RAND_bytes(key->name, sizeof key->name) != 1 ||
	    RAND_priv_bytes(key->cipher, sizeof key->cipher) != 1 ||
	    RAND_priv_bytes(key->mac, sizeof key->mac) != 1)
		return false;
	key->made_s = now;
	return true;
}

static bool rotate(struct nv_tls_tickets *tickets, uint64_t now)
{
	struct nv_tls_ticket_key made;

	if (!key_make(&made, now))
		return false;
	tickets->keys[1] = tickets->keys[0];
	tickets->keys[0] = made;
	OPENSSL_cleanse(&made, sizeof made);
	return true;
}

static bool take_newest(struct nv_tls_tickets *tickets, struct nv_tls_ticket_key *key)
{
	uint64_t now;
	bool made = true;

	nv_lock_take(&tickets->lock);
	now = now_s();
	if (!is_younger(&tickets->keys[0], now, NV_TLS_TICKET_LIFETIME_S))
		made = rotate(tickets, now);
	*key = tickets->keys[0];
	nv_lock_give(&tickets->lock);
	return made;
}

static bool is_named(const struct nv_tls_ticket_key *key, const uint8_t *name, uint64_t now)
{
	return is_younger(key, now, 2 * NV_TLS_TICKET_LIFETIME_S) &&
	       memcmp(key->name, name, sizeof key->name) == 0;
}

static bool take_named(struct nv_tls_tickets *tickets, const uint8_t *name,
                       struct nv_tls_ticket_key *key)
{
	uint64_t now;
	bool found = false;

	nv_lock_take(&tickets->lock);
	now = now_s();
	for (size_t i = 0; i < NV_TLS_TICKET_KEYS && !found; i++) {
		found = is_named(&tickets->keys[i], name, now);
		if (found)
			*key = tickets->keys[i];
	}
	nv_lock_give(&tickets->lock);
	return found;
}

static bool start_mac(EVP_MAC_CTX *mac, struct nv_tls_ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int start_writing(struct nv_tls_ticket_key *key, uint8_t *name, uint8_t *iv,
                         EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	memcpy(name, key->name, sizeof key->name);
	if (RAND_bytes(iv, 16) != 1 ||
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1)
		return -1;
	return start_mac(mac, key) ? 1 : -1;
}

/* 1, or 2 when the client gets a new one: in TLS 1.3 always, since it uses each once
 * (RFC 8446 C.4). */
static int start_reading(const SSL *ssl, struct nv_tls_ticket_key *key, const uint8_t *iv,
                         EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const bool is_old = !is_younger(key, now_s(), NV_TLS_TICKET_LIFETIME_S);

	if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 ||
	    !start_mac(mac, key))
		return -1;
	return is_old || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
}

int nv_tls_tickets_start(struct nv_tls_tickets *tickets, const struct ssl_st *ssl, uint8_t *name,
                         uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_writing)
{
	struct nv_tls_ticket_key key;
	int result;

	if (is_writing)
		result = take_newest(tickets, &key) ? start_writing(&key, name, iv, cipher, mac)
		                                    : -1;
	else
		result = take_named(tickets, name, &key) ? start_reading(ssl, &key, iv, cipher, mac)
		                                         : 0;
	OPENSSL_cleanse(&key, sizeof key);
	return result;
}

void nv_tls_tickets_init(struct nv_tls_tickets *tickets)
{
	*tickets = (struct nv_tls_tickets){ .keys = { { .made_s = 0 } } };
	nv_lock_init(&tickets->lock);
}

void nv_tls_tickets_deinit(struct nv_tls_tickets *tickets)
{
	OPENSSL_cleanse(tickets->keys, sizeof tickets->keys);
	nv_lock_deinit(&tickets->lock);
}
