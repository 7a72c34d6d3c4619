// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_parse_random.c - random packets and rules: XDP and an independent parser see the same
 *
 * Half of the packets are valid ones with a few octets changed, a quarter is put together from
 * headers that do not fit, a quarter is noise behind a plausible start. Rules, ports and addresses
 * change every 500 packets. SEED and COUNT in the environment repeat a run.
 */
/* link: tests/prog/ingress.c tests/prog/packet.c tests/prog/oracle.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "ingress.h"
#include "oracle.h"
#include "packet.h"

#define PORTS 8 /* in use: PACKET_PORT and the next */
#define ROUND 500
#define CLASSES 5

static struct ingress *g;
static struct oracle o;
static struct rng rng;

static __u32 below(__u32 n)
{
	return rng_below(&rng, n);
}

static bool once_in(__u32 n)
{
	return !below(n);
}

/* --- configuration ------------------------------------------------------------------------- */

/* Few bits, low offsets and small values, so that rules do match; some are noise. */
static struct shunt_rule random_rule(void)
{
	struct shunt_rule r = { .cls = below(once_in(20) ? 256 : CLASSES) };
	__u8 *value = (__u8 *)&r.value, *mask = (__u8 *)&r.mask;

	r.offset = once_in(4) ? rng_next(&rng) : below(24);
	if (once_in(30)) {
		r.value = rng_next(&rng);
		r.mask = rng_next(&rng);
		return r;
	}
	for (__u32 i = 0, n = 1 + below(2); i < n; i++) {
		__u32 at = below(8);

		mask[at] = once_in(2) ? 0xff : 1 << below(8);
		value[at] = (once_in(2) ? r.offset + at : below(256)) & mask[at];
	}
	return r;
}

/* Two programs and three versions, so that calls do match. */
static struct shunt_program random_program(void)
{
	struct shunt_program p = { htonl(below(2)), htonl(below(3)) };

	for (int i = 0; i < SHUNT_PROCEDURES; i++)
		p.cls[i] = below(once_in(20) ? 256 : CLASSES);
	return p;
}

static void random_config(void)
{
	o.cfg.flags = once_in(4) ? SHUNT_CFG_ANY_ADDR : 0;
	memcpy(o.own4, "\xc6\x12\x00\x02", 4);
	memcpy(o.own6, "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\2", 16);
	if (once_in(20)) {
		o.own4[below(4)] ^= 1;
		o.own6[below(16)] ^= 1;
	}
	ingress_own(g, o.own4, o.own6);
	ingress_set(g, "cfg", 0, &o.cfg);
	for (__u32 i = 0; i < SHUNT_RULES; i++) {
		if (once_in(4)) {
			o.rules[i] = random_rule();
			ingress_set(g, "rules", i, &o.rules[i]);
		}
	}
	for (__u32 i = 0; i < SHUNT_PROGRAMS; i++) {
		if (once_in(4)) {
			o.programs[i] = random_program();
			ingress_set(g, "programs", i, &o.programs[i]);
		}
	}
	for (__u32 i = 0; i < PORTS; i++) {
		struct shunt_port port = {
			.first = once_in(10) ? rng_next(&rng) : below(SHUNT_RULES),
			.count = once_in(10) ? below(256) : once_in(4) ? 0 : below(6),
			.cls = below(once_in(20) ? 256 : CLASSES),
			.flags = (once_in(8) ? 0 : SHUNT_PORT_ON) |
				 (once_in(3) ? SHUNT_PORT_RPC : 0) |
				 (once_in(4) ? SHUNT_PORT_SERVICE : 0),
			.key_off = once_in(3) ? rng_next(&rng) : below(SHUNT_OFFSET_MAX + 1),
		};

		o.ports[PACKET_PORT + i] = port;
		ingress_port(g, PACKET_PORT + i, port);
	}
}

/* --- packets ---------------------------------------------------------------------------------- */

/* NULL, the usual one; or one that makes no sense, for either family. */
static const char *any_source(void)
{
	static char noise[16];

	if (!once_in(20))
		return NULL;
	for (int i = 0; i < 16; i++)
		noise[i] = rng_next(&rng);
	switch (below(4)) {
	case 0:
		memset(noise, 0, 8);
		break;
	case 1:
		noise[0] = once_in(2) ? 127 : (char)255;
		break;
	case 2:
		memcpy(noise, once_in(2) ? "\xc6\x12\0\2" : "\xfd\x00\x01\x98", 4);
		memcpy(noise + 4, "\x00\x18\0\0\0\0\0\0\0\0\0\2", 12);
	}
	return noise;
}

/* A call of ONC RPC, where there is room. */
static void any_call(struct packet *p)
{
	__be32 head[6] = { 7, htonl(once_in(8)), htonl(2 + once_in(8)), htonl(below(3)),
			   htonl(below(4)), htonl(once_in(8) ? ~0u : below(SHUNT_PROCEDURES + 2)) };
	__u32 room = p->len - p->payload;

	memcpy(p->data + p->payload, head, room < sizeof(head) ? room : sizeof(head));
}

static void any_valid(struct packet *p)
{
	static const __u16 tpids[] = { 0x8100, 0x88a8 };
	struct packet_spec s = {
		.v6 = once_in(2), .tags = once_in(2) ? 0 : below(3),
		.tpid = { tpids[below(2)], tpids[below(2)] }, .from = any_source(),
		.sport = once_in(50) ? PACKET_PORT + below(PORTS) : 1 + below(65535),
		.dport = PACKET_PORT + below(PORTS), .payload_len = below(40),
		.pad = once_in(4) ? below(20) : 0,
	};

	packet_build(&s, p);
	if (once_in(3))
		any_call(p);
}

