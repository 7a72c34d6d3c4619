/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace.h - how often loads are published to a card, and when that is too seldom to be of use
 *
 * Of two cores the less loaded: by loads that are old, that is worse than either of them by lot.
 * With exponential services and 70 % load it is so when loads become about 17 mean services old
 * (docs/nfp.md), later at more load. A publisher that cannot do better publishes equal loads: then
 * the lot decides.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#define PACE_SERVICES 5          /* a period, in mean services */
#define PACE_BEHIND 16           /* loads this old, in mean services, are worse than none */
#define PACE_CAUGHT_UP 12        /* below this age they are of use again */
#define PACE_MIN_NS 50000ULL     /* a timer's own lateness is nearly this */
#define PACE_MAX_NS 10000000ULL
#define PACE_BLIND_NS 100000ULL  /* while nobody knows how long services take */
#define PACE_PROBE_NS 1000000ULL /* between messages while behind: has the card become faster? */

struct pace {
	__u64 fixed_ns;   /* the operator's period; 0: as services ask for */
	__u64 message_ns; /* EWMA: what a round's messages take */
	__u64 late_ns;    /* EWMA: how much later than planned a round begins */
	bool behind;
};

/* From one round to the next, with half of the card's time
 * left to others. mean_ns: of services; 0: not known. */
__u64 pace_period(const struct pace *p, __u64 mean_ns);
/* How old loads become before the next ones take their place. */
__u64 pace_age(const struct pace *p, __u64 mean_ns);
/* After each round; message_ns 0: there was none to send. */
void pace_note(struct pace *p, __u64 late_ns, __u64 message_ns, __u64 mean_ns);
