// SPDX-License-Identifier: BSD-2-Clause
/*
 * figure.c - what all figures need: their runs, curves, plots and claims
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"
#include "table.h"

const struct policy *fig_policy(struct figure *f, const char *name)
{
	struct why why = { 0 };
	int i;

	for (i = 0; i < f->npolicies; i++) {
		if (!strcmp(f->policy_name[i], name))
			return &f->policy[i];
	}
	if (i == FIG_OPENED) {
		complain("too many policies");
		return NULL;
	}
	if (policy_open(&f->policy[i], name, &why)) {
		complain_why(&why);
		return NULL;
	}
	snprintf(f->policy_name[i], sizeof(f->policy_name[i]), "%s", name);
	return &f->policy[f->npolicies++];
}

const struct workload *fig_work(struct figure *f, const char *name, bool tail)
{
	struct why why = { 0 };
	char key[64];
	int i;

	snprintf(key, sizeof(key), "%s%.50s", tail ? "tail " : "", name);
	for (i = 0; i < f->nwork; i++) {
		if (!strcmp(f->work_name[i], key))
			return &f->work[i];
	}
	if (i == FIG_WORK) {
		complain("too many workloads");
		return NULL;
	}
	if (workload_parse(&f->work[i], name, &why)) {
		complain_why(&why);
		return NULL;
	}
	for (int c = 0; tail && c < f->work[i].nclasses; c++)
		f->work[i].cls[c].tail = true;
	strcpy(f->work_name[i], key);
	return &f->work[f->nwork++];
}

static int set_costs(struct costs *k, const char *list, struct why *why)
{
	char text[SIM_TEXT], *save = NULL;

	snprintf(text, sizeof(text), "%s", list);
	for (char *c = strtok_r(text, " ", &save); c; c = strtok_r(NULL, " ", &save)) {
		if (costs_set(k, c, why))
			return -1;
	}
	return 0;
}

int fig_curve(struct figure *f, const struct setup *u, const double *x, int n)
{
	const struct policy *p = fig_policy(f, u->policy);
	const struct workload *w = fig_work(f, u->workload, u->tail);
	struct fig_curve *c = &f->curve[f->ncurves];
	struct why why = { 0 };
	struct costs k;

	if (!p || !w || f->ncurves == FIG_CURVES)
		return -1;
	if (costs_read(&k, u->system, &why) || (u->cost && set_costs(&k, u->cost, &why))) {
		complain_why(&why);
		return -1;
	}
	snprintf(c->name, sizeof(c->name), "%s", u->name);
	c->first = f->s.n;
	c->n = n;
	for (int i = 0; i < n; i++) {
		struct point *q = sweep_add(&f->s);

		if (!q) {
			complain("no memory");
			return -1;
		}
		q->system = u->name;
		q->c.policy = p;
		q->c.w = w;
		q->c.costs = k;
		q->c.cores = u->cores;
		q->c.quantum_us = u->quantum_us;
		q->c.preempt = u->preempt;
		q->c.requests = requests_of(f->o, q->c.w);
		q->c.seed = f->o->seed;
		/* Load is what the machine's cores could do, a dispatcher's among them. */
		q->load = u->rates ? x[i] * w->mean_ns / 1e9 / u->cores : x[i];
		q->c.rate = u->rates ? x[i] : x[i] * u->cores / w->mean_ns * 1e9;
		c->x[i] = x[i];
	}
	return f->ncurves++;
}

int fig_run(struct figure *f)
{
	int res;

	f->s.jobs = f->o->jobs;
	f->s.quiet = f->o->quiet;
	res = sweep_run(&f->s);
	if (res == -EINTR) {
		conclude(f->o, &f->s, res);
		f->interrupted = true;
	}
	return res ? EXIT_FAILED : 0;
}

double fig_value(const struct figure *f, int curve, int i, const char *metric, int cls)
{
	return metric_of(&f->s.p[f->curve[curve].first + i], metric, cls);
}

