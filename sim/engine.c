// SPDX-License-Identifier: BSD-2-Clause
/*
 * engine.c - the clock of a run: what is next, until all that arrived has ended
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "services.h"

#define POOL (1U << 21) /* requests in the system at once; memory is touched as it is needed */

void line_push(struct engine *e, struct line *l, tick at, uint32_t req, int core, int what)
{
	struct item *i, *more;
	uint32_t n = l->tail - l->head;

	if (n == l->size) {
		more = malloc(2 * l->size * sizeof(*more));
		if (!more) {
			fprintf(stderr, "shunt-sim: no memory\n");
			exit(1);
		}
		for (uint32_t k = 0; k < n; k++)
			more[k] = l->item[(l->head + k) & (l->size - 1)];
		free(l->item);
		l->item = more;
		l->head = 0;
		l->tail = n;
		l->size *= 2;
	}
	i = &l->item[l->tail++ & (l->size - 1)];
	*i = (struct item){ .at = at, .req = req, .core = core, .what = what };
	if (!n)
		set_time(e, l->leaf, at);
}

static struct item line_pop(struct engine *e, struct line *l)
{
	struct item i = l->item[l->head++ & (l->size - 1)];

	set_time(e, l->leaf, l->head == l->tail ? NEVER : l->item[l->head & (l->size - 1)].at);
	return i;
}

static void line_event(struct engine *e, struct domain *d, int which)
{
	struct item i = line_pop(e, &d->line[which]);

	switch (which) {
	case LINE_NIC:
		d->nic_n--;
		nic_decide(e, d, i.req);
		break;
	case LINE_CREDIT:
		nic_credit(e, d, i.core, i.req);
		break;
	case LINE_DELIVER:
		if (i.what == ITEM_STEER)
			core_deliver(e, d, i.core, i.req);
		else
			core_held(e, d, i.req);
		break;
	case LINE_FEEDBACK:
		core_word(e, d, &i);
		break;
	}
}

uint32_t req_new(struct engine *e)
{
	uint32_t r = e->free_req;

	if (r) {
		e->free_req = e->pool[r].next;
		return r;
	}
	return e->fresh_req < e->pool_max ? e->fresh_req++ : 0;
}

/* The policy's hash knows nothing of what picks the domain: the lower half of a product, or the upper bits of a real hash. */
static struct domain *pick_domain(struct engine *e, struct req *q, uint32_t hash)
{
	if (e->services) {
		q->flow = hash;
		return &e->dom[e->c->w->cls[q->cls].service_no];
	}
	if (e->c->w->rss) {
		q->flow = hash;
		return &e->dom[rss_queue(hash, e->ndomains)];
	}
	q->flow = hash * (uint32_t)e->ndomains;
	return &e->dom[(uint64_t)hash * e->ndomains >> 32];
}

void req_arrive(struct engine *e, uint32_t r, uint32_t flow)
{
	struct domain *d = pick_domain(e, &e->pool[r], flow);

	e->in_flight++;
	d->arrived++;
	nic_arrival(e, d, r);
}

void req_refuse(struct engine *e, uint32_t r, enum refusal why)
{
	struct class_result *c = &e->r->cls[e->pool[r].cls];

	if (e->calls) {
		calls_refused(e, &e->pool[r], why);
	} else if (measured(e, &e->pool[r])) {
		c->dropped += why == REFUSED_DROP;
		c->rejected += why == REFUSED_REJECT;
		c->lost += why == REFUSED_LOST;
	}
	req_free(e, r);
}

/* The request that is due arrives, and the next one is drawn. 0 or -1. */
static int arrival_event(struct engine *e, uint64_t n, char *err)
{
	struct arrival a = e->coming;
	struct class_result *c = &e->r->cls[a.cls];
	uint32_t r = req_new(e);
	int more = source_next(&e->src, &e->coming, err);

	if (more < 0)
		return -1;
	if (more)
		e->coming.at = NEVER;
	e->ending = more;
	if (n >= e->warm) {
		if (!e->first)
			e->first = a.at;
		e->last = a.at;
		c->arrived++;
		measure_arrival(&e->m, n, e->in_flight);
	}
	if (!r) {
		c->dropped += n >= e->warm;
		return 0;
	}
	e->pool[r] = (struct req){ .arrival = a.at, .left = a.service, .service = a.service, .n = n, .cls = a.cls };
	req_arrive(e, r, a.flow);
	return 0;
}

