// SPDX-License-Identifier: BSD-2-Clause
/*
 * next.c - what there is to do for a core, and which of it
 * is next: the policy is asked, with the heads of all queues
 */
#include "internal.h"
#include "seat.h"

/* Classes whose hold ring has entries, one bit each. */
uint32_t next_held(const struct shunt *s)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < s->nhold; i++) {
		if (ring_count(&s->hold[i]))
			waiting |= 1u << i;
	}
	return waiting;
}

/* Does a request wait that this core could run instead of the running one? By counts, which
 * are there before the rings have the entries; they may say so too often, never too rarely. */
bool next_waits(const struct core *c)
{
	const struct shunt *s = c->s;
	const struct shunt_view *v = s->view;
	uint32_t own = peek(v->sent[c->id]) - peek(v->done[c->id]);

	if (own > (c->item->slot == c->id) ||
	    atomic_load_explicit(&s->park.mask, memory_order_relaxed))
		return true;
	for (uint32_t i = 0; i < s->nhold; i++) {
		if (peek(v->enq[i]) != peek(v->deq[i]))
			return true;
	}
	return c->seat && seat_is_wanted(c);
}

static void prefetch_ring(const struct shunt_ring *r)
{
	__builtin_prefetch(r->prod);
	__builtin_prefetch(&r->desc[ring_cons(r) & r->mask]);
}

/* Lines that XDP has just written lie in another core's cache: all are fetched at once. Its counts
 * alone where requests are preempted: else no core reads them, and XDP has them to itself. */
void next_prefetch(const struct core *c)
{
	const struct shunt *s = c->s;

	if (peek(s->view->preempt))
		__builtin_prefetch(s->view->enq);
	prefetch_ring(&c->rx);
	for (uint32_t i = 0; i < s->nhold; i++)
		prefetch_ring(&s->hold[i]);
}

/* Behind next_prefetch(): the packets that are next in their rings. */
void next_prefetch_heads(const struct core *c)
{
	const struct shunt *s = c->s;

	queue_prefetch(s, &c->rx);
	for (uint32_t i = 0; i < s->nhold; i++)
		queue_prefetch(s, &s->hold[i]);
}

static void consider(struct heads *h, uint32_t cls, uint64_t queued, uint64_t arrival,
		     enum from from)
{
	struct head *at = &h->of[cls];

	if ((h->waiting >> cls & 1) && at->queued_ns <= queued)
		return;
	h->waiting |= 1u << cls;
	*at = (struct head){ queued, arrival, from };
}

static const struct shunt_meta *head_meta(const struct shunt *s, const struct shunt_ring *r)
{
	return queue_meta(s, peek(r->desc[ring_cons(r) & r->mask].addr));
}

/* Arrival of a hold ring's head, by the mark that made
 * us ask (its cache line is here), or by its metadata. */
static uint64_t head_arrival(const struct core *c, uint32_t cls)
{
	const struct shunt_meta *m;

	if (c->held.arrival_ns && c->held.cls == cls && c->held.seq == peek(c->s->view->deq[cls]))
		return c->held.arrival_ns;
	m = head_meta(c->s, &c->s->hold[cls]);
	return m ? peek(m->arrival_ns) : 0;
}

/* Classes that wait for any core: in hold rings, or parked. */
static void consider_all(const struct core *c, uint32_t held, struct heads *h)
{
	const struct shunt *s = c->s;
	uint32_t parked = atomic_load_explicit(&s->park.mask, memory_order_acquire);

	for (; held; held &= held - 1) {
		uint32_t cls = __builtin_ctz(held);
		uint64_t arrival = head_arrival(c, cls);

		consider(h, cls, arrival, arrival, FROM_HOLD);
	}
	for (; parked; parked &= parked - 1) {
		uint32_t cls = __builtin_ctz(parked);
		const struct parked *of = &s->park.of[cls];

		consider(h, cls, atomic_load_explicit(&of->queued_ns, memory_order_relaxed),
			 atomic_load_explicit(&of->arrival_ns, memory_order_relaxed), FROM_PARKED);
	}
}

/* The class that waits in a core's own ring. A request that
 * XDP did not stamp found the core idle: it just came. */
static void consider_ring(const struct core *of, uint64_t now, struct heads *h)
{
	const struct shunt_meta *m;
	uint64_t arrival;
	uint32_t cls;

	if (!ring_count(&of->rx))
		return;
	m = head_meta(of->s, &of->rx);
	cls = m ? peek(m->cls) : 0;
	arrival = m && peek(m->arrival_ns) ? peek(m->arrival_ns) : now;
	consider(h, cls < of->s->geo.nclasses ? cls : 0, arrival, arrival, FROM_OWN);
}

