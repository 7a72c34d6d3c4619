// SPDX-License-Identifier: BSD-2-Clause
/*
 * load.c - how busy cores are, by their counts, and the loads that policies see; at each tick
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "domain.h"
#include "load.h"
#include "maps.h"
#include "plan.h"
#include "service.h"
#include "shared.h"
#include "steered.h"

#define REFUSED_NS 100000000ULL /* how often the kernel is asked what rings refused */

struct core_load {
	__u64 busy_before;
	double share;
	struct steered_seen steered;
};

struct domain_load {
	bool known; /* "before" is of this domain's view */
	struct service cls[SHUNT_CLASSES];
	struct core_load core[SHUNT_CORES];
};

struct tunables {
	bool slo, quantum, admits, leasts, knobs, rest; /* was read */
	__u32 slo_us[SHUNT_CLASSES], quantum_us[SHUNT_CLASSES], admit[SHUNT_CLASSES],
	      least[SHUNT_CLASSES];
	__u64 knob[SHUNT_KNOBS];
};

struct load {
	struct tunables t;
	__u64 at_ns;      /* of the last tick */
	__u64 refused_ns; /* next question about what rings refused */
	struct domain_load domain[SHUNT_DOMAINS];
};

int load_reset(struct agent *a)
{
	free(shared_of(a)->load);
	shared_of(a)->load = calloc(1, sizeof(struct load));
	return shared_of(a)->load ? 0 : -ENOMEM;
}

/* Time in handlers; of the one that runs now, too. */
static __u64 busy_ns(const struct shunt_core *c, __u64 now_ns)
{
	__u64 busy = peek(c->stats.busy_ns), start = peek(c->run.start_ns);

	if (peek(c->run.id) && peek(c->run.state) == SHUNT_CORE_BUSY && start && start < now_ns)
		busy += now_ns - start;
	return busy;
}

static void core_tick(const struct domain *d, struct core_load *l, __u32 core, double dt_ns,
		      __u64 now_ns)
{
	__u64 busy = busy_ns(&d->pool.r.view->core[core], now_ns);
	__s64 more = busy - l->busy_before;
	double share = more < 0 ? 0 : more > dt_ns ? 1 : more / dt_ns;
	double keep = exp(-dt_ns / MEMORY_NS);

	l->share = l->share * keep + share * (1 - keep);
	l->busy_before = busy;
	poke(agent_of(d)->core[core].load, to_u32(l->share * 1000 + 0.5));
}

static __u32 count_running(const struct domain *d)
{
	__u32 n = 0;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		const struct shunt_core_run *run = &d->pool.r.view->core[i].run;

		n += peek(run->id) || peek(run->intent);
	}
	if (!shunt_view_any_parked(d->pool.r.view)) /* the places are 256 lines */
		return n;
	for (__u32 i = 0; i < SHUNT_PARKED; i++)
		n += !!peek(d->pool.r.ctl->parked[i].id);
	return n;
}

static void learn(const struct domain *d, struct domain_load *l, __u64 now_ns)
{
	for (__u32 c = 0; c < SHUNT_CLASSES; c++)
		l->cls[c].before = service_sums(d->pool.r.view, d->pool.r.geo.ncores, c);
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++)
		l->core[i].busy_before = busy_ns(&d->pool.r.view->core[i], now_ns);
	l->known = true;
}

static void domain_tick(const struct domain *d, struct domain_load *l, double dt_ns, __u64 now_ns)
{
	__u32 running = count_running(d);

	if (!l->known) {
		learn(d, l, now_ns);
		return;
	}
	for (__u32 c = 0; c < d->pool.r.geo.nclasses; c++)
		service_tick(&l->cls[c], service_sums(d->pool.r.view, d->pool.r.geo.ncores, c),
			     dt_ns, now_ns, &agent_of(d)->cls[c]);
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		core_tick(d, &l->core[i], i, dt_ns, now_ns);
		steered_heal(d, &l->core[i].steered, i, running);
	}
}

/* The policy's plan() reads what is published: call it after publishing. */
static void plan(struct agent *a, __u32 domain, const struct domain_load *l)
{
	__u64 ended = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		ended += l->cls[c].before.ended;
	planner_tick(&shared_of(a)->planner, a, domain, a->domain[domain].pool.r.view, ended);
}

static void read_tunables(struct maps *m, struct tunables *t)
{
	t->rest = maps_reread(m);
	t->slo = maps_read_array(m->slo_fd, t->slo_us, SHUNT_CLASSES);
	t->quantum = maps_read_array(m->quantum_fd, t->quantum_us, SHUNT_CLASSES);
	t->admits = maps_read_array(m->admit_fd, t->admit, SHUNT_CLASSES);
	t->leasts = maps_read_array(m->least_fd, t->least, SHUNT_CLASSES);
	t->knobs = maps_read_array(m->knobs_fd, t->knob, SHUNT_KNOBS);
}

static bool any_quantum(const struct tunables *t)
{
	__u32 any = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		any |= t->quantum_us[c];
	return any;
}

static __u32 at_most(__u32 x, __u32 limit)
{
	return x < limit ? x : limit;
}

/* HEAD keeps a class first come, first served; TAIL shares the core among its requests. */
static __u8 requeue_of(const struct maps *m, const struct shunt_agent *n, int cls)
{
	if (m->classes[cls].requeue != SHUNT_REQUEUE_AUTO)
		return m->classes[cls].requeue == SHUNT_HEAD ? SHUNT_HEAD : SHUNT_TAIL;
	return service_varies(&n->cls[cls]) ? SHUNT_TAIL : SHUNT_HEAD;
}

