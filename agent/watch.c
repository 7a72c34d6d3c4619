// SPDX-License-Identifier: BSD-2-Clause
/*
 * watch.c - marks running requests that are over their
 * quantum while others wait; signals as the last resort
 *
 * XDP marks on arrival, and cores look for themselves when a request starts. Left for the agent are
 * requests that neither of them saw, and code that reaches no safepoint. The agent reads what
 * workers wrote: a line of nonsense makes it mark nonsense in that worker's own memory, or send a
 * signal of its choice to a thread of that worker.
 */
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "domain.h"
#include "due.h"
#include "phase.h"
#include "thread.h"
#include "watch.h"
#include "worker.h"

#define CALM_LOOKS 4       /* without a late request, until looks become rarer, */
#define CALM_MOST 12
#define RARE_NS 50000000ULL /* down to this */

/* The order that abi.h demands; the last store also orders what we saw waiting before it. */
static void write_mark(struct shunt_core_mark *m, __u64 id, __u64 deadline_ns)
{
	struct shunt_mark *mine = &m->by[SHUNT_MARK_AGENT];

	__atomic_store_n(&mine->id, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&mine->deadline_ns, deadline_ns, __ATOMIC_RELEASE);
	__atomic_store_n(&mine->id, id, __ATOMIC_RELEASE);
	__atomic_store_n(&m->look, 1, __ATOMIC_SEQ_CST);
}

static bool something_waits(const struct domain *d)
{
	const struct shunt_view *v = d->pool.r.view;

	for (__u32 c = 0; c < d->pool.r.geo.nclasses; c++) {
		if (peek(v->enq[c]) != peek(v->deq[c]) || shunt_view_parked(v, c))
			return true;
	}
	return false;
}

/* Requests wait in the core's own ring. */
static bool ring_waits(const struct domain *d, __u32 core)
{
	return ring_count(&d->pool.r.rx[core]) != 0;
}

/* tid and signal are the worker's to write: whatever they
 * say, only a thread of that worker can get the signal. */
void watch_signal(struct agent *a, struct domain *d, __u32 core, __u64 id)
{
	__u64 *last = &a->signalled[d->id][core];
	__u32 tid = peek(d->pool.r.view->core[core].run.tid),
	      signal = peek(d->pool.r.view->core[core].run.signal);

	if (*last == id || !d->pool.state->worker_pid || !signal || signal > SHUNT_SIGNAL_MAX)
		return;
	*last = id;
	if (worker_may_be_signalled(d) &&
	    !thread_signal(d->worker.process, d->pool.state->worker_pid, tid, signal))
		agent_of(d)->signals++;
}

/* Does another domain wait for the core's CPU? */
static bool is_wanted(const struct domain *d, __u32 core)
{
	return d->seat_wanted >> core & 1;
}

/* Then the time on the seat counts, too. */
static __u64 quantum_ns(const struct domain *d, __u32 core, __u32 cls)
{
	__u64 ns = peek(d->pool.r.view->quantum_us[cls]) * 1000ULL;

	return is_wanted(d, core) && (!ns || d->seat_ns < ns) ? d->seat_ns : ns;
}

/* True: the request that runs there is over its quantum, and only we have seen it. With "look" set
 * the core reads its clock at its next safepoint: it was marked, or has seen itself what waits. */
static bool watch_core(struct agent *a, struct domain *d, __u32 core)
{
	struct shunt_core *c = &d->pool.r.view->core[core];
	__u64 id = peek(c->run.id), start = peek(c->run.start_ns), now = clock_ns(), deadline;
	__u32 cls = peek(c->run.queue) & (SHUNT_CLASSES - 1);
	__u64 quantum = quantum_ns(d, core, cls), grace = a->maps.cfg.grace_us * 1000ULL;
	bool looks = peek(c->mark.look);

	deadline = start + quantum;
	if (!id || !quantum || now < deadline)
		return false;
	if (peek(c->mark.by[SHUNT_MARK_AGENT].id) != id ||
	    peek(c->mark.by[SHUNT_MARK_AGENT].deadline_ns) != deadline) {
		write_mark(&c->mark, id, deadline);
		agent_of(d)->marks++;
	}
	if (grace && now - deadline >= grace)
		watch_signal(a, d, core, id);
	return !looks;
}

bool watch_marks(struct agent *a, struct domain *d)
{
	bool waits = something_waits(d), late = false;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		if ((d->worker.up >> i & 1) && (waits || is_wanted(d, i) || ring_waits(d, i)))
			late |= watch_core(a, d, i);
	}
	return late;
}

bool watch_wanted(const struct agent *a)
{
	return a->maps.cfg.flags & SHUNT_CFG_PREEMPT && a->maps.cfg.watch_us;
}

/* XDP and cores mark by themselves: so where neither has overlooked a request for some looks, the
 * next ones are farther apart. Signals are nobody else's business: they do not wait. */
static __u64 period(const struct agent *a)
{
	__u64 ns = a->maps.cfg.watch_us * 1000ULL;

	for (unsigned int i = CALM_LOOKS; i <= a->calm && ns < RARE_NS / 2; i++)
		ns *= 2;
	return ns;
}

void watch_running(struct agent *a, bool (*look)(struct agent *a, struct domain *d))
{
	bool late = a->maps.cfg.grace_us;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase == DOMAIN_TAKEN)
			late |= look(a, &a->domain[i]);
	}
	a->calm = late ? 0 : a->calm < CALM_MOST ? a->calm + 1 : CALM_MOST;
	a->watch_ns = a->now_ns + period(a);
	a->watch_slack_ns = period(a) / 8 < DUE_SLACK_NS ? period(a) / 8 : DUE_SLACK_NS;
}
