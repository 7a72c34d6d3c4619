// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_rpc.c - calls of ONC RPC through the XDP program: classes by program, version and procedure
 */
/* link: tests/prog/ingress.c tests/prog/packet.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "ingress.h"
#include "packet.h"

#define CALC 400100
#define OTHER 100001
#define DEFAULT 0 /* classes */
#define QUICK 1
#define SLOW 2
#define RARE 3
#define WORDS 10 /* of a call without credentials and arguments */

static struct ingress *g;

/* CALC 1: quick, but procedure 4 is slow; CALC 3: rare; OTHER 3: quick, but the last is slow. */
static int set_up(void **state)
{
	struct shunt_program one = { htonl(CALC), htonl(1) }, three = { htonl(CALC), htonl(3) },
			     other = { htonl(OTHER), htonl(3) };

	g = ingress_load("build/bpf/fcfs.o", 4, 4);
	memset(one.cls, QUICK, sizeof(one.cls));
	one.cls[4] = SLOW;
	memset(three.cls, RARE, sizeof(three.cls));
	memset(other.cls, QUICK, sizeof(other.cls));
	other.cls[SHUNT_PROCEDURES - 2] = SLOW;
	ingress_set(g, "programs", SHUNT_PROGRAMS - 1, &one);
	ingress_set(g, "programs", 0, &three);
	ingress_set(g, "programs", 1, &other);
	/* Its programs go on at the map's begin. */
	ingress_port(g, PACKET_PORT,
		     (struct shunt_port){ .first = SHUNT_PROGRAMS - 1, .count = 2, .cls = DEFAULT,
					  .flags = SHUNT_PORT_ON | SHUNT_PORT_RPC });
	ingress_port(g, PACKET_PORT + 1,
		     (struct shunt_port){ .first = 1, .count = 1, .cls = RARE,
					  .flags = SHUNT_PORT_ON | SHUNT_PORT_RPC });
	return 0;
}

static int tear_down(void **state)
{
	ingress_free(g);
	return 0;
}

struct call {
	__u32 type, rpcvers, program, version, procedure;
};

/* The packet of a call, of so many bytes. */
static void build(struct packet *p, struct call c, __u16 port, __u32 len, bool v6)
{
	struct packet_spec s = { .dport = port, .payload_len = len, .v6 = v6 };
	__be32 words[WORDS] = { 7, htonl(c.type), htonl(c.rpcvers), htonl(c.program),
				htonl(c.version), htonl(c.procedure) };

	packet_build(&s, p);
	memcpy(p->data + p->payload, words, len < sizeof(words) ? len : sizeof(words));
}

/* The class that the packet was given; -1: it went on to the kernel, as no call. */
static int class_of(const struct packet *p)
{
	__u64 passed = g->in->pass[SHUNT_PASS_CALL];
	struct verdict v;

	g->view->idle = 1;
	g->view->done[0] = g->in->sent[0];
	ingress_run(g, p->data, p->len, &v);
	if (v.action == XDP_PASS) {
		assert_int_equal(g->in->pass[SHUNT_PASS_CALL], passed + 1);
		return -1;
	}
	assert_int_equal(v.action, XDP_REDIRECT);
	return v.meta.cls;
}

static int class_of_call(struct call c, __u16 port)
{
	struct packet p;

	build(&p, c, port, 4 * WORDS, false);
	return class_of(&p);
}

