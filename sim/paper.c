// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper.c - figures of Shinjuku (NSDI '19) and Shinjuku-Offload (HotNets '19), and of stale loads
 *
 * Each draws what the paper draws and holds it against what the paper's text states; values that can only
 * be read off a plot are not claimed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

const char *const paper_names[][2] = {
	{ "shinjuku-fig1", "ideal policies on exponential, lognormal and bimodal service, 16 cores" },
	{ "shinjuku-fig2", "the same on 50 % 1 us, 50 % 100 us, by class" },
	{ "shinjuku-fig4", "connections that RSS needs for balance" },
	{ "shinjuku-fig5", "Shinjuku, IX and ZygOS on 99.5 % 0.5 us, 0.5 % 500 us" },
	{ "shinjuku-fig6", "the same on 50 % 1 us, 50 % 100 us: slowdown" },
	{ "shinjuku-fig7", "how often to preempt" },
	{ "offload-fig2", "Shinjuku-Offload beside Shinjuku: 99.5 % 5 us, 0.5 % 100 us" },
	{ "offload-fig3", "throughput by requests outstanding at each worker" },
	{ "offload-fig4", "the same on fixed 5 us" },
	{ "offload-fig5", "the same on fixed 100 us" },
	{ "offload-fig6", "the same on fixed 1 us" },
	{ "ipipe-fig16", "FCFS and DRR by dispersion" },
	{ "stale-loads", "choosing cores by loads that are old" },
	{ NULL },
};

static const double loads[] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 };
#define NLOADS 9
#define AT_80 7

