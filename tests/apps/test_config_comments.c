/* SPDX-License-Identifier: MIT */
/* test_config_comments.c: what is a comment, and what only looks like one. */
#include "serve/config_comments.h"

#include <string.h>

#include "support/unit.h"

static char text[256];

static const char *blank(const char *from, unsigned *line)
{
	assert_true(strlen(from) < sizeof(text));
	strcpy(text, from);
	return nv_config_comments_blank(text, line);
}

static void assert_blanked(const char *from, const char *to)
{
	unsigned line;

	assert_null(blank(from, &line));
	assert_string_equal(text, to);
}

static void assert_kept(const char *from)
{
	assert_blanked(from, from);
}

static void assert_refused(const char *from, const char *what, unsigned where)
{
	unsigned line = 0;
	const char *problem = blank(from, &line);

	assert_non_null(problem);
	assert_non_null(strstr(problem, what));
	assert_int_equal(line, where);
}

static void blanks_up_to_the_end_of_the_line(void **state)
{
	assert_blanked("a = 1 # b\nc", "a = 1    \nc");
	assert_blanked("# é\n", "    \n");
	assert_blanked("a#b\n#", "a  \n ");
	assert_blanked("// a \"\n//b\n1 //", "      \n   \n1   ");
	assert_blanked("a=//b", "a=   ");
	assert_blanked("# /*\na # ' \"\nb", "    \na      \nb");
}

static void blanks_over_lines_and_keeps_their_ends(void **state)
{
	assert_blanked("a /* b */ c", "a         c");
	assert_blanked("a/*\n\"*\n#*/b\n", "a  \n  \n   b\n");
	assert_blanked("/***/1/**/2", "     1    2");
	assert_blanked("/*/ 1 */2", "        2");
}

static void keeps_what_is_no_comment(void **state)
{
	assert_kept("");
	assert_kept("a = b\n\nc = 1\n");
	assert_kept("a = { https://b.example, c//d }");
	assert_kept("a = \"# // /* ' \\\" # \" \n");
	assert_kept("a = '# // /* \" \\' # ' \n");
	assert_kept("a = \"b\n# c\\\n# d\"");
	assert_kept("a = '${'");
	assert_kept("a = \"${B:-\"#\"}#\"");
	assert_kept("a = ${B#}");
	assert_kept("a = / b");
}

static void tells_what_has_no_end(void **state)
{
	assert_refused("a = 1\n\n /* b\nc = 2\n", "comment", 3);
	assert_refused("/*", "comment", 1);
	assert_refused("/*/", "comment", 1);
	assert_refused("/* a\n*/\n/* b *", "comment", 3);
	assert_refused("a = 'b\nc'\nd = 'e\nf", "string", 3);
	assert_refused("a = \"b\\\"", "string", 1);
	assert_refused("a = \"b\\", "string", 1);
	assert_refused("a\n= \"${B\"\nc = \"}\"", "${", 2);
	assert_refused("a = ${B", "${", 1);
	assert_refused("a = \"b\nc ${D\"", "${", 2);
}

static void tells_what_would_be_left_out_in_silence(void **state)
{
	assert_refused("a = 1\na = b*", "*", 2);
	assert_refused("a + = 1", "+", 1);
	assert_refused("# a\ra = 1\r", "carriage", 1);
	assert_refused("a = 1\n\ra = 1", "carriage", 2);
	assert_refused("a = 1 */", "*", 1);
	assert_kept("a += { \"*+\r\", '*+\r' }\r\n\r\n");
	assert_blanked("#\r\na # *+\r\n", "  \na      \n");
	assert_blanked("/*\r+*/", "      ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_up_to_the_end_of_the_line),
		cmocka_unit_test(blanks_over_lines_and_keeps_their_ends),
		cmocka_unit_test(keeps_what_is_no_comment),
		cmocka_unit_test(tells_what_has_no_end),
		cmocka_unit_test(tells_what_would_be_left_out_in_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
