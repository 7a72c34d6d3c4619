// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * slo - the earliest deadline first; a request that would end too late is rejected at once
 *
 * An arrival goes to an idle core. Else it waits if the work before it, of classes with the same or
 * a tighter objective, is within the budget of its class, and is rejected if not. A free core takes
 * the head whose deadline (arrival + SLO) is next. A late one is taken as if it had twice the time
 * left by which it is late, half of its objective at most: classes with tighter objectives soon do
 * not wait for it, however long it runs, and yet it gets out of the way of those behind it in its
 * class. Late ones of a class that is never rejected
 * ("admit: off"), of which there may be any number, come after all that are not; last come the
 * classes without an SLO, which are never rejected either. Before all of these goes what a
 * class is owed of its guaranteed share (slo_least.h). A preempted request keeps its place,
 * whatever the class's "requeue" is.
 *
 * plan() sets the budgets: the work that cores can do until the deadline, less what classes with
 * tighter objectives will bring meanwhile, less the request's own, and half as much for what runs,
 * which no queue shows. One core runs a request of the class or none, which makes a difference: so
 * there its run line is looked at, and what was preempted counts, each by half. plan() keeps ready
 * which classes' work counts, so that an arrival adds up no other's. An estimate may be wrong, as
 * service times vary and cores stop: so plan() looks at how many requests ended late. If more than
 * 1 % of a class were, it cuts the budgets of the classes with looser objectives that take time,
 * and once there is nothing left to cut, that of the class itself. Budgets grow again by 3 % a
 * plan.
 *
 * Where a tighter class takes most of the time, requests that are let in one at a time may be late
 * all the same, as that class's bursts are. So a class's own cut has its requests taken sooner than
 * by their deadlines, too, by up to half a service time and the tightest objective: then it is the
 * tighter class's turn to wait, and its budget's to reject what would be late.
 *
 * A cut helps only where a queue is the reason. So no budget is cut while an arrival in eight, or
 * more, finds an idle core; nor for a class that is late because requests that cannot be rejected
 * run on beyond half its objective; and what a class's own lateness cuts off leaves room for one
 * request that waits.
 *
 * Word c of the plan is class c's: the classes whose work is before its requests, a bit each, and
 * from bit BUDGET on the work in ns below which a request may wait; bit SEEN: what the one core has
 * begun counts, too. 0: there is no plan yet, the class has no objective, or all its requests are
 * let in ("admit: off").
 */
#include <shunt/policy.h>

#define SHUNT_HAS_DONE
#define SHUNT_HAS_PLAN

SHUNT_POLICY("slo", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_PREEMPTS,
	     "earliest deadline first, rejects what would be late (knob 0: slack in percent)");

#define LATER (1ULL << 60)  /* than any deadline of a class with an SLO */
#define LATEST (1ULL << 61) /* the objective of a class without one */
#define WORK_MAX (1ULL << 44)      /* ns a second; so many cores there are not */
#define BUDGET SHUNT_CLASSES       /* bit of a class's word */
#define SEEN 63
#define WHOLE 1024
#define CUT_MAX 960
/* Words: parts of class c's budget that are cut off, of WHOLE: for tighter classes and, from bit
 * OWN on, for itself; between them how much sooner its requests are taken, in quarters of a ns. */
#define PLAN_CUT SHUNT_CLASSES
#define OWN 32
#define SOONER 0xfffffc00ULL
#define TAKEN_MAX 0xffff
#define FEW 100 /* requests: so few between two plans tell little of a rate */
#define RECENT_US (1 << 20)

/* Word: classes of which all requests are let in, a bit each, and from bit SHARES on those with a
 * guaranteed share. */
#define PLAN_LET_IN (2 * SHUNT_CLASSES)
#define SHARES 16

