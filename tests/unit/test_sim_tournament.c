// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_sim_tournament.c - the tournament, beside the same by looking at all leaves
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../sim/tournament.h"

#define STEPS 20000

static int earliest(const struct tournament *t, int leaves)
{
	int best = 0;

	for (int i = 1; i < leaves; i++) {
		if (tournament_at(t, i) < tournament_at(t, best))
			best = i;
	}
	return best;
}

/* Few different times, so that many are equal: of those the lowest leaf goes first. */
static void the_earliest_of_any_number_of_leaves_is_first(void **state)
{
	static const int sizes[] = { 1, 2, 3, 4, 5, 8, 16, 17, 33, 64, 100, 1030 };
	struct tournament t;

	srandom(1);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		assert_int_equal(tournament_make(&t, sizes[k]), 0);
		assert_int_equal(tournament_time(&t), NEVER);
		for (int step = 0; step < STEPS; step++) {
			tournament_set(&t, random() % sizes[k],
				       random() % 4 ? 1 + (tick)random() % (2 * sizes[k]) : NEVER);
			assert_int_equal(tournament_first(&t), earliest(&t, sizes[k]));
			assert_int_equal(tournament_time(&t),
					 tournament_at(&t, tournament_first(&t)));
		}
		tournament_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_of_any_number_of_leaves_is_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
