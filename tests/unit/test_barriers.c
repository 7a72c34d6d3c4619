// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_barriers.c - two threads that each write one word and then read the other's: one of them
 * sees the other
 *
 * A processor may delay a store and do a later load first. Then a core that stops looking, or falls
 * asleep, misses a request or mark of the same moment, unless a full barrier stands between its
 * store and its load. The core's part is the library's own code. Before each round the words' cache
 * lines are where the store takes longest. A missing barrier shows in some thousand rounds if both
 * threads have a CPU; BARRIERS_S=SECONDS tries for as long as that.
 */
/* link: @core hostlib/yield.c */
/* links more: a barrier stands between a store of one module and a load of another */
/* sanitize: undefined */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "cores.h"

#define ROUNDS 100000
#define LIMIT_NS 3000000000ULL
#define SPINS 2000 /* then the other thread may lack the CPU that this one has */

/* --- rounds ---------------------------------------------------------------------------------- */

struct litmus {
	void (*prepare)(void);  /* one thread: as it is before each round */
	void (*touch[2])(void); /* each thread: which cache lines it has */
	void (*act[2])(void);
	bool (*holds)(void); /* afterwards */
};

static const struct litmus *now;
static _Atomic unsigned int arrived, phase;
static _Atomic bool over;
static unsigned long broken, rounds;
static struct core *c, *other;
static volatile uint64_t sink;

static void meet(void)
{
	unsigned int was = atomic_load(&phase);

	if (atomic_fetch_add(&arrived, 1) == 1) {
		atomic_store(&arrived, 0);
		atomic_store(&phase, was + 1);
		return;
	}
	for (int i = 0; atomic_load(&phase) == was; i++) {
		if (i > SPINS)
			sched_yield();
	}
}

static void dawdle(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	for (uint32_t i = *random >> 25; i; i--)
		sink = i;
}

static void *second(void *arg)
{
	uint32_t random = 2;

	for (;;) {
		meet();
		if (atomic_load(&over))
			return NULL;
		now->touch[1]();
		meet();
		dawdle(&random);
		now->act[1]();
		meet();
	}
}

static void first(void)
{
	const char *seconds = getenv("BARRIERS_S");
	uint64_t most = seconds ? ~0ULL : ROUNDS;
	uint64_t end = clock_ns() + (seconds ? strtoul(seconds, NULL, 10) * 1000000000 : LIMIT_NS);
	uint32_t random = 1;

	for (rounds = 0; rounds < most && !broken && clock_ns() < end; rounds++) {
		now->prepare();
		meet();
		now->touch[0]();
		meet();
		dawdle(&random);
		now->act[0]();
		meet();
		broken += !now->holds();
	}
	atomic_store(&over, true);
	meet();
}

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static void run(const struct litmus *l)
{
	pthread_t t;

	now = l;
	broken = 0;
	atomic_store(&over, false);
	assert_int_equal(make_cores(lowest), 0);
	c = &s.core[0];
	other = &s.core[1];
	c->item->ctx = ctx_get(&s.stacks);
	yield_thread(c);
	pthread_create(&t, NULL, second, NULL);
	first();
	pthread_join(t, NULL);
	preempt_worker_end();
	remove_cores();
	if (broken)
		fail_msg("in round %lu", rounds);
}

/* --- a core that stops looking, and an arrival ----------------------------------------------- */

static void a_core_runs_and_looks(void)
{
	poke(s.view->enq[0], 0);
	c->armed = false;
}

static void has_the_count(void)
{
	sink = peek(s.view->enq[0]) + peek(s.view->deq[0]) + peek(s.view->sent[0]) +
	       peek(s.view->done[0]);
}

static void has_look(void)
{
	poke(c->line->mark.look, 1);
}

static void finds_nothing(void)
{
	yield_start(c, 1); /* its class has no quantum, so it does not arm itself */
}

static void arrives(void)
{
	poke(s.view->enq[0], 1);
	__atomic_exchange_n(&c->line->mark.look, 1, __ATOMIC_SEQ_CST);
}

static bool looks(void)
{
	return c->armed || peek(c->line->mark.look);
}

