/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - the one place that writes struct shunt_view: as XDP, the agent and the cores do
 *
 * Everything that a policy sees of a domain goes through here, in ns, when it becomes visible
 * there and not before.
 */
#pragma once

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/policy.h>

#include "sim.h"

static inline struct shunt_view *view_make(void)
{
	struct shunt_view *v = aligned_alloc(SHUNT_LINE, sizeof(*v));

	if (v)
		memset(v, 0, sizeof(*v));
	return v;
}

/* Agent: which cores there are. */
static inline void view_up(struct shunt_view *v, uint64_t up)
{
	v->up = up;
	v->idle &= up;
	v->ncores_up = 0;
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (up >> i & 1)
			v->order[v->ncores_up++] = i;
	}
}

static inline void view_setup(struct shunt_view *v, const struct workload *w, const uint64_t *knob,
			      double quantum_us, bool preempt)
{
	v->abi = SHUNT_ABI;
	v->nclasses = w->nclasses;
	v->preempt = preempt;
	for (int c = 0; c < w->nclasses; c++) {
		double q = w->cls[c].quantum_us > 0 ? w->cls[c].quantum_us : quantum_us;

		v->slo_us[c] = w->cls[c].slo_us > 0 && w->cls[c].slo_us < 1 ? 1 : w->cls[c].slo_us;
		v->quantum_us[c] = q > 0 && q < 1 ? 1 : q;
		v->admit[c] = w->cls[c].admit;
		v->least[c] = w->cls[c].least;
	}
	memcpy(v->knob, knob, sizeof(v->knob));
}

static inline void view_idle(struct shunt_view *v, int core, bool idle)
{
	if (idle)
		v->idle |= 1ULL << core;
	else
		v->idle &= ~(1ULL << core);
}

/* Programs of seats: the core's seat is another service's. */
static inline void view_away(struct shunt_view *v, int core, bool away)
{
	if (away)
		v->away |= 1ULL << core;
	else
		v->away &= ~(1ULL << core);
}

/* Agent: what a switch to this service takes, once there was one. */
static inline void view_switch(struct shunt_view *v, uint64_t ns)
{
	v->switch_ns = ns;
}

/* A core's load as one number: what a published or credit-based NIC knows. */
static inline void view_load(struct shunt_view *v, int core, uint32_t load)
{
	v->sent[core] = load;
	v->done[core] = 0;
}

static inline void view_sent(struct shunt_view *v, int core) { v->sent[core]++; }
static inline void view_done(struct shunt_view *v, int core) { v->done[core]++; }
static inline void view_held(struct shunt_view *v, int cls) { v->enq[cls]++; }
static inline void view_taken(struct shunt_view *v, int cls) { v->deq[cls]++; }

/* Cores: preempted requests that wait; by is 1 or -1. */
static inline void view_parked(struct shunt_view *v, int cls, int by)
{
	v->parked[0].cls[cls] += by;
	v->parked[0].now += by;
	if (v->parked[0].now > v->parked[0].peak)
		v->parked[0].peak = v->parked[0].now;
}

/* Core: the class of what it runs; SHUNT_NONE: nothing. Where memory is shared. */
static inline void view_runs(struct shunt_view *v, int core, int cls)
{
	struct shunt_core_run *run = &v->core[core].run;

	run->id = cls != SHUNT_NONE;
	run->cls = cls;
	run->state = cls == SHUNT_NONE ? SHUNT_CORE_IDLE : SHUNT_CORE_BUSY;
}

/* Sums that decay over a second, by which the agent measures service times; published every 10 ms
 * while requests end. */
struct times {
	uint64_t at_ns;
	struct { double count, ns, sq; } of[SHUNT_CLASSES];
};

/* Adds a service time. True: means were published. */
static inline bool view_service(struct shunt_view *v, struct times *t, int cls, uint64_t ns,
				uint64_t now_ns)
{
	double keep;

	t->of[cls].count++;
	t->of[cls].ns += ns;
	t->of[cls].sq += (double)ns * ns;
	if (now_ns < t->at_ns + 10000000)
		return false;
	keep = exp(-(double)(now_ns - t->at_ns) / 1e9);
	t->at_ns = now_ns;
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		double n = t->of[c].count, mean = n ? t->of[c].ns / n : 0,
		       var = n ? t->of[c].sq / n - mean * mean : 0;

		v->mean_ns[c] = mean;
		v->sigma_ns[c] = var > 0 ? sqrt(var) : 0;
		v->rate[c] = n + 0.5;
		t->of[c].count *= keep;
		t->of[c].ns *= keep;
		t->of[c].sq *= keep;
	}
	return true;
}

/* Agent: after it has published, as long as requests end. */
static inline void view_plan(struct shunt_view *v, const struct policy *p, uint64_t now_ns)
{
	struct shunt_event ev = { .now_ns = now_ns, .run_cls = SHUNT_NONE, .steered = SHUNT_NONE };
	uint64_t use;

	if (!p->plan)
		return;
	use = shunt_plan_begin(v);
	p->plan(v, &ev);
	shunt_plan_end(v, use);
}

/* Core: the head of a class as this core sees it, before it asks select(). */
static inline void view_head(struct shunt_view *v, int core, int cls, tick arrival, tick queued)
{
	v->core[core].heads.head_ns[cls] = arrival / TICKS_NS;
	v->core[core].heads.queued_ns[cls] = queued / TICKS_NS;
}
