// SPDX-License-Identifier: BSD-2-Clause
/*
 * plots.c - what a sweep is drawn as: a panel for each class,
 * alone (--svg) or on a page with other metrics (--page)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define PANELS SHUNT_CLASSES

/* Settings in which runs differ name the curves; the shared ones stand below the plot. */
enum { BY_SYSTEM = 1, BY_POLICY = 2, BY_CORES = 4, BY_QUANTUM = 8, BY_ALL = 15, BY_OFFER = 16,
       BY_FANOUT = 32, BY_SEED = 64 };

/* The settings in which the points from "first" on, of its workload, differ. */
static unsigned int all_differences(const struct sweep *s, int first)
{
	const struct point *a = &s->p[first];
	unsigned int by = 0;

	for (int i = first + 1; i < s->n && s->p[i].c.w == a->c.w; i++) {
		const struct point *b = &s->p[i];

		by |= strcmp(a->system, b->system) ? BY_SYSTEM : 0;
		by |= a->c.policy != b->c.policy ? BY_POLICY : 0;
		by |= a->c.cores != b->c.cores ? BY_CORES : 0;
		by |= a->c.quantum_us != b->c.quantum_us ? BY_QUANTUM : 0;
		by |= a->c.calls.fanout != b->c.calls.fanout ? BY_FANOUT : 0;
		by |= a->c.seed != b->c.seed ? BY_SEED : 0;
		if (a->c.calls.clients ? a->c.calls.clients != b->c.calls.clients
				       : a->load != b->load)
			by |= BY_OFFER;
	}
	return by;
}

/* The differing settings that name curves; the offered load, or else the fan-out, is the x axis. */
static unsigned int differences(const struct sweep *s, int first)
{
	unsigned int by = all_differences(s, first);

	return by & (by & BY_FANOUT ? BY_ALL | BY_OFFER : BY_ALL);
}

static void describe(const struct point *q, unsigned int by, char *name, size_t len)
{
	int n = 0;

	*name = '\0';
	if (by & BY_SYSTEM)
		n += snprintf(name + n, len - n, "%.20s, ", q->system);
	if (by & BY_POLICY)
		n += snprintf(name + n, len - n, "%.20s, ", q->c.policy->name);
	if (by & BY_CORES)
		n += snprintf(name + n, len - n, "%d cores, ", q->c.cores);
	if (by & BY_QUANTUM && q->c.quantum_us >= 0)
		n += snprintf(name + n, len - n, "%g us, ", q->c.quantum_us);
	if (by & BY_OFFER && q->c.calls.clients)
		n += snprintf(name + n, len - n, "%u clients, ", q->c.calls.clients);
	else if (by & BY_OFFER)
		n += snprintf(name + n, len - n, "load %.3g, ", q->load);
	if (by & BY_FANOUT)
		n += snprintf(name + n, len - n, "to %d, ", q->c.calls.fanout);
	if (by & BY_SEED)
		n += snprintf(name + n, len - n, "seed %llu, ", (unsigned long long)q->c.seed);
	if (n)
		name[n - 2] = '\0';
}

/* Fan-outs are across, or else numbers of clients, rates or loads. */
static double x_of(const struct options *o, const struct point *q)
{
	return o->fanouts.n > 1 ? q->c.calls.fanout
	       : o->clients.n   ? q->c.calls.clients
	       : o->rates.n     ? q->c.rate
				: q->load;
}

static const char *x_name(const struct options *o)
{
	return o->fanouts.n > 1 ? "servers that a call goes to" : o->clients.n ? "clients" :
	       o->rates.n ? "requests a second" : "load (share of the cores' time)";
}

/* Does the metric have one value a run, not one a class? */
static bool of_all(const char *metric)
{
	return !strcmp(metric, "throughput") || !strcmp(metric, "goodput");
}

static void swap(double *v, int k)
{
	double was = v[k];

	v[k] = v[k - 1];
	v[k - 1] = was;
}

/* The last point goes to its place by x: loads may be listed in any order. */
static void sort_last(struct curve *c)
{
	for (int k = c->n - 1; k > 0 && c->x[k] < c->x[k - 1]; k--) {
		bool was = c->hollow[k];

		swap(c->x, k);
		swap(c->y, k);
		swap(c->half, k);
		c->hollow[k] = c->hollow[k - 1];
		c->hollow[k - 1] = was;
	}
}

/* A curve for each run of points that differ in load alone. */
static int fill_plot(struct plot *p, const struct options *o, const struct sweep *s, int first,
		     const char *metric, int cls)
{
	unsigned int by = differences(s, first);
	char name[96];

	for (int i = first; i < s->n; i++) {
		const struct point *q = &s->p[i];
		struct curve *c = p->n ? &p->curve[p->n - 1] : NULL;

		if (q->c.w != s->p[first].c.w)
			break; /* another workload's classes are others */
		describe(q, by ? by : BY_POLICY, name, sizeof(name));
		if (!c || strcmp(c->name, name)) {
			c = &p->curve[p->n++];
			strcpy(c->name, name);
			c->x = calloc(s->n, sizeof(double));
			c->y = calloc(s->n, sizeof(double));
			c->half = calloc(s->n, sizeof(double));
			c->hollow = calloc(s->n, sizeof(bool));
			if (!c->x || !c->y || !c->half || !c->hollow)
				return -ENOMEM;
		}
		c->x[c->n] = x_of(o, q);
		c->hollow[c->n] = !of_all(metric) && q->r.complete && !load_is_carried(&q->r);
		c->half[c->n] = of_all(metric) ? 0 : metric_half(q, metric, cls);
		c->y[c->n++] = metric_of(q, metric, cls);
		sort_last(c);
	}
	return 0;
}

