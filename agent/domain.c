// SPDX-License-Identifier: BSD-2-Clause
/*
 * domain.c - a domain is made, taken over, given up
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>

#include "domain.h"
#include "expire.h"
#include "former.h"
#include "holes.h"
#include "ledger_read.h"
#include "phase.h"
#include "pool.h"
#include "state.h"
#include "xsk.h"

struct ledger_dead domain_dead(const struct domain *d)
{
	const struct domain_state *s = d->pool.state;
	struct ledger_dead dead = { .slots = 1u << s->slot };
	bool others = false;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		if (s->core_slot[i] == s->slot)
			dead.cores |= 1ULL << i;
		else
			others |= s->core_slot[i] < SHUNT_WORKERS;
	}
	return others ? dead : LEDGER_ALL_DEAD;
}

/* Clears lines, marks and counts of the dead alone: a living process has its own. */
static void clear_dead(struct shunt_view *v, const struct ledger_dead *dead)
{
	__atomic_fetch_and(&v->idle, ~dead->cores, __ATOMIC_SEQ_CST);
	for (int i = 0; i < SHUNT_WORKERS; i++) {
		if (!ledger_is_left(dead, i + 1))
			continue;
		memset(v->parked[i].cls, 0, sizeof(v->parked[i].cls));
		poke(v->parked[i].held, 0);
		poke(v->parked[i].now, 0);
	}
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (!ledger_is_dead(dead, i))
			continue;
		memset(&v->core[i].run, 0, sizeof(v->core[i].run));
		memset(&v->core[i].mark, 0, sizeof(v->core[i].mark));
	}
}

/* The words by which the kernel asks to be woken, as they are in new rings: it does not write again
 * what it has written before. A driver that waits for frames is woken at the next tick. */
static void clear_words(struct rings *r, const struct ledger_dead *dead)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(dead, i))
			poke(*r->tx[i].flags, XDP_RING_NEED_WAKEUP);
	}
	for (__u32 k = 0; k < shunt_fill_rings(&r->geo); k++)
		poke(*r->fill[k].flags, 0);
}

void domain_set_right(struct domain *d, const struct ledger_dead *dead)
{
	struct shunt_view *v = d->pool.r.view;

	poke(d->pool.r.ctl->abi, SHUNT_ABI);
	poke(v->abi, SHUNT_ABI);
	poke(v->nclasses, d->pool.r.geo.nclasses);
	poke(v->hold_age_ms, d->maps->cfg.hold_age_ms);
	clear_dead(v, dead);
	clear_words(&d->pool.r, dead);
	if (dead->slots != LEDGER_ALL_DEAD.slots)
		return;
	poke(v->stale, 0);
	memset(v->deferred, 0, sizeof(v->deferred));
	poke(v->deferred_held, 0);
	domain_settle_counts(d);
}

static void count_refused_before(struct domain *d)
{
	const struct shunt_agent *n = agent_of(d);

	for (int i = 0; i < SHUNT_CLASSES; i++)
		d->pool.state->refused_cls[i] = n->cls[i].refused;
	for (int i = 0; i < SHUNT_CORES; i++)
		d->pool.state->refused_core[i] = n->core[i].refused;
	d->pool.state->no_frame = n->no_frame;
}

static int make_all(struct domain *d)
{
	int err = pool_make_memory(d);

	if (!err)
		err = pool_make_sockets(d);
	if (err)
		return err;
	pool_fill(d);
	err = pool_bind(d);
	if (err)
		return err;
	d->pool.state->expiring.ring = 0; /* of rings that are gone */
	count_refused_before(d);
	domain_count_lost(d);
	domain_set_right(d, &LEDGER_ALL_DEAD);
	err = pool_put_sockets(d);
	return err < 0 ? err : 0;
}

void domain_is_made(struct domain *d)
{
	holes_begin(d);
	agent_of(d)->frames = d->pool.r.geo.nframes;
	agent_of(d)->zero_copy = pool_zero_copy(d);
	agent_of(d)->need_wakeup = ~0ULL >> (64 - shunt_fill_rings(&d->pool.r.geo));
	agent_of(d)->worker_pid = agent_of(d)->worker_user = 0;
	d->maps->domains[d->id].left = 0;
	__atomic_store_n(&d->pool.state->ready, 1, __ATOMIC_RELEASE);
	d->worker.peer = NULL;
	d->worker.up = d->worker.hung = 0;
	d->former.pid = 0;
	domain_move(d, DOMAIN_MADE);
}

