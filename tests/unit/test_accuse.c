// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_accuse.c - one user's worker cannot have a policy put out of force for the workers of another
 */
/* link: agent/accuse.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/accuse.h"

static void test_the_only_user_is_believed(void **state)
{
	struct accusation first = { 0 };

	assert_true(accuse(&first, 7, 1000, false));
}

static void test_root_is_believed(void **state)
{
	struct accusation first = { 0 };

	assert_true(accuse(&first, 7, 0, true));
}

static void test_one_of_several_users_is_not_however_often(void **state)
{
	struct accusation first = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_false(accuse(&first, 7, 1000, true));
}

static void test_two_users_are_believed(void **state)
{
	struct accusation first = { 0 };

	assert_false(accuse(&first, 7, 1000, true));
	assert_true(accuse(&first, 7, 1001, true));
}

static void test_words_about_different_generations_do_not_add_up(void **state)
{
	struct accusation first = { 0 };

	assert_false(accuse(&first, 7, 1000, true));
	assert_false(accuse(&first, 8, 1001, true));
	assert_false(accuse(&first, 9, 1000, true));
	assert_true(accuse(&first, 9, 1001, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_only_user_is_believed),
		cmocka_unit_test(test_root_is_believed),
		cmocka_unit_test(test_one_of_several_users_is_not_however_often),
		cmocka_unit_test(test_two_users_are_believed),
		cmocka_unit_test(test_words_about_different_generations_do_not_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
