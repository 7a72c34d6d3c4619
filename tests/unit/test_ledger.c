// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ledger.c - whatever store a worker dies behind, the agent finds out what became of each
 * request and each frame
 *
 * Cores run the library's own code (ledger_world.h). All interleavings of their stores are gone
 * through, and after each store the worker is dead: the reader must count what is neither waiting
 * nor counted, once, and each frame must be in one place. A state is the memory and the stacks of
 * the cores; one that was met before is not looked at again.
 */
/* link: @core tests/unit/ledger_world.c tests/unit/ledger_core.c tests/unit/ledger_death.c */
/* link: tests/unit/ledger_check.c tests/unit/ledger_explore.c */
/* link: lib/ledger_read.c lib/ledger_frames.c agent/frames.c */
/* links more: the library writes the ledger everywhere, and the worker dies behind each store */
/* define: LEDGER_HOOK=ledger_hook */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger_explore.h"
#include "ledger_world.h"
#include "lib/ledger_frames.h"

#define STORES_OF_A_SWAP 6 /* ledger_take() */

/* --- one process ----------------------------------------------------------------------------- */

/* What the request before left in the lines must not speak for the next one, of another class. */
static void test_one_core_from_request_to_request(void **state)
{
	explore(&(struct scenario){
		{ { 0, 1 }, { HOLD(0), 0 }, { HOLD(0), 0 }, { 0, 1 } }, 4, { "0RaNaR0Nkf" } });
	explore(&(struct scenario){
		{ { 0, 1 }, { HOLD(0), 0 }, { 0, 0 }, { 0, 1 } }, 4, { "0xaR0R0xkf" } });
	explore(&(struct scenario){ { { 0, 0 }, { 0, 1 } }, 2, { "0R0R0kff" } });
}

static void test_a_preempted_request_is_told_of_once(void **state)
{
	explore(&(struct scenario){ { { HOLD(1), 1 }, { 0, 0 } }, 2, { "bprR0N" } });
	explore(&(struct scenario){ { { HOLD(1), 1 }, { 0, 0 } }, 2, { "bp0RrN" } });
	explore(&(struct scenario){ { { HOLD(0), 0 }, { 0, 1 } }, 2, { "ap0qRrR" } });
}

static void test_two_cores_race_for_one_request(void **state)
{
	explore(&(struct scenario){ { { HOLD(1), 1 } }, 1, { "bR", "bN" } });
}

static void test_two_cores_race_for_two_requests(void **state)
{
	explore(&(struct scenario){ { { HOLD(0), 0 }, { HOLD(0), 0 } }, 2, { "aRaN", "aNaR" } });
}

static void test_a_thief_and_the_owner(void **state)
{
	explore(&(struct scenario){ { { 1, 1 }, { 1, 0 } }, 2, { "1R1N", "1N1R" } });
	explore(&(struct scenario){ { { 1, 1 }, { 1, 0 }, { 1, 1 } }, 3, { "1xN", "1R1R" } });
}

static void test_a_full_ring(void **state)
{
	explore(&(struct scenario){
		{ { HOLD(0), 0 }, { HOLD(0), 0 }, { HOLD(0), 0 }, { HOLD(0), 0 } }, 4,
		{ "aNaN", "aNaN" } });
}

/* The winner of a race parks or ends its request while the loser has not moved. */
static void test_a_race_whose_winner_parks_and_another_core_resumes(void **state)
{
	explore(&(struct scenario){ { { HOLD(0), 0 }, { 1, 1 } }, 2, { "aprR", "arN1R" } });
}

/* The loser of a race goes on with a parked request, while the winner has not come further than the
 * swap. */
static void test_a_race_whose_loser_resumes_a_request(void **state)
{
	explore(&(struct scenario){ { { HOLD(1), 1 }, { 1, 0 } }, 2, { "bR", "1pbrNN" } });
}

static void test_two_parked_requests_and_two_cores(void **state)
{
	explore(&(struct scenario){ { { HOLD(0), 0 }, { HOLD(1), 1 } }, 2, { "aprR", "bprN" } });
}

static void test_frames_go_round_beside_another_core(void **state)
{
	explore(&(struct scenario){
		{ { 0, 0 }, { 1, 1 }, { 0, 0 } }, 3, { "0RkfN0Nf", "1Nf1Rkf" } });
}

static void test_three_cores_and_two_requests(void **state)
{
	if (!getenv("LONG"))
		skip();
	explore_at(&(struct scenario){
			   { { HOLD(0), 0 }, { HOLD(0), 0 } }, 2, { "aR", "aN", "aN" } }, ~0u);
}

/* --- two processes --------------------------------------------------------------------------- */

/* Either may die at any store, and is reclaimed while the other stands anywhere. */
static void test_two_processes_race_for_one_request(void **state)
{
	explore(&(struct scenario){ { { HOLD(1), 1 } }, 1, { "bR", "bN" }, "01" });
}

