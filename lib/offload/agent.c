// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent.c - the agent's side: events in, decisions out
 *
 * An agent that is too slow finds the gap in the numbers of events, and counts it: the objects have
 * the state itself.
 */
#include <errno.h>
#include <poll.h>

#include "clock.h"
#include "inside.h"

const struct shunt_off_ctl *shunt_off_ctl(const struct shunt_off_view *v)
{
	return v->ctl;
}

int shunt_off_replaced(const struct shunt_off_view *v)
{
	struct pollfd p = { .fd = v->peer, .events = POLLIN };

	if (__atomic_load_n(&v->ctl->epoch, __ATOMIC_RELAXED) != v->epoch)
		return 1;
	/* nothing is ever sent: what there is to be read is the end */
	return v->peer >= 0 && poll(&p, 1, 0) == 1;
}

/* Events were overwritten: goes on in the midst of what is left, to be overtaken less soon. */
static void skip(struct shunt_off_view *v, unsigned int queue)
{
	__u32 head = __atomic_load_n(&v->queue[queue].head, __ATOMIC_ACQUIRE);
	__u32 next = head + 1 - SHUNT_OFF_RING / 2;

	if ((int32_t)(next - v->next[queue]) <= 0)
		next = v->next[queue] + 1; /* the ring says otherwise than its head */
	v->lost += next - v->next[queue];
	__atomic_store_n(&v->agent->lost, v->lost, __ATOMIC_RELAXED);
	v->next[queue] = next;
}

static bool poll_queue(struct shunt_off_view *v, unsigned int queue, struct shunt_off_event *ev)
{
	__u32 n = v->next[queue];
	const struct shunt_off_event *e = &v->queue[queue].e[n % SHUNT_OFF_RING];

	if (off_read_numbered(ev, e, n)) {
		ev->n = n;
		v->next[queue] = n + 1;
		return true;
	}
	/* of a later round of the ring: this one is lost */
	if ((int32_t)(__atomic_load_n(&e->n, __ATOMIC_ACQUIRE) - n) > 0)
		skip(v, queue);
	return false;
}

int shunt_off_poll(struct shunt_off_view *v, struct shunt_off_event *ev, int n)
{
	int got = 0;

	for (unsigned int i = 0; i < v->nqueues && got < n; i++) {
		unsigned int q = (v->turn + i) % v->nqueues;
		int before = got;

		while (got < n && poll_queue(v, q, &ev[got]))
			got++;
		if (got > before)
			__atomic_store_n(&v->agent->seen[q], v->next[q] - 1, __ATOMIC_RELAXED);
	}
	v->turn++;
	__atomic_store_n(&v->agent->beat_ns, clock_ns(), __ATOMIC_RELAXED);
	return got;
}

__u64 shunt_off_lost(const struct shunt_off_view *v)
{
	return v->lost;
}

int shunt_off_object(const struct shunt_off_view *v, __u32 obj, struct shunt_off_object *to)
{
	if (obj >= v->nobjects)
		return -EINVAL;
	return off_read_object(to, &v->object[obj]) ? 0 : -EAGAIN;
}

unsigned int shunt_off_staged(struct shunt_off_view *v, unsigned int slot)
{
	__u32 done, left;

	if (slot >= v->nslots)
		return SHUNT_OFF_DEPTH;
	done = __atomic_load_n(&v->done[slot].done, __ATOMIC_ACQUIRE);
	left = v->staged[slot] - done;
	if ((int32_t)left < 0) { /* more than there ever were */
		v->staged[slot] = done;
		left = 0;
	}
	return left < SHUNT_OFF_DEPTH ? left : SHUNT_OFF_DEPTH;
}

int shunt_off_stage(struct shunt_off_view *v, unsigned int slot,
		    const struct shunt_off_decision *decision)
{
	struct shunt_off_decision d = *decision;
	__u32 n;

	if (slot >= v->nslots)
		return -EINVAL;
	if (shunt_off_staged(v, slot) == SHUNT_OFF_DEPTH)
		return -ENOSPC;
	n = v->staged[slot] + 1;
	d.epoch = v->epoch;
	off_write_numbered(&v->agent->slot[slot].place[n % SHUNT_OFF_DEPTH].d, &d, n);
	v->staged[slot] = n;
	return 0;
}

int shunt_off_ring(struct shunt_off_view *v, __u64 slots)
{
	int woken = 0;

	atomic_thread_fence(memory_order_seq_cst); /* decisions before the look at the bells */
	for (; slots; slots &= slots - 1) {
		unsigned int slot = __builtin_ctzll(slots);
		__u32 *rings = &v->agent->slot[slot].rings;

		if (slot >= v->nslots)
			break;
		if (!__atomic_load_n(&v->done[slot].bell, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(rings, *rings + 1, __ATOMIC_RELEASE);
		off_futex_wake(rings);
		woken++;
	}
	return woken;
}
