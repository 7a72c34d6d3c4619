// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire.c - a core served by a NIC over the wire: requests are taken by number, and their ends go
 * back in CREDITs
 *
 * Requests come into the core's own ring only, and in the order in which they shall run: the NIC
 * has decided that order. A frame that gets lost either way is made good by the next CREDIT, which
 * says the core's whole state; a core that could take more repeats it. The core's epoch is settled
 * between shuntd and the NIC: a worker has no key.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#include "../internal.h"
#include "../locked.h"

#define REPEAT_MAX_NS 10000000ULL /* a CREDIT is repeated ever later, up to this */
#define OFFER_NS 1000000ULL       /* without an epoch: how often to look for one */
#define LEAVE_NS 500000000ULL     /* a NIC that is silent for so long
				   * as we leave is not waited for */

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static void advance(struct wire *w, uint32_t to)
{
	uint32_t by = to - w->high;

	w->taken = by < 32 ? w->taken << by : 0;
	w->open = by < 32 ? w->open << by : 0;
	w->silent = by < 32 ? w->silent << by : 0;
	w->high = to;
}

static void close_seq(struct wire *w, uint32_t seq, bool silent)
{
	uint32_t back = w->high - seq;

	if (back >= 32)
		return;
	w->open &= ~(1u << back);
	w->silent |= (uint32_t)silent << back;
}

/* The NIC has the token of that number. */
static void acknowledge(struct wire *w, uint32_t seq)
{
	if (!seq || !w->nparks || w->parks[0].seq != seq)
		return;
	close_seq(w, seq, false);
	memmove(w->parks, w->parks + 1, --w->nparks * sizeof(*w->parks));
}

/* The number is new, and so taken. NULL: it is not. */
static struct wire_todo *take(struct wire *w, uint32_t seq)
{
	struct wire_todo *t = &w->todo[w->tail % WIRE_TODO];

	if (!after(seq, w->high) || w->tail - w->head == WIRE_TODO)
		return NULL;
	advance(w, seq);
	w->taken |= 1;
	w->open |= 1;
	w->tail++;
	*t = (struct wire_todo){ .seq = seq };
	return t;
}

/* Does it go first, as the NIC's policy has it? */
static void set_first(struct wire *w, struct wire_todo *t, uint8_t flags)
{
	t->first = flags & SHUNT_META_FIRST;
	w->nfirst += t->first;
}

static void hear_resume(struct core *c, const struct shunt_wire_request *r)
{
	struct wire_todo *t;

	acknowledge(c->wire, r->ack);
	t = take(c->wire, r->seq);
	if (!t)
		return;
	t->resume = true;
	t->addr = r->token;
	t->id = r->id;
	set_first(c->wire, t, r->flags);
}

static void hear_note(struct core *c, const struct shunt_wire_note *n)
{
	struct wire *w = c->wire;

	acknowledge(w, n->ack);
	if (n->skip && after(n->skip, w->high))
		advance(w, n->skip);
	if (w->leaving && n->w.flags & SHUNT_WIRE_LEAVE)
		w->left = true;
	else
		wire_credit(c);
}

static void hear_control(struct core *c, const void *frame, uint32_t len)
{
	const struct shunt_wire *h = frame;
	struct wire *w = c->wire;

	if (len < SHUNT_WIRE_MIN || h->core != w->number)
		return;
	if (!w->cookie || h->cookie != w->cookie || h->epoch != w->epoch)
		return;
	w->heard_ns = c->now;
	if (h->type == SHUNT_WIRE_RESUME && len >= sizeof(struct shunt_wire_request))
		hear_resume(c, frame);
	else if (h->type == SHUNT_WIRE_NOTE)
		hear_note(c, frame);
}

