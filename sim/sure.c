// SPDX-License-Identifier: BSD-2-Clause
/*
 * sure.c - how sure a number is: by the batches of the run,
 * and not more than a queue of its load lets anybody be
 *
 * Batches tell how far a run varies within itself. Near saturation a queue has few and long bursts,
 * and a run that met none varies little: so an interval is never narrower than that of M/M/1 with
 * as many independent looks, of what waiting adds to the service alone. A queue forgets its past
 * after load / (1 - sqrt(load))^2 arrivals (the relaxation time of M/M/1, and of M/M/k, in
 * arrivals); other services and gaps multiply that by half the sum of their squared coefficients of
 * variation (heavy traffic; Whitt, Planning queueing simulations, 1989).
 */
#include <math.h>

#include "measure.h"
#include "rates.h"

/* Student's t for a 95 % interval (Cornish and Fisher's
 * expansion; 7 degrees of freedom and more). */
static double student(int df)
{
	const double z = 1.959964;

	return z + (pow(z, 3) + z) / (4 * df) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96.0 * df * df);
}

/*
 * Widens the interval of batches that depend on each other: the factor of a first-order
 * autoregression with the correlation of each batch with the next. Small correlations are chance.
 */
static double dependence(const double *value, int n, double mean)
{
	double sq = 0, lag = 0, r;

	for (int i = 0; i < n; i++) {
		sq += (value[i] - mean) * (value[i] - mean);
		lag += i ? (value[i] - mean) * (value[i - 1] - mean) : 0;
	}
	r = sq > 0 ? lag / sq : 0;
	r = r < 0.15 ? 0 : r > 0.9 ? 0.9 : r;
	return sqrt((1 + r) / (1 - r));
}

static double half_width(const struct batched *b, int level, int q, double value)
{
	double sq = 0, sum = 0, x;
	int n = b->n[level];

	if (n < BATCHES_LEAST)
		return NAN;
	for (int i = 0; i < n; i++) {
		x = b->value[level][q][i] - value;
		sq += x * x;
		sum += b->value[level][q][i];
	}
	/* NAN if a batch has no value */
	return student(n - 1) * sqrt(sq / (n - 1) / n) * dependence(b->value[level][q], n, sum / n);
}

/*
 * How far a quantile is from those of the ranks that chance exchanges it with, 19 times of 20, even
 * if requests do not depend on each other. Where times have a gap (half 1 us, half 100 us: their
 * median) it is the gap, which batches on one side of it do not show.
 */
static double ranks(const struct class_result *c, int q)
{
	const struct hist *h = quantity_kinds[q].slow ? &c->slow : &c->sojourn;
	double share = quantity_kinds[q].share, d, x;

	if (!share)
		return 0;
	d = 1.96 * sqrt(share * (1 - share) / h->n);
	x = hist_quantile(h, share);
	return fmax(hist_quantile(h, fmin(share + d, 1)) - x, x - hist_quantile(h, share - d));
}

static double blur(const struct class_result *c, int q)
{
	if (!quantity_kinds[q].share)
		return 0;
	return hist_blur(quantity_kinds[q].slow ? &c->slow : &c->sojourn, quantity_kinds[q].share);
}

/* The squared coefficient of variation of gaps between arrivals, in the long run. A trace's is not
 * known, and taken as Poisson's. */
static double scv_of_gaps(const struct run_config *c)
{
	const struct workload *w = c->w;
	double f = w->burst_factor;

	if (w->arrivals == ARRIVE_UNIFORM)
		return 0;
	return w->arrivals == ARRIVE_BURSTY
		       ? 1 + 2 * c->rate / 1e6 * w->burst_us * (f - 1) * (f - 1) / f
		       : 1;
}

/*
 * Of service times. Of a lognormal the second moment is made by times so rare that a run may meet
 * none: it counts for more, by as much as lognormal(1us;10us) on 16 cores asks for.
 */
static double scv_of_services(const struct workload *w)
{
	for (int i = 0; i < w->nclasses; i++) {
		if (w->cls[i].service.kind == DIST_LOGNORMAL)
			return w->scv * (1 + log1p(w->scv) / 2);
	}
	return w->scv;
}

/* A service that has cores of its own has a queue of its own, in its domain; others: -1. */
static int own_queue(const struct measure *m, int k)
{
	return m->c->costs.services == SERVICES_SPLIT && k < m->r->nclasses
		       ? m->c->w->cls[k].service_no
		       : -1;
}

/* Requests that went by the queue that class k waits in. */
static double went_by(const struct measure *m, int k)
{
	int own = own_queue(m, k);
	double n = 0;

	if (own < 0)
		return m->r->cls[m->r->nclasses].done *
		       (m->c->calls.fanout ? m->c->calls.fanout : 1.0);
	for (int i = 0; i < m->r->nclasses; i++)
		n += m->c->w->cls[i].service_no == own ? m->r->cls[i].done : 0;
	return n;
}

