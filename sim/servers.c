// SPDX-License-Identifier: BSD-2-Clause
/*
 * servers.c - the servers that calls go to: alike, each an
 * engine of its own, in the order of what happens in them
 */
#include <errno.h>

#include "calls.h"

static void reorder(struct calls *k, int which)
{
	if (k->nservers > 1 && !k->ahead)
		tournament_set(&k->order, which, engine_next(&k->server[which]));
}

int servers_open(struct calls *k, struct why *why)
{
	int res;

	k->server = calloc(k->nservers, sizeof(*k->server));
	if (!k->server || (k->nservers > 1 && tournament_make(&k->order, k->nservers)))
		return -ENOMEM;
	for (int i = 0; i < k->nservers; i++) {
		struct engine *e = &k->server[i];

		e->calls = k;
		e->hooks = k->hooks;
		e->index = i;
		e->c = k->c;
		e->r = k->r;
		res = engine_open(e, why);
		if (res)
			return res;
		reorder(k, i);
	}
	return 0;
}

void servers_close(struct calls *k)
{
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

bool servers_stuck(const struct calls *k)
{
	for (int i = 0; i < k->nservers; i++) {
		if (!engine_stuck(&k->server[i]))
			return false;
	}
	return true;
}

void servers_step(struct calls *k, int which)
{
	engine_step(&k->server[which]);
	reorder(k, which);
}

bool servers_send(struct calls *k, uint32_t copy, tick service, uint32_t flow, int cls)
{
	struct copy *y = copy_at(k, copy);
	int which = y->server;
	struct engine *e = &k->server[which];
	struct req q = { .arrival = k->now, .left = service, .service = service, .n = copy,
			 .cls = cls };

	e->now = k->now;
	y->req = req_new(e);
	if (!y->req)
		return false;
	e->pool[y->req] = q;
	req_arrive(e, y->req, flow);
	reorder(k, which);
	return true;
}