static void test_two_processes_race_for_two_requests(void **state)
{
	explore_at(&(struct scenario){
			   { { HOLD(0), 0 }, { HOLD(0), 0 } }, 2, { "aRaN", "aNaR" }, "01" },
		   ~0u);
}

static void test_two_processes_park_and_resume_beside_each_other(void **state)
{
	explore_at(&(struct scenario){
			   { { HOLD(0), 0 }, { HOLD(1), 1 } }, 2, { "aprR", "bprN" }, "01" },
		   0);
}

static void test_a_race_whose_winner_parks_beside_another_process(void **state)
{
	explore_at(&(struct scenario){
			   { { HOLD(0), 0 }, { 1, 1 } }, 2, { "aprR", "aN1R" }, "01" }, 0);
}

static void test_frames_go_round_beside_another_process(void **state)
{
	explore_at(&(struct scenario){
			   { { 0, 0 }, { 1, 1 }, { 0, 0 } }, 3, { "0sRkfN0Nf", "1sNf1Rkf" }, "01" },
		   ~0u);
}

static void test_two_cores_of_one_process_beside_another_process(void **state)
{
	explore_at(&(struct scenario){
			   { { HOLD(0), 0 } }, 1, { "aR", "aN", "aN" }, "010" }, 0);
}

/* --- longer lives ---------------------------------------------------------------------------- */

/* A core stops right behind its intent; the other one takes that entry, and so many more that the
 * entry's frame has another request, with a number of its own. */
static void test_an_intent_that_is_a_ring_old(void **state)
{
	world_make(2, NULL, ~0u - 2);
	world_arrive(HOLD(0), 0);
	core_begin(0, "aR");
	while (!world.view->core[0].run.intent)
		core_step(0);
	for (int n = 0; n < NFRAMES + 2 * RING; n++) {
		for (core_begin(1, "aRkf"); !core_done(1);) {
			core_step(1);
			world_check("beside an old intent");
		}
		assert_true(world_arrive(HOLD(0), 0));
		world_check("beside an old intent");
	}
	world_remove();
}

/* A core stops right behind its swap, and the others take more than a ring's worth. The frame has
 * the number of its request until a line tells of it. */
static void test_a_swap_that_is_a_ring_old(void **state)
{
	world_make(2, "01", ~0u - 2);
	world_arrive(HOLD(0), 0);
	core_begin(0, "aR");
	for (int i = 0; i < STORES_OF_A_SWAP; i++)
		core_step(0);
	for (int n = 0; n < 2 * RING + 1; n++) {
		assert_true(world_arrive(HOLD(0), 0));
		for (core_begin(1, "aRkf"); !core_done(1);) {
			core_step(1);
			world_check("beside an old swap");
		}
	}
	assert_true(world_death(0, 0));
	assert_int_equal(world_reclaimed.lost[0], 1);
	world_check("after its reclaim");
	world_remove();
}

/* A core dies with an intent about an entry that waits. Once that is settled, a living core takes
 * the entry. */
static void test_an_entry_that_is_taken_after_it_was_settled(void **state)
{
	const struct ledger_dead dead = { 1, 1 };
	struct verdict v;

	world_make(2, "01", 0);
	world_arrive(HOLD(0), 0);
	core_begin(0, "aR");
	while (!world.view->core[0].run.intent)
		core_step(0);
	assert_int_equal(ledger_settle(&world, &dead), 0);
	core_begin(1, "aR");
	while (ring_count(&world.rx[HOLD(0)]))
		core_step(1);
	ledger_read(&world, &dead, &v);
	assert_int_equal(v.lost[0], 0);
	world_remove();
}

static unsigned int times_listed(uint32_t frame)
{
	unsigned int times = 0;

	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		for (uint32_t k = 0; k < world.ctl->free[i].n; k++)
			times += world.ctl->free[i].frame[k] == frame;
	}
	return times;
}

/* A core has answered, and stands in front of the end of its request. The reply's frame has come
 * back to a core of another process, which dies. */
static void test_a_frame_that_a_living_core_has_sent_is_of_the_core_that_got_it_back(void **state)
{
	uint32_t frame;

	world_make(2, "01", 0);
	world_arrive(0, 0);
	world_arrive(1, 1);
	core_begin(0, "0R");
	while (!ring_count(&world.tx[0]))
		core_step(0);
	frame = world.view->core[0].run.frame;
	world_send(0);
	for (core_begin(1, "1sssRf"); !core_done(1);)
		core_step(1);
	assert_int_equal(times_listed(frame), 1);
	assert_true(world.view->core[0].run.id);
	assert_true(world_death(1, 0));
	assert_int_equal(times_listed(frame), 1);
	world_remove();
}

