// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ingress.c - what becomes of a request once it has a class: steered, held or refused; and each thing
 * that should not happen is bounded and counted
 *
 * The policies "says" and "saysidle" answer what knob 0 says, so each answer can be had.
 */
/* link: tests/prog/ingress.c tests/prog/packet.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "ingress.h"
#include "packet.h"

#define CORES 4
#define CLASSES 3
#define CLS 1      /* of every packet here */
#define HOLD (-1)
#define REJECT (-2)
#define DROP (-3)

static struct ingress *g;
static struct packet packet;
static struct verdict v;
static struct shunt_ingress was; /* before the last packet */

static int load(void **state)
{
	struct packet_spec s = { .payload_len = 16 };

	g = ingress_load(*state, CORES, CLASSES);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON });
	packet_build(&s, &packet);
	return 0;
}

static int unload(void **state)
{
	ingress_free(g);
	return 0;
}

static void policy_says(int answer)
{
	g->view->knob[0] = answer;
}

static void set_u32(const char *map, __u32 key, __u32 value)
{
	ingress_set(g, map, key, &value);
}

static struct shunt_cfg cfg(void)
{
	struct shunt_cfg c;

	ingress_get(g, "cfg", 0, &c);
	return c;
}

static void set_cfg(struct shunt_cfg c)
{
	ingress_set(g, "cfg", 0, &c);
}

/* One packet; its action is the answer, and the class's sum holds. */
static __u32 arrive(void)
{
	struct shunt_ingress_class *n = &g->in->cls[CLS];

	was = *g->in;
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(n->arrived, was.cls[CLS].arrived + 1);
	assert_int_equal(n->arrived, n->steered + n->held + n->rejected + n->dropped + n->passed);
	return v.action;
}

/* That the last packet moved this count by one. */
#define assert_counted(field) assert_int_equal(g->in->field, was.field + 1)
#define assert_not_counted(field) assert_int_equal(g->in->field, was.field)

static void assert_held(void)
{
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_counted(cls[CLS].held);
	assert_counted(enq[CLS]);
	assert_int_equal(g->view->enq[CLS], g->in->enq[CLS]);
	assert_true(v.has_meta);
	assert_int_equal(v.meta.flags, SHUNT_META_HELD);
	assert_int_equal(v.meta.hold_seq, was.enq[CLS]);
	assert_true(v.meta.arrival_ns > 0);
}

static void assert_steered(int core)
{
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_counted(cls[CLS].steered);
	assert_counted(sent[core]);
	assert_int_equal(g->view->sent[core], g->in->sent[core]);
	assert_true(v.has_meta);
	assert_int_equal(v.meta.flags, 0);
}

/* --- the policy's answers --------------------------------------------------------------------------- */

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

/* --- what workers write ------------------------------------------------------------------------------- */

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

/* --- what the operator writes --------------------------------------------------------------------------- */

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
		assert_int_equal(g->in->ev[SHUNT_EV_BAD_LIMIT], was.ev[SHUNT_EV_BAD_LIMIT] + !!limits[i]);
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

/* --- nobody there ----------------------------------------------------------------------------------------- */

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
	c.fallback = 1000;
	set_cfg(c);
	assert_int_equal(arrive(), XDP_PASS);
	assert_counted(cls[CLS].passed);
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
			assert_not_counted(sent[0]); /* nobody waits for what never came */
			assert_not_counted(enq[CLS]);
			if (c.fallback == SHUNT_FALLBACK_DROP)
				assert_counted(cls[CLS].dropped);
			else
				assert_counted(cls[CLS].passed);
		}
	}
}

static void without_room_for_metadata_the_kernel_gets_it(void **state)
{
	struct shunt_ingress_class *n = &g->in->cls[CLS];

	for (int answer = HOLD; answer <= 0; answer++) {
		policy_says(answer);
		was = *g->in;
		/* The same packet again and again: its metadata grows until there is no room. */
		ingress_repeat(g, packet.data, packet.len, INGRESS_REPEAT + 1, &v);
		assert_int_equal(v.action, XDP_PASS);
		assert_true(g->in->ev[SHUNT_EV_NO_META] > was.ev[SHUNT_EV_NO_META]);
		assert_int_equal(g->in->ev[SHUNT_EV_NO_META], n->passed);
		assert_int_equal(n->arrived, n->steered + n->held + n->passed);
	}
}

