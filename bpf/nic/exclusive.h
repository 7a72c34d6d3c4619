/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * exclusive.h - an exclusive actor's requests at the NIC: one core at a time has some of them, in
 * the order in which they arrived
 *
 * Requests that wait are in a FIFO of the actor's own. The first of them is its ticket, which waits
 * in the queue of its class, where the policy sees it as any request. The core that takes the
 * ticket has the actor until all that it was sent has ended. Then the next request is the ticket.
 * So there is a ticket if and only if a request waits and none is out. tests/model/actor.pml is
 * this for spin.
 *
 * The longer functions are global ones: the verifier looks at each once, not at every call.
 */
#pragma once

#include "slots.h"

/* word: as in a slot, the row, + 1, and maybe SHUNT_NIC_EXCLUSIVE. */
static __always_inline struct shunt_nic_actor *get_actor(__u32 word)
{
	__u32 nr = (word & ~SHUNT_NIC_EXCLUSIVE) - 1;

	return bpf_map_lookup_elem(&nic_actors, &nr);
}

/* How many of its requests one core may have, as its row says now; 0: it is exclusive no more. */
static __always_inline __u32 exclusive_most(__u32 word)
{
	__u32 nr = (word & ~SHUNT_NIC_EXCLUSIVE) - 1;
	void *row = bpf_map_lookup_elem(&actors, &nr);

	return row ? SHUNT_ROW_EXCLUSIVE(*(volatile __u64 *)row) : 0;
}

/* --- the FIFO --------------------------------------------------------------------------------- */

/* Behind the last, or before the first. */
__noinline int push_behind(__u32 slot, __u32 front)
{
	struct shunt_nic_slot *s = get_slot(slot), *last;
	struct shunt_nic_actor *a;
	struct shunt_nic *n = get_nic();

	if (!n || !slot || !s)
		return 0;
	a = get_actor(s->actor);
	if (!a)
		return 0;
	s->state = SHUNT_SLOT_QUEUED;
	if (!a->head || front) {
		s->next = a->head;
		if (!a->head)
			a->tail = slot;
		a->head = slot;
	} else {
		s->next = 0;
		last = get_slot(a->tail);
		if (last)
			last->next = slot;
		a->tail = slot;
	}
	a->count++;
	n->behind[shunt_index(s->as, SHUNT_CLASSES)]++;
	n->queued++;
	return 1;
}

/* The first, lent from now on; 0: there is none. */
static __always_inline __u32 pop_behind(__u32 word)
{
	struct shunt_nic_actor *a = get_actor(word);
	struct shunt_nic *n = get_nic();
	struct shunt_nic_slot *s;
	__u32 slot;

	if (!n || !a)
		return 0;
	slot = a->head;
	s = get_slot(slot);
	if (!slot || !s)
		return 0;
	a->head = s->next;
	if (!a->head)
		a->tail = 0;
	a->count--;
	n->behind[shunt_index(s->as, SHUNT_CLASSES)]--;
	n->queued--;
	s->next = 0;
	s->state = SHUNT_SLOT_LENT;
	return slot;
}

/* --- the ticket ------------------------------------------------------------------------------- */

/* None of the actor's requests is out, nor has it a ticket: the first one that waits is it. front:
 * it goes before all others of its class, as it was before them already. */
static __always_inline int next_ticket(__u32 word, __u32 front)
{
	struct shunt_nic_actor *a = get_actor(word);
	__u32 slot = pop_behind(word);
	struct shunt_nic_slot *s = get_slot(slot);

	if (!a || !slot || !s)
		return 0;
	if (!front)
		s->queue_ns = bpf_ktime_get_ns();
	a->ticket = 1;
	return push_slot(slot, front);
}

/* A request that was copied waits: behind others of its exclusive actor; or in the queue of its
 * class, as the ticket if it has such an actor. */