static void a_core_that_stops_looking_misses_no_arrival(void **state)
{
	run(&(struct litmus){ a_core_runs_and_looks,
			      { has_the_count, has_look },
			      { finds_nothing, arrives },
			      looks });
}

/* --- a core whose request has no quantum, and a mark ----------------------------------------- */

static void a_core_runs_without_a_quantum(void)
{
	struct shunt_mark *m = &c->line->mark.by[SHUNT_MARK_XDP];

	poke(m->id, 0);
	poke(m->deadline_ns, 0);
	poke(c->line->mark.look, 1);
	memset(c->taken, 0, sizeof(c->taken));
	c->run->id = 7;
	c->running = c->armed = true;
	c->deadline_ns = ~0ULL;
	c->start_ns = clock_ns();
}

static void shares_the_line(void)
{
	sink = peek(c->line->mark.look) + peek(c->line->mark.by[SHUNT_MARK_XDP].id);
}

static void stops_looking(void)
{
	yield_point(PREEMPT_SAFEPOINT);
}

static void is_marked(void)
{
	struct shunt_mark *m = &c->line->mark.by[SHUNT_MARK_XDP];

	poke(m->deadline_ns, c->start_ns + SHUNT_SLO_MAX_US * 1000ULL);
	__atomic_exchange_n(&m->id, 7, __ATOMIC_SEQ_CST);
	__atomic_exchange_n(&c->line->mark.look, 1, __ATOMIC_SEQ_CST);
}

static void a_core_that_stops_looking_misses_no_mark(void **state)
{
	run(&(struct litmus){ a_core_runs_without_a_quantum,
			      { shares_the_line, shares_the_line },
			      { stops_looking, is_marked },
			      looks });
}

/* --- a core that falls asleep, and one that parks a request ---------------------------------- */

static bool slept;
static _Atomic bool parked;

/* Sleeps until the other core has parked its request. */
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	slept = true;
	while (!atomic_load(&parked))
		sched_yield();
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = 0;
	return 0;
}

static void one_runs_and_one_is_idle(void)
{
	eventfd_t n;

	eventfd_read(s.unpark, &n);
	if (atomic_load(&s.park.mask))
		park_take(c, 0);
	c->run->id = 7;
	c->item->req.id = c->item->sent = 7;
	s.opts.idle = SHUNT_IDLE_SLEEP;
	other->idle = true;
	other->claimed_ns = 0;
	slept = false;
	atomic_store(&parked, false);
}

static void has_its_own_state(void)
{
	sink = peek(other->run->state) + peek(c->run->id) + s.ctl->parked[0].id +
	       atomic_load(&s.park.mask);
}

static void parks(void)
{
	park_put(c, -1);
	atomic_store(&parked, true);
}

static void falls_asleep(void)
{
	idle_turn(other);
}

static bool is_woken_if_it_slept(void)
{
	struct pollfd unpark = { .fd = s.unpark, .events = POLLIN };
	struct timespec at_once = { 0 };

	return !slept || ppoll(&unpark, 1, &at_once, NULL) == 1;
}

static void who_falls_asleep_beside_a_request_that_is_parked_is_woken(void **state)
{
	run(&(struct litmus){ one_runs_and_one_is_idle,
			      { has_its_own_state, has_its_own_state },
			      { parks, falls_asleep },
			      is_woken_if_it_slept });
}

/* --- two cores that become idle at once ------------------------------------------------------ */

static void nobody_is_idle(void)
{
	poke(s.view->idle, 0);
	atomic_store(&parked, true);
	c->idle = other->idle = false;
}

static void has_the_word(void)
{
	sink = peek(s.view->idle);
}

static void becomes_idle(void)
{
	idle_turn(c);
}

static bool both_are_idle(void)
{
	return s.view->idle == 3;
}

static void no_idle_bit_is_lost(void **state)
{
	run(&(struct litmus){ nobody_is_idle,
			      { has_the_word, has_the_word },
			      { becomes_idle, falls_asleep },
			      both_are_idle });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_core_that_stops_looking_misses_no_arrival),
		cmocka_unit_test(a_core_that_stops_looking_misses_no_mark),
		cmocka_unit_test(who_falls_asleep_beside_a_request_that_is_parked_is_woken),
		cmocka_unit_test(no_idle_bit_is_lost),
	};

	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
