// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_rows.c - rows of the configuration find their actors by name, load after load
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include "place_world.h"

#define ROW(gen, nr) ((uint32_t)(gen) << 16 | (nr))

static void assert_row(uint32_t row, const char *name)
{
	assert_int_equal(place_row(p, row, "counter", name), 0);
}

/* What a request of that row is answered by. */
static uint32_t actor_of(uint32_t row)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		uint32_t id = p->actor[i].id;
		uint64_t n = id ? state_of(id)->n : 0;

		if (!id)
			continue;
		request(row);
		if (state_of(id)->n > n) {
			assert_int_equal(found, 0);
			found = id;
		}
	}
	return found;
}

static void a_request_of_a_row_comes_to_the_actor_of_its_name(void **state)
{
	assert_row(ROW(1, 0), "a");
	assert_row(ROW(9, 1), "b");
	assert_int_equal(actor_of(ROW(1, 0)), place_find(p, "a"));
	assert_int_equal(actor_of(ROW(9, 1)), place_find(p, "b"));
	assert_int_equal(request(ROW(8, 1)), SHUNT_NO_REPLY); /* another generation */
	assert_int_equal(request(ROW(1, 2)), SHUNT_NO_REPLY);
	assert_int_equal(stats().nobody, 2);
}

/* In this process, and in the next one. */
static void rows_find_their_actors_in_another_order_and_number(void **state)
{
	uint32_t a, b;

	assert_row(ROW(1, 0), "a");
	assert_row(ROW(1, 1), "b");
	a = place_find(p, "a");
	b = place_find(p, "b");
	for (int i = 0; i < 2; i++) {
		if (i)
			again();
		place_forget_rows(p);
		assert_row(ROW(1, 0), "new");
		assert_row(ROW(1, 1), "a");
		assert_row(ROW(1, 2), "b");
		assert_int_equal(place_find(p, "a"), a);
		assert_int_equal(actor_of(ROW(1, 1)), a);
		assert_int_equal(actor_of(ROW(1, 2)), b);
		assert_int_equal(actor_of(ROW(1, 0)), place_find(p, "new"));
	}
	assert_int_equal(inits, 0);
	assert_int_equal(resumes, 3);
	again();
	assert_row(ROW(1, 0), "b");
	assert_int_equal(actor_of(ROW(1, 0)), b);
	assert_true(state_of(a)->n > 0);
}

static void a_row_of_a_former_load_is_nobody_s(void **state)
{
	uint32_t n;

	assert_row(ROW(1, 3), "a");
	n = state_of(place_find(p, "a"))->n;
	place_forget_rows(p);
	assert_int_equal(request(ROW(1, 3)), SHUNT_NO_REPLY);
	assert_int_equal(state_of(place_find(p, "a"))->n, n);
	assert_int_equal(stats().nobody, 1);
}

static void a_row_takes_no_slot_of_an_actor_that_a_handler_made(void **state)
{
	uint32_t mine = make("counter", "mine");

	tell(mine, 7);
	run_all();
	for (int i = 0; i < 2; i++) {
		if (i)
			again();
		place_forget_rows(p);
		assert_row(ROW(1, (uint16_t)mine - PLACE_ROWS), "a");
		assert_row(ROW(1, 5), "b");
		assert_int_equal(place_find(p, "mine"), mine);
		assert_int_equal(state_of(mine)->last, 7);
	}
}

static void a_row_of_another_kind_than_the_actor_of_its_name_is_refused(void **state)
{
	static const struct shunt_actor_kind *const others[] = { &small, NULL };
	uint32_t id = make("counter", "a");

	tell(id, 7);
	run_all();
	assert_int_equal(place_row(p, ROW(1, 0), "small", "a"), -EEXIST);
	assert_int_equal(place_row(p, ROW(1, 0), "none", "a"), -ENOENT);
	assert_int_equal(request(ROW(1, 0)), SHUNT_NO_REPLY);
	assert_int_equal(state_of(id)->last, 7);
	close_place(); /* asleep, it is there, too */
	open_with(others);
	assert_int_equal(place_row(p, ROW(1, 0), "small", "a"), -EEXIST);
	assert_int_equal(stats().asleep, 1);
}

static void a_row_may_name_an_actor_that_a_handler_made(void **state)
{
	uint32_t id = make("counter", "a");

	assert_row(ROW(1, 0), "a");
	assert_int_equal(actor_of(ROW(1, 0)), id);
}

static void a_row_whose_actor_was_deleted_is_nobody_s_until_the_next_load(void **state)
{
	assert_row(ROW(1, 0), "a");
	delete(ROW(1, 0));
	assert_int_equal(request(ROW(1, 0)), SHUNT_NO_REPLY);
	make("counter", "a");
	assert_int_equal(request(ROW(1, 0)), SHUNT_NO_REPLY);
	place_forget_rows(p);
	assert_row(ROW(1, 0), "a");
	assert_int_equal(request(ROW(1, 0)), 8);
}

/* req->actor is one. */
static void a_row_s_id_is_told_deleted_and_handed_on_to_as_its_actor_s(void **state)
{
	assert_row(ROW(1, 0), "a");
	assert_int_equal(tell(ROW(1, 0), 7), 0);
	run_all();
	assert_int_equal(state_of(place_find(p, "a"))->last, 7);
	assert_int_equal(tell(ROW(2, 0), 7), -ENOENT);
	to = ROW(1, 0);
	assert_int_equal(request(make("forwarder", "f")), 8);
	assert_int_equal(place_delete(p, ROW(1, 1)), -ENOENT);
	delete(ROW(1, 0));
	assert_int_equal(place_find(p, "a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_request_of_a_row_comes_to_the_actor_of_its_name),
		PLACE_TEST(rows_find_their_actors_in_another_order_and_number),
		PLACE_TEST(a_row_of_a_former_load_is_nobody_s),
		PLACE_TEST(a_row_takes_no_slot_of_an_actor_that_a_handler_made),
		PLACE_TEST(a_row_of_another_kind_than_the_actor_of_its_name_is_refused),
		PLACE_TEST(a_row_may_name_an_actor_that_a_handler_made),
		PLACE_TEST(a_row_whose_actor_was_deleted_is_nobody_s_until_the_next_load),
		PLACE_TEST(a_row_s_id_is_told_deleted_and_handed_on_to_as_its_actor_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
