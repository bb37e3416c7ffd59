/* SPDX-License-Identifier: MIT */
/* tls_problem.c: tables from what OpenSSL reports to sentences. Its queue is taken as
 * one failure with one cause. */
#include "net/tls_problem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <navette/base.h>

struct text {
	int reason;
	const char *words;
};

/* The peer's certificate, X509_V_ERR_... */
static const struct text distrust[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, "the certificate has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "the certificate is not yet valid" },
	{ X509_V_ERR_HOSTNAME_MISMATCH, "the certificate is for another host name" },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, "the certificate is for another host, not this address" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "the certificate is self-signed" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "the certificate's authority is not known" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "the certificate's authority is not known" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  "the certificate's authority is not known" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "the certificate's authority is not known" },
	{ X509_V_ERR_CERT_UNTRUSTED, "the certificate's authority is not known" },
	{ X509_V_ERR_CERT_REJECTED, "the certificate's authority is not trusted for this" },
	{ X509_V_ERR_CERT_REVOKED, "the certificate was revoked" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "the certificate's signature is wrong" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "the chain to the certificate's authority is too long" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "the chain to the certificate's authority is too long" },
	{ X509_V_ERR_INVALID_CA, "the certificate was signed by one that is no authority" },
	{ X509_V_ERR_INVALID_PURPOSE, "the certificate is not for this use" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "the certificate's key is too short to be safe" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "the key of the certificate's authority is too short" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "the certificate's signature is too weak to be safe" },
	{ X509_V_ERR_PERMITTED_VIOLATION,
	  "the certificate's authority may not sign for this host" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "the certificate's authority may not sign for this host" },
	{ 0, "the certificate is not to be trusted" },
};

/* All else, SSL_R_...; alerts are what the peer has told. */
static const struct text failures[] = {
	{ SSL_R_HTTP_REQUEST, "the peer speaks plain HTTP, it does not speak TLS" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "the peer speaks plain HTTP, it does not speak TLS" },
	{ SSL_R_WRONG_VERSION_NUMBER, "the peer does not speak TLS" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, "the peer does not speak TLS" },
	{ SSL_R_BAD_RECORD_TYPE, "the peer does not speak TLS" },
	{ SSL_R_UNKNOWN_PROTOCOL, "the peer does not speak TLS" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the peer speaks only TLS versions older than 1.2" },
	{ SSL_R_WRONG_SSL_VERSION, "the peer speaks only TLS versions older than 1.2" },
	{ SSL_R_VERSION_TOO_LOW, "the peer speaks only TLS versions older than 1.2" },
	{ SSL_R_NO_SHARED_CIPHER, "the peer has no cipher in common with us" },
	{ SSL_R_NO_SHARED_GROUPS, "the peer has no group for the key exchange in common with us" },
	{ SSL_R_NO_SUITABLE_GROUPS,
	  "the peer has no group for the key exchange in common with us" },
	{ SSL_R_NO_SUITABLE_KEY_SHARE,
	  "the peer has no group for the key exchange in common with us" },
	{ SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "the peer has no signature in common with us" },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "the peer has no signature in common with us" },
	{ SSL_R_NO_APPLICATION_PROTOCOL, "the peer does not offer http/1.1 (ALPN)" },
	{ SSL_R_CALLBACK_FAILED, "the peer asks for a name that no certificate has" },
	{ SSL_R_NO_RENEGOTIATION, "the peer wants to renegotiate" },
	{ SSL_R_UNEXPECTED_EOF_WHILE_READING, "the peer ended the connection without a word" },
	{ SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "a record was damaged on its way" },
	{ SSL_R_DATA_LENGTH_TOO_LONG, "the peer sent a record that is too long" },
	{ SSL_R_ENCRYPTED_LENGTH_TOO_LONG, "the peer sent a record that is too long" },
	{ SSL_R_TOO_MANY_KEY_UPDATES, "the peer changes its keys too often" },
	{ SSL_R_TOO_MANY_WARN_ALERTS, "the peer sends nothing but alerts" },
	{ ERR_R_MALLOC_FAILURE, "out of memory" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the peer does not accept our certificate" },
	{ SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "the peer does not accept our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the peer does not accept our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "our certificate was revoked, says the peer" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "our certificate has expired, says the peer" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the peer does not know the authority of our certificate" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the peer wants a certificate of ours" },
	{ SSL_R_TLSV1_ALERT_ACCESS_DENIED, "the peer does not let us in" },
	{ SSL_R_TLSV1_UNRECOGNIZED_NAME, "the peer has no certificate for this host name" },
	{ SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "the peer does not speak http/1.1 (ALPN)" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the peer speaks no TLS version of ours" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the peer refuses the handshake" },
	{ SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, "the peer wants stronger ciphers than ours" },
	{ SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "the peer has failed: internal_error" },
	{ SSL_R_TLSV1_ALERT_DECODE_ERROR, "the peer does not understand us: decode_error" },
	{ SSL_R_TLSV1_ALERT_DECRYPT_ERROR, "the peer does not understand us: decrypt_error" },
	{ SSL_R_SSLV3_ALERT_BAD_RECORD_MAC, "the peer got a record that was damaged on its way" },
	{ SSL_R_TLSV1_ALERT_RECORD_OVERFLOW, "the peer got a record that was too long" },
	{ SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE,
	  "the peer does not understand us: unexpected_message" },
	{ SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER,
	  "the peer does not understand us: illegal_parameter" },
	{ SSL_R_TLSV1_ALERT_USER_CANCELLED, "the peer has given up" },
	{ 0, "the peer does not keep to the rules of TLS" },
};

/* The last row is for all that has none. */
static const char *find(const struct text *row, int reason)
{
	while (row->reason != 0 && row->reason != reason)
		row++;
	return row->words;
}

/* What says so in the middle of a connection is a damage, or somebody in between. */
static bool is_no_tls(int reason)
{
	return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST ||
	       reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
	       reason == SSL_R_BAD_RECORD_TYPE || reason == SSL_R_UNKNOWN_PROTOCOL;
}

/* The first error of TLS itself, or 0. Those of OpenSSL's other parts tell less. */
static int take_reason(void)
{
	int found = 0;

	for (unsigned long error = ERR_get_error(); error; error = ERR_get_error()) {
		const int reason = ERR_GET_REASON(error);
		const bool is_first = found == 0 && ERR_GET_LIB(error) == ERR_LIB_SSL;

		if (is_first || reason == ERR_R_MALLOC_FAILURE)
			found = reason;
	}
	return found;
}

const char *nv_tls_problem_of(const struct ssl_st *ssl, int *error)
{
	const bool is_silent = ERR_peek_error() == 0;
	const int reason = take_reason();

	*error = NV_ERR_TLS;
	if (is_silent)
		return "the peer ended the connection without a word";
	if (reason != SSL_R_CERTIFICATE_VERIFY_FAILED &&
	    reason != SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		return find(failures, reason);
	*error = NV_ERR_CERTIFICATE;
	if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		return "the peer has shown no certificate";
	return find(distrust, (int)SSL_get_verify_result(ssl));
}

const char *nv_tls_problem_later(const struct ssl_st *ssl)
{
	const bool damaged = is_no_tls(ERR_GET_REASON(ERR_peek_error()));
	int error;
	const char *problem = nv_tls_problem_of(ssl, &error);

	return damaged ? "a record was damaged on its way" : problem;
}