/* False: the frame is not kept. */
static bool hear_request(struct core *c, const struct xdp_desc *d)
{
	const struct shunt_meta *m = queue_meta(c->s, d->addr);
	struct wire *w = c->wire;
	struct wire_todo *t;

	if (!m || m->abi != SHUNT_ABI || !w->cookie || m->epoch != (uint16_t)w->epoch)
		return false;
	w->heard_ns = c->now;
	if (m->ack)
		acknowledge(w, m->hold_seq - m->ack);
	t = take(w, m->hold_seq);
	if (!t)
		return false;
	t->addr = d->addr;
	t->len = d->len;
	t->id = m->id;
	t->held = m->flags & SHUNT_META_HELD;
	set_first(w, t, m->flags);
	return true;
}

/* Takes all that the ring shows. */
static void hear(struct core *c)
{
	struct shunt_ring *r = &c->rx;
	uint32_t cons = *r->cons, prod = ring_prod(r);

	if (cons == prod)
		return;
	c->now = core_clock(c);
	for (; cons != prod && c->wire->tail - c->wire->head < WIRE_TODO; cons++) {
		struct xdp_desc d = r->desc[cons & r->mask];
		uint64_t in_chunk = d.addr & (c->s->geo.chunk - 1);
		const char *frame = c->s->memory + d.addr;
		uint16_t proto;

		if (d.addr >= shunt_frames_len(&c->s->geo) || d.len < 14 ||
		    in_chunk + d.len > c->s->geo.chunk) {
			bump(c->line->stats.bad_frame, 1);
			continue;
		}
		memcpy(&proto, frame + 12, sizeof(proto));
		if (proto == htons(SHUNT_WIRE_PROTO))
			hear_control(c, frame, d.len);
		else if (hear_request(c, &d))
			continue;
		frames_free(c, d.addr);
	}
	ring_set_cons(r, cons);
}

/* --- what is done ----------------------------------------------------------------------------- */

static void begin(struct core *c, const struct wire_todo *t)
{
	c->idle_ns = 0;
	c->wire->run = t ? t->seq : 0;
	c->item->seq = t ? t->seq : 0;
}

/* The next of the requests taken, or one that the NIC has forgotten, in c->item. */
bool wire_next(struct core *c)
{
	struct wire *w = c->wire;

	hear(c);
	poke(c->run->start_ns, 0); /* before the id: the agent must not take
				    * the last one's start for its own */
	while (w->head != w->tail) {
		struct wire_todo *t = &w->todo[w->head++ % WIRE_TODO];

		w->nfirst -= t->first;
		if (!t->resume) {
			struct xdp_desc d = { .addr = t->addr, .len = t->len };

			queue_fill(c, c->item, &d, c->id);
			c->item->sent = t->id;
			queue_run(c, c->item);
			if (t->held)
				next_note_found(c, c->item);
		} else if (!park_resume(c, t->addr, t->id)) {
			bump(c->line->stats.bad_frame, 1);
			close_seq(w, t->seq, true);
			wire_credit(c);
			continue;
		}
		begin(c, t);
		return true;
	}
	if (!park_take_any(c))
		return false;
	begin(c, NULL);
	return true;
}

/* Tells the NIC that the core's state changed. Frames that came meanwhile
 * are taken first, so that the NIC knows the next request to run. */
static void report(struct core *c)
{
	struct wire *w = c->wire;

	hear(c);
	w->repeat_ns = WIRE_REPEAT_NS;
	wire_credit(c);
}

static void note_service(struct wire *w, uint8_t cls, uint64_t ns)
{
	w->cls = cls;
	w->service[cls].timed++;
	w->service[cls].ns += ns;
	w->service[cls].sq += ns * ns;
}

/* The request has ended; its reply, if any, is in the send ring, and the credit follows it. */
void wire_end(struct core *c, const struct item *it, bool replied, uint64_t service_ns)
{
	struct wire *w = c->wire;

	w->busy_ns += service_ns;
	w->run = 0;
	if (!it->seq)
		return; /* of an epoch that is over */
	w->done++;
	if (it->sane)
		note_service(w, it->req.cls, service_ns);
	close_seq(w, it->seq, !replied);
	report(c);
}

