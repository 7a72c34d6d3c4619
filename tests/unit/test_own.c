// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_own.c - the table of own addresses: every address of a list is found at its place and no
 * other is, however many and however alike they are; what is in use changes at once or not at all
 */
/* link: lib/own.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/own.h"
#include "tests/rng.h"

static struct shunt_own own;
static struct own_list list;
static struct rng rng = { 1 };

static int clean(void **state)
{
	memset(&own, 0, sizeof(own));
	memset(&list, 0, sizeof(list));
	return 0;
}

/* As XDP looks. */
static __u32 kind4(__be32 addr)
{
	const struct shunt_own_slot *s =
		&own.slot[own.use >> 32 & 1][SHUNT_OWN_AT(shunt_own_hash4(own.use, addr))];

	return s->addr[3] == addr ? s->kind : SHUNT_OWN_FREE;
}

static __u32 kind6(const __be32 *addr)
{
	const struct shunt_own_slot *s =
		&own.slot[own.use >> 32 & 1][SHUNT_OWN_AT(shunt_own_hash6(own.use, addr))];

	return memcmp(s->addr, addr, 16) ? SHUNT_OWN_FREE : s->kind;
}

static void nothing_is_own_before_it_is_written(void **state)
{
	__be32 zero[4] = { 0 };

	assert_int_equal(kind4(0), SHUNT_OWN_FREE);
	assert_int_equal(kind6(zero), SHUNT_OWN_FREE);
}

/* Hosts have addresses that are neighbours in a network; random ones are easy for a hash. */
static void as_many_as_there_may_be_are_found_each(void **state)
{
	for (int round = 0; round < 20; round++) {
		clean(state);
		for (__u32 i = 0; i < SHUNT_OWN_MAX; i++) {
			__be32 a[4] = { htonl(0xfd000198), 0, round & 1 ? (__u32)rng_next(&rng) : 0,
					htonl(i) };

			if (i & 1)
				own_add(&list, SHUNT_OWN6, a);
			else
				own_add(&list, SHUNT_OWN4,
					(__be32[]){ htonl(0xc6120000 + i + round * 256) });
		}
		assert_int_equal(list.n, SHUNT_OWN_MAX);
		assert_true(own_write(&own, &list));
		for (__u32 i = 0; i < list.n; i++)
			assert_int_equal(list.at[i].kind == SHUNT_OWN6 ? kind6(list.at[i].addr)
								       : kind4(list.at[i].addr[3]),
					 list.at[i].kind);
		assert_int_equal(kind4(htonl(0xc6120000 + 255 + round * 256)), SHUNT_OWN_FREE);
	}
}

static void one_more_than_there_may_be_is_left_out_and_told(void **state)
{
	for (__u32 i = 0; i <= SHUNT_OWN_MAX; i++)
		own_add(&list, SHUNT_OWN4, (__be32[]){ htonl(0xc6120000 + i) });
	assert_int_equal(list.n, SHUNT_OWN_MAX);
	assert_int_equal(list.left_out, 1);
}

static void an_address_that_is_also_a_broadcast_address_is_own(void **state)
{
	__be32 a = htonl(0xc61200ff);

	own_add(&list, SHUNT_BROADCAST4, &a);
	own_add(&list, SHUNT_OWN4, &a);
	own_add(&list, SHUNT_BROADCAST4, &a);
	assert_int_equal(list.n, 1);
	own_write(&own, &list);
	assert_int_equal(kind4(a), SHUNT_OWN4);
}

static void a_configured_address_takes_the_place_of_its_family(void **state)
{
	struct shunt_cfg cfg = { .flags = SHUNT_CFG_ADDR4, .addr4 = htonl(0xc6120009) };
	__be32 a = htonl(0xc6120002), all = htonl(0xc61200ff), six[4] = { 1, 2, 3, 4 };

	own_add(&list, SHUNT_OWN4, &a);
	own_add(&list, SHUNT_BROADCAST4, &all);
	own_add(&list, SHUNT_OWN6, six);
	own_configure(&list, &cfg);
	own_write(&own, &list);
	assert_int_equal(kind4(a), SHUNT_OTHER4);
	assert_int_equal(kind4(cfg.addr4), SHUNT_OWN4);
	assert_int_equal(kind4(all), SHUNT_BROADCAST4);
	assert_int_equal(kind6(six), SHUNT_OWN6);
}

