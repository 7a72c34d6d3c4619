// SPDX-License-Identifier: BSD-2-Clause
/*
 * sched_stage.c - asks the policy what each CPU should run next, and stages that
 *
 * A thread is staged for one CPU at most, and a CPU has one decision at most: what the policy would
 * start there next. While a thread runs there the policy is asked as at the end of its slice; if it
 * is to go on, what would come if it blocked is staged.
 */
#include <stddef.h>
#include <string.h>

#include "offload/inside.h"
#include "peek.h"
#include "sched_stage.h"

#define AT_ONCE 256         /* events */
#define ROUNDS 16
#define COPY_NS 10000000ULL /* as often as the scheduler itself has new numbers */

static int hear(struct stage *s, struct shunt_off_view *v)
{
	struct shunt_off_event ev[AT_ONCE];
	int n = AT_ONCE, all = 0;

	for (int round = 0; round < ROUNDS && n == AT_ONCE; round++) {
		n = shunt_off_poll(v, ev, AT_ONCE);
		for (int i = 0; i < n; i++)
			seen_look(&s->seen, v, ev[i].obj);
		all += n;
	}
	s->n.events += all;
	return all;
}

/* The decision was looked at: if its thread is as it was then, it was not taken. */
static void forget_staged(struct stage *s, __u32 cpu)
{
	struct seen_thread *t = &s->seen.thread[s->obj[cpu]];

	if (s->obj[cpu] && t->staged == cpu + 1)
		t->staged = 0;
	s->obj[cpu] = 0;
}

/* The first thread of each class that may run there, into head[]; the classes, a bit each. */
static __u32 heads_for(struct stage *s, __u32 cpu, __u32 head[SHUNT_CLASSES])
{
	struct shunt_core_heads *h = &s->view.core[cpu].heads;
	__u32 waiting = 0;

	for (__u32 cls = 0; cls < SHUNT_CLASSES; cls++) {
		head[cls] = seen_head(&s->seen, cls, cpu);
		if (!head[cls])
			continue;
		waiting |= 1u << cls;
		h->head_ns[cls] = h->queued_ns[cls] = s->seen.thread[head[cls]].since_ns;
	}
	return waiting;
}

static int ask(struct stage *s, struct sched_policy *p, __u32 cpu, __u32 waiting, __u32 run_cls,
	       __u64 now_ns)
{
	struct shunt_event ev = { .now_ns = now_ns, .waiting = waiting, .core = cpu,
				  .run_cls = run_cls };
	int said = p->select(&s->view, &ev);

	return said >= 0 && said < SHUNT_CLASSES && waiting >> said & 1 ? said : -1;
}

/* Does the policy put the running thread before the others of its class? */
static bool goes_first(struct stage *s, struct sched_policy *p, __u32 cpu,
		       const struct seen_thread *r, __u64 now_ns)
{
	struct shunt_event ev = { .now_ns = now_ns, .run_ns = r->since_ns, .cls = r->cls,
				  .core = cpu, .run_cls = SHUNT_NONE };

	return p->requeue && p->requeue(&s->view, &ev) == SHUNT_HEAD;
}

/* At the end of the running thread's slice: the class whose head comes in its place; -1: it goes
 * on. */
static int ask_at_end(struct stage *s, struct sched_policy *p, __u32 cpu, __u32 waiting,
		      __u64 now_ns)
{
	const struct seen_thread *r = &s->seen.thread[s->seen.runs[cpu]];
	struct shunt_core_heads *h = &s->view.core[cpu].heads;
	__u32 own = 1u << r->cls;
	bool first = goes_first(s, p, cpu, r, now_ns);
	int said;

	if (first)
		waiting &= ~own;
	if (!(waiting & own))
		h->head_ns[r->cls] = h->queued_ns[r->cls] = first ? r->since_ns : now_ns;
	said = ask(s, p, cpu, waiting | own, r->cls, now_ns);
	return said >= 0 && waiting >> said & 1 ? said : -1;
}

static bool stage_one(struct stage *s, struct shunt_off_view *v, __u32 cpu, __u32 obj, __u8 op)
{
	struct seen_thread *t = &s->seen.thread[obj];
	struct shunt_off_decision d = { .obj = obj, .ver = t->ver, .op = op, .cls = t->cls,
					.core = cpu };

	if (shunt_off_stage(v, cpu, &d))
		return false;
	t->staged = cpu + 1;
	s->obj[cpu] = obj;
	s->n.staged++;
	return true;
}

static bool stage_for(struct stage *s, struct sched_policy *p, struct shunt_off_view *v, __u32 cpu,
		      __u64 now_ns)
{
	__u32 head[SHUNT_CLASSES], waiting;
	__u8 op = SHUNT_OP_RUN;
	int said = -1;

	if (shunt_off_staged(v, cpu))
		return false;
	forget_staged(s, cpu);
	waiting = heads_for(s, cpu, head);
	if (!waiting)
		return false;
	if (s->seen.runs[cpu]) {
		said = ask_at_end(s, p, cpu, waiting, now_ns);
		op = said < 0 ? SHUNT_OP_RUN : SHUNT_OP_PREEMPT;
		if (said < 0)
			waiting = heads_for(s, cpu, head);
	}
	if (said < 0)
		said = ask(s, p, cpu, waiting, SHUNT_NONE, now_ns);
	return said >= 0 && stage_one(s, v, cpu, head[said], op);
}

/* Fills in the fields of the view that policies read, but for those of the cores. */
static void copy_view(struct stage *s, const struct shunt_view *kernel, __u64 now_ns)
{
	if (now_ns - s->copied_ns < COPY_NS)
		return;
	s->copied_ns = now_ns;
	memcpy(&s->view, kernel, offsetof(struct shunt_view, core));
}

int stage_turn(struct stage *s, struct sched_policy *p, struct shunt_off_view *v,
	       const struct shunt_view *kernel, __u64 now_ns, __u64 *bell)
{
	int n = hear(s, v);
	__u64 up;

	copy_view(s, kernel, now_ns);
	*bell = 0;
	for (up = peek(kernel->up); up; up &= up - 1) {
		__u32 cpu = __builtin_ctzll(up);

		if (stage_for(s, p, v, cpu, now_ns))
			*bell |= 1ULL << cpu;
	}
	*bell &= peek(kernel->idle);
	s->n.rings += !!*bell;
	return n;
}