/* Words of the plan from which the next one takes differences. */
#define PLAN_LATE (PLAN_LET_IN + 1)                 /* late requests by then, of LATES classes */
#define PLAN_TAKEN (PLAN_LATE + SHUNT_CLASSES / LATES) /* taken out of queues, of two classes */
#define PLAN_STEERED (PLAN_TAKEN + SHUNT_CLASSES / 2) /* requests that came to an idle core */
#define PLAN_AT (PLAN_STEERED + 1)                  /* when plan() was called last, in us */
#define PLAN_FULL (PLAN_AT + 1)                     /* 1: few arrivals found an idle core */

/* Words: guaranteed shares, slo_least.h. */
#define PLAN_SHARE (PLAN_FULL + 1)

/* Words of a core: late requests, 16 bits a class, which overflow into the next class' only if
 * 65,536 are late between two plans; and its requests that were not queued. */
#define LATES 4
#define CORE_STEERED (SHUNT_CLASSES / LATES)

#include "slo_least.h"

/* The class's objective in ns; LATEST: it has none. */
__shunt_inline __u64 objective(const shunt_view *v, __u32 cls)
{
	__u64 slo = shunt_slo_us(v, cls);

	return shunt_pick(shunt_some(slo), slo * 1000, LATEST);
}

/* Work of the class that the one core has begun: half of each request, as it may be anywhere. */
__shunt_inline __u64 begun(const shunt_view *v, __u32 cls)
{
	__u64 n = shunt_parked(v, cls) + shunt_runs(v, shunt_core_at(v, 0), cls);

	return n * shunt_mean_ns(v, cls) / 2;
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v), word, before, ahead = 0, work, share;

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
	if (word >> SEEN)
		ahead += begun(v, ev->cls % SHUNT_CLASSES);
	if (ahead < (word & ((1ULL << SEEN) - 1)) >> BUDGET)
		return SHUNT_HOLD;
	share = shunt_plan(v, PLAN_SHARE + ev->cls % SHUNT_CLASSES);
	return share && may_wait_owed(v, ev->cls, share) ? SHUNT_HOLD : SHUNT_REJECT;
}

