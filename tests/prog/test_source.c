// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_source.c - sources that must not be answered: each kind is dropped under its name and is no
 * request; their neighbours, private and test networks are requests
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

#define OTHER_PORT 9007 /* a service, too */
#define QUIET_PORT (PACKET_PORT + 64) /* none, but its bit in cfg is that of PACKET_PORT */
#define REQUEST SHUNT_NR_DENY

static struct ingress *g;

struct source {
	struct packet_spec spec;
	int want; /* enum shunt_deny, or REQUEST */
};

#define V4(name, a, b, c, d, want)                                                     \
	{                                                                              \
		{ name, .from = (const char[]){ a, b, c, d }, .payload_len = 8 }, want \
	}
#define V6(name, text, want) { { name, .v6 = 1, .from = text, .payload_len = 8 }, want }

static const struct source table[] = {
	V4("0.0.0.0", 0, 0, 0, 0, SHUNT_DENY_SOURCE),
	V4("0.255.255.255", 0, 255, 255, 255, SHUNT_DENY_SOURCE),
	V4("1.0.0.0", 1, 0, 0, 0, REQUEST),
	V4("126.255.255.255", 126, 255, 255, 255, REQUEST),
	V4("127.0.0.1", 127, 0, 0, 1, SHUNT_DENY_SOURCE),
	V4("127.255.255.255", 127, 255, 255, 255, SHUNT_DENY_SOURCE),
	V4("128.0.0.1", 128, 0, 0, 1, REQUEST),
	V4("223.255.255.255", 223, 255, 255, 255, REQUEST),
	V4("224.0.0.0", 224, 0, 0, 0, SHUNT_DENY_SOURCE),
	V4("239.255.255.255", 239, 255, 255, 255, SHUNT_DENY_SOURCE),
	V4("240.0.0.0", 240, 0, 0, 0, SHUNT_DENY_SOURCE),
	V4("255.255.255.255", 255, 255, 255, 255, SHUNT_DENY_SOURCE),
	V4("10.0.0.1", 10, 0, 0, 1, REQUEST),
	V4("172.16.0.1", 172, 16, 0, 1, REQUEST),
	V4("192.168.0.1", 192, 168, 0, 1, REQUEST),
	V4("169.254.0.1", 169, 254, 0, 1, REQUEST),
	V4("100.64.0.1", 100, 64, 0, 1, REQUEST),
	V4("198.19.255.254", 198, 19, 255, 254, REQUEST),
	V4("the receiver's own", 198, 18, 0, 2, SHUNT_DENY_OWN),
	V6("::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", SHUNT_DENY_SOURCE),
	V6("::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", SHUNT_DENY_SOURCE),
	V6("::ffff:10.0.0.1", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", SHUNT_DENY_SOURCE),
	V6("::10.0.0.1", "\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\1", SHUNT_DENY_SOURCE),
	V6("::ffff:0:10.0.0.1", "\0\0\0\0\0\0\0\0\xff\xff\0\0\x0a\0\0\1", SHUNT_DENY_SOURCE),
	V6("64:ff9b::10.0.0.1 (NAT64)", "\0\x64\xff\x9b\0\0\0\0\0\0\0\0\x0a\0\0\1", REQUEST),
	V6("0:0:0:1::1", "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", REQUEST),
	V6("2001:db8::1", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", REQUEST),
	V6("fc00::1", "\xfc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", REQUEST),
	V6("fe80::1", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", REQUEST),
	V6("feff:ffff::1", "\xfe\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\1", REQUEST),
	V6("ff00::", "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", SHUNT_DENY_SOURCE),
	V6("ff02::1", "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", SHUNT_DENY_SOURCE),
	V6("the receiver's own IPv6", "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\2",
	   SHUNT_DENY_OWN),
	V6("its neighbour's", "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\3", REQUEST),
	{ { "a group's MAC", .group = 1, .payload_len = 8 }, SHUNT_DENY_MAC },
	{ { "a group's MAC, IPv6", .v6 = 1, .group = 1, .payload_len = 8 }, SHUNT_DENY_MAC },
	{ { "the service's own port", .sport = PACKET_PORT, .payload_len = 8 }, SHUNT_DENY_PORT },
	{ { "the service's own port, IPv6", .v6 = 1, .sport = PACKET_PORT, .payload_len = 8 },
	  SHUNT_DENY_PORT },
	{ { "another port of the service", .sport = OTHER_PORT, .payload_len = 8 },
	  SHUNT_DENY_PORT },
	{ { "between its ports", .sport = PACKET_PORT, .dport = OTHER_PORT, .payload_len = 8 },
	  SHUNT_DENY_PORT },
	{ { "no port of it, with the same bit", .sport = QUIET_PORT, .payload_len = 8 }, REQUEST },
	{ { "no port of it, with the other bit", .sport = OTHER_PORT + 64, .payload_len = 8 },
	  REQUEST },
};

static int set_up(void **state)
{
	g = ingress_load("build/bpf/fcfs.o", 1, 1);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .flags = SHUNT_PORT_ON });
	ingress_port(g, OTHER_PORT, (struct shunt_port){ .flags = SHUNT_PORT_ON });
	return 0;
}

static int tear_down(void **state)
{
	ingress_free(g);
	return 0;
}

/* Tagged as well: the headers lie elsewhere then. */
static void check(const struct source *s, __u8 tags)
{
	struct packet_spec spec = s->spec;
	struct shunt_ingress then = *g->in;
	struct packet p;
	struct verdict v;

	spec.tags = tags;
	if (s->want == REQUEST) {
		then.id++;
		then.sent[0]++;
		then.cls[0].arrived++;
		then.cls[0].steered++;
	} else {
		then.deny[s->want]++;
	}
	packet_build(&spec, &p);
	g->view->idle = 1;
	g->view->done[0] = g->in->sent[0];
	ingress_run(g, p.data, p.len, &v);
	if (v.action != (s->want == REQUEST ? XDP_REDIRECT : XDP_DROP))
		fail_msg("'%s', %u tags: action %u", spec.name, tags, v.action);
	if (memcmp(&then, g->in, sizeof(then)))
		fail_msg("'%s', %u tags: counted otherwise than as reason %d", spec.name, tags,
			 s->want);
}

static void sources_that_cannot_be_answered_are_dropped_by_name(void **state)
{
	for (__u8 tags = 0; tags <= 2; tags++) {
		for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
			check(&table[i], tags);
	}
}

static void what_is_no_request_of_the_service_is_left_to_the_kernel(void **state)
{
	struct packet_spec s = { .from = "\x7f\0\0\1", .dport = QUIET_PORT, .payload_len = 8 };
	struct shunt_ingress then = *g->in;
	struct packet p;
	struct verdict v;

	packet_build(&s, &p);
	ingress_run(g, p.data, p.len, &v);
	then.pass[SHUNT_PASS_PORT]++;
	assert_int_equal(v.action, XDP_PASS);
	assert_memory_equal(&then, g->in, sizeof(then));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_that_cannot_be_answered_are_dropped_by_name),
		cmocka_unit_test(what_is_no_request_of_the_service_is_left_to_the_kernel),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
