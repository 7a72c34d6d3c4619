// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_credit.c - the NIC's program: what it makes of a core's credits: times of service, work
 * found while idle, parked and demoted requests, ends of which the policy is told
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"
#include "packet.h"

/* Core 0 says that its requests of class 1 took so long until now. */
static void say_times(__u32 timed, __u64 ns, __u64 sq)
{
	struct shunt_wire_credit c = credit(0, n.core[0].high, 0, 0);

	c.cls = 1;
	c.timed = timed;
	c.service_ns = ns;
	c.service_sq = sq;
	send_credit(&c);
}

static void assert_times(__u64 timed, __u64 ns, __u64 sq)
{
	const struct shunt_core_class *sum = &n.view->core[0].cls[1];

	assert_int_equal(sum->timed, timed);
	assert_int_equal(sum->service_ns, ns);
	assert_int_equal(sum->service_sq, sq);
}

static void service_times_are_added_up_over_lost_credits_and_epochs(void **state)
{
	join(0);
	say_times(1, 10, 100);
	assert_times(1, 10, 100);
	say_times(1, 10, 100); /* said again */
	assert_times(1, 10, 100);
	say_times(3, 30, 300); /* one was lost */
	assert_times(3, 30, 300);
	say_hello(0);
	say_times(1, 5, 25);
	assert_times(4, 35, 325);
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_SERVICE], 0);
}

/* Impossible times are left out; times after them count again. */
static void service_times_that_cannot_be_are_left_out(void **state)
{
	static const struct {
		__u32 timed;
		__u64 ns, sq;
	} cases[] = {
		{ 1000, 1000, 1000 },                  /* more than it was sent */
		{ 1, 10000000001, 1 },                 /* longer than any takes */
		{ 1, -1ULL, 1 },                       /* shorter than none */
		/* squares that are too large for these times */
		{ 2, 20, 401 },
		{ 1, 0, -1ULL },                       /* or go back */
	};
	struct shunt_wire_credit c;

	join(0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct shunt_nic_said was = n.core[0].said[1];

		say_times(was.timed + cases[i].timed, was.service_ns + cases[i].ns,
			  was.service_sq + cases[i].sq);
		assert_times(i, 10 * i, 100 * i);
		assert_int_equal(n.state->ev[SHUNT_NIC_EV_SERVICE], i + 1);
		say_times(n.core[0].said[1].timed + 1, n.core[0].said[1].service_ns + 10,
			  n.core[0].said[1].service_sq + 100);
		assert_times(i + 1, 10 * (i + 1), 100 * (i + 1));
	}
	c = credit(0, 0, 0, 0); /* of a class that does not exist; the next
				 * in what such a number could be cut to */
	c.cls = SHUNT_CLASSES + 1;
	c.timed = n.core[0].said[1].timed + 1;
	c.service_ns = n.core[0].said[1].service_ns + 10;
	c.service_sq = n.core[0].said[1].service_sq + 100;
	send_credit(&c);
	assert_times(5, 50, 500);
}

static void say_found(__u32 found, __u32 late, __u64 max_ns)
{
	struct shunt_wire_credit c = credit(0, 0, 0, 0);

	c.found = found;
	c.found_late = late;
	c.found_max_ns = max_ns;
	send_credit(&c);
}

static void what_an_idle_core_found_is_added_up_and_nonsense_left_out(void **state)
{
	const struct shunt_core_stats *sum = &n.view->core[0].stats;

	join(0);
	say_found(5, 1, 120000);
	say_found(7, 1, 110000);
	assert_int_equal(sum->found, 7);
	assert_int_equal(sum->found_late, 1);
	assert_int_equal(sum->found_max_ns, 120000);
	say_found(8, 3, 0);          /* more late ones than there are */
	say_found(6, 3, 0);          /* fewer than before */
	say_found(7, 3, ~0ULL);      /* for ever */
	assert_int_equal(sum->found, 7);
	assert_int_equal(sum->found_late, 1);
	assert_int_equal(sum->found_max_ns, 120000);
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_SERVICE], 3);
	say_found(8, 3, 0);
	assert_int_equal(sum->found, 8);
}

static void a_parked_request_is_queued_once_and_resumed(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 1);
	c = credit(0, 1, 1, 1);
	c.park = 1;
	c.token = 0xabcdef;
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_RESUME);
	assert_int_equal(answer()->token, 0xabcdef);
	assert_int_equal(answer()->ack, 1);
	c.nr = ++nr[0]; /* the answer was lost: the core says it again */
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_NOTE);
	assert_int_equal(((struct shunt_wire_note *)out)->ack, 1);
	assert_int_equal(n.state->cls[0].parked, 1);
	assert_int_equal(n.state->signalled, 0);
	assert_int_equal(slots_missing(), 0);
}

/* The core says that the request it runs is parked as number seq. */
static __u32 park_it(__u32 seq)
{
	struct shunt_wire_credit c = credit(0, seq, 1, 1);

	c.park = seq;
	c.token = 0xabcdef;
	return send_credit(&c);
}

