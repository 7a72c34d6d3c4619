/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paper.h - a figure being drawn: its runs, its curves, and what the paper's text says of it
 */
#pragma once

#include "cmd.h"

#define FIG_CURVES 224
#define FIG_OPENED 16
#define FIG_WORK 64
#define FIG_PLOTS 3

struct fig_curve {
	char name[96];
	int first, n;       /* its points in the sweep; none: own values */
	double x[LIST_MAX], y[LIST_MAX];
	bool band;          /* from low to high around y */
	double low[LIST_MAX], high[LIST_MAX];
};

struct figure {
	struct options *o;
	struct sweep s;
	struct policy policy[FIG_OPENED];
	char policy_name[FIG_OPENED][32];
	int npolicies;
	struct workload work[FIG_WORK];
	char work_name[FIG_WORK][64];
	int nwork;
	struct fig_curve curve[FIG_CURVES];
	int ncurves;
	struct plot plot[FIG_PLOTS];
	struct curve drawn[FIG_PLOTS][FIG_CURVES];
	int nplots;
	int agree[3];       /* statements by enum agreement */
	bool interrupted;
};

/* The system, policy and costs of one curve. */
struct setup {
	const char *name, *system, *policy, *workload;
	int cores;
	double quantum_us;  /* < 0: the system's */
	int preempt;        /* -1: as the policy wants */
	const char *cost;   /* "name=value", more of them after spaces, or NULL */
	bool tail;          /* every class: preempted requests to the tail */
	bool rates;         /* x is requests a second, not load */
};

/* NULL, having complained. */
const struct policy *fig_policy(struct figure *f, const char *name);
const struct workload *fig_work(struct figure *f, const char *spec, bool tail);
/* A curve over x; its number, or -1 having complained. */
int fig_curve(struct figure *f, const struct setup *u, const double *x, int n);
/* Runs all curves. */
int fig_run(struct figure *f);
double fig_value(const struct figure *f, int curve, int i, const char *metric, int cls);
/* The largest x (load or rate) whose metric is at most limit, between points linearly. */
double fig_most(const struct figure *f, int curve, const char *metric, int cls, double limit);
/* A plot of some curves; its curves follow with fig_plot_curve(). */
void fig_plot(struct figure *f, const char *title, const char *x, const char *y, bool log_y,
	      double y_max);
void fig_plot_run(struct figure *f, int curve, const char *metric, int cls);
void fig_plot_own(struct figure *f, const struct fig_curve *c);
enum agreement { HOLDS, DIRECTION, DOES_NOT };

/*
 * A statement of a text as one number. A ratio of 1 is "no difference", which must hold nothing. A
 * value whose size the text states is divided by it, so that 1 is the text's value; low and high
 * say how far off it may be. Of a band x is the median; where the median is off but the band
 * reaches the text's value, the statement is possible and does not follow.
 */
struct statement {
	const char *said;
	double x;
	double low, high;  /* it holds from low to high (0: no bound) */
	int toward;        /* of a ratio, 1 or -1: the direction is right 5
			    * % above, or below, 1; 0: of a stated size */
	const char *why;   /* why it does not hold here, where that is known */
	double nearest;    /* of a band whose median is x: its value
			    * nearest to what the text says; 0: no band */
};

/* A ratio that is at least so large; at most; or of a size that the text states, within a share. */
#define AT_LEAST(ratio) .low = (ratio), .toward = 1
#define AT_MOST(ratio) .high = (ratio), .toward = -1
#define SIZE(here, text, share) .x = (here) / (text), .low = 1 - (share), .high = 1 + (share)

/* Prints the statement, what came out here, and the verdict. */
void fig_state(struct figure *f, const struct statement *s, const char *here, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets up n curves over the same x; their numbers into c. */
int fig_curves(struct figure *f, const struct setup *u, int n, const double *x, int nx, int *c);

/* paper_policies.c: what Shinjuku's text says of policies alone */
int shinjuku_fig1(struct figure *f);
int shinjuku_fig2(struct figure *f);
int shinjuku_fig4(struct figure *f);
int shinjuku_fig7a(struct figure *f);
/* paper_systems.c: and of systems */
int shinjuku_fig5(struct figure *f);
int shinjuku_fig5ab(struct figure *f);
int shinjuku_fig6(struct figure *f);
int shinjuku_fig6b(struct figure *f);
int shinjuku_fig7b(struct figure *f);
int shinjuku_fig7c(struct figure *f);
int shinjuku_fig8a(struct figure *f);
int shinjuku_fig8bc(struct figure *f);
/* paper_offload.c: Shinjuku-Offload */
int offload_fig2(struct figure *f);
int offload_fig3(struct figure *f);
int offload_fig4(struct figure *f);
int offload_fig5(struct figure *f);
int offload_fig6(struct figure *f);
/* paper_ipipe.c */
int ipipe_fig16(struct figure *f);
/* paper_wave.c: Wave */
int wave_prestage(struct figure *f);
int wave_agent(struct figure *f);
int wave_core(struct figure *f);
/* paper_stale.c: choosing by loads that are old */
int stale_loads(struct figure *f);
