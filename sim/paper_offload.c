// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_offload.c - figures of Shinjuku-Offload (HotNets '19), and of iPipe (SIGCOMM '19) what its text lets one simulate
 */
#include <math.h>
#include <stdio.h>

#include "paper.h"

#define RATES 12

/* Vanilla Shinjuku, whose dispatcher and network take two hyperthreads, and Shinjuku-Offload with k outstanding. */
struct pair {
	const char *title, *work;
	int workers, offload_workers, k;
	double quantum_us; /* 0: not preempted */
	double p99_us;     /* what counts as keeping up */
	double most;       /* requests a second, of the plot */
};

/* Rates kept up with, of both. */
static int draw_pair(struct figure *f, const struct pair *p, double *vanilla, double *offload)
{
	double rates[RATES];
	char k[32];
	struct setup u[] = {
		{ "Shinjuku", "shinjuku", "sq", p->work, p->workers + 2, p->quantum_us, p->quantum_us > 0, NULL, true,
		  true },
		{ "Shinjuku-Offload", "shinjuku-offload", "jbsq", p->work, p->offload_workers, p->quantum_us,
		  p->quantum_us > 0, k, true, true },
	};
	int c[2];

	snprintf(k, sizeof(k), "outstanding=%d", p->k);
	for (int i = 0; i < RATES; i++)
		rates[i] = p->most * (i + 1) / RATES;
	for (int i = 0; i < 2; i++) {
		c[i] = fig_curve(f, &u[i], rates, RATES);
		if (c[i] < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, p->title, "requests a second", "p99 sojourn, us", false, 2 * p->p99_us);
	for (int i = 0; i < 2; i++)
		fig_plot_run(f, c[i], "p99_us", -1);
	*vanilla = fig_most(f, c[0], "p99_us", -1, p->p99_us);
	*offload = fig_most(f, c[1], "p99_us", -1, p->p99_us);
	return 0;
}

int offload_fig2(struct figure *f)
{
	static const struct pair p = { "99.5 % 5 us, 0.5 % 100 us", "offload-fig2", 3, 4, 4, 10, 200, 760e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_claim(f, vanilla > 0.6 * 3 / 5.475e-6 && offload > 0.6 * 4 / 5.475e-6,
		  "Shinjuku-Offload handles dispersion at low tail latency, just like Shinjuku",
		  "p99 of 200 us at %.0f k/s with 4 workers, Shinjuku with 3: %.0f k/s", offload / 1e3, vanilla / 1e3);
	return 0;
}

int offload_fig4(struct figure *f)
{
	static const struct pair p = { "Fixed 5 us", "fixed5", 3, 4, 4, 0, 50, 820e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_claim(f, offload > vanilla, "Shinjuku-Offload outperforms Shinjuku, as it has an extra worker",
		  "p99 of 50 us at %.0f against %.0f k/s", offload / 1e3, vanilla / 1e3);
	return 0;
}

int offload_fig5(struct figure *f)
{
	static const struct pair p = { "Fixed 100 us", "fixed100", 15, 16, 2, 0, 500, 170e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_claim(f, offload > vanilla, "Shinjuku-Offload outperforms Shinjuku where service times are large",
		  "p99 of 500 us at %.1f against %.1f k/s", offload / 1e3, vanilla / 1e3);
	return 0;
}

int offload_fig6(struct figure *f)
{
	static const struct pair p = { "Fixed 1 us", "fixed1", 15, 16, 5, 0, 50, 6e6 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_claim(f, vanilla > 1.5 * offload, "Shinjuku greatly outperforms Shinjuku-Offload: its dispatcher is the bottleneck",
		  "p99 of 50 us at %.2f against %.2f M/s", vanilla / 1e6, offload / 1e6);
	return 0;
}

/* The slice that a 1 us request waits for when it comes. */
int shinjuku_fig7(struct figure *f)
{
	static const double quanta[] = { 5, 10, 15, 20 };
	double rates[RATES], slow[4];
	char name[4][32];
	int c[4];

	for (int i = 0; i < RATES; i++)
		rates[i] = 20e3 * (i + 1);
	for (int k = 0; k < 4; k++) {
		struct setup u = { name[k], "shinjuku", "mq", "bimodal-100", 16, quanta[k], 1, NULL, false, true };

		snprintf(name[k], sizeof(name[k]), "every %g us", quanta[k]);
		c[k] = fig_curve(f, &u, rates, RATES);
		if (c[k] < 0)
			return EXIT_FAILED;
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "50 % 1 us, 50 % 100 us, 14 workers", "requests a second", "p99 slowdown", true, 0);
	for (int k = 0; k < 4; k++) {
		fig_plot_run(f, c[k], "slowdown_p99", -1);
		slow[k] = fig_value(f, c[k], 9, "slowdown_p99", -1);
	}
	fig_claim(f, slow[0] < slow[1] && slow[1] < slow[2] && slow[2] < slow[3],
		  "the shorter the preemption interval, the better; 5 us is not too short",
		  "p99 slowdown at %.0f k/s: every 5 us %.1f, 10 us %.1f, 15 us %.1f, 20 us %.1f", rates[9] / 1e3,
		  slow[0], slow[1], slow[2], slow[3]);
	return 0;
}

/* FCFS and, for DRR, what the text says it approximates: processor sharing. 12 cores, as its first SmartNIC has. */
int ipipe_fig16(struct figure *f)
{
	static const double at[] = { 0.1, 0.3, 0.5, 0.7, 0.8, 0.9 };
	static const char *const work[] = { "all=1:exp(32us)", "all=1:modes(0.5:35us;0.5:60us)" };
	static const char *const title[] = { "Exponential, 32 us", "35 or 60 us, half each" };
	double p99[2][2];
	int c[2][2];

	for (int i = 0; i < 2; i++) {
		const struct setup u[] = {
			{ "FCFS", "ideal", "fcfs", work[i], 12, 0, 0, NULL, false, false },
			{ "PS, for DRR", "ideal", "ps", work[i], 12, 0, 0, NULL, false, false },
		};

		for (int k = 0; k < 2; k++) {
			c[i][k] = fig_curve(f, &u[k], at, 6);
			if (c[i][k] < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < 2; i++) {
		fig_plot(f, title[i], "load", "p99 sojourn, us", false, 0);
		for (int k = 0; k < 2; k++) {
			fig_plot_run(f, c[i][k], "p99_us", -1);
			p99[i][k] = fig_value(f, c[i][k], 5, "p99_us", -1);
		}
	}
	fig_claim(f, p99[0][0] < p99[0][1], "low dispersion: FCFS outperforms DRR (by 9.6 % at load 0.9)",
		  "p99 at load 0.9: FCFS %.0f, PS %.0f us (%.0f %% lower)", p99[0][0], p99[0][1],
		  100 * (1 - p99[0][0] / p99[0][1]));
	printf("--    text: high dispersion (35 and 60 us): the hybrid's tail is 68.7 %% below FCFS's, 10.9 %% below DRR's\n"
	       "      here: FCFS %.0f, PS %.0f us: times within a factor of 2 favour FCFS; no claim\n", p99[1][0], p99[1][1]);
	return 0;
}
