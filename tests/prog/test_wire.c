// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wire.c - the NIC's program: requests, queues and cores; and that a frame which is not what
 * it should be changes nothing but a counter
 *
 * Tests that have the program copy packets run twice: with copies by helpers and by a loop.
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"
#include "packet.h"

static void a_request_goes_to_a_core_behind_its_header(void **state)
{
	join(0);
	assert_int_equal(arrive(0, 7), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_REQUEST);
	assert_memory_equal(answer()->w.to, mac[0], 6);
	assert_int_equal(answer()->seq, 1);
	assert_int_equal(answer()->len, 20);
	assert_int_equal(answer()->w.bytes, out_len);
	assert_int_equal(mark(), 7);
}

/* Until then it does not know the epoch, and what came would be nothing to it. */
static void a_core_gets_nothing_before_its_first_credit(void **state)
{
	struct shunt_wire_credit c;

	say_hello(0);
	assert_int_equal(n.view->up, 0);
	assert_int_equal(arrive(0, 7), XDP_DROP);
	assert_int_equal(n.core[0].sent, 0);
	c = credit(0, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 7);
	assert_int_equal(n.view->up, 1);
	assert_int_equal(slots_missing(), 0);
}

static void sources_that_cannot_be_answered_are_no_requests(void **state)
{
	static const struct { struct packet_spec spec; int why; } table[] = {
		{ { "loopback", .from = "\x7f\0\0\1", .payload_len = 20 }, SHUNT_DENY_SOURCE },
		{ { "multicast", .v6 = 1, .from = "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1" },
		  SHUNT_DENY_SOURCE },
		{ { "own", .from = "\xc6\x12\0\2", .payload_len = 20 }, SHUNT_DENY_OWN },
		{ { "group", .group = 1, .payload_len = 20 }, SHUNT_DENY_MAC },
		{ { "port", .sport = PACKET_PORT, .payload_len = 20 }, SHUNT_DENY_PORT },
	};
	struct packet p;

	join(0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		__u64 was = n.in->deny[table[i].why];

		packet_build(&table[i].spec, &p);
		assert_int_equal(run(p.data, p.len), XDP_DROP);
		assert_int_equal(n.in->deny[table[i].why], was + 1);
	}
	assert_int_equal(n.in->cls[0].arrived, 0);
}

static void what_waits_leaves_first_in_first_out(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	for (int i = 1; i <= 6; i++)
		assert_int_equal(arrive(0, i), i <= SHUNT_WIRE_K ? XDP_TX : XDP_DROP);
	assert_int_equal(n.state->queued, 4);
	for (int i = 1; i <= 4; i++) { /* number i ends, i + 1 is open */
		c = credit(0, i + 1, 3, 1);
		assert_int_equal(send_credit(&c), XDP_TX);
		assert_int_equal(answer()->seq, i + 2);
		assert_int_equal(mark(), i + 2);
		assert_true(answer()->waited_ns > 0);
	}
	c = credit(0, 6, 3, 0);
	assert_int_equal(send_credit(&c), XDP_DROP);
	assert_int_equal(n.state->cls[0].done, 6);
	assert_int_equal(n.core[0].load, 0);
	assert_int_equal(slots_missing(), 0);
}

static void the_policy_selects(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 1);
	arrive(0, 2);
	arrive(1, 3); /* older, but of the class that prio serves last */
	arrive(0, 4);
	c = credit(0, 2, 3, 1);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 4);
}

/* If the policy selects a class without requests, or none at all, the first class that has some
 * goes. */
static void what_the_policy_selects_is_bounded(void **state)
{
	static const __u64 says[] = { 7, SHUNT_CLASSES, SHUNT_CLASSES + 1, 1 << 20 };
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 1);
	arrive(0, 2);
	for (__u32 i = 0; i < 4; i++) {
		arrive(1, 10 + i);
		n.view->knob[1] = says[i] + 1;
		c = credit(0, 2 + i, ~0u, 1);
		assert_int_equal(send_credit(&c), XDP_TX);
		assert_int_equal(mark(), 10 + i);
		assert_int_equal(n.state->ev[SHUNT_NIC_EV_BAD_SELECT], i + 1);
	}
}

