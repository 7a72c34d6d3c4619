// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_rules.c - runs of free rule slots, against a search that tries every place
 */
/* link: loader/rules.c loader/maps.c loader/out.c lib/bpfmap.c lib/pins.c lib/whose.c lib/why.c */
/* links more: rules are read from pinned maps, and errors are told */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loader/rules.h"

#include <cmocka.h> /* last: its fail() is a macro */

static int fits(const unsigned char *used, int first, int n)
{
	for (int i = 0; i < n; i++) {
		if (used[(first + i) % SHUNT_RULES])
			return 0;
	}
	return 1;
}

static void test_a_run_is_found_where_there_is_one(void **state)
{
	unsigned char used[SHUNT_RULES];
	unsigned int seed = 1;

	for (int round = 0; round < 20000; round++) {
		int n = rand_r(&seed) % (SHUNT_PORT_RULES + 1), full = rand_r(&seed) % 101, found,
		    any = 0;

		for (int i = 0; i < SHUNT_RULES; i++)
			used[i] = (int)(rand_r(&seed) % 100) < full / (1 + round % 16);
		found = rules_find_run(used, n);
		for (int i = 0; i < SHUNT_RULES; i++)
			any |= fits(used, i, n);
		assert_int_equal(found >= 0, any);
		if (found >= 0) {
			assert_true(found < SHUNT_RULES);
			assert_true(fits(used, found, n));
		}
	}
}

static void test_a_run_may_wrap_around(void **state)
{
	unsigned char used[SHUNT_RULES];

	memset(used, 1, sizeof(used));
	used[SHUNT_RULES - 1] = used[0] = used[1] = 0;
	assert_int_equal(rules_find_run(used, 3), SHUNT_RULES - 1);
	assert_int_equal(rules_find_run(used, 4), -ENOSPC);
	assert_int_equal(rules_find_run(used, 2), 0);
	assert_int_equal(rules_find_run(used, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_run_is_found_where_there_is_one),
		cmocka_unit_test(test_a_run_may_wrap_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
