// SPDX-License-Identifier: BSD-2-Clause
/*
 * conserve.c - the conservation line, from counts of which each is counted by itself
 *
 * A steered request is in flight until its core says that it is done, wherever it is meanwhile. A
 * request that came through a hold queue is in flight while it waits, runs, is parked or is
 * deferred.
 */
#include <string.h>

#include "conserve.h"

void add_counts(struct shunt_ingress_class *sum, const struct shunt_ingress_class *n)
{
	sum->arrived += n->arrived;
	sum->steered += n->steered;
	sum->held += n->held;
	sum->rejected += n->rejected;
	sum->dropped += n->dropped;
	sum->limit += n->limit;
	sum->passed += n->passed;
	sum->spill += n->spill;
}

static void add_totals(struct class_sums *sum, const struct class_sums *t)
{
	sum->replied += t->replied;
	sum->noreply += t->noreply;
	sum->lost += t->lost;
	sum->expired += t->expired;
	sum->refused += t->refused;
	sum->late += t->late;
	sum->said_no += t->said_no;
	sum->unsaid += t->unsaid;
	sum->waiting += t->waiting;
	sum->running += t->running;
	sum->parked += t->parked;
	sum->deferred += t->deferred;
}

void conserve(const struct sums *s, struct conserved *sum)
{
	const struct shunt_ingress_class *in = &sum->in;
	const struct class_sums *t = &sum->t;
	__u64 ended;

	memset(sum, 0, sizeof(*sum));
	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		add_counts(&sum->in, &s->in.cls[c]);
		add_totals(&sum->t, &s->cls[c]);
	}
	sum->t.refused += s->core_refused;
	ended = t->replied + t->noreply + in->rejected + in->dropped + in->passed + t->lost +
		t->expired + t->refused;
	sum->in_flight = t->waiting + s->on_cores + s->held_running + s->preempt.parked_held +
			 s->deferred_held;
	sum->difference = in->arrived - ended - sum->in_flight;
}