static void the_interfaces_own_addresses_are_no_sources_beside_a_configured_one(void **state)
{
	struct shunt_cfg cfg = { .flags = SHUNT_CFG_ADDR4 | SHUNT_CFG_ADDR6,
				 .addr4 = htonl(0xc6120009),
				 .addr6 = { 5, 6, 7, 8 } };
	__be32 a = htonl(0xc6120002), six[4] = { 1, 2, 3, 4 };

	own_add(&list, SHUNT_OWN4, &a);
	own_add(&list, SHUNT_OWN6, six);
	own_configure(&list, &cfg);
	own_write(&own, &list);
	assert_true(kind4(a) & 1 && kind4(a) != SHUNT_OWN4);
	assert_true(kind6(six) & 2 && kind6(six) != SHUNT_OWN6);
	assert_int_equal(kind4(cfg.addr4), SHUNT_OWN4);
	assert_int_equal(kind6(cfg.addr6), SHUNT_OWN6);
}

/* The interface may have it anyway; and more of them than there is room for. */
static void a_configured_address_always_has_room(void **state)
{
	struct shunt_cfg cfg = { .flags = SHUNT_CFG_ADDR4, .addr4 = htonl(0xc6120002) };

	own_add(&list, SHUNT_OWN4, &cfg.addr4);
	own_configure(&list, &cfg);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.at[0].kind, SHUNT_OWN4);
	cfg.addr4 = htonl(0xc6130000);
	for (__u32 i = 0; i <= SHUNT_OWN_MAX; i++)
		own_add(&list, SHUNT_OWN4, (__be32[]){ htonl(0xc6120000 + i) });
	own_configure(&list, &cfg);
	own_write(&own, &list);
	assert_int_equal(list.n, SHUNT_OWN_MAX);
	assert_int_equal(kind4(cfg.addr4), SHUNT_OWN4);
}

/* A reader of the half that was in use finds it unchanged: XDP may be in the midst of a look-up. */
static void the_half_in_use_is_not_written_to(void **state)
{
	static struct shunt_own_slot was[SHUNT_OWN_SLOTS];
	__be32 a = htonl(0xc6120002), b = htonl(0xc6120003);
	int half;

	own_add(&list, SHUNT_OWN4, &a);
	own_write(&own, &list);
	half = own.use >> 32 & 1;
	memcpy(was, own.slot[half], sizeof(was));
	own_add(&list, SHUNT_OWN4, &b);
	assert_true(own_write(&own, &list));
	assert_int_equal(own.use >> 32 & 1, !half);
	assert_memory_equal(was, own.slot[half], sizeof(was));
	assert_int_equal(kind4(b), SHUNT_OWN4);
}

static void the_same_again_writes_nothing(void **state)
{
	__be32 a = htonl(0xc6120002);
	__u64 use;

	own_add(&list, SHUNT_OWN4, &a);
	assert_true(own_write(&own, &list));
	use = own.use;
	assert_false(own_write(&own, &list));
	assert_int_equal(own.use, use);
	list.mac[5] = 1;
	assert_true(own_write(&own, &list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_own_before_it_is_written, clean),
		cmocka_unit_test_setup(as_many_as_there_may_be_are_found_each, clean),
		cmocka_unit_test_setup(one_more_than_there_may_be_is_left_out_and_told, clean),
		cmocka_unit_test_setup(an_address_that_is_also_a_broadcast_address_is_own, clean),
		cmocka_unit_test_setup(a_configured_address_takes_the_place_of_its_family, clean),
		cmocka_unit_test_setup(
			the_interfaces_own_addresses_are_no_sources_beside_a_configured_one, clean),
		cmocka_unit_test_setup(a_configured_address_always_has_room, clean),
		cmocka_unit_test_setup(the_half_in_use_is_not_written_to, clean),
		cmocka_unit_test_setup(the_same_again_writes_nothing, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
