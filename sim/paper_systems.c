// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_systems.c - Shinjuku (NSDI '19), Figures 5, 6, 7b, 7c and 8: Shinjuku beside IX and ZygOS
 *
 * Systems of 16 hyperthreads, of which Shinjuku's dispatcher and network take two. A statement of
 * Shinjuku against both is held against the better of them.
 */
#include <math.h>
#include <stdio.h>

#include "paper.h"

enum { IX, ZYGOS, SHINJUKU, ZYGOS_BLIND, SYSTEMS };

#define STEALS "it rests on what a steal cost the real ZygOS, which the text does not say"

struct comparison {
	const char *title, *work, *policy, *metric;
	bool tail;
	double quantum_us; /* Shinjuku's */
	double most;       /* requests a second, of the plot */
	int n;
	double limit;      /* of the metric: the highest rate that keeps it is compared */
	bool log_y;
	double y_max;
};

#define RATES_MOST 24

/* Writes each system's highest rate that keeps the limit into most. */
static int compare(struct figure *f, const struct comparison *k, int *c, double *most)
{
	const struct setup u[SYSTEMS] = {
		{ "IX(16)", "ix", "rss", k->work, 16, -1, -1, NULL, false, true },
		{ "ZygOS(16)", "zygos", "steal", k->work, 16, -1, -1, NULL, false, true },
		{ "Shinjuku(16)", "shinjuku", k->policy, k->work, 16, k->quantum_us, 1, NULL,
		  k->tail, true },
		{ "ZygOS, no interrupts", "zygos", "steal", k->work, 16, -1, -1, "unseen=1", false,
		  true },
	};
	double rates[RATES_MOST];

	for (int i = 0; i < k->n; i++) /* closer where there is little load */
		rates[i] = k->most * (i + 1) / k->n * (i < 4 ? (i + 1) / 5.0 : 1);
	if (fig_curves(f, u, SYSTEMS, rates, k->n, c) || fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, k->title, "requests a second", k->metric, k->log_y, k->y_max);
	for (int i = 0; i < SYSTEMS; i++) {
		fig_plot_run(f, c[i], k->metric, -1);
		most[i] = fig_most(f, c[i], k->metric, -1, k->limit);
	}
	return 0;
}

static void state_rate(struct figure *f, const char *said, const double *most, double least,
		       const char *why)
{
	double other = fmax(most[IX], most[ZYGOS]);

	fig_state(f,
		  &(struct statement){ said, most[SHINJUKU] / other, AT_LEAST(least), .why = why },
		  "%.3g M/s, IX %.3g, ZygOS %.3g (without interrupts %.3g): %.1fx the better one",
		  most[SHINJUKU] / 1e6, most[IX] / 1e6, most[ZYGOS] / 1e6, most[ZYGOS_BLIND] / 1e6,
		  most[SHINJUKU] / other);
}

/* At the rate of point i, "lower" of the better one's metric. */
static void state_lower(struct figure *f, const struct comparison *k, const int *c, int i,
			const char *said, double most, const char *why)
{
	double v[SYSTEMS], other;

	for (int s = 0; s < SYSTEMS; s++)
		v[s] = fig_value(f, c[s], i, k->metric, -1);
	other = fmin(v[IX], v[ZYGOS]);
	fig_state(f, &(struct statement){ said, v[SHINJUKU] / other, AT_MOST(most), .why = why },
		  "at %.3g M/s: %.3g, IX %.3g, ZygOS %.3g: %.0f %% below the better one",
		  f->curve[c[0]].x[i] / 1e6, v[SHINJUKU], v[IX], v[ZYGOS],
		  100 * (1 - v[SHINJUKU] / other));
}

int shinjuku_fig5ab(struct figure *f)
{
	static const struct comparison k[] = {
		{ "(a) fixed 1 us", "fixed1", "sq", "p99_us", false, -1, 14e6, 14, 30, false, 100 },
		{ "(b) exponential, mean 1 us", "exp1", "sq", "p99_us", false, -1, 14e6, 14, 30,
		  false, 100 },
	};
	static const char *const close[] = { "(a) Shinjuku performs close to IX",
					     "(b) Shinjuku performs close to IX" };
	static const char *const better[] = { "(a) Shinjuku outperforms ZygOS",
					      "(b) Shinjuku outperforms ZygOS" };
	double most[2][SYSTEMS];
	int c[2][SYSTEMS];

	for (int i = 0; i < 2; i++) {
		if (compare(f, &k[i], c[i], most[i]))
			return EXIT_FAILED;
	}
	for (int i = 0; i < 2; i++) {
		fig_state(f,
			  &(struct statement){
				  close[i], SIZE(most[i][SHINJUKU], most[i][IX], 0.25),
				  .why = "one dispatcher does 5 M/s, as the text says; 16 threads "
					 "of IX do more of 1 us requests" },
			  "p99 of 30 us at %.3g M/s against %.3g", most[i][SHINJUKU] / 1e6,
			  most[i][IX] / 1e6);
		fig_state(f,
			  &(struct statement){ better[i], most[i][SHINJUKU] / most[i][ZYGOS],
					       AT_LEAST(1.02), .why = STEALS },
			  "p99 of 30 us at %.3g M/s against %.3g", most[i][SHINJUKU] / 1e6,
			  most[i][ZYGOS] / 1e6);
	}
	return 0;
}

