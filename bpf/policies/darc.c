// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * darc - cores reserved for short classes, as many as their work needs (Persephone's DARC)
 *
 * plan() orders classes by their mean service times; those within a factor of 2 are alike and
 * share. From the shortest on, each group is reserved the cores that its part of all work comes to,
 * rounded, one at least, while one is left for those behind it. A class may use the cores of its
 * own group and of the groups behind it, never those of shorter ones: so a short request finds a
 * core free without anyone being preempted. Cores are left idle on purpose.
 *
 * Plan word c is the mask of cores that class c may use, 0 = all; a knob c that is not 0 is used in
 * place of it. A class that was not measured yet may use all. Among what a core may take, the
 * shortest class first.
 */
#include <shunt/policy.h>

#define SHUNT_HAS_PLAN

SHUNT_POLICY("darc", SHUNT_IDLE_ONLY,
	     "cores reserved by class, as work demands (or knob c: mask of class c)");

#define RATE_MAX (1ULL << 30)
#define WORK_MAX (1ULL << 44) /* ns a second; so many cores there are not */

/* a, or b if a is 0. */
__shunt_inline __u64 one_of(__u64 a, __u64 b)
{
	return shunt_pick(shunt_some(a), a, b);
}

__shunt_inline __u64 allowed(const shunt_view *v, __u32 cls)
{
	__u64 mask = one_of(shunt_knob(v, cls), shunt_plan(v, cls)) & shunt_up(v);

	return one_of(mask, shunt_up(v)); /* none of its cores is up: any will do */
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v) & allowed(v, ev->cls);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	__u64 shortest = ~0ULL >> 1, mean, better;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		mean = shunt_mean_ns(v, c);
		better = shunt_bit(ev->waiting, c) & shunt_bit(allowed(v, c), ev->core) &
			 shunt_less(mean, shortest);
		shortest = shunt_pick(better, mean, shortest);
		best = shunt_pick(better, c, best);
	}
	return best;
}

/* Time that requests of the class need, in a second. */
__shunt_inline __u64 work(const shunt_view *v, __u32 cls)
{
	return shunt_min(shunt_min(shunt_rate(v, cls), RATE_MAX) * shunt_mean_ns(v, cls), WORK_MAX);
}

/*
 * Takes from these cores the lowest ones, for a group with this part of the sum of all work: part /
 * sum of n, rounded, one at least if there is any work, but never the last one. Returns the cores
 * that are left.
 */
__shunt_inline __u64 reserve(__u64 cores, __u64 n, __u64 part, __u64 sum)
{
	__u64 less, take;

	for (int i = 0; i < SHUNT_CORES; i++) {
		less = cores & (cores - 1);
		take = 1 - shunt_less(2 * part * n, (2 * i + 1) * sum);
		if (!i)
			take |= shunt_some(part);
		cores = shunt_pick(take & shunt_some(sum) & shunt_some(less), less, cores);
	}
	return cores;
}

static void plan(shunt_view *v, shunt_event *ev)
{
	__u64 mask[SHUNT_CLASSES] = { 0 }, cores = shunt_up(v), left = 0, sum = 0;
	__u64 mean, shortest, part, in, n = shunt_cores(v);

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		left |= shunt_some(shunt_mean_ns(v, c)) << c;
		sum += work(v, c);
	}
	for (int group = 0; group < SHUNT_CLASSES; group++) {
		shortest = ~0ULL >> 2;
		part = 0;
		for (int c = 0; c < SHUNT_CLASSES; c++) {
			mean = shunt_pick(shunt_bit(left, c), shunt_mean_ns(v, c), shortest);
			shortest = shunt_min(mean, shortest);
		}
		for (int c = 0; c < SHUNT_CLASSES; c++) {
			in = 1 - shunt_less(2 * shortest, shunt_mean_ns(v, c));
			in &= shunt_bit(left, c);
			mask[c] = shunt_pick(in, cores, mask[c]);
			part += shunt_pick(in, work(v, c), 0);
			left &= ~(in << c);
		}
		cores = reserve(cores, n, part, sum);
	}
	for (int c = 0; c < SHUNT_CLASSES; c++)
		shunt_plan_set(v, c, mask[c]);
}
