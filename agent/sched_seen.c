// SPDX-License-Identifier: BSD-2-Clause
/*
 * sched_seen.c - what the agent knows of threads
 */
#include "offload/inside.h"
#include "sched_seen.h"

#define LOOK_AT 32 /* threads of a class, for one that may run on the CPU */

static void unlink_thread(struct seen *s, __u32 obj)
{
	struct seen_thread *t = &s->thread[obj];

	*(t->prev ? &s->thread[t->prev].next : &s->first[t->cls]) = t->next;
	*(t->next ? &s->thread[t->next].prev : &s->last[t->cls]) = t->prev;
	t->next = t->prev = 0;
}

/* Mostly it is the last: queues of several CPUs are read one after the other. */
static void link_thread(struct seen *s, __u32 obj)
{
	struct seen_thread *t = &s->thread[obj];
	__u32 before = s->last[t->cls];

	while (before && s->thread[before].since_ns > t->since_ns)
		before = s->thread[before].prev;
	t->prev = before;
	t->next = before ? s->thread[before].next : s->first[t->cls];
	*(before ? &s->thread[before].next : &s->first[t->cls]) = obj;
	*(t->next ? &s->thread[t->next].prev : &s->last[t->cls]) = obj;
}

void seen_look(struct seen *s, struct shunt_off_view *v, __u32 obj)
{
	struct shunt_off_object o;
	struct seen_thread *t;

	/* One that changes just now has an event on its way. */
	if (!obj || obj >= SHUNT_SCHED_OBJECTS || shunt_off_object(v, obj, &o))
		return;
	t = &s->thread[obj];
	if (t->ver == o.ver)
		return;
	if (t->state == SHUNT_OBJ_WAITS)
		unlink_thread(s, obj);
	if (t->state == SHUNT_OBJ_RUNS && s->runs[t->core] == obj)
		s->runs[t->core] = 0;
	*t = (struct seen_thread){ .ver = o.ver, .state = o.state, .cls = o.cls % SHUNT_CLASSES,
				   .core = o.core % SHUNT_CORES, .since_ns = o.since_ns,
				   .cpus = o.arg };
	if (t->state == SHUNT_OBJ_WAITS)
		link_thread(s, obj);
	if (t->state == SHUNT_OBJ_RUNS)
		s->runs[t->core] = obj;
}

__u32 seen_head(const struct seen *s, __u32 cls, __u32 cpu)
{
	__u32 obj = s->first[cls];

	for (int i = 0; obj && i < LOOK_AT; i++, obj = s->thread[obj].next) {
		if (!s->thread[obj].staged && s->thread[obj].cpus >> cpu & 1)
			return obj;
	}
	return 0;
}
