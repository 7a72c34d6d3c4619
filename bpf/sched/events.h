/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * events.h - what becomes of threads, for an agent: an event in the queue of the CPU, and the state
 * in the thread's object (offload.h)
 *
 * All with the lock of the thread's run queue, and interrupts off: an object and a queue have one
 * writer at a time. Nothing is told before the first agent joins.
 *
 * A number tells readers that a store is under way. Atomics that give back a value store it: those
 * are full barriers.
 */
#pragma once

#include "maps.h"

#define STORE(word, to) __sync_lock_test_and_set(&(word), to)

static __always_inline int has_agent(const struct shunt_sched_offload *o)
{
	return *(const volatile __u32 *)&o->ctl.epoch != 0;
}

/* An object for a thread; 0: there are no more. */
static __noinline __u32 new_object(void)
{
	__u32 *given = bpf_map_lookup_elem(&objects, &the_only), obj = 0;

	if (!bpf_map_pop_elem(&gone, &obj))
		return obj & (SHUNT_SCHED_OBJECTS - 1);
	if (!given || *given >= SHUNT_SCHED_OBJECTS - 1)
		return 0;
	obj = __sync_fetch_and_add(given, 1) + 1;
	return obj < SHUNT_SCHED_OBJECTS ? obj : 0;
}

/* The object in its next version, which is even again. */
static __always_inline void publish(struct shunt_off_object *b, struct thread *t, __u8 state,
				    __u32 core, __u64 now)
{
	__sync_fetch_and_add(&b->ver, 1); /* odd before the words */
	b->state = state;
	b->cls = t->cls;
	b->core = core;
	b->since_ns = state == SHUNT_OBJ_WAITS ? t->at_ns : now;
	b->arg = t->cpus;
	t->ver = __sync_fetch_and_add(&b->ver, 1) + 1; /* the words before it is even */
}

static __always_inline void emit(struct shunt_sched_offload *o, const struct shunt_off_event *ev)
{
	struct shunt_off_queue *q = &o->queue[bpf_get_smp_processor_id() & (SHUNT_CORES - 1)];
	__u32 n = q->head + 1; /* ours alone */
	struct shunt_off_event *e = &q->e[n & (SHUNT_OFF_RING - 1)];

	STORE(e->n, n - 1); /* before the words: no number of this place */
	e->at_ns = ev->at_ns;
	e->obj = ev->obj;
	e->ver = ev->ver;
	e->type = ev->type;
	e->cls = ev->cls;
	e->core = ev->core;
	e->arg = ev->arg;
	STORE(e->n, n);    /* the words before it */
	STORE(q->head, n); /* the event before its number */
}

/* Of an event: what the object is in then. NONE: as it was. */
static __always_inline __u8 state_after(__u8 type)
{
	return type == SHUNT_EV_READY   ? SHUNT_OBJ_WAITS
	       : type == SHUNT_EV_RUNS    ? SHUNT_OBJ_RUNS
	       : type == SHUNT_EV_BLOCKED ? SHUNT_OBJ_BLOCKED
					  : SHUNT_OBJ_NONE;
}

static __noinline int tell_event(struct thread *t, __u8 type, __u32 core)
{
	struct shunt_sched_offload *o = get_offload();
	struct shunt_off_event ev = { .at_ns = bpf_ktime_get_ns(), .type = type, .cls = t->cls,
				      .core = core };

	if (!o || !has_agent(o) || !t->obj)
		return 0;
	ev.obj = t->obj & (SHUNT_SCHED_OBJECTS - 1);
	if (type != SHUNT_EV_SLICE)
		publish(&o->object[ev.obj], t, state_after(type), core, ev.at_ns);
	ev.ver = t->ver;
	ev.arg = type == SHUNT_EV_BLOCKED ? t->ran_ns : 0;
	emit(o, &ev);
	return 0;
}

/* It waits in the queue of its class, from now on. */
static __always_inline void tell_ready(struct task_struct *p, struct thread *t)
{
	struct shunt_sched_offload *o = get_offload();

	if (!o || !has_agent(o))
		return;
	bpf_probe_read_kernel(&t->cpus, sizeof(t->cpus), p->cpus_ptr);
	if (!t->obj) {
		t->obj = new_object();
		o->object[t->obj & (SHUNT_SCHED_OBJECTS - 1)].key = p->pid;
	}
	tell_event(t, SHUNT_EV_READY, scx_bpf_task_cpu(p));
}

/* Its object may be another thread's next, whose versions go on. */
static __always_inline void tell_gone(struct thread *t)
{
	__u32 obj = t->obj & (SHUNT_SCHED_OBJECTS - 1);

	if (!obj)
		return;
	tell_event(t, SHUNT_EV_GONE, 0);
	t->obj = 0;
	bpf_map_push_elem(&gone, &obj, 0);
}

static __always_inline void tell_idle(__u32 cpu)
{
	struct shunt_sched_offload *o = get_offload();
	struct shunt_off_event ev = { .at_ns = bpf_ktime_get_ns(), .type = SHUNT_EV_IDLE,
				      .core = cpu };

	if (o && has_agent(o))
		emit(o, &ev);
}
