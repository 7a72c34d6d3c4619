// SPDX-License-Identifier: BSD-2-Clause
/*
 * engine.c - a run from its begin to its result
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "seats.h"
#include "services.h"
#include "staged.h"

#define POOL (1U << 21) /* requests in the system at once; memory is touched as it is needed */

/* A timer asks no policy. */
static bool preempts_by(const struct run_config *c, const struct policy *p)
{
	if (c->preempt >= 0)
		return c->preempt;
	return c->costs.marker == MARK_TIMER || p->flags & SHUNT_PREEMPTS;
}

bool preempts(const struct run_config *c) { return preempts_by(c, c->policy); }

bool preempts_class(const struct run_config *c, const struct sim_class *of)
{
	return preempts_by(c, policy_of(c, of->service_no));
}

static void set_costs(struct engine *e)
{
	const struct costs *k = &e->c->costs;
	const struct workload *w = e->c->w;
	struct why none = { 0 }; /* costs.c has checked them */
	double q, all = e->c->quantum_us < 0 ? k->quantum_us : e->c->quantum_us;

	e->nic = ticks(k->nic_ns);
	e->credit = ticks(k->credit_ns);
	e->deliver = ticks(k->deliver_ns);
	e->feedback = ticks(k->feedback_ns);
	e->start = ticks(k->start_ns);
	e->rest = ticks(k->rest_ns);
	e->end = ticks(k->end_ns) + e->rest;
	e->pop = ticks(k->pop_ns);
	e->steal = ticks(k->steal_ns);
	e->steal_home = ticks(k->steal_home_ns);
	e->mark = ticks(k->mark_ns);
	e->safepoint = ticks(k->safepoint_ns);
	e->yield = ticks(k->yield_ns);
	e->swap = ticks(k->switch_ns);
	e->far = ticks(k->far_ns);
	if (*k->speeds && !speeds_parse(k->speeds, e->slow, &none)) {
		e->slowness = e->slow;
		for (int i = 0; i < SHUNT_CORES; i++)
			e->slow[i] = 1 / e->slow[i];
	}
	e->publish = ticks(k->publish_ns);
	e->publish_delay = ticks(k->publish_delay_ns);
	e->transport = k->transport;
	e->timer = k->marker == MARK_TIMER;
	e->unseen = k->unseen;
	e->stamp_nic = k->stamp == STAMP_NIC;
	e->outstanding = !k->outstanding && k->transport == TRANSPORT_WIRE ? 1 : k->outstanding;
	e->ring_max = k->ring;
	e->hold_max = k->hold;
	e->nic_max = k->nic_queue;
	e->preempt = preempts(e->c);
	for (int c = 0; c < w->nclasses; c++) {
		q = w->cls[c].quantum_us > 0 ? w->cls[c].quantum_us : all;
		e->quantum[c] = preempts_class(e->c, &w->cls[c]) && q > 0 ? ticks(q * 1e3) : NEVER;
		e->wait_most[c] = NEVER;
		if (!w->cls[c].expire || !expires(e->c))
			continue;
		e->wait_most[c] = ticks(w->cls[c].expire * w->cls[c].slo_us * 1e3);
		e->expires |= 1U << c;
	}
}

static int make_domain(struct engine *e, int i, int ncores)
{
	struct domain *d = &e->dom[i];
	uint64_t knob[SHUNT_KNOBS];
	uint64_t up = ncores == 64 ? ~0ULL : (1ULL << ncores) - 1;

	d->index = i;
	d->ncores = ncores;
	d->p = e->services ? policy_of(e->c, i) : e->c->policy;
	d->steals = d->p->flags & SHUNT_STEALS;
	d->idle_only = d->p->flags & SHUNT_IDLE_ONLY;
	d->v = view_make();
	if (!d->v)
		return -ENOMEM;
	memcpy(knob, e->c->knob, sizeof(knob));
	/* jbsq's k is what the system allows, unless told otherwise. */
	if (e->outstanding && !knob[0] && !strcmp(d->p->name, "jbsq"))
		knob[0] = e->outstanding;
	view_setup(d->v, e->c->w, knob,
		   e->c->quantum_us < 0 ? e->c->costs.quantum_us : e->c->quantum_us,
		   preempts_by(e->c, d->p));
	view_up(d->v, up);
	d->v->idle = d->free = d->at_load[0] = up;
	for (int l = 0; l < NLINES; l++) {
		d->line[l].size = 64;
		d->line[l].item = malloc(64 * sizeof(struct item));
		if (!d->line[l].item)
			return -ENOMEM;
	}
	for (int k = 0; k < ncores; k++)
		d->core[k].up = 1;
	return 0;
}

