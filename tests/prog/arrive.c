// SPDX-License-Identifier: BSD-2-Clause
/*
 * arrive.c - a request that has its class arrives at a policy that says what it is told
 */
#include "arrive.h"

struct ingress *g;
struct packet packet;
struct verdict v;
struct shunt_ingress was;

int load(void **state)
{
	struct packet_spec s = { .payload_len = 16 };

	g = ingress_load(*state, CORES, CLASSES);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON });
	packet_build(&s, &packet);
	return 0;
}

int unload(void **state)
{
	ingress_free(g);
	return 0;
}

void policy_says(int answer)
{
	g->view->knob[0] = answer;
}

void set_u32(const char *map, __u32 key, __u32 value)
{
	ingress_set(g, map, key, &value);
}

struct shunt_cfg cfg(void)
{
	struct shunt_cfg c;

	ingress_get(g, "cfg", 0, &c);
	return c;
}

void set_cfg(struct shunt_cfg c)
{
	ingress_set(g, "cfg", 0, &c);
}

__u32 arrive(void)
{
	struct shunt_ingress_class *n = &g->in->cls[CLS];

	was = *g->in;
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(n->arrived, was.cls[CLS].arrived + 1);
	assert_int_equal(n->arrived, n->steered + n->held + n->rejected + n->dropped + n->passed);
	return v.action;
}

void assert_held(void)
{
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_counted(cls[CLS].held);
	assert_counted(enq[CLS]);
	assert_int_equal(g->view->enq[CLS], g->in->enq[CLS]);
	assert_true(v.has_meta);
	assert_int_equal(v.meta.flags, SHUNT_META_HELD);
	assert_int_equal(v.meta.hold_seq, was.enq[CLS]);
	assert_true(v.meta.arrival_ns > 0);
}

void assert_steered(int core)
{
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_counted(cls[CLS].steered);
	assert_counted(sent[core]);
	assert_int_equal(g->view->sent[core], g->in->sent[core]);
	assert_true(v.has_meta);
	assert_int_equal(v.meta.flags, 0);
}
