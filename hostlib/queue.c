// SPDX-License-Identifier: BSD-2-Clause
/*
 * queue.c - taking a request out of its ring, and its end
 *
 * A worker may die at any instruction: the stores that tell of its requests are those of
 * lib/ledger.h.
 */
#include <string.h>

#include "actors.h"
#include "internal.h"

static struct shunt_ring *ring_of(struct shunt *s, uint32_t slot)
{
	return slot < SHUNT_HOLD_SLOT ? &s->core[slot].rx : &s->hold[slot - SHUNT_HOLD_SLOT];
}

/* The metadata of a received packet, or NULL if there can be none, as the agent sees it. Another
 * core may be popping the same entry: what is read here counts only once the swap succeeded. */
struct shunt_meta *queue_meta(const struct shunt *s, uint64_t addr)
{
	return shunt_meta_of(s->memory, &s->geo, addr);
}

/* Largest UDP payload that fits both the interface and what is left of the frame. */
static uint32_t room_for(const struct shunt *s, const struct item *it)
{
	uint32_t in_frame = s->geo.chunk - (it->addr & (s->geo.chunk - 1)) - it->payload;
	uint32_t mtu = s->geo.mtu ? s->geo.mtu : 1500, headers = (it->ipv6 ? 40 : 20) + 8;
	uint32_t on_wire = mtu > headers ? mtu - headers : 0;

	return in_frame < on_wire ? in_frame : on_wire;
}

/* Ethernet, IP and UDP: the reply turns them round. */
static uint32_t headers_least(const struct shunt_meta *m)
{
	return 14 + (m->flags & SHUNT_META_IPV6 ? 40 : 20) + 8;
}

/* Nothing is left of the request that had the item before. Field by field, but for those of parked
 * requests, which are set when one is parked: a whole item is cleared by an instruction that takes
 * longer to begin than all of these stores. */
static void begin_item(struct core *c, struct item *it, const struct xdp_desc *desc, uint32_t slot)
{
	it->req = (struct shunt_req){ .core = c->id, .turn = c->turn };
	it->ctx = NULL;
	it->core = c;
	it->queued_ns = it->served_ns = it->sent = 0;
	it->quanta = it->seq = 0;
	it->payload = 0;
	it->queue = 0;
	it->slot = slot;
	it->ended = it->stay = it->ipv6 = it->sane = false;
	it->len = desc->len;
	it->addr = desc->addr;
	it->reply = SHUNT_NO_REPLY;
	it->token = 0;
	it->life = 0;
}

void queue_fill(struct core *c, struct item *it, const struct xdp_desc *desc, uint32_t slot)
{
	const struct shunt_meta *m = queue_meta(c->s, desc->addr);
	struct shunt *s = c->s;
	uint64_t in_chunk = desc->addr & (s->geo.chunk - 1);

	begin_item(c, it, desc, slot);
	if (!m || m->abi != SHUNT_ABI || m->cls >= s->geo.nclasses ||
	    in_chunk + desc->len > s->geo.chunk || m->payload < headers_least(m) ||
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
	it->req.actor = actors_id(s, m);
	it->req.arrival_ns = it->queued_ns = m->arrival_ns;
	it->req.data = s->memory + desc->addr + m->payload;
	it->req.len = m->len;
	it->req.room = room_for(s, it);
}

/* deq[cls] = seq + 1, unless a core that popped a later entry was here first. */
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
	ledger_run(c->line, (struct ledger_request){ .id = it->sent,
						     .frame = shunt_frame_of(&c->s->geo, it->addr),
						     .cls = it->req.cls, .queue = it->queue,
						     .held = it->slot >= SHUNT_HOLD_SLOT,
						     .actor = actors_nr(c, it),
						     .actor_base = actors_ended(c, it) });
}

/* The entry, as long as it is there: it is read before the swap. */
static struct ledger_entry entry_of(const struct shunt *s, const struct xdp_desc *desc,
				    const struct shunt_meta *m)
{
	return (struct ledger_entry){ .frame = shunt_frame_of(&s->geo, desc->addr),
				      .off = desc->addr & (s->geo.chunk - 1),
				      .id = m ? peek(m->id) : 0, .cls = m ? peek(m->cls) : 0 };
}

/* Headers and payload, which the kernel has written on another CPU. Any address will do. */
static void fetch_packet(const struct shunt *s, uint64_t addr)
{
	uintptr_t at = (uintptr_t)s->memory + addr;

	__builtin_prefetch((const void *)at);
	__builtin_prefetch((const void *)(at + SHUNT_LINE));
}

