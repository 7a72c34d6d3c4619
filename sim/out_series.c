// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_series.c - results over time as CSV, JSON and plots
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "out.h"
#include "series.h"

/* In this order in CSV and JSON. */
static const char *const counted[WINDOW_COUNTS] = {
	[WINDOW_CAME] = "came", [WINDOW_ENDED] = "ended", [WINDOW_FAILED] = "failed",
	[WINDOW_TIMEOUTS] = "timeouts", [WINDOW_RETRIES] = "retries", [WINDOW_HEDGES] = "hedges",
};

static double from_us(const struct series *s, int i) { return i * s->window_ns / 1e3; }

static double length_us(const struct series *s, int i)
{
	return (i == s->n - 1 ? s->last_ns : s->window_ns) / 1e3;
}

static double rate_in(const struct series *s, int i, int k, enum window_count what)
{
	return s->at[i * s->classes + k].n[what] / length_us(s, i) * 1e6;
}

static void line(const struct point *p, int i, int k, FILE *to)
{
	const struct series *s = p->r.series;
	const struct window *w = &s->at[i * s->classes + k];

	csv_text(to, p->system, true);
	csv_text(to, p->c.policy->name, false);
	fprintf(to, ",%d,%g,%u,%d,%g,%llu", p->c.cores, p->load, p->c.calls.clients,
		p->c.calls.fanout ? p->c.calls.fanout : 1,
		p->c.quantum_us < 0 ? p->c.costs.quantum_us : p->c.quantum_us,
		(unsigned long long)p->c.seed);
	csv_text(to, class_name(p, k), false);
	fprintf(to, ",%.9g,%.9g", from_us(s, i), from_us(s, i) + length_us(s, i));
	csv_number(to, rate_in(s, i, k, WINDOW_CAME));
	csv_number(to, rate_in(s, i, k, WINDOW_ENDED));
	csv_number(to, w->mean_ns / 1e3);
	csv_number(to, w->p50_ns / 1e3);
	csv_number(to, w->p99_ns / 1e3);
	fprintf(to, ",%llu", (unsigned long long)w->backlog);
	for (int n = 0; n < WINDOW_COUNTS; n++)
		fprintf(to, ",%llu", (unsigned long long)w->n[n]);
	fputc('\n', to);
}

int out_series(const struct sweep *s, FILE *to)
{
	fputs("system,policy,cores,load,clients,fanout,quantum_us,seed,class,from_us,to_us,rate,"
	      "throughput,mean_us,p50_us,p99_us,backlog",
	      to);
	for (int n = 0; n < WINDOW_COUNTS; n++)
		fprintf(to, ",%s", counted[n]);
	fputc('\n', to);
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		for (int w = 0; p->r.complete && w < p->r.series->n; w++) {
			for (int k = p->r.nclasses == 1; k <= p->r.nclasses; k++)
				line(p, w, k, to);
		}
	}
	return 0;
}

static json_t *window_json(const struct point *p, int i, int k)
{
	const struct series *s = p->r.series;
	const struct window *w = &s->at[i * s->classes + k];
	json_t *o = json_pack("{s:s, s:f, s:f, s:f, s:f, s:I}", "class", class_name(p, k),
			      "from_us", from_us(s, i), "to_us", from_us(s, i) + length_us(s, i),
			      "rate", rate_in(s, i, k, WINDOW_CAME), "throughput",
			      rate_in(s, i, k, WINDOW_ENDED), "backlog", (json_int_t)w->backlog);

	if (!isnan(w->mean_ns)) {
		json_object_set_new(o, "mean_us", json_real(w->mean_ns / 1e3));
		json_object_set_new(o, "p50_us", json_real(w->p50_ns / 1e3));
		json_object_set_new(o, "p99_us", json_real(w->p99_ns / 1e3));
	}
	for (int n = 0; n < WINDOW_COUNTS; n++)
		json_object_set_new(o, counted[n], json_integer(w->n[n]));
	return o;
}

json_t *series_json(const struct point *p)
{
	json_t *a = json_array();

	for (int i = 0; i < p->r.series->n; i++) {
		for (int k = p->r.nclasses == 1; k <= p->r.nclasses; k++)
			json_array_append_new(a, window_json(p, i, k));
	}
	return a;
}

