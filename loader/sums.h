/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collect.h - everything that the maps of an interface tell, as one JSON object
 *
 * A value that was not measured is absent. Counts come from several writers and are read one after
 * the other: while requests flow, sums may be a few apart.
 */
#pragma once

#include "ctl.h"

struct totals {
	__u64 replied, noreply, lost, expired, refused, waiting, running, parked, deferred;
	/* Service time of those domains that have measured it, weighted by rate. */
	__u64 rate, age_ns;
	double weight, mean, square;
};

struct preempt_totals {
	struct shunt_core_preempt n; /* of all cores */
	__u64 agent_marks, agent_signals;
	__u64 parked_held, parked_peak;
};

struct snapshot {
	struct shunt_cfg cfg;
	struct shunt_class classes[SHUNT_CLASSES];
	__u64 bad_index;         /* that policies asked for */
	struct shunt_ingress in; /* XDP's counts, added up; its numbers (id, enq, sent) are 0 */
	struct totals cls[SHUNT_CLASSES];
	__u64 core_refused; /* redirects that the cores' own rings refused */
	struct preempt_totals preempt;
	__u64 on_cores;     /* steered, and not at their end yet */
	__u64 held_running; /* held, and running now */
	__u64 deferred_held; /* held, and to be answered later */
	json_t *domains;
	json_t *wire;       /* the numbers of a NIC that schedules; NULL: it is none */
};

/* own_show.c: the addresses that requests are for. */
json_t *own_json(struct ctl *ctl);

/* Reads all maps. The caller drops s->domains and s->wire. */
int snapshot_take(struct ctl *ctl, struct snapshot *s);
/* The whole object; needs an interface that pick_loaded() took. */
json_t *collect(struct ctl *ctl);
