/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * slots.h - slots, and the queues that they wait in: linked lists, since requests leave at the head
 * but come back there, too
 *
 * The longer functions are global ones: the verifier looks at each once, not at every call.
 * A slot is free, in one queue, or lent: kept until the core says that it took the request.
 */
#pragma once

#include "state.h"

/* Hides the value from the compiler, which would compare a
 * copy: Linux 6.1's verifier bounds only the copy. */
static __always_inline __u64 bound_queue(__u64 queue)
{
	asm volatile("" : "+r"(queue));
	return queue <= SHUNT_NIC_GROUPS ? queue : 0;
}

static __always_inline struct shunt_nic_fifo *get_fifo(struct shunt_nic *n, __u32 cls, __u32 queue)
{
	queue = bound_queue(queue);
	return &n->fifo[shunt_index(cls, SHUNT_CLASSES)][queue];
}

/* How many there are. */
static __always_inline __u32 slots_of(const struct shunt_nic_cfg *cfg)
{
	return cfg->slots && cfg->slots < nic_slots_max ? cfg->slots : nic_slots_max - 1;
}

/* Takes a free slot if "leave" of them remain; 0: none. */
__noinline __u32 take_slot(__u32 leave)
{
	struct shunt_nic *n = get_nic();
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic_slot *s;
	__u32 slot, max;

	if (!n || !cfg)
		return 0;
	max = slots_of(cfg);
	if (n->fresh < max && n->nfree + (max - n->fresh) <= leave)
		return 0;
	if (n->fresh >= max && n->nfree <= leave)
		return 0;
	slot = n->free;
	if (!slot) {
		slot = ++n->fresh;
		s = get_slot(slot);
		if (!s) {
			n->fresh--;
			return 0;
		}
	} else {
		s = get_slot(slot);
		if (!s)
			return 0;
		n->free = s->next;
		n->nfree--;
	}
	s->next = 0;
	s->state = SHUNT_SLOT_LENT;
	return slot;
}

__noinline int free_slot(__u32 slot)
{
	struct shunt_nic *n = get_nic();
	struct shunt_nic_slot *s = get_slot(slot);

	if (!n || !s || !slot || s->state == SHUNT_SLOT_FREE)
		return 0;
	s->state = SHUNT_SLOT_FREE;
	s->next = n->free;
	n->free = slot;
	n->nfree++;
	return 1;
}

static __always_inline void count_token(struct shunt_nic *n, __u32 cls, __u32 queue, __u32 by)
{
	__u64 group = queue - 1;

	if (queue)
		n->cls[shunt_index(cls, SHUNT_CLASSES)]
			.tokens[shunt_index(group, SHUNT_NIC_GROUPS)] += by;
}

/* Into the queue that it names: behind the last, or before the first. */
__noinline int push_slot(__u32 slot, __u32 front)
{
	struct shunt_nic *n = get_nic();
	struct shunt_nic_slot *s = get_slot(slot), *last;
	struct shunt_view *v = get_view();
	struct shunt_nic_fifo *f;
	__u32 queue;

	if (!n || !s || !slot || !v)
		return 0;
	queue = bound_queue(s->queue);
	f = get_fifo(n, s->as, queue);
	s->state = SHUNT_SLOT_QUEUED;
	if (!f->head || front) {
		s->next = f->head;
		if (!f->head)
			f->tail = slot;
		f->head = slot;
		f->first_ns = s->first_ns;
		f->queue_ns = s->queue_ns;
	} else {
		s->next = 0;
		last = get_slot(f->tail);
		if (last)
			last->next = slot;
		f->tail = slot;
	}
	f->count++;
	n->queued++;
	n->waiting[bound_queue(queue)] |= 1 << (s->as & (SHUNT_CLASSES - 1));
	v->enq[shunt_index(s->as, SHUNT_CLASSES)]++;
	count_token(n, s->cls, queue, 1);
	return 1;
}

/* The head of a queue, lent from now on; 0: it is empty. */
__noinline __u32 pop_slot(__u32 cls, __u32 queue)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_slot *s, *next;
	struct shunt_nic_fifo *f;
	__u32 slot;

	if (!n || !v || queue > SHUNT_NIC_GROUPS)
		return 0;
	cls &= SHUNT_CLASSES - 1;
	f = get_fifo(n, cls, queue);
	slot = f->head;
	s = get_slot(slot);
	if (!slot || !s)
		return 0;
	f->head = s->next;
	f->count--;
	n->queued--;
	v->deq[shunt_index(cls, SHUNT_CLASSES)]++;
	count_token(n, s->cls, queue, -1);
	next = get_slot(f->head);
	if (f->head && next) {
		f->first_ns = next->first_ns;
		f->queue_ns = next->queue_ns;
	} else {
		f->tail = 0;
		n->waiting[bound_queue(queue)] &= ~(1 << cls);
	}
	s->next = 0;
	s->state = SHUNT_SLOT_LENT;
	return slot;
}

/* All tokens of a group are worthless: its process is gone. */
__noinline int purge_tokens(__u32 queue)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_fifo *f;
	struct shunt_nic_slot *last;
	__u32 *tokens;
	__u64 group = queue - 1;

	if (!n || !v || !queue || queue > SHUNT_NIC_GROUPS)
		return 0;
	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		f = get_fifo(n, c, queue);
		last = get_slot(f->tail);
		if (!f->head || !last)
			continue;
		v->deq[c] += f->count;
		if (nic_has_actors) { /* each is counted for its actor first: give_back() */
			last->next = n->gone;
			n->gone = f->head;
			f->head = f->tail = f->count = 0;
			continue;
		}
		/* The whole list goes in front of the free slots. The slots keep saying
		 * QUEUED: the next use of a slot sets its state, and no other code looks. */
		last->next = n->free;
		n->free = f->head;
		n->nfree += f->count;
		n->queued -= f->count;
		f->head = f->tail = f->count = 0;
	}
	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		tokens = &n->cls[c].tokens[shunt_index(group, SHUNT_NIC_GROUPS)];
		n->cls[c].lost += *tokens;
		*tokens = 0;
	}
	n->waiting[bound_queue(queue)] = 0;
	return 0;
}
