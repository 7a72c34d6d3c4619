// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_timers.c - timers of actors: they fire once, not before their time, beside other
cores, in the next process and after a boot of the machine
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include "place_world.h"

static int set_timer(struct shunt_actor *self)
{
	in_handler = NULL;
	return shunt_tell_after(self, 1000000, 9, 1000);
}

static int set_timers(struct shunt_actor *self)
{
	int n = 0;

	in_handler = NULL;
	while (!shunt_tell_after(self, 0, 9, 1000))
		n++;
	return n;
}

static void a_timer_fires_once_and_not_before_its_time(void **state)
{
	uint32_t id = make("counter", "a");
	uint64_t set;

	in_handler = set_timer;
	tell(id, 1);
	set = place_now();
	run_all();
	assert_int_equal(did, 0);
	assert_true(place_turn(p, 0) >= set + 1000000);
	while (state_of(id)->n < 2)
		place_turn(p, 0);
	assert_true(place_now() >= set + 1000000);
	assert_int_equal(state_of(id)->sum, 1001);
	run_all();
	assert_true(place_turn(p, 0) == PLACE_NEVER);
	assert_int_equal(stats().fired, 1);
}

static void an_actor_has_a_number_of_timers(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = set_timers;
	tell(id, 1);
	run_all();
	assert_int_equal(did, SHUNT_TIMERS);
	while (state_of(id)->n < 1 + SHUNT_TIMERS)
		place_turn(p, 0);
	assert_int_equal(stats().fired, SHUNT_TIMERS);
}

static void what_is_set(struct shunt_actor *a, uint32_t *n, uint64_t *kinds_set)
{
	*n = *kinds_set = 0;
	for (int i = 0; i < REGION_TIMERS; i++) {
		*n += a->region->timer[i].due_ns != 0;
		if (a->region->timer[i].due_ns)
			*kinds_set |= 1ULL << a->region->timer[i].kind;
	}
}

/* All that it may. */
static int set_all_others(struct shunt_actor *self)
{
	int n = 0;

	in_handler = NULL;
	while (!shunt_tell_after(self, 3600000000000, 2, 0))
		n++;
	return n;
}

static bool waits;

static long handle_timer(struct shunt_actor *self, struct shunt_message *m)
{
	if (in_handler)
		did = in_handler(self);
	return waits ? SHUNT_LATER : 0;
}

static const struct shunt_actor_kind timed = { .name = "timed", .version = 1,
					       .handle = handle_timer };
static const struct shunt_actor_kind *const timed_kinds[] = { &timed, NULL };

static void a_timer_that_is_for_later_stays_set_whatever_its_handler_set_meanwhile(void **state)
{
	struct shunt_actor *a;
	uint64_t kinds_set;
	uint32_t n;

	close_place();
	open_with(timed_kinds);
	a = place_actor(p, make("timed", "a"));
	assert_int_equal(shunt_tell_after(a, 0, 1, 0), 0);
	in_handler = set_all_others;
	waits = true;
	place_turn(p, 0);
	assert_int_equal(did, SHUNT_TIMERS);
	what_is_set(a, &n, &kinds_set);
	assert_int_equal(n, SHUNT_TIMERS + 1);
	assert_int_equal(kinds_set, 1 << 1 | 1 << 2);
	waits = false;
	run_all();
	assert_int_equal(stats().fired, 1);
	what_is_set(a, &n, &kinds_set);
	assert_int_equal(n, SHUNT_TIMERS);
	assert_int_equal(kinds_set, 1 << 2);
	assert_int_equal(shunt_tell_after(a, 0, 1, 0), -ENOSPC);
}

static int set_the_longest_timer(struct shunt_actor *self)
{
	in_handler = NULL;
	return shunt_tell_after(self, UINT64_MAX, 1, 0);
}

static void a_timer_of_the_longest_time_does_not_fire_at_once(void **state)
{
	in_handler = set_the_longest_timer;
	tell(make("small", "a"), 0);
	assert_true(run_all() > place_now());
	assert_int_equal(did, 0);
	assert_int_equal(stats().fired, 0);
}

static int delete_self(struct shunt_actor *self)
{
	return place_delete(p, shunt_actor_id(self));
}

static int set_three_timers(struct shunt_actor *self)
{
	int err = 0;

	in_handler = delete_self;
	for (int i = 0; i < 3; i++)
		err |= shunt_tell_after(self, 0, 1, 0);
	return err;
}

static void an_actor_deleted_by_its_timer_gets_no_other_one(void **state)
{
	uint32_t id = make("small", "a");

	in_handler = set_three_timers;
	tell(id, 0);
	run_all();
	assert_int_equal(stats().fired, 1);
	assert_int_equal(place_find(p, "a"), 0);
}

