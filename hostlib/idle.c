// SPDX-License-Identifier: BSD-2-Clause
/*
 * idle.c - a core with nothing to do: says so, keeps looking, and after a while sleeps
 *
 * No wakeup is lost: the idle bit is set (a full barrier) before the rings are looked at once more,
 * and an idle core looks at its own ring and at every hold ring, whichever way XDP decided. poll()
 * looks again in the kernel, after it has put itself on the sockets' wait queues.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "internal.h"

#define POLL_MS 100

void idle_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	asm volatile("yield");
#endif
}

/* How long the core may sleep, in ms, as far as the application's own work lets it; 0: not now. */
int idle_sleep_ms(const struct core *c)
{
	uint64_t ms;

	if (!c->s->opts.between)
		return POLL_MS;
	ms = c->due_ns > c->now ? (c->due_ns - c->now) / 1000000 : 0;
	return ms < POLL_MS ? ms : POLL_MS;
}

static void sleep_in_poll(struct core *c)
{
	struct shunt *s = c->s;
	const struct policy *p = atomic_load(&s->policy);
	struct pollfd fds[SHUNT_CORES + SHUNT_CLASSES + 2];
	eventfd_t nothing;
	int n = 0;

	fds[n++] = (struct pollfd){ .fd = s->wake, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = s->unpark, .events = POLLIN };
	for (uint32_t i = 0; i < s->nhold; i++)
		fds[n++] = (struct pollfd){ .fd = s->hold_sock[i], .events = POLLIN };
	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		if (i == c->id || next_steals(s, p))
			fds[n++] = (struct pollfd){ .fd = s->core[i].sock, .events = POLLIN };
	}
	/* A thread that parks a request looks at our state
	 * after it put the request where we look next. */
	__atomic_store_n(&c->run->state, SHUNT_CORE_ASLEEP, __ATOMIC_SEQ_CST);
	bump(c->line->stats.slept, 1);
	if (!atomic_load(&s->park.mask))
		poll(fds, n, idle_sleep_ms(c));
	if (fds[1].revents)
		eventfd_read(s->unpark, &nothing);
	poke(c->run->state, SHUNT_CORE_IDLE);
}

bool idle_may_sleep(const struct core *c)
{
	const struct shunt_opts *o = &c->s->opts;

	if (!idle_sleep_ms(c))
		return false;
	return o->idle == SHUNT_IDLE_SLEEP ||
	       (o->idle == SHUNT_IDLE_ADAPTIVE && c->now - c->idle_ns >= o->idle_us * 1000ULL);
}

static void set_idle(struct core *c)
{
	poke(c->run->state, SHUNT_CORE_IDLE);
	/* Full barrier: the bit is out before the rings are looked at again (the next turn). */
	__atomic_fetch_or(&c->s->view->idle, 1ULL << c->id, __ATOMIC_SEQ_CST);
	c->idle = true;
}

/* Shared memory: the idle bit first, then looks, then sleep. */
void idle_beside_xdp(struct core *c)
{
	if (!c->idle) {
		set_idle(c);
		return;
	}
	queue_heal(c);
	if (ring_cons(&c->tx) != c->tx_prod)
		reply_kick(c);
	frames_recycle(c);
	/* A core that is on a seat looks at the word: asleep, it would keep the seat from others.
	 * With them it may sleep (seat_moves.c). */
	if (!c->claimed_ns && !c->seat && idle_may_sleep(c))
		sleep_in_poll(c);
	else
		idle_relax();
}

/* One turn of a core that has nothing to do. */
void idle_turn(struct core *c)
{
	c->now = clock_ns();
	c->fresh = false;
	if (!c->idle_ns)
		c->idle_ns = c->now;
	c->s->transport->idle(c);
}

/* There is something to do. */
void idle_over(struct core *c)
{
	uint64_t bit = 1ULL << c->id;

	if (peek(c->s->view->idle) & bit)
		__atomic_fetch_and(&c->s->view->idle, ~bit, __ATOMIC_RELAXED);
	c->idle = false;
	c->claimed_ns = 0;
	c->idle_ns = 0;
}
