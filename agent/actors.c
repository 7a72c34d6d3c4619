// SPDX-License-Identifier: BSD-2-Clause
/*
 * actors.c - counts the requests of actors that died with a worker, or expired in a ring
 */
#include "actor_maps.h"
#include "actors.h"
#include "ledger_read.h"
#include "peek.h"

SHUNT_ASSERT(STATE_ACTORS == VERDICT_ACTORS, "the state has room for a verdict");

/* The agent's counts of an actor; NULL: there is no such actor. */
static struct shunt_actor_agent *line_of(const struct domain *d, __u32 nr)
{
	const struct actor_maps *m = d->maps->actors;

	return m && nr < m->n ? &m->agent[nr] : NULL;
}

void actors_show(struct domain *d)
{
	const struct actor_maps *m = d->maps->actors;

	d->pool.r.actors = m ? m->count[d->id] : NULL;
	d->pool.r.nactors = m && m->count[d->id] && m->cores[d->id] >= d->pool.r.geo.ncores ?
				    m->n : 0;
}

/* The sums of an actor, which are its counts to begin with; NULL: there is no room. */
static struct actor_sums *sums_of(const struct domain *d, __u32 nr)
{
	struct domain_state *s = d->pool.state;
	const struct shunt_actor_agent *n = line_of(d, nr);

	for (__u32 i = 0; i < s->nactors; i++) {
		if (s->actor[i].nr == nr)
			return &s->actor[i];
	}
	if (!n || s->nactors == STATE_ACTORS)
		return NULL;
	s->actor[s->nactors] = (struct actor_sums){ .nr = nr, .lost = peek(n->lost),
						    .replied = peek(n->replied) };
	return &s->actor[s->nactors++];
}

void actors_decide(struct domain *d, const struct verdict *v)
{
	d->pool.state->nactors = 0;
	for (__u32 i = 0; i < v->nactors; i++) {
		struct actor_sums *s = sums_of(d, v->actor[i].nr);

		if (s && v->actor[i].replied)
			s->replied++;
		else if (s)
			s->lost++;
	}
}

void actors_count(const struct domain *d)
{
	const struct domain_state *s = d->pool.state;

	for (__u32 i = 0; i < s->nactors && i < STATE_ACTORS; i++) {
		struct shunt_actor_agent *n = line_of(d, s->actor[i].nr);

		if (!n)
			continue;
		poke(n->lost, s->actor[i].lost);
		poke(n->replied, s->actor[i].replied);
	}
}

void actors_expire(const struct domain *d, const struct shunt_meta *m, struct expiring *e)
{
	__u32 id = m ? peek(m->actor) : 0, nr = SHUNT_ACTOR_NR(id), i;
	const struct shunt_actor_agent *n = id ? line_of(d, nr) : NULL;

	if (!n)
		return;
	for (i = 0; i < e->nactors && e->actor[i].nr != nr; i++)
		;
	if (i == EXPIRE_AT_ONCE)
		return;
	if (i == e->nactors)
		e->actor[e->nactors++] =
			(struct actor_expired){ .nr = nr, .sum = peek(n->expired) };
	e->actor[i].sum++;
}

void actors_expired(const struct domain *d, const struct expiring *e)
{
	for (__u32 i = 0; i < e->nactors && i < EXPIRE_AT_ONCE; i++) {
		struct shunt_actor_agent *n = line_of(d, e->actor[i].nr);

		if (n)
			poke(n->expired, e->actor[i].sum);
	}
}