/*
 * The use of the busiest part: the cores, those of one domain, or the dispatcher that decides one
 * request at a time. A run that met few requests has used less than the next one will: so the
 * expected requests count, if none was turned away.
 */
static double use(const struct measure *m, int own)
{
	const struct run_config *c = m->c;
	const struct run_result *r = m->r;
	const struct class_result *all = &r->cls[r->nclasses];
	double most = r->busy, more = 1;

	if (!c->calls.cancel && all->done >= 0.999 * all->arrived)
		more = fmax(r->offered / most, 1);
	if (own >= 0)
		return fmin(r->domain[own].busy * more, 0.9999);
	most *= more;
	for (int i = 0; i < r->ndomains; i++)
		most = fmax(most, r->domain[i].busy);
	if (!c->policy->ideal && r->ndomains)
		most = fmax(most, c->rate * c->costs.nic_ns / 1e9 / r->ndomains);
	return fmin(most, 0.9999);
}

#define OF_PEAK 4 /* of a shape's arrivals one in so many comes at its peak, which makes the tail */

/* How much higher than its mean a rate that changes gets. */
static double peak(const struct run_config *c)
{
	double most = 0, ns = c->requests / c->rate * 1e9;
	struct shape_place p;

	shape_begin(&p, c->shape);
	for (int i = 0; i < c->shape->n; i++)
		most = fmax(most, c->shape->factor[i]);
	return most * shape_when(&p, ns) / ns;
}

/* Looks at a queue that has forgotten the look before.
 * INFINITY: there is no queue that could grow. */
static double looks(const struct measure *m, int k)
{
	const struct run_config *c = m->c;
	double load = fmin(use(m, own_queue(m, k)) * (c->shape ? peak(c) : 1), 0.9999);
	double root = 1 - sqrt(load);
	double n = went_by(m, k);
	double forgets = load / (root * root) * (scv_of_gaps(c) + scv_of_services(c->w)) / 2;

	return m->r->closed || !(forgets > 0) ? INFINITY : n / forgets / (c->shape ? OF_PEAK : 1);
}

/* The quantile for requests that never wait: that of their service. */
static double alone(const struct measure *m, int k, enum quantity q)
{
	const struct workload *w = m->c->w;

	if (w->trace_n)
		return 0;
	if (quantity_kinds[q].slow)
		return 1;
	if (quantity_kinds[q].share)
		return service_quantile(w, k, quantity_kinds[q].share);
	return k < w->nclasses ? w->cls[k].service.mean_ns : w->mean_ns;
}

#define SHARE_SPREAD 2.0 /* the variance of a rare share, over it and
			  * the independent looks; from that of p99 */

/*
 * Half of the interval that so many looks at an M/M/1 near saturation would have. Of several cores,
 * where many requests do not wait, a quantile is the service's for the most part, and what waiting
 * adds to it varies by more than itself: by up to twice that, found with M/M/16 and M/M/64, and by
 * no more than the difference of the squares. NAN: too few to say.
 */
static double least(const struct measure *m, int k, enum quantity q, double value)
{
	double n = looks(m, k), half, beyond, added, service = alone(m, k, q);

	if (q == MISS) {
		beyond = fmax(value - (m->c->w->trace_n ? 0 : service_late(m->c->w, k)), 0);
		return 1.96 * sqrt(SHARE_SPREAD * beyond / n);
	}
	half = quantity_kinds[q].spread / sqrt(n);
	if (q == WAIT)
		value += service;
	added = fmax(value - service, 0);
	return half > 1 ? NAN : half * fmin(2 * added, sqrt(added * (value + service)));
}

void how_sure(struct measure *m, int k)
{
	struct class_result *c = &m->r->cls[k];
	const struct batched *b = &m->of[k];
	bool carried = load_is_carried(m->r);
	double scale, half, value;
	int known;

	for (int q = 0; q < QUANTITIES; q++) {
		scale = quantity_kinds[q].slow && quantity_kinds[q].share ? 64 : 1;
		value = quantity_of(c, q);
		c->half[q] = NAN;
		known = 0;
		/* The wider one of two sizes: batches that are too short depend on each other. */
		for (int level = 0; carried && level < LEVELS && known < 2; level++) {
			half = (half_width(b, level, q, value * scale) + blur(c, q)) / scale;
			c->half[q] = fmax(c->half[q], half); /* NAN is no number to it */
			known += !isnan(half);
		}
		if (isnan(c->half[q]))
			continue;
		c->half[q] = fmax(c->half[q], ranks(c, q) / scale);
		half = least(m, k, q, value);
		c->half[q] = isnan(half) || !samples_reach(m->c, k, q) ? NAN
								       : fmax(c->half[q], half);
		/* From a value that is known to within more than itself nothing follows. */
		if (q != MISS && c->half[q] > value)
			c->half[q] = NAN;
		/* If none of n requests is late, the share is below 3/n, 19 times of 20. */
		if (q == MISS && !isnan(c->half[q]))
			c->half[q] = fmax(c->half[q], 3.0 / c->done);
	}
}