/* What a leaf stands for happens. */
static inline __attribute__((always_inline)) void happen(struct engine *e, int leaf)
{
	if (leaf >= LEAF_FIRST) {
		struct domain *d = &e->dom[(leaf - LEAF_FIRST) / LEAVES_DOMAIN];
		int at = (leaf - LEAF_FIRST) % LEAVES_DOMAIN;

		if (at >= NLINES)
			core_event(e, d, at - NLINES);
		else
			line_event(e, d, at);
	} else if (leaf == LEAF_FAIL) {
		failures_event(e);
	} else if (leaf == LEAF_STALL) {
		stall_event(e);
	} else if (leaf == LEAF_ELASTIC) {
		services_look(e);
	} else if (leaf == LEAF_MOVED) {
		services_arrived(e);
	} else if (leaf == LEAF_PUBLISH) {
		nic_publish(e);
	} else {
		nic_published(e);
	}
}

void engine_step(struct engine *e)
{
	int leaf = tournament_first(&e->times);

	e->now = e->times.at[leaf];
	happen(e, leaf);
}

static int loop(struct engine *e, volatile sig_atomic_t *stop, char *err)
{
	uint64_t n = 0, events = 0;
	bool arrives;
	tick now;
	int leaf;

	for (;;) {
		leaf = tournament_first(&e->times);
		now = e->times.at[leaf];
		arrives = e->coming.at <= now;
		if (arrives)
			now = e->coming.at;
		if (now >= NEVER)
			break;
		e->now = now;
		if (e->ending && !e->in_flight)
			break; /* only timers are left */
		if (!(++events & 0xffff) && stop && *stop)
			return -EINTR;
		if (arrives) {
			if (arrival_event(e, n++, err))
				return -EINVAL;
		} else {
			happen(e, leaf);
		}
	}
	e->r->events = events;
	return 0;
}

/* A timer asks no policy. */
bool preempts(const struct run_config *c)
{
	if (c->preempt >= 0)
		return c->preempt;
	return c->costs.marker == MARK_TIMER || c->policy->flags & SHUNT_PREEMPTS;
}

