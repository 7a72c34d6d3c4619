// SPDX-License-Identifier: BSD-2-Clause
/*
 * verdict.c - a system's numbers, raw beside cleaned, the checks of the method by itself, and
 * comparisons of systems
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clean.h"

#define FEWEST_WINDOWS 5
#define FEWEST_KEPT 500   /* requests: five are above p99 */
#define LEAST_KEPT 0.3    /* share: where less is left, the gaps are the rule, not the exception */
/* requests in a row before a gap: a batch that took long looks the same */
#define IN_BATCH 8
#define MOST_LATE 0.01    /* share: what a client sends late says nothing of the server */
#define GAPS_RATIO 1.5    /* one server's gaps to another's */
#define GAPS_APART 100    /* and so many a second more */
#define SHARE_APART 0.01  /* or so much more of the time */

const double clean_quantile[CLEAN_QUANTILES] = { 0.5, 0.9, 0.99, 0.999 };
const char *const clean_quantile_name[CLEAN_QUANTILES] = { "p50", "p90", "p99", "p999" };

/*
 * Of one class, for one rule: all requests, those kept, those kept after another window's gaps have
 * cut them, too.
 */
struct pools {
	struct pool raw, clean, placebo, widened;
	size_t late; /* of the kept ones */
};

static int add_reply(struct pools *p, const struct reply *r, size_t i, const struct spans *own,
		     const struct spans *others, const struct spans *wide)
{
	int err = pool_add(&p->raw, r->latency, i);

	if (!err && !spans_have(wide, r->due))
		err = pool_add(&p->widened, r->latency, i);
	if (err || spans_have(own, r->due))
		return err;
	p->late += r->late;
	err = pool_add(&p->clean, r->latency, i);
	return err || spans_have(others, r->due) ? err : pool_add(&p->placebo, r->latency, i);
}

/* Window i, cut by its own gaps, and by those of the next window, moved to its time. */
static int add_window(struct pools *p, const struct windows *w, size_t i, const struct rule *r,
		      int cls)
{
	const struct window *me = &w->window[i], *next = &w->window[(i + 1) % w->n];
	const struct rule wide = rule_widened(r);
	struct spans own = { 0 }, others = { 0 }, widened = { 0 };
	int err = spans_of(&own, me, r, 0);

	if (!err)
		err = spans_of(&others, next, r, me->begin - next->begin);
	if (!err)
		err = spans_of(&widened, me, &wide, 0);
	for (size_t k = 0; k < me->replies && !err; k++) {
		if (cls == CLEAN_ALL || (int)me->reply[k].cls == cls)
			err = add_reply(p, &me->reply[k], i, &own, &others, &widened);
	}
	spans_free(&own);
	spans_free(&others);
	spans_free(&widened);
	return err;
}

static void add_side(struct side *s, const struct gaps *g, const struct window *w)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->gap[i].from < w->begin || g->gap[i].from > w->end)
			continue;
		s->each_s++; /* a count, until side_ends() */
		s->mean_us += (g->gap[i].to - g->gap[i].from) / 1e3;
		s->in_batch += g->gap[i].row >= IN_BATCH;
	}
}

static void side_ends(struct side *s, double seconds)
{
	if (!s->each_s)
		return;
	s->share = seconds > 0 ? s->mean_us / 1e6 / seconds : 0;
	s->mean_us /= s->each_s;
	s->in_batch /= s->each_s;
	s->each_s = seconds > 0 ? s->each_s / seconds : 0;
}

static void add_sides(struct summary *s, const struct windows *w)
{
	double seconds = 0;

	s->noted = NOTED;
	for (size_t i = 0; i < w->n; i++) {
		const struct window *a = &w->window[i];

		seconds += (a->end - a->begin) / 1e9;
		add_side(&s->client, &a->client, a);
		add_side(&s->server, &a->server, a);
		if (a->noted < s->noted)
			s->noted = a->noted;
	}
	side_ends(&s->client, seconds);
	side_ends(&s->server, seconds);
}

static void take_numbers(struct summary *s, struct pools *p)
{
	struct pool answered;

	pool_sort(&p->raw);
	pool_sort(&p->clean);
	pool_sort(&p->placebo);
	pool_sort(&p->widened);
	for (int q = 0; q < CLEAN_QUANTILES; q++) {
		s->raw[q] = pool_estimate(&p->raw, clean_quantile[q]);
		s->clean[q] = pool_estimate(&p->clean, clean_quantile[q]);
	}
	s->due = p->raw.n;
	s->kept = p->clean.n;
	s->late = p->late;
	while (s->in_time < s->kept && p->clean.value[s->in_time].latency <= s->slo_ns)
		s->in_time++;
	while (s->lost < s->kept && p->clean.value[s->kept - 1 - s->lost].latency == CLEAN_NO_REPLY)
		s->lost++;
	answered = (struct pool){ .value = p->clean.value, .n = s->kept - s->lost };
	s->answered_p99 = pool_quantile(&answered, 0.99);
	s->placebo_p99 = pool_quantile(&p->placebo, 0.99);
	s->placebo_kept = s->kept ? (double)p->placebo.n / s->kept : 0;
	s->widened_p99 = pool_quantile(&p->widened, 0.99);
	s->widened_kept = s->due ? (double)p->widened.n / s->due : 0;
}

static bool refuse(struct summary *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct summary *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return true;
}