#define SAYS "build/tests/bpf/says.o"
#define SAYS_IDLE "build/tests/bpf/saysidle.o"
#define INGRESS_TEST(test, object) { #test, test, load, unload, object }

/* --- marks ---------------------------------------------------------------------------------------- */

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
		assert_int_equal(m->by[SHUNT_MARK_XDP].deadline_ns, START + i * 1000 + QUANTUM_US * 1000);
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
	arrive(); /* nothing is there yet, as far as XDP knows: it is not stamped, and nobody yields */
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
	for (int i = 0; i < CORES; i++) {
		g->view->core[i].run.queue = 255;
		g->view->core[i].run.id = ~0ULL;
		g->view->core[i].run.start_ns = ~0ULL;
	}
	g->view->ncores_up = ~0u;
	memset(g->view->order, 255, sizeof(g->view->order));
	set_u32("quantum_us", 15, ~0u);
	arrive();
	assert_held();
	assert_true(g->view->quantum_us[15] <= SHUNT_SLO_MAX_US);
}

/* --- a domain of several queues ---------------------------------------------------------------------- */

#define HOME 2 /* the domain that queue 0 is part of, as the queue … */
#define MINE 3 /* … of this core */

/* Where packets arrive is one of the queues of another domain, all of whose cores are up. */
static void join_queues(void)
{
	ingress_set(g, "views", HOME, &g->view_fd);
	g->dom[HOME] = (struct shunt_domain){ .up = g->dom->up, .on = 1, .ncores = CORES, .nqueues = CORES };
	g->dom[0] = (struct shunt_domain){ .part_of = HOME + 1, .core = MINE };
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

/* Others take it from its ring. */
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
	g->dom->part_of = 1000;
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(v.action, XDP_PASS);
	assert_int_equal(g->in[SHUNT_DOMAINS].pass[SHUNT_PASS_QUEUE], 2);
	assert_int_equal(g->in->cls[CLS].arrived, 0);
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
		INGRESS_TEST(a_core_is_steered_to_and_no_longer_idle, SAYS),
		INGRESS_TEST(steered_requests_are_stamped_if_configured, SAYS),
		INGRESS_TEST(hold_reject_and_drop_are_what_they_say, SAYS),
		INGRESS_TEST(nonsense_answers_are_bounded, SAYS),
		INGRESS_TEST(a_core_that_is_not_up_is_never_steered_to, SAYS),
		INGRESS_TEST(a_core_that_was_idle_a_moment_ago_is_not_steered_to, SAYS_IDLE),
		INGRESS_TEST(a_full_core_is_passed_over_for_the_hold_queue, SAYS),
		INGRESS_TEST(impossible_loads_are_counted_and_left_to_the_ring, SAYS),
		INGRESS_TEST(impossible_backlogs_are_counted_and_left_to_the_ring, SAYS),
		INGRESS_TEST(what_is_published_comes_from_what_no_worker_writes, SAYS),
		INGRESS_TEST(hold_limits_take_effect_at_once, SAYS),
		INGRESS_TEST(hold_limits_are_clamped_to_the_ring, SAYS),
		INGRESS_TEST(classes_that_do_not_exist_become_the_first, SAYS),
		INGRESS_TEST(without_a_core_the_fallback_decides, SAYS),
		INGRESS_TEST(without_a_socket_the_fallback_decides, SAYS),
		INGRESS_TEST(without_room_for_metadata_the_kernel_gets_it, SAYS),
		INGRESS_TEST(whose_queue_it_is_gets_the_request_whatever_the_policy_says, SAYS),
		INGRESS_TEST(what_does_not_fit_the_ring_of_a_queue_is_dropped, SAYS),
		INGRESS_TEST(a_queue_feeds_its_core_while_that_is_not_up, SAYS),
		INGRESS_TEST(a_queue_of_a_domain_that_is_off_is_the_kernels, SAYS),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
