// SPDX-License-Identifier: BSD-2-Clause
/*
 * stall.c - CPUs that are taken away now and then: by ticks, other processes, a hypervisor
 *
 * A core's work waits during a stall: its request ends later, its order to yield is seen later. The
 * quantum goes on, as that is a matter of the clock. Arrivals at a domain that stalls are decided
 * afterwards.
 */
#include "engine.h"

static void set_next(struct engine *e)
{
	const struct stalls *s = &e->stalls;
	double rate = s->core_rate + s->nic_rate;

	if (rate <= 0)
		return;
	/* Where all cores are dead, stalls alone would keep the run from its end. */
	set_time(e, LEAF_STALL, e->ending && e->nfails && engine_stuck(e) ? NEVER :
		 e->now + (tick)(exp_draw(&e->stalls.random) / rate));
}

/* How often in all, in a tick. */
static int set_rate(const char *text, int n, struct dist *d, double *rate, struct why *why)
{
	double every_ns;

	if (!*text)
		return 0;
	if (stall_parse(text, &every_ns, d, why))
		return -1;
	*rate = n / (every_ns * TICKS_NS);
	return 0;
}

int stall_setup(struct engine *e, struct why *why)
{
	const struct costs *k = &e->c->costs;
	struct stalls *s = &e->stalls;

	rng_seed(&s->random, e->c->seed, 5 + SERVER_STREAMS * e->index);
	if (set_rate(k->stall, e->c->cores - k->reserved, &s->core, &s->core_rate, why) ||
	    set_rate(k->nic_stall, e->ndomains, &s->nic, &s->nic_rate, why))
		return -1;
	e->now = SIM_START;
	set_next(e);
	return 0;
}

/* Core i is away for so long, from now on. */
void stall_core(struct engine *e, struct domain *d, int i, tick len)
{
	struct core *c = &d->core[i];
	tick at = tournament_at(&e->times, d->leaf + i);

	if (c->stalled > e->now || !c->up)
		return;
	c->stalled = e->now + len;
	if (!c->run)
		return;
	c->end += len;
	if (c->next == CORE_DONE)
		at += len;
	else if (at < c->stalled)
		at = c->stalled;
	set_core(e, d, i, c->next, at);
}

static void stall_nic(struct engine *e, struct domain *d, tick len)
{
	struct line *l = &d->line[LINE_NIC];

	d->nic_free = (d->nic_free > e->now ? d->nic_free : e->now) + len;
	for (uint32_t k = l->head; k != l->tail; k++)
		l->item[k & (l->size - 1)].at += len;
	if (l->head != l->tail)
		set_time(e, l->leaf, l->item[l->head & (l->size - 1)].at);
}

/* Somebody's turn: all cores alike, and all domains. */
void stall_event(struct engine *e)
{
	struct stalls *s = &e->stalls;
	double u = rng_unit(&s->random) * (s->core_rate + s->nic_rate);
	struct domain *d = e->dom;
	int i;

	if (u < s->core_rate) {
		i = u / s->core_rate * (e->c->cores - e->c->costs.reserved);
		while (i >= d->ncores)
			i -= (d++)->ncores;
		stall_core(e, d, i, ticks(dist_draw(&s->core, &s->random)));
	} else {
		i = (u - s->core_rate) / s->nic_rate * e->ndomains;
		stall_nic(e, &e->dom[i < e->ndomains ? i : e->ndomains - 1],
			  ticks(dist_draw(&s->nic, &s->random)));
	}
	set_next(e);
}

void stall_free(struct engine *e)
{
	dist_free(&e->stalls.core);
	dist_free(&e->stalls.nic);
}