struct panels {
	struct plot p[PANELS];
	int n;
};

/* A panel for each class of the workload of point "first", up to PANELS. */
static int make_panels(struct panels *a, const struct options *o, const struct sweep *s, int first,
		       const char *metric)
{
	const struct workload *w = s->p[first].c.w;
	char shared[96];
	int err = 0;

	describe(&s->p[first], BY_ALL & ~differences(s, first), shared, sizeof(shared));
	for (int k = 0; k < (of_all(metric) ? 1 : w->nclasses) && a->n < PANELS && !err; k++) {
		struct plot *p = &a->p[a->n];

		if (!strcmp(metric, "miss") && !(w->cls[k].slo_us > 0))
			continue; /* it has nothing to miss */
		a->n++;
		snprintf(p->title, sizeof(p->title), "%.40s",
			 of_all(metric) ? metric : w->cls[k].name);
		snprintf(p->x_name, sizeof(p->x_name), "%s", x_name(o));
		snprintf(p->y_name, sizeof(p->y_name), "%.60s", metric_label(metric));
		snprintf(p->note, sizeof(p->note), "%.60s. %.130s", shared, w->text);
		p->log_x = o->fanouts.n > 1;
		p->log_y = !strncmp(metric, "slowdown", 8);
		p->slo = strstr(metric, "_us") ? w->cls[k].slo_us : 0;
		p->hollow = "the load is not carried, so times grow with the run";
		p->curve = calloc(s->n, sizeof(struct curve));
		err = p->curve ? fill_plot(p, o, s, first, metric, of_all(metric) ? -1 : k)
			       : -ENOMEM;
	}
	return err;
}

static void free_panels(struct panels *a)
{
	for (int k = 0; k < a->n; k++) {
		for (int i = 0; a->p[k].curve && i < a->p[k].n; i++) {
			free(a->p[k].curve[i].x);
			free(a->p[k].curve[i].y);
			free(a->p[k].curve[i].half);
			free(a->p[k].curve[i].hollow);
		}
		free(a->p[k].curve);
	}
}

static int draw_svg(const struct options *o, const struct sweep *s)
{
	struct panels a = { 0 };
	int err = make_panels(&a, o, s, 0, o->metric);

	if (!err)
		err = svg_write(a.p, a.n, o->svg);
	free_panels(&a);
	return err;
}

static void escape(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&", *text))
			fprintf(f, "&#%d;", *text);
		else
			fputc(*text, f);
	}
}

/* The metric that was asked for first, then the others. */
static int put_workload(FILE *f, const struct options *o, const struct sweep *s, int first)
{
	static const char *const metrics[] = { "p50_us", "p99_us", "p999_us", "slowdown_p99",
					       "miss", "goodput", "throughput" };
	const struct workload *w = s->p[first].c.w;
	int err = 0;

	fputs("<h2>", f);
	escape(f, w->text);
	fputs("</h2>\n", f);
	for (int i = -1; i < (int)(sizeof(metrics) / sizeof(metrics[0])) && !err; i++) {
		const char *metric = i < 0 ? o->metric : metrics[i];
		struct panels a = { 0 };

		if ((i >= 0 && !strcmp(metric, o->metric)) ||
		    (metric_needs_objective(metric) && !has_objective(w)))
			continue;
		err = make_panels(&a, o, s, first, metric);
		if (!err)
			svg_put(a.p, a.n, f);
		free_panels(&a);
	}
	return err;
}

static int put_table(FILE *f, const struct sweep *s)
{
	char *text = NULL;
	size_t len;
	FILE *table = open_memstream(&text, &len);

	if (!table)
		return -ENOMEM;
	out_table(s, table);
	fclose(table);
	fputs("<h2>Table</h2>\n<pre>", f);
	escape(f, text);
	fputs("</pre>\n", f);
	free(text);
	return 0;
}

static int draw_page(const struct options *o, const struct sweep *s)
{
	FILE *f = strcmp(o->page, "-") ? fopen(o->page, "w") : stdout;
	int err = 0;

	if (!f)
		return -errno;
	fputs("<!DOCTYPE html>\n<meta "
	      "charset='utf-8'>\n<title>shunt-sim</title>\n<style>body{font:14px sans-serif;"
	      "margin:16px;background:#fff;color:#222}svg{display:block;max-width:100%;height:auto;"
	      "margin:12px 0}h2{font-size:15px;overflow-wrap:anywhere}pre{overflow-x:auto}@media "
	      "(prefers-color-scheme:dark){body{background:#16181c;color:#ddd}}</style>\n"
	      "<h1>shunt-sim</h1>\n",
	      f);
	for (int i = 0; i < s->n && !err; i++) {
		if (!i || s->p[i].c.w != s->p[i - 1].c.w)
			err = put_workload(f, o, s, i);
	}
	if (!err)
		err = put_table(f, s);
	if (ferror(f) && !err)
		err = -EIO;
	if (f != stdout && fclose(f) && !err)
		err = -errno;
	return err;
}

static void name_of_series(const struct sweep *s, int i, char *name, size_t len)
{
	unsigned int by = all_differences(s, 0);

	describe(&s->p[i], by ? by : BY_POLICY, name, len);
}

int draw_files(const struct options *o, const struct sweep *s)
{
	int err = o->svg ? draw_svg(o, s) : 0, page = o->page ? draw_page(o, s) : 0;
	int series = o->series_svg ? series_plot(s, o->series_svg, name_of_series) : 0;

	if (err)
		complain("cannot write '%s': %s", o->svg, strerror(-err));
	if (page)
		complain("cannot write '%s': %s", o->page, strerror(-page));
	if (series)
		complain("cannot write '%s': %s", o->series_svg, strerror(-series));
	return err || page || series ? EXIT_FAILED : 0;
}