static void any_ill_fitting(struct packet *p)
{
	static const __u16 types[] = { 0x8100, 0x88a8, 0x9100, 0x0800, 0x86dd, 0x0806 };
	static const __u8 protos[] = { 0, 17, 17, 17, 6, 1, 58, 0, 43, 44, 50, 51, 60, 135 };
	struct packet_spec s = {
		.v6 = once_in(2), .tags = below(4),
		.tpid = { types[below(3)], types[below(3)], types[below(3)] },
		.ethertype = once_in(4) ? types[below(6)] : 0, .multicast = once_in(10),
		.ip_version = once_in(10) ? below(16) : 0, .options = once_in(6) ? below(11) : 0,
		.frag = once_in(6) ? rng_next(&rng) : 0, .proto = protos[below(sizeof(protos))],
		.ext = once_in(6) ? 1 + below(256) : 0,
		.ip_len_add = once_in(3) ? (int)below(9) - 4 : 0,
		.udp_len_add = once_in(3) ? (int)below(9) - 4 : 0,
		.no_sport = once_in(10), .dport = PACKET_PORT + below(PORTS + 2),
		.payload_len = below(20), .pad = once_in(3) ? below(20) : 0,
	};

	packet_build(&s, p);
}

static void noise(struct packet *p, __u32 from)
{
	for (__u32 i = from; i < p->len; i++)
		p->data[i] = rng_next(&rng);
}

/* A few octets of the headers, sometimes of the payload; sometimes the frame is cut. */
static void mutate(struct packet *p)
{
	for (__u32 n = 1 + below(3); n; n--) {
		__u8 *at = &p->data[below(once_in(4) ? p->len : p->payload)];

		if (once_in(2))
			*at ^= 1 << below(8);
		else
			*at = once_in(3) ? below(2) * 255 : rng_next(&rng);
	}
	if (once_in(5))
		p->len = 14 + below(p->len - 13);
}

static void random_packet(struct packet *p)
{
	switch (below(4)) {
	case 0:
		any_ill_fitting(p);
		break;
	case 1:
		any_valid(p);
		noise(p, once_in(2) ? p->l3 : once_in(2) ? p->l4 : once_in(4) ? 0 : p->payload);
		break;
	default:
		any_valid(p);
		mutate(p);
	}
}

/* --- comparison ------------------------------------------------------------------------------- */

static void dump(const struct packet *p)
{
	for (__u32 i = 0; i < p->len; i++)
		print_message("%02x%s", p->data[i], i % 16 == 15 ? "\n" : " ");
	print_message("\n");
}

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			dump(p);                                                                   \
			fail_msg("packet above: not " #cond "; oracle: request %d, reason %d, "    \
				 "class %u; XDP: action %u, class %u", s.request, s.why, s.cls,    \
				 v.action, v.has_meta ? v.meta.cls : 255);                         \
		}                                                                                  \
	} while (0)

static void compare(const struct packet *p, __u64 *seen)
{
	struct sight s = oracle_look(&o, p->data, p->len);
	struct shunt_ingress then = *g->in;
	struct verdict v;

	g->view->idle = 1;
	g->view->done[0] = then.sent[0];
	ingress_run(g, p->data, p->len, &v);
	if (s.request) {
		then.id++;
		then.sent[0]++;
		then.ev[SHUNT_EV_BAD_CLASS] += s.bad_class;
		then.cls[s.cls].arrived++;
		then.cls[s.cls].steered++;
		then.cls[s.cls].spill += s.spill;
		CHECK(v.action == XDP_REDIRECT);
		CHECK(v.has_meta);
		CHECK(v.meta.cls == s.cls);
		CHECK(v.meta.payload == s.payload);
		CHECK(v.meta.len == s.len);
		CHECK(v.meta.flags == (s.v6 ? SHUNT_META_IPV6 : 0));
	} else if (s.deny != SHUNT_NR_DENY) {
		then.deny[s.deny]++;
		CHECK(v.action == XDP_DROP);
	} else {
		then.pass[s.why]++;
		CHECK(v.action == XDP_PASS);
		CHECK(!v.has_meta);
	}
	CHECK(!memcmp(&then, g->in, sizeof(then)));
	if (s.request || s.deny == SHUNT_NR_DENY)
		seen[s.request ? SHUNT_NR_PASS + s.cls : s.why]++;
}

static void xdp_and_an_independent_parser_see_the_same(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 10000000 : 500000);
	__u64 seen[SHUNT_NR_PASS + SHUNT_CLASSES] = { 0 };
	struct packet p;

	rng.state = env_number("SEED", time(NULL));
	print_message("seed %#llx, %llu packets\n", (unsigned long long)rng.state,
		      (unsigned long long)count);
	for (__u64 i = 0; i < count; i++) {
		if (i % ROUND == 0)
			random_config();
		random_packet(&p);
		compare(&p, seen);
	}
	/* Every outcome was tried many times, or this test has become blind. */
	for (int i = 0; i < SHUNT_NR_PASS + CLASSES; i++) {
		if (i != SHUNT_PASS_QUEUE && seen[i] < count / 1000)
			fail_msg("outcome %d came only %llu times", i, (unsigned long long)seen[i]);
	}
	for (int i = 0; i <= SHUNT_DENY_PORT; i++) {
		if (g->in->deny[i] < count / 10000)
			fail_msg("reason %d to deny came only %llu times", i,
				 (unsigned long long)g->in->deny[i]);
	}
	assert_true(g->in->ev[SHUNT_EV_BAD_CLASS] > count / 10000);
}

static int set_up(void **state)
{
	g = ingress_load("build/bpf/fcfs.o", 1, CLASSES);
	ingress_get(g, "cfg", 0, &o.cfg);
	return 0;
}

static int tear_down(void **state)
{
	ingress_free(g);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_and_an_independent_parser_see_the_same),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
