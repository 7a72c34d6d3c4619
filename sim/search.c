// SPDX-License-Identifier: BSD-2-Clause
/*
 * search.c - from run to run of one search, and what a run says of the objectives
 */
#include <math.h>
#include <stdio.h>

#include "search.h"

#define NONE_OF 3.0    /* none of n says, 19 times of 20: of all less than 3/n */
#define LOST_MOST 0.01 /* of all requests, whether their class has an objective or not */

static int domains_of(const struct goal *g, int cores)
{
	int serve = cores - g->reserved;

	return g->domains ? g->domains : (serve + SHUNT_CORES - 1) / SHUNT_CORES;
}

/* Compares a class's share of late requests, unanswered ones included, with the share that may be
 * late. */
static enum verdict judge(const struct goal *g, const struct outcome *o, int c)
{
	double miss = o->miss[c], half = o->miss_half[c];

	if (!(g->w->cls[c].slo_us > 0))
		return MEETS;
	if (isnan(miss))
		return FAILS;
	if (isnan(half)) /* too few to tell from batches: none of
			  * n is less than 3/n, 19 times of 20 */
		half = miss + NONE_OF / o->done[c];
	if (miss - half > g->misses)
		return FAILS;
	return miss + half > g->misses ? CLOSE : MEETS;
}

void outcome_of(struct outcome *o, const struct goal *g, const struct point *p)
{
	const struct class_result *all = &p->r.cls[g->w->nclasses];
	enum verdict v;

	*o = (struct outcome){ .verdict = MEETS, .cores = p->c.cores,
			       .domains = domains_of(g, p->c.cores),
			       .carried = load_is_carried(&p->r), .worst = -1 };
	o->lost = all->arrived ? 1 - (double)all->done / all->arrived : 0;
	for (int c = 0; c < g->w->nclasses; c++) {
		const struct class_result *r = &p->r.cls[c];
		double lost = r->arrived ? 1 - (double)r->done / r->arrived : 0;

		o->at[c] = metric_of(p, g->metric, c);
		o->half[c] = metric_half(p, g->metric, c);
		o->miss[c] = lost + (1 - lost) * metric_of(p, "miss", c);
		o->miss_half[c] = metric_half(p, "miss", c);
		o->done[c] = r->done;
		v = judge(g, o, c);
		if (v == FAILS &&
		    (o->worst < 0 || o->verdict != FAILS || o->miss[c] > o->miss[o->worst]))
			o->worst = c;
		if (v == FAILS || (v == CLOSE && o->verdict == MEETS)) {
			o->worst = v == CLOSE ? c : o->worst;
			o->verdict = v;
		}
	}
	if (!o->carried || o->lost > LOST_MOST)
		o->verdict = FAILS;
}

void outcome_reason(const struct outcome *o, const struct goal *g, char *text, size_t len)
{
	char late[NUMBER_TEXT];
	int n = 0;

	if (o->domains > 1 && (o->cores - g->reserved) % o->domains)
		n = snprintf(text, len,
			     "%d domains of %d and %d cores, among which requests are shared "
			     "evenly: ",
			     o->domains, (o->cores - g->reserved) / o->domains + 1,
			     (o->cores - g->reserved) / o->domains);
	if (!o->carried)
		snprintf(text + n, len - n, "the load is not carried, the backlog grows");
	else if (o->lost > LOST_MOST)
		snprintf(text + n, len - n, "%.2g %% of the requests are not answered",
			 100 * o->lost);
	else
		snprintf(text + n, len - n, "%s %% of '%s' are later than %g us",
			 number_text(late, 100 * o->miss[o->worst], 100 * o->miss_half[o->worst]),
			 g->w->cls[o->worst].name, g->w->cls[o->worst].slo_us);
}

double requests_least(const struct goal *g)
{
	return ceil(NONE_OF / g->misses - 1e-6);
}

int too_few(const struct outcome *o, const struct goal *g)
{
	int least = -1;

	for (int c = 0; c < g->w->nclasses; c++) {
		if (g->w->cls[c].slo_us > 0 && o->done[c] < requests_least(g) &&
		    (least < 0 || o->done[c] < o->done[least]))
			least = c;
	}
	return least;
}

static int cores_at(const struct search *s, const struct goal *g, int each)
{
	int cores = each * s->domains + g->reserved;

	return cores > g->most ? g->most : cores;
}

/* The next number of domains, or the end. */
static void begin_part(struct search *s, const struct goal *g, int domains)
{
	/* that make so many domains */
	int fewest = g->domains ? domains : (domains - 1) * SHUNT_CORES + 1;
	int serve = g->least - g->reserved > fewest ? g->least - g->reserved : fewest;

	if (domains > SHUNT_DOMAINS || serve + g->reserved > g->most) {
		s->phase = SEARCH_END;
		return;
	}
	s->phase = SEARCH_EQUAL;
	s->domains = domains;
	s->low = (serve - 1) / domains;
	s->high = SHUNT_CORES + 1;
	while (s->high > s->low + 1 && (s->high - 2) * domains + g->reserved >= g->most)
		s->high--;
	s->at = cores_at(s, g, s->high - 1); /* the most there can be: do they do at all? */
}

void search_begin(struct search *s, const struct goal *g)
{
	begin_part(s, g, domains_of(g, g->least));
}

static void begin_below(struct search *s, const struct goal *g)
{
	s->at = s->best.cores - 1;
	s->phase = s->at >= g->least && domains_of(g, s->at) == s->domains &&
		   s->at - g->reserved >= s->domains ? SEARCH_BELOW : SEARCH_END;
	if (s->phase == SEARCH_BELOW && s->fewer.cores == s->at)
		s->phase = SEARCH_END;
}

static void take_equal(struct search *s, const struct goal *g, const struct outcome *o)
{
	int each = (o->cores - g->reserved + s->domains - 1) / s->domains;

	if (o->verdict == MEETS) {
		s->best = *o;
		s->high = each;
	} else {
		s->low = each;
		/* what is not known says more than a failure */
		if (s->best.cores || s->fewer.verdict != CLOSE)
			s->fewer = *o;
		if (!s->best.cores) { /* not even the most of them */
			if (g->domains)
				s->phase = SEARCH_END;
			else
				begin_part(s, g, s->domains + 1);
			return;
		}
	}
	if (s->high - s->low > 1)
		s->at = cores_at(s, g, (s->low + s->high) / 2);
	else
		begin_below(s, g);
}

/* Takes one core fewer each time, down to the next equal domains, which fail. */
static void take_below(struct search *s, const struct goal *g, const struct outcome *o)
{
	if (o->verdict == MEETS)
		s->best = *o;
	else if (s->fewer.cores < o->cores || s->fewer.cores >= s->best.cores)
		s->fewer = *o;
	s->at--;
	if (s->at - g->reserved <= s->low * s->domains || s->at < g->least)
		s->phase = SEARCH_END;
}

void search_take(struct search *s, const struct goal *g, const struct point *p)
{
	struct outcome o;

	outcome_of(&o, g, p);
	if (s->phase == SEARCH_EQUAL)
		take_equal(s, g, &o);
	else
		take_below(s, g, &o);
}
