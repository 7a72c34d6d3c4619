// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_stale.c - choosing cores by loads that are old,
 * against another simulation of the same model
 */
#include <stdio.h>

#include "paper.h"

static void state_p99(struct figure *f, int curve, int i, const char *said, double us)
{
	double here = fig_value(f, curve, i, "p99_us", -1);

	fig_state(f, &(struct statement){ said, SIZE(here, us, 0.1) }, "%.1f us", here);
}

/* Eight cores with queues of their own, mean 10 us, loads
 * published every T and 25 us old on arrival. */
int stale_loads(struct figure *f)
{
	static const double at[] = { 0.7, 0.85 };
	static const int period_us[] = { 30, 100, 500, 2000 };
	/* p99 in us of an independent simulation of the same model, by load and period */
	static const double p2c[2][4] = { { 113.5, 137.6, 280.3, 673.7 },
					  { 146.8, 183.0, 421.1, 1195.6 } };
	static const double random[2] = { 156.6, 311.4 }, central[2] = { 48.0, 59.9 };
	static const double bimodal[4] = { 1789.1, 1855.7, 1951.7, 2817.1 };
	struct setup u = { "c-FCFS", "ideal", "fcfs", "exp10", 8, 0, 0, NULL, false, false };
	char name[10][48], cost[4][32];
	int c[10], n = 0;

	c[n++] = fig_curve(f, &u, at, 2);
	u = (struct setup){ "random", "ideal", "rss", "exp10", 8, 0, 0, NULL, false, false };
	c[n++] = fig_curve(f, &u, at, 2);
	for (int b = 0; b < 2; b++) {
		for (int i = 0; i < 4; i++, n++) {
			snprintf(cost[i], sizeof(cost[i]), "publish_ns=%d000", period_us[i]);
			snprintf(name[n], sizeof(name[n]), "p2c, loads every %d us", period_us[i]);
			u = (struct setup){ name[n], "stale", "p2c", b ? "stale-bimodal" : "exp10",
					    8, 0, 0,
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

		snprintf(said, sizeof(said), "load %g, one queue: %.0f us", at[l], central[l]);
		state_p99(f, c[0], l, said, central[l]);
		snprintf(said, sizeof(said), "load %g, random: %.0f us", at[l], random[l]);
		state_p99(f, c[1], l, said, random[l]);
		for (int i = 0; i < 4; i++) {
			snprintf(said, sizeof(said), "load %g, p2c, every %d us: %.0f us", at[l],
				 period_us[i], p2c[l][i]);
			state_p99(f, c[2 + i], l, said, p2c[l][i]);
		}
	}
	for (int i = 0; i < 4; i++) {
		char said[96];

		snprintf(said, sizeof(said),
			 "99.5 %% 5 us, 0.5 %% 1 ms, load 0.7, p2c, every %d us: %.0f us",
			 period_us[i], bimodal[i]);
		state_p99(f, c[6 + i], 0, said, bimodal[i]);
	}
	return 0;
}
