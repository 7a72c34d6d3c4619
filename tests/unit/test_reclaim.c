// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_reclaim.c - the phases of a domain, and the end of
 * its worker: whatever happens in whatever order
 */
/* link: agent/reclaim.c agent/phase.c agent/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/reclaim.h"
#include "agent/role.h"

#define NOW 1000

static struct agent *a;
static struct domain_state state;
static enum reclaim_step done[16]; /* steps that the role was asked for */
static int ndone, given_up, discarded, emptied, off;
static enum reclaim_outcome outcome;

/* The neighbours of the module: what they are asked for is noted. */
void domain_give_up(struct domain *d)
{
	given_up++;
	domain_move(d, DOMAIN_GIVEN_UP);
}

void domain_empty_frames(const struct domain *d)
{
	emptied++;
}

void domain_discard(struct domain *d)
{
	discarded++;
	domain_give_up(d);
}

void domain_set_up(struct domain *d, __u64 up)
{
	off += !up;
}

static enum reclaim_outcome note_step(struct agent *of, struct domain *d, enum reclaim_step step)
{
	done[ndone++ % 16] = step;
	return outcome;
}

static const struct role role = { .reclaim = note_step };

static struct domain *domain_in(enum domain_phase phase)
{
	free(a);
	a = calloc(1, sizeof(*a));
	memset(&state, 0, sizeof(state));
	a->role = &role;
	a->now_ns = NOW;
	a->domain[0] = (struct domain){ .phase = phase, .pool.state = &state,
					.worker = { .process = 3, .up = 3, .hung = 1 } };
	ndone = given_up = discarded = off = 0;
	outcome = RECLAIM_DONE;
	state.worker_pid = 77;
	return &a->domain[0];
}

/* --- phases ----------------------------------------------------------------------------------- */

/* Every way into a phase comes from one of those. */
static void assert_comes_from(enum domain_phase to, unsigned int from)
{
	for (enum domain_phase f = 0; f < DOMAIN_PHASES; f++) {
		for (enum domain_event e = 0; e < DOMAIN_EVENTS; e++) {
			enum domain_phase got;

			if (domain_may(f, e, &got) && got == to)
				assert_true(from >> f & 1);
		}
	}
}

static void test_a_domain_is_free_only_when_it_is_new_or_all_was_taken_back(void **arg)
{
	assert_comes_from(DOMAIN_FREE, 1 << DOMAIN_OFF | 1 << DOMAIN_BUSY | 1 << DOMAIN_RECLAIM);
}

static void test_a_worker_comes_only_to_a_free_domain_or_to_its_own(void **arg)
{
	assert_comes_from(DOMAIN_TAKEN, 1 << DOMAIN_FREE | 1 << DOMAIN_LEFT);
}

static void test_nothing_is_taken_back_that_no_worker_had(void **arg)
{
	assert_comes_from(DOMAIN_RECLAIM, 1 << DOMAIN_TAKEN | 1 << DOMAIN_LEFT);
}

static void test_whatever_there_is_can_be_given_up(void **arg)
{
	for (enum domain_phase f = 0; f < DOMAIN_PHASES; f++) {
		enum domain_phase to;

		assert_true(domain_may(f, DOMAIN_GIVEN_UP, &to));
		assert_int_equal(to, DOMAIN_OFF);
	}
}

/* Each phase leads back to FREE: none is a trap. */
static void test_every_phase_has_a_way_to_a_free_domain(void **arg)
{
	unsigned int reach = 1 << DOMAIN_FREE;

	for (int i = 0; i < DOMAIN_PHASES; i++) {
		for (enum domain_phase f = 0; f < DOMAIN_PHASES; f++) {
			for (enum domain_event e = 0; e < DOMAIN_GIVEN_UP; e++) {
				enum domain_phase to;

				if (domain_may(f, e, &to) && (reach >> to & 1))
					reach |= 1 << f;
			}
		}
	}
	assert_int_equal(reach, (1 << DOMAIN_PHASES) - 1);
}

