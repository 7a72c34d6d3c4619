// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost.c - what the agent itself costs: CPU time, and how often it wakes
 */
#include <time.h>

#include "agent.h"
#include "cost.h"

#define SECOND_NS 1000000000ULL

/* Of all threads. */
static __u64 cpu_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void publish(struct shunt_agent *n, const struct cost *c, __u64 cpu, __u64 dt_ns)
{
	poke(n->cpu_ns, cpu);
	poke(n->turns, c->turns);
	poke(n->cpu_ppm, (__u32)((cpu - c->then_ns) * 1000000 / dt_ns));
	poke(n->turns_100s, (__u32)((c->turns - c->then_turns) * 100 * SECOND_NS / dt_ns));
}

void cost_tick(struct agent *a)
{
	struct cost *c = &a->cost;
	__u64 cpu, dt_ns = a->now_ns - c->at_ns;

	if (dt_ns < SECOND_NS)
		return;
	cpu = cpu_ns();
	for (int i = 0; a->maps.agent && c->at_ns && i < SHUNT_DOMAINS; i++) {
		if (a->maps.domains[i].on)
			publish(&a->maps.agent[i], c, cpu, dt_ns);
	}
	c->at_ns = a->now_ns;
	c->then_ns = cpu;
	c->then_turns = c->turns;
}
