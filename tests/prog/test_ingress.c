// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ingress.c - what becomes of a request once it has a class: steered, held or refused; and
 * each thing that should not happen is bounded and counted
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include "arrive.h"

/* --- the policy's answers --------------------------------------------------------------------- */

static void a_core_is_steered_to_and_no_longer_idle(void **state)
{
	for (int core = 0; core < CORES; core++) {
		policy_says(core);
		g->view->idle = ~0ULL;
		arrive();
		assert_steered(core);
		assert_int_equal(v.meta.arrival_ns, 0);
		assert_true(g->view->idle == ~(1ULL << core));
		arrive(); /* busy now, and yet steered to: this policy may */
		assert_steered(core);
	}
}

static void steered_requests_are_stamped_if_configured(void **state)
{
	struct shunt_cfg c = cfg();

	c.flags |= SHUNT_CFG_STAMP;
	set_cfg(c);
	policy_says(2);
	arrive();
	assert_steered(2);
	assert_true(v.meta.arrival_ns > 0);
}

/* So it can expire, and be late, behind what its core has to do first. */
static void what_will_wait_for_its_core_is_stamped_if_it_has_an_objective(void **state)
{
	policy_says(2);
	arrive(); /* nothing is there yet: the core takes it at once */
	assert_int_equal(v.meta.arrival_ns, 0);
	arrive();
	assert_steered(2);
	assert_int_equal(v.meta.arrival_ns, 0);
	g->view->slo_us[CLS] = 1000;
	arrive();
	assert_steered(2);
	assert_true(v.meta.arrival_ns > 0);
	g->view->done[2] = g->view->sent[2];
	arrive();
	assert_steered(2);
	assert_int_equal(v.meta.arrival_ns, 0);
}

static void hold_reject_and_drop_are_what_they_say(void **state)
{
	policy_says(HOLD);
	arrive();
	assert_held();
	policy_says(REJECT);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].rejected);
	policy_says(DROP);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].dropped);
	assert_not_counted(cls[CLS].limit);
}

static void nonsense_answers_are_bounded(void **state)
{
	static const int bad[] = { -4, -5, -1000, (int)0x80000000 };
	static const int cores[] = { 64, 65, 127, 0x7fffffff, 0x7fffffc2, 1 << 20 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		policy_says(bad[i]);
		assert_int_equal(arrive(), XDP_DROP);
		assert_counted(cls[CLS].dropped);
	}
	for (size_t i = 0; i < sizeof(cores) / sizeof(*cores); i++) {
		policy_says(cores[i]);
		arrive();
		if (cores[i] % SHUNT_CORES < CORES)
			assert_steered(cores[i] % SHUNT_CORES);
		else
			assert_held();
	}
}

static void a_core_that_is_not_up_is_never_steered_to(void **state)
{
	ingress_up(g, 0x5);
	g->view->up = ~0ULL; /* as a worker may write */
	g->view->idle = ~0ULL;
	for (int core = 0; core < SHUNT_CORES; core++) {
		policy_says(core);
		arrive();
		if (core == 0 || core == 2) {
			assert_steered(core);
		} else {
			assert_held();
			assert_counted(ev[SHUNT_EV_BAD_CORE]);
		}
		assert_true(g->view->up == 5); /* set right for those who look at the view */
	}
}

static void a_core_that_was_idle_a_moment_ago_is_not_steered_to(void **state)
{
	policy_says(3);
	g->view->idle = 1 << 3;
	arrive();
	assert_steered(3);
	arrive(); /* the policy still thinks it idle */
	assert_held();
	assert_counted(ev[SHUNT_EV_CLAIM_LOST]);
}

/* --- what workers write ----------------------------------------------------------------------- */

static void a_full_core_is_passed_over_for_the_hold_queue(void **state)
{
	__u32 room = cfg().core_ring - SHUNT_RING_MARGIN;

	policy_says(1);
	g->view->done[1] = g->in->sent[1] - room; /* one more fits */
	arrive();
	assert_steered(1);
	arrive();
	assert_held();
	assert_counted(ev[SHUNT_EV_CORE_FULL]);
	g->view->done[1]++;
	arrive();
	assert_steered(1);
}