static int select(shunt_view *v, shunt_event *ev)
{
	__u64 now = ev->now_ns & (LATER - 1), next = ~0ULL >> 1, deadline, sooner, late, slo;
	__u64 all_let_in = shunt_plan(v, PLAN_LET_IN);
	int best = SHUNT_GO_ON;

	if (all_let_in >> SHARES)
		best = select_owed(v, ev, all_let_in >> SHARES, PLAN_SHARE, now);
	if (best != SHUNT_GO_ON)
		return best;
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		slo = objective(v, c);
		deadline = shunt_min(shunt_head_ns(v, ev, c), LATER - 1) + slo;
		late = shunt_less(deadline, now);
		deadline = shunt_pick(late, now + shunt_min(2 * (now - deadline), slo / 2),
				      deadline);
		deadline += shunt_pick(late & shunt_bit(all_let_in, c), LATER, 0);
		deadline -= shunt_min((shunt_plan(v, PLAN_CUT + c) & SOONER) / 4, deadline);
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

/* 1 if requests of the class may be rejected. */
__shunt_inline __u64 refusable(const shunt_view *v, __u32 cls)
{
	return shunt_some(shunt_slo_us(v, cls)) & shunt_some(shunt_slack(v, cls));
}

/* Counts late requests, and those that came to an idle core. */
static void done(shunt_view *v, shunt_event *ev)
{
	__u64 deadline = shunt_deadline_ns(v, ev->cls, ev->run_ns);
	__u64 share = shunt_plan(v, PLAN_SHARE + ev->cls % SHUNT_CLASSES);

	if (shunt_less(deadline, ev->now_ns & (LATER - 1)))
		shunt_core_add(v, ev->core, ev->cls / LATES, 1ULL << ev->cls % LATES * 16);
	if (ev->steered != SHUNT_NONE)
		shunt_core_add(v, ev->core, CORE_STEERED, 1);
	if (share)
		charge_done(v, ev, share);
}

/* Sum of a word of all cores. */
__shunt_inline __u64 of_cores(const shunt_view *v, __u32 word)
{
	__u64 sum = 0;

	for (int i = 0; i < SHUNT_CORES; i++)
		sum += shunt_core_state(v, i, word);
	return sum;
}

/* How much the word has grown since the plan before, which is its word "at". */
__shunt_inline __u64 grown(shunt_view *v, __u32 at, __u64 word)
{
	__u64 was = shunt_plan(v, at);

	shunt_plan_set(v, at, word);
	return word - was;
}

/* Facts of all classes, which plan() gathers before it sets their budgets. */
struct known {
	__u64 cores;
	__u64 since_us;               /* the plan before */
	__u64 recent;                 /* 1: it was made within RECENT_US. Else the growth of counts
				       * since then tells no rate: shuntd was away, or no plan was
				       * made since the policy came into force */
	__u64 tightest;               /* objective of all, in ns */
	__u64 served;                 /* classes that take time, a bit each */
	__u64 many;                   /* classes of which FEW and more were taken, a bit each */
	__u64 seen;                   /* 1: of the one core it counts what it has begun */
	__u64 full;                   /* 1: few arrivals found an idle core, twice in turn */
	__u16 looser[SHUNT_CLASSES];  /* than this one: classes with such an objective */
	__u16 taken[SHUNT_CLASSES];   /* out of its queue since then: work, in parts of the
				       * cores' time, of WHOLE */
};

/* The part of the cores' time, of WHOLE, that n requests of a class take. */
__shunt_inline __u64 part_of(const shunt_view *v, const struct known *k, __u32 cls, __u64 n)
{
	__u64 all = k->cores * k->since_us;

	return shunt_min(shunt_div(n * shunt_mean_ns(v, cls) / 1000 * WHOLE, all), TAKEN_MAX);
}

/* Work that was taken out of queues, and whether cores are full. */
__shunt_inline void gather_taken(shunt_view *v, struct known *k)
{
	__u64 was, now, n, all = 0, steered, full;

	for (int c = 0; c < SHUNT_CLASSES; c += 2) {
		now = shunt_taken(v, c) | (__u64)shunt_taken(v, c + 1) << 32;
		was = shunt_plan(v, PLAN_TAKEN + c / 2);
		shunt_plan_set(v, PLAN_TAKEN + c / 2, now);
		n = shunt_pick(k->recent, (now - was) & 0xffffffff, 0);
		all += n;
		k->taken[c] = part_of(v, k, c, n);
		k->many |= (shunt_less(n, FEW) ^ 1) << c;
		n = shunt_pick(k->recent, ((now >> 32) - (was >> 32)) & 0xffffffff, 0);
		all += n;
		k->taken[c + 1] = part_of(v, k, c + 1, n);
		k->many |= (shunt_less(n, FEW) ^ 1) << (c + 1);
	}
	steered = grown(v, PLAN_STEERED, of_cores(v, CORE_STEERED));
	full = shunt_less(7 * (steered & ~0u), all);
	k->full = full & shunt_plan(v, PLAN_FULL);
	shunt_plan_set(v, PLAN_FULL, full);
}

/* The classes, a bit each, of whose requests that ended since the last plan more than 1 % were
 * late. */
__shunt_inline __u64 were_late(shunt_view *v, const struct known *k)
{
	__u64 word = 0, late, ended, classes = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if (c % LATES == 0)
			word = grown(v, PLAN_LATE + c / LATES, of_cores(v, c / LATES));
		late = word >> c % LATES * 16 & 0xffff;
		ended = k->since_us * shunt_rate(v, c) / 1000000;
		classes |= shunt_less(ended, late * 100) << c;
	}
	return classes;
}

/* 1 if the class is kept waiting by requests that are never rejected and run on: they take a
 * sixteenth of the cores' time, and half of its objective at once. */
