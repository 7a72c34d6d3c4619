// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_sum.c - checksums, where XDP is to verify them: right ones of every length are requests,
 * each bit that is turned over is found, and what is not to be verified is not
 */
/* link: tests/prog/ingress.c tests/prog/packet.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>

#include "ingress.h"
#include "packet.h"

#define REQUEST SHUNT_NR_DENY

static struct ingress *g;

static int set_up(void **state)
{
	g = ingress_load("build/bpf/fcfs.o", 1, 1);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .flags = SHUNT_PORT_ON });
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	assert_int_equal(bpf_xdp_attach(1, g->prog, XDP_FLAGS_SKB_MODE, NULL), 0);
	return 0;
}

static int tear_down(void **state)
{
	ingress_free(g);
	return 0;
}

static void verify(enum shunt_verify what)
{
	struct shunt_cfg cfg;

	ingress_get(g, "cfg", 0, &cfg);
	cfg.verify = what;
	ingress_set(g, "cfg", 0, &cfg);
}

/* The reason to deny under which the packet was counted; REQUEST: it was taken for one. */
static int seen(const struct packet *p)
{
	__u64 was[SHUNT_NR_DENY], arrived = g->in->cls[0].arrived;
	struct verdict v;

	memcpy(was, g->in->deny, sizeof(was));
	g->view->idle = 1;
	g->view->done[0] = g->in->sent[0];
	ingress_run(g, p->data, p->len, &v);
	for (int i = 0; i < SHUNT_NR_DENY; i++) {
		if (g->in->deny[i] == was[i])
			continue;
		assert_int_equal(v.action, XDP_DROP);
		assert_int_equal(g->in->cls[0].arrived, arrived);
		return i;
	}
	assert_int_equal(v.action, XDP_REDIRECT);
	return REQUEST;
}

static void right_ones_of_any_length_are_requests(void **state)
{
	struct packet_spec s = { .sums = 1 };
	struct packet p;

	verify(SHUNT_VERIFY_UDP);
	for (int kind = 0; kind < 6; kind++) {
		s.v6 = kind & 1;
		s.tags = kind / 2;
		for (s.payload_len = 0; s.payload_len <= 1452; s.payload_len++) {
			s.pad = s.payload_len % 7;
			packet_build(&s, &p);
			if (seen(&p) != REQUEST)
				fail_msg("IPv%d, %d tags, %d bytes: denied", s.v6 ? 6 : 4, s.tags,
					 s.payload_len);
		}
	}
}

/* All bits from the IP header's addresses on, and of an IPv4 header those that the parser does not
 * look at. */
static void each_bit_that_is_turned_over_is_found(void **state)
{
	static const __u16 lens[] = { 0, 1, 7, 8, 9, 63, 64, 65, 511, 513, 1024 };
	struct packet_spec s = { .sums = 1, .payload = "\x81\x42", .pad = 3 };
	struct packet p;

	verify(SHUNT_VERIFY_UDP);
	for (s.v6 = 0; s.v6 <= 1; s.v6++) {
		for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
			s.payload_len = lens[i];
			packet_build(&s, &p);
			for (__u32 bit = (p.l4 + 6) * 8; bit < p.end * 8; bit++) {
				p.data[bit / 8] ^= 1 << bit % 8;
				if (seen(&p) != SHUNT_DENY_UDP_SUM)
					fail_msg("IPv%d, %u bytes, bit %u of byte %u: not found",
						 s.v6 ? 6 : 4, lens[i], bit % 8, bit / 8 - p.l4);
				p.data[bit / 8] ^= 1 << bit % 8;
			}
		}
	}
}

static void a_wrong_header_checksum_is_found(void **state)
{
	struct packet_spec s = { .sums = 1, .payload_len = 16 };
	struct packet p;

	packet_build(&s, &p);
	p.data[p.l3 + 8]--; /* a router that forgot the checksum */
	for (int what = SHUNT_VERIFY_OFF; what <= SHUNT_VERIFY_UDP; what++) {
		verify(what);
		assert_int_equal(seen(&p), what ? SHUNT_DENY_IP_SUM : REQUEST);
	}
}

static void udp_is_verified_only_where_it_is_to_be(void **state)
{
	struct packet_spec s = { .sums = 1, .payload_len = 16 };
	struct packet p;

	packet_build(&s, &p);
	p.data[p.payload] ^= 4;
	for (int what = SHUNT_VERIFY_OFF; what <= SHUNT_VERIFY_UDP; what++) {
		verify(what);
		assert_int_equal(seen(&p), what == SHUNT_VERIFY_UDP ? SHUNT_DENY_UDP_SUM : REQUEST);
	}
}

/* RFC 768: none was made. RFC 8200: over IPv6 there always is one. */
static void no_checksum_is_right_for_ipv4_alone(void **state)
{
	struct packet_spec s = { .sums = 1, .payload_len = 16 };
	struct packet p;

	verify(SHUNT_VERIFY_UDP);
	packet_build(&s, &p);
	memset(p.data + p.l4 + 6, 0, 2);
	assert_int_equal(seen(&p), REQUEST);
	s.v6 = 1;
	packet_build(&s, &p);
	memset(p.data + p.l4 + 6, 0, 2);
	assert_int_equal(seen(&p), SHUNT_DENY_UDP_SUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_ones_of_any_length_are_requests),
		cmocka_unit_test(each_bit_that_is_turned_over_is_found),
		cmocka_unit_test(a_wrong_header_checksum_is_found),
		cmocka_unit_test(udp_is_verified_only_where_it_is_to_be),
		cmocka_unit_test(no_checksum_is_right_for_ipv4_alone),
	};

	ingress_need();
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