static void a_request_says_what_quantum_it_has(void **state)
{
	nic_tune("quantum_us", 0, 30);
	nic_tune("quantum_us", 1, ~0U);
	join(0);
	arrive(0, 1);
	assert_int_equal(answer()->quantum_us, 0); /* nobody is preempted */
	nic_preempt(true);
	arrive(1, 2);
	assert_int_equal(answer()->quantum_us, SHUNT_SLO_MAX_US);
	join(1);
	arrive(0, 3);
	assert_int_equal(answer()->quantum_us, 30);
}

/* Class 0 and its objective go before class 1, which has a longer one; of one class none does. */
static void what_is_sent_ahead_says_whether_it_goes_first(void **state)
{
	static const struct {
		int before, cls;
		bool first;
	} cases[] = { { 1, 0, true }, { 0, 1, false }, { 0, 0, false }, { 1, 1, false } };

	n.view->slo_us[0] = 50;
	n.view->slo_us[1] = 1000;
	nic_tune("quantum_us", 0, 10);
	nic_tune("quantum_us", 1, 10);
	nic_preempt(true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		say_hello(0);
		struct shunt_wire_credit c = credit(0, 0, 0, 0);
		send_credit(&c);
		arrive(cases[i].before, 1);
		assert_int_equal(answer()->flags & SHUNT_META_FIRST, 0);
		assert_int_equal(arrive(cases[i].cls, 2), XDP_TX);
		assert_int_equal(!!(answer()->flags & SHUNT_META_FIRST), cases[i].first);
	}
	nic_preempt(false);
	join(1);
	arrive(1, 1);
	arrive(0, 2);
	assert_int_equal(answer()->flags & SHUNT_META_FIRST, 0);
}

/* The later of two requests of a class goes first if preempted ones go to the tail and their times
 * vary. */
static void of_one_class_the_later_goes_first_if_its_times_vary(void **state)
{
	nic_tune("quantum_us", 0, 10);
	nic_preempt(true);
	n.cmd->varied = 1;
	n.view->cls[0].requeue = SHUNT_TAIL;
	join(0);
	arrive(0, 1);
	arrive(0, 2);
	assert_true(answer()->flags & SHUNT_META_FIRST);
	n.view->cls[0].requeue = SHUNT_HEAD;
	join(1);
	arrive(0, 1);
	arrive(0, 2);
	assert_int_equal(answer()->flags & SHUNT_META_FIRST, 0);
}

static void a_class_at_its_limit_drops_and_counts(void **state)
{
	join(0);
	nic_tune("hold_limit", 0, 2);
	for (int i = 1; i <= 6; i++)
		arrive(0, i);
	assert_int_equal(n.state->queued, 2);
	assert_int_equal(n.in->cls[0].limit, 2);
}

static void what_the_core_passed_by_goes_back_to_the_head(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	for (int i = 1; i <= 5; i++)
		arrive(0, i);
	c = credit(0, 2, 3, 1); /* 1 ended; 3 is sent, and copied */
	send_credit(&c);
	assert_int_equal(mark(), 3);
	c = credit(0, 2, 3, 0); /* 2 ended; 4 is sent */
	send_credit(&c);
	assert_int_equal(mark(), 4);
	c = credit(0, 4, 1, 1); /* 4 came, 3 did not */
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 3);
	assert_int_equal(n.state->cls[0].requeued, 1);
	assert_int_equal(n.state->cls[0].lost, 0);
	assert_int_equal(slots_missing(), 0);
}

/* Has the queue send so many requests to core 0, as numbers 3, 4, …, and keep copies; the next one
 * waits. */
static void send_from_the_queue(int sent)
{
	struct shunt_wire_credit c;

	join(0);
	for (int i = 1; i <= 3 + sent; i++)
		arrive(0, i);
	for (int i = 1; i <= sent; i++) {
		c = credit(0, 2, 3, 3 >> i);
		send_credit(&c);
		assert_int_equal(mark(), 2 + i);
	}
}

static void assert_next(__u32 high, int want)
{
	struct shunt_wire_credit c = credit(0, high, ~0U, 0);

	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), want);
}