__shunt_inline __u64 kept_by_others(const shunt_view *v, const struct known *k, __u32 cls)
{
	__u64 taken = 0, run, on;
	__u64 half = shunt_slo_us(v, cls) * 500ULL;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		run = shunt_quantum_us(v, c) * 1000ULL;
		run = shunt_pick(shunt_some(run), run, shunt_mean_ns(v, c));
		on = shunt_bit(k->looser[cls], c) & (refusable(v, c) ^ 1) & shunt_less(half, run);
		taken += shunt_pick(on, k->taken[c], 0);
	}
	return shunt_less(WHOLE / 16, taken);
}

/* The time that a class takes of all cores, in ns a second: as of late, or, if that is more, as
 * since the plan before: a load that grows is not seen by its mean at once. */
__shunt_inline __u64 work_of(const shunt_view *v, const struct known *k, __u32 cls)
{
	__u64 work = shunt_min((__u64)shunt_rate(v, cls) * shunt_mean_ns(v, cls), WORK_MAX);
	__u64 last = k->cores * k->taken[cls] * (1000000000 / WHOLE);

	last = shunt_pick(shunt_bit(k->many, cls), last, 0);
	return shunt_pick(shunt_less(work, last), last, work);
}

/* The part of the cores' time that classes with tighter objectives leave, and what looser ones take
 * of their guaranteed shares, in ns of work a ms. */
__shunt_inline __u64 room(const shunt_view *v, const struct known *k, __u32 cls)
{
	__u64 all = k->cores * 1000000000ULL, used = 0, owed = 0, work, whole;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		work = work_of(v, k, c);
		used += shunt_pick(shunt_bit(k->looser[c], cls), work, 0);
		work = shunt_min(work, all / 100 * shunt_least(v, c));
		owed += shunt_pick(shunt_bit(k->looser[cls], c), work, 0);
	}
	/* Requests of a guaranteed share run to their end: they keep whole cores. */
	whole = (owed + 999999999) / 1000000000 * 1000000000;
	used += shunt_pick(shunt_less(all / 2, whole), owed, whole);
	return shunt_pick(shunt_less(used, all), all - used, 0) / 1000;
}

/* The rest of x once a part is cut off. */
__shunt_inline __u64 left_of(__u64 x, __u64 cut)
{
	return x * (WHOLE - cut) / WHOLE;
}

/* The rest of work without the request's own, and 1 more; 0: there is no rest. */
__shunt_inline __u64 beyond(__u64 work, __u64 own)
{
	return shunt_pick(shunt_less(work, own), 0, work - own + 1);
}

/* In ns of work: below this a request of the class may wait. */
__shunt_inline __u64 budget(const shunt_view *v, const struct known *k, __u32 cls, __u64 cut)
{
	__u64 slo = shunt_slo_us(v, cls), all = shunt_knob(v, 0) & (LATER - 1), slack;
	__u64 own = k->cores * shunt_mean_ns(v, cls), work, most, least;

	own += shunt_pick(k->seen, 0, own / 2);
	all = shunt_pick(shunt_some(all), shunt_min(all, 1000), 100);
	slack = all * shunt_slack(v, cls) / 100;
	work = slo * room(v, k, cls) / 1000 / 100 * slack;
	work = left_of(work, cut & (WHOLE - 1));
	most = beyond(work, own);
	least = beyond(left_of(work, cut >> OWN), own);
	return shunt_pick(shunt_some(least), least, shunt_some(most));
}

/* Word cls of the plan. */
__shunt_inline __u64 word_of(const shunt_view *v, const struct known *k, __u32 cls, __u64 cut)
{
	__u64 before = (k->served & ~k->looser[cls]) | 1ULL << cls;

	before |= budget(v, k, cls, cut) << BUDGET | k->seen << SEEN;
	return shunt_pick(refusable(v, cls), before, 0);
}

/* The classes that are late, a bit each, and for which a shorter queue would do something. */
__shunt_inline __u64 late_in_queues(shunt_view *v, const struct known *k)
{
	__u64 late = were_late(v, k), helped = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		helped |= (kept_by_others(v, k, c) ^ 1) << c;
	return shunt_pick(k->full, late & helped, 0);
}

