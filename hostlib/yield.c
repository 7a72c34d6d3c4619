// SPDX-License-Identifier: BSD-2-Clause
/*
 * yield.c - when a request makes room for another: what preempt.h asks once it may be stopped
 *
 * A core is armed while something waits that could run instead: because a mark names the request
 * that it runs, or because it saw so itself when the request started. Armed, it compares the clock
 * with the deadline; once that has passed, the policy is asked. Not armed, no safepoint gets here.
 *
 * Clocks are dear: between two looks at it, as many safepoints are let pass as fit into seven
 * eighths of what is left of the quantum, going by how far apart they were lately; all of a few
 * hundred ns at the end.
 */
#include "internal.h"
#include "seat.h"

#define SKIP_MAX 4096
#define PACE_SHIFT 18
#define CLOSE_NS 700          /* so near the deadline, all that is left is skipped at once */
#define TELLS 8               /* fewer safepoints, in less than TELLS_NS, say
			       * little of how often safepoints come */
#define TELLS_NS 1000         /* see TELLS */
#define FULL_NS 100000        /* as many requests are parked as may be: asked again after this */
#define RETRY_NS 200          /* what is counted but not in its ring yet
			       * is looked for again, ever more seldom */
#define NONE (~0ULL)

/* The core whose thread this is; NULL: no core's. Never inlined:
 * a request may come out of ctx_leave() on another thread. */
static PREEMPT_TLS struct core *this_thread;

__attribute__((noinline)) struct core *yield_core(void)
{
	asm volatile(""); /* so that no caller takes an earlier answer for this one's */
	return this_thread;
}

/* The child of a fork: its copy of the thread is no core's. */
void yield_no_thread(void)
{
	this_thread = NULL;
}

static uint64_t quantum_ns(const struct core *c, const struct item *it)
{
	return peek(c->s->view->quantum_us[it->queue]) * 1000ULL;
}

static bool waits(const struct core *c)
{
	return c->s->transport->waits(c);
}

static void set_look(struct core *c, uint32_t value)
{
	if (peek(c->line->mark.look) != value)
		poke(c->line->mark.look, value);
}

static void arm(struct core *c)
{
	c->armed = true;
	c->paced_ns = 0;
	set_look(c, 1);
}

/* Nothing waits, as far as can be seen. An arrival that comes now either sees look cleared and sets
 * it, or is seen here: the fence stands between our store and our load, XDP's exchange between its
 * own. */
static void disarm(struct core *c)
{
	c->armed = false;
	preempt_here()->skip = 0;
	set_look(c, 0);
	atomic_thread_fence(memory_order_seq_cst);
	if (waits(c))
		arm(c);
}

/* The seat's turn may end before the request's quantum. */
static void bound_by_seat(struct core *c)
{
	uint64_t until = seat_until(c);

	if (until < c->start_ns)
		until = c->start_ns;
	if (until < c->deadline_ns)
		c->deadline_ns = until;
}

/* How many safepoints may pass before the clock is looked at again. */
static void set_skip(struct core *c, uint64_t now)
{
	uint64_t left = c->deadline_ns > now ? c->deadline_ns - now : 0;
	uint64_t part = left > CLOSE_NS ? left - left / 8 : left;
	uint64_t n = part * c->pace >> PACE_SHIFT;

	c->skipped = n < SKIP_MAX ? n : SKIP_MAX;
	preempt_here()->skip = c->skipped;
	if (!c->paced_ns) {
		c->paced_ns = now;
		c->paced = 0;
	}
}

/* How often safepoints come, over as many looks as it takes to tell (each takes time itself), if
 * none of those was missed that were to be skipped. 32 bits: a division of 64 takes as long as the
 * rest of this. No floating point: its flags are the request's. */
static void measure_pace(struct core *c, uint64_t now)
{
	uint64_t passed = now - c->paced_ns;

	if (!c->paced_ns)
		return;
	c->paced += c->skipped + 1;
	if (preempt_here()->skip)
		c->paced_ns = 0;
	if (!c->paced_ns || (c->paced < TELLS && passed < TELLS_NS))
		return;
	if (passed && passed < UINT32_MAX)
		c->pace = c->paced * (1u << PACE_SHIFT) / (uint32_t)passed;
	c->paced_ns = 0;
}