static void set_costs(struct engine *e)
{
	const struct costs *k = &e->c->costs;
	const struct workload *w = e->c->w;
	char err[SIM_TEXT];
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
	if (*k->speeds && !speeds_parse(k->speeds, e->slow, err)) {
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
	e->steals = e->p->flags & SHUNT_STEALS;
	e->idle_only = e->p->flags & SHUNT_IDLE_ONLY;
	e->preempt = preempts(e->c);
	for (int c = 0; c < w->nclasses; c++) {
		q = w->cls[c].quantum_us > 0 ? w->cls[c].quantum_us : all;
		e->quantum[c] = e->preempt && q > 0 ? ticks(q * 1e3) : NEVER;
	}
}

static int make_domain(struct engine *e, int i, int ncores)
{
	struct domain *d = &e->dom[i];
	uint64_t knob[SHUNT_KNOBS];
	uint64_t up = ncores == 64 ? ~0ULL : (1ULL << ncores) - 1;

	d->index = i;
	d->ncores = ncores;
	d->v = view_make();
	if (!d->v)
		return -ENOMEM;
	memcpy(knob, e->c->knob, sizeof(knob));
	/* jbsq's k is what the system allows, unless told otherwise. */
	if (e->outstanding && !knob[0] && !strcmp(e->p->name, "jbsq"))
		knob[0] = e->outstanding;
	view_setup(d->v, e->c->w, knob,
		   e->c->quantum_us < 0 ? e->c->costs.quantum_us : e->c->quantum_us, e->preempt);
	view_up(d->v, up);
	d->v->idle = d->free = d->at_load[0] = up;
	for (int l = 0; l < NLINES; l++) {
		d->line[l].leaf = LEAF_FIRST + i * LEAVES_DOMAIN + l;
		d->line[l].size = 64;
		d->line[l].item = malloc(64 * sizeof(struct item));
		if (!d->line[l].item)
			return -ENOMEM;
	}
	for (int k = 0; k < ncores; k++)
		d->core[k].up = 1;
	return 0;
}

int engine_open(struct engine *e, char *err)
{
	int cores = e->c->cores - e->c->costs.reserved, leaves, e2, services = services_open(e, err);

	if (services < 0)
		return -EINVAL;
	e->ndomains = services ? services : e->c->domains ? e->c->domains : (cores + SHUNT_CORES - 1) / SHUNT_CORES;
	if (cores < e->ndomains || cores > e->ndomains * SHUNT_CORES || e->ndomains > SHUNT_DOMAINS) {
		say(err, "%d cores (%d of them dispatch) do not make %d domains of 1 to %d",
			 e->c->cores, e->c->costs.reserved, e->ndomains, SHUNT_CORES);
		return -EINVAL;
	}
	set_costs(e);
	leaves = LEAF_FIRST + (e->ndomains - 1) * LEAVES_DOMAIN + NLINES +
		 (e->ndomains > 1 ? SHUNT_CORES : cores);
	if (tournament_make(&e->times, leaves))
		return -ENOMEM;
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
		     e->c->costs.services == SERVICES_ELASTIC ? cores : e->services->own[i];
		if (make_domain(e, i, e2))
			return -ENOMEM;
		left -= e2;
	}
	if (services)
		services_begin(e);
	if (e->transport == TRANSPORT_PUBLISHED)
		set_time(e, LEAF_PUBLISH, SIM_START);
	failures_setup(e);
	if (stall_setup(e, err))
		return -EINVAL;
	rng_seed(&e->random, e->c->seed, 4 + SERVER_STREAMS * e->index);
	return 0;
}

static int set_up(struct engine *e, char *err)
{
	int res = engine_open(e, err);

	if (!res && measure_begin(&e->m, e->r, e->c->w, e->c->requests))
		res = -ENOMEM;
	e->warm = e->c->requests / 10;
	if (!res && (source_open(&e->src, e->c, err) || source_next(&e->src, &e->coming, err)))
		res = -EINVAL;
	return res;
}

/* Of the cores' time since the begin, in cores times ns. */
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
		r->domain[i] = (struct domain_result){ d->ncores, d->arrived, of_domain / 1e9 / r->sim_s / d->ncores };
	}
}

static void sum_up(struct engine *e)
{
	struct run_result *r = e->r;
	double span = (double)(e->last - e->first) / TICKS_NS, busy = engine_busy(e);
	int cores = e->c->cores - e->c->costs.reserved;

	r->sim_s = (double)(e->now - SIM_START) / TICKS_NS / 1e9;
	engine_domains(e);
	r->throughput = span > 0 ? e->done_in_time / span * 1e9 : 0;
	r->busy = r->sim_s > 0 ? busy / 1e9 / r->sim_s / cores : 0;
	measure_finish(&e->m);
}

void engine_close(struct engine *e)
{
	stall_free(e);
	services_close(e);
	for (int i = 0; e->dom && i < e->ndomains; i++) {
		free(e->dom[i].v);
		for (int l = 0; l < NLINES; l++)
			free(e->dom[i].line[l].item);
	}
	free(e->dom);
	free(e->loads);
	free(e->pool);
	tournament_free(&e->times);
}

int run_sim(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop, char *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	int res = -ENOMEM;

	if (!e)
		return res;
	e->c = c;
	e->p = c->policy;
	e->r = r;
	res = set_up(e, err);
	if (!res) {
		res = loop(e, stop, err);
		sum_up(e);
	}
	source_close(&e->src);
	measure_free(&e->m);
	engine_close(e);
	free(e);
	return res;
}