static void what_is_put_back_keeps_its_order(void **state)
{
	struct shunt_wire_credit c;

	send_from_the_queue(SHUNT_WIRE_K);
	c = credit(0, 4, 3 << 2, 0); /* neither 3 nor 4 came */
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(n.state->cls[0].requeued, 2);
	assert_int_equal(mark(), 3);
	assert_next(5, 4);
	assert_next(6, 5);
	assert_int_equal(slots_missing(), 0);
}

static void what_a_fenced_core_did_not_take_keeps_its_order(void **state)
{
	struct shunt_wire_credit c;

	send_from_the_queue(SHUNT_WIRE_K);
	*n.cmd = (struct shunt_nic_cmd){ .nr = n.state->cmd + 1, .op = SHUNT_NIC_FENCED,
					 .core = 0 };
	arrive(0, 6);
	assert_int_equal(n.state->cls[0].requeued, 2);
	say_hello(0);
	c = credit(0, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 3);
	assert_next(1, 4);
	assert_next(2, 5);
	assert_next(3, 6);
	assert_int_equal(slots_missing(), 0);
}

static void a_credit_that_is_not_new_or_not_ours_changes_nothing(void **state)
{
	struct shunt_wire_credit right, c;
	struct shunt_nic was;
	struct shunt_nic_core core;

	join(0);
	for (int i = 1; i <= 6; i++)
		arrive(0, i);
	right = credit(0, 1, 1, 0);
	send_credit(&right);
	was = nic_read();
	core = n.core[0];
#define HAS_NO_EFFECT(event)                                                                       \
	do {                                                                                       \
		__u64 before = n.state->ev[event];                                                 \
		struct shunt_nic now;                                                              \
		assert_int_equal(send_credit(&c), XDP_DROP);                                       \
		assert_int_equal(n.state->ev[event], before + 1);                                  \
		now = nic_read();                                                                  \
		assert_memory_equal(&now, &was, sizeof(was));                                      \
		assert_memory_equal(&n.core[0], &core, sizeof(core));                              \
	} while (0)
	c = right; /* a duplicate */
	HAS_NO_EFFECT(SHUNT_NIC_EV_OLD);
	c = credit(0, 2, 3, 0);
	c.w.cookie ^= 1ULL << 63;
	HAS_NO_EFFECT(SHUNT_NIC_EV_COOKIE);
	c = credit(0, 2, 3, 0);
	c.w.epoch--;
	HAS_NO_EFFECT(SHUNT_NIC_EV_EPOCH);
	c = credit(0, 9, 3, 0); /* more than was sent */
	HAS_NO_EFFECT(SHUNT_NIC_EV_BAD);
	c = credit(0, 2, 1, 2); /* open, and not taken */
	HAS_NO_EFFECT(SHUNT_NIC_EV_BAD);
	c = credit(0, 2, 3, 0);
	c.w.version++;
	HAS_NO_EFFECT(SHUNT_NIC_EV_VERSION);
}

/* Random control frames, half of them with all but the secret right. */
static void forged_frames_change_nothing_but_counters(void **state)
{
	const char *count = getenv("LONG");
	int frames = count && *count ? 1000000 : 20000;
	struct shunt_nic was, now;
	static struct shunt_nic_core cores[SHUNT_CORES];

	join(0);
	for (int i = 1; i <= 6; i++)
		arrive(0, i);
	was = nic_read();
	memcpy(cores, n.core, sizeof(cores));
	for (int i = 0; i < frames; i++) {
		__u64 words[16];
		struct shunt_wire *w = (void *)words;

		for (int j = 0; j < 16; j++)
			words[j] = random_word();
		w->proto = htons(SHUNT_WIRE_PROTO);
		if (i & 1) {
			struct shunt_wire_credit c =
				credit(0, random_word() % 4, words[0], words[1]);

			c.w.cookie = words[2];
			c.w.type = words[3] % 10;
			c.park = words[4] % 4;
			memcpy(words, &c, sizeof(c));
		}
		assert_int_equal(run(words, 14 + random_word() % 115), XDP_DROP);
	}
	now = nic_read();
	assert_memory_equal(&now, &was, sizeof(was));
	assert_memory_equal(n.core, cores, sizeof(cores));
}

