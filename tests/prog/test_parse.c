// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_parse.c - a table of packets, each cut at every byte,
 * through the XDP program: verdict, reason or class, metadata
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

#define OTHER_PORT 9100 /* has no rules: all is class 3 */
#define QUIET_PORT 9200 /* no service */
#define REQUEST(c) (100 + (c))

static struct ingress *g;

struct expectation {
	struct packet_spec spec;
	int want; /* enum shunt_pass, or REQUEST(class) */
	int spill;
};

/*
 * The rules of PACKET_PORT, in order: "get " at 0 is class 1; byte 6 with 0xf0 set to 0x30 is class
 * 2. Its default is class 0. Port 9100 has none: class 3.
 */
static const struct expectation table[] = {
	/* what is ours */
	{ { "ipv4", .payload_len = 16 }, REQUEST(0), 1 },
	{ { "ipv4 without payload" }, REQUEST(0), 1 },
	{ { "ipv4 with one byte", .payload_len = 1 }, REQUEST(0), 1 },
	{ { "ipv4 in a full frame", .payload_len = 1472 }, REQUEST(0), 1 },
	{ { "ipv6", .v6 = 1, .payload_len = 16 }, REQUEST(0), 1 },
	{ { "ipv6 without payload", .v6 = 1 }, REQUEST(0), 1 },
	{ { "ipv4, one tag", .tags = 1, .payload_len = 9 }, REQUEST(0), 1 },
	{ { "ipv4, one tag of 802.1ad", .tags = 1, .tpid = { 0x88a8 }, .payload_len = 9 },
	  REQUEST(0),
	  1 },
	{ { "ipv4, two tags", .tags = 2, .payload_len = 9 }, REQUEST(0), 1 },
	{ { "ipv4, 802.1ad and 802.1Q", .tags = 2, .tpid = { 0x88a8, 0x8100 }, .payload_len = 9 },
	  REQUEST(0),
	  1 },
	{ { "ipv6, one tag", .v6 = 1, .tags = 1, .payload_len = 9 }, REQUEST(0), 1 },
	{ { "ipv6, two tags", .v6 = 1, .tags = 2, .tpid = { 0x88a8, 0x88a8 }, .payload_len = 9 },
	  REQUEST(0),
	  1 },
	{ { "don't fragment", .frag = 0x4000, .payload_len = 4 }, REQUEST(0), 1 },
	{ { "padded by Ethernet", .payload_len = 4, .pad = 14 }, REQUEST(0), 1 },
	{ { "ipv6 padded by Ethernet", .v6 = 1, .payload_len = 4, .pad = 6 }, REQUEST(0), 1 },
	{ { "udp shorter than ip", .payload_len = 16, .udp_len_add = -4 }, REQUEST(0), 1 },
	{ { "udp of its header alone", .payload_len = 16, .udp_len_add = -16 }, REQUEST(0), 1 },
	{ { "ip shorter than the frame", .payload_len = 16, .ip_len_add = -4, .udp_len_add = -4 },
	  REQUEST(0),
	  1 },
	{ { "a port without rules", .dport = OTHER_PORT, .payload_len = 16 }, REQUEST(3), 0 },

	/* classes by rules */
	{ { "first rule", .payload = "get abc", .payload_len = 12 }, REQUEST(1), 0 },
	{ { "first rule, nothing after it", .payload = "get ", .payload_len = 4 }, REQUEST(1), 0 },
	{ { "first rule, a byte short", .payload = "get", .payload_len = 3 }, REQUEST(0), 1 },
	{ { "first rule, udp ends inside", .payload = "get abc", .payload_len = 12,
	    .udp_len_add = -9 },
	  REQUEST(0),
	  1 },
	{ { "first rule, ipv6", .v6 = 1, .payload = "get abc", .payload_len = 12 }, REQUEST(1), 0 },
	{ { "first rule, two tags", .tags = 2, .payload = "get abc", .payload_len = 12 },
	  REQUEST(1),
	  0 },
	{ { "second rule", .payload = "aaaaaa3", .payload_len = 12 }, REQUEST(2), 0 },
	{ { "second rule, other low bits", .payload = "aaaaaa9", .payload_len = 7 },
	  REQUEST(2),
	  0 },
	{ { "second rule, a byte short", .payload = "aaaaaa3", .payload_len = 6 }, REQUEST(0), 1 },
	{ { "both rules: the first", .payload = "get aa3", .payload_len = 12 }, REQUEST(1), 0 },
	{ { "the rules of another port", .dport = OTHER_PORT, .payload = "get ", .payload_len = 4 },
	  REQUEST(3),
	  0 },

	/* what is not */
	{ { "three tags", .tags = 3, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "arp", .ethertype = 0x0806, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "arp, one tag", .tags = 1, .ethertype = 0x0806, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "802.3 length", .ethertype = 46, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "the old Q-in-Q type", .tags = 1, .tpid = { 0x9100 }, .payload_len = 16 },
	  SHUNT_PASS_L2 },
	{ { "multicast", .multicast = 1, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "multicast ipv6", .multicast = 1, .v6 = 1, .payload_len = 16 }, SHUNT_PASS_L2 },
	{ { "ipv4 options", .options = 1, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "most ipv4 options", .options = 10, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "first fragment", .frag = 0x2000, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "middle fragment", .frag = 0x2010, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "last fragment", .frag = 0x0010, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "furthest fragment", .frag = 0x1fff, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "reserved flag", .frag = 0x8000, .payload_len = 16 }, REQUEST(0), 1 },
	{ { "ipv4 that says 6", .ip_version = 6, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "ipv6 that says 4", .v6 = 1, .ip_version = 4, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "ipv4 header too short", .ip_version = 4, .options = 255, .payload_len = 16 },
	  SHUNT_PASS_IP },
	{ { "ip longer than the frame", .payload_len = 16, .ip_len_add = 1 }, SHUNT_PASS_IP },
	{ { "ip shorter than its header", .payload_len = 16, .ip_len_add = -25 }, SHUNT_PASS_IP },
	{ { "ipv6 longer than the frame", .v6 = 1, .payload_len = 16, .ip_len_add = 1 },
	  SHUNT_PASS_IP },
	{ { "hop-by-hop options", .v6 = 1, .ext = 1 + 0, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "routing header", .v6 = 1, .ext = 1 + 43, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "ipv6 fragment", .v6 = 1, .ext = 1 + 44, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "destination options", .v6 = 1, .ext = 1 + 60, .payload_len = 16 }, SHUNT_PASS_IP },
	{ { "tcp", .proto = 6, .payload_len = 16 }, SHUNT_PASS_PROTO },
	{ { "tcp over ipv6", .v6 = 1, .proto = 6, .payload_len = 16 }, SHUNT_PASS_PROTO },
	{ { "icmp", .proto = 1, .payload_len = 56 }, SHUNT_PASS_PROTO },
	{ { "icmp over ipv6", .v6 = 1, .proto = 58, .payload_len = 56 }, SHUNT_PASS_PROTO },
	{ { "udp-lite", .proto = 136, .payload_len = 16 }, SHUNT_PASS_PROTO },
	{ { "source port 0", .no_sport = 1, .payload_len = 16 }, SHUNT_PASS_UDP },
	{ { "udp shorter than its header", .payload_len = 0, .udp_len_add = -1 }, SHUNT_PASS_UDP },
	{ { "udp length 0", .payload_len = 16, .udp_len_add = -24 }, SHUNT_PASS_UDP },
	{ { "udp longer than ip", .payload_len = 16, .udp_len_add = 1 }, SHUNT_PASS_UDP },
	{ { "udp into the padding", .payload_len = 16, .udp_len_add = 4, .pad = 8 },
	  SHUNT_PASS_UDP },
	{ { "ipv6 jumbo", .v6 = 1, .payload_len = 16, .ip_len_add = -24 }, SHUNT_PASS_UDP },
	{ { "ip too short for udp", .payload_len = 16, .ip_len_add = -20 }, SHUNT_PASS_UDP },
	{ { "another port", .dport = QUIET_PORT, .payload_len = 16 }, SHUNT_PASS_PORT },
	{ { "another port over ipv6", .v6 = 1, .dport = 1, .payload_len = 16 }, SHUNT_PASS_PORT },
};

