// SPDX-License-Identifier: BSD-2-Clause
/*
 * core.c - a core's thread: take, serve, reply, until told to end
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"
#include "message.h"
#include "seat.h"
#include "stacks.h"

#define SHORT_NS 2000 /* a request this short may run before the last reply is kicked */

static void handle(struct core *c, struct item *it)
{
	const struct shunt_opts *o = &c->s->opts;

	if (it->sane)
		it->reply = o->handler(&it->req, o->arg);
	fork_check(c->s);
	it->ended = true;
}

/* Where a request's stack begins. */
static void on_stack(void *arg)
{
	struct item *it = arg;

	preempt_request_begin();
	handle(it->core, it);
	preempt_request_end(); /* regions that it did not end end here */
	ctx_exit(it->ctx);
}

/* Begins a request. If requests may be preempted it gets
 * a stack; if none is free, it cannot be preempted. */
static void set_out(struct core *c, struct item *it, uint64_t now)
{
	if (it->req.arrival_ns && it->req.arrival_ns < now)
		bump(c->line->cls[it->req.cls].wait_ns, now - it->req.arrival_ns);
	if (!it->req.arrival_ns)
		it->req.arrival_ns = it->queued_ns = now;
	if (peek(c->s->view->preempt) && it->sane && !(c->s->opts.flags & SHUNT_NO_PREEMPT))
		it->ctx = ctx_get(&c->s->stacks);
	if (it->ctx)
		ctx_start(it->ctx, on_stack, it);
}

/* A handler may have kept the address of its request:
 * for a while the request there says that it has ended. */
static void retire_item(struct core *c)
{
	struct item **oldest = &c->kept[c->turn++ % ITEMS_KEPT], *it = c->item;

	it->req.id = 0;
	c->item = *oldest;
	*oldest = it;
}

/* Counts a request that ended after its objective. */
static void note_late(struct core *c, const struct item *it, uint64_t now)
{
	uint64_t slo_ns = peek(c->s->view->slo_us[it->req.cls]) * 1000ULL;

	if (slo_ns && now > it->req.arrival_ns + slo_ns)
		bump(c->line->late.n[it->req.cls], 1);
}

static void tell_done(struct core *c, const struct item *it, uint64_t now)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);
	struct shunt_event ev = {
		.now_ns = now,
		.run_ns = it->req.arrival_ns,
		.cls = it->req.cls,
		.core = c->id,
		.run_cls = SHUNT_NONE,
		.steered = it->slot < SHUNT_CORES ? it->slot : SHUNT_NONE,
		.service_ns = it->served_ns < UINT32_MAX ? it->served_ns : UINT32_MAX,
	};

	if (p->done)
		policy_ask(c, p, SHUNT_ASK_DONE, &ev);
}

static void finish(struct core *c, struct item *it, uint64_t now)
{
	const struct transport *t = c->s->transport;
	uint64_t *mean = &c->mean_ns[it->req.cls];

	park_done(c, it);
	*mean += ((int64_t)it->served_ns - (int64_t)*mean) / 8 + !*mean;
	if (t->prefetch)
		t->prefetch(c); /* what may be next arrives while this one is answered */
	queue_end(c, it, it->served_ns, it->sane);
	if (t->prefetch_heads)
		t->prefetch_heads(c);
	note_late(c, it, now);
	tell_done(c, it, now);
}

/* A parked request that the policy named goes on at once: parking and taking are one thing then. */
static void yield_to_next(struct core *c)
{
	bool parked = c->next.cls && c->next.from == FROM_PARKED;

	c->loaded = park_put(c, parked ? c->next.cls - 1 : -1);
	if (parked)
		c->next.cls = 0;
}

/* Replies wait for short requests alone, of which none may be long, and only a few of them wait for
 * the first requests of a row: a system call takes about as long for each of its replies, so the
 * first of many would be sent as late as the last. The longer the row, the more may wait. */
static bool kick_is_due(struct core *c, uint64_t mean)
{
	if (!c->pending || (mean && mean <= SHORT_NS && c->pending < c->kick_at))
		return false;
	c->kick_at += c->kick_at < KICK_MAX;
	return true;
}

/* A turn of the request in c->item: until it has ended, or yields to another. */
static void serve(struct core *c)
{
	struct item *it = c->item;
	uint64_t start, end;

	if (kick_is_due(c, c->mean_ns[it->req.cls])) {
		reply_kick(c);
		c->fresh = false;
	}
	/* resumed: the other has only just left */
	start = it->ctx && c->fresh ? c->now : core_clock(c);
	if (it->ctx)
		bump(c->line->preempt.resumed, 1);
	else
		set_out(c, it, start);
	poke(c->run->start_ns, start);
	poke(c->run->state, SHUNT_CORE_BUSY);
	yield_start(c, start);
	if (it->ctx)
		ctx_enter(&c->home, it->ctx);
	else
		handle(c, it);
	yield_end(c);
	end = it->ended ? core_clock(c) : c->now;
	it->served_ns += end - start;
	if (it->ended) {
		finish(c, it, end);
		retire_item(c);
	} else {
		bump(c->line->preempt.yielded[c->yields], 1);
		yield_to_next(c);
	}
	c->now = end;
	c->fresh = true;
}