static void publish_preemption(struct shunt_view *v, const struct maps *m,
			       const struct shunt_agent *n)
{
	__u32 on = !!(m->cfg.flags & SHUNT_CFG_PREEMPT),
	      max = at_most(m->cfg.parked_max, SHUNT_PARKED);

	if (peek(v->preempt) != on)
		poke(v->preempt, on);
	if (peek(v->parked_max) != max)
		poke(v->parked_max, max);
	if (peek(v->hold_age_ms) != m->cfg.hold_age_ms)
		poke(v->hold_age_ms, m->cfg.hold_age_ms);
	if (peek(v->grace_us) != (on ? m->cfg.grace_us : 0))
		poke(v->grace_us, on ? m->cfg.grace_us : 0);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		struct shunt_view_class now = {
			.requeue = requeue_of(m, n, c),
			.demote_to = at_most(m->classes[c].demote_to, SHUNT_CLASSES - 1),
			.demote_after = at_most(m->classes[c].demote_after, 0xffff),
		};

		if (memcmp(&now, &v->cls[c], sizeof(now)))
			__atomic_store(&v->cls[c], &now, __ATOMIC_RELAXED);
	}
}

static void publish_expiry(struct shunt_view *v, const struct maps *m)
{
	__u32 classes = 0, times;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		times = at_most(m->classes[c].expire, SHUNT_EXPIRE_MAX);
		classes |= !!times << c;
		if (peek(v->expire[c]) != times)
			poke(v->expire[c], times);
	}
	if (peek(v->expires) != classes)
		poke(v->expires, classes);
}

static void publish_service(struct shunt_view *v, const struct shunt_agent *n)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if (peek(v->mean_ns[c]) != n->cls[c].mean_ns)
			poke(v->mean_ns[c], n->cls[c].mean_ns);
		if (peek(v->sigma_ns[c]) != n->cls[c].sigma_ns)
			poke(v->sigma_ns[c], n->cls[c].sigma_ns);
		if (peek(v->rate[c]) != n->cls[c].rate)
			poke(v->rate[c], n->cls[c].rate);
	}
}

/* A store only where something changed: these lines are read at each decision. */
static void publish(struct shunt_view *v, const struct tunables *t, __u64 policy_gen)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		__u32 slo = at_most(t->slo_us[c], SHUNT_SLO_MAX_US);
		__u32 quantum = at_most(t->quantum_us[c], SHUNT_SLO_MAX_US);
		__u32 admit = t->admit[c] == SHUNT_ADMIT_ALL
				      ? SHUNT_ADMIT_ALL
				      : at_most(t->admit[c], SHUNT_SLACK_MAX);
		__u32 least = at_most(t->least[c], SHUNT_LEAST_MAX);

		if (t->slo && peek(v->slo_us[c]) != slo)
			poke(v->slo_us[c], slo);
		if (t->quantum && peek(v->quantum_us[c]) != quantum)
			poke(v->quantum_us[c], quantum);
		if (t->admits && peek(v->admit[c]) != admit)
			poke(v->admit[c], admit);
		if (t->leasts && peek(v->least[c]) != least)
			poke(v->least[c], least);
	}
	for (int i = 0; t->knobs && i < SHUNT_KNOBS; i++) {
		if (peek(v->knob[i]) != t->knob[i])
			poke(v->knob[i], t->knob[i]);
	}
	if (peek(v->policy_gen) != policy_gen)
		poke(v->policy_gen, policy_gen);
}

void load_publish(struct agent *a, int domain, struct shunt_view *v)
{
	struct tunables t;

	read_tunables(&a->maps, &t);
	publish(v, &t, maps_policy_gen(&a->maps));
	publish_service(v, &a->maps.agent[domain]);
	if (t.rest) {
		publish_preemption(v, &a->maps, &a->maps.agent[domain]);
		publish_expiry(v, &a->maps);
	}
}

void load_read(struct agent *a)
{
	struct tunables *t = &shared_of(a)->load->t;

	read_tunables(&a->maps, t);
	if (t->quantum)
		shared_of(a)->quanta = any_quantum(t);
}

void load_tick(struct agent *a)
{
	struct load *load = shared_of(a)->load;
	double dt_ns = a->now_ns - load->at_ns;
	bool ask = a->now_ns >= load->refused_ns;
	const struct tunables *t = &load->t;

	planner_follow(&shared_of(a)->planner, a, shared_of(a)->policy.msg.gen);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		if (a->maps.domains[i].on) {
			poke(a->maps.agent[i].beat_ns, a->now_ns);
			poke(a->maps.agent[i].pid, a->pid);
		}
		if (!d->pool.r.view) {
			load->domain[i].known = false;
			continue;
		}
		domain_tick(d, &load->domain[i], dt_ns, a->now_ns);
		publish(d->pool.r.view, t, shared_of(a)->policy.msg.gen);
		publish_service(d->pool.r.view, &a->maps.agent[i]);
		plan(a, i, &load->domain[i]);
		if (t->rest) {
			publish_preemption(d->pool.r.view, &a->maps, &a->maps.agent[i]);
			publish_expiry(d->pool.r.view, &a->maps);
		}
		if (ask)
			domain_count_refused(d);
	}
	if (ask)
		load->refused_ns = a->now_ns + REFUSED_NS;
	load->at_ns = a->now_ns;
}
