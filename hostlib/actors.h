/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actors.h - the actors of the load as a worker sees them: their rows, and its cores' counts of
 * them
 *
 * A request's actor is XDP's word, but it comes through memory that others can write: the number is
 * bounded here.
 */
#pragma once

#include "internal.h"

struct actors {
	const struct shunt_actor_row *row; /* shuntd's copy of them, as they were loaded */
	struct shunt_actor_core *count;    /* core * n + number */
	uint32_t n, cores;
};

/* actors.c: what comes with ACTORS, before cores run; and when the link is given up. */
int actors_take(struct shunt *s, const struct shunt_msg_actors *msg, int *fd, int nfd);
void actors_drop(struct shunt *s);

/* The number of the request's actor, + 1; 0: it has none. */
static inline uint16_t actors_nr(const struct core *c, const struct item *it)
{
	const struct actors *a = c->s->actors;

	if (__builtin_expect(!it->req.actor, 1))
		return 0;
	return a && SHUNT_ACTOR_NR(it->req.actor) < a->n ? SHUNT_ACTOR_NR(it->req.actor) + 1 : 0;
}

/* The id of the actor that a request is for; 0: it is for none. A NIC names the row. */
static inline uint32_t actors_id(const struct shunt *s, const struct shunt_meta *m)
{
	const struct actors *a = s->actors;
	uint32_t nr;

	if (!a)
		return 0;
	if (!s->transport->nic_decides)
		return m->actor;
	nr = (uint32_t)m->row - 1;
	return nr < a->n ? SHUNT_ACTOR_ID(a->row[nr].gen, nr) : 0;
}

/* This core's counts of the request's actor; NULL: it has none. */
static inline struct shunt_actor_core *actors_line(const struct core *c, const struct item *it)
{
	uint16_t nr = actors_nr(c, it);

	return nr ? &c->s->actors->count[c->id * c->s->actors->n + nr - 1] : NULL;
}

static inline uint32_t actors_ended(const struct core *c, const struct item *it)
{
	const struct shunt_actor_core *n = actors_line(c, it);

	return n ? ledger_actor_ended(n) : 0;
}

/* n may be NULL. */
static inline __u64 *actors_count(struct shunt_actor_core *n, bool replied)
{
	return !n ? NULL : replied ? &n->replied : &n->noreply;
}

static inline void actors_time(struct shunt_actor_core *n, uint64_t service_ns)
{
	bump(n->timed, 1);
	bump(n->service_ns, service_ns);
	bump(n->service_sq, service_ns * service_ns);
}
