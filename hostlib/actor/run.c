// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - runs handlers: for requests as they come, and for the messages that wait
 */
#include <sched.h>

#include "lock.h"

#define SPIN 200          /* looks at a lock before the CPU is offered to others */
#define LATER_NS (SHUNT_LATER_MS * 1000000ULL)
#define FORWARDS 16       /* of one request */

static void relax(int turn)
{
	if (turn % SPIN == SPIN - 1)
		sched_yield();
#if defined(__x86_64__)
	else
		__builtin_ia32_pause();
#elif defined(__aarch64__)
	else
		__asm__ volatile("yield");
#endif
}

/* --- messages --------------------------------------------------------------------------------- */

static bool is_leaving(const struct shunt_actor *a)
{
	return __atomic_load_n(&a->slot->state, __ATOMIC_SEQ_CST) == PLACE_LEAVING;
}

static bool is_here(const struct shunt_actor *a)
{
	return __atomic_load_n(&a->slot->state, __ATOMIC_ACQUIRE) == PLACE_HERE;
}

/* Timers that are due. One that is told is no longer set, so the handler may set another one in its
 * place, unless the handler wants it later. */
static void fire(struct shunt_actor *a)
{
	uint64_t now = place_now();

	for (int i = 0; i < REGION_TIMERS && is_here(a); i++) {
		struct region_timer *t = &a->region->timer[i];
		struct shunt_message m = { .from = a->id, .kind = t->kind, .cookie = t->cookie };
		uint64_t due = t->due_ns;

		if (!due || due > now)
			continue;
		t->due_ns = 0;
		if (a->kind->handle(a, &m) == SHUNT_LATER && is_here(a)) {
			place_put_back(a, &m, now + 1);
			place_count(&a->place->head->later, 1);
		} else {
			place_bump(&a->slot->fired);
		}
		place_relock(a);
	}
	if (is_here(a)) /* else its region is not to be looked at: deleted, or a fork's child */
		place_look_at_timers(a);
}

/* The message at the head of the mailbox. False: none is there, or it is for later. */
static bool run_first(struct shunt_actor *a)
{
	struct cell *c = mailbox_first(a->box);
	struct shunt_message m;

	if (!c)
		return false;
	if (c->is.to != a->id) { /* for the slot's former actor */
		mailbox_drop_first(a->box, c);
		place_bump(&a->slot->lost);
		return true;
	}
	m = (struct shunt_message){ .data = c->data, .len = c->is.len, .kind = c->is.kind,
				    .from = c->is.from, .cookie = c->is.cookie };
	if (a->kind->handle(a, &m) == SHUNT_LATER) {
		place_count(&a->place->head->later, 1);
		return false;
	}
	/* First the count: a process that dies in between has run it. */
	place_bump(&a->slot->ran);
	mailbox_drop_first(a->box, c);
	place_relock(a);
	return true;
}

static bool has_messages(const struct shunt_actor *a)
{
	return a->box &&
	       __atomic_load_n(&a->slot->told, __ATOMIC_SEQ_CST) != mailbox_head(a->box);
}

/* Only if it has any is the clock read. */
static bool has_due_timers(const struct shunt_actor *a)
{
	uint64_t due = atomic_load(&a->due_ns);

	return due != PLACE_NEVER && due <= place_now();
}

/*
 * Nothing was found. The actor's bit goes at the second time: one that is told again soon keeps it,
 * and its teller need not set it. It goes before the look at what the actor has: see mailbox_put().
 * A timer that was not due when this core looked may be what another core has set the bit for.
 */
void place_miss(struct place *p, struct shunt_actor *a)
{
	uint8_t misses = atomic_load_explicit(&a->misses, memory_order_relaxed);

	atomic_store_explicit(&a->misses, !misses, memory_order_relaxed);
	if (!misses)
		return;
	atomic_fetch_and(&p->ready[a->nr / 64], ~(1ULL << a->nr % 64));
	if (has_messages(a) || is_leaving(a) || has_due_timers(a))
		place_set_ready(p, a->nr);
}

static bool has_timers(const struct shunt_actor *a)
{
	return atomic_load_explicit(&a->due_ns, memory_order_relaxed) != PLACE_NEVER;
}

/* Up to "most" messages of one actor. How many it was. */
static int run_actor(struct place *p, unsigned int core, uint32_t nr, int most)
{
	struct shunt_actor *a = &p->actor[nr];
	int n = 0;

	if (!has_messages(a) && !has_timers(a) && !is_leaving(a)) {
		place_miss(p, a);
		return 0;
	}
	if (!place_lock(a, core))
		return 0; /* another core has it, and the bit stays */
	if (is_here(a) && has_timers(a))
		fire(a);
	while (n < most && is_here(a) && run_first(a))
		n++;
	if (!is_here(a) && !is_leaving(a)) /* told by one that saw the slot's former actor */
		place_drain(a);
	if (is_leaving(a))
		place_bury(a);
	else
		place_unlock(a);
	if (n)
		atomic_store_explicit(&a->misses, 0, memory_order_relaxed);
	else
		place_miss(p, a);
	return n;
}