/* Writes the heads where the policy looks for them. */
static void publish_heads(struct core *c, const struct heads *h)
{
	struct shunt_core_heads *out = &c->line->heads;

	for (uint32_t left = h->waiting; left; left &= left - 1) {
		uint32_t cls = __builtin_ctz(left);

		poke(out->head_ns[cls], h->of[cls].arrival_ns);
		poke(out->queued_ns[cls], h->of[cls].queued_ns);
	}
}

/* The one class that waits, if the policy has said that it takes any; else -1: it must be asked. */
static int unasked(const struct policy *p, uint32_t waiting)
{
	bool one = waiting && !(waiting & (waiting - 1));

	return p->flags & SHUNT_TAKES_ANY && one ? (int)__builtin_ctz(waiting) : -1;
}

/* The class that the policy wants this core to serve, or -1.
 * run_cls: the class of the running request, which might go on. */
static int choose(struct core *c, const struct policy *p, const struct heads *h, uint64_t now,
		  uint8_t run_cls)
{
	struct shunt_event ev = {
		.now_ns = now,
		.run_ns = run_cls == SHUNT_NONE ? 0 : c->item->req.arrival_ns,
		.waiting = h->waiting,
		.core = c->id,
		.cls = SHUNT_NONE,
		.run_cls = run_cls,
	};
	int cls = unasked(p, h->waiting);

	if (cls >= 0)
		return cls;
	if (p->flags & SHUNT_NEEDS_HEADS)
		publish_heads(c, h);
	cls = policy_ask(c, p, SHUNT_ASK_SELECT, &ev);
	if (cls < 0)
		return -1;
	/* A policy that names a class with nothing in it must not stop the others. */
	return cls < SHUNT_CLASSES && (h->waiting >> cls & 1) ? cls : __builtin_ctz(h->waiting);
}

/* Asked to yield, the running request is put back among the others: is it picked again? If not,
 * *since tells since when the one waits that is, and c->next which it is. */
enum asked next_ask(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
		    uint64_t *since)
{
	struct heads h;
	int cls;

	h.waiting = 0;
	consider_ring(c, now, &h);
	consider_all(c, next_held(c->s), &h);
	if (!h.waiting)
		return ASKED_FOR_NONE;
	consider(&h, c->item->queue, queued_ns, c->item->req.arrival_ns, FROM_RUNNING);
	cls = choose(c, p, &h, now, c->item->queue);
	if (cls < 0 || h.of[cls].from == FROM_RUNNING)
		return ASKED_GO_ON;
	*since = h.of[cls].queued_ns;
	c->next = (struct next){ .cls = cls + 1, .from = h.of[cls].from };
	return ASKED_YIELD;
}

/* Has XDP claimed us for a request that is not in our ring yet? For a while we keep free for it. */
static bool claimed(struct core *c)
{
	uint64_t now;

	if (!c->idle || (peek(c->s->view->idle) >> c->id & 1)) {
		c->claimed_ns = 0;
		return false;
	}
	now = clock_ns();
	if (!c->claimed_ns)
		c->claimed_ns = now;
	if (now - c->claimed_ns < CLAIM_WAIT_NS)
		return true;
	bump(c->line->stats.unfed, 1); /* the ring refused it: set the bit again */
	c->claimed_ns = 0;
	c->idle = false;
	return false;
}

/* XDP has claimed us: the entry is some 100 ns away. Until it is there nothing else is done. Its
 * line is fetched along with the index: one way between the caches, not two. */
static bool await_entry(const struct core *c)
{
	const struct shunt_ring *r = &c->rx;
	uint32_t cons = ring_cons(r);

	for (int i = 0; i < AWAIT_LOOKS; i++) {
		__builtin_prefetch(&r->desc[cons & r->mask]);
		if (ring_prod(r) != cons)
			return true;
	}
	return false;
}

/* Takes our idle bit back before we take anything else. False: XDP was faster, keep free. */
static bool take_back(struct core *c)
{
	uint64_t bit = 1ULL << c->id;

	if (!c->idle)
		return true;
	if (!(__atomic_fetch_and(&c->s->view->idle, ~bit, __ATOMIC_ACQ_REL) & bit)) {
		c->claimed_ns = clock_ns();
		return false;
	}
	c->idle = false;
	return true;
}

/* Do cores take from each other's rings? Always where the
 * NIC chose the queue: it knows little of who is busy. */
bool next_steals(const struct shunt *s, const struct policy *p)
{
	return p->flags & SHUNT_STEALS || own_rings(s);
}

/* Would the policy have this core serve the next request in the other core's ring?
 * A core that is a class's own steals no request that the policy would not give it. */
static bool may_steal(struct core *c, const struct policy *p, const struct core *other)
{
	uint64_t now = c->fresh ? c->now : core_clock(c);
	struct heads h;

	h.waiting = 0;
	consider_ring(other, now, &h);
	return h.waiting && choose(c, p, &h, now, SHUNT_NONE) >= 0;
}

/* Cores that take what comes to their rings: they have a thread, and no other domain has their
 * CPU. */
