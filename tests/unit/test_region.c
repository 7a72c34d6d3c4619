// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_region.c - objects of an actor: apart from each other, found by ids, and never outside
 */
/* link: hostlib/actor/region.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostlib/actor/region.h"
#include "tests/rng.h"

#define ROOM 65536u
#define STATE 100
#define MANY 400

static struct region *r;
static struct rng rng = { 1 };

static uint32_t below(uint32_t n)
{
	return rng_below(&rng, n);
}

/* Of malloc(), so that the sanitizer sees what is outside. */
static int set_up(void **state)
{
	r = malloc(ROOM);
	return region_make(r, ROOM, STATE);
}

static int tear_down(void **state)
{
	free(r);
	return 0;
}

static void a_new_region_has_a_state_of_zeros_and_fits(void **state)
{
	const char *s = region_state(r);

	for (int i = 0; i < STATE; i++)
		assert_int_equal(s[i], 0);
	assert_true(region_fits(r, ROOM, STATE));
	assert_false(region_fits(r, ROOM, STATE + 1));
	assert_false(region_fits(r, ROOM / 2, STATE));
	assert_int_equal(region_make(r, 64, STATE), -1);
}

static void objects_are_apart_and_as_long_as_asked(void **state)
{
	uint32_t id[MANY], len[MANY], n;

	for (n = 0; n < MANY; n++) {
		len[n] = 1 + below(300);
		id[n] = region_alloc(r, ROOM, len[n]);
		if (!id[n])
			break;
		memset(region_at(r, ROOM, id[n], len[n]), n, len[n]);
	}
	assert_true(n > 100);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *at = region_at(r, ROOM, id[i], len[i]);

		assert_non_null(at);
		assert_int_equal((uintptr_t)at % REGION_UNIT, 0);
		for (uint32_t k = 0; k < len[i]; k++)
			assert_int_equal(at[k], (uint8_t)i);
	}
}

static void what_is_freed_is_used_again_and_its_id_names_nothing_before(void **state)
{
	uint32_t a = region_alloc(r, ROOM, 100), b = region_alloc(r, ROOM, 100), used = r->used;

	region_free(r, ROOM, a);
	assert_null(region_at(r, ROOM, a, 1));
	assert_non_null(region_at(r, ROOM, b, 100));
	assert_int_equal(region_alloc(r, ROOM, 97), a);
	assert_int_equal(r->used, used);
}

static void a_second_free_changes_nothing(void **state)
{
	uint32_t a = region_alloc(r, ROOM, 32), b, c;

	region_free(r, ROOM, a);
	region_free(r, ROOM, a);
	b = region_alloc(r, ROOM, 32);
	c = region_alloc(r, ROOM, 32);
	assert_int_not_equal(b, c);
}

static void an_object_has_as_many_bytes_as_it_was_made_with_or_few_more(void **state)
{
	for (uint32_t bytes = 1; bytes < 20000; bytes += bytes / 7 + 1) {
		uint32_t id;

		region_make(r, ROOM, STATE);
		id = region_alloc(r, ROOM, bytes);
		assert_non_null(region_at(r, ROOM, id, bytes));
		assert_null(region_at(r, ROOM, id, bytes + bytes / 4 + 16));
	}
}

static void a_full_region_says_so(void **state)
{
	uint32_t n = 0;

	assert_int_equal(region_alloc(r, ROOM, ROOM), 0);
	assert_int_equal(region_alloc(r, ROOM, ~0u), 0);
	while (region_alloc(r, ROOM, 1000))
		n++;
	assert_in_range(n, 50, 65);
	assert_int_not_equal(region_alloc(r, ROOM, 16), 0);
}

/* Ids that nobody was given: the sanitizer sees each byte that is not the region's. */
static void no_id_reaches_outside(void **state)
{
	for (uint32_t i = 0; i < 20; i++)
		region_alloc(r, ROOM, 50 * i);
	for (uint32_t id = 0; id < 3 * ROOM / REGION_UNIT; id++) {
		uint8_t *at = region_at(r, ROOM, id, 8);

		if (at)
			assert_true(at >= (uint8_t *)region_state(r) + STATE &&
				    at + 8 <= (uint8_t *)r + ROOM);
	}
	assert_null(region_at(r, ROOM, ~0u, 0));
	assert_null(region_at(r, ROOM, 1u << 28, 0));
}

static void a_length_that_reaches_outside_is_not_believed(void **state)
{
	uint32_t id = region_alloc(r, ROOM, 100);
	struct region_object *o = region_at(r, ROOM, id, 100);

	(--o)->bytes = ROOM;
	assert_null(region_at(r, ROOM, id, 8));
	o->bytes = ~0u;
	assert_null(region_at(r, ROOM, id, 8));
	region_free(r, ROOM, id);
	assert_int_not_equal(region_alloc(r, ROOM, 100), id);
}

/* As a wild store, or a peer, may leave it. */
static void garbage_in_the_region_leads_nowhere_outside(void **state)
{
	static uint32_t id[64];

	for (int round = 0; round < 2000; round++) {
		region_make(r, ROOM, STATE);
		for (int i = 0; i < 64; i++)
			id[i] = region_alloc(r, ROOM, below(500));
		for (int i = 0; i < 40; i++) {
			uint32_t at = below(4) ? below(sizeof(*r) / 4) :
						     below(ROOM / 4);

			((uint32_t *)r)[at] = below(3) ? (uint32_t)rng_next(&rng) :
							     below(ROOM / REGION_UNIT);
		}
		for (int i = 0; i < 200; i++) {
			uint32_t which = id[below(64)], bytes = below(600);
			uint8_t *at = region_at(r, ROOM, which, bytes);

			if (at) /* all of it is the region's */
				memset(at, 1, bytes);
			if (below(2))
				region_free(r, ROOM, which);
			else
				id[below(64)] = region_alloc(r, ROOM, bytes);
		}
	}
}

#define REGION_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REGION_TEST(a_new_region_has_a_state_of_zeros_and_fits),
		REGION_TEST(objects_are_apart_and_as_long_as_asked),
		REGION_TEST(what_is_freed_is_used_again_and_its_id_names_nothing_before),
		REGION_TEST(a_second_free_changes_nothing),
		REGION_TEST(an_object_has_as_many_bytes_as_it_was_made_with_or_few_more),
		REGION_TEST(a_full_region_says_so),
		REGION_TEST(no_id_reaches_outside),
		REGION_TEST(a_length_that_reaches_outside_is_not_believed),
		REGION_TEST(garbage_in_the_region_leads_nowhere_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
