/* SPDX-License-Identifier: MIT */
/* test_nickname.c: names that may be held, and what is wrong with the others. */
#include "serve/nickname.h"

#include "support/unit.h"

#define GRIN "\xF0\x9F\x98\x80"
#define EIGHT(text) text text text text text text text text

static void assert_problem(const char *name, const char *expected)
{
	const char *problem = nv_nickname_problem(nv_str(name));

	if (!problem)
		fail_msg("\"%s\" is allowed", name);
	assert_string_equal(problem, expected);
}

static void assert_allowed(const char *name)
{
	const char *problem = nv_nickname_problem(nv_str(name));

	if (problem)
		fail_msg("\"%s\": %s", name, problem);
	assert_true(strlen(name) < NV_NICKNAME_SIZE);
}

static void allows_names(void **state)
{
	assert_allowed("x");
	assert_allowed("Zoé");
	assert_allowed("Jean Paul");
	assert_allowed(" a ");
	assert_allowed("{\"type\":1}");
	assert_allowed("n\u0303");
	assert_allowed("invité-1");
}

static void counts_code_points(void **state)
{
	const char *const too_long = "Le pseudo est trop long (32 caractères au plus)";

	assert_allowed(EIGHT("xxxx"));
	assert_problem(EIGHT("xxxx") "x", too_long);
	assert_allowed(EIGHT("éééé"));
	assert_problem(EIGHT("éééé") "é", too_long);
	assert_allowed(EIGHT(GRIN GRIN GRIN GRIN));
	assert_problem(EIGHT(GRIN GRIN GRIN GRIN) "x", too_long);
}

static void refuses_what_cannot_be_seen(void **state)
{
	assert_problem("", "Le pseudo est vide");
	assert_problem("   ", "Le pseudo est vide");
	assert_problem("\u00A0\u3000\u200B\uFEFF", "Le pseudo est vide");
}

static void refuses_control_characters(void **state)
{
	const char *const control = "Le pseudo contient un caractère de contrôle";
	const char *const names[] = { "\t",      "a\nb",    "\x1b[1m",  "a\x7f",  "a\xC2\x85",
		                      "\u2028a", "\u2029a", "a\u202Eb", "\u2066a" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_problem(names[i], control);
	assert_string_equal(nv_nickname_problem((struct nv_bytes){ (const uint8_t *)"a\0b", 3 }),
	                    control);
}

static void refuses_what_is_not_utf8(void **state)
{
	assert_problem("\xFF", "Le pseudo n'est pas en UTF-8");
	assert_problem("a\xC3", "Le pseudo n'est pas en UTF-8");
	assert_problem("\xED\xA0\x80", "Le pseudo n'est pas en UTF-8");
}

static void keeps_the_name_of_the_server(void **state)
{
	const char *const reserved = "Ce pseudo est réservé";

	assert_problem("SYSTÈME", reserved);
	assert_problem("système", reserved);
	assert_problem("SyStÈmE", reserved);
	assert_problem("SYSTE\u0300ME", reserved);
	assert_problem("Systeme", reserved);
	assert_problem(" SYSTÈME\u00A0", reserved);
	assert_problem("SYS\u200BTÈME", reserved);
	assert_allowed("SYSTÈME2");
	assert_allowed("SYSTÈM");
	assert_allowed("SYSTÉME");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_names),
		cmocka_unit_test(counts_code_points),
		cmocka_unit_test(refuses_what_cannot_be_seen),
		cmocka_unit_test(refuses_control_characters),
		cmocka_unit_test(refuses_what_is_not_utf8),
		cmocka_unit_test(keeps_the_name_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
