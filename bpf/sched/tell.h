/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * tell.h - what becomes of threads, for the counts, the view and the policy
 */
#pragma once

#include "maps.h"

/* 1: the running thread, whose slice is over, is queued before the others of its class. */
static __always_inline int sched_requeue(struct shunt_view *v, __u32 cpu, const struct thread *t,
					 __u64 now)
{
#if SHUNT_HAS(REQUEUE)
	struct shunt_event ev = { .now_ns = now, .run_ns = t->at_ns, .cls = t->cls, .core = cpu,
				  .run_cls = SHUNT_NONE };

	return requeue(v, &ev) == SHUNT_HEAD;
#else
	return 0;
#endif
}

static __always_inline void tell_runs(__u32 cpu, const struct thread *t)
{
	struct shunt_view *v = get_view();
	struct shunt_core_run *run;

	if (!v)
		return;
	run = &v->core[shunt_index(cpu, SHUNT_CORES)].run;
	run->state = 1;
	run->cls = t->cls;
	run->id = 1;
}

static __always_inline void tell_stops(__u32 cpu, struct thread *t, bool runnable)
{
	__u64 ran_ns = bpf_ktime_get_ns() - t->began_ns;
	struct shunt_view *v = get_view();
	struct shunt_sched_counts *n = get_counts(t->cls);

	if (v)
		v->core[shunt_index(cpu, SHUNT_CORES)].run.id = 0;
	t->ran_ns += ran_ns;
	if (!n)
		return;
	n->ran_ns += ran_ns;
	n->preempted += runnable;
}

static __always_inline void leave_queue(struct thread *t)
{
	struct shunt_view *v = get_view();

	t->held = 0;
	if (v)
		__sync_fetch_and_add(&v->deq[shunt_index(t->cls, SHUNT_CLASSES)], 1);
}

static __always_inline void count_start(__u32 cpu, struct thread *t)
{
	struct shunt_sched_counts *n = get_counts(t->cls);
	struct place *here = get_place(cpu);

	leave_queue(t);
	if (!n || !here)
		return;
	if (here->how == HOW_FALLBACK)
		n->fallback++;
	else if (here->how == HOW_REFUSED)
		n->refused++;
	else if (here->how == HOW_TAKEN)
		n->taken++;
	else
		n->kernel++;
	here->how = HOW_KERNEL;
}

static __always_inline void count_withdrawn(struct thread *t)
{
	struct shunt_sched_counts *n = get_counts(t->cls);

	leave_queue(t);
	if (n)
		n->withdrawn++;
}

/* It blocked: what was a request has ended. */
static __always_inline void tell_ended(__u32 cpu, struct thread *t)
{
	struct shunt_sched_counts *n = get_counts(t->cls);

#if SHUNT_HAS(DONE)
	struct shunt_view *v = get_view();
	struct shunt_event ev = { .now_ns = bpf_ktime_get_ns(), .run_ns = t->at_ns, .cls = t->cls,
				  .core = cpu, .run_cls = SHUNT_NONE, .steered = SHUNT_NONE,
				  .service_ns = t->ran_ns < ~0U ? t->ran_ns : ~0U };

	if (v)
		done(v, &ev);
#endif
	if (n)
		n->ended++;
	t->ran_ns = 0;
}
