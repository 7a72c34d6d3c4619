// SPDX-License-Identifier: BSD-2-Clause
/*
 * mechanism.c - events out, decisions in: every one that comes is looked at once, and counted
 *
 * Nothing here waits for the agent, and no loop is as long as the agent says.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "inside.h"

/* --- events and objects ----------------------------------------------------------------------- */

__u32 shunt_off_emit(struct shunt_off *o, unsigned int queue, const struct shunt_off_event *ev)
{
	struct shunt_off_queue *q = &o->queue[queue];
	__u32 n = q->head + 1; /* ours alone */
	struct shunt_off_event e = *ev;

	e.at_ns = clock_ns();
	off_write_numbered(&q->e[n % SHUNT_OFF_RING], &e, n);
	__atomic_store_n(&q->head, n, __ATOMIC_RELEASE); /* the event before its number */
	return n;
}

__u32 shunt_off_version(const struct shunt_off *o, __u32 obj)
{
	return __atomic_load_n(&o->object[obj].ver, __ATOMIC_ACQUIRE);
}

int shunt_off_look(const struct shunt_off *o, __u32 obj, struct shunt_off_object *to)
{
	return off_read_object(to, &o->object[obj]) ? 0 : -EAGAIN;
}

int shunt_off_claim(struct shunt_off *o, __u32 obj, __u32 ver)
{
	/* Of several threads that want the object in this version one gets it. */
	if (ver & 1 || !__atomic_compare_exchange_n(&o->object[obj].ver, &ver, ver + 1, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EAGAIN;
	atomic_thread_fence(memory_order_release); /* the odd version before what follows */
	return 0;
}

__u32 shunt_off_publish(struct shunt_off *o, __u32 obj, const struct shunt_off_object *as)
{
	struct shunt_off_object *b = &o->object[obj], next = *as;
	__u32 ver = __atomic_load_n(&b->ver, __ATOMIC_RELAXED) + 1;

	next.ver = ver - 1;
	off_write(b, &next, sizeof(next));
	__atomic_store_n(&b->ver, ver, __ATOMIC_RELEASE); /* the words before the even version */
	return ver;
}

/* --- decisions -------------------------------------------------------------------------------- */

static bool op_fits(const struct shunt_off *o, __u8 op)
{
	if (o->ctl->kind == SHUNT_OFF_THREADS)
		return op == SHUNT_OP_RUN || op == SHUNT_OP_PREEMPT;
	return op >= SHUNT_OP_KEEP && op < SHUNT_OP_OPS;
}

static bool is_possible(const struct shunt_off *o, unsigned int slot,
			const struct shunt_off_decision *d)
{
	__u32 epoch = __atomic_load_n(&o->ctl->epoch, __ATOMIC_RELAXED);

	return d->epoch == epoch && op_fits(o, d->op) && d->cls < o->ctl->nclasses &&
	       d->obj < o->ctl->nobjects && !(d->ver & 1) &&
	       (o->ctl->kind != SHUNT_OFF_THREADS || d->core == slot);
}

static enum shunt_off_verdict judge(struct shunt_off *o, unsigned int slot,
				    const struct shunt_off_decision *d)
{
	struct shunt_off_object *b = &o->object[d->obj];
	enum shunt_off_verdict v;
	__u8 state;

	if (!is_possible(o, slot, d))
		return SHUNT_OFF_REFUSED;
	if (d->until_ns && clock_ns() > d->until_ns)
		return SHUNT_OFF_LATE;
	if (!d->obj)
		return SHUNT_OFF_TAKEN;
	if (shunt_off_claim(o, d->obj, d->ver))
		return __atomic_load_n(&b->state, __ATOMIC_RELAXED) == SHUNT_OBJ_NONE ?
			       SHUNT_OFF_GONE : SHUNT_OFF_STALE;
	state = __atomic_load_n(&b->state, __ATOMIC_RELAXED);
	v = state == SHUNT_OBJ_NONE ? SHUNT_OFF_GONE :
	    o->ctl->kind == SHUNT_OFF_THREADS && state != SHUNT_OBJ_WAITS ? SHUNT_OFF_BUSY :
	    SHUNT_OFF_TAKEN;
	if (v != SHUNT_OFF_TAKEN)
		__atomic_store_n(&b->ver, d->ver, __ATOMIC_RELEASE); /* as it was */
	return v;
}

/* A whole copy of the decision of that number, if it is there. */
static bool is_there(const struct shunt_off *o, unsigned int slot, __u32 number,
		     struct shunt_off_decision *d)
{
	const struct shunt_off_place *p = &o->agent->slot[slot].place[number % SHUNT_OFF_DEPTH];

	return off_read_numbered(d, &p->d, number);
}

static void count(__u64 *n, int by)
{
	__atomic_store_n(n, *n + by, __ATOMIC_RELAXED); /* ours alone; others read it */
}

void shunt_off_prefetch(const struct shunt_off *o, unsigned int slot)
{
	__u32 n = o->done[slot].done + 1;

	__builtin_prefetch(&o->agent->slot[slot].place[n % SHUNT_OFF_DEPTH]);
}

/* The next decision that can be applied, into d: 1, or 0. */
static int take(struct shunt_off *o, unsigned int slot, struct shunt_off_decision *d)
{
	struct shunt_off_done *own = &o->done[slot];
	struct shunt_off_decision it;

	for (unsigned int i = 0; i < SHUNT_OFF_DEPTH; i++) {
		__u32 n = own->done + 1;
		enum shunt_off_verdict v;

		if (!is_there(o, slot, n, &it))
			return 0;
		v = judge(o, slot, &it);
		count(&own->count[v], 1);
		__atomic_store_n(&own->taken, own->taken << 1 | (v == SHUNT_OFF_TAKEN),
				 __ATOMIC_RELAXED);
		__atomic_store_n(&own->done, n, __ATOMIC_RELEASE); /* behind what was read of it */
		if (v != SHUNT_OFF_TAKEN)
			continue;
		it.n = n;
		*d = it;
		return 1;
	}
	return 0;
}

int shunt_off_take(struct shunt_off *o, unsigned int slot, struct shunt_off_decision *d)
{
	__u32 *takes = &o->takes[slot].now;
	int taken;

	__atomic_store_n(takes, 1, __ATOMIC_RELAXED);
	atomic_signal_fence(memory_order_seq_cst); /* and membarrier() of replace() */
	taken = take(o, slot, d);
	__atomic_store_n(takes, 0, __ATOMIC_RELEASE); /* behind "done" */
	return taken;
}

void shunt_off_untake(struct shunt_off *o, unsigned int slot, enum shunt_off_verdict as)
{
	struct shunt_off_done *own = &o->done[slot];

	count(&own->count[SHUNT_OFF_TAKEN], -1);
	count(&own->count[as], 1);
	__atomic_store_n(&own->taken, own->taken & ~1u, __ATOMIC_RELAXED);
}

void shunt_off_fallback(struct shunt_off *o, unsigned int slot)
{
	count(&o->done[slot].fallback, 1);
}

void shunt_off_counts(const struct shunt_off *o, __u64 sum[SHUNT_OFF_VERDICTS + 1])
{
	memset(sum, 0, (SHUNT_OFF_VERDICTS + 1) * sizeof(sum[0]));
	for (unsigned int i = 0; i < o->ctl->nslots; i++) {
		for (int v = 0; v < SHUNT_OFF_VERDICTS; v++)
			sum[v] += __atomic_load_n(&o->done[i].count[v], __ATOMIC_RELAXED);
		sum[SHUNT_OFF_VERDICTS] += __atomic_load_n(&o->done[i].fallback, __ATOMIC_RELAXED);
	}
}

/* --- sleep ------------------------------------------------------------------------------------ */

/*
 * The word that is slept on is looked at first, then the bell is put up, then the slot is looked
 * at: an agent that stages after that look sees the bell, and changes the word.
 */
int shunt_off_wait(struct shunt_off *o, unsigned int slot, __u64 most_ns)
{
	const __u32 *rings = &o->agent->slot[slot].rings;
	__u32 seen = __atomic_load_n(rings, __ATOMIC_RELAXED);
	struct shunt_off_done *own = &o->done[slot];
	struct shunt_off_decision it;
	int err = 0;

	__atomic_store_n(&own->bell, 1, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst); /* the bell before the look at the slot */
	if (!is_there(o, slot, own->done + 1, &it))
		err = off_futex_wait(rings, seen, most_ns);
	__atomic_store_n(&own->bell, 0, __ATOMIC_RELAXED);
	return err != -ETIMEDOUT;
}

int shunt_off_alive(const struct shunt_off *o, __u64 within_ns)
{
	__u64 now = clock_ns(), beat = __atomic_load_n(&o->agent->beat_ns, __ATOMIC_RELAXED);

	return beat && beat <= now && now - beat <= within_ns;
}

__u32 shunt_off_seen(const struct shunt_off *o, unsigned int queue)
{
	return __atomic_load_n(&o->agent->seen[queue], __ATOMIC_RELAXED);
}

__u64 shunt_off_missed(const struct shunt_off *o)
{
	return __atomic_load_n(&o->agent->lost, __ATOMIC_RELAXED);
}
