/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * actor.h - the actor that a request is for: its row, and XDP's counts of it
 *
 * Rows are the loader's, but root may have written anything: a number is bounded by the map, class
 * and core by those who use them.
 */
#pragma once

#include "front.h"

/* The row of the request's actor, if its rule names one: the class is the row's then. */
static __always_inline __u32 actor_find(struct front *f, __u32 named, __u32 cls)
{
	__u32 nr = RULE_ACTOR(named), spread = RULE_SPREAD(named);
	void *row;

	f->actor = 0;
	f->row = 0;
	if (!nr)
		return cls;
	if (spread > 1)
		nr += (__u64)hash_key(&f->p, f->port) * spread >> 32;
	f->actor = nr--;
	row = bpf_map_lookup_elem(&actors, &nr);
	if (row)
		f->row = *(volatile __u64 *)row;
	return f->row ? SHUNT_ROW_CLS(f->row) : cls;
}

/* As front_class(), where rules name actors. */
static __always_inline void actor_class(struct front *f, const struct shunt_cfg *c,
					struct shunt_ingress *in)
{
	__u32 spill, named = 0, cls;

	if (f->port->flags & SHUNT_PORT_RPC)
		cls = rpc_class(&f->p, f->port, &spill);
	else
		cls = classify(&f->p, f->port, &spill, &named);
	front_count_class(f, c, in, actor_find(f, named, cls), spill);
}

static __always_inline struct shunt_actor_in *actor_count(const struct front *f)
{
	__u32 nr = f->actor - 1;

	return bpf_map_lookup_elem(&actor_in, &nr);
}

/* Counts the arrival. 0: the actor is not there, so its request is dropped, and counted so. */
static __always_inline int actor_arrives(const struct front *f, __u32 domain)
{
	struct shunt_actor_in *n = actor_count(f);
	int none = SHUNT_ROW_STATE(f->row) != SHUNT_ACTOR_HERE;

	if (n)
		n->arrived++;
	if (!none && SHUNT_ROW_DOMAIN(f->row) == domain)
		return 1;
	if (n && none)
		n->none++;
	else if (n)
		n->away++;
	f->n->dropped++;
	return 0;
}

/* Counts the end of a request that went to no core. rejected: the class's count of before. */
static __always_inline void actor_ends(const struct front *f, int action, __u64 rejected)
{
	struct shunt_actor_in *n;

	if (action == XDP_REDIRECT)
		return;
	n = actor_count(f);
	if (!n)
		return;
	if (action == XDP_PASS)
		n->passed++;
	else if (f->n->rejected != rejected)
		n->rejected++;
	else
		n->dropped++;
}

/* The actor's id for the request's metadata; 0: it is for none. */
static __always_inline __u32 actor_id(const struct front *f)
{
	return f->actor ? SHUNT_ACTOR_ID(SHUNT_ROW_GEN(f->row), f->actor - 1) : 0;
}
