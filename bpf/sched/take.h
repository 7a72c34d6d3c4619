/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * take.h - what waits for a CPU, and which of it the policy gives to that CPU
 *
 * The threads of a class wait in a queue of the kernel's (DSQ). Whatever the policy answers, a
 * thread that may run on the CPU is taken if there is one: select() is asked again where a class
 * had none for this CPU, and what it refuses is overruled.
 */
#pragma once

#include "maps.h"

#define DSQ(cls) (0x73680000ULL + (cls))
#define LOOK_AT 8 /* threads of a queue, for one that may run here; the kernel looks at all */

static __always_inline int sched_needs(enum shunt_policy_flags flag)
{
	return !!((int)shunt_policy_flags & flag);
}

/* Since when the first thread of the class that may run on this CPU waits; 0: none may, of those
 * that are looked at; and 1 if there are more. */
__noinline __u64 sched_head(__u32 cls, __u32 cpu)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	struct thread *t;
	__u64 at = 0;
	int n = 0;

	bpf_iter_scx_dsq_new(&it, DSQ(cls), 0);
	while ((p = bpf_iter_scx_dsq_next(&it))) {
		if (n++ >= LOOK_AT) {
			at = 1;
			break;
		}
		if (!bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		t = get_thread(p);
		at = t && t->at_ns ? t->at_ns : 1;
		break;
	}
	bpf_iter_scx_dsq_destroy(&it);
	return at;
}

/* The classes that have something for this CPU, a bit each, as far as is looked; notes their heads
 * for the policy. */
__noinline __u32 sched_waiting(__u32 cpu, __u64 now)
{
	struct shunt_view *v = get_view();
	struct shunt_sched_cfg *c = get_cfg();
	__u32 waiting = 0;
	__u64 at;

	if (!v || !c)
		return 0;
	for (__u32 cls = 0; cls < SHUNT_CLASSES; cls++) {
		if (cls >= c->nclasses)
			break;
		if (scx_bpf_dsq_nr_queued(DSQ(cls)) <= 0)
			continue;
		at = sched_head(cls, cpu);
		if (!at)
			continue;
		waiting |= 1 << cls;
		at = at == 1 ? now : at;
		v->core[shunt_index(cpu, SHUNT_CORES)].heads.head_ns[cls] = at;
		v->core[shunt_index(cpu, SHUNT_CORES)].heads.queued_ns[cls] = at;
	}
	return waiting;
}

/* The running thread, whose slice is over, is its class's head, for the policy. */
static __always_inline void note_running(struct shunt_view *v, __u32 cpu, __u32 cls, __u64 at,
					 __u64 queued)
{
	struct shunt_core_heads *h = &v->core[shunt_index(cpu, SHUNT_CORES)].heads;

	h->head_ns[shunt_index(cls, SHUNT_CLASSES)] = at;
	h->queued_ns[shunt_index(cls, SHUNT_CLASSES)] = queued;
}

#define SCHED_OVERRULED 0x100
#define SCHED_GO_ON 0x200 /* the running thread goes on */

/* A class of those that wait; SCHED_OVERRULED with it if the policy named none of them. */
__noinline __u32 sched_ask(__u32 cpu, __u32 waiting, __u32 run_cls, __u64 now)
{
	struct shunt_view *v = get_view();
	struct shunt_event ev = { .now_ns = now, .waiting = waiting, .core = cpu,
				  .run_cls = run_cls };
	int said;

	if (!v || !waiting)
		return SCHED_GO_ON;
	said = select(v, &ev);
	if (said >= 0 && said < SHUNT_CLASSES && waiting >> said & 1)
		return said;
	if (run_cls < SHUNT_CLASSES)
		return SCHED_GO_ON;
	return shunt_first(waiting & 0xffff) | SCHED_OVERRULED;
}