static void test_a_frame_that_two_lines_name_is_taken_back_once(void **state)
{
	unsigned char seen[NFRAMES];
	uint32_t frame;

	world_make(2, NULL, 0);
	world_arrive(0, 0);
	for (core_begin(0, "0"); !core_done(0);)
		core_step(0);
	frame = world.view->core[0].run.frame;
	world.view->core[1].run = world.view->core[0].run;
	world.view->core[1].run.id = 7;
	assert_int_equal(times_listed(frame), 0);
	ledger_take_back(&world, &LEDGER_ALL_DEAD, seen);
	assert_int_equal(times_listed(frame), 1);
	world_remove();
}

/* Each ends without a request: a core takes none while it runs one. */
static const char *any_script(void)
{
	static const char *const script[] = {
		"0RkaN",  "aNbR",      "bpr0Rk",   "0p1RkrN",  "0ssRkf",
		"1xaxbx", "apbpqRNkf", "2RrprNkf", "rRrNrRkf", "bsNkf",
	};

	return script[rand() % (sizeof(script) / sizeof(*script))];
}

static void arrive_anywhere(void)
{
	uint32_t cls = rand() % CLASSES;

	world_arrive(rand() & 1 ? HOLD(cls) : (uint32_t)(rand() % CORES), cls);
}

/* What may happen between two deaths. One core stands still for long, while what it has sent and
 * given back goes round. */
static void live(int steps, bool posts)
{
	unsigned int slow = rand() % CORES;

	for (int n = rand() % steps; n; n--) {
		unsigned int core = rand() % CORES;

		if (posts)
			world_post();
		if (rand() % 4 == 0)
			arrive_anywhere();
		if (rand() % 4 == 0)
			world_send(rand() % CORES);
		if (core == slow && rand() % 16)
			continue;
		if (core_done(core))
			core_begin(core, any_script());
		core_step(core);
		world_check("beside each other");
	}
}

/* Worker after worker, each dead behind some store; the counts go on. */
static void test_deaths_one_after_the_other(void **state)
{
	int lives = getenv("LONG") ? 20000 : 1000;

	srand(1);
	world_make(CORES, NULL, ~0u - 1000);
	for (int life = 0; life < lives; life++) {
		live(200, false);
		world_next_worker();
		world_check("after a reclaim");
	}
	assert_true(world_arrived[0] > 1000 && world_arrived[1] > 1000);
	world_remove();
}

static void step_all_but(unsigned int slot)
{
	struct ledger_dead d = world_dead(slot);

	for (unsigned int i = 0; i < CORES; i++) {
		if (!ledger_is_dead(&d, i) && !core_done(i))
			core_step(i);
	}
}

/* A driver that holds frames, as those do that copy nothing, and one worker after the other. */
static void test_deaths_while_a_driver_holds_frames(void **state)
{
	int lives = getenv("LONG") ? 20000 : 500;

	srand(4);
	world_make(CORES, NULL, ~0u - 1000);
	for (int life = 0; life < lives; life++) {
		live(200, true);
		assert_true(world_death(0, rand() % 40));
		world_check("after a reclaim beside a driver");
	}
	assert_true(world_arrived[0] > 300 && world_arrived[1] > 300);
	world_remove();
}

/* Two processes, of which now this one dies, now that one; its successor goes on with its cores.
 * Agents die while they reclaim. */
static void test_deaths_beside_a_process_that_lives(void **state)
{
	int lives = getenv("LONG") ? 20000 : 1000, undecided = 0;

	srand(3);
	world_make(CORES, "010", ~0u - 1000);
	for (int life = 0; life < lives; life++) {
		live(200, life & 1);
		for (unsigned int slot = rand() & 1; !world_death(slot, rand() % 40); undecided++)
			step_all_but(slot);
		world_check("after a reclaim beside another process");
	}
	assert_true(world_arrived[0] > 300 && world_arrived[1] > 300 && undecided > 0);
	world_remove();
}