static int set_up(void **state)
{
	struct shunt_rule get = { .cls = 1 }, nibble = { .offset = 6, .cls = 2 };

	g = ingress_load("build/bpf/fcfs.o", 4, 4);
	memcpy(&get.value, "get ", 4);
	memcpy(&get.mask, "\xff\xff\xff\xff", 4);
	memcpy(&nibble.value, "\x30", 1);
	memcpy(&nibble.mask, "\xf0", 1);
	ingress_set(g, "rules", 7, &get);
	ingress_set(g, "rules", 8, &nibble);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .first = 7, .count = 2, .flags = 1 });
	ingress_port(g, OTHER_PORT, (struct shunt_port){ .cls = 3, .flags = 1 });
	return 0;
}

static int tear_down(void **state)
{
	ingress_free(g);
	return 0;
}

/* The reason expected for a packet cut to len bytes: a missing header is its layer's, any other cut
 * contradicts IP's length. */
static int expected(const struct expectation *e, const struct packet *p, __u32 len)
{
	if (e->want == SHUNT_PASS_L2 || len < p->l3)
		return SHUNT_PASS_L2;
	if (len < p->l3 + (e->spec.v6 ? 40 : 20))
		return SHUNT_PASS_IP;
	if (e->want == SHUNT_PASS_IP || e->want == SHUNT_PASS_PROTO)
		return e->want;
	if (len < p->end + e->spec.ip_len_add)
		return SHUNT_PASS_IP;
	return e->want;
}

