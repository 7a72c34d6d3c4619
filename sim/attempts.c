// SPDX-License-Identifier: BSD-2-Clause
/*
 * attempts.c - a part's life: sent, sent a second time, timed out, tried again
 */
#include <math.h>

#include "calls.h"

#define LEARN 1000        /* attempts before their quantile is known, and between looks at it */

/* Where it is counted. */
static struct call_result *counts(struct calls *k, const struct part *p)
{
	return call_at(k, p->call)->n >= k->warm ? k->r->calls : &k->warming;
}

static void in_window(struct calls *k, const struct part *p, enum window_count what)
{
	series_count(&k->series, call_at(k, p->call)->cls, what);
}

static int another(struct calls *k, int server)
{
	int i;

	if (k->nservers == 1)
		return server;
	i = rng_unit(&k->random) * (k->nservers - 1);
	return i < server ? i : i + 1;
}

/* Takes a copy out of its part's list. */
static void forget(struct calls *k, uint32_t copy)
{
	struct copy *y = copy_at(k, copy);
	struct part *p = y->part ? part_at(k, y->part) : NULL;

	if (p && p->copies == copy) {
		p->copies = y->next;
	} else if (p) {
		struct copy *before = copy_at(k, p->copies);

		while (before->next != copy)
			before = copy_at(k, before->next);
		before->next = y->next;
	}
	k->copies--;
	slab_give(&k->copy, copy);
}

/* A client is told at once of what is rejected, and of nothing
 * else; but without a time-out it would wait for ever. */
static void refused(struct calls *k, uint32_t copy, enum refusal how)
{
	uint32_t part = copy_at(k, copy)->part;
	struct part *p;

	k->refused = true;
	if (copy_at(k, copy)->measured)
		k->r->calls->refused++;
	forget(k, copy);
	if (!part)
		return;
	p = part_at(k, part);
	if (p->copies || (how != REFUSED_REJECT && k->timeout))
		return;
	p->next_is = PART_IS_REFUSED;
	timers_set(&k->timers, k->now, part);
}

void copy_refused(struct engine *e, const struct req *q, enum refusal how)
{
	e->calls->now = e->now;
	refused(e->calls, q->n, how);
}

static void send(struct calls *k, uint32_t part, int server, tick service, bool second)
{
	uint32_t copy = slab_take(&k->copy);
	struct part *p = part_at(k, part);
	struct copy *y = copy_at(k, copy);
	const struct call *c = call_at(k, p->call);
	/* A second copy is another flow, or a policy that goes
	 * by flows would have it wait behind the first. */
	uint32_t flow = second ? rng_next(&k->random) >> 32 : c->flow;

	*y = (struct copy){ .next = p->copies, .part = part, .sent = k->now, .server = server,
			    .second = second,
			    .measured = c->n >= k->warm };
	p->copies = copy;
	k->copies++;
	k->sent++;
	counts(k, p)->copies++;
	if (!servers_send(k, copy, service, flow, c->cls))
		refused(k, copy, REFUSED_DROP);
}

tick draw_again(struct calls *k, const struct call *c)
{
	return c->recorded ? c->recorded
			   : ticks(dist_draw(&k->c->w->cls[c->cls].service, &k->again));
}

/* Sets the part's timer, for its second copy or its time-out. */
static void wait_for(struct calls *k, uint32_t part, bool hedged)
{
	struct part *p = part_at(k, part);
	bool hedges = k->k->hedge && !hedged && k->hedge_after < (k->timeout ? k->timeout : NEVER);

	if (!hedges && !k->timeout)
		return;
	if (!p->copies && p->next_is == PART_IS_REFUSED)
		return; /* the server has refused it: its retry or end is set */
	p->next_is = hedges ? PART_HEDGES : PART_TIMES_OUT;
	timers_set(&k->timers, p->sent + (hedges ? k->hedge_after : k->timeout), part);
}

static void attempt(struct calls *k, uint32_t part, int server, tick service)
{
	struct part *p = part_at(k, part);

	p->sent = k->now;
	p->server = server;
	p->next_is = PART_TIMES_OUT;
	send(k, part, server, service, false);
	wait_for(k, part, false);
}

void part_begin(struct calls *k, uint32_t part, tick service)
{
	attempt(k, part, part_at(k, part)->server, service);
}