static uint64_t takers(const struct shunt *s)
{
	uint64_t up = peek(s->view->up);

	return s->seats ? up & ~peek(s->view->away) : up;
}

/* From another core's ring: if the policy steals and has
 * nothing against it, or if that core takes nothing now. */
static bool next_of_others(struct core *c, const struct policy *p, struct item *it)
{
	struct shunt *s = c->s;
	uint64_t own = takers(s);

	for (uint32_t i = 1; i < s->geo.ncores; i++) {
		uint32_t other = (c->id + i) % s->geo.ncores;

		if (!ring_count(&s->core[other].rx))
			continue;
		if ((own >> other & 1) && (!next_steals(s, p) || !may_steal(c, p, &s->core[other])))
			continue;
		if (take_back(c) && queue_pop(c, other, it))
			return true;
	}
	return false;
}

/* A held request that an idle core takes: how long did it wait beside us? (Invariant: 100 us.) On
 * the wire that is the way of our credit to the NIC, and its way to us. */
void next_note_found(struct core *c, const struct item *it)
{
	struct shunt_core_stats *st = &c->line->stats;
	uint64_t now, since = c->idle_ns;

	if (!since || !it->sane)
		return;
	if (it->req.arrival_ns > since)
		since = it->req.arrival_ns;
	now = clock_ns();
	bump(st->found, 1);
	if (now > since && now - since > HEAL_NS)
		bump(st->found_late, 1);
	if (now > since && now - since > peek(st->found_max_ns))
		poke(st->found_max_ns, now - since);
}

/* Takes the head that was chosen. False: somebody was faster. */
static bool take(struct core *c, uint32_t cls, enum from from)
{
	switch (from) {
	case FROM_OWN:
		return queue_pop(c, c->id, c->item);
	case FROM_PARKED:
		return take_back(c) && park_take(c, cls);
	case FROM_HOLD:
		return take_back(c) && queue_pop(c, SHUNT_HOLD_SLOT + cls, c->item);
	case FROM_RUNNING:
		break;
	}
	return false;
}

/* The class of a held request that has waited too long: it goes first, since to end it takes no
 * time, and those behind it may not be too late yet. -1: there is none. */
static int next_expired(const struct core *c, const struct heads *h, uint64_t now)
{
	uint32_t left = h->waiting & peek(c->s->view->expires);

	for (; left; left &= left - 1) {
		uint32_t cls = __builtin_ctz(left);
		uint64_t most = queue_wait_most(c->s, cls);

		if (most && h->of[cls].from == FROM_HOLD && now > h->of[cls].arrival_ns + most)
			return cls;
	}
	return -1;
}

static bool take_held(struct core *c, uint32_t cls)
{
	if (!take(c, cls, FROM_HOLD))
		return false;
	next_note_found(c, c->item);
	return true;
}

/* A request that waits for any core, or for this one; the policy says which. parked: some were. If
 * not, the own ring was empty, and if then one hold ring alone has requests and the policy takes
 * any, no head is read, nor the clock. */
static bool next_chosen(struct core *c, const struct policy *p, bool parked)
{
	struct shunt *s = c->s;
	struct heads h;
	uint32_t held = next_held(s);
	uint64_t now;
	int cls;

	if (!held && !parked)
		return false;
	cls = parked ? -1 : unasked(p, held);
	if (cls >= 0)
		return take_held(c, cls);
	now = c->fresh ? c->now : core_clock(c);
	h.waiting = 0;
	consider_ring(c, now, &h);
	consider_all(c, held, &h);
	if (!h.waiting)
		return false;
	cls = atomic_load(&s->leave) ? (int)__builtin_ctz(h.waiting) : next_expired(c, &h, now);
	if (cls < 0)
		cls = choose(c, p, &h, now, SHUNT_NONE);
	if (cls < 0)
		return false;
	return h.of[cls].from == FROM_HOLD ? take_held(c, cls) : take(c, cls, h.of[cls].from);
}

/* The class that the policy named when it was asked whether to yield: it is not asked twice. */
static bool next_named(struct core *c)
{
	struct next next = c->next;

	c->next.cls = 0;
	return next.cls && take(c, next.cls - 1, next.from);
}

/* The next request for this core, in c->item: its own ring,
 * what the policy selects, what others left. */
bool next_take(struct core *c)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);
	bool parked = atomic_load_explicit(&c->s->park.mask, memory_order_relaxed);
	bool taken;

	taken = next_named(c) || (!parked && queue_pop(c, c->id, c->item));
	if (!taken && !ring_count(&c->rx) && claimed(c)) {
		if (!await_entry(c))
			return false;
		taken = !parked && queue_pop(c, c->id, c->item);
	}
	return taken || next_chosen(c, p, parked) || queue_pop(c, c->id, c->item) ||
	       next_of_others(c, p, c->item);
}
