// SPDX-License-Identifier: BSD-2-Clause
/*
 * prune.c - states that were met before: paths that come together again are followed once
 *
 * Where the kernel looks for them, and keeps them, so do we, since the card's driver remembers what
 * it was told last of each instruction. The kernel compares less (it keeps track of which ranges
 * mattered), and so lets pass a few programs whose paths it happens to meet in a good order.
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

#define MEMORY (256UL << 20) /* of all; more, and paths are followed that need not be */
#define IDS 32

struct id_pairs {
	__u32 old[IDS], new[IDS];
	int n;
};

/* Two values that were one unknown number before must be one now. */
static bool same_id(struct id_pairs *ids, __u32 old, __u32 new)
{
	for (int i = 0; i < ids->n; i++) {
		if (ids->old[i] == old)
			return ids->new[i] == new;
	}
	if (ids->n == IDS)
		return false;
	ids->old[ids->n] = old;
	ids->new[ids->n++] = new;
	return true;
}

static bool covers_packet(const struct reg *old, const struct reg *new, struct id_pairs *ids)
{
	if (old->range < 0 || new->range < 0 ? old->range != new->range : old->range > new->range)
		return false;
	return old->off == new->off && (!old->id || same_id(ids, old->id, new->id)) &&
	       scalar_covers(&old->var, &new->var);
}

static bool covers_reg(const struct reg *old, const struct reg *new, bool ranges,
		       struct id_pairs *ids)
{
	if (old->type == R_NONE || new->type == R_SPOILT)
		return true;
	if (old->type != new->type || old->map != new->map)
		return false;
	switch (old->type) {
	case R_NUMBER:
		return !ranges || scalar_covers(&old->var, &new->var);
	case R_STACK:
		return old->frame == new->frame && old->off == new->off &&
		       scalar_covers(&old->var, &new->var) && scalar_covers(&new->var, &old->var);
	case R_VALUE:
		return old->off == new->off && scalar_covers(&old->var, &new->var);
	case R_VALUE_OR_NULL:
		return same_id(ids, old->id, new->id);
	case R_PACKET:
		return covers_packet(old, new, ids);
	default:
		return true;
	}
}

static bool covers_slot(const struct slot *old, const struct slot *new, bool ranges,
			struct id_pairs *ids)
{
	for (int i = 0; i < 8; i++) {
		if (old->kind[i] != SLOT_MISC && old->kind[i] != new->kind[i])
			return false;
	}
	return old->kind[0] != SLOT_REG || (old->reg.narrow == new->reg.narrow &&
					    covers_reg(&old->reg, &new->reg, ranges, ids));
}

static bool covers_frame(const struct frame *old, const struct frame *new, struct id_pairs *ids)
{
	static const struct slot nothing;

	if (old->start != new->start || old->callsite != new->callsite)
		return false;
	for (int r = 0; r < FP; r++) {
		if ((old->read >> r & 1) &&
		    !covers_reg(&old->regs[r], &new->regs[r], old->exact >> r & 1, ids))
			return false;
	}
	for (int n = 0; n < old->nslots; n++) {
		if ((old->read_slots >> n & 1) &&
		    !covers_slot(&old->slots[n], n < new->nslots ? &new->slots[n] : &nothing,
				 old->exact_slots >> n & 1, ids))
			return false;
	}
	return true;
}

static bool covers(const struct state *old, const struct state *new)
{
	struct id_pairs ids = { .n = 0 };

	if (old->cur != new->cur)
		return false;
	for (int i = 0; i <= old->cur; i++) {
		if (!covers_frame(old->frames[i], new->frames[i], &ids))
			return false;
	}
	return true;
}

/* Back where the path was before, with nothing changed. */
static bool looping(const struct state *old, const struct state *new)
{
	return old->cur == new->cur &&
	       !memcmp(old->frames[old->cur]->regs, new->frames[new->cur]->regs,
		       sizeof(new->frames[0]->regs)) &&
	       covers(old, new);
}

static void keep(struct walk *w)
{
	struct saved *saved;
	struct state *copy;

	if (w->memory + state_size(w->state) > MEMORY)
		return;
	copy = state_copy(w->state);
	saved = calloc(1, sizeof(*saved));
	if (!copy || !saved) {
		state_free(copy);
		free(saved);
		w->stopped = true;
		return;
	}
	w->memory += state_size(copy);
	w->steps_kept = w->steps;
	w->jumps_kept = w->jumps;
	saved->state = *copy;
	free(copy);
	saved->next = w->saved[w->state->at];
	saved->parent = w->state->parent;
	saved->running = 1;
	w->saved[w->state->at] = saved;
	w->state->parent = saved;
	live_begin(w, saved);
}

static bool since_kept(const struct walk *w, __u32 jumps, __u32 steps)
{
	return w->jumps - w->jumps_kept >= jumps && w->steps - w->steps_kept >= steps;
}

/* In vain: a state that seldom is of use is dropped. True: this one was. */
static bool missed(struct walk *w, struct saved **at)
{
	struct saved *s = *at;

	if (++s->misses <= 3 * s->hits + 3)
		return false;
	*at = s->next;
	s->next = w->dropped;
	w->dropped = s;
	return true;
}

bool known_state(struct walk *w)
{
	bool worth = since_kept(w, 2, 8);
	struct saved *s;

	for (struct saved **at = &w->saved[w->state->at]; (s = *at);) {
		if (s->running && looping(&s->state, w->state)) {
			complain(w, RULE_UNBOUNDED, "a loop that never ends");
			return true;
		}
		/* Rounds of a loop seldom meet: not each is kept. */
		if (s->running)
			worth &= w->jumps - w->jumps_kept >= 20 || w->steps - w->steps_kept >= 100;
		else if (covers(&s->state, w->state)) {
			s->hits++;
			live_as(w, s);
			return true;
		}
		if (!worth || !missed(w, at))
			at = &s->next;
	}
	if (worth)
		keep(w);
	return false;
}

void path_ends(struct walk *w, struct saved *from)
{
	for (struct saved *s = from; s && --s->running == 0; s = s->parent)
		;
}