static void abandon(struct calls *k, uint32_t copy)
{
	struct copy *y = copy_at(k, copy);
	struct req *q = &k->server[y->server].pool[y->req];

	y->part = 0;
	if (!k->k->cancel || q->runs)
		return;
	if (y->measured)
		k->r->calls->cancelled++;
	q->service -= q->left;
	q->left = 0;
}

static void abandon_all(struct calls *k, struct part *p)
{
	uint32_t next;

	for (uint32_t copy = p->copies; copy; copy = next) {
		next = copy_at(k, copy)->next;
		abandon(k, copy);
	}
	p->copies = 0;
}

void part_end(struct calls *k, uint32_t part)
{
	struct part *p = part_at(k, part);
	struct call *c = call_at(k, p->call);

	abandon_all(k, p);
	timers_stop(&k->timers, part);
	if (p->next)
		part_at(k, p->next)->prev = p->prev;
	if (p->prev)
		part_at(k, p->prev)->next = p->next;
	else
		c->parts = p->next;
	slab_give(&k->part, part);
}

static bool may_try_again(struct calls *k, const struct part *p)
{
	if (p->attempt >= k->k->retries)
		return false;
	if (k->k->budget > 0 && k->tokens < 1) {
		counts(k, p)->denied++;
		return false;
	}
	if (k->k->budget > 0)
		k->tokens--;
	return true;
}

/* Evenly from 0 to twice the mean, which doubles: that
 * clients which failed together do not come back together. */
static tick back_off(struct calls *k, const struct part *p)
{
	double mean = ldexp(k->k->backoff_ns, p->attempt < 60 ? p->attempt : 60);

	if (k->k->backoff_most_ns > 0 && mean > k->k->backoff_most_ns)
		mean = k->k->backoff_most_ns;
	return ticks(2 * mean * rng_unit(&k->random));
}

static void try_again(struct calls *k, uint32_t part)
{
	struct part *p = part_at(k, part);
	tick service = draw_again(k, call_at(k, p->call));

	p->attempt++;
	attempt(k, part, k->nservers > k->fanout ? another(k, p->server) : p->server, service);
}

/* False: it is tried again. */
static bool has_failed(struct calls *k, uint32_t part)
{
	struct part *p = part_at(k, part);

	abandon_all(k, p);
	if (!may_try_again(k, p)) {
		return true;
	}
	counts(k, p)->retries++;
	in_window(k, p, WINDOW_RETRIES);
	if (!(k->k->backoff_ns > 0)) {
		try_again(k, part);
		return false;
	}
	p->next_is = PART_TRIES_AGAIN;
	timers_set(&k->timers, k->now + back_off(k, p), part);
	return false;
}

bool part_timer(struct calls *k, uint32_t part)
{
	struct part *p = part_at(k, part);

	switch (p->next_is) {
	case PART_HEDGES:
		counts(k, p)->hedges++;
		in_window(k, p, WINDOW_HEDGES);
		p->next_is = PART_TIMES_OUT;
		send(k, part, another(k, p->server), draw_again(k, call_at(k, p->call)), true);
		wait_for(k, part, true);
		break;
	case PART_TRIES_AGAIN:
		try_again(k, part);
		break;
	case PART_TIMES_OUT:
		counts(k, p)->timeouts++;
		in_window(k, p, WINDOW_TIMEOUTS);
		return has_failed(k, part);
	case PART_IS_REFUSED:
		return has_failed(k, part);
	}
	return false;
}

/* Where hedging goes by a quantile, it is that of all attempts so far. */
static void learn(struct calls *k, tick spent)
{
	hist_add(&k->attempts, spent / TICKS_NS);
	if (k->attempts.n % LEARN)
		return;
	k->hedge_after = ticks(hist_quantile(&k->attempts, k->k->hedge_quantile));
}

bool copy_ended(struct calls *k, const struct engine *e, const struct req *q, struct copy *y)
{
	struct call_result *n = k->r->calls;
	tick end = e->now - e->rest;

	*y = *copy_at(k, q->n);
	k->now = e->now;
	if (y->measured) {
		n->ended++;
		n->work_ns += (double)q->service / TICKS_NS;
		n->wasted_ns += y->part ? 0 : (double)q->service / TICKS_NS;
	}
	if (y->part && y->measured) {
		hist_add(&n->request, (end - q->arrival) / TICKS_NS);
		n->hedges_won += y->second;
	}
	forget(k, q->n);
	if (y->part && k->k->hedge_quantile > 0)
		learn(k, end - part_at(k, y->part)->sent);
	return y->part;
}
