// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_policies.c - Shinjuku (NSDI '19), Figures 1, 2, 4
 * and 7a: policies at no cost, connections, quanta
 *
 * Where the text says "suffers" or "significantly better"
 * without a number, half as much again counts.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "paper.h"

#define CLEARLY 1.5

static const double loads[] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 };
#define NLOADS 9
#define AT_80 7

enum { D_FCFS, C_FCFS, PS, C_PRE, POLICIES };

/* "said" is of a ratio of two p99 at load 0.8. */
static void state_ratio(struct figure *f, const char *said, double a, double b, double least)
{
	fig_state(f, &(struct statement){ said, a / b, AT_LEAST(least) },
		  "p99 at load 0.8: %.4g against %.4g us: %.2fx", a, b, a / b);
}

static void fig1_statements(struct figure *f, const double v[3][POLICIES])
{
	state_ratio(f, "(a) d-FCFS suffers from imbalance, c-FCFS does not", v[0][D_FCFS],
		    v[0][C_FCFS], CLEARLY);
	fig_state(f, &(struct statement){ "(a) PS is slightly worse than c-FCFS, which is optimal",
		  v[0][PS] / v[0][C_FCFS], .low = 1.01, .high = CLEARLY, .toward = 1 },
		  "p99 at load 0.8: %.2f against %.2f us", v[0][PS], v[0][C_FCFS]);
	state_ratio(f, "(b) c-FCFS is significantly better than d-FCFS", v[1][D_FCFS], v[1][C_FCFS],
		    CLEARLY);
	state_ratio(f, "(b) PS handles what is heavy-tailed better than c-FCFS", v[1][C_FCFS],
		    v[1][PS], CLEARLY);
	state_ratio(f, "(c) c-FCFS is better than d-FCFS", v[2][D_FCFS], v[2][C_FCFS], CLEARLY);
	state_ratio(f, "(c) c-FCFS does significantly worse than PS", v[2][C_FCFS], v[2][PS],
		    CLEARLY);
	state_ratio(f, "(b) c-PRE is better than c-FCFS", v[1][C_FCFS], v[1][C_PRE], CLEARLY);
	state_ratio(f, "(c) c-PRE is better than c-FCFS", v[2][C_FCFS], v[2][C_PRE], CLEARLY);
	state_ratio(f, "(a) c-PRE is better than PS, as c-FCFS is", v[0][PS], v[0][C_PRE], 1.01);
}

int shinjuku_fig1(struct figure *f)
{
	static const char *const work[] = { "exp1", "lognormal", "bimodal-500" };
	static const char *const title[] = { "(a) exponential, 1 us",
					     "(b) lognormal, 1 us, sd 10 us",
					     "(c) 99.5 % 0.5 us, 0.5 % 500 us" };
	static const double top[] = { 20, 60, 1000 };
	double v[3][POLICIES];
	int c[3][POLICIES];

	for (int i = 0; i < 3; i++) {
		const struct setup u[POLICIES] = {
			{ "d-FCFS", "ideal", "rss", work[i], 16, 0, 0, NULL, false, false },
			{ "c-FCFS", "ideal", "fcfs", work[i], 16, 0, 0, NULL, false, false },
			{ "PS, slice 0.1 us", "ideal", "sq", work[i], 16, 0.1, 1, NULL, true,
			  false },
			{ "c-PRE-SQ, 5 us", "ideal", "sq", work[i], 16, 5, 1, NULL, false, false },
		};

		if (fig_curves(f, u, POLICIES, loads, NLOADS, c[i]))
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < 3; i++) {
		fig_plot(f, title[i], "load", "p99 sojourn, us", false, top[i]);
		for (int k = 0; k < POLICIES; k++) {
			fig_plot_run(f, c[i][k], "p99_us", -1);
			v[i][k] = fig_value(f, c[i][k], AT_80, "p99_us", -1);
		}
	}
	fig1_statements(f, v);
	return 0;
}

static void fig2_statements(struct figure *f, const double *shrt, const double *lng,
			    const double *slow)
{
	state_ratio(f, "(a) d-FCFS heavily penalizes 1 us requests", shrt[D_FCFS], shrt[PS], 5);
	state_ratio(f, "(a) c-FCFS heavily penalizes 1 us requests", shrt[C_FCFS], shrt[PS], 5);
	fig_state(f,
		  &(struct statement){
			  "(b) c-FCFS is marginally better than PS for 100 us requests",
			  lng[PS] / lng[C_FCFS], .low = 1.01, .high = CLEARLY, .toward = 1 },
		  "p99 at load 0.8: %.1f against %.1f us", lng[C_FCFS], lng[PS]);
	fig_state(f,
		  &(struct statement){
			  "(c) the penalty on short requests dwarfs any benefit to long ones",
			  slow[C_FCFS] / slow[PS] / (lng[PS] / lng[C_FCFS]), AT_LEAST(5) },
		  "p99 slowdown at load 0.8: c-FCFS %.1f, PS %.2f", slow[C_FCFS], slow[PS]);
	state_ratio(f, "c-PRE-MQ is better than c-FCFS for 1 us requests", shrt[C_FCFS],
		    shrt[C_PRE], CLEARLY);
	state_ratio(f, "c-PRE-MQ is better than PS for 100 us requests", lng[PS], lng[C_PRE], 1.01);
}