/* Classes, a bit each, whose budgets are cut: of each that is late the looser ones that took a 64th
 * of the cores' time beyond their share, and from bit OWN on, with nothing left there to cut, that
 * class itself. */
__shunt_inline __u64 to_cut(shunt_view *v, const struct known *k)
{
	__u64 late = late_in_queues(v, k), may = 0, less = 0, others, cut, free;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		cut = shunt_plan(v, PLAN_CUT + c) & (WHOLE - 1);
		free = WHOLE / 64 + shunt_least(v, c) * WHOLE / 100;
		may |= (refusable(v, c) & shunt_less(free, k->taken[c]) &
			shunt_less(cut, CUT_MAX)) << c;
	}
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		others = k->looser[c] & may;
		others = shunt_pick(shunt_some(others), others, 1ULL << (c + OWN));
		less |= shunt_pick(shunt_bit(late, c), others, 0);
	}
	return less;
}

/* A part that is cut off, by an eighth more of what is left, or by 3 % less. */
__shunt_inline __u64 next_cut(__u64 cut, __u64 more)
{
	cut = shunt_pick(more, cut + (WHOLE - cut) / 8, cut - (cut + 31) / 32);
	return shunt_min(cut, CUT_MAX);
}

/* How much sooner than by their deadlines the class's requests are taken, where its own lateness
 * has cut off so much of its budget. The class with the tightest objective waits for them no longer
 * than that once more, however long they are. */
__shunt_inline __u64 sooner(const shunt_view *v, const struct known *k, __u32 cls, __u64 own)
{
	__u64 ns = shunt_min(shunt_mean_ns(v, cls) * own / WHOLE / 2, k->tightest);

	return shunt_min(ns * 4, SOONER) & SOONER;
}

/* Objectives of all classes, and which of them are looser than each. */
__shunt_inline void gather_classes(const shunt_view *v, struct known *k)
{
	__u64 looser;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		looser = 0;
		for (int i = 0; i < SHUNT_CLASSES; i++)
			looser |= shunt_less(objective(v, c), objective(v, i)) << i;
		k->looser[c] = looser;
		k->tightest = shunt_min(k->tightest, objective(v, c));
		k->served |= shunt_some(shunt_mean_ns(v, c)) << c;
	}
}

/* 1: there is one core, and what it runs is seen. Not where a class has a guaranteed share: what is
 * owed to it runs on to its end, and comes beside its budget. */
__shunt_inline __u64 one_core_seen(const shunt_view *v)
{
	__u64 other = shunt_some(shunt_cores(v) ^ 1);

	for (int c = 0; c < SHUNT_CLASSES; c++)
		other |= shunt_some(shunt_least(v, c));
	return (other ^ 1) & shunt_seen(v, shunt_core_at(v, 0));
}

static void plan(shunt_view *v, shunt_event *ev)
{
	__u64 now_us = (ev->now_ns & (LATER - 1)) / 1000, less, cut, own, let_in = 0;
	struct known k = { .cores = shunt_cores(v), .since_us = grown(v, PLAN_AT, now_us),
			   .tightest = LATEST };

	k.recent = shunt_less(k.since_us, RECENT_US + 1);
	k.since_us = shunt_min(k.since_us, RECENT_US);
	k.seen = one_core_seen(v);
	gather_classes(v, &k);
	gather_taken(v, &k);
	less = to_cut(v, &k);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		cut = shunt_plan(v, PLAN_CUT + c);
		own = next_cut(cut >> OWN, shunt_bit(less, c + OWN));
		cut = next_cut(cut & (WHOLE - 1), shunt_bit(less, c)) | own << OWN;
		shunt_plan_set(v, PLAN_CUT + c, cut | sooner(v, &k, c, own));
		shunt_plan_set(v, c, word_of(v, &k, c, cut));
		let_in |= (refusable(v, c) ^ 1) << c;
	}
	let_in |= plan_shares(v, PLAN_SHARE, k.cores, ev->now_ns & (LATER - 1)) << SHARES;
	shunt_plan_set(v, PLAN_LET_IN, let_in);
}
