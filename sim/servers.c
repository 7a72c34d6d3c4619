// SPDX-License-Identifier: BSD-2-Clause
/*
 * servers.c - the servers that calls go to: alike, each an engine of its own, in the order of what happens in them
 */
#include <errno.h>

#include "calls.h"

static void reorder(struct calls *k, int which)
{
	if (k->nservers > 1 && !k->ahead)
		tournament_set(&k->order, which, engine_next(&k->server[which]));
}

int servers_open(struct calls *k, char *err)
{
	int res;

	k->server = calloc(k->nservers, sizeof(*k->server));
	if (!k->server || (k->nservers > 1 && tournament_make(&k->order, k->nservers)))
		return -ENOMEM;
	for (int i = 0; i < k->nservers; i++) {
		struct engine *e = &k->server[i];

		e->calls = k;
		e->index = i;
		e->c = k->c;
		e->p = k->c->policy;
		e->r = k->r;
		res = engine_open(e, err);
		if (res)
			return res;
		reorder(k, i);
	}
	return 0;
}

/* What comes to one server. */
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

		while (e->in_flight)
			step(k, e);
		last = e->now > last ? e->now : last;
	}
	k->now = last;
}

void servers_close(struct calls *k)
{
	free(k->ahead);
	for (int i = 0; k->server && i < k->nservers; i++)
		engine_close(&k->server[i]);
	free(k->server);
	tournament_free(&k->order);
}

tick servers_next(const struct calls *k, int *which)
{
	*which = k->nservers > 1 ? tournament_first(&k->order) : 0;
	return k->nservers > 1 ? tournament_time(&k->order) : engine_next(&k->server[0]);
}

void servers_step(struct calls *k, int which)
{
	engine_step(&k->server[which]);
	reorder(k, which);
}

void servers_send(struct calls *k, uint32_t copy, tick service, uint32_t flow, int cls)
{
	struct copy *y = copy_at(k, copy);
	int which = y->server;
	struct engine *e = &k->server[which];
	struct req q = { .arrival = k->now, .left = service, .service = service, .n = copy, .cls = cls };

	e->now = k->now;
	y->req = req_new(e);
	if (!y->req) {
		calls_refused(e, &q, REFUSED_DROP);
		return;
	}
	e->pool[y->req] = q;
	req_arrive(e, y->req, flow);
	reorder(k, which);
}
