// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_marks.c - whom XDP asks to yield for a request that
 * finds no idle core, and what the mark says
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include "arrive.h"

#define START 1000000000ULL
#define QUANTUM_US 5

/* All cores run requests of class 2, which has a quantum; core i started i us after core 0. */
static void cores_run(void)
{
	struct shunt_cfg c = cfg();

	c.flags |= SHUNT_CFG_PREEMPT;
	set_cfg(c);
	set_u32("quantum_us", 2, QUANTUM_US);
	g->view->ncores_up = CORES;
	for (int i = 0; i < CORES; i++) {
		g->view->order[i] = i;
		g->view->core[i].run = (struct shunt_core_run){ .id = 100 + i, .queue = 2,
								.start_ns = START + i * 1000 };
	}
}

/* Cores whose request has a mark. */
static int marked(void)
{
	int bits = 0;

	for (int i = 0; i < CORES; i++) {
		const struct shunt_core_mark *m = &g->view->core[i].mark;

		assert_int_equal(m->by[SHUNT_MARK_AGENT].id, 0);
		if (!m->look) {
			assert_int_equal(m->by[SHUNT_MARK_XDP].id, 0);
			continue;
		}
		assert_int_equal(m->by[SHUNT_MARK_XDP].id, 100 + i);
		assert_int_equal(m->by[SHUNT_MARK_XDP].deadline_ns,
				 START + i * 1000 + QUANTUM_US * 1000);
		bits |= 1 << i;
	}
	return bits;
}

static void a_held_request_marks_the_worse_of_two_cores(void **state)
{
	int seen = 0;

	cores_run();
	policy_says(HOLD);
	for (int i = 0; i < 200; i++) {
		int bits;

		for (int k = 0; k < CORES; k++)
			memset(&g->view->core[k].mark, 0, sizeof(g->view->core[k].mark));
		g->view->deq[CLS] = g->view->enq[CLS];
		arrive();
		assert_held();
		assert_counted(marks);
		bits = marked();
		assert_int_equal(__builtin_popcount(bits), 1);
		seen |= bits;
	}
	/* Each but perhaps the one that is the best of all is at times the worse of two. */
	assert_int_equal(seen & 7, 7);
}

static void a_mark_says_what_was_held_and_when(void **state)
{
	const struct shunt_core_mark *m = &g->view->core[0].mark;

	cores_run();
	ingress_up(g, 1);
	g->view->ncores_up = 1;
	policy_says(HOLD);
	arrive();
	assert_held();
	assert_int_equal(m->held.seq, v.meta.hold_seq);
	assert_int_equal(m->held.cls, CLS);
	assert_int_equal(m->held.arrival_ns, v.meta.arrival_ns);
	arrive(); /* the first is still the head */
	assert_true(m->held.seq != v.meta.hold_seq);
}

static void a_mark_is_made_once_and_looked_at_anew(void **state)
{
	cores_run();
	ingress_up(g, 1);
	g->view->ncores_up = 1;
	policy_says(HOLD);
	arrive();
	assert_counted(marks);
	assert_int_equal(marked(), 1);
	g->view->core[0].mark.look = 0; /* the core looked, and goes on */
	arrive();
	assert_not_counted(marks);
	assert_int_equal(marked(), 1);
	g->view->core[0].run.id = 500; /* another request */
	arrive();
	assert_counted(marks);
	assert_int_equal(g->view->core[0].mark.by[SHUNT_MARK_XDP].id, 500);
}

static void nothing_is_marked_that_may_not_be_preempted(void **state)
{
	struct shunt_cfg c;

	cores_run();
	policy_says(HOLD);
	set_u32("quantum_us", 2, 0);
	arrive();
	assert_int_equal(marked(), 0);
	set_u32("quantum_us", 2, QUANTUM_US);
	for (int i = 0; i < CORES; i++)
		g->view->core[i].run.id = 0;
	arrive();
	assert_int_equal(marked(), 0);
	cores_run();
	c = cfg();
	c.flags &= ~SHUNT_CFG_PREEMPT;
	set_cfg(c);
	arrive();
	assert_int_equal(marked(), 0);
	assert_int_equal(g->in->marks, 0);
}

static void a_request_steered_to_a_busy_core_marks_what_runs_there(void **state)
{
	cores_run();
	policy_says(2);
	arrive(); /* nothing is there yet, as far as XDP knows:
		   * it is not stamped, and nobody yields */
	assert_int_equal(v.meta.arrival_ns, 0);
	assert_int_equal(marked(), 0);
	arrive();
	assert_steered(2);
	assert_true(v.meta.arrival_ns > 0);
	assert_int_equal(marked(), 1 << 2);
	assert_int_equal(g->view->core[2].mark.held.arrival_ns, 0); /* not in a hold queue */
}

static void what_a_worker_says_it_runs_is_bounded(void **state)
{
	cores_run();
	policy_says(HOLD);
	for (int i = 0; i < SHUNT_CORES; i++) { /* whichever it samples */
		g->view->core[i].run.queue = 255;
		g->view->core[i].run.id = ~0ULL;
		g->view->core[i].run.start_ns = ~0ULL;
	}
	g->view->ncores_up = ~0u;
	memset(g->view->order, 255, sizeof(g->view->order));
	set_u32("quantum_us", 15, ~0u);
	arrive();
	assert_held();
	assert_int_equal(g->view->quantum_us[15], SHUNT_SLO_MAX_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGRESS_TEST(a_held_request_marks_the_worse_of_two_cores, SAYS),
		INGRESS_TEST(a_mark_says_what_was_held_and_when, SAYS),
		INGRESS_TEST(a_mark_is_made_once_and_looked_at_anew, SAYS),
		INGRESS_TEST(nothing_is_marked_that_may_not_be_preempted, SAYS),
		INGRESS_TEST(a_request_steered_to_a_busy_core_marks_what_runs_there, SAYS),
		INGRESS_TEST(what_a_worker_says_it_runs_is_bounded, SAYS),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
