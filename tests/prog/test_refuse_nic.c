// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_refuse_nic.c - replies that say no of a NIC that schedules: to clients, never to hosts, and
 * nothing of them stays in its slots
 */
/* link: tests/prog/nic_run.c tests/prog/packet.c tests/prog/reply.c agent/nic.c lib/nicsize.c */
/* link: lib/bpfmap.c lib/pins.c lib/why.c */
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"
#include "packet.h"
#include "reply.h"

static struct packet_spec spec;
static struct packet packet;
static struct shunt_ingress *in;

static void put(const char *map, const void *value)
{
	__u32 one = 1;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, map), &one,
					     value, 0),
			 0);
}

static int set_up(void **state)
{
	struct shunt_refuse r = { .kind = SHUNT_REFUSE_REPLY, .bytes = "no", .count = 2,
				  .length = 4, .batch = 1, .step_ns = 1 };

	nic_setup(state);
	in = n.in;
	put("refuse", &r);
	n.port[PACKET_PORT].flags = SHUNT_PORT_ON | 1 << SHUNT_PORT_REFUSAL;
	spec = (struct packet_spec){ .sums = 1, .payload_len = 20 };
	return 0;
}

static __u32 ask(void)
{
	packet_build(&spec, &packet);
	return run(packet.data, packet.len);
}

static void assert_told(void)
{
	__u64 said = in->said_no[0];
	const __u8 *payload;
	__u32 len;

	assert_int_equal(ask(), XDP_TX);
	payload = reply_check(&packet, &spec, out, out_len, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(payload, "no\2\3", 4);
	assert_int_equal(in->said_no[0], said + 1);
}

static void what_may_not_wait_is_told_no(void **state)
{
	struct shunt_wire_credit c;

	nic_tune("hold_limit", 0, 1);
	assert_int_equal(ask(), XDP_DROP); /* it waits */
	for (int i = 0; i < 6; i++) {
		spec.v6 = i % 2;
		spec.tags = i / 2;
		assert_told();
		assert_int_equal(in->cls[0].limit, i + 1);
	}
	assert_int_equal(n.state->queued, 1);
	assert_int_equal(slots_missing(), 0);
	say_hello(0);
	c = credit(0, 0, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX); /* the one that waits goes to the core */
	assert_int_equal(n.state->queued, 0);
}

static void what_is_longer_than_a_slot_is_told_no(void **state)
{
	spec.payload_len = 1500;
	assert_told();
	assert_int_equal(n.state->ev[SHUNT_NIC_EV_LONG], 1);
}

static void a_port_without_refusal_is_silent(void **state)
{
	nic_tune("hold_limit", 0, 1);
	n.port[PACKET_PORT].flags = SHUNT_PORT_ON;
	assert_int_equal(ask(), XDP_DROP);
	assert_int_equal(ask(), XDP_DROP);
	assert_int_equal(in->cls[0].limit, 1);
	assert_int_equal(in->said_no[0] + in->unsaid[0], 0);
}

#define TEST(name, object) \
	{ #name " (" object ")", name, set_up, nic_teardown, (void *)("build/" object ".o") }
#define BOTH(name) TEST(name, "nic/fcfs"), TEST(name, "nic-loop/fcfs")

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_may_not_wait_is_told_no),
		BOTH(what_is_longer_than_a_slot_is_told_no),
		BOTH(a_port_without_refusal_is_silent),
	};

	return NIC_RUN(tests);
}