static void the_class_is_that_of_program_version_and_procedure(void **state)
{
	static const struct {
		struct call call;
		__u16 port;
		int cls;
	} table[] = {
		{ { 0, 2, CALC, 1, 0 }, PACKET_PORT, QUICK },
		{ { 0, 2, CALC, 1, 3 }, PACKET_PORT, QUICK },
		{ { 0, 2, CALC, 1, 4 }, PACKET_PORT, SLOW },
		{ { 0, 2, CALC, 1, 5 }, PACKET_PORT, QUICK },
		{ { 0, 2, CALC, 3, 4 }, PACKET_PORT, RARE },
		{ { 0, 2, OTHER, 3, 1 }, PACKET_PORT + 1, QUICK },
		{ { 0, 2, OTHER, 3, SHUNT_PROCEDURES - 2 }, PACKET_PORT + 1, SLOW },
		{ { 0, 2, OTHER, 3, SHUNT_PROCEDURES - 1 }, PACKET_PORT + 1, QUICK },
		{ { 0, 2, OTHER, 3, SHUNT_PROCEDURES }, PACKET_PORT + 1, QUICK },
		{ { 0, 2, OTHER, 3, ~0u }, PACKET_PORT + 1, QUICK },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(class_of_call(table[i].call, table[i].port), table[i].cls);
}

/* A worker answers them with an error. */
static void a_call_for_what_is_not_served_is_of_the_default_class_and_counted(void **state)
{
	static const struct call table[] = {
		{ 0, 2, CALC, 2, 4 }, /* another version */
		{ 0, 2, CALC + 1, 1, 4 },
		{ 0, 2, OTHER, 3, 1 }, /* of the other port */
		{ 0, 3, CALC, 1, 4 },  /* another version of RPC */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		__u64 spill = g->in->cls[DEFAULT].spill;

		assert_int_equal(class_of_call(table[i], PACKET_PORT), DEFAULT);
		assert_int_equal(g->in->cls[DEFAULT].spill, spill + 1);
	}
}

static void what_is_no_call_goes_to_the_kernel(void **state)
{
	assert_int_equal(class_of_call((struct call){ 1, 2, CALC, 1, 4 }, PACKET_PORT), -1);
	assert_int_equal(class_of_call((struct call){ ~0u, 2, CALC, 1, 4 }, PACKET_PORT), -1);
}

/* Up to the version of RPC it is none, up to the procedure one without a class of its own. */
/* Nor if the frame goes on behind the datagram, with what was cut off. */
static void a_call_that_is_cut_is_never_of_a_procedure_it_does_not_name(void **state)
{
	const struct call call = { 0, 2, CALC, 1, 4 };
	struct packet p, whole;

	for (int v6 = 0; v6 < 2; v6++) {
		build(&whole, call, PACKET_PORT, 4 * WORDS, v6);
		for (__u32 len = 0; len <= 4 * WORDS; len++) {
			int cls = len < 12 ? -1 : len < 24 ? DEFAULT : SLOW;

			build(&p, call, PACKET_PORT, len, v6);
			assert_int_equal(class_of(&p), cls);
			memcpy(p.data + p.len, whole.data + p.len, whole.len - p.len);
			p.len = whole.len;
			assert_int_equal(class_of(&p), cls);
		}
	}
}

static void other_ports_take_what_is_no_call(void **state)
{
	struct packet p;

	ingress_port(g, PACKET_PORT + 2, (struct shunt_port){ .cls = RARE,
							      .flags = SHUNT_PORT_ON });
	build(&p, (struct call){ 1, 2, CALC, 1, 4 }, PACKET_PORT + 2, 4 * WORDS, false);
	assert_int_equal(class_of(&p), RARE);
}

/* bpftool may have written anything. */
static void a_class_that_does_not_exist_is_counted_and_is_the_first(void **state)
{
	struct shunt_program one = { htonl(CALC), htonl(1) };
	__u64 bad = g->in->ev[SHUNT_EV_BAD_CLASS];

	memset(one.cls, 200, sizeof(one.cls));
	ingress_set(g, "programs", 9, &one);
	ingress_port(g, PACKET_PORT + 3,
		     (struct shunt_port){ .first = 9, .count = 255, .cls = 3,
					  .flags = SHUNT_PORT_ON | SHUNT_PORT_RPC });
	assert_int_equal(class_of_call((struct call){ 0, 2, CALC, 1, 4 }, PACKET_PORT + 3), 0);
	assert_int_equal(g->in->ev[SHUNT_EV_BAD_CLASS], bad + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_class_is_that_of_program_version_and_procedure),
		cmocka_unit_test(a_call_for_what_is_not_served_is_of_the_default_class_and_counted),
		cmocka_unit_test(what_is_no_call_goes_to_the_kernel),
		cmocka_unit_test(a_call_that_is_cut_is_never_of_a_procedure_it_does_not_name),
		cmocka_unit_test(other_ports_take_what_is_no_call),
		cmocka_unit_test(a_class_that_does_not_exist_is_counted_and_is_the_first),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
