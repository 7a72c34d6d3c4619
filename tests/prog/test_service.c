// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_service.c - a port that is of one domain's service, and packets that come on the queue of
 * another domain
 *
 * Every packet comes on queue 0, so to domain 0.
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include "arrive.h"

#define HERE 0 /* domains */
#define LAST (SHUNT_DOMAINS - 1)

static void belongs_to(__u32 domain, __u8 more)
{
	ingress_port(g, PACKET_PORT, (struct shunt_port){
		.cls = CLS, .flags = SHUNT_PORT_ON | SHUNT_PORT_SERVICE | more,
		.key_off = domain << SHUNT_PORT_DOMAIN });
}

/* The packet, once more. */
static void come(void)
{
	was = *g->in;
	ingress_run(g, packet.data, packet.len, &v);
}

static void assert_passed(enum shunt_pass why)
{
	assert_int_equal(v.action, XDP_PASS);
	assert_counted(pass[why]);
	assert_not_counted(id);
	assert_not_counted(cls[CLS].arrived);
	assert_false(v.has_meta);
}

static void a_request_on_its_services_queue_is_one(void **state)
{
	belongs_to(HERE, 0);
	policy_says(HOLD);
	arrive();
	assert_held();
	assert_not_counted(pass[SHUNT_PASS_SERVICE]);
}

static void a_packet_on_another_services_queue_is_the_kernels_and_counted(void **state)
{
	for (__u32 domain = HERE + 1; domain <= LAST; domain++) {
		belongs_to(domain, 0);
		come();
		assert_passed(SHUNT_PASS_SERVICE);
	}
}

/* The flag alone tells that there is a service's number. */
static void a_port_of_no_service_is_served_on_every_queue(void **state)
{
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON,
							  .key_off = LAST << SHUNT_PORT_DOMAIN });
	policy_says(HOLD);
	arrive();
	assert_held();
}

/* The packet is no call: on its own queue that is what is said. */
static void a_port_of_a_service_may_be_one_of_onc_rpc(void **state)
{
	packet.data[packet.payload + 7] = 1;
	belongs_to(HERE, SHUNT_PORT_RPC);
	come();
	assert_passed(SHUNT_PASS_CALL);
	belongs_to(LAST, SHUNT_PORT_RPC);
	come();
	assert_passed(SHUNT_PASS_SERVICE);
}

/* The core that the hash of the key names. */
static int core_by_key(__u16 key_off)
{
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON,
							  .key_len = 4, .key_off = key_off });
	come();
	for (int i = 0; i < CORES; i++) {
		if (g->in->sent[i] != was.sent[i])
			return i;
	}
	return -1;
}

/* The domain's number stands above the offset of the key. */
static void a_key_is_hashed_where_it_lies_whatever_the_service(void **state)
{
	int seen = 0, core;

	for (int key = 0; key < 32; key++) {
		packet.data[packet.payload + 3] = key;
		core = core_by_key(3);
		assert_true(core >= 0);
		assert_int_equal(core_by_key(3 | LAST << SHUNT_PORT_DOMAIN), core);
		seen |= 1 << core;
	}
	assert_true(seen & (seen - 1)); /* not always the same */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGRESS_TEST(a_request_on_its_services_queue_is_one, SAYS),
		INGRESS_TEST(a_packet_on_another_services_queue_is_the_kernels_and_counted, SAYS),
		INGRESS_TEST(a_port_of_no_service_is_served_on_every_queue, SAYS),
		INGRESS_TEST(a_port_of_a_service_may_be_one_of_onc_rpc, SAYS),
		INGRESS_TEST(a_key_is_hashed_where_it_lies_whatever_the_service,
			     "build/bpf/affinity.o"),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
