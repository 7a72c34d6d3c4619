// SPDX-License-Identifier: BSD-2-Clause
/*
 * paper_ipipe.c - iPipe (SIGCOMM '19), Figure 16: its hybrid
 * scheduler beside FCFS and DRR, on a LiquidIOII CN2350
 *
 * Stated are 12 cores, the service times, the tail's threshold (52.8 us), the headroom that a
 * quantum is (9.8 us), what forwarding takes a core (1.87 us) and the host's 12 cores. Not stated
 * are the number of actors and how requests are shared among them, whether an actor has one of the
 * two times or both, the share of each, how fast a host core is, the way to it, the mean's
 * threshold, the hysteresis and how long a move takes. So settings of these are drawn at random,
 * the same ones for all schedulers, and the figure is a band; what the text says is held against
 * its median, and against its reach. Two readings of the scheduler are two bands (ipipe.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

#define SETTINGS 12
/* Requests. Of 50 k to 400 k the medians follow the length; of
 * 1 M and 2 M the 7th of 12 settings is the same to 1 %. */
#define LEAST 1000000ULL
#define LOADS 2

enum { FCFS, DRR, BY_TEXT, BY_ALGORITHM, SCHEDULERS };

static const char *const names[] = { "FCFS", "DRR", "iPipe, by its text",
				     "iPipe, by its algorithms" };
static const double at[LOADS] = { 0.5, 0.9 };

/* The results for all drawn settings; [0] is low, [1] high dispersion. */
struct band {
	int first[2][SETTINGS][SCHEDULERS]; /* of its points in the sweep, one a load */
	double p99[2][SCHEDULERS][LOADS][SETTINGS];
};

static double between(struct rng *r, double low, double high)
{
	return low + (high - low) * rng_unit(r);
}

static void draw_work(struct rng *r, int high, char *spec, size_t len)
{
	double share = between(r, 0.5, 0.9); /* of the short ones */
	bool by_actor = rng_unit(r) < 0.5;

	if (!high)
		snprintf(spec, len, "all=1:exp(32us)");
	else if (by_actor)
		snprintf(spec, len, "b1=%.4f:35us,b2=%.4f:60us", share, 1 - share);
	else
		snprintf(spec, len, "all=1:modes(%.4f:35us;%.4f:60us)", share, 1 - share);
}

static void draw_costs(struct rng *r, struct actor_costs *a)
{
	a->actors = 1 << (int)between(r, 1, 6); /* 2 to 32 */
	a->actor_skew = between(r, 0, 1.2);
	a->host_speed = between(r, 1, 3);
	a->host_ns = between(r, 500, 5000);
	a->mean_us = rng_unit(r) < 0.25 ? 0 : between(r, 36, 80);
	a->hysteresis = between(r, 0.05, 0.4);
	a->migrate_us = between(r, 50, 2000);
}

static int add_points(struct figure *f, struct band *b, int high, int s, const struct costs *k,
		      const char *spec)
{
	static const char *const policies[SCHEDULERS] = { "c-fcfs", "drr", "ipipe", "ipipe-alg" };
	const struct workload *w = fig_work(f, spec, false);

	for (int p = 0; w && p < SCHEDULERS; p++) {
		const struct policy *policy = fig_policy(f, policies[p]);

		if (!policy)
			return EXIT_FAILED;
		b->first[high][s][p] = f->s.n;
		for (int l = 0; l < LOADS; l++) {
			struct point *q = sweep_add(&f->s);

			if (!q)
				return complain("no memory");
			q->system = "ipipe";
			q->c.policy = policy;
			q->c.w = w;
			q->c.costs = *k;
			q->c.cores = 12;
			q->c.requests = requests_of(f->o, w);
			q->c.seed = f->o->seed;
			q->load = at[l];
			q->c.rate = at[l] * 12 / w->mean_ns * 1e9;
		}
	}
	return w ? 0 : EXIT_FAILED;
}

