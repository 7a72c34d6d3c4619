// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place.c - actors of a place: made, found by name and id, deleted; their objects
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include "place_world.h"

/* --- made and found --------------------------------------------------------------------------- */

static void an_actor_is_found_by_its_name_and_its_id(void **state)
{
	uint64_t seven = 7;
	uint32_t id;

	assert_int_equal(place_make(p, "counter", "a", &seven, sizeof(seven), &id), 0);
	assert_int_equal(place_find(p, "a"), id);
	assert_int_equal(place_find(p, "b"), 0);
	assert_int_equal(state_of(id)->sum, 7);
	assert_true((uint16_t)id >= PLACE_ROWS);
}

static void what_cannot_be_made_is_told(void **state)
{
	uint64_t bad = 666;
	uint32_t id;

	make("counter", "a");
	assert_int_equal(place_make(p, "counter", "a", NULL, 0, &id), -EEXIST);
	assert_int_equal(place_make(p, "none", "b", NULL, 0, &id), -ENOENT);
	assert_int_equal(place_make(p, "counter", "", NULL, 0, &id), -EINVAL);
	assert_int_equal(place_make(p, "counter", "a name that is long", NULL, 0, &id), -EINVAL);
	assert_int_equal(place_make(p, "counter", "b", &bad, sizeof(bad), &id), -EPERM);
	assert_int_equal(place_find(p, "b"), 0);
}

static void there_are_as_many_actors_as_slots(void **state)
{
	char name[PLACE_NAME];
	uint32_t n = 0, id;
	int err;

	resize(80u << 20);
	do {
		snprintf(name, sizeof(name), "n%u", n);
		err = place_make(p, "counter", name, NULL, 0, &id);
		n += !err;
	} while (!err);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(n, PLACE_ACTORS);
	assert_int_equal(place_row(p, 1 << 16, "counter", "row"), -ENOSPC);
	assert_int_equal(place_row(p, 1 << 16, "counter", "n7"), 0);
}

static int make_another(struct shunt_actor *self)
{
	return place_make(p, "counter", "another", NULL, 0, NULL);
}

static void an_actor_made_by_init_is_refused(void **state)
{
	in_init = make_another;
	alarm(10);
	make("small", "a");
	alarm(0);
	assert_int_equal(did, -EDEADLK);
	in_init = NULL;
	make("counter", "another");
}

static void a_kind_that_the_next_process_could_not_find_is_bad(void **state)
{
	static const struct shunt_actor_kind longer = { .name = "sixteen_letters_", COUNTS };
	static const struct shunt_actor_kind none = { .name = "", COUNTS };
	static const struct shunt_actor_kind idle = { .name = "idle" };
	static const struct shunt_actor_kind *const bad[][3] = {
		{ &counter, &longer }, { &none }, { &idle }, { &counter, &counter } };
	const struct shunt_actor_kind *which;

	assert_null(place_bad_kind(kinds, &which));
	for (int i = 0; i < 4; i++) {
		assert_non_null(place_bad_kind(bad[i], &which));
		assert_ptr_equal(which, bad[i][1] ? bad[i][1] : bad[i][0]);
	}
}

static void a_kind_s_name_may_have_15_letters(void **state)
{
	static const struct shunt_actor_kind longest = { .name = "fifteen_letters", COUNTS };
	static const struct shunt_actor_kind *const of[] = { &longest, NULL };
	const struct shunt_actor_kind *which;
	uint32_t id;

	assert_null(place_bad_kind(of, &which));
	close_place();
	open_with(of);
	id = make("fifteen_letters", "a");
	close_place();
	open_with(of);
	assert_int_equal(place_find(p, "a"), id);
}

/* --- gone ------------------------------------------------------------------------------------- */

static void a_deleted_actor_gets_nothing_and_its_messages_are_lost(void **state)
{
	uint32_t id = make("counter", "a"), next;

	for (uint32_t i = 0; i < 10; i++)
		tell(id, i);
	assert_int_equal(place_delete(p, id), 0);
	assert_int_equal(place_delete(p, id), -ENOENT);
	assert_int_equal(tell(id, 0), -ENOENT);
	assert_int_equal(place_find(p, "a"), 0);
	run_all();
	assert_int_equal(stats().lost, 10);
	assert_all_accounted_for(0);
	next = make("counter", "a");
	assert_int_not_equal(next, id);
	assert_int_equal(state_of(next)->n, 0);
	assert_int_equal(tell(id, 0), -ENOENT);
	tell(next, 1);
	run_all();
	assert_int_equal(state_of(next)->n, 1);
}

static int delete_self(struct shunt_actor *self)
{
	return place_delete(p, shunt_actor_id(self));
}

static void an_actor_may_delete_itself(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = delete_self;
	assert_int_equal(request(id), 8);
	assert_int_equal(did, 0);
	run_all();
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	make("counter", "a");
}

/* place_delete() has looked for the actor; before it swaps the state the slot gets another one.
 * That is as if the id were still the actor's in this process, but not in the slot. */
static void an_old_id_deletes_no_other_actor(void **state)
{
	uint32_t old = make("small", "a"), id;
	struct shunt_actor *a = place_actor(p, old);

	delete(old);
	id = make("small", "b");
	assert_int_equal((uint16_t)old, (uint16_t)id);
	a->id = old;
	assert_int_equal(place_delete(p, old), -ENOENT);
	a->id = id;
	assert_int_equal(place_find(p, "b"), id);
}

/* --- objects ---------------------------------------------------------------------------------- */

static int make_list(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);

	for (uint32_t i = 0; i < 50; i++) {
		shunt_object id = shunt_object_alloc(self, 8);
		uint32_t *at = shunt_object_at(self, id, 8);

		at[0] = i;
		at[1] = s->list;
		s->list = id;
	}
	return 0;
}

static int walk_list(struct shunt_actor *self)
{
	const struct state *s = shunt_actor_state(self);
	int sum = 0;

	for (shunt_object id = s->list; id;) {
		const uint32_t *at = shunt_object_at(self, id, 8);

		if (!at)
			return -1;
		sum += at[0];
		id = at[1];
	}
	return sum;
}

static void objects_are_there_in_the_next_process_by_the_same_ids(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = make_list;
	tell(id, 0);
	run_all();
	again();
	in_handler = walk_list;
	tell(id, 1);
	run_all();
	assert_int_equal(did, 50 * 49 / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(an_actor_is_found_by_its_name_and_its_id),
		PLACE_TEST(what_cannot_be_made_is_told),
		PLACE_TEST(there_are_as_many_actors_as_slots),
		PLACE_TEST(an_actor_made_by_init_is_refused),
		PLACE_TEST(a_kind_that_the_next_process_could_not_find_is_bad),
		PLACE_TEST(a_kind_s_name_may_have_15_letters),
		PLACE_TEST(a_deleted_actor_gets_nothing_and_its_messages_are_lost),
		PLACE_TEST(an_actor_may_delete_itself),
		PLACE_TEST(an_old_id_deletes_no_other_actor),
		PLACE_TEST(objects_are_there_in_the_next_process_by_the_same_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
