// SPDX-License-Identifier: BSD-2-Clause
/*
 * failures.c - cores that die when they were told to, and come back; whether any is left to serve
 */
#include <stdlib.h>

#include "engine.h"

static int by_time(const void *a, const void *b)
{
	const struct failure *x = a, *y = b;

	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

void failures_setup(struct engine *e)
{
	for (int i = 0; i < e->c->nfails && !e->index; i++) { /* of several servers, of the first */
		const struct failure *f = &e->c->fail[i];

		e->fail[e->nfails++] = *f;
		if (f->for_us > 0)
			e->fail[e->nfails++] = (struct failure){ f->core, f->at_us + f->for_us,
								 -1 };
	}
	qsort(e->fail, e->nfails, sizeof(e->fail[0]), by_time);
	if (e->nfails)
		set_time(e, LEAF_FAIL, SIM_START + ticks(e->fail[0].at_us * 1e3));
}

/* Requests that wait for core i are served by other cores. */
void core_off(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	uint64_t bit = 1ULL << i;

	c->up = 0;
	view_up(d->v, d->v->up & ~bit);
	d->free &= ~bit;
	d->over &= ~bit;
	set_core(e, d, i, CORE_DONE, NEVER);
	if (e->transport == TRANSPORT_WIRE)
		nic_load(e, d, i, -(int)c->load);
	c->load = 0;
	while (c->ring.n) {
		uint32_t r = take_ring(e, d, i);

		e->pool[r].steered = 0;
		core_held(e, d, r);
	}
}

/* The core's thread is gone, and what it ran is lost. */
static void core_fail(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	uint32_t ran = c->run;

	if (!c->up)
		return;
	c->run = 0;
	if (e->transport == TRANSPORT_SHARED)
		view_runs(d->v, i, SHUNT_NONE);
	c->busy += ran ? e->now : 0;
	core_off(e, d, i);
	if (ran)
		req_refuse(e, ran, REFUSED_LOST);
}

void core_on(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];

	c->up = 1;
	view_up(d->v, d->v->up | 1ULL << i);
	if (e->transport == TRANSPORT_WIRE) {
		nic_load(e, d, i, 0);
		nic_credit(e, d, i, 0);
		return;
	}
	if (next_one(e, d, i, 0))
		return;
	if (!c->coming)
		d->free |= 1ULL << i;
	if (e->transport == TRANSPORT_SHARED) {
		view_load(d->v, i, c->coming);
		view_idle(d->v, i, !c->coming);
	}
}

void failures_event(struct engine *e)
{
	const struct failure *f = &e->fail[e->next_fail++];
	struct domain *d = e->dom;
	int i = f->core;

	while (i >= d->ncores)
		i -= (d++)->ncores;
	if (f->for_us < 0 && !d->core[i].up)
		core_on(e, d, i);
	else if (f->for_us >= 0)
		core_fail(e, d, i);
	set_time(e, LEAF_FAIL, e->next_fail < e->nfails ?
		 SIM_START + ticks(e->fail[e->next_fail].at_us * 1e3) : NEVER);
}

bool engine_stuck(const struct engine *e)
{
	for (int i = 0; i < e->nleaves; i++) {
		uint32_t is = e->leaves[i].is;

		if ((is < LEAF_RUN || is == LEAF_RUN + LEAF_FAIL) &&
		    tournament_at(&e->times, i) < NEVER)
			return false;
	}
	return true;
}