#define CHECK(cond)                                                                           \
	do {                                                                                  \
		if (!(cond))                                                                  \
			fail_msg("'%s' cut to %u of %u bytes: not " #cond, e->spec.name, len, \
				 p->len);                                                     \
	} while (0)

/* The only counts that an arrival or a pass may move, and by one. */
static struct shunt_ingress counted(const struct shunt_ingress *was, int want, int spill)
{
	struct shunt_ingress then = *was;

	if (want < REQUEST(0)) {
		then.pass[want]++;
	} else {
		struct shunt_ingress_class *n = &then.cls[want - REQUEST(0)];

		then.id++;
		then.sent[0]++;
		n->arrived++;
		n->steered++;
		n->spill += spill;
	}
	return then;
}

static void check_meta(const struct expectation *e, const struct packet *p, __u32 len,
		       const struct verdict *v, __u64 id)
{
	CHECK(v->has_meta);
	CHECK(v->meta.id == id);
	CHECK(v->meta.arrival_ns == 0);
	CHECK(v->meta.payload == p->payload);
	CHECK(v->meta.len == e->spec.payload_len + e->spec.udp_len_add);
	CHECK(v->meta.cls == e->want - REQUEST(0));
	CHECK(v->meta.flags == (e->spec.v6 ? SHUNT_META_IPV6 : 0));
	CHECK(v->meta.abi == SHUNT_ABI);
	CHECK(v->meta.epoch == 0 && v->meta.ack == 0);
}

static void check_cut(const struct expectation *e, const struct packet *p, __u32 len)
{
	int want = expected(e, p, len);
	struct shunt_ingress was = *g->in, then = counted(&was, want, e->spill);
	struct verdict v;

	g->view->idle = 1; /* core 0: each request is steered there */
	g->view->done[0] = g->in->sent[0];
	ingress_run(g, p->data, len, &v);
	if (want >= REQUEST(0)) {
		CHECK(v.action == XDP_REDIRECT);
		check_meta(e, p, len, &v, was.id + 1);
	} else {
		CHECK(v.action == XDP_PASS);
		CHECK(!v.has_meta);
	}
	CHECK(!memcmp(&then, g->in, sizeof(then)));
	CHECK(v.len == len);
	CHECK(!memcmp(v.data + (v.has_meta ? sizeof(v.meta) : 0), p->data, len));
}

static void whole_packets_are_what_the_table_says(void **state)
{
	struct packet p;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		packet_build(&table[i].spec, &p);
		check_cut(&table[i], &p, p.len);
	}
}

static void cut_at_any_byte_they_pass_for_the_reason_of_the_cut(void **state)
{
	struct packet p;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		packet_build(&table[i].spec, &p);
		for (__u32 len = 14; len <= p.len; len++)
			check_cut(&table[i], &p, len);
	}
}

