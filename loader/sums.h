/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sums.h - counts of an interface, added up over its domains, and the domains themselves
 *
 * Counts come from several writers and are read one after the other: while requests flow, sums may
 * be a few apart.
 */
#pragma once

#include "ctl.h"

struct class_sums {
	__u64 replied, noreply, lost, expired, refused, waiting, running, parked, deferred;
	__u64 said_no, unsaid; /* of the rejected and dropped */
	__u64 late; /* of those that ended: after their objective */
	/* Service time of those domains that have measured it, weighted by rate. */
	__u64 rate, late_rate, age_ns;
	double weight, mean, square;
};

struct preempt_sums {
	struct shunt_core_preempt n; /* of all cores */
	__u64 agent_marks, agent_signals;
	__u64 parked_held, parked_peak;
};

struct sums {
	struct shunt_cfg cfg;
	struct shunt_class classes[SHUNT_CLASSES];
	__u64 bad_index;         /* that policies asked for */
	struct shunt_ingress in; /* XDP's counts, added up; its numbers (id, enq, sent) are 0 */
	struct class_sums cls[SHUNT_CLASSES];
	__u64 core_refused; /* redirects that the cores' own rings refused */
	struct preempt_sums preempt;
	__u64 on_cores;     /* steered, and not at their end yet */
	__u64 held_running; /* held, and running now */
	__u64 deferred_held; /* held, and to be answered later */
	json_t *domains;
	json_t *wire;       /* the numbers of a NIC that schedules; NULL: it is none */
};

/* Reads all maps. The caller drops s->domains and s->wire. */
int sums_read(struct ctl *ctl, struct sums *s);