/* --- plots: a panel for each of these, a curve for each run ----------------------------------- */

enum { PANEL_RATE, PANEL_P50, PANEL_P99, PANEL_BACKLOG, SERIES_PANELS };

static const char *const panels[SERIES_PANELS][2] = {
	{ "What comes and what is answered", "calls a second" }, { "Median", "p50 sojourn, us" },
	{ "Tail", "p99 sojourn, us" }, { "Under way", "calls in the system at the window's end" },
};

static double value(const struct series *s, int i, int panel)
{
	const struct window *w = &s->at[i * s->classes + s->classes - 1];

	switch (panel) {
	case PANEL_RATE: return rate_in(s, i, s->classes - 1, WINDOW_ENDED);
	case PANEL_P50: return w->p50_ns / 1e3;
	case PANEL_P99: return w->p99_ns / 1e3;
	}
	return w->backlog;
}

static int fill(struct curve *c, const struct series *s, int panel, double unit_us)
{
	c->n = s->n;
	c->x = calloc(s->n + 1, sizeof(double));
	c->y = calloc(s->n + 1, sizeof(double));
	if (!c->x || !c->y)
		return -ENOMEM;
	for (int i = 0; i < s->n; i++) {
		c->x[i] = (from_us(s, i) + length_us(s, i) / 2) / unit_us;
		c->y[i] = panel < 0 ? rate_in(s, i, s->classes - 1, WINDOW_CAME)
				    : value(s, i, panel);
	}
	return 0;
}

static int fill_panel(struct plot *q, const struct sweep *s, int panel, double unit_us,
		      void (*name)(const struct sweep *s, int i, char *text, size_t len))
{
	const struct series *first = NULL;
	int err = 0;

	q->curve = calloc(s->n + 2, sizeof(*q->curve));
	if (!q->curve)
		return -ENOMEM;
	for (int i = 0; i < s->n && !err; i++) {
		struct curve *c = &q->curve[q->n];

		if (!s->p[i].r.complete)
			continue;
		first = first ? first : s->p[i].r.series;
		name(s, i, c->name, sizeof(c->name));
		err = err ? err : fill(c, s->p[i].r.series, panel, unit_us);
		q->n++;
	}
	if (panel != PANEL_RATE || !first || err)
		return err;
	/* The rate of arrivals, one curve, since it is the same for all runs. Its curve is last, so
	 * that each run has one colour in all panels. */
	snprintf(q->curve[q->n].name, sizeof(q->curve[q->n].name), "comes");
	return fill(&q->curve[q->n++], first, -1, unit_us);
}

/* s, ms or us, so that the axis has no long numbers. */
static double time_unit(const struct sweep *s, const char **name)
{
	const struct series *r = s->p[0].r.series;
	double whole = r ? r->n * r->window_ns : 0;

	*name = whole >= 1e9 ? "time, s" : whole >= 1e6 ? "time, ms" : "time, us";
	return whole >= 1e9 ? 1e6 : whole >= 1e6 ? 1e3 : 1;
}

int series_plot(const struct sweep *s, const char *path,
		void (*name)(const struct sweep *s, int i, char *text, size_t len))
{
	struct plot q[SERIES_PANELS] = { 0 };
	const char *x_name;
	double unit_us = time_unit(s, &x_name);
	int err = 0;

	for (int k = 0; k < SERIES_PANELS && !err; k++) {
		snprintf(q[k].title, sizeof(q[k].title), "%s", panels[k][0]);
		snprintf(q[k].y_name, sizeof(q[k].y_name), "%s", panels[k][1]);
		snprintf(q[k].x_name, sizeof(q[k].x_name), "%s", x_name);
		snprintf(q[k].note, sizeof(q[k].note), "windows of %.4g us. %.150s",
			 s->p[0].c.calls.window_ns / 1e3, s->p[0].c.w->text);
		q[k].by_itself = true;
		q[k].gap = "none answered";
		err = fill_panel(&q[k], s, k, unit_us, name);
	}
	if (!err)
		err = svg_write(q, SERIES_PANELS, path);
	for (int k = 0; k < SERIES_PANELS; k++) {
		for (int i = 0; q[k].curve && i < s->n + 2; i++) {
			free(q[k].curve[i].x);
			free(q[k].curve[i].y);
		}
		free(q[k].curve);
	}
	return err;
}