/* Is there enough to say anything? */
static bool too_little(struct summary *s)
{
	if (s->windows < FEWEST_WINDOWS)
		return refuse(s, "%zu windows: %d are the fewest that have bounds", s->windows,
			      FEWEST_WINDOWS);
	if (s->noted == NOTED_NOT)
		return refuse(s, "its server noted no gaps in some window: stalls of the server "
			      "are in its numbers");
	if (s->noted == NOTED_PARTLY)
		return refuse(s, "its server can note a part of its gaps only: it sleeps, or its "
			      "handlers look at no clock");
	return false;
}

static const struct side *more_gaps(const struct summary *s)
{
	return s->client.each_s > s->server.each_s ? &s->client : &s->server;
}

/* Is what was set aside the machine's, or the load's? */
static bool beyond_the_method(struct summary *s)
{
	const struct side *most = more_gaps(s);
	double kept = s->due ? 100.0 * s->kept / s->due : 0;
	const char *side = most == &s->client ? "client" : "server";

	if (s->kept < LEAST_KEPT * s->due && most->in_batch > 0.5)
		return refuse(s, "%.0f %% kept: %.0f %% of the %s's gaps follow %d requests in a "
			      "row, so batches look like gaps", kept,
			      100 * most->in_batch, side, IN_BATCH);
	if (s->kept < LEAST_KEPT * s->due)
		return refuse(s, "%.0f %% kept: %.0f gaps a second of the %s, %.0f us each", kept,
			      most->each_s, side,
			      most->mean_us);
	if (2 * s->overloaded > s->windows)
		return refuse(s, "overload: in %zu of %zu windows replies fell behind",
			      s->overloaded, s->windows);
	if (s->kept < FEWEST_KEPT)
		return refuse(s, "%zu requests kept: p99 takes %d", s->kept, FEWEST_KEPT);
	if (2 * s->untold > s->windows)
		return refuse(s, "%zu of %zu windows have too few requests to tell an overload",
			      s->untold, s->windows);
	if (s->clean_windows < FEWEST_WINDOWS)
		return refuse(s, "%zu of %zu windows have something left: %d are the fewest that "
			      "have bounds", s->clean_windows, s->windows, FEWEST_WINDOWS);
	if (s->late > MOST_LATE * s->kept)
		return refuse(s, "the client sent %zu of the %zu kept requests late", s->late,
			      s->kept);
	if (!isfinite(s->clean[P99].at) || !isfinite(s->clean[P99].high))
		return refuse(s, "p99 has no upper bound: %zu of the %zu kept requests were not "
			      "answered", s->lost, s->kept);
	return false;
}

/*
 * The method's checks of itself. Requests left by a further cut are a part of the kept ones, so
 * their p99 varies around that of the kept ones. The wider rule leaves most of them, and their p99
 * within the bounds; backlog that was left in makes bounds wide as well, but not down to what a
 * queue without it has. The placebo leaves fewer, and may be off by as much as the bounds are wide.
 */
static void check_itself(struct summary *s)
{
	const struct estimate *e = &s->clean[P99];

	if (s->widened_kept * s->due < FEWEST_KEPT || s->placebo_kept * s->kept < FEWEST_KEPT)
		refuse(s, "too few requests left for the checks: %.0f by a wider rule, %.0f by "
		       "the placebo",
		       s->widened_kept * s->due, s->placebo_kept * s->kept);
	else if (s->widened_p99 < e->low)
		refuse(s, "backlog outlasts the rule: a wider one has p99 at %.1f us",
		       s->widened_p99);
	else if (fabs(s->placebo_p99 - e->at) > e->high - e->low)
		refuse(s, "placebo: the gaps of other windows move p99 to %.1f us", s->placebo_p99);
}

static int count_overloaded(struct summary *s, const struct windows *w, int cls)
{
	for (size_t i = 0; i < w->n; i++) {
		int is = window_overloaded(&w->window[i], cls);

		if (is < 0 && is != -ENODATA)
			return is;
		s->overloaded += is > 0;
		s->untold += is < 0;
	}
	return 0;
}

int summarize(struct summary *s, const struct windows *w, const struct rule *r, int cls,
	      double slo_ns)
{
	struct pools p = { 0 };
	int err;

	*s = (struct summary){ .windows = w->n, .slo_ns = slo_ns };
	err = count_overloaded(s, w, cls);
	for (size_t i = 0; i < w->n && !err; i++) {
		size_t before = p.clean.n;

		err = add_window(&p, w, i, r, cls);
		s->clean_windows += p.clean.n > before;
	}
	if (!err) {
		take_numbers(s, &p);
		add_sides(s, w);
		if (!too_little(s) && !beyond_the_method(s))
			check_itself(s);
	}
	pool_free(&p.raw);
	pool_free(&p.clean);
	pool_free(&p.placebo);
	pool_free(&p.widened);
	return err;
}

enum verdict compare(const struct summary *a, const struct summary *b, int quantile)
{
	const struct estimate *x = &a->clean[quantile], *y = &b->clean[quantile];

	if (a->why[0] || b->why[0])
		return NOT_COMPARED;
	return x->high < y->low ? LOWER : y->high < x->low ? HIGHER : NOT_TOLD_APART;
}

static bool far_apart(double x, double y, double least)
{
	return fabs(x - y) > least && (x > GAPS_RATIO * y || y > GAPS_RATIO * x);
}

bool gaps_differ(const struct summary *a, const struct summary *b)
{
	return far_apart(a->server.each_s, b->server.each_s, GAPS_APART) ||
	       far_apart(a->server.share, b->server.share, SHARE_APART);
}
