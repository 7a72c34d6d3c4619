// SPDX-License-Identifier: BSD-2-Clause
/*
 * views.c - views and events at random, as they may be met and as nobody should write them
 */
#include <stdbool.h>
#include <string.h>

#include "views.h"

static bool once_in(struct rng *rng, __u32 n)
{
	return !rng_below(rng, n);
}

static __u64 some_bits(struct rng *rng)
{
	__u64 bits = rng_next(rng);

	switch (rng_below(rng, 4)) {
	case 0:
		return bits;
	case 1:
		return bits & 0xf;
	case 2:
		return bits & rng_next(rng) & rng_next(rng);
	default:
		return once_in(rng, 2) ? 0 : ~0ULL;
	}
}

/* A view as agent, workers and XDP would write it. */
void views_sane(struct rng *rng, struct shunt_view *v)
{
	v->up = some_bits(rng);
	v->idle = some_bits(rng) & v->up;
	v->away = once_in(rng, 2) ? 0 : some_bits(rng);
	v->switch_ns = once_in(rng, 2) ? 0 : rng_below(rng, 1000000);
	v->nclasses = 1 + rng_below(rng, SHUNT_CLASSES);
	v->ncores_up = 0;
	memset(v->order, 0, sizeof(v->order));
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (v->up >> i & 1)
			v->order[v->ncores_up++] = i;
		v->sent[i] = rng_next(rng);
		v->done[i] = v->sent[i] - rng_below(rng, 5);
	}
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		v->enq[c] = rng_next(rng);
		v->deq[c] = v->enq[c] - (once_in(rng, 2) ? 0 : rng_below(rng, 1000));
		v->slo_us[c] = once_in(rng, 4) ? 0 : rng_next(rng) >> (32 + rng_below(rng, 32));
		v->quantum_us[c] = rng_below(rng, 100);
	}
	for (int i = 0; i < SHUNT_KNOBS; i++)
		v->knob[i] = once_in(rng, 2) ? rng_below(rng, 4) : some_bits(rng);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		v->mean_ns[c] = rng_next(rng) >> (32 + rng_below(rng, 32));
		v->sigma_ns[c] = rng_next(rng) >> (32 + rng_below(rng, 32));
		v->rate[c] = once_in(rng, 4) ? 0 : rng_next(rng) >> (32 + rng_below(rng, 32));
	}
	for (int i = 0; i < SHUNT_CORES; i++)
		v->core_state[0][i][rng_below(rng, SHUNT_CORE_STATES)] = rng_next(rng);
	for (int i = 0; i < SHUNT_STATES; i++)
		v->state[0][i] = once_in(rng, 2) ? rng_below(rng, 4) : rng_next(rng);
	v->plan[0].use = rng_next(rng);
	for (int i = 0; i < SHUNT_PLANS; i++) {
		v->plan[0].word[0][i] = some_bits(rng);
		v->plan[0].word[1][i] = some_bits(rng);
	}
}

/* The queues' heads as a core would see them. */
void views_sane_heads(struct rng *rng, struct shunt_core_heads *h)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		h->head_ns[c] = once_in(rng, 8)
					? rng_next(rng)
					: VIEWS_NOW - (rng_next(rng) >> (24 + rng_below(rng, 30)));
		h->queued_ns[c] =
			once_in(rng, 2) ? h->head_ns[c]
					: VIEWS_NOW - (rng_next(rng) >> (24 + rng_below(rng, 30)));
	}
}

void views_noisy_heads(struct rng *rng, struct shunt_core_heads *h)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		h->head_ns[c] = rng_next(rng);
		h->queued_ns[c] = rng_next(rng);
	}
}

/* A view with noise in each word that a worker may write. */
void views_noisy(struct rng *rng, struct shunt_view *v)
{
	for (__u32 i = 0; i < VIEWS_HEAD; i += 8) {
		__u64 word = rng_next(rng);

		memcpy((char *)v + i, &word, 8);
	}
}

struct shunt_event views_event(struct rng *rng)
{
	return (struct shunt_event){
		.now_ns = once_in(rng, 16) ? rng_next(rng) : VIEWS_NOW + rng_below(rng, 1000),
		.run_ns = once_in(rng, 4) ? VIEWS_NOW - rng_below(rng, 1000) : rng_next(rng),
		.hint = once_in(rng, 4) ? SHUNT_NONE
					: rng_below(rng, SHUNT_CORES) | rng_below(rng, 4) << 8,
		.random = rng_next(rng),
		.flow_hash = rng_next(rng),
		.key_hash = rng_next(rng),
		.waiting = rng_next(rng) & rng_next(rng),
		.cls = rng_below(rng, SHUNT_CLASSES),
		.core = rng_below(rng, SHUNT_CORES),
		.run_cls = once_in(rng, 2) ? SHUNT_NONE : rng_below(rng, SHUNT_CLASSES),
		.steered = once_in(rng, 2) ? SHUNT_NONE : rng_below(rng, SHUNT_CORES),
		.service_ns = rng_next(rng) >> rng_below(rng, 32),
	};
}

