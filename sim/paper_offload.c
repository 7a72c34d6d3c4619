// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_offload.c - figures of Shinjuku-Offload (HotNets '19)
 */
#include <math.h>
#include <stdio.h>

#include "paper.h"

#define RATES 12

/* Vanilla Shinjuku, whose dispatcher and network take two
 * hyperthreads, and Shinjuku-Offload with k outstanding. */
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
		{ "Shinjuku", "shinjuku", "sq", p->work, p->workers + 2, p->quantum_us,
		  p->quantum_us > 0, NULL, true, true },
		{ "Shinjuku-Offload", "shinjuku-offload", "jbsq", p->work, p->offload_workers,
		  p->quantum_us, p->quantum_us > 0, k, true, true },
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
	static const struct pair p = { "99.5 % 5 us, 0.5 % 100 us", "offload-fig2", 3, 4, 4, 10,
				       200, 760e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	/* A worker's share of its capacity at which p99 reaches 200 us. */
	fig_state(f,
		  &(struct statement){ "Shinjuku-Offload handles dispersion at low tail latency, "
				       "just like Shinjuku",
				       SIZE(offload / 4, vanilla / 3, 0.3) },
		  "p99 of 200 us at %.0f k/s with 4 workers, Shinjuku with 3: %.0f k/s",
		  offload / 1e3, vanilla / 1e3);
	return 0;
}

static void state_rise(struct figure *f, const struct fig_curve *y, int k, double text,
		       const char *said)
{
	double rise = y->y[k - 1] / y->y[0];

	fig_state(f, &(struct statement){ said, SIZE(rise, text, 0.1) }, "+%.0f %%",
		  100 * (rise - 1));
}

/* Where one more adds less than 2 %. */
static void state_level(struct figure *f, const struct fig_curve *y, int text, const char *said)
{
	int k = 1;

	while (k < y->n && y->y[k] >= 1.02 * y->y[k - 1])
		k++;
	fig_state(f,
		  &(struct statement){ said, SIZE(k, text, 0.1),
				       .why = "a worker's latency does not vary here; where it "
					      "does, one more outstanding hides more" },
		  "at %d", k);
}

int offload_fig3(struct figure *f)
{
	static const int workers[] = { 4, 16 };
	static const double rate = 8e6;
	struct fig_curve y[2] = { { .name = "4 workers", .n = 6 },
				  { .name = "16 workers", .n = 6 } };
	char cost[6][32];

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 6; k++) {
			struct setup u = { y[i].name, "shinjuku-offload", "jbsq", "fixed1",
					   workers[i], 0, 0,
					   cost[k], false, true };

			snprintf(cost[k], sizeof(cost[k]), "outstanding=%d", k + 1);
			if (fig_curve(f, &u, &rate, 1) < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "Fixed 1 us, saturated", "outstanding requests a worker", "M requests a second",
		 false, 0);
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 6; k++) {
			y[i].x[k] = k + 1;
			y[i].y[k] = fig_value(f, 6 * i + k, 0, "throughput", -1) / 1e6;
		}
		fig_plot_own(f, &y[i]);
	}
	state_rise(f, &y[0], 5, 3.5,
		   "4 workers: throughput rises by 250 % from 1 to 5 outstanding");
	state_level(f, &y[0], 5, "4 workers: and levels out at 5");
	state_rise(f, &y[1], 3, 1.88,
		   "16 workers: throughput rises by 88 % from 1 to 3 outstanding");
	state_level(f, &y[1], 3, "16 workers: and levels out at 3");
	return 0;
}

int offload_fig4(struct figure *f)
{
	static const struct pair p = { "Fixed 5 us", "fixed5", 3, 4, 4, 0, 50, 820e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_state(f,
		  &(struct statement){
			  "Shinjuku-Offload outperforms Shinjuku, as it has an extra worker",
			  offload / vanilla, AT_LEAST(1.1) },
		  "p99 of 50 us at %.0f against %.0f k/s", offload / 1e3, vanilla / 1e3);
	return 0;
}

int offload_fig5(struct figure *f)
{
	static const struct pair p = { "Fixed 100 us", "fixed100", 15, 16, 2, 0, 500, 170e3 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_state(f,
		  &(struct statement){
			  "Shinjuku-Offload outperforms Shinjuku where service times are large",
			  offload / vanilla, AT_LEAST(1.03) },
		  "p99 of 500 us at %.1f against %.1f k/s", offload / 1e3, vanilla / 1e3);
	return 0;
}

int offload_fig6(struct figure *f)
{
	static const struct pair p = { "Fixed 1 us", "fixed1", 15, 16, 5, 0, 50, 6e6 };
	double vanilla, offload;

	if (draw_pair(f, &p, &vanilla, &offload))
		return EXIT_FAILED;
	fig_state(f, &(struct statement){
		  "Shinjuku greatly outperforms Shinjuku-Offload: its dispatcher is the bottleneck",
		  vanilla / offload, AT_LEAST(1.5),
		  .why = "no rate of the SmartNIC's dispatcher is stated; its "
		  "Figure 3 needs 5 M/s, and with that it is as fast as Shinjuku's" },
		  "p99 of 50 us at %.2f against %.2f M/s", vanilla / 1e6, offload / 1e6);
	return 0;
}