void domain_let_go(struct domain *d)
{
	pool_let_go(d);
	d->worker.process = -1;
	domain_move(d, DOMAIN_GIVEN_UP);
}

void domain_is_not_made(struct domain *d, int err)
{
	domain_let_go(d);
	d->former.busy = err == -EBUSY;
	if (err == -EBUSY)
		domain_move(d, DOMAIN_HELD);
}

void domain_was_tried(struct domain *d, bool busy)
{
	if (busy)
		domain_is_not_made(d, -EBUSY);
	d->former.busy = busy;
}

void domain_forget(struct domain *d, __u64 now_ns)
{
	struct domain old = *d;

	*d = (struct domain){
		.step_ns = now_ns,
		.pool = { .view_fd = -1, .memory = -1 },
		.worker = { .process = -1, .suspect.pidfd = -1, .absent_ns = now_ns,
			    .left_ns = now_ns,
			    .kin = old.worker.kin },
		.former = { .pid = old.former.pid, .process = old.former.process,
			    .user = old.former.user,
			    .left = old.former.left, .since_ns = now_ns },
		.damaged_by = old.damaged_by,
	};
}

/* Memory that is made, pinned, and given back again and again, while somebody keeps the queue in
 * use, would take more of shuntd's time than all else: so a page is tried first. */
static bool queues_are_busy(const struct domain *d, unsigned int ifindex)
{
	__u32 n = d->maps->domains[d->id].nqueues;

	for (__u32 i = 0; i < n && i < SHUNT_QUEUES; i++) {
		if (xsk_is_busy(ifindex, queue_of(d->maps, d->id, i)))
			return true;
	}
	return false;
}

int domain_make(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex,
		const struct shunt_geometry *g)
{
	int err;

	if (d->former.busy) {
		domain_was_tried(d, queues_are_busy(d, ifindex));
		return -EBUSY;
	}
	err = view_open(d, pins);
	if (!err) {
		domain_set_up(d, 0);
		err = pool_make_state(d, ifindex, g);
	}
	if (!err)
		err = make_all(d);
	if (err) {
		/* A process that holds the old rings learns by
		 * "stale" that nothing comes through them any more. */
		if (err == -EBUSY) {
			poke(d->pool.r.view->stale, 1);
			pool_remove_sockets(d);
		}
		domain_is_not_made(d, err);
		return err;
	}
	domain_is_made(d);
	return 0;
}

bool domain_adopt(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex)
{
	if (pool_find(d, ifindex) &&
	    domain_geometry_serves(&d->pool.r.geo, &d->maps->cfg, &d->maps->domains[d->id]) &&
	    !view_open(d, pins) && !pool_map_memory(d) && !pool_map_rings(d) &&
	    pool_put_sockets(d) >= 0) {
		d->phase = phase_of(d->pool.state);
		expire_finish(d);
		d->worker.up = d->maps->domains[d->id].up;
		holes_take_over(d);
		return true;
	}
	if (d->pool.state) {
		d->former.pid = d->pool.state->worker_pid;
		domain_let_go(d);
	}
	return false;
}

void domain_give_up(struct domain *d)
{
	if (d->phase == DOMAIN_OFF || d->phase == DOMAIN_BUSY) {
		domain_move(d, DOMAIN_GIVEN_UP);
		return;
	}
	former_is(d, d->worker.process, d->pool.state->owner, d->pool.state->left);
	domain_count_refused(d);
	domain_set_up(d, 0);
	agent_of(d)->frames = 0;
	poke(d->pool.r.view->stale, 1);
	pool_remove_sockets(d);
	d->former.busy = true;
	d->former.pid = d->worker.process < 0 ? 0 : d->pool.state->worker_pid; /* if it lives */
	d->worker.peer = NULL;
	domain_let_go(d);
}

void domain_empty_frames(const struct domain *d)
{
	if (d->pool.memory >= 0)
		fallocate(d->pool.memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  shunt_frames_len(&d->pool.r.geo));
}

void domain_discard(struct domain *d)
{
	if (d->phase >= DOMAIN_FREE) {
		d->damaged_by = d->pool.state->owner;
		domain_empty_frames(d);
	}
	domain_give_up(d);
}