static int shinjuku_fig1(struct figure *f)
{
	static const char *const work[] = { "exp1", "lognormal", "bimodal-500" };
	static const char *const title[] = { "(a) exponential, 1 us", "(b) lognormal, 1 us, sd 10 us",
					     "(c) 99.5 % 0.5 us, 0.5 % 500 us" };
	static const double top[] = { 20, 60, 1000 };
	double v[3][4];
	int c[3][4];

	for (int i = 0; i < 3; i++) {
		const struct setup u[] = {
			{ "d-FCFS", "ideal", "rss", work[i], 16, 0, 0, NULL, false, false },
			{ "c-FCFS", "ideal", "fcfs", work[i], 16, 0, 0, NULL, false, false },
			{ "PS, slice 0.1 us", "ideal", "sq", work[i], 16, 0.1, 1, NULL, true, false },
			{ "c-PRE-SQ, 5 us", "ideal", "sq", work[i], 16, 5, 1, NULL, false, false },
		};

		for (int k = 0; k < 4; k++) {
			c[i][k] = fig_curve(f, &u[k], loads, NLOADS);
			if (c[i][k] < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < 3; i++) {
		fig_plot(f, title[i], "load", "p99 sojourn, us", false, top[i]);
		for (int k = 0; k < 4; k++) {
			fig_plot_run(f, c[i][k], "p99_us", -1);
			v[i][k] = fig_value(f, c[i][k], AT_80, "p99_us", -1);
		}
	}
	fig_claim(f, v[0][1] <= v[0][0] / 2 && v[0][1] <= v[0][2] && v[0][2] < v[0][1] * 1.5,
		  "(a) c-FCFS is optimal, PS slightly worse, d-FCFS suffers",
		  "p99 at load 0.8: c-FCFS %.2f, PS %.2f, d-FCFS %.2f us", v[0][1], v[0][2], v[0][0]);
	fig_claim(f, v[1][0] > 2 * v[1][1] && v[1][1] > v[1][2],
		  "(b) d-FCFS is poor, c-FCFS significantly better, PS handles it well",
		  "p99 at load 0.8: d-FCFS %.2f, c-FCFS %.2f, PS %.2f us", v[1][0], v[1][1], v[1][2]);
	fig_claim(f, v[2][1] > 10 * v[2][2] && v[2][0] > v[2][1],
		  "(c) c-FCFS does significantly worse, PS handles it well",
		  "p99 at load 0.8: d-FCFS %.1f, c-FCFS %.1f, PS %.2f us", v[2][0], v[2][1], v[2][2]);
	fig_claim(f, v[0][3] < v[0][1] * 1.1 && v[1][3] < v[1][1] && v[2][3] < v[2][1] / 10,
		  "c-PRE achieves the best of both worlds between PS and c-FCFS",
		  "c-PRE-SQ's p99: (a) %.2f, (b) %.2f, (c) %.2f us", v[0][3], v[1][3], v[2][3]);
	return 0;
}

static int shinjuku_fig2(struct figure *f)
{
	static const struct setup u[] = {
		{ "d-FCFS", "ideal", "rss", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "c-FCFS", "ideal", "fcfs", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "PS", "ideal", "ps", "bimodal-100", 16, 0, 0, NULL, false, false },
		{ "c-PRE-MQ, 5 us", "ideal", "mq", "bimodal-100", 16, 5, 1, NULL, false, false },
	};
	double shrt[4], lng[4], slow[4];
	int c[4];

	for (int k = 0; k < 4; k++) {
		c[k] = fig_curve(f, &u[k], loads, NLOADS);
		if (c[k] < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "(a) 1 us requests", "load", "p99 sojourn, us", false, 150);
	for (int k = 0; k < 4; k++)
		fig_plot_run(f, c[k], "p99_us", 0);
	fig_plot(f, "(b) 100 us requests", "load", "p99 sojourn, us", false, 600);
	for (int k = 0; k < 4; k++)
		fig_plot_run(f, c[k], "p99_us", 1);
	fig_plot(f, "(c) all requests", "load", "p99 slowdown", true, 0);
	for (int k = 0; k < 4; k++) {
		fig_plot_run(f, c[k], "slowdown_p99", -1);
		shrt[k] = fig_value(f, c[k], AT_80, "p99_us", 0);
		lng[k] = fig_value(f, c[k], AT_80, "p99_us", 1);
		slow[k] = fig_value(f, c[k], AT_80, "slowdown_p99", -1);
	}
	fig_claim(f, shrt[0] > 5 * shrt[2] && shrt[1] > 5 * shrt[2],
		  "(a) d-FCFS and c-FCFS heavily penalize 1 us requests",
		  "p99 at load 0.8: d-FCFS %.1f, c-FCFS %.1f, PS %.2f us", shrt[0], shrt[1], shrt[2]);
	fig_claim(f, lng[1] < lng[2] && lng[1] > lng[2] / 2,
		  "(b) c-FCFS is marginally better than PS for 100 us requests",
		  "p99 at load 0.8: c-FCFS %.1f, PS %.1f us", lng[1], lng[2]);
	fig_claim(f, slow[1] / slow[2] > 5 * lng[2] / lng[1],
		  "(c) the penalty on short requests dwarfs any benefit to long ones",
		  "p99 slowdown at load 0.8: c-FCFS %.1f, PS %.2f", slow[1], slow[2]);
	fig_claim(f, shrt[3] < shrt[1] / 2 && lng[3] < lng[2] * 1.1,
		  "c-PRE-MQ achieves the best of both worlds",
		  "c-PRE-MQ's p99: short %.2f, long %.1f us", shrt[3], lng[3]);
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

static int shinjuku_fig4(struct figure *f)
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
	fig_claim(f, fabs(c.y[5] / 16000 - 1) < 0.1, "16,000 connections on a server with 24 hyperthreads",
		  "%.0f", c.y[5]);
	fig_claim(f, fabs(c.y[0] / 300 - 1) < 0.2, "300 connections suffice to balance 2 dispatchers", "%.0f",
		  c.y[0]);
	return 0;
}

#define SYSTEMS 4

/* Systems of 16 hyperthreads, of which Shinjuku's dispatcher and network take two. */
static int all_systems(struct figure *f, const char *work, const char *policy, bool tail, const double *rates,
			 int n, int *c)
{
	const struct setup u[] = {
		{ "IX(16)", "ix", "rss", work, 16, -1, -1, NULL, false, true },
		{ "ZygOS(16)", "zygos", "steal", work, 16, -1, -1, NULL, false, true },
		{ "Shinjuku(16)", "shinjuku", policy, work, 16, -1, 1, NULL, tail, true },
		{ "ZygOS, no interrupts", "zygos", "steal", work, 16, -1, -1, "unseen=1", false, true },
	};

	for (int k = 0; k < SYSTEMS; k++) {
		c[k] = fig_curve(f, &u[k], rates, n);
		if (c[k] < 0)
			return EXIT_FAILED;
	}
	return fig_run(f);
}

static int shinjuku_fig5(struct figure *f)
{
	static const double low_rates[] = { 0.02e6, 0.05e6, 0.1e6, 0.2e6 };
	double rates[18], best, most[SYSTEMS], low[SYSTEMS];
	int c[SYSTEMS];

	for (int i = 0; i < 18; i++)
		rates[i] = i < 4 ? low_rates[i] : 0.35e6 * (i - 3);
	if (all_systems(f, "bimodal-500", "sq", true, rates, 18, c))
		return EXIT_FAILED;
	fig_plot(f, "99.5 % 0.5 us, 0.5 % 500 us", "requests a second", "p99 sojourn, us", false, 1000);
	for (int k = 0; k < SYSTEMS; k++) {
		fig_plot_run(f, c[k], "p99_us", -1);
		most[k] = fig_most(f, c[k], "p99_us", -1, 300);
		low[k] = fig_value(f, c[k], 4, "p99_us", -1);
	}
	best = fmax(most[0], most[1]);
	fig_claim(f, most[2] > most[0] && most[2] > most[1],
		  "Shinjuku has better throughput than IX and ZygOS for a p99 of 300 us (up to 5x as measured)",
		  "%.2f M/s, IX %.2f, ZygOS %.2f: %.1fx the better one; ZygOS that cannot interrupt: %.2f", most[2] / 1e6,
		  most[0] / 1e6, most[1] / 1e6, most[2] / best, most[3] / 1e6);
	fig_claim(f, low[2] <= fmax(low[0], low[1]) / 2, "and up to 50 % lower tail latency at low load",
		  "p99 at %.2f M/s: %.1f us, IX %.1f, ZygOS %.1f", rates[4] / 1e6, low[2], low[0], low[1]);
	return 0;
}

static int shinjuku_fig6(struct figure *f)
{
	double rates[15], low[SYSTEMS], most[SYSTEMS];
	int c[SYSTEMS];

	for (int i = 0; i < 15; i++)
		rates[i] = 20e3 + i * 20e3;
	if (all_systems(f, "bimodal-100", "mq", false, rates, 15, c))
		return EXIT_FAILED;
	fig_plot(f, "50 % 1 us, 50 % 100 us", "requests a second", "p99 slowdown", true, 0);
	for (int k = 0; k < SYSTEMS; k++) {
		fig_plot_run(f, c[k], "slowdown_p99", -1);
		low[k] = fig_value(f, c[k], 5, "slowdown_p99", -1);
		most[k] = fig_most(f, c[k], "slowdown_p99", -1, 10);
	}
	fig_claim(f, low[2] <= 0.06 * low[0], "94 % lower slowdown at low load",
		  "p99 slowdown at %.2f M/s: %.2f, IX %.1f (%.0f %% lower), ZygOS %.1f", rates[5] / 1e6, low[2],
		  low[0], 100 * (1 - low[2] / low[0]), low[1]);
	fig_claim(f, most[2] > 2 * most[0], "over 2x higher throughput",
		  "at a p99 slowdown of 10: %.3f M/s, IX %.3f, ZygOS %.3f", most[2] / 1e6, most[0] / 1e6,
		  most[1] / 1e6);
	return 0;
}

static int offload_fig3(struct figure *f)
{
	static const int workers[] = { 4, 16 };
	static const double rate = 8e6;
	struct fig_curve y[2] = { { .name = "4 workers", .n = 6 }, { .name = "16 workers", .n = 6 } };
	char cost[6][32];

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 6; k++) {
			struct setup u = { y[i].name, "shinjuku-offload", "jbsq", "fixed1", workers[i], 0, 0,
					   cost[k], false, true };

			snprintf(cost[k], sizeof(cost[k]), "outstanding=%d", k + 1);
			if (fig_curve(f, &u, &rate, 1) < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "Fixed 1 us, saturated", "outstanding requests a worker", "M requests a second", false, 0);
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 6; k++) {
			y[i].x[k] = k + 1;
			y[i].y[k] = fig_value(f, 6 * i + k, 0, "throughput", -1) / 1e6;
		}
		fig_plot_own(f, &y[i]);
	}
	fig_claim(f, fabs(y[0].y[4] / y[0].y[0] / 3.5 - 1) < 0.1,
		  "4 workers: throughput rises by 250 % from 1 to 5 outstanding", "+%.0f %%",
		  100 * (y[0].y[4] / y[0].y[0] - 1));
	fig_claim(f, y[0].y[5] < y[0].y[4] * 1.02, "and levels out at 5", "the sixth adds %.1f %%",
		  100 * (y[0].y[5] / y[0].y[4] - 1));
	fig_claim(f, fabs(y[1].y[2] / y[1].y[0] / 1.88 - 1) < 0.1,
		  "16 workers: throughput rises by 88 % from 1 to 3 outstanding", "+%.0f %%",
		  100 * (y[1].y[2] / y[1].y[0] - 1));
	fig_claim(f, y[1].y[3] < y[1].y[2] * 1.02, "and levels out at 3", "the fourth adds %.1f %%",
		  100 * (y[1].y[3] / y[1].y[2] - 1));
	return 0;
}

/* Eight cores with queues of their own, mean 10 us, loads published every T and 25 us old on arrival. */
static int stale_loads(struct figure *f)
{
	static const double at[] = { 0.7, 0.85 };
	static const int period_us[] = { 30, 100, 500, 2000 };
	/* p99 in us of an independent simulation of the same model, by load and period */
	static const double p2c[2][4] = { { 113.5, 137.6, 280.3, 673.7 }, { 146.8, 183.0, 421.1, 1195.6 } };
	static const double random[2] = { 156.6, 311.4 }, central[2] = { 48.0, 59.9 };
	static const double bimodal[4] = { 1789.1, 1855.7, 1951.7, 2817.1 };
	struct setup u = { "c-FCFS", "ideal", "fcfs", "exp10", 8, 0, 0, NULL, false, false };
	char name[10][48], cost[4][32];
	int c[10], n = 0;
	double v;

	c[n++] = fig_curve(f, &u, at, 2);
	u = (struct setup){ "random", "ideal", "rss", "exp10", 8, 0, 0, NULL, false, false };
	c[n++] = fig_curve(f, &u, at, 2);
	for (int b = 0; b < 2; b++) {
		for (int i = 0; i < 4; i++, n++) {
			snprintf(cost[i], sizeof(cost[i]), "publish_ns=%d000", period_us[i]);
			snprintf(name[n], sizeof(name[n]), "p2c, loads every %d us", period_us[i]);
			u = (struct setup){ name[n], "stale", "p2c", b ? "stale-bimodal" : "exp10", 8, 0, 0,
					    cost[i], false, false };
			c[n] = fig_curve(f, &u, at, b ? 1 : 2);
		}
	}
	for (int i = 0; i < n; i++) {
		if (c[i] < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "Exponential, mean 10 us, 8 cores", "load", "p99 sojourn, us", true, 0);
	for (int i = 0; i < 6; i++)
		fig_plot_run(f, c[i], "p99_us", -1);
	for (int l = 0; l < 2; l++) {
		char said[96];

		snprintf(said, sizeof(said), "load %g: central %.0f, random %.0f us", at[l], central[l], random[l]);
		v = fig_value(f, c[1], l, "p99_us", -1);
		fig_claim(f, fabs(v / random[l] - 1) < 0.1 &&
			  fabs(fig_value(f, c[0], l, "p99_us", -1) / central[l] - 1) < 0.1, said, "%.1f, %.1f",
			  fig_value(f, c[0], l, "p99_us", -1), v);
		for (int i = 0; i < 4; i++) {
			v = fig_value(f, c[2 + i], l, "p99_us", -1);
			snprintf(said, sizeof(said), "load %g, p2c, every %d us: %.0f us", at[l], period_us[i],
				 p2c[l][i]);
			fig_claim(f, fabs(v / p2c[l][i] - 1) < 0.1, said, "%.1f us", v);
		}
	}
	for (int i = 0; i < 4; i++) {
		char said[96];

		v = fig_value(f, c[6 + i], 0, "p99_us", -1);
		snprintf(said, sizeof(said), "99.5 %% 5 us, 0.5 %% 1 ms, load 0.7, p2c, every %d us: %.0f us",
			 period_us[i], bimodal[i]);
		fig_claim(f, fabs(v / bimodal[i] - 1) < 0.1, said, "%.0f us", v);
	}
	return 0;
}

const struct paper_figure paper_figures[] = {
	{ "shinjuku-fig1", shinjuku_fig1 }, { "shinjuku-fig2", shinjuku_fig2 },
	{ "shinjuku-fig4", shinjuku_fig4 }, { "shinjuku-fig5", shinjuku_fig5 },
	{ "shinjuku-fig6", shinjuku_fig6 }, { "shinjuku-fig7", shinjuku_fig7 },
	{ "offload-fig2", offload_fig2 },   { "offload-fig3", offload_fig3 },
	{ "offload-fig4", offload_fig4 },   { "offload-fig5", offload_fig5 },
	{ "offload-fig6", offload_fig6 },   { "ipipe-fig16", ipipe_fig16 },
	{ "stale-loads", stale_loads },     { NULL, NULL },
};
