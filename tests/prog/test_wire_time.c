// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wire_time.c - the NIC's program: requests that waited too long, requests that ended late
 *
 * Tests that have the program copy packets run twice: with copies by helpers and by a loop.
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"

static void requests_that_no_core_was_up_for_expire(void **state)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				 .flags = SHUNT_CFG_ANY_ADDR, .hold_age_ms = 50 };
	const __u64 *expired = &n.view->core[0].expired.n[0];
	struct shunt_wire_credit c;
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "cfg"), &zero,
					     &cfg, 0),
			 0);
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

/* A machine that was just started, or root's nonsense: 49 days. */
static void no_request_is_older_than_the_machine(void **state)
{
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .nclasses = 2, .ndomains = 1,
				 .flags = SHUNT_CFG_ANY_ADDR, .hold_age_ms = ~0u };
	struct shunt_wire_credit c;
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "cfg"), &zero,
					     &cfg, 0),
			 0);
	assert_int_equal(arrive(0, 1), XDP_DROP);
	say_hello(0);
	c = credit(0, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_REQUEST);
	assert_int_equal(n.view->core[0].expired.n[0], 0);
}

/* Four objectives of 25 ms; class 1 has none, so it waits for ever. A frame ends 32 at most. */
static void requests_that_waited_for_too_many_objectives_are_not_sent(void **state)
{
	const __u64 *expired = n.view->core[0].expired.n;
	struct shunt_wire_credit c;

	nic_tune("slo_us", 0, 25000);
	n.view->expire[0] = n.view->expire[1] = 4;
	n.view->expires = 3;
	join(0);
	for (int i = 0; i < SHUNT_WIRE_K; i++)
		assert_int_equal(arrive(0, 1), XDP_TX);
	for (int i = 0; i < 40; i++)
		assert_int_equal(arrive(0, 1), XDP_DROP);
	assert_int_equal(arrive(1, 9), XDP_DROP);
	usleep(101000);
	assert_int_equal(arrive(0, 7), XDP_DROP);
	c = credit(0, 2, 3, 1);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 9);
	assert_int_equal(expired[0], 32);
	c = credit(0, 3, 7, 1);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(mark(), 7);
	assert_int_equal(expired[0], 40);
	assert_int_equal(expired[1], 0);
	assert_int_equal(n.state->queued, 0);
	assert_int_equal(slots_missing(), 0);
}

static void a_request_that_ends_after_its_objective_is_late(void **state)
{
	const __u64 *late = n.view->core[0].late.n;
	struct shunt_wire_credit c;

	join(0);
	n.view->slo_us[0] = 1000;
	n.view->slo_us[1] = SHUNT_SLO_MAX_US;
	assert_int_equal(arrive(0, 7), XDP_TX);
	assert_int_equal(arrive(1, 7), XDP_TX);
	usleep(1100);
	c = credit(0, 2, 3, 0);
	send_credit(&c);
	assert_int_equal(late[0], 1);
	assert_int_equal(late[1], 0);
	n.view->slo_us[0] = 0;
	assert_int_equal(arrive(0, 7), XDP_TX);
	usleep(1100);
	c = credit(0, 3, 7, 0);
	send_credit(&c);
	assert_int_equal(late[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_BOTH(requests_that_no_core_was_up_for_expire, "fcfs"),
		NIC_BOTH(no_request_is_older_than_the_machine, "fcfs"),
		NIC_BOTH(requests_that_waited_for_too_many_objectives_are_not_sent, "fcfs"),
		NIC_TEST(a_request_that_ends_after_its_objective_is_late, "nic/fcfs"),
	};

	return NIC_RUN(tests);
}