int shinjuku_fig5(struct figure *f)
{
	static const struct comparison k = { "(c) 99.5 % 0.5 us, 0.5 % 500 us", "bimodal-500", "sq",
					     "p99_us", true, -1,
					     5.25e6, 18, 300, false, 1000 };
	double most[SYSTEMS];
	int c[SYSTEMS];

	if (compare(f, &k, c, most))
		return EXIT_FAILED;
	state_rate(f, "up to 5x the throughput at a p99 of 300 us", most, 4.5, STEALS);
	state_lower(f, &k, c, 1, "up to 50 % lower tail latency at low load", 0.55, NULL);
	return 0;
}

static int slowdowns(struct figure *f, const struct comparison *k)
{
	double most[SYSTEMS];
	int c[SYSTEMS];

	if (compare(f, k, c, most))
		return EXIT_FAILED;
	state_lower(f, k, c, 4, "94 % lower slowdown at low load", 0.08,
		    "94 % is of IX alone: ZygOS, by these costs, is far better than IX at low "
		    "load");
	state_rate(f, "over 2x the throughput (at a p99 slowdown of 10)", most, 2, STEALS);
	return 0;
}

int shinjuku_fig6(struct figure *f)
{
	static const struct comparison k = { "(a) 50 % 1 us, 50 % 100 us", "bimodal-100", "mq",
					     "slowdown_p99", false, -1,
					     300e3, 15, 10, true, 0 };

	return slowdowns(f, &k);
}

int shinjuku_fig6b(struct figure *f)
{
	static const struct comparison k = { "(b) a third each 1, 10 and 100 us", "trimodal", "mq",
					     "slowdown_p99", false,
					     -1, 400e3, 15, 10, true, 0 };

	return slowdowns(f, &k);
}

#define WORKERS 11

