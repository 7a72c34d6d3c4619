// SPDX-License-Identifier: BSD-2-Clause
/*
 * core.c - a core's thread: take, serve, reply, until told to end
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define SHORT_NS 2000 /* a request this short may run before the last reply is kicked */

static int pin(struct core *c)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c->s->cpu[c->id], &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void serve(struct core *c, struct item *it)
{
	struct shunt *s = c->s;
	const struct policy *p = atomic_load_explicit(&s->policy, memory_order_acquire);
	uint8_t cls = it->req.cls;
	uint64_t start, end, arrival, service;
	bool replied = false;
	long len = SHUNT_NO_REPLY;

	/* Nobody's reply waits for a request that may be long. */
	if (c->pending && (c->pending >= KICK_MAX || !c->mean_ns[cls] || c->mean_ns[cls] > SHORT_NS))
		reply_kick(c);
	start = clock_ns();
	arrival = it->req.arrival_ns;
	if (!arrival)
		it->req.arrival_ns = start;
	poke(c->run->start_ns, start);
	poke(c->run->state, SHUNT_CORE_BUSY);
	if (it->sane)
		len = s->opts.handler(&it->req, s->opts.arg);
	end = clock_ns();
	service = end - start;
	c->mean_ns[cls] += ((int64_t)service - (int64_t)c->mean_ns[cls]) / 8 + !c->mean_ns[cls];
	if (arrival && arrival < start)
		bump(c->line->cls[cls].wait_ns, start - arrival);

	if (len >= 0)
		replied = reply_in_place(c, it, len);
	if (!replied)
		frames_free(c, it->addr);
	queue_end(c, it, replied, service, it->sane);
	if (p->done) {
		struct shunt_event ev = { .now_ns = end, .cls = cls, .core = c->id,
			.run_cls = SHUNT_NONE,
			.service_ns = service < UINT32_MAX ? service : UINT32_MAX };

		p->done(s->view, &ev);
	}
	c->now = end;
}

/* Is there nothing left that this core must still serve before it ends? */
static bool drained(struct core *c)
{
	struct shunt *s = c->s;

	if (ring_count(&c->rx))
		return false;
	if (!atomic_load(&s->leave))
		return true; /* what is held stays for the next worker */
	if (queue_waiting(s))
		return false;
	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		if (ring_count(&s->core[i].rx))
			return false;
	}
	return true;
}

static void turn(struct core *c)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);
	struct item it;

	bump(c->run->beat, 1);
	if (atomic_load_explicit(&c->policy_seen, memory_order_relaxed) != p->gen)
		atomic_store(&c->policy_seen, p->gen);
	if (queue_next(c, &it)) {
		serve(c, &it);
		if (ring_count(&c->s->comp) >= COMP_KEEP + KICK_MAX)
			frames_recycle(c);
	} else if (c->pending) {
		reply_kick(c);
		frames_recycle(c);
	} else {
		idle_turn(c);
	}
}

static void wind_down(struct core *c)
{
	idle_over(c);
	for (int i = 0; i < 1000 && ring_cons(&c->tx) != c->tx_prod; i++)
		reply_kick(c);
	frames_recycle(c); /* what we still have, the agent finds in no ring */
	poke(c->run->state, SHUNT_CORE_OFF);
}

/* Before the first request. The counts go on where the last worker's ended. */
static int start(struct core *c)
{
	const struct shunt_opts *o = &c->s->opts;
	int err = pin(c);

	c->run->tid = syscall(SYS_gettid);
	c->tx_prod = ring_prod(&c->tx);
	return !err && o->core_init ? o->core_init(c->id, o->arg) : err;
}

void *core_main(void *arg)
{
	struct core *c = arg;
	struct shunt *s = c->s;

	c->err = start(c);
	if (c->err) {
		shunt_stop(s); /* shunt_run() says why */
		return c;
	}
	link_say_core(s, SHUNT_MSG_UP, c->id, c->run->tid);
	while (!atomic_load_explicit(&s->quit, memory_order_relaxed) || !drained(c))
		turn(c);
	wind_down(c);
	if (s->opts.core_exit)
		s->opts.core_exit(c->id, s->opts.arg);
	return c;
}
