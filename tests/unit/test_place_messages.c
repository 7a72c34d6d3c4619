// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_messages.c - messages and requests of actors: told, run in order and one at a time,
handed on, and for later
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include "place_world.h"

/* --- told ------------------------------------------------------------------------------------- */

static void messages_come_in_the_order_in_which_they_were_told(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 1; i <= 5000; i++) {
		assert_int_equal(tell(id, i), 0);
		if (i % 7 == 0)
			place_turn(p, i % 3);
	}
	run_all();
	assert_int_equal(state_of(id)->n, 5000);
	assert_int_equal(state_of(id)->order, 0);
	assert_int_equal(state_of(id)->sum, 5000ull * 5001 / 2);
	assert_all_accounted_for(0);
}

static void a_full_mailbox_says_so_and_is_counted(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 0; i < SHUNT_MAILBOX; i++)
		assert_int_equal(tell(id, i), 0);
	assert_int_equal(tell(id, 0), -EAGAIN);
	assert_int_equal(stats().refused, 1);
	assert_all_accounted_for(SHUNT_MAILBOX);
	run_all();
	assert_int_equal(tell(id, SHUNT_MAILBOX), 0);
	run_all();
	assert_int_equal(state_of(id)->order, 0);
}

static void what_cannot_be_told_is_counted(void **state)
{
	static char much[SHUNT_TELL_MAX + 1];
	uint32_t id = make("counter", "a");

	assert_int_equal(place_tell(p, id, 0, 1, much, sizeof(much), 0), -EMSGSIZE);
	assert_int_equal(place_tell(p, id, 0, 1, much, SHUNT_TELL_MAX, 0), 0);
	assert_int_equal(tell(id + 1, 0), -ENOENT);
	assert_int_equal(tell(0, 0), -ENOENT);
	assert_int_equal(tell(~0u, 0), -ENOENT);
	assert_int_equal(stats().refused, 4);
}

static void many_actors_each_get_theirs(void **state)
{
	uint32_t id[30];
	char name[PLACE_NAME];

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		id[i] = make("counter", name);
	}
	for (uint32_t k = 1; k <= 200; k++) {
		for (int i = 0; i < 30; i++)
			assert_int_equal(tell(id[i], k), 0);
	}
	run_all();
	for (int i = 0; i < 30; i++) {
		assert_int_equal(state_of(id[i])->n, 200);
		assert_int_equal(state_of(id[i])->order, 0);
	}
}

static void a_turn_ends_although_more_waits(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 0; i < 200; i++)
		tell(id, i);
	assert_int_equal(place_turn(p, 0), 0);
	assert_in_range(state_of(id)->n, 1, PLACE_BATCH);
}

static void a_message_that_is_for_later_comes_again_and_keeps_its_order(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	for (uint32_t i = 0; i < 20; i++) {
		tell(id, i);
		tell(other, i);
	}
	later = 5;
	run_all();
	assert_int_equal(stats().later, 5);
	assert_int_equal(state_of(id)->n + state_of(other)->n, 40);
	assert_int_equal(state_of(id)->order + state_of(other)->order, 0);
}

static int tell_self(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);
	uint32_t next = s->n + 1;

	return s->n < 100 ? shunt_tell(self, shunt_actor_id(self), 1, &next, sizeof(next)) : 0;
}

static void an_actor_may_tell_itself(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = tell_self;
	tell(id, 0);
	run_all();
	assert_int_equal(state_of(id)->n, 101);
	assert_int_equal(state_of(id)->order, 0);
}

static void a_message_into_a_slot_without_an_actor_is_lost_and_cores_sleep(void **state)
{
	uint32_t id = make("small", "a");
	struct shunt_actor *a = place_actor(p, id);
	struct letter in = { .to = id, .kind = 1 };

	delete(id);
	/* The rest of a place_tell() that found the actor while it was there. */
	assert_true(mailbox_put(a->box, &a->slot->told, &in, NULL));
	place_set_ready(p, a->nr);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(stats().told, 1);
	assert_int_equal(stats().lost, 1);
}

/* --- the lock --------------------------------------------------------------------------------- */

static uint64_t lock_seen[2];

static int see_lock(struct shunt_actor *self)
{
	lock_seen[0] = lock_seen[1];
	lock_seen[1] = self->slot->lock;
	return place_lock(self, 5);
}

static void the_lock_names_process_core_and_message_and_is_one_s_alone(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = see_lock;
	tell(id, 0);
	tell(id, 1);
	place_turn(p, 3);
	assert_false(did); /* nobody else gets it meanwhile */
	assert_int_equal(PLACE_LOCK_PROCESS(lock_seen[1]), p->process);
	assert_int_equal(PLACE_LOCK_CORE(lock_seen[1]), 3);
	assert_int_equal((uint32_t)lock_seen[1], (uint32_t)lock_seen[0] + 1);
	assert_int_equal(place_actor(p, id)->slot->lock, 0);
}

