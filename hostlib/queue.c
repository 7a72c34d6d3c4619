// SPDX-License-Identifier: BSD-2-Clause
/*
 * queue.c - what there is to do for a core, and taking it so that a death at any instruction is decidable
 *
 * The order of stores around a pop (for the agent's burial.c, which reads them when we are dead):
 *   1. intent_cls, then intent = (ring, index)
 *   2. compare-and-swap of the ring's consumer index
 *   3. run.cls, run.base, run.tx_set = 0, then run.id
 *   4. owner tag of (ring, index)
 *   5. intent = 0
 * and around the end: reply published (reply.c), counter, run.id = 0.
 */
#include <string.h>

#include "internal.h"

static struct shunt_ring *ring_of(struct shunt *s, uint32_t slot)
{
	return slot < SHUNT_HOLD_SLOT ? &s->core[slot].rx : &s->hold[slot - SHUNT_HOLD_SLOT];
}

/* The metadata of a received packet, or NULL if the descriptor points out of the memory. Another core may be
 * popping the same entry: what is read here counts only once the swap succeeded. */
const struct shunt_meta *queue_meta(const struct shunt *s, uint64_t addr)
{
	uint64_t in_chunk = addr & (s->geo.chunk - 1);

	if (addr >= shunt_frames_len(&s->geo) || in_chunk < sizeof(struct shunt_meta))
		return NULL;
	return (const struct shunt_meta *)(s->memory + addr - sizeof(struct shunt_meta));
}

/* Largest UDP payload that fits both the interface and what is left of the frame. */
static uint32_t room_for(const struct shunt *s, const struct item *it)
{
	uint32_t in_frame = s->geo.chunk - (it->addr & (s->geo.chunk - 1)) - it->payload;
	uint32_t mtu = s->geo.mtu ? s->geo.mtu : 1500, headers = (it->ipv6 ? 40 : 20) + 8;
	uint32_t on_wire = mtu > headers ? mtu - headers : 0;

	return in_frame < on_wire ? in_frame : on_wire;
}

void queue_fill(struct core *c, struct item *it, const struct xdp_desc *desc, uint32_t slot)
{
	const struct shunt_meta *m = queue_meta(c->s, desc->addr);
	struct shunt *s = c->s;
	uint64_t in_chunk = desc->addr & (s->geo.chunk - 1);

	*it = (struct item){ .core = c, .addr = desc->addr, .len = desc->len, .slot = slot,
			     .reply = SHUNT_NO_REPLY };
	it->req.core = c->id;
	if (!m || m->abi != SHUNT_ABI || m->cls >= s->geo.nclasses ||
	    in_chunk + desc->len > s->geo.chunk || m->payload < 42 ||
	    m->payload + m->len > desc->len) {
		bump(c->line->stats.bad_frame, 1);
		it->req.cls = slot < SHUNT_HOLD_SLOT ? 0 : slot - SHUNT_HOLD_SLOT;
		it->queue = it->req.cls;
		return;
	}
	it->sane = true;
	it->payload = m->payload;
	it->ipv6 = m->flags & SHUNT_META_IPV6;
	it->req.cls = it->queue = m->cls;
	it->req.id = it->sent = m->id;
	it->req.arrival_ns = it->queued_ns = m->arrival_ns;
	it->req.data = s->memory + desc->addr + m->payload;
	it->req.len = m->len;
	it->req.room = room_for(s, it);
}

