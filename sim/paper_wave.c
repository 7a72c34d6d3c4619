// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_wave.c - Wave (ASPLOS '25): thread scheduling by an agent on a SmartNIC, beside ghOSt's on
 * the host
 *
 * By the costs that Wave's authors state of a switch between threads: 770 and 426 ns for a decision
 * (host, SmartNIC), 4-5 and 6-7 us where it is asked for, 2-3 and 3-4 us where it is staged. The
 * presets ghost and wave have the middle of each.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "paper.h"

#define US_SERVICE 10.0

/* More threads than n cores can run, whatever the switch between them costs. */
static double too_many(double service_us, int cores) { return 1.5e6 * cores / (service_us + 2); }

/* A curve of one point: what the cores do when there is always something to run. */
static int saturated_by(struct figure *f, const char *system, int cores, double service_us,
			const char *how, const char *cost)
{
	double rate = too_many(service_us, cores);
	char work[32];
	struct setup u = { system, system, "fcfs", work, cores, 0, 0, cost, false, true };

	snprintf(work, sizeof(work), how, service_us);
	return fig_curve(f, &u, &rate, 1);
}

static int saturated(struct figure *f, const char *system, int cores, double service_us,
		     const char *cost)
{
	return saturated_by(f, system, cores, service_us, "all=1:exp(%gus)", cost);
}

static double rate_of_curve(const struct figure *f, int curve)
{
	return fig_value(f, curve, 0, "throughput", -1);
}

/* --- prestaging, by the way to the agent ------------------------------------------------------ */

#define LATENCIES 11
enum { ASKED, ONE, TWO, SAME, MODES };
static const int few_and_many[] = { 1, 4, 16, 64 };
#define COUNTS 4

static const char *const modes[MODES] = { "stage=0", "stage=1", "stage=2",
					  "stage=1 fallback=same local_ns=166" };
static const char *const mode_names[MODES] = { "asked for", "one staged", "two staged",
					       "one staged, and a fallback" };

struct prestage {
	int by_latency[COUNTS][MODES][LATENCIES];
	int switches[2][2];      /* ghost, wave; asked, staged */
	int by_service[2][7];    /* asked, staged */
	char cost[MODES][LATENCIES][96];
};

static const double services_us[7] = { 1, 2, 5, 10, 20, 50, 100 };

static int add_prestage(struct figure *f, struct prestage *p)
{
	int bad = 0;

	for (int n = 0; n < COUNTS; n++) {
		for (int m = 0; m < MODES; m++) {
			for (int l = 0; l < LATENCIES; l++) {
				snprintf(p->cost[m][l], sizeof(p->cost[m][l]),
					 "%s feedback_ns=%d deliver_ns=%d", modes[m], 1000 * l,
					 1000 * l);
				bad |= (p->by_latency[n][m][l] =
						saturated(f, "wave", few_and_many[n], US_SERVICE,
							  p->cost[m][l])) < 0;
			}
		}
	}
	for (int m = 0; m < 2; m++) {
		bad |= (p->switches[0][m] = saturated_by(f, "ghost", 2, US_SERVICE, "all=1:%gus",
							 modes[m])) < 0;
		bad |= (p->switches[1][m] = saturated_by(f, "wave", 1, US_SERVICE, "all=1:%gus",
							 modes[m])) < 0;
		for (int s = 0; s < 7; s++)
			bad |= (p->by_service[m][s] =
					saturated(f, "wave", 16, services_us[s], modes[m])) < 0;
	}
	return bad;
}

static void plot_prestage(struct figure *f, const struct prestage *p)
{
	static struct fig_curve y;

	fig_plot(f, "Threads of 10 us, more than can run", "us each way to the agent",
		 "throughput with one decision staged, over asked for", false, 0);
	for (int n = 0; n < COUNTS; n++) {
		y = (struct fig_curve){ .n = LATENCIES };
		snprintf(y.name, sizeof(y.name), "%d core%s", few_and_many[n], n ? "s" : "");
		for (int l = 0; l < LATENCIES; l++) {
			y.x[l] = l;
			y.y[l] = rate_of_curve(f, p->by_latency[n][ONE][l]) /
				 rate_of_curve(f, p->by_latency[n][ASKED][l]);
		}
		fig_plot_own(f, &y);
	}
	for (int n = 2; n < COUNTS; n++) {
		fig_plot(f, n == 2 ? "16 cores" : "64 cores: one agent is too slow for them",
			 "us each way to the agent", "M threads a second", false, 0);
		for (int m = 0; m < MODES; m++) {
			y = (struct fig_curve){ .n = LATENCIES };
			snprintf(y.name, sizeof(y.name), "%s", mode_names[m]);
			for (int l = 0; l < LATENCIES; l++) {
				y.x[l] = l;
				y.y[l] = rate_of_curve(f, p->by_latency[n][m][l]) / 1e6;
			}
			fig_plot_own(f, &y);
		}
	}
}