/* Actors whose timers are due are ready, and the time of the next look is that of the others'. */
static void look_at_timers(struct place *p)
{
	uint64_t now = place_now(), next = atomic_load(&p->next_ns), least = PLACE_NEVER;

	if (now < next)
		return;
	atomic_store(&p->next_ns, PLACE_NEVER); /* who sets a timer from here on says so again */
	for (int w = 0; w < PLACE_WORDS; w++) {
		for (uint64_t left = atomic_load(&p->timed[w]); left; left &= left - 1) {
			uint32_t nr = w * 64 + __builtin_ctzll(left);
			uint64_t due = atomic_load(&p->actor[nr].due_ns);

			if (due <= now)
				place_set_ready(p, nr);
			else if (due < least)
				least = due;
		}
	}
	next = atomic_load(&p->next_ns);
	while (least < next && !atomic_compare_exchange_weak(&p->next_ns, &next, least))
		;
}

/* The first of those that are ready, from a number on; -1: there is none. */
static int ready_from(const struct place *p, uint32_t nr)
{
	uint64_t from = ~0ULL << nr % 64; /* in its word; of later ones all */

	for (uint32_t w = nr / 64; w < PLACE_WORDS; w++, from = ~0ULL) {
		uint64_t bits = atomic_load_explicit(&p->ready[w], memory_order_acquire) & from;

		if (bits)
			return w * 64 + __builtin_ctzll(bits);
	}
	return -1;
}

uint64_t place_turn(struct place *p, unsigned int core)
{
	uint32_t *at = &p->look[(uint8_t)core].at;

	if (atomic_load_explicit(&p->next_ns, memory_order_relaxed) != PLACE_NEVER)
		look_at_timers(p);
	for (int left = PLACE_BATCH; left > 0;) {
		int nr = ready_from(p, *at), n;

		if (nr < 0 && *at)
			nr = ready_from(p, 0);
		if (nr < 0)
			return atomic_load(&p->next_ns);
		n = run_actor(p, core, nr, left);
		left -= n ? n : 1; /* nobody looks for ever */
		*at = (nr + 1) % PLACE_ACTORS;
	}
	return 0;
}

/* --- requests --------------------------------------------------------------------------------- */

/* One run of the handler. *to: the next one that is to have the request; 0: it has ended here. */
static long run_request(struct shunt_actor *a, struct shunt_req *req, uint32_t *to)
{
	struct shunt_message m = { .req = req, .data = req->data, .len = req->len };
	long said;

	a->forward = 0;
	said = a->kind->handle(a, &m);
	*to = said == SHUNT_FORWARDED ? a->forward : 0;
	return said;
}

/* With the lock, or NULL: there is no such actor, by now. */
static struct shunt_actor *wait_for(struct place *p, unsigned int core, uint32_t id)
{
	struct shunt_actor *a;

	id = place_local(p, id);
	for (int i = 0;; i++) {
		a = place_actor(p, id);
		if (!a)
			return NULL;
		if (place_lock(a, core))
			break;
		relax(i);
	}
	if (is_here(a) && a->id == id)
		return a;
	place_unlock(a);
	return NULL;
}

/* The request's handler said SHUNT_LATER. False: it has said so for too long. */
static bool do_others(struct place *p, unsigned int core, int turn, uint64_t *until)
{
	uint64_t now = place_now();

	place_count(&p->head->later, 1);
	if (!*until)
		*until = now + LATER_NS;
	if (now >= *until)
		return false;
	place_turn(p, core);
	relax(turn);
	return true;
}

static long give_up(struct place *p)
{
	place_count(&p->head->given_up, 1);
	return SHUNT_NO_REPLY;
}

long place_request(struct place *p, unsigned int core, uint32_t id, struct shunt_req *req)
{
	struct shunt_actor *a;
	uint64_t until = 0;
	int forwards = 0;
	uint32_t to;
	long said;

	for (int turn = 0;; turn++) {
		a = wait_for(p, core, id);
		if (!a) {
			place_count(&p->head->nobody, 1);
			return SHUNT_NO_REPLY;
		}
		said = run_request(a, req, &to);
		if (said != SHUNT_LATER)
			place_count(&p->head->requests, 1);
		place_unlock(a);
		if (said >= 0 || said == SHUNT_NO_REPLY)
			return said;
		if (said == SHUNT_LATER) {
			if (!do_others(p, core, turn, &until))
				return give_up(p);
			continue;
		}
		if (!to || ++forwards > FORWARDS)
			return give_up(p);
		id = to;
	}
}
