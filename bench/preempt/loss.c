// SPDX-License-Identifier: BSD-2-Clause
/* loss.c - throughput lost to quanta */
#include <stdio.h>
#include <unistd.h>

#include "domain.h"
#include "loss.h"
#include "measure.h"

#define REQUESTS 4 /* of a round, 1 ms each */
#define CALM 1.05

/* Time that REQUESTS take, all there from the start. 0: to
 * completion, no safepoints, on the thread's own stack. */
static double drain(unsigned int quantum_us, uint64_t *yields)
{
	uint64_t done = ended(LONG);
	struct shunt_core *line = &s.view->core[0];

	s.view->preempt = quantum_us != 0;
	s.view->quantum_us[LONG] = quantum_us;
	safepoints = quantum_us != 0;
	*yields = line->preempt.yielded[SHUNT_BY_SAFEPOINT];
	for (int i = 0; i < REQUESTS; i++)
		hold(LONG);
	atomic_store(&began_at, 0);
	start_core();
	while (ended(LONG) != done + REQUESTS)
		usleep(100); /* the two CPUs may be threads of one core, and the
			      * lines that we would look at are the worker's */
	stop_core();
	*yields = line->preempt.yielded[SHUNT_BY_SAFEPOINT] - *yields;
	return (atomic_load(&ended_at) - atomic_load(&began_at)) * ns_per_tick;
}

/* One quantum: how much was lost in each round, and how long
 * the wide work took before each part and after the last. */
struct loss {
	double lost[LOSS_ROUNDS], wide[2 * LOSS_ROUNDS + 1];
	double seconds; /* of the last part */
	uint64_t yields;
};

static void measure_loss(struct loss *l, int rounds, unsigned int quantum_us)
{
	double none, with;
	uint64_t nothing;

	for (int i = 0; i < rounds; i++) {
		none = drain(0, &nothing);
		l->wide[2 * i] = wide_ns;
		with = drain(quantum_us, &l->yields);
		l->wide[2 * i + 1] = wide_ns;
		l->lost[i] = 1 - none / with;
		l->seconds = with / 1e9;
	}
	drain(0, &nothing);
	l->wide[2 * rounds] = wide_ns;
}

/* Only those rounds stay that were calm all the time. How many. */
static int keep_calm(const struct loss *l, int rounds, double best, double *lost)
{
	int n = 0;

	for (int i = 0; i < rounds; i++) {
		const double *w = &l->wide[2 * i];

		if (w[0] < CALM * best && w[1] < CALM * best && w[2] < CALM * best)
			lost[n++] = l->lost[i];
	}
	return n;
}

static json_t *spread_of(double *lost, int n)
{
	return json_pack("{s:i, s:f, s:f, s:f}", "rounds", n, "p25", quantile(lost, n, 0.25), "p50",
			 quantile(lost, n, 0.5), "p75", quantile(lost, n, 0.75));
}

/* Share of throughput: the median of rounds, each next to one without. */
json_t *bench_loss(json_t *loss, int rounds)
{
	static const unsigned int quantum[] = { 5, 10, 50 };
	static struct loss l[3];
	json_t *spread = json_object(), *one;
	double calm[LOSS_ROUNDS], best = 1e9;

	for (int q = 0; q < 3; q++) {
		measure_loss(&l[q], rounds, quantum[q]);
		for (int i = 0; i <= 2 * rounds; i++)
			best = l[q].wide[i] < best ? l[q].wide[i] : best;
	}
	for (int q = 0; q < 3; q++) {
		int n = keep_calm(&l[q], rounds, best, calm);
		char name[16];

		snprintf(name, sizeof(name), "%uus", quantum[q]);
		one = spread_of(l[q].lost, rounds);
		json_object_set_new(one, "seconds", json_real(l[q].seconds));
		json_object_set_new(one, "yields", json_integer(l[q].yields));
		if (n)
			json_object_set_new(one, "calm", spread_of(calm, n));
		json_object_set_new(spread, name, one);
		json_object_set_new(loss, name, json_real(quantile(l[q].lost, rounds, 0.5)));
		printf("quantum %5s: %.2f %% of throughput lost (middle half of %d rounds: %.2f to "
		       "%.2f), %.1f us a turn\n",
		       name, 100 * quantile(l[q].lost, rounds, 0.5), rounds,
		       100 * quantile(l[q].lost, rounds, 0.25),
		       100 * quantile(l[q].lost, rounds, 0.75),
		       l[q].seconds * 1e6 / (l[q].yields + 1));
		if (n)
			printf("  of these %d calm ones: %.2f %%\n", n,
			       100 * quantile(calm, n, 0.5));
	}
	return spread;
}