/* Makes the calling thread the core's. */
void yield_thread(struct core *c)
{
	this_thread = c;
	ctx_home_init(&c->home);
	if (c->s->opts.signal)
		preempt_signal_unblock(c->s->opts.signal);
	preempt_worker_begin(&c->line->mark.look, yield_point);
}

/* The item's turn begins. */
void yield_start(struct core *c, uint64_t now)
{
	uint64_t quantum = c->item->ctx ? quantum_ns(c, c->item) : 0;

	c->start_ns = now;
	c->deadline_ns = quantum ? now + quantum : NONE;
	c->retry_ns = 0;
	c->held.arrival_ns = 0;
	c->running = true;
	if (!c->item->ctx)
		return;
	c->skipped = 0;
	preempt_here()->skip = 0;
	if (c->seat)
		bound_by_seat(c);
	if (c->deadline_ns != NONE && waits(c)) {
		arm(c);
		set_skip(c, now);
	} else if (c->armed || peek(c->line->mark.look)) {
		disarm(c);
	}
}

void yield_end(struct core *c)
{
	c->running = false;
}

/* Is there a mark for the running request? Takes the mark's deadline, if it is one of this turn. */
static bool marked(struct core *c)
{
	uint64_t id = c->run->id;
	bool named = false;

	for (int k = 0; k < SHUNT_NR_MARKERS; k++) {
		const struct shunt_mark *m = &c->line->mark.by[k];
		struct shunt_mark seen = { .id = __atomic_load_n(&m->id, __ATOMIC_ACQUIRE),
					   .deadline_ns = peek(m->deadline_ns) };
		struct shunt_mark_for held;

		if (seen.id == c->taken[k].id && seen.deadline_ns == c->taken[k].deadline_ns)
			continue;
		held.arrival_ns = peek(c->line->mark.held.arrival_ns);
		held.seq = peek(c->line->mark.held.seq);
		held.cls = peek(c->line->mark.held.cls);
		atomic_thread_fence(memory_order_acquire);
		if (!seen.id || peek(m->id) != seen.id)
			continue; /* it is being written: look is set when that is done */
		c->taken[k] = seen;
		if (seen.id != id) {
			bump(c->line->preempt.late, 1);
			continue;
		}
		named = true;
		if (k == SHUNT_MARK_XDP)
			c->held = held;
		c->retry_ns = 0;
		/* The deadline of an earlier turn does not
		 * count: then the mark is only an order to look. */
		if (seen.deadline_ns > c->start_ns &&
		    seen.deadline_ns - c->start_ns <= SHUNT_SLO_MAX_US * 1000ULL)
			c->deadline_ns = seen.deadline_ns;
		/* each sending has a number of its own, so it is of this turn */
		else if (c->s->transport->nic_decides)
			c->deadline_ns = c->start_ns;
	}
	return named;
}

static void note_delay(struct core *c, uint64_t late_ns)
{
	uint32_t i = 0;

	while (i < SHUNT_DELAYS - 1 && late_ns >= 64ULL << i)
		i++;
	bump(c->line->preempt.delay[i], 1);
}

/* Used up so many quanta: from now on queued as one of another class. */
static void demote(struct core *c, struct item *it)
{
	const struct shunt_view_class *v = &c->s->view->cls[it->queue];
	uint32_t after = peek(v->demote_after), to = peek(v->demote_to);

	if (!after || ++it->quanta < after || to >= c->s->geo.nclasses || to == it->queue)
		return;
	it->queue = to;
	it->quanta = 0;
	bump(c->line->preempt.demoted, 1);
}

/* The time by which a preempted request is queued:
 * before those that came after it, or behind all. */
static uint64_t place_in_queue(struct core *c, const struct policy *p, const struct item *it,
			       uint64_t now)
{
	int where = peek(c->s->view->cls[it->queue].requeue);

	if (p->requeue) {
		struct shunt_event ev = { .now_ns = now, .run_ns = it->req.arrival_ns,
					  .cls = it->queue,
			.core = c->id, .run_cls = it->queue };

		where = policy_ask(c, p, SHUNT_ASK_REQUEUE, &ev);
	}
	return where == SHUNT_HEAD ? it->queued_ns : now;
}

/* The time on the seat is over, or another domain is on: the request goes on when this one is on
 * again. False: as many as may be parked are. */
