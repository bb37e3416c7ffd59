/* SPDX-License-Identifier: MIT */
/* test_error.c: every error has a text and a value of its own, and no number has none. */
#include <limits.h>
#include <navette/base.h>

#include "support/unit.h"

static const int errors[] = {
#define VALUE(name, value, text) name,
	NV_ERRORS(VALUE)
#undef VALUE
};

#define ERROR_COUNT (sizeof(errors) / sizeof(errors[0]))

static void each_error_has_its_text(void **state)
{
#define CHECK(name, value, text) assert_string_equal(nv_strerror(name), text);
	NV_ERRORS(CHECK)
#undef CHECK
	assert_string_equal(nv_strerror(0), "success");
	assert_string_equal(nv_strerror(NV_ERR_NOMEM), "out of memory");
}

static void errors_are_negative_and_their_texts_differ(void **state)
{
	size_t i, k;

	for (i = 0; i < ERROR_COUNT; i++) {
		assert_true(errors[i] < 0);
		for (k = 0; k < i; k++)
			assert_string_not_equal(nv_strerror(errors[i]), nv_strerror(errors[k]));
	}
}

static void a_number_that_is_no_error_has_a_text(void **state)
{
	const int others[] = { 1, 42, -(int)ERROR_COUNT - 1, INT_MIN, INT_MAX };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_equal(nv_strerror(others[i]), "unknown error");
}

static void the_version_is_that_of_the_headers(void **state)
{
	assert_string_equal(nv_version(), NV_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_has_its_text),
		cmocka_unit_test(errors_are_negative_and_their_texts_differ),
		cmocka_unit_test(a_number_that_is_no_error_has_a_text),
		cmocka_unit_test(the_version_is_that_of_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