/* The fewer leaves, the fewer levels. */
static int make_leaves(struct engine *e)
{
	const struct costs *k = &e->c->costs;
	bool of_run = e->c->nfails || *k->stall || *k->nic_stall || e->services ||
		      e->transport == TRANSPORT_PUBLISHED;
	bool lines = e->nic || e->credit || e->deliver || e->feedback || *k->nic_stall || e->staged;
	int n = 0;

	e->leaves =
		malloc((LEAF_FIRST + e->ndomains * (NLINES + SHUNT_CORES)) * sizeof(*e->leaves));
	if (!e->leaves)
		return -ENOMEM;
	for (; of_run && n < LEAF_FIRST; n++)
		e->leaves[n] = (struct leaf){ 0, LEAF_RUN + n };
	for (int i = 0; i < e->ndomains; i++) {
		struct domain *d = &e->dom[i];

		for (int l = 0; l < (e->staged ? NLINES : LINE_AGENT) && lines; l++) {
			d->line[l].leaf = n;
			e->leaves[n++] = (struct leaf){ i, LEAF_LINES + l };
		}
		d->leaf = n;
		for (int c = 0; c < d->ncores; c++)
			e->leaves[n++] = (struct leaf){ i, c };
	}
	e->nleaves = n;
	return tournament_make(&e->times, n);
}

static const struct rare rare = {
	.fail = failures_event, .stall = stall_event,
	.services_look = services_look, .services_arrived = services_arrived,
	.services_leave = services_leave, .services_change = services_change,
	.far_next = far_next, .far_wake = far_wake, .expire = expire_waiting,
	.staged_arrive = staged_arrive, .staged_next = staged_next, .staged_ended = staged_ended,
	.staged_yield = staged_yield, .staged_line = staged_line,
};

static const struct rare rare_of_seats = {
	.services_look = seats_over, .services_arrived = seats_arrived,
	.services_leave = seats_leave, .seats_there = seats_there,
	.seats_wanted = seats_wanted, .seats_idle = seats_idle, .seats_yield = seats_yield,
};

static const struct rare rare_of_spin = { .services_look = slices_over };

int engine_open(struct engine *e, struct why *why)
{
	int cores = e->c->cores - e->c->costs.reserved, e2, err, services = services_open(e, why);

	if (services < 0)
		return -EINVAL;
	e->rare = e->c->costs.services == SERVICES_SEATS  ? &rare_of_seats
		  : e->c->costs.services == SERVICES_SPIN ? &rare_of_spin
							  : &rare;
	e->ndomains = services        ? services
		      : e->c->domains ? e->c->domains
				      : (cores + SHUNT_CORES - 1) / SHUNT_CORES;
	if ((cores < e->ndomains && !services) || cores > e->ndomains * SHUNT_CORES ||
	    e->ndomains > SHUNT_DOMAINS) {
		why_fail(why, -1,
			 "%d cores (%d of them dispatch) do not make %d domains of 1 to %d",
			 e->c->cores, e->c->costs.reserved, e->ndomains, SHUNT_CORES);
		return -EINVAL;
	}
	set_costs(e);
	e->dom = aligned_alloc(SHUNT_LINE, e->ndomains * sizeof(*e->dom));
	e->pool_max = e->c->calls.servers > 1 ? POOL / e->c->calls.servers : POOL;
	e->pool = aligned_alloc(SHUNT_LINE, e->pool_max * sizeof(*e->pool));
	e->loads_size = e->publish ? e->publish_delay / e->publish + 2 : 1;
	e->loads = calloc(e->loads_size, sizeof(*e->loads));
	if (!e->dom || !e->pool || !e->loads)
		return -ENOMEM;
	memset(e->dom, 0, e->ndomains * sizeof(*e->dom));
	e->fresh_req = 1;
	for (int i = 0, left = cores; i < e->ndomains; i++) {
		e2 = !services ? (left + e->ndomains - i - 1) / (e->ndomains - i) :
		     e->c->costs.services != SERVICES_SPLIT ? cores : e->services->own[i];
		if (make_domain(e, i, e2))
			return -ENOMEM;
		left -= e2;
	}
	err = staged_open(e, why);
	if (err || make_leaves(e))
		return err ? err : -ENOMEM;
	if (services && services_begin(e))
		return -ENOMEM;
	if (e->transport == TRANSPORT_PUBLISHED)
		set_time(e, LEAF_PUBLISH, SIM_START);
	failures_setup(e);
	if (stall_setup(e, why))
		return -EINVAL;
	rng_seed(&e->random, e->c->seed, 4 + SERVER_STREAMS * e->index);
	return 0;
}