/* The request was parked: it waits for the NIC to name its token. */
void wire_parked(struct core *c, uint32_t seq, uint64_t token)
{
	struct wire *w = c->wire;

	w->run = 0;
	if (!seq || w->nparks == WIRE_TODO) {
		park_orphan(c, token);
		return;
	}
	w->parks[w->nparks++] = (struct wire_park){ seq, c->yields == PREEMPT_SIGNAL, token };
	report(c);
}

/* Has the core a request that goes before the running one, or is one on its way
 * into our ring? Or has the NIC one, whose PREEMPT names the running request? */
bool wire_waits(const struct core *c)
{
	const struct wire *w = c->wire;
	uint64_t came = peek(c->line->mark.came);

	return w->nfirst || (came >> 32 == w->epoch && after(came, w->high)) ||
	       peek(c->line->mark.by[SHUNT_MARK_XDP].id) == c->run->id;
}

/* Sends the messages that are due. To be called again at c->now + the result. */
uint64_t wire_tick(struct core *c)
{
	struct wire *w = c->wire;
	uint32_t busy = __builtin_popcount(w->open) - w->nparks;

	wire_epoch_tick(c);
	if (!w->cookie)
		return OFFER_NS;
	if (w->owed) {
		wire_credit(c);
	} else if ((busy < w->k || w->nparks || w->leaving) && c->now - w->said_ns > w->repeat_ns) {
		w->repeat_ns = w->leaving ? WIRE_REPEAT_NS : 2 * w->repeat_ns;
		if (w->repeat_ns > REPEAT_MAX_NS)
			w->repeat_ns = REPEAT_MAX_NS;
		wire_credit(c);
	}
	return w->repeat_ns;
}

/* Nothing more comes, and nothing that came is left: the thread may end. */
bool wire_drained(struct core *c)
{
	struct wire *w = c->wire;
	uint64_t now = clock_ns();

	if (!w->leaving) {
		w->leaving = true;
		w->leave_ns = w->heard_ns = now;
		w->repeat_ns = 0; /* at once */
	}
	if (now - w->leave_ns > LEAVE_NS && now - w->heard_ns > WIRE_SILENT_NS)
		park_orphans(c, ~w->life); /* nobody will name them any more */
	if (w->head != w->tail || ring_count(&c->rx) || peek(c->s->park.n) ||
	    atomic_load(&c->s->park.mask))
		return false;
	return w->left || !w->cookie || now - w->leave_ns > LEAVE_NS;
}

/* --- with nothing to do ----------------------------------------------------------------------- */

/* Sleeps on the core's own ring, the only one that is
 * fed, but not longer than until its next message is due. */
static void sleep_on_wire(struct core *c, uint64_t ns)
{
	struct pollfd fds[] = { { .fd = c->sock, .events = POLLIN },
				{ .fd = c->s->wake, .events = POLLIN } };
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	poke(c->run->state, SHUNT_CORE_ASLEEP);
	bump(c->line->stats.slept, 1);
	if (!ring_count(&c->rx) && !atomic_load(&c->s->park.mask))
		ppoll(fds, atomic_load(&c->s->quit) ? 1 : 2, &t, NULL);
	poke(c->run->state, SHUNT_CORE_IDLE);
}

void wire_idle(struct core *c)
{
	uint64_t wait = wire_tick(c), most = idle_sleep_ms(c) * 1000000ULL;

	poke(c->run->state, SHUNT_CORE_IDLE);
	if (ring_cons(&c->tx) != c->tx_prod)
		reply_kick(c);
	frames_recycle(c);
	if (idle_may_sleep(c))
		sleep_on_wire(c, wait < most ? wait : most);
	else
		idle_relax();
}

/* The NIC has asked its policy. */
enum asked wire_ask(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
		    uint64_t *since)
{
	*since = now;
	return wire_waits(c) ? ASKED_YIELD : ASKED_FOR_NONE;
}

/* By this token the NIC names it. */
void wire_name(struct core *c, struct item *it)
{
	struct park *k = &c->s->park;

	MUST_HOLD(&k->lock);
	it->life = c->wire->life;
	it->token = ++c->s->wire->turn << 16 | it->place;
	k->named[it->place] = it;
}
