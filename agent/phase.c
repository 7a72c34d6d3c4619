// SPDX-License-Identifier: BSD-2-Clause
/*
 * phase.c - a domain's phases: the event that leads from one to another
 */
#include <stdlib.h>

#include "domain.h"
#include "log.h"
#include "phase.h"

static const struct transition {
	enum domain_phase from;
	enum domain_event event;
	enum domain_phase to;
} transitions[] = {
	{ DOMAIN_OFF, DOMAIN_MADE, DOMAIN_FREE },
	{ DOMAIN_OFF, DOMAIN_HELD, DOMAIN_BUSY },
	{ DOMAIN_BUSY, DOMAIN_HELD, DOMAIN_BUSY },
	{ DOMAIN_BUSY, DOMAIN_MADE, DOMAIN_FREE },
	{ DOMAIN_FREE, DOMAIN_ATTACHED, DOMAIN_TAKEN },
	{ DOMAIN_TAKEN, DOMAIN_GOODBYE, DOMAIN_LEFT },
	{ DOMAIN_TAKEN, DOMAIN_ENDED, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_ENDED, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_RETURNS, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_ATTACHED, DOMAIN_TAKEN },
	{ DOMAIN_RECLAIM, DOMAIN_RECLAIMED, DOMAIN_FREE },
	{ DOMAIN_RECLAIM, DOMAIN_MAY_RETURN, DOMAIN_LEFT },
};

bool domain_may(enum domain_phase from, enum domain_event event, enum domain_phase *to)
{
	*to = DOMAIN_OFF;
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
		if (transitions[i].from != from || transitions[i].event != event)
			continue;
		*to = transitions[i].to;
		return true;
	}
	return event == DOMAIN_GIVEN_UP;
}

void domain_move(struct domain *d, enum domain_event event)
{
	enum domain_phase from = d->phase;

	if (domain_may(from, event, &d->phase))
		return;
	log_say(LOG_ERR, "domain %u cannot go on from phase %d by event %d: a defect in shuntd",
		d->id, from, event);
	abort();
}