/* For the next pop: fetches the packet at the ring's head, if there is one, and its metadata, which
 * is in front of it. */
void queue_prefetch(const struct shunt *s, const struct shunt_ring *r)
{
	uint32_t cons = ring_cons(r);
	uint64_t addr;

	if (ring_prod(r) == cons)
		return;
	addr = peek(r->desc[cons & r->mask].addr);
	__builtin_prefetch((const void *)((uintptr_t)s->memory + addr - 1));
	fetch_packet(s, addr);
}

/* Takes the head of a ring, if there is one and no other core is faster. */
bool queue_pop(struct core *c, uint32_t slot, struct item *it)
{
	struct shunt *s = c->s;
	struct shunt_ring *r = ring_of(s, slot);
	uint32_t cons = ring_cons(r);
	struct shunt_meta *m;
	struct xdp_desc desc;

	if (ring_prod(r) == cons)
		return false;
	desc.addr = peek(r->desc[cons & r->mask].addr);
	desc.len = peek(r->desc[cons & r->mask].len);
	fetch_packet(s, desc.addr); /* on its way while the metadata is waited for */
	m = queue_meta(s, desc.addr);
	if (!ledger_take(c->run, r, slot, cons, entry_of(s, &desc, m))) {
		bump(c->line->stats.lost_race, 1);
		return false;
	}
	queue_fill(c, it, &desc, slot);
	queue_run(c, it);
	ledger_taken(c->run, m ? &m->id : NULL);
	if (slot >= SHUNT_HOLD_SLOT && it->sane)
		advance_deq(s, slot - SHUNT_HOLD_SLOT, m->hold_seq);
	return true;
}

/* The request is out of its ring, which has room for another: counts that. */
static void leave_ring(struct core *c, const struct item *it)
{
	struct shunt_core_class *n = &c->line->cls[it->req.cls];

	if (it->slot >= SHUNT_HOLD_SLOT) {
		bump(n->held, 1);
		return;
	}
	__atomic_fetch_add(&c->s->view->done[it->slot], 1, __ATOMIC_RELEASE);
	if (it->slot != c->id)
		bump(n->stolen, 1);
}

/* How long a request of the class may wait, in ns; 0: as long as it must. */
uint64_t queue_wait_most(const struct shunt *s, uint32_t cls)
{
	const struct shunt_view *v = s->view;

	if (__builtin_expect(!(peek(v->expires) >> cls & 1), 1))
		return 0;
	return peek(v->expire[cls]) * 1000ULL * peek(v->slo_us[cls]);
}

static bool waited_too_long(struct core *c, const struct item *it)
{
	uint64_t most = queue_wait_most(c->s, it->req.cls);

	if (!most)
		return false;
	if (!c->fresh)
		c->now = core_clock(c);
	return c->now > it->req.arrival_ns + most;
}

/* A preempted request's memory and locks may be its worker's,
 * so it expires only where the worker allows that. */
static bool is_too_old(struct core *c, const struct item *it)
{
	if (!it->sane || !it->req.arrival_ns)
		return false;
	if (it->ctx)
		return c->s->opts.flags & SHUNT_ABANDON && waited_too_long(c, it);
	return it->req.arrival_ns < peek(c->s->view->serve_from_ns) || waited_too_long(c, it);
}

/* A request that waited too long ends at once: its client has given up, or asked again. */
bool queue_expire(struct core *c, const struct item *it)
{
	struct shunt_actor_core *actor;

	if (!is_too_old(c, it))
		return false;
	frames_free(c, it->addr);
	actor = actors_line(c, it);
	ledger_end(c->run, &c->line->expired.n[it->req.cls], actor ? &actor->expired : NULL);
	leave_ring(c, it);
	return true;
}

/* The request is over: answered if its handler said so, counted, then no longer ours. */
void queue_end(struct core *c, struct item *it, uint64_t service_ns, bool timed)
{
	struct shunt_core_class *n = &c->line->cls[it->req.cls];
	struct shunt_actor_core *actor = actors_line(c, it);
	bool replied = it->reply >= 0 && reply_in_place(c, it, it->reply);

	if (!replied)
		frames_free(c, it->addr);
	ledger_end(c->run, replied ? &n->replied : &n->noreply, actors_count(actor, replied));
	if (c->s->transport->ended)
		c->s->transport->ended(c, it, replied, service_ns);
	leave_ring(c, it);
	if (timed) {
		bump(n->timed, 1);
		bump(n->service_ns, service_ns);
		bump(n->service_sq, service_ns * service_ns);
		bump(c->line->stats.busy_ns, service_ns);
		if (actor)
			actors_time(actor, service_ns);
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