static void an_actor_that_another_core_has_is_left_to_it(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	assert_true(place_lock(place_actor(p, id), 1));
	tell(id, 0);
	tell(other, 0);
	for (int i = 0; i < 10; i++)
		place_turn(p, 0);
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(state_of(other)->n, 1);
	place_unlock(place_actor(p, id));
	run_all();
	assert_int_equal(state_of(id)->n, 1);
}

/* --- requests --------------------------------------------------------------------------------- */

static void a_request_is_answered_by_its_actor(void **state)
{
	uint32_t id = make("counter", "a");

	assert_int_equal(request(id), 8);
	answer = SHUNT_NO_REPLY;
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	assert_int_equal(state_of(id)->n, 2);
	assert_int_equal(stats().requests, 2);
}

static void a_request_for_nobody_is_counted(void **state)
{
	uint32_t id = make("counter", "a");

	assert_int_equal(request(id + 1), SHUNT_NO_REPLY);
	assert_int_equal(request(id + 0x10000), SHUNT_NO_REPLY); /* another generation */
	assert_int_equal(request(0xffffffff), SHUNT_NO_REPLY);
	assert_int_equal(stats().nobody, 3);
	assert_int_equal(state_of(id)->n, 0);
}

static void a_request_is_handed_on_with_its_answer(void **state)
{
	uint32_t a = make("forwarder", "a"), b = make("counter", "b");

	to = b;
	assert_int_equal(request(a), 8);
	assert_int_equal(state_of(b)->n, 1);
	to = a; /* for ever */
	assert_int_equal(request(a), SHUNT_NO_REPLY);
	assert_int_equal(stats().given_up, 1);
	to = b + 1;
	assert_int_equal(request(a), SHUNT_NO_REPLY);
	assert_int_equal(stats().nobody, 1);
}

static void a_message_is_handed_on_and_waits_where_there_is_no_room(void **state)
{
	uint32_t a = make("forwarder", "a"), b = make("counter", "b");

	to = b;
	assert_true(place_lock(place_actor(p, b), 1));
	for (uint32_t i = 0; i < SHUNT_MAILBOX + 10; i++) {
		assert_int_equal(tell(a, i), 0);
		for (int k = 0; k < 3; k++)
			place_turn(p, 0);
	}
	assert_true(stats().later > 0);
	place_unlock(place_actor(p, b));
	run_all();
	assert_int_equal(state_of(b)->n, SHUNT_MAILBOX + 10);
	assert_int_equal(state_of(b)->order, 0);
	assert_all_accounted_for(0);
}

/* What it waits for is done in between. */
static void a_request_that_is_for_later_is_run_again(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	tell(other, 0);
	later = 3;
	assert_int_equal(request(id), 8);
	assert_int_equal(state_of(other)->n, 1);
	assert_int_equal(stats().later, 3);
}

static uint64_t later_until; /* the time, for handle_later() */
static uint32_t laters;

static long handle_later(struct shunt_actor *self, struct shunt_message *m)
{
	laters++;
	return place_now() < later_until ? SHUNT_LATER : 8;
}

static const struct shunt_actor_kind waits = { .name = "waits", .version = 1,
					       .handle = handle_later };
static const struct shunt_actor_kind *const kinds_that_wait[] = { &waits, NULL };

/* Half of the time is thousands of tries, unless the CPU is away meanwhile. */
static void how_often_a_request_is_for_later_does_not_count_but_how_long(void **state)
{
	uint64_t limit = SHUNT_LATER_MS * 1000000ULL, begin, given_up;
	long said = 0;
	uint32_t id;

	close_place();
	open_with(kinds_that_wait);
	id = make("waits", "a");
	for (int i = 0; i < 10 && (said != 8 || laters <= 1000); i++) {
		laters = 0;
		later_until = place_now() + limit / 2;
		said = request(id);
	}
	assert_int_equal(said, 8);
	assert_true(laters > 1000);
	given_up = stats().given_up;
	later_until = PLACE_NEVER;
	begin = place_now();
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	assert_true(place_now() - begin >= limit);
	assert_int_equal(stats().given_up, given_up + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(messages_come_in_the_order_in_which_they_were_told),
		PLACE_TEST(a_full_mailbox_says_so_and_is_counted),
		PLACE_TEST(what_cannot_be_told_is_counted),
		PLACE_TEST(many_actors_each_get_theirs),
		PLACE_TEST(a_turn_ends_although_more_waits),
		PLACE_TEST(a_message_that_is_for_later_comes_again_and_keeps_its_order),
		PLACE_TEST(an_actor_may_tell_itself),
		PLACE_TEST(a_message_into_a_slot_without_an_actor_is_lost_and_cores_sleep),
		PLACE_TEST(the_lock_names_process_core_and_message_and_is_one_s_alone),
		PLACE_TEST(an_actor_that_another_core_has_is_left_to_it),
		PLACE_TEST(a_request_is_answered_by_its_actor),
		PLACE_TEST(a_request_for_nobody_is_counted),
		PLACE_TEST(a_request_is_handed_on_with_its_answer),
		PLACE_TEST(a_message_is_handed_on_and_waits_where_there_is_no_room),
		PLACE_TEST(a_request_that_is_for_later_is_run_again),
		PLACE_TEST(how_often_a_request_is_for_later_does_not_count_but_how_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
