// SPDX-License-Identifier: BSD-2-Clause
/*
 * service.c - how long the requests of a class take, at each tick
 *
 * Means are over the last second, roughly: sums of count, time and squared time that decay. A class
 * that nothing was served of keeps its last ones; age_ns says how old they are.
 */
#include <math.h>

#include "peek.h"
#include "service.h"

#define SAMPLES_MAX 1e9 /* more in a tick than anyone can serve: a worker's nonsense */

__u32 to_u32(double x)
{
	return x < 0 ? 0 : x > 4294967295.0 ? ~0u : (__u32)x;
}

struct sums service_sums(const struct shunt_view *v, __u32 ncores, int cls)
{
	struct sums s = { 0 };

	for (__u32 i = 0; i < ncores; i++) {
		const struct shunt_core_class *k = &v->core[i].cls[cls];

		s.ended += peek(k->replied) + peek(k->noreply);
		s.late += peek(v->core[i].late.n[cls]);
		s.timed += peek(k->timed);
		s.ns += peek(k->service_ns);
		s.sq += peek(k->service_sq);
	}
	return s;
}

/* count, ns and sq are read one after the other while cores write: a request too many or too few is
 * seen in one of them now and in the others at the next tick. */
static void add_sample(struct service *l, double keep, double count, double ns, double sq)
{
	l->count = l->count * keep + count;
	l->ns = l->ns * keep + ns;
	l->sq = l->sq * keep + sq;
}

static void publish(struct shunt_agent_class *out, const struct service *l, __u64 now_ns)
{
	double mean = l->ns / l->count, var = l->sq / l->count - mean * mean;
	double sigma = var > 0 ? sqrt(var) : 0;

	poke(out->mean_ns, to_u32(mean));
	poke(out->sigma_ns, to_u32(sigma));
	poke(out->tail_ns, to_u32(mean + 3 * sigma));
	poke(out->age_ns, now_ns);
}

void service_tick(struct service *l, struct sums s, double dt_ns, __u64 now_ns,
		  struct shunt_agent_class *out)
{
	double keep = exp(-dt_ns / MEMORY_NS);
	double ended = s.ended - l->before.ended, timed = s.timed - l->before.timed;
	double late = s.late - l->before.late;

	if (ended > SAMPLES_MAX || timed > SAMPLES_MAX)
		ended = timed = 0;
	late = fmin(late, ended);
	l->rate = l->rate * keep + ended / dt_ns * 1e9 * (1 - keep);
	l->late_rate = l->late_rate * keep + late / dt_ns * 1e9 * (1 - keep);
	poke(out->rate, to_u32(l->rate + 0.5));
	poke(out->late_rate, to_u32(l->late_rate + 0.5));
	if (timed) {
		add_sample(l, keep, timed, s.ns - l->before.ns, s.sq - l->before.sq);
		publish(out, l, now_ns);
	}
	l->before = s;
}

bool service_varies(const struct shunt_agent_class *n)
{
	return n->sigma_ns > n->mean_ns;
}
