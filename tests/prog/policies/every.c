// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * every - calls everything that include/shunt/policy.h
 * offers, so that BPF and native code can be compared
 *
 * Its answers mean nothing. steer mixes what it reads into a number, select scans, requeue and
 * done use the policy's own memory.
 */
#include <shunt/policy.h>

#define SHUNT_HAS_REQUEUE
#define SHUNT_HAS_DONE
#define SHUNT_HAS_PLAN

SHUNT_POLICY("every",
	     SHUNT_NEEDS_FLOW | SHUNT_NEEDS_KEY | SHUNT_NEEDS_RANDOM | SHUNT_NEEDS_NOW |
		     SHUNT_NEEDS_HEADS | SHUNT_NEEDS_HINT | SHUNT_STEALS | SHUNT_PREEMPTS,
	     "calls every accessor");

SHUNT_TABLE __u32 mixed[4] = { 31, 37, 41, 43 };

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 sum = shunt_up(v) ^ shunt_idle(v) * 3, n = shunt_cores(v);

	sum += shunt_core_at(v, ev->random) + shunt_load(v, ev->flow_hash) * 5;
	sum += shunt_backlog(v, ev->cls) * 7ULL + shunt_head_ns(v, ev, ev->cls) * 11;
	sum ^= shunt_queued_ns(v, ev, ev->cls) * 29 + shunt_oldest(v, ev);
	sum += shunt_parked(v, ev->cls) * 83ULL + shunt_seen(v, ev->core) * 89 +
	       shunt_runs(v, ev->core, ev->cls) * 97;
	sum += shunt_taken(v, ev->cls) * 73ULL + shunt_quantum_us(v, ev->cls) * 79ULL;
	sum += shunt_waited(v, ev, ev->key_hash) * 13ULL + shunt_slo_us(v, ev->cls) * 17ULL;
	sum += shunt_knob(v, ev->random) * 19 + shunt_state(v, ev->key_hash) * 23;
	sum += shunt_scale(ev->random, n) + ev->now_ns + ev->hint + shunt_ones(sum) +
	       (shunt_up(v) ? shunt_first(shunt_up(v)) : 64);
	sum += shunt_min(sum >> 1, ev->now_ns >> 1) + shunt_some(sum >> 1) +
	       shunt_bit(sum, ev->core);
	sum += shunt_div(sum, shunt_knob(v, ev->random)) + shunt_mod(sum, shunt_slo_us(v, ev->cls));
	sum += shunt_mod(sum, shunt_state(v, ev->core)) + mixed[shunt_index(sum, 4)];
	sum += shunt_mean_ns(v, ev->cls) * 47ULL + shunt_sigma_ns(v, ev->cls) * 53ULL +
	       shunt_core_state(v, ev->core, ev->cls) * 59;
	sum ^= shunt_deadline_ns(v, ev->cls, ev->now_ns) + shunt_core_state(v, ev->random, 3);
	sum += shunt_rate(v, ev->cls) * 61ULL + shunt_plan(v, ev->random) * 67 +
	       shunt_slack(v, ev->cls) * 71 + shunt_least(v, ev->cls) * 73;
	sum ^= shunt_there(v) * 101 + shunt_away(v) * 103 + shunt_switch_ns(v) * 107ULL;
	return (int)(sum >> 32 ^ sum) >> 8;
}

static int select(shunt_view *v, shunt_event *ev)
{
	__u64 most = 0, more;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		more = shunt_bit(ev->waiting, c) & shunt_less(most, shunt_backlog(v, c));
		most = shunt_pick(more, shunt_backlog(v, c), most);
		best = shunt_pick(more, c, best);
	}
	return best;
}

static int requeue(shunt_view *v, shunt_event *ev)
{
	return shunt_cas(v, ev->core, ev->run_ns, ev->now_ns) == ev->run_ns ? SHUNT_HEAD
									    : SHUNT_TAIL;
}

static void done(shunt_view *v, shunt_event *ev)
{
	if (shunt_add(v, ev->cls, ev->service_ns) > ev->now_ns)
		shunt_add(v, ev->core, ~0ULL);
	if (ev->steered != SHUNT_NONE)
		shunt_core_add(v, ev->steered, 7, shunt_deadline_ns(v, ev->cls, ev->run_ns));
	else
		shunt_core_cas(v, ev->core, ev->cls, shunt_core_state(v, ev->core, ev->cls),
			       ev->service_ns);
}

static void plan(shunt_view *v, shunt_event *ev)
{
	shunt_plan_set(v, ev->core, shunt_plan(v, ev->random) + shunt_rate(v, ev->cls));
}