/* A demoted request is counted in its own class. */
static void a_request_that_used_up_its_quanta_is_demoted(void **state)
{
	struct shunt_wire_credit c;

	nic_tune("quantum_us", 0, 10);
	nic_tune("quantum_us", 1, 30);
	nic_preempt(true);
	n.view->cls[0] = (struct shunt_view_class){ .demote_after = 2, .demote_to = 1 };
	join(0);
	arrive(0, 1);
	for (__u32 seq = 1; seq <= 3; seq++) {
		assert_int_equal(park_it(seq), XDP_TX);
		assert_int_equal(answer()->w.type, SHUNT_WIRE_RESUME);
		assert_int_equal(answer()->cls, 0);
		assert_int_equal(answer()->quantum_us, seq < 2 ? 10 : 30);
		assert_int_equal(n.view->core[0].preempt.demoted, seq >= 2);
	}
	c = credit(0, 4, 1, 0);
	send_credit(&c);
	assert_int_equal(n.state->cls[0].done, 1);
	assert_int_equal(n.state->cls[1].done, 0);
	assert_int_equal(slots_missing(), 0);
}

/* The class that it was demoted to waits (prio), so it is in its queue when the process ends. */
static void a_demoted_request_that_is_lost_is_one_of_its_own_class(void **state)
{
	struct shunt_wire_hello h;
	struct shunt_wire_credit c;

	n.view->cls[0] = (struct shunt_view_class){ .demote_after = 1, .demote_to = 1 };
	join(0);
	for (int i = 1; i <= 3; i++)
		arrive(0, i);
	c = credit(0, 2, 3, 3);
	c.park = 1;
	c.token = 5;
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 3);
	assert_int_equal(n.state->fifo[1][1].count, 1);
	assert_int_equal(n.state->cls[0].tokens[0], 1);
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	h = next_hello(0);
	h.process = SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(n.state->process[0]) + 1, 1);
	assert_int_equal(send_hello(&h, &key[0]), XDP_TX);
	assert_int_equal(n.state->cls[0].lost, 3);
	assert_int_equal(n.state->cls[1].lost, 0);
	assert_int_equal(n.state->cls[0].tokens[0], 0);
	assert_int_equal(slots_missing(), 0);
}

static void assert_told(int cls, __u64 requests, __u64 ns)
{
	assert_int_equal(n.view->state[0][2 * cls], requests);
	assert_int_equal(n.view->state[0][2 * cls + 1], ns);
}

/* Says that numbers up to "high" have come and "open" have not ended, and that "timed" requests of
 * the class took ns in all. */
static void say_ended(__u32 high, __u32 open, __u32 cls, __u32 timed, __u64 ns)
{
	struct shunt_wire_credit c = credit(0, high, ~0U, open);

	c.cls = cls;
	c.timed = timed;
	c.service_ns = ns;
	send_credit(&c);
}

/* The request took no time: another one ended in between, and of that no service time is known. */
static void the_policy_is_told_of_what_expired(void **state)
{
	join(0);
	nic_tune("slo_us", 0, 1000);
	n.view->expire[0] = 1;
	n.view->expires = 1;
	for (int i = 0; i < SHUNT_WIRE_K + 1; i++)
		arrive(0, 1);
	usleep(1100);
	say_ended(2, 1, 0, 0, 0);
	assert_int_equal(n.view->core[0].expired.n[0], 1);
	assert_told(0, 2, 0);
}

static void the_policy_is_told_of_each_request_that_ended(void **state)
{
	join(0);
	arrive(0, 1);
	arrive(1, 2);
	say_ended(2, 3, 0, 0, 0);
	assert_told(0, 0, 0);
	say_ended(2, 1, 0, 1, 700);
	assert_told(0, 1, 700);
	say_ended(2, 1, 0, 1, 700); /* said again */
	assert_told(0, 1, 700);
	say_ended(2, 0, 1, 1, 90);
	assert_told(1, 1, 90);
	arrive(0, 3);
	arrive(0, 4);
	say_ended(4, 0, 0, 3, 1700); /* two at once: a credit was lost */
	assert_told(0, 3, 1700);
	arrive(0, 5);
	arrive(1, 6);
	say_ended(6, 0, 1, 2, 100); /* of class 0 nothing is said: its mean */
	assert_told(1, 2, 100);
	assert_told(0, 4, 1700 + 566);
	assert_int_equal(n.view->core_state[0][0][1], 6); /* steered to this core */
	for (int i = 1; i <= 3; i++)
		arrive(1, i);
	say_ended(8, 0, 1, 4, 120);
	say_ended(9, 0, 1, 5, 130);
	assert_int_equal(n.view->core_state[0][0][0], 1); /* was held */
	arrive(0, 7);
	say_hello(0); /* what is lost did not end */
	assert_told(0, 4, 1700 + 566);
}

static void a_credit_says_that_it_took_a_signal(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 1);
	c = credit(0, 1, 1, 1);
	c.park = 1;
	c.w.flags = SHUNT_WIRE_SIGNAL;
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(n.state->cls[0].parked, 1);
	assert_int_equal(n.state->signalled, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_BOTH(service_times_are_added_up_over_lost_credits_and_epochs, "fcfs"),
		NIC_BOTH(service_times_that_cannot_be_are_left_out, "fcfs"),
		NIC_BOTH(what_an_idle_core_found_is_added_up_and_nonsense_left_out, "fcfs"),
		NIC_BOTH(a_parked_request_is_queued_once_and_resumed, "fcfs"),
		NIC_BOTH(a_request_that_used_up_its_quanta_is_demoted, "fcfs"),
		NIC_BOTH(a_demoted_request_that_is_lost_is_one_of_its_own_class, "prio"),
		NIC_TEST(the_policy_is_told_of_what_expired, "tests/nic/told"),
		NIC_TEST(the_policy_is_told_of_each_request_that_ended, "tests/nic/told"),
		NIC_BOTH(a_credit_says_that_it_took_a_signal, "fcfs"),
	};

	return NIC_RUN(tests);
}
