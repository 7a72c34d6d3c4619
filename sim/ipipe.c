// SPDX-License-Identifier: BSD-2-Clause
/*
 * ipipe.c - iPipe's decisions: which actors are served by
 * which group of cores, and which go to the host
 *
 * Its text (section 3) and its Algorithms 1 and 2 do not say the same:
 *   who is downgraded: the actor of the highest dispersion; the one whose request has just ended
 *   (1, line 13) who is upgraded: the one of the lowest dispersion; the one that was just visited
 *   (2, line 10) an actor is pulled back if the FCFS cores have room; whenever the mean is low
 *   enough (1, line 21) deficits: those of deficit round robin; never lowered by what is executed
 *   (2, line 7)
 * Both are here. Neither says how long a decision is left to show its effect: by the text the
 * averages are made of new requests first, by the algorithms the next request decides again.
 */
#include <math.h>

#include "actors.h"

#define EWMA (1.0 / 64)   /* of latencies */
#define SETTLE 64         /* requests */
#define EWMA_WINDOW 0.25  /* of use and of work */
#define HEADROOM 0.8      /* of the FCFS cores, with what would be pulled */

double tail_of(double mean, double square)
{
	double var = square - mean * mean;

	return mean + 3 * sqrt(var > 0 ? var : 0);
}

static double dispersion(const struct actor *a)
{
	return tail_of(a->mean, a->square);
}

static bool settled(struct actors_run *x)
{
	return x->by_algorithm || x->measured_since >= SETTLE;
}

/* The actor in one of the states for which sign * of() is largest; NULL: none is in them. */
static struct actor *extreme(struct actors_run *x, unsigned int states,
			     double (*of)(const struct actor *a), int sign)
{
	struct actor *best = NULL;

	for (int i = 0; i < x->nactors; i++) {
		struct actor *a = &x->actor[i];

		if (states >> a->state & 1 && (!best || sign * of(a) > sign * of(best)))
			best = a;
	}
	return best;
}

static double load(const struct actor *a)
{
	return a->work;
}

static void downgrade(struct actors_run *x, struct actor *a)
{
	if (x->nnic == 1)
		return; /* the one core is of the FCFS group */
	a->state = ON_DRR;
	a->deficit = 0;
	x->measured_since = 0;
	if (!x->ndrr)
		x->ndrr = 1;
}

/* Moves an actor to the FCFS group; requests in its mailbox go back to the common queue. */
static void upgrade(struct actors_run *x, struct actor *a)
{
	a->state = ON_FCFS;
	x->measured_since = 0;
	while (a->mailbox.n)
		queue_push(x, &x->fcfs, queue_pop(x, &a->mailbox));
}

static void start_move(struct actors_run *x, struct actor *a, bool to_host)
{
	x->moving = a - x->actor;
	x->measured_since = 0;
	a->to_host = to_host;
	a->state = a->mailbox.n ? DRAINING : MOVING;
	if (a->state == MOVING)
		actors_set_move(x, x->now + ticks(x->k->migrate_us * 1e3));
}

void ipipe_drained(struct actors_run *x, struct actor *a)
{
	a->state = MOVING;
	actors_set_move(x, x->now + ticks(x->k->migrate_us * 1e3));
}

/* Ends an actor's move: requests buffered during it go to the FCFS group's queue, which forwards
 * them if the actor is on the host. */
void ipipe_moved(struct actors_run *x)
{
	struct actor *a = &x->actor[x->moving];

	a->state = a->to_host ? ON_HOST : ON_FCFS;
	while (a->buffer.n)
		queue_push(x, &x->fcfs, queue_pop(x, &a->buffer));
	x->moving = -1;
}

