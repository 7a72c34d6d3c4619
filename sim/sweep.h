/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.h - many runs: on all CPUs, in the same order and with the same results as on one
 */
#pragma once

#include <stdio.h>

#include "sim.h"

struct point {
	struct run_config c;
	const char *label;   /* of plots: whose curve */
	const char *system;
	double load;
	struct run_result r;
	int err;             /* of the run; 1: not run yet */
	bool short_of;       /* the precision that was asked for */
	struct why why;      /* err < 0 */
};

struct sweep {
	struct point *p;
	int n, room;
	int jobs;            /* 0: as many as there are CPUs */
	double precision;    /* runs grow until metric is known to
			      * this share of itself; 0: they don't */
	const char *metric;
	bool quiet;          /* no progress bar */
};

/* A zeroed point at the end, or NULL. */
struct point *sweep_add(struct sweep *s);
/* Runs what has not been run. 0, -EINTR (SIGINT came: what
 * is complete is kept), or -1: some run failed. */
int sweep_run(struct sweep *s);
void sweep_free(struct sweep *s);

/* Requests a second at which "load" of the cores that serve is in use. */
double rate_of(const struct run_config *c, double load);

/* out_table.c, out_csv.c, out_json.c */
void out_table(const struct sweep *s, FILE *to);
void out_csv(const struct sweep *s, FILE *to);
int out_json(const struct sweep *s, FILE *to);
/* out_calls.c */
struct table;
double calls_metric(const struct point *p, const char *metric);
void calls_table(const struct point *p, struct table *t);
void calls_csv_head(FILE *to);
void calls_csv(const struct point *p, FILE *to);
struct json_t;
/* NULL: of no calls. */
struct json_t *calls_json(const struct point *p);
/* staged_out.c: what an agent decided; nothing of runs without one */
double staged_metric(const struct point *p, const char *metric);
void staged_table(const struct point *p, struct table *t);
void staged_csv_head(FILE *to);
void staged_csv(const struct point *p, FILE *to);
struct json_t *staged_json(const struct point *p);
/* out_services.c */
void services_table(const struct point *p, struct table *t);
/* NULL: services have no domains of their own. */
struct json_t *services_json(const struct point *p);
/* out_series.c */
int out_series(const struct sweep *s, FILE *to);
struct json_t *series_json(const struct point *p);
/* name: of the i-th run's curves. */
int series_plot(const struct sweep *s, const char *path,
		void (*name)(const struct sweep *s, int i, char *text, size_t len));
/* cdf.c */
void out_cdf(const struct sweep *s, FILE *to);
/* metrics.c; NAN: not measured. cls < 0: all. */
double metric_of(const struct point *p, const char *metric, int cls);
/* Half of its 95 % interval. NAN: not known. */
double metric_half(const struct point *p, const char *metric, int cls);
/* The metric's enum quantity; -1: a metric without an interval. */
int metric_quantity(const char *metric);
bool metric_needs_objective(const char *metric);
/* Whether a point's numbers can be taken for an answer: "ok", or why not: "unserved" (no core was
 * left), "unstable" (the load is not carried), "sheds" (requests are turned away), "fails" (calls
 * do), "imprecise". */
const char *state_of(const struct point *p);
#define NUMBER_TEXT 48
/* As many digits as are known: 12.3±0.2; ~12 where it is not known how sure it is. Returns text. */
const char *number_text(char *text, double x, double half);
bool metric_known(const char *metric);

/* svg.c */
struct curve {
	char name[96];
	int n;
	double *x, *y;
	double *half;        /* of the intervals of y, NAN: not known; NULL: of none */
	double *low, *high;  /* an area around it; NULL: none */
	bool *hollow;        /* points that are no answer: hollow, and not joined; NULL: none */
};

struct plot {
	char title[160], x_name[64], y_name[64], note[200];
	bool log_y, log_x;
	double y_max;        /* 0: as the data */
	bool by_itself;      /* is not read against its neighbours:
			      * whether it is log is its own matter */
	double slo;          /* a line across; 0: none */
	const char *hollow;  /* what hollow points are, below the plot */
	const char *gap;     /* why a curve stops; NULL: nothing is said */
	int n;
	struct curve *curve;
};
/* A metric's name on an axis, with its unit. */
const char *metric_label(const char *metric);
void svg_put(const struct plot *plots, int n, FILE *f);
int svg_write(const struct plot *plots, int n, const char *path);
