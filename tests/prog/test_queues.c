// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_queues.c - which domain a receive queue feeds; of
 * several queues of one, each is the queue of one core
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include "arrive.h"

#define HOME 2 /* the domain that queue 0 feeds */
#define MINE 3 /* the core whose queue it is there */

/* Packets arrive through queue 0, which is described by q. */
static void feed(struct shunt_queue q)
{
	ingress_set(g, "queues", 0, &q);
}

/* Makes queue 0 one of another domain's queues; all cores of that domain are up. */
static void join_queues(void)
{
	ingress_set(g, "views", HOME, &g->view_fd);
	g->dom[HOME] = (struct shunt_domain){ .up = g->dom->up, .on = 1, .ncores = CORES,
					      .nqueues = CORES, .by_queue = 1 };
	feed((struct shunt_queue){ .domain = HOME + 1, .core = MINE });
	ingress_slot(g, HOME * SHUNT_SLOTS + MINE, true);
}

static void whose_queue_it_is_gets_the_request_whatever_the_policy_says(void **state)
{
	const int says[] = { 1, HOLD, REJECT, CORES + 5 };

	join_queues();
	for (unsigned int i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		policy_says(says[i]);
		g->view->idle = ~0ULL;
		arrive();
		assert_steered(MINE);
		assert_true(g->view->idle == ~(1ULL << MINE));
		assert_true(v.meta.id == SHUNT_QUEUE_ID(i + 1, MINE));
	}
}

static void what_does_not_fit_the_ring_of_a_queue_is_dropped(void **state)
{
	__u32 room = cfg().core_ring - SHUNT_RING_MARGIN;

	join_queues();
	g->view->done[MINE] = g->in->sent[MINE] - room; /* one more fits */
	arrive();
	assert_steered(MINE);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].limit);
	g->view->done[MINE]++;
	arrive();
	assert_steered(MINE);
}

/* A core that is not up still gets its queue's requests: others take them from its ring. */
static void a_queue_feeds_its_core_while_that_is_not_up(void **state)
{
	struct shunt_cfg c = cfg();

	join_queues();
	g->dom[HOME].up = 0;
	arrive();
	assert_steered(MINE);
	c.fallback = SHUNT_FALLBACK_DROP;
	set_cfg(c);
	assert_int_equal(arrive(), XDP_DROP);
	g->dom[HOME].up = 1;
	arrive();
	assert_steered(MINE);
}

static void a_queue_of_a_domain_that_is_off_is_the_kernels(void **state)
{
	join_queues();
	g->dom[HOME].on = 0;
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(v.action, XDP_PASS);
	assert_int_equal(g->in[SHUNT_QUEUES].pass[SHUNT_PASS_QUEUE], 1);
	assert_int_equal(g->in->cls[CLS].arrived, 0);
}

static void a_queue_of_no_domain_is_the_kernels(void **state)
{
	const __u32 none[] = { 0, SHUNT_DOMAINS + 1, 1000, ~0U };

	for (__u32 i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		feed((struct shunt_queue){ .domain = none[i] });
		ingress_run(g, packet.data, packet.len, &v);
		assert_int_equal(v.action, XDP_PASS);
		assert_int_equal(g->in[SHUNT_QUEUES].pass[SHUNT_PASS_QUEUE], i + 1);
	}
	assert_int_equal(g->in->cls[CLS].arrived, 0);
}

/* The view, the sockets and the cores that are up are those
 * of the domain, the counts those of the queue. */
static void a_domain_has_another_number_than_its_queue(void **state)
{
	ingress_set(g, "views", HOME, &g->view_fd);
	g->dom[HOME] = (struct shunt_domain){ .up = g->dom->up, .on = 1, .ncores = CORES,
					      .nqueues = 1 };
	g->dom[0].on = 0;
	feed((struct shunt_queue){ .domain = HOME + 1 });
	for (__u32 slot = 0; slot < SHUNT_SLOTS; slot++)
		ingress_slot(g, slot, false);
	ingress_slot(g, HOME * SHUNT_SLOTS + MINE, true);
	policy_says(MINE);
	arrive();
	assert_steered(MINE);
	assert_int_equal(g->in->sent[MINE], 1);
	assert_int_equal(g->view->sent[MINE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGRESS_TEST(whose_queue_it_is_gets_the_request_whatever_the_policy_says, SAYS),
		INGRESS_TEST(what_does_not_fit_the_ring_of_a_queue_is_dropped, SAYS),
		INGRESS_TEST(a_queue_feeds_its_core_while_that_is_not_up, SAYS),
		INGRESS_TEST(a_queue_of_a_domain_that_is_off_is_the_kernels, SAYS),
		INGRESS_TEST(a_queue_of_no_domain_is_the_kernels, SAYS),
		INGRESS_TEST(a_domain_has_another_number_than_its_queue, SAYS),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