/* deq[cls] = seq + 1, unless somebody who popped a later one was here first. */
static void advance_deq(struct shunt *s, uint32_t cls, uint32_t seq)
{
	uint32_t *deq = &s->view->deq[cls], was = peek(*deq);

	while ((int32_t)(seq + 1 - was) > 0 &&
	       !__atomic_compare_exchange_n(deq, &was, seq + 1, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

/* The request is this core's, from now on in its run line. */
void queue_run(struct core *c, const struct item *it)
{
	const struct shunt_core_class *n = &c->line->cls[it->req.cls];

	poke(c->run->cls, it->req.cls);
	poke(c->run->base, n->replied + n->noreply);
	poke(c->run->tx_set, 0);
	poke(c->run->held, it->slot >= SHUNT_HOLD_SLOT);
	poke(c->run->queue, it->queue);
	step();
	poke(c->run->id, it->sent ? it->sent : ~0ULL); /* 0 would say that we run nothing */
	step();
}

/* Takes the head of a ring, if there is one and no other core is faster. */
bool queue_pop(struct core *c, uint32_t slot, struct item *it)
{
	struct shunt *s = c->s;
	struct shunt_ring *r = ring_of(s, slot);
	uint32_t cons = ring_cons(r);
	const struct shunt_meta *m;
	struct xdp_desc desc;

	if (ring_prod(r) == cons)
		return false;
	desc.addr = peek(r->desc[cons & r->mask].addr);
	desc.len = peek(r->desc[cons & r->mask].len);
	m = queue_meta(s, desc.addr);
	poke(c->run->intent_cls, m ? peek(m->cls) : 0);
	step();
	poke(c->run->intent, SHUNT_INTENT(slot, cons));
	if (!ring_take(r, cons)) {
		poke(c->run->intent, 0);
		bump(c->line->stats.lost_race, 1);
		return false;
	}
	queue_fill(c, it, &desc, slot);
	queue_run(c, it);
	poke(s->ctl->owner[shunt_owner_at(&s->geo, slot, cons)], cons + 1);
	step();
	poke(c->run->intent, 0);
	if (slot >= SHUNT_HOLD_SLOT && it->sane)
		advance_deq(s, slot - SHUNT_HOLD_SLOT, m->hold_seq);
	return true;
}

/* Classes whose hold ring shows something, one bit each. */
uint32_t queue_waiting(const struct shunt *s)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < s->nhold; i++) {
		if (ring_count(&s->hold[i]))
			waiting |= 1u << i;
	}
	return waiting;
}

/* Does anything wait that this core could run instead of what it runs? By counts, which are there before
 * the rings show it; they may say so too often, never too rarely. */
bool queue_waits(const struct core *c)
{
	const struct shunt *s = c->s;
	const struct shunt_view *v = s->view;
	uint32_t own = peek(v->sent[c->id]) - peek(v->done[c->id]);

	if (c->wire)
		return wire_waits(c);
	if (own > (c->item->slot == c->id) || atomic_load_explicit(&s->park.mask, memory_order_relaxed))
		return true;
	for (uint32_t i = 0; i < s->nhold; i++) {
		if (peek(v->enq[i]) != peek(v->deq[i]))
			return true;
	}
	return false;
}

/* What was just written by XDP lies in another core's cache: have it all fetched at once. */
void queue_prefetch(const struct core *c)
{
	const struct shunt *s = c->s;

	if (c->wire)
		return; /* what waits is on the NIC */
	__builtin_prefetch(s->view->enq);
	for (uint32_t i = 0; i < s->nhold; i++) {
		const struct shunt_ring *r = &s->hold[i];

		__builtin_prefetch(r->prod);
		__builtin_prefetch(&r->desc[ring_cons(r) & r->mask]);
	}
}

static void consider(struct heads *h, uint32_t cls, uint64_t queued, uint64_t arrival, enum from from)
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

/* When the head of a hold ring came: as the mark says that made us ask (its cache line is here), or its metadata. */
static uint64_t head_arrival(const struct core *c, uint32_t cls)
{
	const struct shunt_meta *m;

	if (c->held.arrival_ns && c->held.cls == cls && c->held.seq == peek(c->s->view->deq[cls]))
		return c->held.arrival_ns;
	m = head_meta(c->s, &c->s->hold[cls]);
	return m ? peek(m->arrival_ns) : 0;
}

/* What waits for any core: hold rings, parked requests. */
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

/* What waits in a core's own ring. One that XDP did not stamp found the core idle: it just came. */
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

/* The class that the policy wants this core to serve, or -1. run_cls: of what it runs and might go on with. */
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
	int cls;

	if (p->flags & SHUNT_NEEDS_HEADS)
		publish_heads(c, h);
	cls = p->select(c->s->view, &ev);
	if (cls < 0)
		return -1;
	/* A policy that names a class with nothing in it must not stop the others. */
	return cls < SHUNT_CLASSES && (h->waiting >> cls & 1) ? cls : __builtin_ctz(h->waiting);
}

/* Asked to yield, the running request is put back among the others: is it picked again? If not, *since
 * tells since when the one waits that is, and c->next which it is. */