int shinjuku_fig7b(struct figure *f)
{
	static const double rate = 20e6;
	struct fig_curve y = { .name = "one dispatcher", .n = WORKERS };

	for (int i = 0; i < WORKERS; i++) {
		struct setup u = { "shinjuku", "shinjuku", "sq", "fixed1", i + 3, 0, 0, NULL, false,
				   true };

		if (fig_curve(f, &u, &rate, 1) < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < WORKERS; i++) {
		y.x[i] = i + 1;
		y.y[i] = fig_value(f, i, 0, "throughput", -1) / 1e6;
	}
	fig_plot(f, "Fixed 1 us, saturated", "workers", "M requests a second", false, 0);
	fig_plot_own(f, &y);
	fig_state(f,
		  &(struct statement){ "one dispatcher schedules 5 M requests a second",
				       SIZE(y.y[WORKERS - 1], 5, 0.1) },
		  "%.2f M/s with 11 workers", y.y[WORKERS - 1]);
	fig_state(f,
		  &(struct statement){ "almost linear up to 11 workers",
				       SIZE(y.y[WORKERS - 1], WORKERS * y.y[0], 0.15),
				       .why = "by 1 us a request and 5 M/s, 6 workers are enough: "
					      "theirs took 2.2 us each, which no stated cost "
					      "explains" },
		  "11 workers do %.1fx what one does", y.y[WORKERS - 1] / y.y[0]);
	return 0;
}

/* Arithmetic: what 40 Gb/s carries, with 24 bytes around a frame on the wire. */
int shinjuku_fig7c(struct figure *f)
{
	struct fig_curve y = { .name = "40 Gb/s", .n = 8 };
	double at_258 = 40e9 / 8 / (258 + 24);

	for (int i = 0; i < y.n; i++) {
		y.x[i] = 64 * (i + 1);
		y.y[i] = 40e9 / 8 / (y.x[i] + 24) / 1e6;
	}
	fig_plot(f, "What saturates the link", "bytes of a reply's frame", "M replies a second",
		 false, 0);
	fig_plot_own(f, &y);
	fig_state(f,
		  &(struct statement){
			  "two dispatchers (9.5 M/s) saturate 40 Gb/s with replies of 258 bytes",
			  SIZE(9.5e6, at_258, 0.1),
			  .why = "9.5 M/s of 258 bytes are 21 Gb/s: the two statements do not go "
				 "together if a request has one reply" },
		  "258 bytes need %.1f M/s", at_258 / 1e6);
	return 0;
}

int shinjuku_fig8a(struct figure *f)
{
	static const struct comparison k = { "99.5 % GET (6 us), 0.5 % SCAN (240 us)", "rocksdb",
					     "sq", "p99_us", true, 15,
					     2.2e6, 20, 100, false, 600 };
	double most[SYSTEMS], v[2];
	int c[SYSTEMS];

	if (compare(f, &k, c, most))
		return EXIT_FAILED;
	fig_state(f,
		  &(struct statement){ "6.6x ZygOS's throughput", most[SHINJUKU] / most[ZYGOS],
				       AT_LEAST(5.9), .why = STEALS },
		  "at a p99 of 100 us: %.3g M/s against %.3g: %.1fx (without interrupts %.3g)",
		  most[SHINJUKU] / 1e6, most[ZYGOS] / 1e6, most[SHINJUKU] / most[ZYGOS],
		  most[ZYGOS_BLIND] / 1e6);
	v[0] = fig_value(f, c[SHINJUKU], 9, "p99_us", -1);
	v[1] = fig_value(f, c[ZYGOS], 9, "p99_us", -1);
	fig_state(f,
		  &(struct statement){ "88 % lower tail latency than ZygOS's", v[0] / v[1],
				       AT_MOST(0.15), .why = STEALS },
		  "p99 at %.3g M/s: %.1f against %.1f us: %.0f %% lower", f->curve[c[0]].x[9] / 1e6,
		  v[0], v[1], 100 * (1 - v[0] / v[1]));
	return 0;
}

enum { NO_PREEMPTION, SINGLE, MULTI, ZYGOS_8, VARIANTS };

int shinjuku_fig8bc(struct figure *f)
{
	static const struct setup u[VARIANTS] = {
		{ "SQ, no preemption", "shinjuku", "sq", "rocksdb-50", 16, 0, 0, NULL, true, true },
		{ "SQ", "shinjuku", "sq", "rocksdb-50", 16, 15, 1, NULL, true, true },
		{ "MQ", "shinjuku", "mq", "rocksdb-50", 16, 15, 1, NULL, false, true },
		{ "ZygOS(16)", "zygos", "steal", "rocksdb-50", 16, -1, -1, NULL, false, true },
	};
	double rates[12], get[VARIANTS], scan[VARIANTS];
	int c[VARIANTS];

	for (int i = 0; i < 12; i++)
		rates[i] = 2e3 * (i + 1);
	if (fig_curves(f, u, VARIANTS, rates, 12, c) || fig_run(f))
		return EXIT_FAILED;
	for (int cls = 0; cls < 2; cls++) {
		fig_plot(f, cls ? "(c) SCAN (1200 us)" : "(b) GET (6 us)", "requests a second",
			 "p99 sojourn, us", false, cls ? 10000 : 2000);
		for (int k = 0; k < VARIANTS; k++) {
			fig_plot_run(f, c[k], "p99_us", cls);
			(cls ? scan : get)[k] = fig_value(f, c[k], 8, "p99_us", cls);
		}
	}
	fig_state(f,
		  &(struct statement){ "without preemption SCANs are favoured over GETs: "
				       "preemption mends it for GETs",
				       get[NO_PREEMPTION] / get[SINGLE], AT_LEAST(2) },
		  "p99 of GET at 18 k/s: %.3g against %.3g us", get[NO_PREEMPTION], get[SINGLE]);
	fig_state(f,
		  &(struct statement){ "the multi-queue policy improves SCANs",
				       scan[SINGLE] / scan[MULTI], AT_LEAST(1.02) },
		  "p99 of SCAN at 18 k/s: %.4g against %.4g us", scan[SINGLE], scan[MULTI]);
	fig_state(f,
		  &(struct statement){
			  "ZygOS is significantly worse even than Shinjuku without preemption",
			  get[ZYGOS_8] / get[NO_PREEMPTION], AT_LEAST(1.5),
			  .why = "requests of one connection do not wait for each other here, and "
				 "its two more threads help ZygOS" },
		  "p99 of GET at 18 k/s: %.4g against %.4g us", get[ZYGOS_8], get[NO_PREEMPTION]);
	return 0;
}