static void test_what_cannot_happen_ends_the_agent(void **arg)
{
	struct domain *d = domain_in(DOMAIN_FREE);
	int status;
	pid_t pid = fork();

	if (!pid) {
		close(2);
		domain_move(d, DOMAIN_GOODBYE);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

/* --- the end of a worker ---------------------------------------------------------------------- */

static void take_all_back(struct domain *d)
{
	int turns = 0;

	while (reclaim_turn(a, d))
		assert_true(++turns < 10);
}

static void assert_all_steps(int from)
{
	assert_int_equal(ndone, 4 - from);
	for (int i = 0; i < ndone; i++)
		assert_int_equal(done[i], RECLAIM_DECIDE + from + i);
}

static void test_a_death_takes_the_cores_off_and_passes_each_step_once(void **arg)
{
	struct domain *d = domain_in(DOMAIN_TAKEN);

	reclaim_begin(d, DOMAIN_ENDED, true, NOW);
	assert_int_equal(d->phase, DOMAIN_RECLAIM);
	assert_int_equal(d->worker.up | d->worker.hung, 0);
	assert_int_equal(off, 1);
	assert_int_equal(state.died, 1);
	take_all_back(d);
	assert_all_steps(0);
	assert_int_equal(d->phase, DOMAIN_FREE);
	assert_int_equal(state.worker_pid, 0);
	assert_int_equal(state.step, RECLAIM_NONE);
}

static void test_who_said_goodbye_and_lives_keeps_its_domain(void **arg)
{
	struct domain *d = domain_in(DOMAIN_LEFT);

	state.left = 1;
	reclaim_begin(d, DOMAIN_RETURNS, false, NOW);
	take_all_back(d);
	assert_int_equal(d->phase, DOMAIN_LEFT);
	assert_true(d->worker.reclaimed);
	assert_int_equal(state.worker_pid, 77);
	domain_move(d, DOMAIN_ATTACHED);
	assert_int_equal(d->phase, DOMAIN_TAKEN);
}

/* The agent ends in front of each step, and the next one has the state alone. */
static void test_the_next_agent_goes_on_with_the_step_that_was_next(void **arg)
{
	for (int dies = 0; dies < 4; dies++) {
		struct domain *d = domain_in(DOMAIN_TAKEN);

		reclaim_begin(d, DOMAIN_ENDED, true, NOW);
		for (int i = 0; i < dies; i++)
			reclaim_turn(a, d);
		*d = (struct domain){ .pool.state = &state, .phase = phase_of(&state) };
		assert_int_equal(d->phase, DOMAIN_RECLAIM);
		ndone = 0;
		take_all_back(d);
		assert_all_steps(dies);
		assert_int_equal(d->phase, DOMAIN_FREE);
	}
}

static void test_a_step_that_cannot_be_done_yet_is_asked_for_again(void **arg)
{
	struct domain *d = domain_in(DOMAIN_TAKEN);

	reclaim_begin(d, DOMAIN_ENDED, true, NOW);
	outcome = RECLAIM_LATER;
	assert_false(reclaim_turn(a, d));
	assert_false(reclaim_turn(a, d));
	assert_int_equal(done[0], done[1]);
	assert_int_equal(d->phase, DOMAIN_RECLAIM);
	assert_int_equal(given_up, 0);
}

static void test_where_nothing_can_be_taken_back_all_is_given_up_and_made_anew_at_once(void **arg)
{
	struct domain *d = domain_in(DOMAIN_TAKEN);

	reclaim_begin(d, DOMAIN_ENDED, true, NOW);
	outcome = RECLAIM_ANEW;
	a->make_ns = 5 * NOW;
	assert_false(reclaim_turn(a, d));
	assert_int_equal(given_up, 1);
	assert_int_equal(d->phase, DOMAIN_OFF);
	assert_int_equal(a->make_ns, NOW);
	assert_int_equal(discarded, 0);
	assert_int_equal(emptied, 1);
}

static void test_what_the_worker_has_damaged_is_laid_to_its_user(void **arg)
{
	struct domain *d = domain_in(DOMAIN_TAKEN);

	reclaim_begin(d, DOMAIN_ENDED, true, NOW);
	outcome = RECLAIM_DAMAGED;
	assert_false(reclaim_turn(a, d));
	assert_int_equal(discarded, 1);
	assert_int_equal(d->phase, DOMAIN_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_domain_is_free_only_when_it_is_new_or_all_was_taken_back),
		cmocka_unit_test(test_a_worker_comes_only_to_a_free_domain_or_to_its_own),
		cmocka_unit_test(test_nothing_is_taken_back_that_no_worker_had),
		cmocka_unit_test(test_whatever_there_is_can_be_given_up),
		cmocka_unit_test(test_every_phase_has_a_way_to_a_free_domain),
		cmocka_unit_test(test_what_cannot_happen_ends_the_agent),
		cmocka_unit_test(test_a_death_takes_the_cores_off_and_passes_each_step_once),
		cmocka_unit_test(test_who_said_goodbye_and_lives_keeps_its_domain),
		cmocka_unit_test(test_the_next_agent_goes_on_with_the_step_that_was_next),
		cmocka_unit_test(test_a_step_that_cannot_be_done_yet_is_asked_for_again),
		cmocka_unit_test(
			test_where_nothing_can_be_taken_back_all_is_given_up_and_made_anew_at_once),
		cmocka_unit_test(test_what_the_worker_has_damaged_is_laid_to_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
