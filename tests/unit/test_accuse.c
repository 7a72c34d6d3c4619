// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_accuse.c - one user's worker cannot have a policy
 * put out of force for the workers of another
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

/* Does an accusation by uid concern others? other: the second domain's worker and owner, as users +
 * 1. */
static bool concerns(uid_t uid, struct claim other, unsigned int nusers, unsigned int ngroups)
{
	const uid_t user[] = { 1000, 1001 };
	const struct claim both[] = { { .worker = 1001 }, other };
	const struct let_in in = { .user = user, .nusers = nusers, .ngroups = ngroups };

	return accuse_concerns_others(uid, both, 2, &in);
}

static void test_a_domain_for_another_user_has_others_though_no_worker(void **state)
{
	assert_true(concerns(1000, (struct claim){ .only = 2001 }, 1, 0));
	assert_true(concerns(1000, (struct claim){ .only = 1 }, 1, 0)); /* root */
	assert_false(concerns(1000, (struct claim){ .only = 1001 }, 2, 1));
}

static void test_a_worker_counts_by_its_user(void **state)
{
	assert_false(concerns(1000, (struct claim){ .worker = 1001 }, 2, 1));
	assert_true(concerns(1000, (struct claim){ .worker = 1002 }, 1, 0));
	assert_true(concerns(1000, (struct claim){ .worker = 1, .only = 1001 }, 1, 0));
}

/* One user that is let in, and accuses from a domain of its
 * own, is not the one that the free domain is for. */
static void test_a_free_domain_is_for_whomever_is_let_in(void **state)
{
	struct claim free = { 0 };

	assert_false(concerns(1000, free, 1, 0));
	assert_true(accuse_concerns_others(2000, &free, 1,
					   &(struct let_in){ .user = &(uid_t){ 1000 },
							     .nusers = 1 }));
	assert_true(concerns(1000, free, 2, 0));
	assert_true(concerns(1000, free, 1, 1));
	assert_true(concerns(1000, free, 0, 0)); /* root's */
	assert_false(accuse_concerns_others(1000, NULL, 0, &(struct let_in){ .ngroups = 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_only_user_is_believed),
		cmocka_unit_test(test_root_is_believed),
		cmocka_unit_test(test_one_of_several_users_is_not_however_often),
		cmocka_unit_test(test_two_users_are_believed),
		cmocka_unit_test(test_words_about_different_generations_do_not_add_up),
		cmocka_unit_test(test_a_domain_for_another_user_has_others_though_no_worker),
		cmocka_unit_test(test_a_worker_counts_by_its_user),
		cmocka_unit_test(test_a_free_domain_is_for_whomever_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
