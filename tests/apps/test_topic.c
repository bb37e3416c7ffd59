/* SPDX-License-Identifier: MIT */
/* test_topic.c: an error leads to a part of the troubleshooting page that is there, and about it. */
#include "connect/topic.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "support/unit.h"

#define LINE_SIZE 512

/* As forges do: letters in lower case, a hyphen for a space, and nothing else but digits and hyphens. */
static void anchor_of(const char *heading, char *anchor)
{
	for (; *heading && *heading != '\n'; heading++) {
		if (*heading == ' ')
			*anchor++ = '-';
		else if (isalnum((unsigned char)*heading) || *heading == '-')
			*anchor++ = (char)tolower((unsigned char)*heading);
	}
	*anchor = '\0';
}

static int count_headings(const char *anchor)
{
	FILE *page = fopen(NV_GUIDE_FILE, "r");
	char line[LINE_SIZE], found[LINE_SIZE];
	int count = 0;

	assert_non_null(page);
	while (fgets(line, sizeof line, page)) {
		if (strncmp(line, "## ", 3) != 0)
			continue;
		anchor_of(line + 3, found);
		count += strcmp(found, anchor) == 0;
	}
	fclose(page);
	return count;
}

static void test_every_part_is_there(void **state)
{
	static const char *const anchors[] = {
#define ANCHOR(name, anchor) anchor,
		NV_GUIDE_PARTS(ANCHOR)
#undef ANCHOR
	};

	for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++) {
		if (count_headings(anchors[i]) != 1)
			fail_msg("%s has not one heading for #%s", NV_GUIDE_FILE, anchors[i]);
	}
}

static void test_place(void **state)
{
	assert_null(nv_guide_place(NV_GUIDE_NONE));
	assert_string_equal(nv_guide_place(NV_GUIDE_REFUSED),
	                    "docs/troubleshooting.md#connection-refused");
}

static void test_failures(void **state)
{
	static const struct {
		enum nv_verdict verdict;
		struct nv_failure failure;
		enum nv_guide part;
	} cases[] = {
		{ NV_VERDICT_NAME, { .error = NV_ERR_ADDRESS }, NV_GUIDE_NO_HOST },
		{ NV_VERDICT_TCP, { .error = NV_ERR_REFUSED }, NV_GUIDE_REFUSED },
		{ NV_VERDICT_TCP, { .error = NV_ERR_TIMEOUT }, NV_GUIDE_NO_ANSWER },
		{ NV_VERDICT_TCP, { .error = NV_ERR_UNREACHABLE }, NV_GUIDE_NO_ANSWER },
		{ NV_VERDICT_TCP, { .error = NV_ERR_RESET }, NV_GUIDE_NONE },
		{ NV_VERDICT_TLS,
		  { .text = "has expired.test: the certificate is self-signed" },
		  NV_GUIDE_SELF_SIGNED },
		{ NV_VERDICT_TLS,
		  { .text = "a.test: the certificate is not yet valid" },
		  NV_GUIDE_CERTIFICATE_DATE },
		{ NV_VERDICT_TLS, { .text = "a.test: another thing" }, NV_GUIDE_TLS },
		{ NV_VERDICT_REFUSED, { .status = 200 }, NV_GUIDE_HTTP_200 },
		{ NV_VERDICT_REFUSED, { .status = 302 }, NV_GUIDE_HTTP_REDIRECT },
		{ NV_VERDICT_REFUSED, { .status = 504 }, NV_GUIDE_HTTP_GATEWAY },
		{ NV_VERDICT_REFUSED, { .status = 418 }, NV_GUIDE_NONE },
		{ NV_VERDICT_HANDSHAKE, { .error = NV_ERR_PROTOCOL }, NV_GUIDE_HANDSHAKE },
		{ NV_VERDICT_PROXY, { .status = 407 }, NV_GUIDE_PROXY },
		{ NV_VERDICT_LOCAL, { .error = NV_ERR_LIMIT }, NV_GUIDE_OPEN_FILES },
		{ NV_VERDICT_LOCAL, { .error = NV_ERR_NOMEM }, NV_GUIDE_NONE },
		{ NV_VERDICT_USAGE, { .error = NV_ERR_INVALID }, NV_GUIDE_NONE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(nv_topic_of_failure(cases[i].verdict, &cases[i].failure),
		                 cases[i].part);
}

static void test_closes(void **state)
{
	static const struct {
		struct nv_close close;
		enum nv_guide part;
	} cases[] = {
		{ { .status = 1001 }, NV_GUIDE_NONE },
		{ { .status = 1006, .cause = NV_CAUSE_EOF }, NV_GUIDE_CLOSE_1006 },
		{ { .status = 1008 }, NV_GUIDE_CLOSE_1008 },
		{ { .status = 1008, .cause = NV_CAUSE_MESSAGE_TIMEOUT }, NV_GUIDE_CLOSE_1006 },
		{ { .status = 1013 }, NV_GUIDE_CLOSE_1013 },
		{ { .status = 4000 }, NV_GUIDE_NONE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(nv_topic_of_close(&cases[i].close), cases[i].part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("the page has one heading for each part", test_every_part_is_there),
		unit_case("a part is named as it can be found", test_place),
		unit_case("a connection that never opened", test_failures),
		unit_case("a connection that was open", test_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
