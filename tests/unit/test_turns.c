// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_turns.c - a core's thread, from turn to turn, on rings in plain memory
 */
/* link: @core hostlib/core.c hostlib/seat_moves.c hostlib/fork.c hostlib/yield.c */
/* links more: a turn of a core goes through all of them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CORES 1
#include "cores.h"
#include "hostlib/message.h"

#define KICK_NS 300000
#define NEAR_NS 1000 /* two clocks of one thread differ by less */

enum { LONG, SHORT };

static struct core *c;
static _Atomic uint64_t kicked_ns; /* the last system call that sends was over */

/* --- what else the library has, and the kernel ------------------------------------------------ */

int message_core(struct shunt *to, enum shunt_msg_type type, unsigned int core, uint32_t tid)
{
	return 0;
}

void shunt_stop(struct shunt *to)
{
	fail_msg("the core could not start");
}

static uint32_t sent[16]; /* replies of each such call */
static int calls;
static void (*when_sent)(void);

/* Sends all that is in the ring, slowly. */
ssize_t sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t tolen)
{
	uint64_t end = clock_ns() + KICK_NS;

	while (clock_ns() < end)
		;
	if (ring_count(&c->tx) && calls < 16)
		sent[calls++] = ring_count(&c->tx);
	ring_set_cons(&c->tx, c->tx_prod);
	atomic_store(&kicked_ns, clock_ns());
	if (when_sent)
		when_sent();
	return 0;
}

/* --- a domain --------------------------------------------------------------------------------- */

static int oldest(struct shunt_view *v, const struct shunt_event *ev)
{
	int best = -1;

	for (uint32_t left = ev->waiting; left; left &= left - 1) {
		int i = __builtin_ctz(left);

		if (best < 0 || v->core[0].heads.queued_ns[i] < v->core[0].heads.queued_ns[best])
			best = i;
	}
	return best;
}

static void make_domain(shunt_handler handler)
{
	assert_int_equal(make_cores(oldest), 0);
	c = &s.core[0];
	s.opts.handler = handler;
	s.wake = eventfd(0, EFD_NONBLOCK);
	s.view->preempt = 1;
	s.view->parked_max = 8;
	policy.flags = SHUNT_NEEDS_HEADS;
}

static void remove_domain(void)
{
	remove_cores();
	close(s.wake);
}

/* A request of a class waits, since then. */
static void hold(int cls, uint64_t arrival)
{
	struct shunt_ring *r = &s.hold[cls];
	uint32_t seq = s.view->enq[cls];
	uint64_t addr = (cls * FRAMES / CLASSES + seq) * 2048ULL + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = 1 + 100 * cls + seq, .arrival_ns = arrival, .cls = cls,
				  .hold_seq = seq,
		.payload = 42, .len = 18, .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	poke(s.view->enq[cls], seq + 1);
	ring_set_prod(r, *r->prod + 1);
}

/* --- turns ------------------------------------------------------------------------------------ */

static uint64_t resumed_ns;

static long reply_or_yield(struct shunt_req *req, void *arg)
{
	uint64_t first = peek(c->run->start_ns), end = clock_ns() + 1000000000;

	if (req->cls == SHORT)
		return 4;
	while (!resumed_ns && clock_ns() < end) {
		shunt_safepoint();
		if (peek(c->run->start_ns) != first)
			resumed_ns = peek(c->run->start_ns);
	}
	return SHUNT_NO_REPLY;
}

/* Else its quantum is shorter by that, and it is told to have run meanwhile. */
static void the_turn_of_one_that_goes_on_begins_after_replies_were_sent(void **state)
{
	make_domain(reply_or_yield);
	s.view->quantum_us[LONG] = 100;
	hold(LONG, clock_ns() - 1000);
	hold(SHORT, clock_ns());
	atomic_store(&s.quit, true); /* what waits is served, then the thread ends */
	atomic_store(&s.leave, true);
	core_main(c);
	assert_int_equal(c->err, 0);
	assert_int_equal(c->line->preempt.resumed, 1);
	assert_int_not_equal(kicked_ns, 0);
	assert_true(resumed_ns + NEAR_NS > kicked_ns);
	remove_domain();
}

static long replies(struct shunt_req *req, void *arg)
{
	return 4;
}

