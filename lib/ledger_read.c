// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_read.c - decides from what a dead worker left in memory which requests died with it
 *
 * The stores that are read here, and their order, are those of ledger.h. All of it may be garbage:
 * a worker can write what it likes.
 */
#include <stdbool.h>

#include "ledger.h"
#include "ledger_read.h"

static __u32 bound_cls(const struct rings *r, __u32 cls)
{
	return cls < r->geo.nclasses ? cls : 0;
}

/* A request that a core was running. */
static void decide_running(const struct rings *r, __u32 core, struct verdict *v)
{
	const struct shunt_core *c = &r->view->core[core];
	__u32 cls = bound_cls(r, peek(c->run.cls));

	if (ledger_ended(c, cls) != peek(c->run.base))
		return; /* it was counted */
	if (peek(c->run.tx_set) && ring_prod(&r->tx[core]) == peek(c->run.tx_end))
		v->replied[cls]++;
	else
		v->lost[cls]++;
}

/* A preempted request that waited. While it is parked or resumed, a core's id names it too. */
static void decide_parked(const struct rings *r, __u32 place, struct verdict *v)
{
	const struct shunt_parked *p = &r->ctl->parked[place];
	__u64 id = peek(p->id);

	if (!id)
		return;
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (peek(r->view->core[i].run.id) == id)
			return; /* decide_running() has it */
	}
	v->lost[bound_cls(r, peek(p->cls))]++;
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

/* Was that entry popped, and did nobody who popped it come as far as the tag? */
static bool popped_untold(const struct rings *r, __u64 intent)
{
	__u32 slot = intent_slot(intent), index = intent, ago;

	if (!(intent >> 63) || !slot_exists(&r->geo, slot))
		return false;
	ago = ring_cons(&r->rx[slot]) - index;
	if (!ago || ago > rx_size(&r->geo, slot))
		return false; /* still there, or so long ago that its tag is another's */
	return peek(r->ctl->owner[shunt_owner_at(&r->geo, slot, index)]) != index + 1;
}

/* Is it told by a core that runs it? Of several cores with the same intent one has won: the first
 * of them counts. */
static bool told_elsewhere(const struct rings *r, __u32 core, __u64 intent)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		const struct shunt_core_run *run = &r->view->core[i].run;

		if (peek(run->intent) == intent && (peek(run->id) || i < core))
			return true;
	}
	return false;
}

static void decide_intent(const struct rings *r, __u32 core, struct verdict *v)
{
	const struct shunt_core_run *run = &r->view->core[core].run;
	__u64 intent = peek(run->intent);
	__u32 slot = intent_slot(intent);

	if (!popped_untold(r, intent) || told_elsewhere(r, core, intent))
		return;
	if (slot >= SHUNT_HOLD_SLOT)
		v->lost[slot - SHUNT_HOLD_SLOT]++;
	else
		v->lost[bound_cls(r, peek(run->intent_cls))]++;
}

void ledger_read(const struct rings *r, struct verdict *v)
{
	*v = (struct verdict){ 0 };
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (peek(r->view->core[i].run.id))
			decide_running(r, i, v);
		decide_intent(r, i, v);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++)
		decide_parked(r, i, v);
}

void ledger_clear(struct rings *r)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		struct shunt_core_run *run = &r->view->core[i].run;

		poke(run->id, 0);
		poke(run->intent, 0);
		poke(run->tx_set, 0);
		poke(run->tid, 0);
		poke(run->asks, 0);
		poke(run->state, SHUNT_CORE_OFF);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++)
		poke(r->ctl->parked[i].id, 0);
}
