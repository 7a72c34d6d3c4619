// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_late.c - which requests XDP sends a signal: those that were to yield a grace time ago
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <shunt/abi.h>

static const struct shunt_cfg signals = { .flags = SHUNT_CFG_SIGNAL, .grace_us = 1000 };

static void requests_have_the_grace_time_from_their_mark_on(void **state)
{
	assert_int_equal(shunt_late_at(&signals, 5000000), 4000000);
}

/* The clock begins with the machine: a time before that is a very late one. */
static void nobody_is_late_before_a_machine_has_run_that_long(void **state)
{
	assert_int_equal(shunt_late_at(&signals, 1000001), 1);
	assert_int_equal(shunt_late_at(&signals, 1000000), 0);
	assert_int_equal(shunt_late_at(&signals, 999999), 0);
	assert_int_equal(shunt_late_at(&signals, 0), 0);
}

static void nobody_is_late_where_xdp_sends_no_signals(void **state)
{
	const struct shunt_cfg none = { .grace_us = 1000 };

	assert_int_equal(shunt_late_at(&none, 5000000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_have_the_grace_time_from_their_mark_on),
		cmocka_unit_test(nobody_is_late_before_a_machine_has_run_that_long),
		cmocka_unit_test(nobody_is_late_where_xdp_sends_no_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
