/* SPDX-License-Identifier: MIT */
/* texts.c: copies of the texts of options. */
#include "ws/texts.h"

#include "base/alloc.h"
#include "base/wipe.h"

bool nv_text_own(const char **text)
{
	const char *lent = *text;

	*text = lent ? nv_copy(nv_str(lent)) : NULL;
	return *text || !lent;
}

void nv_text_free(const char *text)
{
	nv_free((void *)(uintptr_t)text);
}

void nv_text_wipe(const char *text)
{
	if (text)
		nv_wipe((void *)(uintptr_t)text, strlen(text));
	nv_text_free(text);
}

bool nv_certificate_own(struct nv_certificate *certificate)
{
	bool ok = nv_text_own(&certificate->chain_file);

	ok = nv_text_own(&certificate->key_file) && ok;
	return nv_text_own(&certificate->passphrase_file) && ok;
}

void nv_certificate_free(const struct nv_certificate *certificate)
{
	nv_text_free(certificate->chain_file);
	nv_text_free(certificate->key_file);
	nv_text_free(certificate->passphrase_file);
}
