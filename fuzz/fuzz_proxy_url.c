/* SPDX-License-Identifier: MIT */
/* fuzz_proxy_url.c: URLs of proxies, lists of hosts that need none, and addresses, which the system has to
 * read in the same way. Input: a port, the host that it belongs to, a zero, the text, which is taken for a URL, for a list
 * and for an address. */
#include <arpa/inet.h>

#include "input.h"
#include "proto/ip.h"
#include "proto/proxy_url.h"

static void check_text(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	must(len < room);
	for (size_t i = 0; i < len; i++)
		must((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
}

static void check_proxy(const char *text)
{
	static const struct nv_proxy nothing;
	struct nv_proxy proxy;
	const char *problem;
	int result = nv_proxy_parse(text, &proxy, &problem);

	must((result == 0) == (problem == NULL));
	if (result < 0) {
		must(result == NV_ERR_INVALID);
		must(memcmp(&proxy, &nothing, sizeof proxy) == 0);
		return;
	}
	must(proxy.port > 0 && proxy.host[0] != '\0');
	must(proxy.authenticates || (!proxy.user[0] && !proxy.password[0]));
	check_text(proxy.host, sizeof proxy.host);
	check_text(proxy.user, sizeof proxy.user);
	check_text(proxy.password, sizeof proxy.password);
}

static void check_ip(const char *text)
{
	uint8_t expected[16] = { [10] = 0xff, [11] = 0xff };
	bool dotted = inet_pton(AF_INET, text, expected + NV_IP_V4_AT) == 1;
	bool valid = dotted || inet_pton(AF_INET6, text, expected) == 1;
	struct nv_ip ip;

	must(nv_ip_parse(nv_str(text), &ip) == valid);
	if (!valid)
		return;
	must(ip.dotted == dotted);
	must(memcmp(ip.bytes, expected, sizeof expected) == 0);
}

/* A list that stands there twice means the same, and a star everything. */
static void check_list(const char *list, struct nv_bytes host, uint16_t port)
{
	size_t len = strlen(list);
	char *both = malloc(2 * len + 3);
	bool excepted = nv_proxy_is_excepted(list, host, port);

	must(both != NULL);
	memcpy(both, list, len);
	both[len] = ',';
	memcpy(both + len + 1, list, len + 1);
	must(nv_proxy_is_excepted(both, host, port) == excepted);
	strcpy(both, "*");
	must(nv_proxy_is_excepted(both, host, port));
	free(both);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint16_t port = input_word(&input);
	struct nv_bytes name = input_until(&input, 0);
	uint8_t *host = malloc(name.len ? name.len : 1);
	char *text = (char *)copy_of(input_bytes(&input, input.len));

	must(host != NULL);
	if (name.len > 0)
		memcpy(host, name.data, name.len);
	check_proxy(text);
	check_ip(text);
	check_list(text, (struct nv_bytes){ host, name.len }, port);
	free(text);
	free(host);
	return 0;
}