__noinline int exclusive_waits(__u32 slot)
{
	struct shunt_nic_slot *s = get_slot(slot);
	struct shunt_nic_actor *a;

	if (!slot || !s)
		return 0;
	a = s->actor & SHUNT_NIC_EXCLUSIVE ? get_actor(s->actor) : NULL;
	if (a && (a->out || a->ticket))
		return push_behind(slot, 0);
	if (a)
		a->ticket = 1;
	return push_slot(slot, 0);
}

/* --- what is out ------------------------------------------------------------------------------ */

/* A request, or the token of one, is booked for the core. */
__noinline int exclusive_goes(__u32 word, __u32 core, __u32 token)
{
	struct shunt_nic_actor *a = get_actor(word);
	struct shunt_nic_core *c = get_core(core);
	__u32 most = exclusive_most(word);

	if (!a || !c)
		return 0;
	if (a->last != core + 1) {
		a->moved += a->last != 0;
		a->last = core + 1;
	}
	a->core = core + 1;
	if (token) /* it is out since it was sent as a request */
		return 1;
	if (!a->out) {
		a->ticket = 0;
		a->grant = most ? most - 1 : 0;
		c->granted = word;
	}
	a->out++;
	return 1;
}

/* One is out no more: it has ended, or waits again. front: as for next_ticket(). */
static __always_inline int exclusive_ends(__u32 word, __u32 front)
{
	struct shunt_nic_actor *a = get_actor(word);

	if (!a)
		return 0;
	if (a->out)
		a->out--;
	if (a->out)
		return 1;
	a->core = a->grant = 0;
	return next_ticket(word, front);
}

/* One of them is parked, and stays out; until it goes on, no core gets others. */
__noinline int exclusive_parks(__u32 word)
{
	struct shunt_nic_actor *a = get_actor(word);

	if (a)
		a->core = a->grant = 0;
	return 1;
}

/* A request that its core did not take goes back: of several, the youngest first. */
__noinline int send_back(__u32 slot)
{
	struct shunt_nic_slot *s = get_slot(slot);

	if (!slot || !s)
		return 0;
	if (!nic_has_actors || !(s->actor & SHUNT_NIC_EXCLUSIVE))
		return push_slot(slot, 1);
	if (!s->len) {
		exclusive_parks(s->actor);
		return push_slot(slot, 1);
	}
	push_behind(slot, 1);
	return exclusive_ends(s->actor, 1);
}

/* --- where it goes ---------------------------------------------------------------------------- */

enum { EXCLUSIVE_ANY = -1, EXCLUSIVE_WAITS = -2 };

/* The core for a request that arrives: that which has the actor; EXCLUSIVE_ANY: as the policy says;
 * or it waits. */
__noinline int exclusive_way(__u32 word)
{
	struct shunt_nic_actor *a = get_actor(word);
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c;
	__u32 core;

	if (!(word & SHUNT_NIC_EXCLUSIVE) || !a || !cfg || !v || (!a->out && !a->ticket))
		return EXCLUSIVE_ANY;
	if (!a->core || a->count || a->out >= exclusive_most(word))
		return EXCLUSIVE_WAITS;
	core = shunt_index(a->core - 1, SHUNT_CORES);
	c = get_core(core);
	if (!c || !(v->up >> core & 1) || c->load >= outstanding_max(cfg))
		return EXCLUSIVE_WAITS;
	return core;
}

/* The request that the core may have before others, by the ticket that it took; 0: there is none.
 * It is first of its FIFO. */
__noinline __u32 granted_to(__u32 core)
{
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_actor *a;

	if (!c || !c->granted)
		return 0;
	a = get_actor(c->granted);
	if (!a || a->core != core + 1 || !a->grant || a->out >= exclusive_most(c->granted))
		return 0;
	return a->head;
}

/* It was sent. */
__noinline int granted_goes(__u32 word)
{
	struct shunt_nic_actor *a = get_actor(word);

	if (!a)
		return 0;
	if (a->grant)
		a->grant--;
	return pop_behind(word);
}