static void other_addresses_of_the_host_pass(void **state)
{
	struct packet_spec v4 = { .payload_len = 8 }, v6 = { .v6 = 1, .payload_len = 8 };
	static const __u8 to4[] = { 0xc6, 0x12, 0,
				    2 }, to6[16] = "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\2";
	__u8 own4[4], own6[16];
	struct packet p4, p6;
	struct verdict v;

	packet_build(&v4, &p4);
	packet_build(&v6, &p6);
	for (int i = 0; i < 32; i++) { /* each bit of the address, and none, is looked at */
		memcpy(own4, to4, 4);
		own4[i / 8] ^= 1 << i % 8;
		ingress_own(g, own4, to6);
		ingress_run(g, p4.data, p4.len, &v);
		assert_int_equal(v.action, XDP_PASS);
		g->view->idle = 1;
		ingress_run(g, p6.data, p6.len, &v);
		assert_int_equal(v.action, XDP_REDIRECT);
	}
	for (int i = 0; i <= 128; i++) {
		memcpy(own6, to6, 16);
		if (i < 128)
			own6[i / 8] ^= 1 << i % 8;
		ingress_own(g, to4, own6);
		g->view->idle = 3;
		ingress_run(g, p6.data, p6.len, &v);
		assert_int_equal(v.action, i < 128 ? XDP_PASS : XDP_REDIRECT);
		ingress_run(g, p4.data, p4.len, &v);
		assert_int_equal(v.action, XDP_REDIRECT);
		g->view->done[0] = g->in->sent[0];
		g->view->done[1] = g->in->sent[1];
	}
	assert_int_equal(g->in->pass[SHUNT_PASS_ADDR], 32 + 128);
	ingress_own(g, to4, to6);
}

static void frames_for_another_mac_pass(void **state)
{
	struct packet_spec s = { .payload_len = 8 };
	struct packet p;
	struct verdict v;

	packet_build(&s, &p);
	for (int i = 1; i < 48; i++) { /* each bit but that of groups, which
					* are no concern of ours either */
		p.data[i / 8] ^= 1 << i % 8;
		ingress_run(g, p.data, p.len, &v);
		assert_int_equal(v.action, XDP_PASS);
		p.data[i / 8] ^= 1 << i % 8;
	}
	assert_int_equal(g->in->pass[SHUNT_PASS_MAC], 47);
	assert_int_equal(g->in->cls[0].arrived, 0);
}

static void a_receiver_without_addresses_gets_no_request(void **state)
{
	struct packet_spec v4 = { .payload_len = 8 }, v6 = { .v6 = 1, .payload_len = 8 };
	struct shunt_own none = { 0 };
	struct packet p;
	struct verdict v;

	ingress_set(g, "own", 0, &none);
	packet_build(&v4, &p);
	ingress_run(g, p.data, p.len, &v);
	assert_int_equal(v.action, XDP_PASS);
	packet_build(&v6, &p);
	ingress_run(g, p.data, p.len, &v);
	assert_int_equal(v.action, XDP_PASS);
	assert_int_equal(g->in->pass[SHUNT_PASS_ADDR], 2);
}

static void any_address_and_mac_are_right_where_the_configuration_says_so(void **state)
{
	struct packet_spec s = { .payload_len = 8 };
	struct shunt_cfg cfg;
	struct packet p;
	struct verdict v;

	ingress_get(g, "cfg", 0, &cfg);
	cfg.flags |= SHUNT_CFG_ANY_ADDR;
	ingress_set(g, "cfg", 0, &cfg);
	packet_build(&s, &p);
	p.data[5] ^= 1;
	p.data[p.l3 + 19] ^= 1;
	g->view->idle = 1;
	ingress_run(g, p.data, p.len, &v);
	assert_int_equal(v.action, XDP_REDIRECT);
}

static void a_queue_that_is_no_domain_passes_and_is_counted(void **state)
{
	struct packet_spec s = { .payload_len = 8 };
	struct shunt_ingress was = *g->in;
	struct packet p;
	struct verdict v;

	packet_build(&s, &p);
	g->dom->on = 0;
	ingress_run(g, p.data, p.len, &v);
	g->dom->on = 1;
	assert_int_equal(v.action, XDP_PASS);
	assert_memory_equal(&was, g->in, sizeof(was));
	assert_int_equal(g->in[SHUNT_QUEUES].pass[SHUNT_PASS_QUEUE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_packets_are_what_the_table_says, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(cut_at_any_byte_they_pass_for_the_reason_of_the_cut,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_addresses_of_the_host_pass, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(frames_for_another_mac_pass, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_receiver_without_addresses_gets_no_request,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			any_address_and_mac_are_right_where_the_configuration_says_so, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_queue_that_is_no_domain_passes_and_is_counted,
						set_up, tear_down),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
