/* SPDX-License-Identifier: MIT */
/* tls_options.c: which files belong together. Whether they are any good is for the library to say. */
#include "serve/tls_options.h"

#include <string.h>

#define CHAIN offsetof(struct nv_certificate, chain_file)

void nv_serve_tls_forget(struct nv_serve_tls *tls)
{
	memset(tls->certificates, 0, sizeof tls->certificates);
	tls->count = 0;
}

const char *nv_serve_tls_part_of(const struct nv_serve_tls *tls, size_t row, size_t part)
{
	const char *file;

	memcpy(&file, (const char *)&tls->certificates[row] + part, sizeof file);
	return file ? file : "";
}

static const char *put(struct nv_serve_tls *tls, size_t part, size_t row, const char *file)
{
	if (row >= NV_SERVE_CERTIFICATES)
		return "can be given 64 times, not for";
	if (*nv_serve_tls_part_of(tls, row, part))
		return "is given twice for one --cert, again as";
	if (row >= tls->count)
		tls->count = row + 1;
	if (*file)
		memcpy((char *)&tls->certificates[row] + part, &file, sizeof file);
	return NULL;
}
_Static_assert(NV_SERVE_CERTIFICATES == 64, "what is said");

const char *nv_serve_tls_next(struct nv_serve_tls *tls, size_t part, const char *file)
{
	if (!*file)
		return "takes a file, not";
	if (part == CHAIN)
		return put(tls, part, tls->count, file);
	if (tls->count == 0)
		return "belongs behind its --cert, and there is none before";
	return put(tls, part, tls->count - 1, file);
}

const char *nv_serve_tls_row(struct nv_serve_tls *tls, size_t part, size_t row, const char *file)
{
	if (!*file && part == CHAIN)
		return "takes a file, not";
	return put(tls, part, row, file);
}

struct nv_server_tls nv_serve_tls_of(const struct nv_serve_tls *tls)
{
	return (struct nv_server_tls){ .certificates = tls->certificates,
		                       .certificate_count = tls->count,
		                       .strict_names = tls->strict_names,
		                       .client_ca_file = tls->client_ca_file,
		                       .client_optional = tls->client_optional };
}

static int refuse_without_tls(struct nv_problems *problems, const char *option)
{
	return nv_problem(problems, NULL, "%s needs TLS: --cert FILE and --key FILE", option);
}

int nv_serve_tls_check(const struct nv_serve_tls *tls, struct nv_problems *problems)
{
	for (size_t i = 0; i < tls->count; i++)
		if (!tls->certificates[i].chain_file)
			return nv_problem(problems, NULL,
			                  "--cert has fewer files than --key or "
			                  "--key-passphrase-file: number %zu is missing",
			                  i + 1);
	if (tls->dev && tls->count > 0)
		return nv_problem(problems, NULL,
		                  "--dev-tls makes a certificate of its own: leave out --cert, "
		                  "or --dev-tls");
	if (tls->client_ca_file && !nv_serve_tls_is_on(tls))
		return refuse_without_tls(problems, "--client-ca");
	if (tls->strict_names && !nv_serve_tls_is_on(tls))
		return refuse_without_tls(problems, "--strict-names");
	if (tls->client_optional && !tls->client_ca_file)
		return nv_problem(problems, NULL, "--client-optional needs --client-ca FILE");
	return 0;
}
