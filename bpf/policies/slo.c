// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * slo - the earliest deadline first; a request that would end too late is refused at once
 *
 * An arrival goes to an idle core. Else it waits if the work before it, of classes with the same or
 * a tighter objective, is within the budget of its class, and is refused if not. A free core takes
 * the head whose deadline (arrival + SLO) is next. A head that is late already comes after all that
 * are not, and a class without an SLO after all that have one; such a class is never refused. A
 * preempted request keeps its place, whatever the class's "requeue" is.
 *
 * plan() sets the budgets: the work that cores can do until the deadline, less what classes with
 * tighter objectives will bring meanwhile, less the request's own. It keeps ready which classes'
 * work counts, so that an arrival adds up no other's. An estimate may be wrong, as service times
 * vary and cores stop: so plan() looks at how many requests ended late. If more than 1 % of a class
 * were, it cuts the budgets of the classes with looser objectives, and once there is nothing left
 * to cut, that of the class itself. Budgets grow again by 3 % a plan.
 *
 * Word c of the plan is class c's: the classes whose work is before its requests, a bit each, and
 * from bit BUDGET on the work in ns below which a request may wait. 0: there is no plan yet, the
 * class has no objective, or all its requests are let in ("admit: off").
 */
#include <shunt/policy.h>

#define SHUNT_HAS_DONE
#define SHUNT_HAS_PLAN

SHUNT_POLICY("slo", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_PREEMPTS,
	     "earliest deadline first, refuses what would be late (knob 0: slack in percent)");

#define LATER (1ULL << 60)  /* than any deadline of a class with an SLO */
#define LATEST (1ULL << 61) /* the objective of a class without one */
#define WORK_MAX (1ULL << 44)      /* ns a second; so many cores there are not */
#define BUDGET SHUNT_CLASSES       /* bit of a class's word */
#define PLAN_CUT SHUNT_CLASSES     /* word: part of class c's budget that is cut off, of WHOLE */
#define PLAN_LATE (2 * SHUNT_CLASSES) /* word: late requests of class c by then, modulo 2^32 */
#define PLAN_AT (3 * SHUNT_CLASSES) /* word: when plan() was called last, in us */
#define WHOLE 1024
#define CUT_MAX 960

/* The class's objective in ns; LATEST: it has none. */
__shunt_inline __u64 objective(const shunt_view *v, __u32 cls)
{
	__u64 slo = shunt_slo_us(v, cls);

	return shunt_pick(shunt_some(slo), slo * 1000, LATEST);
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v), word, before, ahead = 0, work;

	if (idle)
		return shunt_first(idle);
	word = shunt_plan(v, ev->cls % SHUNT_CLASSES);
	if (!word)
		return SHUNT_HOLD;
	before = word & ((1 << BUDGET) - 1);
	/* Ends behind the last of them: a branch a class, always the same for one class. */
#pragma unroll
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		work = (__u64)shunt_backlog(v, c) * shunt_mean_ns(v, c);
		ahead += shunt_pick(before >> c & 1, work, 0);
		if (before < 2ULL << c)
			break;
	}
	return ahead < word >> BUDGET ? SHUNT_HOLD : SHUNT_REJECT;
}

static int select(shunt_view *v, shunt_event *ev)
{
	__u64 now = ev->now_ns & (LATER - 1), next = ~0ULL >> 1, deadline, sooner;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		deadline = shunt_min(shunt_head_ns(v, ev, c), LATER - 1) + objective(v, c);
		deadline += shunt_pick(shunt_less(deadline, now), LATER, 0);
		sooner = shunt_bit(ev->waiting, c) & shunt_less(deadline, next);
		next = shunt_pick(sooner, deadline, next);
		best = shunt_pick(sooner, c, best);
	}
	return best;
}

#define SHUNT_HAS_REQUEUE
/* Of one class the oldest request's deadline is the earliest: it goes on first. */
static int requeue(shunt_view *v, shunt_event *ev)
{
	return SHUNT_HEAD;
}

/* Counts late requests: of two classes in one word of the core. */
static void done(shunt_view *v, shunt_event *ev)
{
	__u64 deadline = shunt_deadline_ns(v, ev->cls, ev->run_ns);

	if (shunt_less(deadline, ev->now_ns & (LATER - 1)))
		shunt_core_add(v, ev->core, ev->cls / 2, 1ULL << ev->cls % 2 * 32);
}

