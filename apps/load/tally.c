// SPDX-License-Identifier: BSD-2-Clause
/*
 * tally.c - the measurements, their confidence, and whether the generator kept its schedule
 */
#include <math.h>

#include "load.h"

/* Clocks of two machines may differ in rate, by less than this share. */
static bool is_possible(uint64_t sojourn_ns, uint64_t latency_ns)
{
	return sojourn_ns <= latency_ns + latency_ns / 1024;
}

void tally_add(struct load *l, const struct pending *p, const struct answer *a, uint64_t now)
{
	struct tally *t = &l->n.cls[p->cls];
	uint64_t latency = now - p->due, slice;

	l->n.served += !a->rejected && now >= l->begin && (!l->ended || now <= l->ended);
	if (!p->counted)
		return;
	if (a->rejected) {
		t->rejected++;
		return;
	}
	t->answered++;
	t->missed += a->missed;
	t->in_time += latency <= l->o.mix.slo_ns[p->cls];
	hist_add(&t->latency, latency);
	if (p->service_ns)
		hist_add(&t->slowdown, latency * 1000 / p->service_ns);
	if (a->sojourn_ns && is_possible(a->sojourn_ns, latency))
		hist_add(&t->sojourn, a->sojourn_ns);
	l->n.bad_sojourn += !is_possible(a->sojourn_ns, latency);
	slice = p->due > l->slice_from ? (p->due - l->slice_from) / l->slice_ns : 0;
	hist_add(&t->slice[slice < SLICES ? slice : SLICES - 1], latency);
}

/*
 * Requests that follow each other wait in the same queue: their latencies are not independent. So
 * the share above the quantile is taken slice by slice, and its spread over the slices says how
 * well the rank is known (batch means); never better than independent requests would have it.
 */
bool tally_bounds(const struct tally *t, double q, double *low_ns, double *high_ns)
{
	static const double student[SLICES] = { 0, 0, 0, 0, 2.776, 2.571, 2.447, 2.365, 2.306,
						2.262 };
	uint64_t at = hist_quantile(&t->latency, q), n = 0, above = 0, over[SLICES];
	double p, spread = 0, se;
	int slices = 0;

	for (int i = 0; i < SLICES; i++) {
		over[i] = hist_above(&t->slice[i], at);
		above += over[i];
		n += t->slice[i].n;
		slices += t->slice[i].n > 0;
	}
	if (slices < 5)
		return false;
	p = (double)above / n;
	for (int i = 0; i < SLICES; i++)
		spread += pow(over[i] - p * t->slice[i].n, 2);
	se = fmax(sqrt(spread * slices / (slices - 1)), sqrt(n * q * (1 - q))) / n *
	     student[slices - 1];
	*low_ns = hist_quantile(&t->latency, fmax(0, q - se));
	*high_ns = hist_quantile(&t->latency, fmin(1, q + se));
	return q + se < 1;
}

void judge(const struct load *l, struct interval *i)
{
	const struct counts *n = &l->n;
	size_t at = 0;

	i->valid = true;
	i->why[0] = 0;
	if (n->sent && n->late > n->sent * l->o.late_share) {
		i->valid = false;
		at += snprintf(i->why, sizeof(i->why),
			       "%.2f %% of the requests left more than %g us late",
			       100.0 * n->late / n->sent, l->o.late_ns / 1e3);
	}
	if (n->unsent) {
		i->valid = false;
		at += snprintf(i->why + at, sizeof(i->why) - at,
			       "%s%lu requests could not be sent in time", at ? "; " : "",
			       n->unsent);
	}
	if (n->bad_stamps) {
		i->valid = false;
		snprintf(i->why + at, sizeof(i->why) - at, "%sthe clock was set while measuring",
			 at ? "; " : "");
	}
}
