/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actor_counts.h - counts of actors, added up over CPUs, domains and cores
 *
 * As with all counts of several writers: while requests flow, sums may be a few apart.
 */
#pragma once

#include "ctl.h"

struct actor_counts {
	__u64 arrived, rejected, dropped, away, none, passed; /* XDP's */
	__u64 replied, noreply, expired;                      /* cores' and the agent's */
	__u64 lost;
	__u64 running;
	__u64 timed, service_ns;
};

/* Of the first n actors, into out. */
int actor_counts_read(struct ctl *ctl, const struct shunt_cfg *cfg, struct actor_counts *out);
/* Requests that have begun: "taken" from their ring. */
__u64 actor_counts_taken(const struct actor_counts *c);
/* Arrived, and not at any end: they wait, run, or a full ring refused them. */
__s64 actor_counts_open(const struct actor_counts *c);
