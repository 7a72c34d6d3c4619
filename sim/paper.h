/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paper.h - a figure being drawn: its runs, its curves, and what the paper's text says of it
 */
#pragma once

#include "cmd.h"

#define FIG_CURVES 24
#define FIG_OPENED 16
#define FIG_PLOTS 3

struct fig_curve {
	char name[96];
	int first, n;       /* its points in the sweep; none: own values */
	double x[LIST_MAX], y[LIST_MAX];
};

struct figure {
	struct options *o;
	struct sweep s;
	struct policy policy[FIG_OPENED];
	char policy_name[FIG_OPENED][32];
	int npolicies;
	struct workload work[FIG_OPENED];
	char work_name[FIG_OPENED][64];
	int nwork;
	struct fig_curve curve[FIG_CURVES];
	int ncurves;
	struct plot plot[FIG_PLOTS];
	struct curve drawn[FIG_PLOTS][FIG_CURVES];
	int nplots;
	int failed;         /* claims that do not hold here */
	bool interrupted;
};

/* What one curve is made of. */
struct setup {
	const char *name, *system, *policy, *workload;
	int cores;
	double quantum_us;  /* < 0: the system's */
	int preempt;        /* -1: as the policy wants */
	const char *cost;   /* "name=value", or NULL */
	bool tail;          /* every class: preempted requests to the tail */
	bool rates;         /* x is requests a second, not load */
};

/* A curve over x; its number, or -1 having complained. */
int fig_curve(struct figure *f, const struct setup *u, const double *x, int n);
/* Runs all curves. */
int fig_run(struct figure *f);
double fig_value(const struct figure *f, int curve, int i, const char *metric, int cls);
/* The largest x (load or rate) whose metric is at most limit, between points linearly. */
double fig_most(const struct figure *f, int curve, const char *metric, int cls, double limit);
/* A plot of some curves; its curves follow with fig_plot_curve(). */
void fig_plot(struct figure *f, const char *title, const char *x, const char *y, bool log_y, double y_max);
void fig_plot_run(struct figure *f, int curve, const char *metric, int cls);
void fig_plot_own(struct figure *f, const struct fig_curve *c);
/* Prints "said" beside "here", and whether it holds. */
void fig_claim(struct figure *f, bool holds, const char *said, const char *here, ...)
	__attribute__((format(printf, 4, 5)));

struct paper_figure {
	const char *name;
	int (*draw)(struct figure *f);
};
extern const struct paper_figure paper_figures[];

/* paper_offload.c */
int offload_fig2(struct figure *f);
int offload_fig4(struct figure *f);
int offload_fig5(struct figure *f);
int offload_fig6(struct figure *f);
int shinjuku_fig7(struct figure *f);
int ipipe_fig16(struct figure *f);
