// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wire.c - the NIC's program: queues, credits, tokens and epochs; and that a frame which is not what it
 * should be changes nothing but a counter
 *
 * What copies runs with copies by the helpers and with copies by a loop.
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c tests/prog/packet.c */
#include <sched.h>
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

static void what_waited_too_long_while_no_core_was_up_expires(void **state)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				 .flags = SHUNT_CFG_ANY_ADDR, .hold_age_ms = 50 };
	const __u64 *expired = &n.view->core[0].expired.n[0];
	struct shunt_wire_credit c;
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "cfg"), &zero, &cfg,
					     0), 0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(arrive(0, 1), XDP_DROP);
	usleep(60000);
	assert_int_equal(arrive(0, 7), XDP_DROP);
	assert_true(*expired > 0); /* an arrival makes room */
	say_hello(0);
	c = credit(0, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_REQUEST);
	assert_int_equal(mark(), 7);
	assert_int_equal(*expired, 40);
	assert_int_equal(n.in->cls[0].arrived, 41);
	assert_int_equal(n.state->queued, 0);
	assert_int_equal(slots_missing(), 0);
}

static void sources_that_cannot_be_answered_are_no_requests(void **state)
{
	static const struct { struct packet_spec spec; int why; } table[] = {
		{ { "loopback", .from = "\x7f\0\0\1", .payload_len = 20 }, SHUNT_DENY_SOURCE },
		{ { "multicast", .v6 = 1, .from = "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1" }, SHUNT_DENY_SOURCE },
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

/* A class with nothing in it, or none at all: the first of those that have something goes. */
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

static void set(const char *map, __u32 key, __u32 value)
{
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, map), &key, &value, 0), 0);
}

static void preempt(bool on)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				 .flags = SHUNT_CFG_ANY_ADDR | (on ? SHUNT_CFG_PREEMPT : 0) };
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "cfg"), &zero, &cfg, 0), 0);
}

static void a_request_says_what_quantum_it_has(void **state)
{
	set("quantum_us", 0, 30);
	set("quantum_us", 1, ~0U);
	join(0);
	arrive(0, 1);
	assert_int_equal(answer()->quantum_us, 0); /* nobody is preempted */
	preempt(true);
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
	set("quantum_us", 0, 10);
	set("quantum_us", 1, 10);
	preempt(true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		say_hello(0);
		struct shunt_wire_credit c = credit(0, 0, 0, 0);
		send_credit(&c);
		arrive(cases[i].before, 1);
		assert_int_equal(answer()->flags & SHUNT_META_FIRST, 0);
		assert_int_equal(arrive(cases[i].cls, 2), XDP_TX);
		assert_int_equal(!!(answer()->flags & SHUNT_META_FIRST), cases[i].first);
	}
	preempt(false);
	join(1);
	arrive(1, 1);
	arrive(0, 2);
	assert_int_equal(answer()->flags & SHUNT_META_FIRST, 0);
}

