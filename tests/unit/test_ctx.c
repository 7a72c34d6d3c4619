// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ctx.c - contexts: what a switch keeps, how one begins and ends, and the pool they come from
 */
/* link: hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S */
/* link: tests/unit/ctx_regs.S tests/unit/ctx_child.c */
#include <errno.h>
#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include <cmocka.h>

#include "hostlib/ctx.h"
#include "hostlib/stacks.h"
#include "tests/unit/ctx_child.h"
#include "tests/unit/ctx_regs.h"

#define CONTEXTS 4

static struct ctx_pool pool;
static struct ctx_home home;
static struct ctx *self; /* the only one that a test runs */

static int set_up(void **state)
{
	return ctx_pool_init(&pool, CONTEXTS, 0);
}

static int tear_down(void **state)
{
	ctx_pool_free(&pool);
	return 0;
}

static void begin(void (*fn)(void *arg), void *arg)
{
	self = ctx_get(&pool);
	assert_non_null(self);
	ctx_start(self, fn, arg);
}

/* --- switching -------------------------------------------------------------------------------- */

static void leave_thrice(void *arg)
{
	char *here = __builtin_frame_address(0);
	int *step = arg, local = 10;

	for (int i = 0; i < 3; i++) {
		assert_true(here > self->stack && here < self->top);
		*step = local++;
		ctx_leave(self);
	}
	*step = 99;
	ctx_exit(self);
}

static void test_a_context_goes_on_where_it_left(void **state)
{
	int step = 0;

	begin(leave_thrice, &step);
	for (int i = 0; i < 3; i++) {
		ctx_enter(&home, self);
		assert_int_equal(step, 10 + i);
	}
	ctx_enter(&home, self);
	assert_int_equal(step, 99);
}

static void add_one(void *arg)
{
	++*(int *)arg;
	ctx_exit(self);
}

/* Frames that were never returned from do no harm: neither to the next start nor to a sanitizer. */
static void test_a_context_is_started_again_and_again(void **state)
{
	int n = 0, step;

	begin(leave_thrice, &step);
	for (int i = 0; i < 20000; i++) {
		ctx_start(self, i % 2 ? add_one : leave_thrice, i % 2 ? &n : &step);
		ctx_enter(&home, self);
	}
	assert_int_equal(n, 10000);
}

static void keep_errno(void *arg)
{
	errno = EILSEQ;
	ctx_leave(self);
	*(int *)arg = errno;
	ctx_exit(self);
}

static void test_errno_is_kept(void **state)
{
	int seen = 0;

	begin(keep_errno, &seen);
	ctx_enter(&home, self);
	errno = ENOENT;
	ctx_enter(&home, self);
	assert_int_equal(seen, EILSEQ);
}

/* --- registers -------------------------------------------------------------------------------- */

static uint64_t inner_in[REGS], inner_out[REGS];

static void do_leave(void *a, void *b)
{
	ctx_leave(a);
}

static void do_enter(void *a, void *b)
{
	ctx_enter(a, b);
}

static void regs_inside(void *arg)
{
	ctx_regs(inner_in, inner_out, do_leave, self, NULL);
	ctx_exit(self);
}

static void test_callee_saved_registers_are_kept_on_both_sides(void **state)
{
	uint64_t in[REGS], out[REGS];

	for (int i = 0; i < REGS; i++) {
		in[i] = 0x1111111111111111 * (i % 15 + 1) + i;
		inner_in[i] = ~in[i];
	}
	begin(regs_inside, NULL);
	for (int i = 0; i < 2; i++) { /* in and out, back and gone */
		memset(out, 0, sizeof(out));
		ctx_regs(in, out, do_enter, &home, self);
		assert_memory_equal(in, out, sizeof(in));
	}
	assert_memory_equal(inner_in, inner_out, sizeof(inner_in));
}

/* --- the floating-point environment ----------------------------------------------------------- */

/* Every control bit that can be changed without a trap: rounding, denormals, precision, masks. */
#if defined(__x86_64__)

#define CONTROLS 2 /* MXCSR, x87 control word */
static const uint32_t all_controls[CONTROLS] = { 0xffc0, 0x1f3f };

static void set_controls(const uint32_t c[CONTROLS])
{
	uint16_t cw = c[1];

	asm volatile("ldmxcsr %0" : : "m"(c[0]));
	asm volatile("fldcw %0" : : "m"(cw));
}

static void get_controls(uint32_t c[CONTROLS])
{
	uint16_t cw;

	asm volatile("stmxcsr %0" : "=m"(c[0]));
	asm volatile("fnstcw %0" : "=m"(cw));
	c[0] &= 0xffc0;
	c[1] = cw;
}

#elif defined(__aarch64__)

#define CONTROLS 1 /* FPCR: rounding, flush to zero, default NaN */
static const uint32_t all_controls[CONTROLS] = { 0x03c00000 };

