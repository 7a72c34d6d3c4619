/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mailbox.h - messages that wait for an actor: any thread puts some in, who has the actor's lock
 * takes them out
 *
 * A bounded ring in the process's own memory; but its tail is the slot's count "told" in the
 * place's memory, so after a death the next process knows how many there were.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <shunt/actor.h>

#include "layout.h"

struct letter {
	uint32_t to, from, kind, len;
	uint64_t cookie;
};

struct cell {
	_Atomic uint32_t seq; /* position + 1: filled; position: free for that one */
	uint32_t pad;
	struct letter is;
	char data[SHUNT_TELL_MAX];
};
_Static_assert(sizeof(struct cell) == 2 * PLACE_LINE, "a message is two lines");

struct mailbox {
	_Atomic uint64_t head; /* position of the next to be taken. By the lock's holder */
	struct cell cell[SHUNT_MAILBOX] __attribute__((aligned(PLACE_LINE)));
};

/* Empty, its next position being that. */
static inline void mailbox_begin(struct mailbox *m, uint64_t at)
{
	atomic_store_explicit(&m->head, at, memory_order_relaxed);
	for (uint32_t i = 0; i < SHUNT_MAILBOX; i++)
		atomic_store_explicit(&m->cell[(at + i) % SHUNT_MAILBOX].seq, (uint32_t)(at + i),
				      memory_order_relaxed);
}

/* Most messages are a word or two: copied here, not by a call. */
static inline void cell_copy(char *to, const char *from, uint32_t len)
{
	if (len > 16) {
		memcpy(to, from, len);
	} else if (len >= 8) {
		uint64_t first, last;

		memcpy(&first, from, 8);
		memcpy(&last, from + len - 8, 8);
		memcpy(to, &first, 8);
		memcpy(to + len - 8, &last, 8);
	} else if (len >= 4) {
		uint32_t first, last;

		memcpy(&first, from, 4);
		memcpy(&last, from + len - 4, 4);
		memcpy(to, &first, 4);
		memcpy(to + len - 4, &last, 4);
	} else {
		for (uint32_t i = 0; i < len; i++)
			to[i] = from[i];
	}
}

/*
 * False: full. The swap of the tail is a full barrier: whoever takes the actor's bit out of those
 * that have messages, and looks at the tail after that, sees this message, or the teller, who looks
 * at the bit after the swap, sees that the bit is gone.
 */
static inline bool mailbox_put(struct mailbox *m, uint64_t *told, const struct letter *in,
			       const void *data)
{
	uint64_t at = __atomic_load_n(told, __ATOMIC_RELAXED);
	struct cell *c;

	for (;;) {
		int32_t ahead;

		c = &m->cell[at % SHUNT_MAILBOX];
		ahead = (int32_t)(atomic_load_explicit(&c->seq, memory_order_acquire) -
				  (uint32_t)at);
		if (ahead < 0)
			return false;
		if (ahead > 0)
			at = __atomic_load_n(told, __ATOMIC_RELAXED);
		else if (__atomic_compare_exchange_n(told, &at, at + 1, true, __ATOMIC_SEQ_CST,
						     __ATOMIC_RELAXED))
			break;
	}
	c->is = *in;
	cell_copy(c->data, data, in->len);
	/* Release: who sees it filled sees what it is filled with. */
	atomic_store_explicit(&c->seq, (uint32_t)at + 1, memory_order_release);
	return true;
}

static inline uint64_t mailbox_head(const struct mailbox *m)
{
	return atomic_load_explicit(&m->head, memory_order_relaxed);
}

/* The message at the head, which stays there; NULL: none is there, or its teller is not done. */
static inline struct cell *mailbox_first(struct mailbox *m)
{
	uint64_t head = mailbox_head(m);
	struct cell *c = &m->cell[head % SHUNT_MAILBOX];

	return atomic_load_explicit(&c->seq, memory_order_acquire) == (uint32_t)head + 1 ? c : NULL;
}

static inline void mailbox_drop_first(struct mailbox *m, struct cell *c)
{
	uint64_t head = mailbox_head(m);

	atomic_store_explicit(&c->seq, (uint32_t)head + SHUNT_MAILBOX, memory_order_release);
	atomic_store_explicit(&m->head, head + 1, memory_order_relaxed);
}