/* Else the first one's is as late as the last one's, or each costs a system call. */
static void the_more_short_requests_follow_each_other_the_more_replies_wait(void **state)
{
	make_domain(replies);
	s.view->preempt = 0;
	calls = 0;
	for (int i = 0; i < 10; i++)
		hold(SHORT, clock_ns());
	atomic_store(&s.quit, true);
	atomic_store(&s.leave, true);
	core_main(c);
	assert_int_equal(c->err, 0);
	assert_int_equal(calls, 4);
	assert_int_equal(sent[0], 2);
	assert_int_equal(sent[1], 3);
	assert_int_equal(sent[2], 4);
	assert_int_equal(sent[3], 1); /* nothing waits any more */
	remove_domain();
}

/* Where the first row has been answered the second one comes, then the end. */
static void second_row(void)
{
	for (int i = 0; i < 4 && calls == 2; i++)
		hold(SHORT, clock_ns());
	atomic_store(&s.quit, calls >= 4);
	atomic_store(&s.leave, calls >= 4);
}

static void after_a_break_as_few_replies_wait_as_at_first(void **state)
{
	make_domain(replies);
	s.view->preempt = 0;
	calls = 0;
	when_sent = second_row;
	for (int i = 0; i < 4; i++)
		hold(SHORT, clock_ns());
	core_main(c);
	when_sent = NULL;
	assert_int_equal(c->err, 0);
	assert_int_equal(calls, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(sent[i], 2);
	remove_domain();
}

static bool was_idle;

static long looks_at_its_idle_bit(struct shunt_req *req, void *arg)
{
	was_idle = c->idle || s.view->idle & 1;
	return SHUNT_NO_REPLY;
}

/* Else XDP would steer the next arrival to a core that is busy. */
static void a_core_that_serves_is_not_idle(void **state)
{
	struct shunt_ring held;

	make_domain(looks_at_its_idle_bit);
	hold(SHORT, clock_ns());
	held = s.hold[SHORT]; /* it came into the core's own ring */
	s.hold[SHORT] = c->rx;
	c->rx = held;
	s.view->enq[SHORT] = 0;
	s.view->sent[0] = 1;
	s.view->idle = 1;
	c->idle = true;
	was_idle = true;
	atomic_store(&s.quit, true);
	core_main(c);
	assert_int_equal(c->line->cls[SHORT].noreply, 1);
	assert_false(was_idle);
	remove_domain();
}

/* --- requests that waited for long ------------------------------------------------------------ */

#define SECOND 1000000000ULL

static bool went_on; /* the long one, when the short one had ended */

/* The long one runs until the short one has; only then does the class of the long one expire. */
static long long_or_short(struct shunt_req *req, void *arg)
{
	uint64_t end = clock_ns() + SECOND;

	if (req->cls == SHORT) {
		poke(s.view->expires, 1 << LONG);
		return SHUNT_NO_REPLY;
	}
	while (!peek(s.view->expires) && clock_ns() < end)
		shunt_safepoint();
	went_on = true;
	return SHUNT_NO_REPLY;
}

/* Four objectives of a second. */
static void four_objectives(int cls)
{
	s.view->slo_us[cls] = 1000000;
	s.view->expire[cls] = 4;
}

static void serve_what_waits(void)
{
	atomic_store(&s.quit, true);
	atomic_store(&s.leave, true);
	core_main(c);
	assert_int_equal(c->err, 0);
	assert_int_equal(c->run->id, 0);
}

static long no_reply(struct shunt_req *req, void *arg)
{
	return SHUNT_NO_REPLY;
}

static void what_waited_longer_than_its_objectives_allow_is_not_served(void **state)
{
	make_domain(no_reply);
	four_objectives(SHORT);
	four_objectives(LONG);
	s.view->slo_us[LONG] = 0; /* no objective, no end of waiting */
	s.view->expires = 1 << SHORT | 1 << LONG;
	hold(SHORT, clock_ns() - 5 * SECOND);
	hold(SHORT, clock_ns() - 3 * SECOND);
	hold(LONG, clock_ns() - 5 * SECOND);
	serve_what_waits();
	assert_int_equal(c->line->expired.n[SHORT], 1);
	assert_int_equal(c->line->cls[SHORT].noreply, 1);
	assert_int_equal(c->line->expired.n[LONG], 0);
	assert_int_equal(c->line->cls[LONG].noreply, 1);
	assert_int_equal(c->line->cls[SHORT].held, 2); /* both have left the queue */
	remove_domain();
}

static struct shunt_event told;
static int times_told;

static void is_told(struct shunt_view *v, const struct shunt_event *ev)
{
	told = *ev;
	times_told++;
}

/* Else a policy that lets in what will expire never learns of it. */
static void the_policy_is_told_of_what_expired(void **state)
{
	uint64_t then = clock_ns() - 5 * SECOND;

	make_domain(no_reply);
	policy.done = is_told;
	times_told = 0;
	four_objectives(SHORT);
	s.view->expires = 1 << SHORT;
	hold(SHORT, then);
	serve_what_waits();
	assert_int_equal(times_told, 1);
	assert_int_equal(told.cls, SHORT);
	assert_int_equal(told.run_ns, then);
	assert_true(told.now_ns >= then + 5 * SECOND);
	assert_int_equal(told.service_ns, 0);
	remove_domain();
}

static void nothing_expires_where_that_is_off(void **state)
{
	make_domain(no_reply);
	four_objectives(SHORT);
	hold(SHORT, clock_ns() - 5 * SECOND);
	serve_what_waits();
	assert_int_equal(c->line->expired.n[SHORT], 0);
	assert_int_equal(c->line->cls[SHORT].noreply, 1);
	remove_domain();
}

/* The long one is preempted by the short one, and has waited for five objectives by then. */
static void preempt_an_old_one(unsigned int flags)
{
	make_domain(long_or_short);
	s.opts.flags = flags;
	s.view->quantum_us[LONG] = 100;
	four_objectives(LONG);
	hold(LONG, clock_ns() - 5 * SECOND);
	hold(SHORT, clock_ns() - SECOND);
	went_on = false;
	serve_what_waits();
	assert_int_equal(c->line->preempt.yielded[SHUNT_BY_SAFEPOINT], 1);
	assert_int_equal(s.view->parked[0].now, 0);
	assert_int_equal(s.ctl->parked[0].id, 0);
	assert_int_equal(s.ctl->parked[0].slot, 0);
}

static int free_stacks(void)
{
	int n = 0;

	while (ctx_get(&s.stacks))
		n++;
	return n;
}

static void a_preempted_request_expires_where_its_worker_allows_that(void **state)
{
	int stacks;

	preempt_an_old_one(SHUNT_ABANDON);
	assert_false(went_on);
	assert_int_equal(c->line->expired.n[LONG], 1);
	assert_int_equal(c->line->cls[LONG].noreply, 0);
	assert_int_equal(c->line->cls[LONG].held, 1);
	assert_int_equal(c->line->late.n[LONG], 0);
	stacks = free_stacks();
	remove_domain();

	preempt_an_old_one(0);
	assert_true(went_on);
	assert_int_equal(c->line->expired.n[LONG], 0);
	assert_int_equal(c->line->cls[LONG].noreply, 1);
	assert_int_equal(stacks, free_stacks()); /* so the first one's was given back */
	remove_domain();
}

static void what_ends_after_its_objective_is_counted_late(void **state)
{
	make_domain(no_reply);
	s.view->slo_us[SHORT] = 1000000;
	hold(SHORT, clock_ns() - 2 * SECOND);
	hold(SHORT, clock_ns());
	hold(LONG, clock_ns() - 2 * SECOND); /* of no objective */
	serve_what_waits();
	assert_int_equal(c->line->late.n[SHORT], 1);
	assert_int_equal(c->line->late.n[LONG], 0);
	assert_int_equal(c->line->cls[SHORT].noreply, 2);
	remove_domain();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_turn_of_one_that_goes_on_begins_after_replies_were_sent),
		cmocka_unit_test(the_more_short_requests_follow_each_other_the_more_replies_wait),
		cmocka_unit_test(after_a_break_as_few_replies_wait_as_at_first),
		cmocka_unit_test(a_core_that_serves_is_not_idle),
		cmocka_unit_test(what_waited_longer_than_its_objectives_allow_is_not_served),
		cmocka_unit_test(the_policy_is_told_of_what_expired),
		cmocka_unit_test(nothing_expires_where_that_is_off),
		cmocka_unit_test(a_preempted_request_expires_where_its_worker_allows_that),
		cmocka_unit_test(what_ends_after_its_objective_is_counted_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
