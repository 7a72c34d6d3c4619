// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_read.c - decides from what a dead worker left in memory which requests died with it
 *
 * The stores that are read here, and their order, are those of ledger.h. All of it may be garbage:
 * a worker can write what it likes.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "ledger.h"
#include "ledger_read.h"

static __u32 bound_cls(const struct rings *r, __u32 cls)
{
	return cls < r->geo.nclasses ? cls : 0;
}

bool ledger_sent(const struct rings *r, __u32 core)
{
	const struct shunt_core_run *run = &r->view->core[core].run;

	return peek(run->tx_set) && ring_prod(&r->tx[core]) == peek(run->tx_end);
}

static void add_actor(const struct rings *r, __u32 actor, bool replied, struct verdict *v)
{
	if (actor && actor <= r->nactors && v->nactors < VERDICT_ACTORS)
		v->actor[v->nactors++] = (struct verdict_actor){ actor - 1, replied };
}

/* The same for the actor of the request. */
static void decide_actor(const struct rings *r, __u32 core, bool replied, struct verdict *v)
{
	const struct shunt_core_actor *a = &r->view->core[core].actor;
	__u32 nr = peek(a->nr);

	if (nr && nr <= r->nactors &&
	    ledger_actor_ended(&r->actors[core * r->nactors + nr - 1]) == peek(a->base))
		add_actor(r, nr, replied, v);
}

/* A request that a core was running. */
static void decide_running(const struct rings *r, __u32 core, struct verdict *v)
{
	const struct shunt_core *c = &r->view->core[core];
	__u32 cls = bound_cls(r, peek(c->run.cls));
	bool sent;

	if (ledger_ended(c, cls) != peek(c->run.base))
		return; /* it was counted */
	sent = ledger_sent(r, core);
	if (sent)
		v->replied[cls]++;
	else
		v->lost[cls]++;
	decide_actor(r, core, sent, v);
}

/* A preempted request that waited. While it is parked or resumed, a core's id names it too. */
static void decide_parked(const struct rings *r, const struct ledger_dead *d, __u32 place,
			  struct verdict *v)
{
	const struct shunt_parked *p = &r->ctl->parked[place];
	__u64 id = peek(p->id);

	if (!id || !ledger_is_left(d, peek(p->slot)))
		return;
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i) && peek(r->view->core[i].run.id) == id)
			return; /* decide_running() has it */
	}
	v->lost[bound_cls(r, peek(p->cls))]++;
	add_actor(r, peek(p->actor), false, v);
}

static __u32 intent_slot(__u64 intent)
{
	return intent >> 32 & 0x7fffffff;
}

static bool slot_exists(const struct shunt_geometry *g, __u32 slot)
{
	return slot < SHUNT_HOLD_SLOT ? slot < g->ncores
				      : g->hold_ring && slot - SHUNT_HOLD_SLOT < g->nclasses;
}

/* The metadata of that frame, by now perhaps another request's; NULL: there is no such frame. */
static struct shunt_meta *meta_of(const struct rings *r, __u32 frame, __u32 off)
{
	return off < r->geo.chunk ? rings_meta(r, (__u64)frame * r->geo.chunk + off) : NULL;
}

bool ledger_untold(const struct rings *r, const struct shunt_core_run *run, struct ledger_untold *u)
{
	struct shunt_meta *m;
	__u32 index;
	__u64 id;

	*u = (struct ledger_untold){ .intent = peek(run->intent), .cls = peek(run->intent_cls),
				     .frame = peek(run->intent_frame) };
	u->slot = intent_slot(u->intent);
	m = meta_of(r, u->frame, peek(run->intent_off));
	u->tag = m ? &m->id : NULL;
	u->actor = m && peek(m->actor) ? SHUNT_ACTOR_NR(peek(m->actor)) + 1u : 0;
	index = u->intent;
	if (!(u->intent >> 63) || !slot_exists(&r->geo, u->slot) || !u->tag ||
	    (__s32)(ring_cons(&r->rx[u->slot]) - index) <= 0)
		return false; /* it is still there */
	id = peek(*u->tag);
	return id && (__u32)id == peek(run->intent_id);
}