static bool leave_seat(struct core *c, uint64_t now)
{
	if (park_full(c->s)) {
		bump(c->line->preempt.full, 1);
		c->deadline_ns = now + FULL_NS;
		set_skip(c, now);
		return false;
	}
	note_delay(c, now - c->deadline_ns);
	c->next.cls = 0;
	c->now = now;
	return true;
}

/* The deadline was the seat's, which nobody wants any more. */
static bool stay_on_seat(struct core *c, uint64_t now)
{
	c->deadline_ns = NONE;
	bound_by_seat(c);
	if (c->deadline_ns != NONE)
		set_skip(c, now);
	return false;
}

/* The quantum is over: does anybody go before it? */
static bool due_here(struct core *c, uint64_t now)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);
	struct item *it = c->item;
	uint64_t queued = place_in_queue(c, p, it, now), since;

	switch (c->s->transport->ask(c, p, now, queued, &since)) {
	case ASKED_FOR_NONE:
		if (!waits(c)) {
			disarm(c);
			return false;
		}
		/* The request is counted, but NAPI has not published it yet. */
		c->retry_ns = c->retry_ns ? 2 * c->retry_ns : RETRY_NS;
		c->deadline_ns = now + c->retry_ns;
		if (c->seat)
			bound_by_seat(c);
		set_skip(c, now);
		return false;
	case ASKED_YIELD:
		if (park_full(c->s)) {
			c->next.cls = 0;
			bump(c->line->preempt.full, 1);
			break;
		}
		if (since < c->deadline_ns)
			since = c->deadline_ns;
		note_delay(c, now > since ? now - since : 0);
		it->queued_ns = queued;
		demote(c, it);
		c->now = now;
		return true;
	case ASKED_GO_ON:
		bump(c->line->preempt.stayed, 1);
		break;
	}
	if (c->s->transport->nic_decides && !quantum_ns(c, it)) { /* the NIC will say so again */
		c->deadline_ns = NONE;
		return false;
	}
	demote(c, it);
	c->deadline_ns = now + quantum_ns(c, it);
	c->retry_ns = 0;
	if (c->seat)
		bound_by_seat(c);
	set_skip(c, now);
	return false;
}

static bool due(struct core *c, uint64_t now)
{
	if (c->seat && now >= seat_until(c))
		return leave_seat(c, now);
	if (c->seat && !quantum_ns(c, c->item))
		return stay_on_seat(c, now);
	return due_here(c, now);
}

static bool should_yield(struct core *c, enum preempt_way way)
{
	uint64_t now;

	if (!c->armed && c->s->transport->prefetch)
		c->s->transport->prefetch(c); /* XDP or the agent has just written it */
	if (marked(c) && !c->armed)
		arm(c);
	if (!c->armed)
		disarm(c); /* it was for another request, unless something waits */
	if (!c->armed)
		return false;
	if (c->seat)
		bound_by_seat(c);
	if (c->deadline_ns == NONE) { /* a class without a quantum, or the NIC was asked already */
		c->armed = false;
		set_look(c, 0);
		/* a mark that comes now is seen here, or sets look again */
		atomic_thread_fence(memory_order_seq_cst);
		if (marked(c) || (c->seat && seat_is_wanted(c)))
			arm(c);
		return false;
	}
	now = core_clock(c);
	if (way == PREEMPT_SAFEPOINT)
		measure_pace(c, now);
	if (now >= c->deadline_ns)
		return due(c, now);
	set_skip(c, now);
	return false;
}

_Static_assert(PREEMPT_SAFEPOINT == (int)SHUNT_BY_SAFEPOINT &&
		       PREEMPT_SIGNAL == (int)SHUNT_BY_SIGNAL,
	       "counted by way");

/* On the wire, a core that is named a token must be able to go on with its request. */
static bool must_stay(const struct core *c)
{
	return c->s->transport->nic_decides && c->s->ncores > 1 && preempt_here()->stay;
}

void yield_point(enum preempt_way way)
{
	struct core *c = yield_core();

	if (!c || !c->running || !c->item->ctx || must_stay(c) || !should_yield(c, way))
		return;
	c->yields = way;
	c->item->stay = preempt_here()->stay;
	ctx_leave(c->item->ctx);
	/* From here on, perhaps another thread. */
}
