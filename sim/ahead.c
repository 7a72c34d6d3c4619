// SPDX-License-Identifier: BSD-2-Clause
/*
 * ahead.c - servers that are simulated one after the other,
 * some calls at a time: each then stays in the cache
 */
#include <errno.h>

#include "calls.h"

/* Requests that one server will get, in order of time. */
struct ahead {
	int n;
	struct {
		tick at, service;
		uint32_t part;
	} due[AHEAD];
};

int ahead_open(struct calls *k)
{
	k->ahead = calloc(k->nservers, sizeof(*k->ahead));
	return k->ahead ? 0 : -ENOMEM;
}

void ahead_add(struct calls *k, uint32_t part, tick at, tick service)
{
	struct ahead *a = &k->ahead[part_at(k, part)->server];

	a->due[a->n].at = at;
	a->due[a->n].service = service;
	a->due[a->n++].part = part;
}

static void step(struct calls *k, struct engine *e)
{
	engine_step(e);
	k->events++;
}

void ahead_run(struct calls *k)
{
	for (int s = 0; s < k->nservers; s++) {
		struct engine *e = &k->server[s];
		struct ahead *a = &k->ahead[s];

		for (int i = 0; i < a->n; i++) {
			while (engine_next(e) < a->due[i].at)
				step(k, e);
			k->now = a->due[i].at;
			part_begin(k, a->due[i].part, a->due[i].service);
		}
		a->n = 0;
	}
}

void ahead_finish(struct calls *k)
{
	tick last = 0;

	for (int s = 0; s < k->nservers; s++) {
		struct engine *e = &k->server[s];

		while (e->in_flight && !(k->c->nfails && engine_stuck(e)))
			step(k, e);
		last = e->now > last ? e->now : last;
	}
	k->now = last;
}

void ahead_close(struct calls *k)
{
	free(k->ahead);
}