/* Does another dead core with the same intent tell of the request? One of
 * them has won the swap: the core that runs the request, else the first. */
static bool told_elsewhere(const struct rings *r, const struct ledger_dead *d, __u32 core,
			   __u64 intent)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		const struct shunt_core_run *run = &r->view->core[i].run;

		if (ledger_is_dead(d, i) && peek(run->intent) == intent &&
		    (peek(run->id) || i < core))
			return true;
	}
	return false;
}

static void decide_intent(const struct rings *r, const struct ledger_dead *d, __u32 core,
			  struct verdict *v)
{
	struct ledger_untold u;

	if (!ledger_untold(r, &r->view->core[core].run, &u) || told_elsewhere(r, d, core, u.intent))
		return;
	if (u.slot >= SHUNT_HOLD_SLOT)
		v->lost[u.slot - SHUNT_HOLD_SLOT]++;
	else
		v->lost[bound_cls(r, u.cls)]++;
	add_actor(r, u.actor, false, v);
}

/* Is a living core at the same entry? The living core
 * may have won the swap, and not have said so yet. */
static bool is_contested(const struct rings *r, const struct ledger_dead *d, __u64 intent)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (!ledger_is_dead(d, i) &&
		    __atomic_load_n(&r->view->core[i].run.intent, __ATOMIC_ACQUIRE) == intent)
			return true;
	}
	return false;
}

int ledger_settle(struct rings *r, const struct ledger_dead *d)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		struct shunt_core_run *run = &r->view->core[i].run;
		struct ledger_untold u;

		if (!ledger_is_dead(d, i) || !peek(run->intent))
			continue;
		/* Reads first that the entry was taken, then which
		 * cores may have taken it, then whether one has told. */
		if (ledger_untold(r, run, &u) && is_contested(r, d, u.intent))
			return -EAGAIN;
		if (!ledger_untold(r, run, &u))
			poke(run->intent, 0);
	}
	return 0;
}

void ledger_read(const struct rings *r, const struct ledger_dead *d, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (!ledger_is_dead(d, i))
			continue;
		if (peek(r->view->core[i].run.id))
			decide_running(r, i, v);
		decide_intent(r, d, i, v);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++)
		decide_parked(r, d, i, v);
}

/* A living core may have read the entry before it was taken, and
 * not have its intent yet: it must find that this was decided. */
static void clear_line(const struct rings *r, struct shunt_core_run *run)
{
	struct ledger_untold u;

	if (ledger_untold(r, run, &u)) {
		poke(*u.tag, 0);
		ledger_step();
	}
	poke(run->id, 0);
	ledger_step();
	poke(run->intent, 0);
	ledger_step();
	poke(run->tx_set, 0);
	poke(run->tid, 0);
	poke(run->asks, 0);
	poke(run->state, SHUNT_CORE_OFF);
}

/* A living core may have taken the lock meanwhile: breaks it only if a dead one still holds it. */
static void break_lock(__u32 *lock, const struct ledger_dead *d)
{
	__u32 holder = peek(*lock), core = (holder & 0xff) - 1;

	if (!holder)
		return;
	if (d->slots != ~0u && (!ledger_is_left(d, (holder >> 8) + 1) || core >= SHUNT_CORES ||
				!ledger_is_dead(d, core)))
		return;
	__atomic_compare_exchange_n(lock, &holder, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void ledger_clear(struct rings *r, const struct ledger_dead *d)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i))
			clear_line(r, &r->view->core[i].run);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++) {
		struct shunt_parked *p = &r->ctl->parked[i];

		if (!ledger_is_left(d, peek(p->slot)))
			continue;
		poke(p->id, 0);
		ledger_step();
		__atomic_store_n(&p->slot, 0, __ATOMIC_RELEASE);
	}
	for (__u32 i = 0; i < SHUNT_CORES; i++)
		break_lock(&r->ctl->fill_lock[i].holder, d);
}
