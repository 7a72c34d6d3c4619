// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_rows.c - rows of actors from a file, as a host of a NIC gets them, and their digest
 */
/* link: lib/actor_rows.c lib/why.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/actor_rows.h"
#include "lib/why.h"

static struct shunt_actor_row rows[SHUNT_ACTORS];
static char said[300];

/* As shunt_rows_read(), of a file with that text; what it says is in "said". */
static int read_text(const char *text)
{
	char path[] = "/tmp/test_rows.XXXXXX";
	int fd = mkstemp(path), n;
	struct why why = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(rows, 0, sizeof(rows));
	n = shunt_rows_read(path, rows, &why);
	why_line(&why, said, sizeof(said));
	why_forget(&why);
	unlink(path);
	return n;
}

static void a_line_is_a_name_and_a_kind(void **state)
{
	assert_int_equal(read_text("# of the NIC\nkv.0 table\n\nlog\n"), 2);
	assert_string_equal(rows[0].name, "kv.0");
	assert_string_equal(rows[0].kind, "table");
	assert_string_equal(rows[1].name, "log");
	assert_string_equal(rows[1].kind, "");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rows[i].gen, 1);
		assert_int_equal(rows[i].state, SHUNT_ACTOR_HERE);
	}
}

static void a_digest_is_of_names_kinds_and_their_order(void **state)
{
	static const char *const other[] = { "a x\nb\n", "b y\na x\n", "a x\n", "a x\nb z\n",
					     "a xb\ny\n", "a x\nb y\nc\n" };
	__u32 sum;

	assert_int_equal(read_text("a x\nb y\n"), 2);
	sum = shunt_rows_digest(rows, 2);
	assert_int_not_equal(sum, 0);
	assert_int_equal(shunt_rows_digest(rows, 0), 0);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_int_not_equal(shunt_rows_digest(rows, read_text(other[i])), sum);
	rows[0] = (struct shunt_actor_row){ .gen = 9, .cls = 3, .name = "a", .kind = "x" };
	rows[1] = (struct shunt_actor_row){ .name = "b", .kind = "y" };
	assert_int_equal(shunt_rows_digest(rows, 2), sum);
}

static void what_is_no_row_is_told_with_its_line(void **state)
{
	char many[SHUNT_ACTORS * 2 + 3];

	assert_true(read_text("a\nb c d\n") < 0);
	assert_non_null(strstr(said, "line 2 of "));
	assert_non_null(strstr(said, "'shunt actor rows'"));
	assert_true(read_text("a sixteen_letters_\n") < 0);
	assert_true(read_text("sixteen_letters_ a\n") < 0);
	assert_true(read_text("no_newline") < 0);
	assert_true(read_text("# nothing\n") < 0);
	assert_non_null(strstr(said, "has no actors"));
	for (int i = 0; i <= SHUNT_ACTORS; i++)
		memcpy(many + 2 * i, "a\n", 3);
	assert_true(read_text(many) < 0);
	assert_non_null(strstr(said, "more than 1024"));
	many[2 * SHUNT_ACTORS] = '\0';
	assert_int_equal(read_text(many), SHUNT_ACTORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_name_and_a_kind),
		cmocka_unit_test(a_digest_is_of_names_kinds_and_their_order),
		cmocka_unit_test(what_is_no_row_is_told_with_its_line),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