int shinjuku_fig2(struct figure *f)
{
	static const struct setup u[POLICIES] = {
		{ "d-FCFS", "ideal", "rss", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "c-FCFS", "ideal", "fcfs", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "PS", "ideal", "ps", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "c-PRE-MQ, 5 us", "ideal", "mq", "bimodal-100", 16, 5, 1, NULL, false, false },
	};
	static const struct {
		const char *title, *y, *metric;
		int cls;
		double top;
	} plots[] = {
		{ "(a) 1 us requests", "p99 sojourn, us", "p99_us", 0, 150 },
		{ "(b) 100 us requests", "p99 sojourn, us", "p99_us", 1, 600 },
		{ "(c) all requests", "p99 slowdown", "slowdown_p99", -1, 0 },
	};
	double v[3][POLICIES];
	int c[POLICIES];

	if (fig_curves(f, u, POLICIES, loads, NLOADS, c) || fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < 3; i++) {
		fig_plot(f, plots[i].title, "load", plots[i].y, !plots[i].top, plots[i].top);
		for (int k = 0; k < POLICIES; k++) {
			fig_plot_run(f, c[k], plots[i].metric, plots[i].cls);
			v[i][k] = fig_value(f, c[k], AT_80, plots[i].metric, plots[i].cls);
		}
	}
	fig2_statements(f, v[0], v[1], v[2]);
	return 0;
}

/* In what share of trials "n" connections on "cores" queues stay within 10 % of even. */
static double balanced(int cores, unsigned int n, int trials, struct rng *r)
{
	unsigned int count[64], worst, ok = 0;

	for (int t = 0; t < trials; t++) {
		memset(count, 0, sizeof(count));
		for (unsigned int i = 0; i < n; i++)
			count[(rng_next(r) >> 32) * cores >> 32]++;
		worst = 0;
		for (int i = 0; i < cores; i++)
			worst = count[i] > worst ? count[i] : worst;
		ok += (double)worst * cores < 1.1 * n;
	}
	return (double)ok / trials;
}

int shinjuku_fig4(struct figure *f)
{
	static const int cores[] = { 2, 4, 8, 12, 16, 24, 32 };
	struct fig_curve c = { .name = "connections", .n = 7 };
	unsigned int low, high, mid;
	struct rng r;

	rng_seed(&r, f->o->seed, 9);
	for (int i = 0; i < c.n; i++) {
		for (low = 16, high = 1 << 16; high > low * 1.02; ) {
			mid = sqrt((double)low * high);
			if (balanced(cores[i], mid, 600, &r) > 0.9)
				high = mid;
			else
				low = mid;
		}
		c.x[i] = cores[i];
		c.y[i] = high;
	}
	fig_plot(f, "Imbalance below 10 % with probability 0.9", "queues", "connections needed",
		 false, 0);
	fig_plot_own(f, &c);
	fig_state(f, &(struct statement){ "16,000 connections on a server with 24 hyperthreads",
		  SIZE(c.y[5], 16000, 0.1) }, "%.0f", c.y[5]);
	fig_state(f, &(struct statement){ "300 connections suffice to balance 2 dispatchers",
		  SIZE(c.y[0], 300, 0.2) }, "%.0f", c.y[0]);
	return 0;
}

/* The slice that a 1 us request waits for when it comes. */
int shinjuku_fig7a(struct figure *f)
{
	static const double quanta[] = { 5, 10, 15, 20 };
	double rates[12], slow[4];
	char name[4][32], said[96];
	int c[4];

	for (int i = 0; i < 12; i++)
		rates[i] = 20e3 * (i + 1);
	for (int k = 0; k < 4; k++) {
		struct setup u = { name[k], "shinjuku", "mq", "bimodal-100", 16, quanta[k], 1, NULL,
				   false, true };

		snprintf(name[k], sizeof(name[k]), "every %g us", quanta[k]);
		c[k] = fig_curve(f, &u, rates, 12);
		if (c[k] < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "50 % 1 us, 50 % 100 us, 14 workers", "requests a second", "p99 slowdown", true,
		 0);
	for (int k = 0; k < 4; k++) {
		fig_plot_run(f, c[k], "slowdown_p99", -1);
		slow[k] = fig_value(f, c[k], 9, "slowdown_p99", -1);
	}
	for (int k = 0; k < 3; k++) {
		snprintf(said, sizeof(said),
			 "the shorter the interval, the better: %g us against %g us", quanta[k],
			 quanta[k + 1]);
		fig_state(f, &(struct statement){ said, slow[k + 1] / slow[k], AT_LEAST(1.02) },
			  "p99 slowdown at %.0f k/s: %.2f against %.2f", rates[9] / 1e3, slow[k],
			  slow[k + 1]);
	}
	return 0;
}
