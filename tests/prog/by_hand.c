// SPDX-License-Identifier: BSD-2-Clause
/*
 * by_hand.c - views made by hand, and what a policy answers about them
 */
#include "by_hand.h"

struct ingress *g;
static struct native n;
struct shunt_view *v;
__u64 now = NOW;

int load(void **state)
{
	char object[64];

	snprintf(object, sizeof(object), "build/bpf/%s.o", (char *)*state);
	g = ingress_load(object, 4, 4);
	native_load(&n, object);
	assert_string_equal(n.desc->name, *state);
	v = g->view;
	return 0;
}

int unload(void **state)
{
	native_free(&n);
	ingress_free(g);
	return 0;
}

__u32 policy_flags(void)
{
	return n.desc->flags;
}

int ask(enum shunt_ask_op op, struct shunt_event ev)
{
	int bpf;

	ev.now_ns = now;
	ev.run_cls = SHUNT_NONE;
	bpf = ingress_ask(g, op, &ev);
	assert_int_equal(native_ask(&n, op, v, &ev), bpf);
	return bpf;
}

int steer(struct shunt_event ev)
{
	return ask(SHUNT_ASK_STEER, ev);
}

int selects(__u16 waiting, __u8 core)
{
	return ask(SHUNT_ASK_SELECT, (struct shunt_event){ .waiting = waiting, .core = core });
}

void head_is(int cls, __u64 ns)
{
	for (int i = 0; i < SHUNT_CORES; i++)
		v->core[i].heads.head_ns[cls] = v->core[i].heads.queued_ns[cls] = ns;
}

void waited(int cls, __u64 ns)
{
	head_is(cls, NOW - ns);
}

void load_is(int core, __u32 load)
{
	v->sent[core] = 0xfffffffe + load; /* the counts wrap */
	v->done[core] = 0xfffffffe;
}

void backlog_is(int cls, __u32 n)
{
	v->enq[cls] = 0xfffffffe + n;
	v->deq[cls] = 0xfffffffe;
}

void served(int cls, __u32 rate, __u32 us)
{
	v->rate[cls] = rate;
	v->mean_ns[cls] = us * US;
}

__u64 planned(int i)
{
	__u64 use = v->plan[0].use;

	ask(SHUNT_ASK_PLAN, (struct shunt_event){ 0 });
	v->plan[0].use = use ^ 1;
	return v->plan[0].word[(use & 1) ^ 1][i];
}