double fig_most(const struct figure *f, int curve, const char *metric, int cls, double limit)
{
	const struct fig_curve *c = &f->curve[curve];
	double y, before = 0, x = 0;

	for (int i = 0; i < c->n; i++) {
		y = fig_value(f, curve, i, metric, cls);
		if (!(y <= limit) || !load_is_carried(&f->s.p[c->first + i].r)) {
			if (i && y > limit)
				x += (c->x[i] - c->x[i - 1]) * (limit - before) / (y - before);
			return x;
		}
		before = y;
		x = c->x[i];
	}
	return x;
}

void fig_plot(struct figure *f, const char *title, const char *x, const char *y, bool log_y,
	      double y_max)
{
	struct plot *p = &f->plot[f->nplots];

	snprintf(p->title, sizeof(p->title), "%s", title);
	snprintf(p->x_name, sizeof(p->x_name), "%s", x);
	snprintf(p->y_name, sizeof(p->y_name), "%s", y);
	p->log_y = log_y;
	p->y_max = y_max;
	p->hollow = "the load is not carried, so times grow with the run";
	p->curve = f->drawn[f->nplots++];
}

static struct curve *add_drawn(struct figure *f, const struct fig_curve *c)
{
	struct plot *p = &f->plot[f->nplots - 1];
	struct curve *d = &p->curve[p->n++];

	snprintf(d->name, sizeof(d->name), "%s", c->name);
	d->n = c->n;
	d->x = calloc(c->n, sizeof(double));
	d->y = calloc(c->n, sizeof(double));
	d->half = d->low = d->high = NULL;
	d->hollow = NULL;
	if (!d->x || !d->y) {
		d->n = 0;
		return d;
	}
	memcpy(d->x, c->x, c->n * sizeof(double));
	return d;
}

void fig_plot_run(struct figure *f, int curve, const char *metric, int cls)
{
	struct curve *d = add_drawn(f, &f->curve[curve]);

	d->half = calloc(d->n, sizeof(double));
	d->hollow = calloc(d->n, sizeof(bool));
	for (int i = 0; i < d->n; i++) {
		const struct point *p = &f->s.p[f->curve[curve].first + i];

		d->y[i] = fig_value(f, curve, i, metric, cls);
		if (d->half)
			d->half[i] = metric_half(p, metric, cls);
		if (d->hollow)
			d->hollow[i] = !load_is_carried(&p->r);
	}
}

void fig_plot_own(struct figure *f, const struct fig_curve *c)
{
	struct curve *d = add_drawn(f, c);

	if (d->n)
		memcpy(d->y, c->y, c->n * sizeof(double));
	if (!d->n || !c->band)
		return;
	d->low = calloc(c->n, sizeof(double));
	d->high = calloc(c->n, sizeof(double));
	for (int i = 0; d->low && d->high && i < c->n; i++) {
		d->low[i] = c->low[i];
		d->high[i] = c->high[i];
	}
}

int fig_curves(struct figure *f, const struct setup *u, int n, const double *x, int nx, int *c)
{
	for (int i = 0; i < n; i++) {
		c[i] = fig_curve(f, &u[i], x, nx);
		if (c[i] < 0)
			return EXIT_FAILED;
	}
	return 0;
}

static bool in_range(const struct statement *s, double x)
{
	return (!s->low || x >= s->low) && (!s->high || x <= s->high);
}

static enum agreement agree(const struct statement *s, double x)
{
	if (isnan(x))
		return DOES_NOT;
	if (in_range(s, x))
		return HOLDS;
	return (s->toward > 0 && x > 1.05) || (s->toward < 0 && x < 0.95) ? DIRECTION : DOES_NOT;
}

void fig_state(struct figure *f, const struct statement *s, const char *here, ...)
{
	static const char *const words[] = { "holds", "direction only", "does NOT hold" };
	enum agreement a = agree(s, isnan(f->o->instead) ? s->x : f->o->instead);
	bool can_be_had = a == DOES_NOT && s->nearest && isnan(f->o->instead) &&
			  in_range(s, s->nearest);
	va_list args;

	if (can_be_had)
		a = DIRECTION;

	f->agree[a]++;
	printf("%-14s text: %s\n%-14s here: ", can_be_had ? "in the band" : words[a], s->said, "");
	va_start(args, here);
	vprintf(here, args);
	va_end(args);
	putchar('\n');
	if (a == HOLDS || !s->why)
		return;
	printf("%-14s why:  ", "");
	table_wrap(stdout, s->why, 21, 21);
}
