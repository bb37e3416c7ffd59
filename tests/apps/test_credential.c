/* SPDX-License-Identifier: MIT */
/* test_credential.c: the token of a request that the test plays, wherever it stands. */
#include "serve/credential.h"

#include "support/unit.h"

#define MOST 4

struct nv_request {
	const char *authorization[MOST];
	const char *subprotocols[MOST];
	const char *query;
};

/* --- A request --- */

static bool next(const char *const *texts, size_t *cursor, struct nv_bytes *value)
{
	if (*cursor == MOST || !texts[*cursor])
		return false;
	*value = nv_str(texts[(*cursor)++]);
	return true;
}

bool nv_request_next_field(const struct nv_request *request, const char *name, size_t *cursor,
                           struct nv_bytes *value)
{
	assert_string_equal(name, "Authorization");
	return next(request->authorization, cursor, value);
}

bool nv_request_subprotocol(const struct nv_request *request, size_t *cursor,
                            struct nv_bytes *subprotocol)
{
	return next(request->subprotocols, cursor, subprotocol);
}

struct nv_bytes nv_request_query(const struct nv_request *request)
{
	return request->query ? nv_str(request->query) : (struct nv_bytes){ NULL, 0 };
}

/* --- Tests --- */

static void expect(struct nv_request request, enum nv_credential found, const char *token)
{
	char decoded[NV_CREDENTIAL_SIZE];
	struct nv_bytes got;

	assert_int_equal(nv_credential_find(&request, decoded, &got), found);
	if (found == NV_CREDENTIAL_ONE) {
		assert_int_equal(got.len, strlen(token));
		assert_memory_equal(got.data, token, got.len);
	}
}

static void finds_it_wherever_it_stands(void **state)
{
	expect((struct nv_request){ .authorization = { "Bearer abc" } }, NV_CREDENTIAL_ONE, "abc");
	expect((struct nv_request){ .authorization = { "bEARER  abc" } }, NV_CREDENTIAL_ONE, "abc");
	expect((struct nv_request){ .subprotocols = { "chat", "bearer.a.b" } }, NV_CREDENTIAL_ONE,
	       "a.b");
	expect((struct nv_request){ .query = "x=1&token=a%2Fb+c&y" }, NV_CREDENTIAL_ONE, "a/b+c");
}

static void finds_none(void **state)
{
	expect((struct nv_request){ 0 }, NV_CREDENTIAL_NONE, NULL);
	expect((struct nv_request){ .authorization = { "Basic YTpi" } }, NV_CREDENTIAL_NONE, NULL);
	expect((struct nv_request){ .authorization = { "Bearerabc" } }, NV_CREDENTIAL_NONE, NULL);
	expect((struct nv_request){ .subprotocols = { "bearer" } }, NV_CREDENTIAL_NONE, NULL);
	expect((struct nv_request){ .query = "tokens=a&Token=b" }, NV_CREDENTIAL_NONE, NULL);
}

static void refuses_what_is_empty_or_broken(void **state)
{
	expect((struct nv_request){ .authorization = { "Bearer" } }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .authorization = { "Bearer " } }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .subprotocols = { "bearer." } }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .query = "token=" }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .query = "token" }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .query = "token=%zz" }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .query = "token=a%00" }, NV_CREDENTIAL_BAD, NULL);
}

static void refuses_two_that_differ(void **state)
{
	expect((struct nv_request){ .authorization = { "Bearer a" }, .query = "token=a" },
	       NV_CREDENTIAL_ONE, "a");
	expect((struct nv_request){ .authorization = { "Bearer a" }, .query = "token=b" },
	       NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .authorization = { "Bearer a", "Bearer b" } },
	       NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .subprotocols = { "bearer.a", "bearer.b" } }, NV_CREDENTIAL_BAD,
	       NULL);
	expect((struct nv_request){ .query = "token=a&token=b" }, NV_CREDENTIAL_BAD, NULL);
	expect((struct nv_request){ .query = "token=a&token=%61" }, NV_CREDENTIAL_ONE, "a");
	expect((struct nv_request){ .query = "token=b&token=&token=b" }, NV_CREDENTIAL_BAD, NULL);
}

static void chooses_a_subprotocol_that_is_no_token(void **state)
{
	const struct nv_request both = { .subprotocols = { "bearer.a", "BEARER.b", "chat", "x" } };
	const struct nv_request alone = { .subprotocols = { "bearer.a" } };
	const struct nv_request none = { .subprotocols = { "chat" } };
	char out[8];

	assert_true(nv_credential_subprotocol(&both, out, sizeof out));
	assert_string_equal(out, "chat");
	assert_false(nv_credential_subprotocol(&both, out, sizeof "cha"));
	assert_false(nv_credential_subprotocol(&alone, out, sizeof out));
	assert_false(nv_credential_subprotocol(&none, out, sizeof out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_it_wherever_it_stands),
		cmocka_unit_test(finds_none),
		cmocka_unit_test(refuses_what_is_empty_or_broken),
		cmocka_unit_test(refuses_two_that_differ),
		cmocka_unit_test(chooses_a_subprotocol_that_is_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