static void set_controls(const uint32_t c[CONTROLS])
{
	asm volatile("msr fpcr, %0" : : "r"((uint64_t)c[0]));
}

static void get_controls(uint32_t c[CONTROLS])
{
	uint64_t fpcr;

	asm volatile("mrs %0, fpcr" : "=r"(fpcr));
	c[0] = fpcr;
}

#endif

struct controls {
	uint32_t set[CONTROLS], seen[CONTROLS];
};

static void controls_inside(void *arg)
{
	struct controls *c = arg;

	set_controls(c->set);
	ctx_leave(self);
	get_controls(c->seen);
	ctx_exit(self);
}

/* Bit by bit: each differs from the home's value while the context has it. */
static void test_control_bits_are_kept_one_by_one(void **state)
{
	uint32_t normal[CONTROLS], now[CONTROLS];

	get_controls(normal);
	for (int w = 0; w < CONTROLS; w++) {
		for (int bit = 0; bit < 32; bit++) {
			struct controls c;

			if (!(all_controls[w] & 1u << bit))
				continue;
			memcpy(c.set, normal, sizeof(normal));
			c.set[w] ^= 1u << bit;
			begin(controls_inside, &c);
			ctx_enter(&home, self);
			get_controls(now);
			assert_memory_equal(now, normal, sizeof(now));
			ctx_enter(&home, self);
			get_controls(now);
			assert_memory_equal(now, normal, sizeof(now));
			assert_memory_equal(c.seen, c.set, sizeof(c.set));
			ctx_put(&pool, self);
		}
	}
}

static void look_at_rounding(void *arg)
{
	*(int *)arg = fegetround();
	ctx_exit(self);
}

static void test_a_context_begins_with_its_starters_control_words(void **state)
{
	int seen = -1;

	fesetround(FE_DOWNWARD);
	begin(look_at_rounding, &seen);
	fesetround(FE_TONEAREST);
	ctx_enter(&home, self);
	assert_int_equal(seen, FE_DOWNWARD);
	assert_int_equal(fegetround(), FE_TONEAREST);
}

static volatile double d_zero;
static volatile long double l_zero;

/* In the x87 unit on x86-64, in SSE, and elsewhere both in the same. */
static void raise_both(void)
{
	d_zero = 1 / (d_zero * 0 + 3.0);
	l_zero = 1 / (l_zero * 0 + 0.0L);
	d_zero = l_zero = 0;
}

static void flags_inside(void *arg)
{
	int *seen = arg;

	seen[0] = fetestexcept(FE_ALL_EXCEPT);
	ctx_leave(self);
	seen[1] = fetestexcept(FE_ALL_EXCEPT);
	feraiseexcept(FE_OVERFLOW);
	ctx_leave(self);
	seen[2] = fetestexcept(FE_ALL_EXCEPT);
	feclearexcept(FE_ALL_EXCEPT);
	ctx_leave(self);
	seen[3] = fetestexcept(FE_ALL_EXCEPT);
	ctx_exit(self);
}

static void test_exception_flags_are_a_contexts_own(void **state)
{
	int seen[4] = { -1, -1, -1, -1 };

	begin(flags_inside, seen);
	for (int i = 0; i < 4; i++) {
		feclearexcept(FE_ALL_EXCEPT);
		raise_both();
		assert_true(fetestexcept(FE_INEXACT) && fetestexcept(FE_DIVBYZERO));
		ctx_enter(&home, self);
	}
	feclearexcept(FE_ALL_EXCEPT);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 0);
	assert_int_equal(seen[2] & (FE_DIVBYZERO | FE_INVALID), 0);
	assert_true(seen[2] & FE_OVERFLOW);
	assert_int_equal(seen[3], 0);
}

/* --- unwinding -------------------------------------------------------------------------------- */

struct trace {
	int frames;
	uintptr_t bottom;
	_Unwind_Reason_Code end;
};