/* Of one class, the later one goes first where it is shared, and where that pays. */
static void of_one_class_the_later_goes_first_if_its_times_vary(void **state)
{
	set("quantum_us", 0, 10);
	preempt(true);
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

/* And what follows counts again. */
static void service_times_that_cannot_be_are_left_out(void **state)
{
	static const struct {
		__u32 timed;
		__u64 ns, sq;
	} cases[] = {
		{ 1000, 1000, 1000 },                  /* more than it was sent */
		{ 1, 10000000001, 1 },                 /* longer than any takes */
		{ 1, -1ULL, 1 },                       /* shorter than none */
		{ 2, 20, 401 },                        /* squares that are too large for these times */
		{ 1, 0, -1ULL },                       /* or go back */
	};
	struct shunt_wire_credit c;

	join(0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct shunt_nic_said was = n.core[0].said[1];

		say_times(was.timed + cases[i].timed, was.service_ns + cases[i].ns, was.service_sq + cases[i].sq);
		assert_times(i, 10 * i, 100 * i);
		assert_int_equal(n.state->ev[SHUNT_NIC_EV_SERVICE], i + 1);
		say_times(n.core[0].said[1].timed + 1, n.core[0].said[1].service_ns + 10,
			  n.core[0].said[1].service_sq + 100);
		assert_times(i + 1, 10 * (i + 1), 100 * (i + 1));
	}
	c = credit(0, 0, 0, 0); /* of a class that does not exist; the next in what such a number could be cut to */
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

static void a_class_at_its_limit_drops_and_counts(void **state)
{
	join(0);
	set("hold_limit", 0, 2);
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

/* So many are sent to core 0 out of the queue, which keeps copies of them, as 3, 4, …; the next waits. */
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
	*n.cmd = (struct shunt_nic_cmd){ .nr = n.state->cmd + 1, .op = SHUNT_NIC_FENCED, .core = 0 };
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

/* What the core runs is parked as number seq. */
static __u32 park_it(__u32 seq)
{
	struct shunt_wire_credit c = credit(0, seq, 1, 1);

	c.park = seq;
	c.token = 0xabcdef;
	return send_credit(&c);
}

/* Its counts stay those of its class. */
static void a_request_that_used_up_its_quanta_is_demoted(void **state)
{
	struct shunt_wire_credit c;

	set("quantum_us", 0, 10);
	set("quantum_us", 1, 30);
	preempt(true);
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
	assert_int_equal(n.view->state[2 * cls], requests);
	assert_int_equal(n.view->state[2 * cls + 1], ns);
}

/* Number "high" has come; of all that came, "open" has not ended. So long took those of the class in all. */
static void say_ended(__u32 high, __u32 open, __u32 cls, __u32 timed, __u64 ns)
{
	struct shunt_wire_credit c = credit(0, high, ~0U, open);

	c.cls = cls;
	c.timed = timed;
	c.service_ns = ns;
	send_credit(&c);
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
	assert_int_equal(n.view->core_state[0][1], 6); /* steered to this core */
	for (int i = 1; i <= 3; i++)
		arrive(1, i);
	say_ended(8, 0, 1, 4, 120);
	say_ended(9, 0, 1, 5, 130);
	assert_int_equal(n.view->core_state[0][0], 1); /* was held */
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
	was = snapshot();
	core = n.core[0];
#define HAS_NO_EFFECT(event)                                                                       \
	do {                                                                                       \
		__u64 before = n.state->ev[event];                                                 \
		struct shunt_nic now;                                                              \
		assert_int_equal(send_credit(&c), XDP_DROP);                                       \
		assert_int_equal(n.state->ev[event], before + 1);                                  \
		now = snapshot();                                                                  \
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
	was = snapshot();
	memcpy(cores, n.core, sizeof(cores));
	for (int i = 0; i < frames; i++) {
		__u64 words[16];
		struct shunt_wire *w = (void *)words;

		for (int j = 0; j < 16; j++)
			words[j] = random_word();
		w->proto = htons(SHUNT_WIRE_PROTO);
		if (i & 1) {
			struct shunt_wire_credit c = credit(0, random_word() % 4, words[0], words[1]);

			c.w.cookie = words[2];
			c.w.type = words[3] % 10;
			c.park = words[4] % 4;
			memcpy(words, &c, sizeof(c));
		}
		assert_int_equal(run(words, 14 + random_word() % 115), XDP_DROP);
	}
	now = snapshot();
	assert_memory_equal(&now, &was, sizeof(was));
	assert_memory_equal(n.core, cores, sizeof(cores));
}

/* Cores that may say anything in their own epochs, and requests: no slot is lost, no sum is wrong. */
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

			c = credit(core, n.core[core].sent - random_word() % 3, taken, taken & random_word());
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

/* Invariant 4, as far as the NIC knows: cores that take at once, and end their requests in any order. */
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
#define TEST(name, object) \
	{ #name " (" object ")", name, nic_setup, nic_teardown, (void *)("build/" object ".o") }
#define BOTH(name, policy) TEST(name, "nic/" policy), TEST(name, "nic-loop/" policy)
	const struct CMUnitTest tests[] = {
		BOTH(a_request_goes_to_a_core_behind_its_header, "fcfs"),
		BOTH(a_core_gets_nothing_before_its_first_credit, "fcfs"),
		TEST(sources_that_cannot_be_answered_are_no_requests, "nic/fcfs"),
		BOTH(what_waited_too_long_while_no_core_was_up_expires, "fcfs"),
		BOTH(what_waits_leaves_first_in_first_out, "fcfs"),
		BOTH(the_policy_selects, "prio"),
		TEST(what_the_policy_selects_is_bounded, "tests/nic/says"),
		BOTH(a_request_says_what_quantum_it_has, "fcfs"),
		BOTH(what_is_sent_ahead_says_whether_it_goes_first, "mq"),
		BOTH(of_one_class_the_later_goes_first_if_its_times_vary, "fcfs"),
		BOTH(service_times_are_added_up_over_lost_credits_and_epochs, "fcfs"),
		BOTH(service_times_that_cannot_be_are_left_out, "fcfs"),
		BOTH(what_an_idle_core_found_is_added_up_and_nonsense_left_out, "fcfs"),
		BOTH(a_class_at_its_limit_drops_and_counts, "fcfs"),
		BOTH(what_the_core_passed_by_goes_back_to_the_head, "fcfs"),
		BOTH(what_is_put_back_keeps_its_order, "fcfs"),
		BOTH(what_a_fenced_core_did_not_take_keeps_its_order, "fcfs"),
		BOTH(a_parked_request_is_queued_once_and_resumed, "fcfs"),
		BOTH(a_request_that_used_up_its_quanta_is_demoted, "fcfs"),
		BOTH(a_demoted_request_that_is_lost_is_one_of_its_own_class, "prio"),
		TEST(the_policy_is_told_of_each_request_that_ended, "tests/nic/told"),
		BOTH(a_credit_says_that_it_took_a_signal, "fcfs"),
		BOTH(a_credit_that_is_not_new_or_not_ours_changes_nothing, "fcfs"),
		TEST(forged_frames_change_nothing_but_counters, "nic/fcfs"),
		BOTH(slots_and_requests_are_conserved_whatever_cores_say, "mq"),
		BOTH(no_core_is_without_work_while_a_request_waits, "mq"),
	};

	if (geteuid()) {
		puts("1..0 # SKIP not root: BPF programs cannot be loaded");
		return 77;
	}
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