/* --- cores that meet -------------------------------------------------------------------------- */

/* A second core looks while this one is in the handler. */
static int set_a_timer_that_another_core_sees(struct shunt_actor *self)
{
	int err = shunt_tell_after(self, 0, 1, 0);

	in_handler = NULL;
	place_turn(p, 1);
	return err;
}

static void a_timer_that_another_core_saw_during_the_handler_fires(void **state)
{
	uint32_t id = make("small", "a");

	in_handler = set_a_timer_that_another_core_sees;
	tell(id, 0);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(did, 0);
	assert_int_equal(stats().fired, 1);
}

/* Core 0 has looked at the timers and has nothing to do; before it says so core 1 finds one due. */
static void a_timer_that_another_core_found_due_stays_so(void **state)
{
	struct shunt_actor *a = place_actor(p, make("small", "a"));

	assert_true(place_lock(a, 0));
	a->misses = 1;
	assert_int_equal(shunt_tell_after(a, 0, 1, 0), 0);
	place_turn(p, 1);
	place_miss(p, a);
	place_unlock(a);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(stats().fired, 1);
}

/* --- the next process, the next boot ---------------------------------------------------------- */

static void timers_are_set_again_by_the_next_process(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = set_timer;
	tell(id, 1);
	run_all();
	again();
	while (state_of(id)->n < 2)
		place_turn(p, 0);
	assert_int_equal(stats().fired, 1);
}

static const uint64_t second = 1000000000, hour = 3600000000000;

/* An actor with a timer in an hour, in a memory of a boot that was so long before this one. */
static struct shunt_actor *timer_of_a_boot(int64_t before_ns, uint64_t clock_ns)
{
	uint32_t id = make("counter", "a");
	struct region *r = place_actor(p, id)->region;

	assert_int_equal(shunt_tell_after(place_actor(p, id), 0, 1, 0), 0);
	r->boot++;
	r->booted_ns -= before_ns;
	r->timer[0].due_ns = clock_ns + hour;
	again();
	assert_int_equal(place_find(p, "a"), id);
	return place_actor(p, id);
}

/* Set in the third hour of the former boot, which was two and a half hours before this one. */
static void a_timer_set_before_the_last_boot_is_due_when_it_was_to_be(void **state)
{
	struct shunt_actor *a = timer_of_a_boot(5 * hour / 2, 2 * hour);

	assert_in_range(a->region->timer[0].due_ns, hour / 2 - second, hour / 2 + second);
	again(); /* once is enough */
	a = place_actor(p, place_find(p, "a"));
	assert_in_range(a->region->timer[0].due_ns, hour / 2 - second, hour / 2 + second);
}

static void a_timer_that_was_due_before_the_last_boot_fires_at_once(void **state)
{
	struct shunt_actor *a = timer_of_a_boot(5 * hour, 2 * hour);

	assert_true(a->region->timer[0].due_ns == 1);
	run_all();
	assert_int_equal(stats().fired, 1);
}

static void a_timer_fires_at_once_if_the_time_of_day_went_back(void **state)
{
	struct shunt_actor *a = timer_of_a_boot(-5 * hour, 2 * hour);

	assert_true(a->region->timer[0].due_ns == 1);
}

static void a_boot_has_one_number(void **state)
{
	struct clock_of_boot one = place_boot(), other = place_boot();

	assert_int_not_equal(one.boot, 0);
	assert_true(one.boot == other.boot);
	assert_in_range(one.booted_ns - other.booted_ns + second, 0, 2 * second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_timer_fires_once_and_not_before_its_time),
		PLACE_TEST(an_actor_has_a_number_of_timers),
		PLACE_TEST(a_timer_that_is_for_later_stays_set_whatever_its_handler_set_meanwhile),
		PLACE_TEST(a_timer_of_the_longest_time_does_not_fire_at_once),
		PLACE_TEST(an_actor_deleted_by_its_timer_gets_no_other_one),
		PLACE_TEST(a_timer_that_another_core_saw_during_the_handler_fires),
		PLACE_TEST(a_timer_that_another_core_found_due_stays_so),
		PLACE_TEST(timers_are_set_again_by_the_next_process),
		PLACE_TEST(a_timer_set_before_the_last_boot_is_due_when_it_was_to_be),
		PLACE_TEST(a_timer_that_was_due_before_the_last_boot_fires_at_once),
		PLACE_TEST(a_timer_fires_at_once_if_the_time_of_day_went_back),
		PLACE_TEST(a_boot_has_one_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