void ctx_first(void);

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *u, void *arg)
{
	struct trace *t = arg;

	if (!_Unwind_GetIP(u))
		return _URC_NO_REASON; /* libgcc shows that there is no caller */
	t->frames++;
	t->bottom = _Unwind_GetRegionStart(u);
	return t->frames < 50 ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static void trace_inside(void *arg)
{
	struct trace *t = arg;

	t->end = _Unwind_Backtrace(count_frame, t);
	ctx_exit(self);
}

static void test_unwinding_ends_at_the_bottom_of_a_context(void **state)
{
	struct trace t = { 0 };

	begin(trace_inside, &t);
	ctx_enter(&home, self);
	assert_int_equal(t.end, _URC_END_OF_STACK);
	assert_int_equal(t.frames, 3); /* here, ctx_main, ctx_first */
	assert_true(t.bottom == (uintptr_t)ctx_first);
}

/* --- mistakes --------------------------------------------------------------------------------- */

static void return_at_once(void *arg)
{
}

static void child_returns(void)
{
	begin(return_at_once, NULL);
	ctx_enter(&home, self);
}

static void test_a_function_that_returns_is_caught(void **state)
{
	struct child c = child_run(child_returns);

	assert_int_equal(c.sig, SIGABRT);
	assert_string_equal(c.text, "shunt: the function of a context returned; it must end in "
				    "ctx_exit()\n");
}

static void child_enters_an_ended_one(void)
{
	int n = 0;

	begin(add_one, &n);
	ctx_enter(&home, self);
	ctx_enter(&home, self);
}

static void test_entering_an_ended_context_is_caught(void **state)
{
	struct child c = child_run(child_enters_an_ended_one);

	assert_int_equal(c.sig, SIGABRT);
	assert_string_equal(c.text, "shunt: a context was entered again after its end\n");
}

/* --- the pool --------------------------------------------------------------------------------- */

static void test_an_empty_pool_gives_null_and_recovers(void **state)
{
	struct ctx *c[CONTEXTS];
	int n = 0;

	for (int i = 0; i < CONTEXTS; i++) {
		c[i] = ctx_get(&pool);
		assert_non_null(c[i]);
		for (int k = 0; k < i; k++)
			assert_ptr_not_equal(c[i], c[k]);
	}
	assert_null(ctx_get(&pool));
	ctx_put(&pool, c[2]);
	begin(add_one, &n);
	assert_ptr_equal(self, c[2]);
	ctx_enter(&home, self);
	assert_int_equal(n, 1);
	assert_null(ctx_get(&pool));
}

static void test_the_context_put_last_comes_first(void **state)
{
	struct ctx *a = ctx_get(&pool), *b = ctx_get(&pool);

	ctx_put(&pool, a);
	ctx_put(&pool, b);
	assert_ptr_equal(ctx_get(&pool), b);
	assert_ptr_equal(ctx_get(&pool), a);
}

static void test_a_bad_number_or_size_is_refused(void **state)
{
	struct ctx_pool p;

	assert_int_equal(ctx_pool_init(&p, 0, 0), -EINVAL);
	assert_int_equal(ctx_pool_init(&p, CTX_MAX + 1, 0), -EINVAL);
	assert_int_equal(ctx_pool_init(&p, 1, ctx_stack_min() - 1), -EINVAL);
	assert_int_equal(ctx_pool_init(&p, 1, SIZE_MAX), -ENOMEM);
	assert_int_equal(ctx_pool_init(&p, CTX_MAX, SIZE_MAX / CTX_MAX), -ENOMEM);
	ctx_pool_free(&p);
}

static void test_a_refused_pool_leaves_nothing_behind(void **state)
{
	struct ctx_pool p[STACKS_MAX];
	int n = 0;

	while (n < STACKS_MAX && !ctx_pool_init(&p[n], 1, 0))
		n++;
	assert_int_equal(n, STACKS_MAX - 1); /* and the test's own */
	assert_int_equal(ctx_pool_init(&p[n], 1, 0), -ENOSPC);
	ctx_pool_free(&p[n]);
	ctx_pool_free(&p[0]);
	assert_int_equal(ctx_pool_init(&p[0], 1, 0), 0);
	while (n-- > 0)
		ctx_pool_free(&p[n]);
}

/* Writes the stack from below this function's frame to its last byte, without a call: the dynamic
 * linker would take kilobytes. */
static __attribute__((noinline, no_sanitize("address", "undefined"))) void write_below(size_t *len)
{
	char *here = __builtin_frame_address(0);

	for (volatile char *p = here - 512; p >= self->stack; p--)
		*p = 1;
	*len = here - self->stack;
}

static void write_all(void *arg)
{
	write_below(arg);
	ctx_exit(self);
}

static void test_a_stack_has_the_size_that_was_asked_for(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE), len;

	ctx_pool_free(&pool);
	assert_int_equal(ctx_pool_init(&pool, 40, ctx_stack_min() + 1), 0);
	assert_int_equal(pool.stack_size, ctx_stack_min() + page);
	for (int i = 0; i < 40; i++) {
		begin(write_all, &len);
		ctx_enter(&home, self);
		assert_true(len > pool.stack_size - 512);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(test_a_context_goes_on_where_it_left),
		T(test_a_context_is_started_again_and_again),
		T(test_errno_is_kept),
		T(test_callee_saved_registers_are_kept_on_both_sides),
		T(test_control_bits_are_kept_one_by_one),
		T(test_a_context_begins_with_its_starters_control_words),
		T(test_exception_flags_are_a_contexts_own),
		T(test_unwinding_ends_at_the_bottom_of_a_context),
		T(test_a_function_that_returns_is_caught),
		T(test_entering_an_ended_context_is_caught),
		T(test_an_empty_pool_gives_null_and_recovers),
		T(test_the_context_put_last_comes_first),
		T(test_a_bad_number_or_size_is_refused),
		T(test_a_refused_pool_leaves_nothing_behind),
		T(test_a_stack_has_the_size_that_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