/* 1 if of the class's requests that ended since the last plan more than 1 % were late. */
__shunt_inline __u64 were_late(shunt_view *v, __u32 cls, __u64 since_us)
{
	__u64 sum = 0, late, ended;

	for (int i = 0; i < SHUNT_CORES; i++)
		sum += shunt_core_state(v, i, cls / 2) >> cls % 2 * 32;
	sum &= 0xffffffff;
	late = (sum - shunt_plan(v, PLAN_LATE + cls)) & 0xffffffff;
	shunt_plan_set(v, PLAN_LATE + cls, sum);
	ended = shunt_min(since_us, 1 << 20) * shunt_rate(v, cls) / 1000000;
	return shunt_less(ended, late * 100);
}

/* 1 if the class's budget can be cut. */
__shunt_inline __u64 may_be_cut(const shunt_view *v, __u32 cls)
{
	return shunt_some(shunt_slo_us(v, cls)) & shunt_some(shunt_rate(v, cls)) &
	       shunt_less(shunt_plan(v, PLAN_CUT + cls), CUT_MAX);
}

/* Facts of all classes, which plan() gathers before it sets their budgets. */
struct known {
	__u64 cores;
	__u64 served;                /* classes that take time, a bit each */
	__u16 looser[SHUNT_CLASSES]; /* than this one: classes with such an objective */
};

/* The part of the cores' time that classes with tighter objectives leave, in ns of work a ms. */
__shunt_inline __u64 room(const shunt_view *v, const struct known *k, __u32 cls)
{
	__u64 all = k->cores * 1000000000ULL, used = 0, work;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		work = shunt_min((__u64)shunt_rate(v, c) * shunt_mean_ns(v, c), WORK_MAX);
		used += shunt_pick(shunt_bit(k->looser[c], cls), work, 0);
	}
	return shunt_pick(shunt_less(used, all), all - used, 0) / 1000;
}

/* In ns of work: below this a request of the class may wait. */
__shunt_inline __u64 budget(const shunt_view *v, const struct known *k, __u32 cls, __u64 cut)
{
	__u64 slo = shunt_slo_us(v, cls), all = shunt_knob(v, 0) & (LATER - 1), slack;
	__u64 own = k->cores * shunt_mean_ns(v, cls), work;

	all = shunt_pick(shunt_some(all), shunt_min(all, 1000), 100);
	slack = all * shunt_slack(v, cls) / 100;
	work = slo * room(v, k, cls) / 1000 / 100 * slack * (WHOLE - cut) / WHOLE;
	return shunt_pick(shunt_less(work, own), 0, work - own + 1);
}

/* Word cls of the plan. */
__shunt_inline __u64 word_of(const shunt_view *v, const struct known *k, __u32 cls, __u64 cut)
{
	__u64 before = (k->served & ~k->looser[cls]) | 1ULL << cls;
	__u64 word = budget(v, k, cls, cut) << BUDGET | before;

	return shunt_pick(shunt_some(shunt_slo_us(v, cls)) & shunt_some(shunt_slack(v, cls)), word,
			  0);
}

static void plan(shunt_view *v, shunt_event *ev)
{
	__u64 now_us = (ev->now_ns & (LATER - 1)) / 1000;
	__u64 since_us = now_us - shunt_plan(v, PLAN_AT);
	__u64 slo, late = 0, may = 0, less = 0, looser, others, cut;
	struct known k = { .cores = shunt_cores(v) };
	__u32 slo_us[SHUNT_CLASSES]; /* a class without an objective has the loosest */

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		slo = shunt_slo_us(v, c);
		slo_us[c] = shunt_pick(shunt_some(slo), slo, SHUNT_SLO_MAX_US + 1);
		k.served |= shunt_some(shunt_mean_ns(v, c)) << c;
		late |= were_late(v, c, since_us) << c;
		may |= may_be_cut(v, c) << c;
	}
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		looser = 0;
		for (int i = 0; i < SHUNT_CLASSES; i++)
			looser |= shunt_less(slo_us[c], slo_us[i]) << i;
		k.looser[c] = looser;
		others = looser & may;
		others = shunt_pick(shunt_some(others), others, 1ULL << c);
		less |= shunt_pick(shunt_bit(late, c), others, 0);
	}
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		cut = shunt_plan(v, PLAN_CUT + c);
		cut = shunt_pick(shunt_bit(less, c), cut + (WHOLE - cut) / 8,
				 cut - (cut + 31) / 32);
		cut = shunt_min(cut, CUT_MAX);
		shunt_plan_set(v, PLAN_CUT + c, cut);
		shunt_plan_set(v, c, word_of(v, &k, c, cut));
	}
	shunt_plan_set(v, PLAN_AT, now_us);
}
