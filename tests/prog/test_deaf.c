// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_deaf.c - the NIC's program and its agent: a core that sends credits may hear nothing
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"

#define HANG_MS 400
#define ASK_NS (HANG_MS / 4 * 1000000ULL)
#define LIMIT_NS (HANG_MS * 1000000ULL)
#define FAR_NS 100000000000ULL /* so much later no test runs any more */

static void set_hang(__u32 ms)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1, .hang_ms = ms,
				 .flags = SHUNT_CFG_ANY_ADDR };
	__u32 zero = 0;
	int fd = bpf_object__find_map_fd_by_name(n.obj, "cfg");

	assert_int_equal(bpf_map_update_elem(fd, &zero, &cfg, 0), 0);
	n.opts.silent_ms = ms;
}

/* As if the core's last number had been sent so much earlier. */
static void age(__u32 core, __u64 ns)
{
	n.core[core].sent_ns -= ns;
}

static __u32 say_credit(__u32 core, __u32 high, __u32 taken, __u32 open)
{
	struct shunt_wire_credit c = credit(core, high, taken, open);

	return send_credit(&c);
}

static void look_at(__u64 now_ns)
{
	nic_tick(&n, now_ns, (__u64[SHUNT_CLASSES]){ 0 });
}

static void assert_asked(__u32 number)
{
	const struct shunt_wire_note *note = (const void *)out;

	assert_int_equal(note->w.type, SHUNT_WIRE_NOTE);
	assert_memory_equal(note->w.to, mac[0], 6);
	assert_int_equal(note->w.epoch, n.core[0].epoch);
	assert_int_equal(note->w.flags, 0);
	assert_int_equal(note->skip, number);
	assert_int_equal(note->ack, 0);
}

static void an_idle_core_is_asked_whether_it_hears(void **state)
{
	set_hang(HANG_MS);
	join(0);
	assert_int_equal(say_credit(0, 0, 0, 0), XDP_DROP);
	age(0, ASK_NS);
	assert_int_equal(say_credit(0, 0, 0, 0), XDP_TX);
	assert_asked(1);
	assert_int_equal(say_credit(0, 1, 0, 0), XDP_DROP); /* the answer */
	assert_int_equal(n.core[0].load, 0);
	assert_int_equal(n.view->idle, 1);
	assert_int_equal(arrive(0, 7), XDP_TX);
	assert_int_equal(answer()->seq, 2);
	assert_int_equal(say_credit(0, 2, 1, 0), XDP_DROP);
	assert_int_equal(n.state->cls[0].done, 1);
	assert_int_equal(n.state->cls[0].lost, 0);
}

/* What it is sent is the question. */
static void a_core_that_has_a_request_is_not_asked(void **state)
{
	set_hang(HANG_MS);
	join(0);
	assert_int_equal(arrive(0, 7), XDP_TX);
	age(0, ASK_NS);
	assert_int_equal(say_credit(0, 1, 1, 1), XDP_DROP);
	assert_int_equal(say_credit(0, 1, 1, 0), XDP_TX);
	assert_asked(2);
}

static void no_core_is_asked_where_silence_has_no_limit(void **state)
{
	set_hang(0);
	join(0);
	age(0, ASK_NS);
	assert_int_equal(say_credit(0, 0, 0, 0), XDP_DROP);
	assert_int_equal(n.core[0].sent, 0);
}

/* It has said that it ends, and is told when nothing is under way to it. */
static void a_core_that_leaves_is_told_that_and_not_asked(void **state)
{
	struct shunt_wire_credit c;

	set_hang(HANG_MS);
	join(0);
	age(0, ASK_NS);
	c = credit(0, 0, 0, 0);
	c.w.flags = SHUNT_WIRE_LEAVE;
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(((struct shunt_wire_note *)out)->w.flags, SHUNT_WIRE_LEAVE);
	assert_int_equal(n.core[0].sent, 0);
}

/* It goes on to say credits, which the agent finds by "high" alone. */
static void a_core_that_takes_nothing_for_too_long_is_off(void **state)
{
	set_hang(HANG_MS);
	join(0);
	assert_int_equal(arrive(0, 7), XDP_TX);
	n.core[0].heard_ns = FAR_NS;
	look_at(FAR_NS);
	say_credit(0, 0, 0, 0);
	n.core[0].heard_ns = FAR_NS + LIMIT_NS;
	look_at(FAR_NS + LIMIT_NS);
	assert_int_equal(n.deaf, 0);
	look_at(FAR_NS + LIMIT_NS + 1);
	assert_int_equal(n.deaf, 1);
	assert_int_equal(n.silent, 0);
	say_credit(0, 0, 0, 0);
	assert_int_equal(n.core[0].cookie, 0);
	assert_int_equal(n.view->up, 0);
	assert_int_equal(n.state->cls[0].lost, 1);
	assert_int_equal(slots_missing(), 0);
	join(0); /* with the next epoch it is as new */
	look_at(FAR_NS + 2 * LIMIT_NS);
	assert_int_equal(arrive(0, 8), XDP_TX);
	assert_int_equal(mark(), 8);
}

static void a_core_that_takes_something_now_and_then_stays(void **state)
{
	__u64 now = FAR_NS;

	set_hang(HANG_MS);
	join(0);
	for (__u32 i = 1; i <= 20; i++, now += LIMIT_NS) {
		assert_int_equal(arrive(0, 7), XDP_TX);
		n.core[0].heard_ns = now;
		look_at(now);
		say_credit(0, i, 1, 0);
	}
	assert_int_equal(n.deaf, 0);
	assert_int_equal(n.state->cls[0].done, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_TEST(an_idle_core_is_asked_whether_it_hears, "nic/fcfs"),
		NIC_TEST(a_core_that_has_a_request_is_not_asked, "nic/fcfs"),
		NIC_TEST(no_core_is_asked_where_silence_has_no_limit, "nic/fcfs"),
		NIC_TEST(a_core_that_leaves_is_told_that_and_not_asked, "nic/fcfs"),
		NIC_TEST(a_core_that_takes_nothing_for_too_long_is_off, "nic/fcfs"),
		NIC_TEST(a_core_that_takes_something_now_and_then_stays, "nic/fcfs"),
	};

	return NIC_RUN(tests);
}