static void state_switches(struct figure *f, const struct prestage *p)
{
	static const struct {
		int system, staged;
		double us, within;
		const char *said;
	} said[] = {
		{ 0, 0, 4.5, 0.5, "on the host, asked for: 4-5 us a switch" },
		{ 0, 1, 2.5, 0.5, "on the host, prestaged: 2-3 us a switch" },
		{ 1, 0, 6.5, 0.5, "on the SmartNIC, asked for: 6-7 us a switch" },
		{ 1, 1, 3.5, 0.5, "on the SmartNIC, prestaged and prefetched: 3-4 us a switch" },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		double us = 1e6 / rate_of_curve(f, p->switches[said[i].system][said[i].staged]) -
			    US_SERVICE;

		fig_state(f,
			  &(struct statement){ said[i].said,
					       SIZE(us, said[i].us, said[i].within / said[i].us) },
			  "%.2f us (the preset's costs are made of these: they add up)", us);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void state_gain(struct figure *f, const struct prestage *p)
{
	double gain[7], sorted[7], most;

	for (int s = 0; s < 7; s++)
		sorted[s] = gain[s] = rate_of_curve(f, p->by_service[1][s]) /
				      rate_of_curve(f, p->by_service[0][s]);
	qsort(sorted, 7, sizeof(double), by_size);
	most = sorted[6];
	fig_state(f,
		  &(struct statement){
			  "prestaging and prefetching improve throughput by 32 %",
			  SIZE(sorted[3] - 1, 0.32, 0.1),
			  .nearest = fmin(fmax(1, (sorted[0] - 1) / 0.32), (most - 1) / 0.32),
			  .why = "the text does not say how long the threads run: it is 32 % where "
				 "they run for 5.9 us, less the longer they run" },
		  "16 cores: %+.0f %% for 1 us (the agent's limit), %+.0f %% for 5, %+.0f %% for "
		  "10 and %+.1f %% for 100",
		  100 * (gain[0] - 1), 100 * (gain[2] - 1), 100 * (gain[3] - 1),
		  100 * (gain[6] - 1));
}

int wave_prestage(struct figure *f)
{
	struct prestage *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return complain("no memory");
	err = add_prestage(f, p) || fig_run(f) ? EXIT_FAILED : 0;
	if (!err) {
		plot_prestage(f, p);
		state_switches(f, p);
		state_gain(f, p);
		puts("not to be had: 31 % by page table entries, 357 % in all (a switch without "
		     "them is not stated)\n"
		     "               2-12 % by turbo (no clock is), 16 cores by SOL (no time of a "
		     "decision is)");
	}
	free(p);
	return err;
}

/* --- the agent's own limit -------------------------------------------------------------------- */

#define SIZES 8
enum { NIC_5, NIC_20, NIC_100, HOST_5, FALLBACK_5, AGENTS };

int wave_agent(struct figure *f)
{
	static const int cores[SIZES] = { 1, 2, 4, 8, 16, 32, 48, 64 };
	static const struct {
		const char *name, *system, *cost;
		double us;
	} a[AGENTS] = {
		{ "threads of 5 us", "wave", NULL, 5 },
		{ "threads of 20 us", "wave", NULL, 20 },
		{ "threads of 100 us", "wave", NULL, 100 },
		{ "5 us, agent on the host", "ghost", "reserved=0", 5 },
		{ "5 us, and a fallback", "wave", "fallback=same local_ns=166", 5 },
	};
	static struct fig_curve y;
	int c[AGENTS][SIZES];
	double most[AGENTS] = { 0 };

	for (int i = 0; i < AGENTS; i++) {
		for (int n = 0; n < SIZES; n++) {
			c[i][n] = saturated(f, a[i].system, cores[n], a[i].us, a[i].cost);
			if (c[i][n] < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	fig_plot(f, "One agent, prestaged", "cores", "M threads a second", false, 0);
	for (int i = 0; i < AGENTS; i++) {
		y = (struct fig_curve){ .n = SIZES };
		snprintf(y.name, sizeof(y.name), "%s", a[i].name);
		for (int n = 0; n < SIZES; n++) {
			y.x[n] = cores[n];
			y.y[n] = rate_of_curve(f, c[i][n]) / 1e6;
			most[i] = fmax(most[i], y.y[n]);
		}
		fig_plot_own(f, &y);
	}
	fig_state(f, &(struct statement){ "an agent on the SmartNIC creates a decision in 426 ns",
					  SIZE(most[NIC_5], 1e3 / 426, 0.03) },
		  "threads of 5 us: %.2f M/s at most, however many cores", most[NIC_5]);
	fig_state(f, &(struct statement){ "an agent on the host creates a decision in 770 ns",
					  SIZE(most[HOST_5], 1e3 / 770, 0.03) },
		  "threads of 5 us: %.2f M/s at most", most[HOST_5]);
	for (int n = 64; n <= 128; n *= 2)
		printf("of %d cores each has a decision every %.1f us: threads that run for less "
		       "than %.1f us wait for the agent\n", n, n * 0.426, n * 0.426 - 3.5);
	printf("with a fallback 64 cores run %.2f M/s of 5 us\n", most[FALLBACK_5]);
	return 0;
}

/* --- the core that the agent had -------------------------------------------------------------- */

#define TIMES 5
enum { MIDDLE, LEAST, MOST, ENDS };

int wave_core(struct figure *f)
{
	static const double us[TIMES] = { 10, 20, 50, 100, 200 };
	/* a switch on the SmartNIC's side, and on the host's, as stated: 3-4 and 2-3 us */
	static const char *const nic[ENDS] = { "start_ns=3500", "start_ns=4000", "start_ns=3000" };
	static const char *const host[ENDS] = { "start_ns=2500", "start_ns=2000", "start_ns=3000" };
	static struct fig_curve y = { .name = "Wave's 16 cores over ghOSt's 15", .n = TIMES,
				      .band = true };
	int c[ENDS][TIMES][2];
	double gain[ENDS], lowest = INFINITY, highest = 0;

	for (int k = 0; k < ENDS; k++) {
		for (int i = 0; i < TIMES; i++) {
			c[k][i][0] = saturated(f, "wave", 16, us[i], nic[k]);
			c[k][i][1] = saturated(f, "ghost", 16, us[i], host[k]);
			if (c[k][i][0] < 0 || c[k][i][1] < 0)
				return EXIT_FAILED;
		}
	}
	if (fig_run(f))
		return EXIT_FAILED;
	for (int i = 0; i < TIMES; i++) {
		for (int k = 0; k < ENDS; k++)
			gain[k] = rate_of_curve(f, c[k][i][0]) / rate_of_curve(f, c[k][i][1]);
		y.x[i] = us[i];
		y.y[i] = gain[MIDDLE];
		y.low[i] = fmin(gain[LEAST], gain[MIDDLE]);
		y.high[i] = fmax(gain[MOST], gain[MIDDLE]);
		lowest = fmin(lowest, y.low[i]);
		highest = fmax(highest, y.high[i]);
	}
	fig_plot(f, "FIFO on a host of 16 cores, prestaged", "us that a thread runs",
		 "throughput: middle of the stated costs, and their ends", false, 0);
	f->plot[f->nplots - 1].log_x = true;
	fig_plot_own(f, &y);
	fig_state(f,
		  &(struct statement){
			  "FIFO: 4.6 % more by a host core that is freed",
			  SIZE(y.y[0], 1.046, 0.01),
			  .nearest = fmin(fmax(1, lowest / 1.046), highest / 1.046),
			  .why = "neither cores nor threads are stated: 16 cores over 15 are 6.7 "
				 "%, less what a switch costs more from afar" },
		  "%+.1f to %+.1f %%, by the middle %+.1f %% for 10 us, %+.1f %% for 50 us",
		  100 * (lowest - 1), 100 * (highest - 1), 100 * (y.y[0] - 1),
		  100 * (y.y[2] - 1));
	return 0;
}