/* Cores that may say anything in their own epochs, and
 * requests: no slot is lost, no sum is wrong. */
static void slots_and_requests_are_conserved_whatever_cores_say(void **state)
{
	__u64 ended, waiting = 0;

	join(0);
	join(1);
	for (int i = 0; i < 5000; i++) {
		__u32 core = random_word() & 1, what = random_word() % 16;
		struct shunt_wire_credit c;

		if (what < 6) {
			arrive(random_word() & 1, i);
		} else if (what == 6 && random_word() % 16 == 0) {
			say_hello(core);
		} else {
			__u32 taken = random_word() | random_word();

			c = credit(core, n.core[core].sent - random_word() % 3, taken,
				   taken & random_word());
			c.park = random_word() % 4 ? 0 : c.high - random_word() % 3;
			c.w.flags = random_word() & 1;
			send_credit(&c);
		}
		assert_int_equal(slots_missing(), 0);
		assert_true(n.core[0].load <= SHUNT_WIRE_K && n.core[1].load <= SHUNT_WIRE_K);
	}
	ended = 0;
	for (int i = 0; i < 2; i++) {
		ended += n.state->cls[i].done + n.state->cls[i].lost + n.in->cls[i].dropped;
		for (int q = 0; q <= SHUNT_NIC_GROUPS; q++)
			waiting += n.state->fifo[i][q].count;
	}
	assert_int_equal(waiting, n.state->queued);
	assert_int_equal(n.in->cls[0].arrived + n.in->cls[1].arrived,
			 ended + waiting + n.core[0].load + n.core[1].load);
}

/* Invariant 4, as far as the NIC knows: cores that take at
 * once, and end their requests in any order. */
static void no_core_is_without_work_while_a_request_waits(void **state)
{
	__u32 high[2] = { 0 }, open[2] = { 0 };
	int waited = 0;

	join(0);
	join(1);
	for (int i = 0; i < 5000; i++) {
		__u32 core = random_word() & 1;
		struct shunt_wire_credit c;

		if (random_word() & 1) {
			arrive(random_word() & 1, i);
		} else if (open[core]) {
			open[core] &= open[core] - 1;
			c = credit(core, high[core], ~0U, open[core]);
			send_credit(&c);
		}
		waited += n.state->queued != 0;
		for (int k = 0; k < 2; k++) {
			for (; high[k] != n.core[k].sent; high[k]++)
				open[k] = open[k] << 1 | 1;
			assert_true(n.core[k].load || !n.state->queued);
		}
	}
	assert_true(waited > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_BOTH(a_request_goes_to_a_core_behind_its_header, "fcfs"),
		NIC_BOTH(a_core_gets_nothing_before_its_first_credit, "fcfs"),
		NIC_TEST(sources_that_cannot_be_answered_are_no_requests, "nic/fcfs"),
		NIC_BOTH(what_waits_leaves_first_in_first_out, "fcfs"),
		NIC_BOTH(the_policy_selects, "prio"),
		NIC_TEST(what_the_policy_selects_is_bounded, "tests/nic/says"),
		NIC_BOTH(a_request_says_what_quantum_it_has, "fcfs"),
		NIC_BOTH(what_is_sent_ahead_says_whether_it_goes_first, "mq"),
		NIC_BOTH(of_one_class_the_later_goes_first_if_its_times_vary, "fcfs"),
		NIC_BOTH(a_class_at_its_limit_drops_and_counts, "fcfs"),
		NIC_BOTH(what_the_core_passed_by_goes_back_to_the_head, "fcfs"),
		NIC_BOTH(what_is_put_back_keeps_its_order, "fcfs"),
		NIC_BOTH(what_a_fenced_core_did_not_take_keeps_its_order, "fcfs"),
		NIC_BOTH(a_credit_that_is_not_new_or_not_ours_changes_nothing, "fcfs"),
		NIC_TEST(forged_frames_change_nothing_but_counters, "nic/fcfs"),
		NIC_BOTH(slots_and_requests_are_conserved_whatever_cores_say, "mq"),
		NIC_BOTH(no_core_is_without_work_while_a_request_waits, "mq"),
	};

	return NIC_RUN(tests);
}