static void push_or_pull(struct actors_run *x)
{
	double most = ticks(x->k->mean_us * 1e3), room;
	struct actor *a;

	if (x->moving >= 0 || !(most > 0) || !settled(x))
		return;
	if (x->mean > most) {
		a = extreme(x, 1 << ON_FCFS | 1 << ON_DRR, load, 1);
		if (a)
			start_move(x, a, true);
	} else if (x->mean < (1 - x->k->hysteresis) * most) {
		a = extreme(x, 1 << ON_HOST, load, -1);
		room = (HEADROOM - x->busy_fcfs) * (x->nnic - x->ndrr);
		if (a && (x->by_algorithm || a->work <= room))
			start_move(x, a, false);
	}
}

static void average(double *mean, double *square, double value)
{
	*mean += EWMA * (value - *mean);
	*square += EWMA * (value * value - *square);
}

static void fcfs_executed(struct actors_run *x, int core, struct actor *a, double latency)
{
	struct actor *worst = a;

	average(&x->mean, &x->square, latency);
	x->measured_since++;
	if (tail_of(x->mean, x->square) > ticks(x->k->tail_us * 1e3) && settled(x)) {
		if (!x->by_algorithm)
			worst = extreme(x, 1 << ON_FCFS, dispersion, 1);
		if (worst && worst->state == ON_FCFS)
			downgrade(x, worst);
	}
	if (!core)
		push_or_pull(x);
}

static void drr_executed(struct actors_run *x, struct actor *a)
{
	struct actor *least = a;

	if (tail_of(x->mean, x->square) < (1 - x->k->hysteresis) * ticks(x->k->tail_us * 1e3) &&
	    settled(x)) {
		if (!x->by_algorithm)
			least = extreme(x, 1 << ON_DRR, dispersion, -1);
		if (least && least->state == ON_DRR)
			upgrade(x, least);
	}
	if (a->state == ON_DRR && a->mailbox.n > (uint32_t)x->k->mailbox && x->moving < 0)
		start_move(x, a, true);
}

void ipipe_executed(struct actors_run *x, int core, struct actor *a, tick latency, tick service)
{
	a->exec += EWMA * (service - a->exec);
	a->window_work += service;
	average(&a->mean, &a->square, latency);
	if (x->standalone)
		return;
	if (core < x->nnic - x->ndrr)
		fcfs_executed(x, core, a, latency);
	else
		drr_executed(x, a);
}

static double use_of(struct actors_run *x, int from, int to, tick length)
{
	double sum = 0;

	for (int i = from; i < to; i++)
		sum += x->nic[i].busy;
	return to > from ? sum / length / (to - from) : 0;
}

/* Gives DRR one core more if its cores are full and the FCFS group can spare one; and back
 * likewise. */
static void scale(struct actors_run *x)
{
	int n = x->nnic - x->ndrr, in_drr = 0;

	for (int i = 0; i < x->nactors; i++)
		in_drr += x->actor[i].state == ON_DRR || x->actor[i].state == DRAINING;
	if (!in_drr)
		x->ndrr = 0;
	else if (x->busy_drr >= 0.95 && x->busy_fcfs < (n - 1.0) / n && n > 1)
		x->ndrr++;
	else if (x->ndrr > 1 && x->busy_fcfs >= 0.95 && x->busy_drr < (x->ndrr - 1.0) / x->ndrr)
		x->ndrr--;
}

void ipipe_window(struct actors_run *x, tick length)
{
	int n = x->nnic - x->ndrr;

	x->busy_fcfs += EWMA_WINDOW * (use_of(x, 0, n, length) - x->busy_fcfs);
	x->busy_drr += EWMA_WINDOW * (use_of(x, n, x->nnic, length) - x->busy_drr);
	for (int i = 0; i < x->nnic; i++)
		x->nic[i].busy = 0;
	for (int i = 0; i < x->nactors; i++) {
		struct actor *a = &x->actor[i];

		/* On the host it makes no work here: what it made is remembered. */
		if (a->state == ON_FCFS || a->state == ON_DRR)
			a->work += EWMA_WINDOW * (a->window_work / length - a->work);
		a->window_work = 0;
	}
	if (!x->standalone)
		scale(x);
}