/* The same with a process that is there no more. */
static void test_a_process_that_is_killed_at_a_store(void **state)
{
	const char *script = "0Rbp1NrRkfax";
	int status;

	for (unsigned int n = 1;; n++) {
		pid_t child;

		world_make(2, NULL, 7);
		world_arrive(0, 0);
		world_arrive(HOLD(1), 1);
		world_arrive(1, 0);
		world_arrive(HOLD(0), 0);
		child = fork();
		if (!child) {
			core_run_and_die(0, script, n);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		world_check("a killed process");
		world_remove();
		if (!WIFSIGNALED(status))
			break;
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_true(n < 200);
	}
	assert_int_equal(status, 0);
}

/* --- what else the reader meets -------------------------------------------------------------- */

/* An intent about an entry of some ring, and the frame has that request's number; the ring may be
 * one that does not exist. */
static void garble_intent(struct shunt_core_run *run)
{
	run->intent_frame = rand() % NFRAMES;
	run->intent_off = 64;
	run->intent_id = 7;
	((struct shunt_meta *)world_meta(run->intent_frame * world.geo.chunk + 64))->id = 7;
	run->intent = SHUNT_INTENT(rand() % (SHUNT_SLOTS + 4), rand() % 8);
}

/* What a worker may have written instead: any answer will do, but no byte beyond. */
static void test_garbage_is_bounded(void **state)
{
	const struct ledger_dead dead[] = { LEDGER_ALL_DEAD, { 3, 1 }, { 4, 2 } };
	unsigned char *seen = malloc(NFRAMES);
	struct verdict v;

	world_make(CORES, NULL, 0);
	srand(2);
	for (int n = 0; n < 4000; n++) {
		unsigned char *at = (unsigned char *)world.view->core;
		uint64_t sum = 0;

		for (size_t i = 0; i < CORES * sizeof(world.view->core[0]); i++)
			at[i] = rand();
		for (int i = 0; i < CORES; i++) { /* half of the intents make more sense */
			if (rand() & 1)
				garble_intent(&world.view->core[i].run);
		}
		for (size_t i = 0; i < sizeof(*world.ctl) + CORES * sizeof(struct shunt_free); i++)
			((unsigned char *)world.ctl)[i] = rand();
		for (uint32_t k = 0; k < sockets_of(&world.geo); k++)
			*world.rx[slot_of(&world.geo, k)].cons = rand() % 8;
		ledger_read(&world, &dead[n % 3], &v);
		for (int c = 0; c < SHUNT_CLASSES; c++)
			sum += v.lost[c] + v.replied[c];
		assert_in_range(sum, 0, 2 * CORES + SHUNT_PARKED);
		ledger_take_back(&world, &dead[n % 3], seen);
		ledger_clear(&world, &dead[n % 3]);
	}
	free(seen);
	world_remove();
}

static void test_nothing_is_left_after_it_was_cleared(void **state)
{
	struct verdict v;

	world_make(2, NULL, 0);
	world_arrive(HOLD(0), 0);
	world_arrive(HOLD(1), 1);
	core_begin(0, "apbN");
	for (int i = 0; i < 16; i++)
		core_step(0);
	ledger_read(&world, &LEDGER_ALL_DEAD, &v);
	assert_int_equal(v.lost[0], 1);
	ledger_clear(&world, &LEDGER_ALL_DEAD);
	ledger_read(&world, &LEDGER_ALL_DEAD, &v);
	assert_int_equal(v.lost[0] + v.lost[1], 0);
	world_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_core_from_request_to_request),
		cmocka_unit_test(test_a_preempted_request_is_told_of_once),
		cmocka_unit_test(test_two_cores_race_for_one_request),
		cmocka_unit_test(test_two_cores_race_for_two_requests),
		cmocka_unit_test(test_a_thief_and_the_owner),
		cmocka_unit_test(test_a_full_ring),
		cmocka_unit_test(test_a_race_whose_winner_parks_and_another_core_resumes),
		cmocka_unit_test(test_a_race_whose_loser_resumes_a_request),
		cmocka_unit_test(test_two_parked_requests_and_two_cores),
		cmocka_unit_test(test_frames_go_round_beside_another_core),
		cmocka_unit_test(test_three_cores_and_two_requests),
		cmocka_unit_test(test_two_processes_race_for_one_request),
		cmocka_unit_test(test_two_processes_race_for_two_requests),
		cmocka_unit_test(test_two_processes_park_and_resume_beside_each_other),
		cmocka_unit_test(test_a_race_whose_winner_parks_beside_another_process),
		cmocka_unit_test(test_frames_go_round_beside_another_process),
		cmocka_unit_test(test_two_cores_of_one_process_beside_another_process),
		cmocka_unit_test(test_an_intent_that_is_a_ring_old),
		cmocka_unit_test(test_a_swap_that_is_a_ring_old),
		cmocka_unit_test(test_an_entry_that_is_taken_after_it_was_settled),
		cmocka_unit_test(
			test_a_frame_that_a_living_core_has_sent_is_of_the_core_that_got_it_back),
		cmocka_unit_test(test_a_frame_that_two_lines_name_is_taken_back_once),
		cmocka_unit_test(test_deaths_one_after_the_other),
		cmocka_unit_test(test_deaths_while_a_driver_holds_frames),
		cmocka_unit_test(test_deaths_beside_a_process_that_lives),
		cmocka_unit_test(test_a_process_that_is_killed_at_a_store),
		cmocka_unit_test(test_garbage_is_bounded),
		cmocka_unit_test(test_nothing_is_left_after_it_was_cleared),
	};

	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
