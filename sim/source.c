// SPDX-License-Identifier: BSD-2-Clause
/*
 * source.c - arrivals: Poisson, evenly spaced, bursty (on and off), or a trace read as it is needed
 */
#include <math.h>
#include <string.h>

#include "source.h"

int source_open(struct source *s, const struct run_config *c, struct why *why)
{
	memset(s, 0, sizeof(*s));
	s->w = c->w;
	s->left = c->requests;
	s->now = SIM_START;
	s->gap_ns = 1e9 / c->rate;
	shape_begin(&s->shape, c->shape);
	s->plain = c->w->arrivals == ARRIVE_POISSON && !c->shape && !c->w->flows && !c->w->rss;
	rng_seed(&s->when, c->seed, 1);
	rng_seed(&s->what, c->seed, 2);
	rng_seed(&s->which, c->seed, 3);
	if (c->w->flow_skew > 0)
		zipf_set(&s->zipf, c->w->flows, c->w->flow_skew);
	if (c->w->arrivals == ARRIVE_BURSTY) {
		s->gap_ns /= c->w->burst_factor;
		s->burst_end = s->now + ticks(c->w->burst_us * 1e3 * exp_draw(&s->when));
	}
	if (c->w->arrivals == ARRIVE_TRACE)
		return trace_open(&s->trace, c->w->trace, why);
	return 0;
}

/* In bursts at "factor" times the mean rate, none between them. */
static void next_bursty(struct source *s)
{
	double quiet_ns = s->w->burst_us * 1e3 * (s->w->burst_factor - 1);
	tick over;

	s->now += ticks(s->gap_ns * exp_draw(&s->when));
	while (s->now >= s->burst_end) {
		over = s->now - s->burst_end;
		s->now = s->burst_end + ticks(quiet_ns * exp_draw(&s->when));
		s->burst_end = s->now + ticks(s->w->burst_us * 1e3 * exp_draw(&s->when));
		s->now += over; /* the gap goes on where the burst begins again */
	}
}

static uint32_t flow_hash(uint32_t flow)
{
	uint64_t x = (flow + 1) * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
	return x >> 32;
}

/* As the NIC hashes it. */
static uint32_t hash_of(const struct source *s, uint32_t flow)
{
	uint32_t h = flow_hash(flow);

	return s->w->rss ? rss_of_flow(s->w->rss, h) : h;
}

static uint32_t pick_flow(struct source *s)
{
	uint32_t random;

	if (s->w->flow_skew > 0)
		return hash_of(s, zipf_draw(&s->zipf, &s->which));
	random = rng_next(&s->which) >> 32;
	if (s->w->flows)
		return hash_of(s, (uint64_t)random * s->w->flows >> 32);
	return s->w->rss ? rss_of_flow(s->w->rss, random) : random;
}

/* At the rates of the shape. */
static tick when(struct source *s)
{
	if (!s->shape.s)
		return s->now;
	return SIM_START + ticks(shape_when(&s->shape, (double)(s->now - SIM_START) / TICKS_NS));
}

static int next_of_trace(struct source *s, struct arrival *a, struct why *why)
{
	struct recorded r;
	int res = trace_next(&s->trace, s->w, &r, why);
	tick at;

	if (res)
		return res;
	at = SIM_START + ticks(r.at_us * 1e3 / s->w->trace_speed);
	s->now = at > s->now ? at : s->now;
	a->at = when(s);
	a->cls = r.cls;
	a->recorded = !isnan(r.service_us);
	a->service = ticks(isnan(r.service_us) ? dist_draw(&s->w->cls[r.cls].service, &s->what) :
						 r.service_us * 1e3);
	a->flow = r.has_flow ? hash_of(s, r.flow) : pick_flow(s);
	return 0;
}

static void draw_class(struct source *s, struct arrival *a)
{
	const struct workload *w = s->w;
	const struct dist *d;
	double u;
	int c = 0;

	if (w->nclasses > 1) {
		u = rng_unit(&s->what);
		while (c < w->nclasses - 1 && u >= w->cls[c].upto)
			c++;
	}
	a->cls = c;
	d = &w->cls[c].service;
	a->service = ticks(d->kind == DIST_EXP ? d->mean_ns * exp_draw(&s->what)
					       : dist_draw(d, &s->what));
}

static int next_of_others(struct source *s, struct arrival *a, struct why *why)
{
	if (s->w->arrivals == ARRIVE_TRACE)
		return next_of_trace(s, a, why);
	if (s->w->arrivals == ARRIVE_BURSTY)
		next_bursty(s);
	else
		s->now += ticks(s->gap_ns *
				(s->w->arrivals == ARRIVE_POISSON ? exp_draw(&s->when) : 1));
	a->at = when(s);
	draw_class(s, a);
	a->flow = pick_flow(s);
	return 0;
}

int source_next(struct source *s, struct arrival *a, struct why *why)
{
	if (!s->left)
		return 1;
	s->left--;
	if (!s->plain)
		return next_of_others(s, a, why);
	s->now += ticks(s->gap_ns * exp_draw(&s->when));
	a->at = s->now;
	draw_class(s, a);
	a->flow = rng_next(&s->which) >> 32;
	return 0;
}

void source_close(struct source *s)
{
	trace_close(&s->trace);
}
