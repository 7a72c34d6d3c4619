/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * staged.h - decisions that an agent has staged for this CPU: looked at once each, and counted
 *
 * The agent is not believed: whatever it wrote, a take looks at two decisions, and the kernel moves
 * a thread only from the queue in which it has been since before the version was compared. A thread
 * goes by a queue of the CPU (DSQ), from which the kernel takes what may run there.
 */
#pragma once

#include "take.h"

#define DSQ_OF_CPU(cpu) (0x73690000ULL + (cpu))

#define BARRIER(here) __sync_fetch_and_add(&(here)->fence, 1)

/* What is left in the CPU's queue goes back to the class's. */
__noinline int sched_put_back(__u32 cpu)
{
	__u64 flags = KERNEL_VALUE(scx_enq_flags, SCX_ENQ_HEAD);
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	struct thread *t;

	bpf_rcu_read_lock(); /* the program that starts the timer may sleep */
	bpf_iter_scx_dsq_new(&it, DSQ_OF_CPU(cpu & (SHUNT_CORES - 1)), 0);
	p = bpf_iter_scx_dsq_next(&it);
	t = p ? get_thread(p) : NULL;
	if (t)
		scx_bpf_dsq_move(&it, p, DSQ(t->cls & (SHUNT_CLASSES - 1)), flags);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

/* A whole copy of decision n, if it is there. The place is the agent's, who may be writing it. */
static __always_inline int read_decision(struct shunt_off_decision *d,
					 const volatile struct shunt_off_decision *from, __u32 n,
					 struct place *here)
{
	if (from->n != n)
		return 0;
	BARRIER(here); /* the number before the words */
	d->epoch = from->epoch;
	d->obj = from->obj;
	d->ver = from->ver;
	d->op = from->op;
	d->cls = from->cls;
	d->core = from->core;
	d->quantum_us = from->quantum_us;
	d->until_ns = from->until_ns;
	BARRIER(here); /* the words before the second look */
	return from->n == n;
}

static __always_inline int is_possible(const struct shunt_sched_offload *o,
				       const struct shunt_off_decision *d, __u32 cpu)
{
	return d->epoch == o->ctl.epoch &&
	       (d->op == SHUNT_OP_RUN || d->op == SHUNT_OP_PREEMPT) &&
	       d->cls < o->ctl.nclasses && d->cls < SHUNT_CLASSES &&
	       d->obj < SHUNT_SCHED_OBJECTS && !(d->ver & 1) && d->core == cpu;
}

/* A slice that the agent asks for; it is no longer than the class's. */
static __always_inline __u64 bounded_slice(__u64 is, __u32 us)
{
	__u64 ns = 1000ULL * (us < SHUNT_SCHED_SLICE_MIN_US ? SHUNT_SCHED_SLICE_MIN_US : us);

	return us && ns < is ? ns : is;
}

/* The thread, if it is the one, in that version, and waits: onto this CPU. */
static __always_inline enum shunt_off_verdict
move_named(struct bpf_iter_scx_dsq *it, struct task_struct *p, const struct shunt_off_decision *d,
	   __u32 cpu)
{
	struct thread *t = get_thread(p);

	if (!t || t->obj != d->obj || t->ver != d->ver || t->cls != d->cls)
		return SHUNT_OFF_STALE;
	if (!t->held || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
		return SHUNT_OFF_BUSY;
	p->scx.slice = bounded_slice(p->scx.slice, d->quantum_us);
	return scx_bpf_dsq_move(it, p, DSQ_OF_CPU(cpu), 0) ? SHUNT_OFF_TAKEN : SHUNT_OFF_BUSY;
}

/* The queue is looked at before the version: what came into it later does not move. */
static __noinline int take_named(struct shunt_sched_offload *o, struct shunt_off_decision *d,
				 __u32 cpu)
{
	const struct shunt_off_object *b = &o->object[d->obj & (SHUNT_SCHED_OBJECTS - 1)];
	enum shunt_off_verdict v = SHUNT_OFF_GONE;
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;

	if (b->state == SHUNT_OBJ_NONE)
		return SHUNT_OFF_GONE;
	if (b->ver != d->ver)
		return SHUNT_OFF_STALE;
	p = bpf_task_from_pid(b->key);
	if (!p)
		return SHUNT_OFF_GONE;
	bpf_iter_scx_dsq_new(&it, DSQ(d->cls & (SHUNT_CLASSES - 1)), 0);
	v = move_named(&it, p, d, cpu);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_task_release(p);
	if (v != SHUNT_OFF_TAKEN || scx_bpf_dsq_move_to_local(DSQ_OF_CPU(cpu)))
		return v;
	sched_put_back(cpu);
	return SHUNT_OFF_BUSY;
}

static __always_inline enum shunt_off_verdict apply(struct shunt_sched_offload *o,
						    struct shunt_off_decision *d, __u32 cpu,
						    __u64 now)
{
	if (!is_possible(o, d, cpu))
		return SHUNT_OFF_REFUSED;
	if (d->until_ns && now > d->until_ns)
		return SHUNT_OFF_LATE;
	if (d->obj)
		return take_named(o, d, cpu);
	return scx_bpf_dsq_move_to_local(DSQ(d->cls & (SHUNT_CLASSES - 1))) ? SHUNT_OFF_TAKEN
									    : SHUNT_OFF_BUSY;
}

static __always_inline void count_verdict(struct shunt_off_done *own, enum shunt_off_verdict v,
					  __u32 n)
{
	if (v < SHUNT_OFF_VERDICTS)
		own->count[v]++;
	own->taken = own->taken << 1 | (v == SHUNT_OFF_TAKEN);
	__sync_lock_test_and_set(&own->done, n); /* behind what was read of the decision */
}

/* 1: a thread was moved to this CPU by a decision of the agent's. runs: one there would go on, and
 * a decision that waits for a free CPU stays. */
static __always_inline int take_staged(struct place *here, __u32 cpu, int runs, __u64 now)
{
	struct shunt_sched_offload *o = get_offload();
	struct shunt_off_agent *a = NULL;
	struct shunt_off_done *own;
	struct shunt_off_decision d = {};
	enum shunt_off_verdict v;
	void *map;
	__u32 n;

	if (!o || !o->ctl.epoch)
		return 0;
	map = bpf_map_lookup_elem(&agents, &the_only);
	if (map)
		a = bpf_map_lookup_elem(map, &the_only);
	if (!a)
		return 0;
	cpu &= SHUNT_CORES - 1;
	own = &o->done[cpu];
	here->how = HOW_TAKEN;
	for (__u32 i = 0; i < SHUNT_OFF_DEPTH; i++) {
		n = own->done + 1;
		if (!read_decision(&d, &a->slot[cpu].place[n & (SHUNT_OFF_DEPTH - 1)].d, n, here))
			break;
		if (runs && d.op == SHUNT_OP_RUN)
			break;
		v = apply(o, &d, cpu, now);
		count_verdict(own, v, n);
		if (v == SHUNT_OFF_TAKEN)
			return 1;
	}
	here->how = HOW_KERNEL;
	return 0;
}

/* The policy has decided, in place. */
static __always_inline void count_own(__u32 cpu)
{
	struct shunt_sched_offload *o = get_offload();

	if (o && o->ctl.epoch)
		o->done[cpu & (SHUNT_CORES - 1)].fallback++;
}