static int set_up(struct engine *e, struct why *why)
{
	int res = engine_open(e, why);

	if (!res && measure_begin(&e->m, e->r, e->c))
		res = -ENOMEM;
	e->warm = e->c->requests / 10;
	if (!res && (source_open(&e->src, e->c, why) || source_next(&e->src, &e->coming, why)))
		res = -EINVAL;
	return res;
}

/* The cores' busy time since the begin, in cores times ns. */
double engine_busy(const struct engine *e)
{
	double busy = 0;

	for (int i = 0; i < e->ndomains; i++) {
		for (int k = 0; k < e->dom[i].ncores; k++)
			busy += (double)e->dom[i].core[k].busy / TICKS_NS;
	}
	return busy;
}

void engine_domains(struct engine *e)
{
	struct run_result *r = e->r;

	r->ndomains = e->ndomains;
	for (int i = 0; i < e->ndomains; i++) {
		const struct domain *d = &e->dom[i];
		double of_domain = 0;

		for (int k = 0; k < d->ncores; k++)
			of_domain += (double)d->core[k].busy / TICKS_NS;
		r->domain[i] = (struct domain_result){
			.cores = d->ncores,
			.arrived = d->arrived,
			.busy = of_domain / 1e9 / r->sim_s / d->ncores,
		};
		for (int k = 0; k < SHUNT_PLANS; k++)
			r->domain[i].plan[k] = shunt_plan(d->v, k);
	}
	if (e->seats)
		seats_result(e);
}

static void sum_up(struct engine *e)
{
	struct run_result *r = e->r;
	double span = (double)(e->last - e->first) / TICKS_NS, busy = engine_busy(e);
	int cores = e->c->cores - e->c->costs.reserved;

	r->sim_s = (double)(e->now - SIM_START) / TICKS_NS / 1e9;
	engine_domains(e);
	r->throughput = span > 0 ? e->done_in_time / span * 1e9 : 0;
	staged_finish(e);
	r->busy = r->sim_s > 0 ? busy / 1e9 / r->sim_s / cores : 0;
	measure_finish(&e->m);
}

void engine_close(struct engine *e)
{
	stall_free(e);
	services_close(e);
	staged_close(e);
	for (int i = 0; e->dom && i < e->ndomains; i++) {
		free(e->dom[i].v);
		for (int l = 0; l < NLINES; l++)
			free(e->dom[i].line[l].item);
	}
	free(e->dom);
	free(e->loads);
	free(e->leaves);
	free(e->pool);
	tournament_free(&e->times);
}

/* Does it use nothing of what plain.c leaves out (RARE)? */
static bool is_plain(const struct engine *e)
{
	bool cores = e->slowness || e->far || e->expires || e->last_service || e->services ||
		     e->nfails || e->staged || e->stalls.core_rate + e->stalls.nic_rate > 0;

	return !cores && !e->calls && !e->unseen && !e->timer && !e->stamp_nic && !e->c->w->rss;
}

int run_sim(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	    struct why *why)
{
	struct engine *e = calloc(1, sizeof(*e));
	int res = -ENOMEM;

	if (!e)
		return res;
	e->c = c;
	e->r = r;
	res = set_up(e, why);
	if (!res) {
		res = is_plain(e) ? engine_loop_plain(e, stop, why) : engine_loop(e, stop, why);
		sum_up(e);
	}
	source_close(&e->src);
	measure_free(&e->m);
	engine_close(e);
	free(e);
	return res;
}