static int draw_settings(struct figure *f, struct band *b)
{
	struct why why = { 0 };
	char spec[SIM_TEXT];
	struct costs k;
	struct rng r;

	rng_seed(&r, f->o->seed, 11);
	if (costs_read(&k, "ipipe", &why))
		return complain_why(&why);
	for (int s = 0; s < SETTINGS; s++) {
		draw_costs(&r, &k.actors);
		for (int high = 0; high < 2; high++) {
			draw_work(&r, high, spec, sizeof(spec));
			if (add_points(f, b, high, s, &k, spec))
				return EXIT_FAILED;
		}
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of sorted values: their number is even, and the two in the middle may lie apart. */
static double median(const double *v)
{
	return (v[SETTINGS / 2 - 1] + v[SETTINGS / 2]) / 2;
}

/* The curve of one scheduler: the median of all settings, within their band. */
static void draw_scheduler(struct figure *f, const struct band *b, int high, int p)
{
	struct fig_curve c = { .n = LOADS, .band = true };
	double v[SETTINGS];

	snprintf(c.name, sizeof(c.name), "%s", names[p]);
	for (int l = 0; l < LOADS; l++) {
		memcpy(v, b->p99[high][p][l], sizeof(v));
		qsort(v, SETTINGS, sizeof(v[0]), ascending);
		c.x[l] = at[l];
		c.y[l] = median(v);
		c.low[l] = v[0];
		c.high[l] = v[SETTINGS - 1];
	}
	fig_plot_own(f, &c);
}

/* At load 0.9: how much lower the p99 of a is than that of
 * b, as a share, sorted; how many are that and more. */
static int lower(const struct band *b, int high, int a, int than, double text, double *v)
{
	int n = 0;

	for (int s = 0; s < SETTINGS; s++) {
		v[s] = 1 - b->p99[high][a][LOADS - 1][s] / b->p99[high][than][LOADS - 1][s];
		n += v[s] >= text;
	}
	qsort(v, SETTINGS, sizeof(v[0]), ascending);
	return n;
}

/* States a band: the statement holds if the median is within 30 % of the text's value, and is
 * possible if the band reaches that value. */
static void state_band(struct figure *f, const struct band *b, int high, int a, int than,
		       double text, const char *said, const char *why)
{
	double v[SETTINGS], nearest;
	int n = lower(b, high, a, than, text, v);

	nearest = fmin(fmax(text, v[0]), v[SETTINGS - 1]);
	fig_state(f,
		  &(struct statement){ said, SIZE(median(v), text, 0.3), .nearest = nearest / text,
				       .why = why },
		  "the band is %.0f %% to %.0f %%, half of it %.0f %% to %.0f %%, median %.0f %%; "
		  "so much and more in %d of %d settings",
		  100 * v[0], 100 * v[SETTINGS - 1], 100 * v[SETTINGS / 4],
		  100 * v[SETTINGS - 1 - SETTINGS / 4], 100 * median(v), n, SETTINGS);
}

static void state_all(struct figure *f, const struct band *b)
{
	char said[160];
	double v[SETTINGS];

	lower(b, 0, FCFS, DRR, 0, v);
	fig_state(f,
		  &(struct statement){ "low dispersion: FCFS, which iPipe behaves like, 9.6 % "
				       "below DRR's p99 at load 0.9",
				       SIZE(median(v), 0.096, 0.5) },
		  "the band is %.0f %% to %.0f %%, median %.0f %%", 100 * v[0],
		  100 * v[SETTINGS - 1], 100 * median(v));
	for (int p = BY_TEXT; p <= BY_ALGORITHM; p++) {
		lower(b, 0, p, FCFS, 0, v);
		snprintf(said, sizeof(said), "%s, low dispersion: it behaves like FCFS", names[p]);
		fig_state(f,
			  &(struct statement){
				  said, 1 - median(v), .low = 0.9, .high = 1.1,
				  .nearest = fmin(fmax(1, 1 - v[SETTINGS - 1]), 1 - v[0]),
				  .why = "52.8 us is below mu + 3 sigma of an exponential's 32 us "
					 "by itself, so every actor is downgraded" },
			  "p99 at load 0.9: the band is %.2f to %.2f of FCFS's, median %.2f",
			  1 - v[SETTINGS - 1], 1 - v[0], 1 - median(v));
		snprintf(said, sizeof(said), "%s, high dispersion: p99 68.7 %% below FCFS's",
			 names[p]);
		state_band(f, b, 1, p, FCFS, 0.687, said,
			   "only what goes to a faster host leaves the two times");
		snprintf(said, sizeof(said), "%s, high dispersion: p99 10.9 %% below DRR's",
			 names[p]);
		state_band(f, b, 1, p, DRR, 0.109, said, NULL);
	}
}

static void plot_all(struct figure *f, struct band *b)
{
	for (int high = 0; high < 2; high++) {
		for (int s = 0; s < SETTINGS; s++)
			for (int p = 0; p < SCHEDULERS; p++)
				for (int l = 0; l < LOADS; l++)
					b->p99[high][p][l][s] =
						metric_of(&f->s.p[b->first[high][s][p] + l],
							  "p99_us", -1);
		fig_plot(f, high ? "35 and 60 us" : "Exponential, 32 us",
			 "load (of the NIC's 12 cores)",
			 "p99 sojourn, us: median, and all settings", true, 0);
		for (int p = 0; p < SCHEDULERS; p++)
			draw_scheduler(f, b, high, p);
	}
}

/* Medians of runs in which the actors still find their
 * places are of the length, not of the scheduler. */
static void print_length(const struct figure *f)
{
	unsigned long long n = f->s.n ? f->s.p[0].c.requests : 0;

	printf("length: %llu requests a point, the first tenth not measured; %d settings, whose "
	       "lowest and highest are a band\n",
	       n, SETTINGS);
	if (n < LEAST)
		printf("TOO SHORT: actors still find their places, so that the medians follow the "
		       "length: at least --requests 1M, as without it\n");
}

int ipipe_fig16(struct figure *f)
{
	struct band *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return complain("no memory");
	err = draw_settings(f, b) || fig_run(f) ? EXIT_FAILED : 0;
	if (!err) {
		plot_all(f, b);
		print_length(f);
		state_all(f, b);
	}
	free(b);
	return err;
}