/* The client of the request in c->item has given up: it is
 * not begun, or not gone on with. False: it is to be served. */
static bool expire(struct core *c)
{
	struct item *it = c->item;

	if (!queue_expire(c, it))
		return false;
	tell_done(c, it, core_clock(c));
	if (it->ctx) {
		park_done(c, it); /* whatever its handler was doing is forgotten */
		retire_item(c);
	}
	return true;
}

static bool take(struct core *c)
{
	if (!c->s->transport->take(c))
		return false;
	idle_over(c);
	return true;
}

/* The application's own work, once a turn. */
static void between(struct core *c)
{
	const struct shunt_opts *o = &c->s->opts;

	if (!o->between)
		return;
	c->due_ns = o->between(c->id, o->arg);
	fork_check(c->s);
}

static void turn(struct core *c)
{
	const struct policy *p = atomic_load_explicit(&c->s->policy, memory_order_acquire);

	bump(c->run->beat, 1);
	if (atomic_load_explicit(&c->policy_seen, memory_order_relaxed) != p->gen)
		atomic_store(&c->policy_seen, p->gen);
	if (c->seat && !seat_turn(c))
		return;
	between(c);
	if (c->loaded || take(c)) {
		c->loaded = false;
		if (!expire(c))
			serve(c);
		if (ring_count(c->comp) >= c->comp_keep + KICK_MAX)
			frames_recycle(c);
	} else if (c->pending) {
		c->fresh = false;
		c->kick_at = KICK_FEW;
		reply_kick(c);
		frames_recycle(c);
	} else {
		idle_turn(c);
	}
}

static void wind_down(struct core *c)
{
	idle_over(c);
	if (c->s->transport->stop)
		c->s->transport->stop(c);
	for (int i = 0; i < 1000 && ring_cons(&c->tx) != c->tx_prod; i++)
		reply_kick(c);
	if (c->seat)
		seat_end(c);
	frames_recycle(c); /* the agent finds the frames that are left in our list */
	poke(c->run->state, SHUNT_CORE_OFF);
}

/* Before the first request. The counts go on where the last worker's ended. */
static int start(struct core *c)
{
	const struct shunt_opts *o = &c->s->opts;
	int err = core_pin(c);

	poke(c->run->slot, c->s->slot); /* before this thread takes a request, a lock or a frame */
	c->run->tid = syscall(SYS_gettid);
	c->tx_prod = ring_prod(&c->tx);
	c->kick_at = KICK_FEW;
	frames_adopt(c);
	if (!err && o->core_init)
		err = o->core_init(c->id, o->arg);
	fork_check(c->s);
	return err;
}

/* Nobody serves yet: what has waited too long by now expires.
 * shuntd says the same when it hears of us, a little later. */
static void expire_what_waited(struct shunt *s)
{
	uint64_t age = peek(s->view->hold_age_ms) * 1000000ULL;

	if (age && !peek(s->view->up))
		poke(s->view->serve_from_ns, clock_ago(age));
}

static void *serve_core(struct core *c)
{
	struct shunt *s = c->s;

	c->err = start(c);
	if (c->err) {
		stop(s); /* shunt_run() says why */
		return c;
	}
	stacks_guard_thread(); /* without, an overflow is a fault like any other */
	yield_thread(c);
	if (s->transport->start)
		s->transport->start(c);
	expire_what_waited(s);
	message_core(s, SHUNT_MSG_UP, c->id, c->run->tid);
	while (!atomic_load_explicit(&s->quit, memory_order_relaxed) || c->loaded ||
	       !s->transport->drained(c))
		turn(c);
	wind_down(c);
	preempt_worker_end();
	stacks_unguard_thread();
	if (s->opts.core_exit)
		s->opts.core_exit(c->id, s->opts.arg);
	fork_check(s);
	return c;
}

/* The thread ends in a handler (pthread_exit(), or it was
 * cancelled): what waits for it would wait for ever. */
static void ended_in_handler(void *arg)
{
	static const char text[] = "shunt: a handler ended its thread (pthread_exit() or "
				   "pthread_cancel()), which serves a core: the process ends; "
				   "exit() ends it without this line\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)n;
	abort();
}

void *core_main(void *arg)
{
	void *ret;

	pthread_cleanup_push(ended_in_handler, NULL);
	ret = serve_core(arg);
	pthread_cleanup_pop(0);
	return ret;
}
