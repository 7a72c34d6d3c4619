// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_next.c - what the next process finds in a memory: the state, or actors that begin
anew, are asleep, or are gone
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include "place_world.h"

static void the_next_process_finds_the_state_and_counts_what_was_lost(void **state)
{
	uint32_t id = make("counter", "a");

	tell(id, 5);
	run_all();
	tell(id, 6);
	tell(id, 7);
	again();
	assert_int_equal(place_find(p, "a"), id);
	assert_int_equal(state_of(id)->n, 1);
	assert_int_equal(state_of(id)->last, 5);
	assert_int_equal(inits, 0);
	assert_int_equal(resumes, 1);
	assert_int_equal(stats().lost, 2);
	assert_all_accounted_for(0);
	tell(id, 6);
	run_all();
	assert_int_equal(state_of(id)->n, 2);
}

/* --- deaths ----------------------------------------------------------------------------------- */

static int die(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);

	s->n = 77; /* half of a change */
	_exit(0);
}

static void die_in_handler(void)
{
	open_place();
	in_handler = die;
	tell(place_find(p, "a"), 1);
	run_all();
}

static void die_in_init(void)
{
	in_init = die;
	open_place();
}

static void die_in_resumed(void)
{
	in_resumed = die;
	open_place();
}

static void an_actor_whose_process_died_in_its_handler_begins_anew(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	tell(other, 1);
	run_all();
	die_in(die_in_handler);
	open_place();
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(inits, 1);
	assert_int_equal(stats().resets, 1);
	assert_int_equal(stats().lost, 1);
	assert_int_equal(state_of(other)->n, 1);
	assert_int_equal(slot_of(id)->lock, 0);
}

static void an_actor_that_keeps_its_state_has_it_as_it_was_left(void **state)
{
	uint32_t id = make("keeper", "a");

	die_in(die_in_handler);
	open_place();
	assert_int_equal(state_of(id)->n, 77);
	assert_int_equal(stats().resets, 0);
	assert_int_equal(resumes, 1);
}

static void an_actor_whose_process_dies_while_it_begins_anew_does_so_again(void **state)
{
	uint32_t id = make("small", "a");

	die_in(die_in_handler);
	die_in(die_in_init);
	open_place();
	assert_int_equal(state_of(id)->whole, 1);
	assert_int_equal(resumes, 0);
	assert_int_equal(slot_of(id)->lock, 0);
}

static void an_actor_whose_process_dies_in_resumed_begins_anew(void **state)
{
	uint32_t id = make("small", "a");

	tell(id, 0);
	run_all();
	die_in(die_in_resumed);
	open_place();
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(stats().resets, 1);
}

static int refuse(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);

	s->sum = 666;
	return 0;
}

static void an_actor_that_cannot_begin_anew_is_gone_and_named(void **state)
{
	make("small", "a");
	die_in(die_in_handler);
	in_init = refuse;
	open_place();
	assert_int_equal(place_find(p, "a"), 0);
	assert_int_equal(stats().gone, 1);
	assert_non_null(strstr(noticed, "actor 'a' of kind 'small' is gone: it had to begin anew"));
}

/* --- other programs --------------------------------------------------------------------------- */

static const struct shunt_actor_kind newer = {
	.name = "counter", .version = 2, .state = sizeof(struct state), .init = init,
	.handle = handle };
static const struct shunt_actor_kind longer = {
	.name = "counter", .version = 1, .state = sizeof(struct state) + 8, .init = init,
	.handle = handle };
static const struct shunt_actor_kind *const newer_kinds[] = { &newer, &small, NULL };
static const struct shunt_actor_kind *const longer_kinds[] = { &longer, NULL };
static const struct shunt_actor_kind *const other_kinds[] = { &small, NULL };

/* A program that has those kinds cannot go on with "a", and says so. */
static void assert_asleep(const struct shunt_actor_kind *const *in, const char *words)
{
	close_place();
	open_with(in);
	assert_int_equal(place_find(p, "a"), 0);
	assert_int_equal(stats().asleep, 1);
	assert_int_equal(stats().gone, 0);
	assert_non_null(strstr(noticed, words));
}

static void an_actor_is_asleep_until_a_program_has_its_kind_and_version(void **state)
{
	uint32_t id = make("counter", "a");

	tell(id, 5);
	run_all();
	assert_asleep(other_kinds,
		      "actor 'a' is asleep: this program lacks its kind 'counter'\n");
	assert_int_equal(tell(id, 6), -ENOENT);
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	assert_asleep(newer_kinds, "actor 'a' is asleep: it is of version 1 of its kind 'counter', "
				   "and this program has version 2\n");
	assert_asleep(longer_kinds, "actor 'a' is asleep: its state has");
	again();
	assert_int_equal(place_find(p, "a"), id);
	assert_int_equal(state_of(id)->last, 5);
	assert_int_equal(stats().asleep, 0);
	assert_string_equal(noticed, "");
}

static void an_actor_that_is_asleep_begins_anew_if_one_of_its_name_is_made(void **state)
{
	uint32_t id = make("counter", "a");

	tell(id, 5);
	run_all();
	assert_asleep(newer_kinds, "");
	assert_int_equal(place_make(p, "small", "a", NULL, 0, NULL), -EEXIST);
	id = make("counter", "a");
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(stats().asleep, 0);
	assert_non_null(strstr(noticed, "actor 'a' of kind 'counter', which was asleep, begins"));
	close_place();
	open_with(newer_kinds);
	assert_int_equal(place_find(p, "a"), id);
}

static void an_actor_that_was_asleep_and_cannot_begin_anew_is_gone_and_named(void **state)
{
	make("counter", "a");
	assert_asleep(newer_kinds, "");
	in_init = refuse;
	assert_int_equal(place_make(p, "counter", "a", NULL, 0, NULL), -EPERM);
	assert_int_equal(stats().gone, 1);
	assert_int_equal(stats().asleep, 0);
	assert_non_null(strstr(noticed, "'a' of kind 'counter' is gone: it could not begin anew"));
}

/* What became of its state is asked when it wakes. */
static void an_actor_whose_process_died_in_its_handler_begins_anew_when_it_wakes(void **state)
{
	uint32_t id = make("counter", "a");

	die_in(die_in_handler);
	open_with(newer_kinds);
	assert_int_equal(stats().asleep, 1);
	again();
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(stats().resets, 1);
	die_in(die_in_handler);
	open_with(newer_kinds);
	alarm(10);
	make("counter", "a"); /* has the lock of that process */
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(the_next_process_finds_the_state_and_counts_what_was_lost),
		PLACE_TEST(an_actor_whose_process_died_in_its_handler_begins_anew),
		PLACE_TEST(an_actor_that_keeps_its_state_has_it_as_it_was_left),
		PLACE_TEST(an_actor_whose_process_dies_while_it_begins_anew_does_so_again),
		PLACE_TEST(an_actor_whose_process_dies_in_resumed_begins_anew),
		PLACE_TEST(an_actor_that_cannot_begin_anew_is_gone_and_named),
		PLACE_TEST(an_actor_is_asleep_until_a_program_has_its_kind_and_version),
		PLACE_TEST(an_actor_that_is_asleep_begins_anew_if_one_of_its_name_is_made),
		PLACE_TEST(an_actor_that_was_asleep_and_cannot_begin_anew_is_gone_and_named),
		PLACE_TEST(an_actor_whose_process_died_in_its_handler_begins_anew_when_it_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