static void impossible_loads_are_counted_and_left_to_the_ring(void **state)
{
	static const __u32 ahead[] = { 1, 1000, 0x80000000, ~0u - 1000 };

	policy_says(1);
	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		g->view->done[1] = g->in->sent[1] + ahead[i];
		arrive();
		assert_steered(1);
		assert_counted(ev[SHUNT_EV_BAD_LOAD]);
	}
}

static void impossible_backlogs_are_counted_and_left_to_the_ring(void **state)
{
	static const __u32 ahead[] = { 1, 1000, 0x80000000, ~0u - 2000 };

	policy_says(HOLD);
	set_u32("hold_limit", CLS, 1);
	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		g->view->deq[CLS] = g->in->enq[CLS] + ahead[i];
		arrive();
		assert_held();
		assert_counted(ev[SHUNT_EV_BAD_BACKLOG]);
	}
}

static void what_is_published_comes_from_what_no_worker_writes(void **state)
{
	policy_says(HOLD);
	g->view->enq[CLS] = 12345;
	g->view->slo_us[CLS] = 67890;
	set_u32("slo_us", CLS, 77);
	arrive();
	assert_int_equal(g->view->enq[CLS], 1);
	assert_int_equal(g->view->slo_us[CLS], 77);
	policy_says(0);
	g->view->sent[0] = 12345;
	arrive();
	assert_int_equal(g->view->sent[0], 1);
}

/* --- what the operator writes ----------------------------------------------------------------- */

static void hold_limits_take_effect_at_once(void **state)
{
	policy_says(HOLD);
	set_u32("hold_limit", CLS, 3);
	for (int i = 0; i < 3; i++) {
		arrive();
		assert_held();
	}
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].dropped);
	assert_counted(cls[CLS].limit);
	set_u32("hold_limit", CLS, 4);
	arrive();
	assert_held();
	g->view->deq[CLS]++; /* a core took one */
	arrive();
	assert_held();
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].limit);
}

/* Root may write any number with bpftool, and shuntd bounds it only at its next tick. */
static void an_objective_is_clamped_as_it_is_published(void **state)
{
	policy_says(HOLD);
	set_u32("slo_us", CLS, ~0u);
	arrive();
	assert_int_equal(g->view->slo_us[CLS], SHUNT_SLO_MAX_US);
}

/* With the limit unset, and with one beyond the ring, the ring less its margin is the limit. */
static void hold_limits_are_clamped_to_the_ring(void **state)
{
	static const __u32 limits[] = { 0, 961, 1024, ~0u };
	__u32 room = cfg().hold_ring - SHUNT_RING_MARGIN;

	policy_says(HOLD);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		set_u32("hold_limit", CLS, limits[i]);
		g->view->deq[CLS] = g->in->enq[CLS] - room + 1;
		arrive();
		assert_held();
		assert_int_equal(arrive(), XDP_DROP);
		assert_counted(cls[CLS].limit);
		assert_int_equal(g->in->ev[SHUNT_EV_BAD_LIMIT],
				 was.ev[SHUNT_EV_BAD_LIMIT] + !!limits[i]);
	}
}

static void classes_that_do_not_exist_become_the_first(void **state)
{
	static const __u8 classes[] = { CLASSES, 15, 16, 255 };

	policy_says(HOLD);
	for (size_t i = 0; i < sizeof(classes); i++) {
		ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = classes[i], .flags = 1 });
		was = *g->in;
		ingress_run(g, packet.data, packet.len, &v);
		assert_int_equal(v.action, XDP_REDIRECT);
		assert_int_equal(v.meta.cls, 0);
		assert_counted(cls[0].held);
		assert_counted(ev[SHUNT_EV_BAD_CLASS]);
	}
}

/* --- nobody there ----------------------------------------------------------------------------- */