enum asked queue_ask(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
		     uint64_t *since)
{
	struct heads h;
	int cls;

	if (c->wire) { /* the NIC has asked its policy */
		*since = now;
		return wire_waits(c) ? ASKED_YIELD : ASKED_FOR_NONE;
	}
	h.waiting = 0;
	consider_ring(c, now, &h);
	consider_all(c, queue_waiting(c->s), &h);
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

/* Do cores take from each other's rings? Always where the NIC chose the queue: it knows little of who is busy. */
bool queue_steals(const struct shunt *s, const struct policy *p)
{
	return p->flags & SHUNT_STEALS || own_rings(s);
}

/* Would the policy have this core serve what is next in the other's ring? Cores that are a class's own do not
 * take what they would not be given. */
static bool may_steal(struct core *c, const struct policy *p, const struct core *other)
{
	uint64_t now = c->fresh ? c->now : core_clock(c);
	struct heads h;

	h.waiting = 0;
	consider_ring(other, now, &h);
	return h.waiting && choose(c, p, &h, now, SHUNT_NONE) >= 0;
}

/* From another core's ring: if the policy steals and has nothing against it, or if that core has no thread. */
static bool next_of_others(struct core *c, const struct policy *p, struct item *it)
{
	struct shunt *s = c->s;
	uint64_t up = peek(s->view->up);

	for (uint32_t i = 1; i < s->geo.ncores; i++) {
		uint32_t other = (c->id + i) % s->geo.ncores;

		if (!ring_count(&s->core[other].rx))
			continue;
		if ((up >> other & 1) && (!queue_steals(s, p) || !may_steal(c, p, &s->core[other])))
			continue;
		if (take_back(c) && queue_pop(c, other, it))
			return true;
	}
	return false;
}

/* A held request that an idle core takes: how long did it wait beside us? (Invariant: 100 us.) On the wire that is the way
 * of our credit to the NIC, and its way to us. */
void queue_note_found(struct core *c, const struct item *it)
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

/* What waits for any core, and for this one; the policy says which. */
static bool next_chosen(struct core *c, const struct policy *p)
{
	struct shunt *s = c->s;
	struct heads h;
	uint32_t held = queue_waiting(s);
	uint64_t now;
	int cls;

	if (!held && !atomic_load_explicit(&s->park.mask, memory_order_relaxed))
		return false;
	now = c->fresh ? c->now : core_clock(c);
	h.waiting = 0;
	consider_ring(c, now, &h);
	consider_all(c, held, &h);
	if (!h.waiting)
		return false;
	cls = atomic_load(&s->leave) ? __builtin_ctz(h.waiting) : choose(c, p, &h, now, SHUNT_NONE);
	if (cls < 0 || !take(c, cls, h.of[cls].from))
		return false;
	if (h.of[cls].from == FROM_HOLD)
		queue_note_found(c, c->item);
	return true;
}

/* What the policy named when it was asked whether to yield: it is not asked twice. */
static bool next_named(struct core *c)
{
	struct next next = c->next;

	c->next.cls = 0;
	return next.cls && take(c, next.cls - 1, next.from);
}

/* The next request for this core, in c->item: its own ring, what the policy selects, what others left. */
bool queue_next(struct core *c)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);
	bool parked = atomic_load_explicit(&c->s->park.mask, memory_order_relaxed);
	bool taken;

	if (c->wire)
		return wire_next(c);
	taken = next_named(c) || (!parked && queue_pop(c, c->id, c->item));
	if (!taken && !ring_count(&c->rx) && claimed(c))
		return false;
	if (!taken)
		taken = next_chosen(c, p) || queue_pop(c, c->id, c->item) ||
			next_of_others(c, p, c->item);
	if (taken)
		idle_over(c);
	return taken;
}

/* The request is over: counted, then no longer ours. Its reply, if any, is in the send ring. */
void queue_end(struct core *c, const struct item *it, bool replied, uint64_t service_ns, bool timed)
{
	struct shunt_core_class *n = &c->line->cls[it->req.cls];

	bump(*(replied ? &n->replied : &n->noreply), 1);
	step();
	poke(c->run->id, 0);
	if (c->wire)
		wire_end(c, it, replied, service_ns);
	if (it->slot < SHUNT_HOLD_SLOT) {
		__atomic_fetch_add(&c->s->view->done[it->slot], 1, __ATOMIC_RELEASE);
		if (it->slot != c->id)
			bump(n->stolen, 1);
	} else {
		bump(n->held, 1);
	}
	if (timed) {
		bump(n->timed, 1);
		bump(n->service_ns, service_ns);
		bump(n->service_sq, service_ns * service_ns);
		bump(c->line->stats.busy_ns, service_ns);
	}
}

/* A hold ring that stays empty has no backlog, whatever the counts say (refused redirects). */
void queue_heal(struct core *c)
{
	struct shunt *s = c->s;

	for (uint32_t cls = 0; cls < s->nhold; cls++) {
		uint32_t enq = peek(s->view->enq[cls]), deq = peek(s->view->deq[cls]);

		if (enq == deq || ring_count(&s->hold[cls]) || enq != c->empty_enq[cls]) {
			c->empty_enq[cls] = enq;
			c->empty_ns[cls] = c->now;
		} else if (c->now - c->empty_ns[cls] > HEAL_NS &&
			   __atomic_compare_exchange_n(&s->view->deq[cls], &deq, enq, false,
						       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			bump(c->line->stats.healed, 1);
		}
	}
}
