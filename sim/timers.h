/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timers.h - what clients wait for: a heap in which each
 * knows its place, so that it can be taken out again
 *
 * An answer takes the timer of its attempt with it: there
 * are never more timers than parts and clients.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define OF_CLIENT (1U << 31) /* in who: a client that thinks, and has no place */

struct timer {
	tick at;
	uint32_t who;
};

struct timers {
	struct timer *t;  /* from 1 */
	uint32_t *place;  /* of a part's, by its number; 0: it has none */
	uint32_t n, room, parts;
};

static inline void *timers_more(void *at, size_t bytes)
{
	at = realloc(at, bytes);
	if (!at) {
		fprintf(stderr, "shunt-sim: no memory\n");
		exit(1);
	}
	return at;
}

/* Parts up to this number may have timers. */
static inline void timers_part(struct timers *t, uint32_t part)
{
	uint32_t was = t->parts;

	if (part < was)
		return;
	t->parts = 2 * part + 256;
	t->place = (uint32_t *)timers_more(t->place, t->parts * sizeof(*t->place));
	for (uint32_t i = was; i < t->parts; i++)
		t->place[i] = 0;
}

static inline void timers_put(struct timers *t, uint32_t i, struct timer x)
{
	t->t[i] = x;
	if (!(x.who & OF_CLIENT))
		t->place[x.who] = i;
}

static inline void timers_up(struct timers *t, uint32_t i, struct timer x)
{
	for (; i > 1 && t->t[i / 2].at > x.at; i /= 2)
		timers_put(t, i, t->t[i / 2]);
	timers_put(t, i, x);
}

static inline void timers_down(struct timers *t, uint32_t i, struct timer x)
{
	uint32_t child;

	for (; (child = 2 * i) <= t->n; i = child) {
		child += child < t->n && t->t[child + 1].at < t->t[child].at;
		if (t->t[child].at >= x.at)
			break;
		timers_put(t, i, t->t[child]);
	}
	timers_put(t, i, x);
}

static inline void timers_add(struct timers *t, tick at, uint32_t who)
{
	if (t->n + 1 >= t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->t = (struct timer *)timers_more(t->t, t->room * sizeof(*t->t));
	}
	t->n++;
	timers_up(t, t->n, (struct timer){ at, who });
}

static inline void timers_take(struct timers *t, uint32_t i)
{
	struct timer last = t->t[t->n--];

	if (!(t->t[i].who & OF_CLIENT))
		t->place[t->t[i].who] = 0;
	if (i > t->n)
		return;
	if (i > 1 && t->t[i / 2].at > last.at)
		timers_up(t, i, last);
	else
		timers_down(t, i, last);
}

/* A part has one timer at most. */
static inline void timers_stop(struct timers *t, uint32_t part)
{
	if (t->place[part])
		timers_take(t, t->place[part]);
}

static inline void timers_set(struct timers *t, tick at, uint32_t part)
{
	timers_stop(t, part);
	timers_add(t, at, part);
}

static inline tick timers_next(const struct timers *t)
{
	return t->n ? t->t[1].at : NEVER;
}

static inline void timers_free(struct timers *t)
{
	free(t->t);
	free(t->place);
}
