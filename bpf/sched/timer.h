/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * timer.h - every 10 ms: the operator's numbers into the view, plan(), and a look for what was
 * missed; every second: how long threads run
 */
#pragma once

#include "staged.h"

#define TURN_NS 10000000
#define CLOCK_MONOTONIC 1
#define MEASURE_TURNS 100

static __always_inline __u32 bounded_us(void *map, __u32 cls)
{
	__u32 *us = bpf_map_lookup_elem(map, &cls);

	return us ? shunt_min(*us, SHUNT_SLO_MAX_US) : 0;
}

/* A copy is the key: of a number whose address is taken the verifier forgets the bounds. */
static __always_inline __u64 number_at(void *map, __u32 i)
{
	__u64 *n = bpf_map_lookup_elem(map, &i);

	return n ? *n : 0;
}

static __always_inline void copy_numbers(struct shunt_view *v)
{
	for (__u32 cls = 0; cls < SHUNT_CLASSES; cls++) {
		v->slo_us[cls] = bounded_us(&slo_us, cls);
		v->quantum_us[cls] = bounded_us(&quantum_us, cls);
	}
	for (__u32 i = 0; i < SHUNT_KNOBS; i++)
		v->knob[i] = number_at(&knobs, i);
}

/* 1: an idle CPU that may run the class's first thread was there, and looks now. One that waits for
 * less than a turn has a CPU on its way, perhaps. */
__noinline int sched_wake_for(__u32 cls)
{
	__u64 before = bpf_ktime_get_ns() - TURN_NS;
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	struct thread *t;
	__s32 cpu = -1;

	bpf_rcu_read_lock(); /* the program that starts the timer may sleep */
	bpf_iter_scx_dsq_new(&it, DSQ(cls), 0);
	p = bpf_iter_scx_dsq_next(&it);
	t = p ? get_thread(p) : NULL;
	if (t && t->at_ns < before)
		cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	if (cpu >= 0)
		scx_bpf_kick_cpu(cpu, KERNEL_VALUE(scx_kick_flags, SCX_KICK_IDLE));
	return cpu >= 0;
}

static __always_inline void look_for_missed(struct shunt_sched_life *l)
{
	for (__u32 cls = 0; cls < SHUNT_CLASSES; cls++) {
		if (scx_bpf_dsq_nr_queued(DSQ(cls)) > 0)
			l->missed += sched_wake_for(cls);
	}
}

/* Between two steps of a take, or of a CPU that went away meanwhile. */
static __always_inline void look_at_cpus(void)
{
	for (__u32 cpu = 0; cpu < SHUNT_CORES; cpu++) {
		if (scx_bpf_dsq_nr_queued(DSQ_OF_CPU(cpu)) > 0)
			sched_put_back(cpu);
	}
}

/* The CPUs that are up, for the policy: in ascending order. */
static __always_inline void list_cpus(struct shunt_view *v)
{
	__u64 up = v->up;
	__u32 n = 0;

	for (__u32 cpu = 0; cpu < SHUNT_CORES; cpu++) {
		v->order[shunt_index(n, SHUNT_CORES)] = cpu;
		n += up >> cpu & 1;
	}
	v->ncores_up = n;
}

/* Of a class, over the last second: how many threads blocked, and the time that its threads ran by
 * that number. Where none blocked it is all that they ran: those that spin are no short class. */
__noinline int sched_measure(__u32 cls)
{
	struct shunt_view *v = get_view();
	__u32 key = cls;
	struct sum *s = bpf_map_lookup_elem(&sums, &key);
	__u64 ended = 0, ran_ns = 0, n;

	if (!v || !s)
		return 0;
	for (__u32 cpu = 0; cpu < SHUNT_CORES; cpu++) {
		const struct shunt_sched_counts *c =
			bpf_map_lookup_percpu_elem(&counts, &key, cpu);

		if (!c)
			break;
		ended += c->ended;
		ran_ns += c->ran_ns;
	}
	n = ended - s->ended;
	cls = shunt_index(cls, SHUNT_CLASSES);
	ran_ns -= s->ran_ns;
	if (ran_ns)
		v->mean_ns[cls] = shunt_min(shunt_div(ran_ns, n | !n), ~0U);
	v->rate[cls] = shunt_min(n, ~0U);
	s->ended = ended;
	s->ran_ns += ran_ns;
	return 0;
}

static __always_inline void have_planned(struct shunt_view *v, struct shunt_sched_life *l)
{
#if SHUNT_HAS(PLAN)
	struct shunt_event ev = { .now_ns = bpf_ktime_get_ns(), .run_cls = SHUNT_NONE };
	__u64 use = shunt_plan_begin(v);

	plan(v, &ev);
	shunt_plan_end(v, use);
	l->plans++;
#endif
}

static int turn(void *map, __u32 *key, struct turn *t)
{
	struct shunt_sched_life *l = get_life();
	struct shunt_view *v = get_view();

	if (!l || !v)
		return 0;
	l->timers++;
	copy_numbers(v);
	list_cpus(v);
	look_at_cpus();
	look_for_missed(l);
	if (l->timers % MEASURE_TURNS == 0) {
		for (__u32 cls = 0; cls < SHUNT_CLASSES; cls++)
			sched_measure(cls);
	}
	have_planned(v, l);
	bpf_timer_start(&t->timer, TURN_NS, 0);
	return 0;
}

static __always_inline int start_timer(void)
{
	struct turn *t = bpf_map_lookup_elem(&turns, &the_only);
	int err;

	if (!t)
		return -2;
	err = bpf_timer_init(&t->timer, &turns, CLOCK_MONOTONIC);
	if (!err)
		err = bpf_timer_set_callback(&t->timer, turn);
	return err ? err : bpf_timer_start(&t->timer, TURN_NS, 0);
}
