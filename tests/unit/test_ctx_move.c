// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ctx_move.c - contexts that are left thousands of times, by themselves or by a signal at any
 * instruction, and go on on other threads, give the answer of an undisturbed run
 */
/* link: hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S */
/* link: tests/unit/ctx_work.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/ctx.h"
#include "hostlib/stacks.h"
#include "tests/unit/ctx_work.h"

#define THREADS 2
#ifdef EMULATED
#define LEAVES 2000
#define SIGNAL_LEAVES 60
#else
#define LEAVES 20000      /* of each context, at least, by itself */
#define SIGNAL_LEAVES 600 /* by a signal */
#endif
#define LONG_TIMES 50     /* as often, if LONG is set */
#define TICK_NS 100000

static struct ctx_pool pool;
static struct work work[WORK_KINDS];
static int times; /* the numbers above */

static int set_up(void **state)
{
	times = getenv("LONG") ? LONG_TIMES : 1;
	for (int i = 0; i < WORK_KINDS; i++)
		work[i] = (struct work){ .kind = i, .seed = 0x9e3779b97f4a7c15,
					 .steps = UINT64_MAX };
	return ctx_pool_init(&pool, WORK_KINDS, 0);
}

static int tear_down(void **state)
{
	ctx_pool_free(&pool);
	return 0;
}

/* Each work's steps once more, on one stack and without a pause, give the same answer. */
static void expect_undisturbed_answers(void)
{
	for (int i = 0; i < WORK_KINDS; i++) {
		struct work again = { .kind = i, .seed = work[i].seed, .steps = work[i].steps };

		work_do(&again);
		assert_true(again.steps == work[i].steps);
		assert_true(again.answer == work[i].answer);
	}
}

/* A rounding mode that was lost would change the answer. */
static void test_the_answer_depends_on_the_rounding_mode(void **state)
{
	for (int i = 0; i < WORK_KINDS; i++) {
		work[i].steps = 1000;
		work_do(&work[i]);
		for (int k = i & 4; k < i; k++)
			assert_true(work[k].answer != work[i].answer);
	}
}

/* --- by itself -------------------------------------------------------------------------------- */

/* Until it left often enough, and a third of the times went on on the other thread. */
static void count_leave(struct work *w, uint64_t enough)
{
	w->leaves++;
	if (w->leaves >= enough && w->moves >= enough / 3)
		w->stop = true;
}

static void leave(struct work *w)
{
	count_leave(w, times * LEAVES);
	ctx_leave(w->ctx);
}

static void test_work_that_leaves_after_each_step_is_right(void **state)
{
	for (int i = 0; i < WORK_KINDS; i++)
		work[i].pause = leave;
	work_share(&pool, work, WORK_KINDS, THREADS, NULL);
	expect_undisturbed_answers();
}

/* --- by a signal ------------------------------------------------------------------------------ */

static _Thread_local struct work *running; /* NULL: nothing that may be left */
static _Thread_local void *alt;            /* the thread's alternate stack */
static _Thread_local timer_t timer;
static _Atomic int mixed_up;               /* alternate stacks */

/* Not inlined: the thread is another one after a leave. */
static struct work *__attribute__((noinline)) get_running(void)
{
	return running;
}

static void *alternate_stack(void)
{
	stack_t ss;

	sigaltstack(NULL, &ss);
	return ss.ss_flags & SS_DISABLE ? NULL : ss.ss_sp;
}

static uintptr_t program_counter(const ucontext_t *u)
{
#if defined(__x86_64__)
	return u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return u->uc_mcontext.pc;
#endif
}

static void on_tick(int sig, siginfo_t *info, void *ucontext)
{
	struct work *w = get_running();

	if (!w || !work_has(program_counter(ucontext)))
		return;
	count_leave(w, times * SIGNAL_LEAVES);
	ctx_leave(w->ctx);
	stacks_moved(ucontext);
}

static void start_ticking(void)
{
	struct itimerspec every = { .it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };

	ev._sigev_un._tid = gettid();
	if (stacks_guard_thread() || timer_create(CLOCK_MONOTONIC, &ev, &timer) ||
	    timer_settime(timer, 0, &every, NULL))
		abort();
	alt = alternate_stack();
}

/*
 * Home has the tick blocked, so that handlers do not pile up on a context: one that left from the
 * handler goes on in it, and its end sets the mask that was interrupted. Only the first entry has
 * to unblock.
 */
static void set_running(struct work *w)
{
	sigset_t tick;

	running = w;
	sigemptyset(&tick);
	sigaddset(&tick, SIGUSR1);
	if (!w || !w->leaves)
		pthread_sigmask(w ? SIG_UNBLOCK : SIG_BLOCK, &tick, NULL);
	if (alternate_stack() != alt)
		mixed_up++;
}

static void stop_ticking(void)
{
	timer_delete(timer);
	stacks_unguard_thread();
}

static void test_work_that_is_left_at_any_instruction_is_right(void **state)
{
	static const struct work_hooks hooks = { start_ticking, set_running, stop_ticking };
	struct sigaction sa = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	work_share(&pool, work, WORK_KINDS, THREADS, &hooks);
	expect_undisturbed_answers();
	assert_int_equal(mixed_up, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(test_the_answer_depends_on_the_rounding_mode),
		T(test_work_that_leaves_after_each_step_is_right),
		T(test_work_that_is_left_at_any_instruction_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
