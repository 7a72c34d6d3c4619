// SPDX-License-Identifier: BSD-2-Clause
/*
 * tell.c - messages to actors of the place, and their timers
 */
#include <errno.h>
#include <time.h>

#include "place.h"

int place_tell(struct place *p, uint32_t to, uint32_t from, uint32_t kind, const void *data,
	       uint32_t len, uint64_t cookie)
{
	struct shunt_actor *a = place_actor(p, to);
	struct letter in = { .to = to, .from = from, .kind = kind, .cookie = cookie, .len = len };
	int err = !a ? -ENOENT : len > SHUNT_TELL_MAX ? -EMSGSIZE : 0;

	if (!err && !mailbox_put(a->box, &a->slot->told, &in, data))
		err = -EAGAIN;
	if (err) {
		place_count(&p->head->refused, 1);
		return err;
	}
	place_set_ready(p, a->nr);
	return 0;
}

uint64_t place_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The time at which the place is looked at for timers is this one, or earlier. */
static void look_by(struct place *p, uint64_t ns)
{
	uint64_t next = atomic_load(&p->next_ns);

	while (ns < next && !atomic_compare_exchange_weak(&p->next_ns, &next, ns))
		;
}

void place_look_at_timers(struct shunt_actor *a)
{
	uint64_t least = PLACE_NEVER, bit = 1ULL << a->nr % 64;

	for (int i = 0; i < REGION_TIMERS; i++) {
		uint64_t due = a->region->timer[i].due_ns;

		if (due && due < least)
			least = due;
	}
	atomic_store(&a->due_ns, least);
	if (least == PLACE_NEVER)
		return;
	if (!(atomic_load(&a->place->timed[a->nr / 64]) & bit))
		atomic_fetch_or(&a->place->timed[a->nr / 64], bit);
	look_by(a->place, least);
}

int shunt_tell(struct shunt_actor *self, uint32_t to, uint32_t kind, const void *data, uint32_t len)
{
	return place_tell(self->place, to, self->id, kind, data, len, 0);
}

int shunt_tell_after(struct shunt_actor *self, uint64_t ns, uint32_t kind, uint64_t cookie)
{
	uint64_t now = place_now(), most = PLACE_NEVER - 1 - now;

	for (int i = 0; i < REGION_TIMERS; i++) {
		struct region_timer *t = &self->region->timer[i];

		if (t->due_ns)
			continue;
		t->kind = kind;
		t->cookie = cookie;
		t->due_ns = now + (ns < most ? ns : most); /* last: then it is set */
		place_look_at_timers(self);
		return 0;
	}
	return -ENOSPC;
}

/* A request goes on once this handler has returned: its client waits for one answer. */
long shunt_forward(struct shunt_actor *self, struct shunt_message *m, uint32_t to)
{
	int err;

	if (m->req) {
		self->forward = to;
		return SHUNT_FORWARDED;
	}
	err = place_tell(self->place, to, m->from, m->kind, m->data, m->len, m->cookie);
	return err == -EAGAIN ? SHUNT_LATER : SHUNT_FORWARDED;
}