static void without_a_core_the_fallback_decides(void **state)
{
	struct shunt_cfg c = cfg();

	ingress_up(g, 0);
	g->view->idle = ~0ULL;
	policy_says(0);
	arrive();
	assert_held();
	c.fallback = SHUNT_FALLBACK_PASS;
	set_cfg(c);
	assert_int_equal(arrive(), XDP_PASS);
	assert_counted(cls[CLS].passed);
	c.fallback = SHUNT_FALLBACK_DROP;
	set_cfg(c);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].dropped);
	c.fallback = 1000; /* none that there is */
	set_cfg(c);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].dropped);
}

static void without_a_socket_the_fallback_decides(void **state)
{
	struct shunt_cfg c = cfg();

	for (c.fallback = 0; c.fallback <= SHUNT_FALLBACK_DROP; c.fallback++) {
		set_cfg(c);
		for (int answer = HOLD; answer <= 0; answer++) {
			__u32 slot = answer < 0 ? SHUNT_HOLD_SLOT + CLS : 0;

			policy_says(answer);
			ingress_slot(g, slot, false);
			arrive();
			ingress_slot(g, slot, true);
			assert_counted(ev[SHUNT_EV_NO_SOCKET]);
			/* no core waits for a request that never came */
			assert_not_counted(sent[0]);
			assert_not_counted(enq[CLS]);
			if (c.fallback == SHUNT_FALLBACK_PASS)
				assert_counted(cls[CLS].passed);
			else /* there is nowhere to hold it */
				assert_counted(cls[CLS].dropped);
		}
	}
}

/* A driver without room for metadata is none for shunt: the fallback decides on each request. */
static void without_room_for_metadata_the_fallback_decides(void **state)
{
	struct shunt_ingress_class *n = &g->in->cls[CLS];
	struct shunt_cfg c = cfg();

	for (c.fallback = 0; c.fallback <= SHUNT_FALLBACK_DROP; c.fallback++) {
		bool pass = c.fallback == SHUNT_FALLBACK_PASS;

		set_cfg(c);
		for (int answer = HOLD; answer <= 0; answer++) {
			policy_says(answer);
			was = *g->in;
			/* The same packet again and again: its
			 * metadata grows until there is no room. */
			ingress_repeat(g, packet.data, packet.len, INGRESS_REPEAT + 1, &v);
			assert_int_equal(v.action, pass ? XDP_PASS : XDP_DROP);
			assert_true(g->in->ev[SHUNT_EV_NO_META] > was.ev[SHUNT_EV_NO_META]);
			assert_int_equal(g->in->ev[SHUNT_EV_NO_META], n->passed + n->dropped);
			assert_int_equal(n->arrived, n->steered + n->held + n->passed + n->dropped);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGRESS_TEST(a_core_is_steered_to_and_no_longer_idle, SAYS),
		INGRESS_TEST(steered_requests_are_stamped_if_configured, SAYS),
		INGRESS_TEST(what_will_wait_for_its_core_is_stamped_if_it_has_an_objective,
			     SAYS),
		INGRESS_TEST(hold_reject_and_drop_are_what_they_say, SAYS),
		INGRESS_TEST(nonsense_answers_are_bounded, SAYS),
		INGRESS_TEST(a_core_that_is_not_up_is_never_steered_to, SAYS),
		INGRESS_TEST(a_core_that_was_idle_a_moment_ago_is_not_steered_to, SAYS_IDLE),
		INGRESS_TEST(a_full_core_is_passed_over_for_the_hold_queue, SAYS),
		INGRESS_TEST(impossible_loads_are_counted_and_left_to_the_ring, SAYS),
		INGRESS_TEST(impossible_backlogs_are_counted_and_left_to_the_ring, SAYS),
		INGRESS_TEST(what_is_published_comes_from_what_no_worker_writes, SAYS),
		INGRESS_TEST(hold_limits_take_effect_at_once, SAYS),
		INGRESS_TEST(an_objective_is_clamped_as_it_is_published, SAYS),
		INGRESS_TEST(hold_limits_are_clamped_to_the_ring, SAYS),
		INGRESS_TEST(classes_that_do_not_exist_become_the_first, SAYS),
		INGRESS_TEST(without_a_core_the_fallback_decides, SAYS),
		INGRESS_TEST(without_a_socket_the_fallback_decides, SAYS),
		INGRESS_TEST(without_room_for_metadata_the_fallback_decides, SAYS),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
