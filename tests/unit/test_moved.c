// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_moved.c - what signals interrupt, between any two instructions, and resume on another thread
 * comes out right: integer, floating and vector registers, rounding mode, errno, signal mask
 *
 * Requests without any safepoint compute in registers; the
 * same function has told the answer before, undisturbed.
 */
/* link: hostlib/preempt.c hostlib/signal.c hostlib/guard.c hostlib/guard_find.c */
/* link: hostlib/guard_malloc.c */
/* sanitize: undefined */
#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "sched.h"

#define ENOUGH 10000/* preemptions by signal, of all requests of a test */
#define LIMIT_MS 20000

static uint64_t (*work)(uint64_t seed, uint64_t n);
static uint64_t answer[SCHED_REQS];
static _Atomic int wrong;
static _Atomic bool enough;

#define ROUNDS 20000

/* Eight values in registers at once. */
static uint64_t integers(uint64_t seed, uint64_t n)
{
	uint64_t a = seed, b = ~seed, c = seed * 3, d = seed * 5, e = 7, f = 11, g = 13, h = 17;

	for (uint64_t i = 0; i < n; i++) {
		a = a * 6364136223846793005ULL + b;
		b = (b << 13 | b >> 51) ^ c;
		c += d * 0x9e3779b97f4a7c15ULL;
		d ^= e >> 7;
		e += f ^ i;
		f = f * 31 + g;
		g = (g << 7 | g >> 57) + h;
		h ^= a;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

/* Rounding upwards, so that a lost rounding mode shows too. */
static uint64_t floats(uint64_t seed, uint64_t n)
{
	double a = 0.1 + seed / 100.0, b = 0.2, c = 0.3, d = 3.99;
	long double x = 0.3L + seed;
	float y = 1.5f;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		a = d * a * (1 - a); /* chaotic: each bit counts */
		if (!(a > 0 && a < 1))
			a = 0.25;
		b = b / 1.0000001 + a;
		c += a / 3;
		x = x / 3.0L + (long double)a;
		y = y / 1.1f + (float)a;
	}
	memcpy(&sum, &c, sizeof(sum));
	sum ^= (uint64_t)(b * 1e9) ^ (uint64_t)(x * 1e15L) ^ (uint64_t)((double)y * 1e6);
	return sum;
}

/* Wide vectors, more of them than fit in the low half of the registers. */
#define VECTORS(name, bytes, target_is)                                                      \
	typedef uint32_t name##_t __attribute__((vector_size(bytes)));                       \
	static __attribute__((target(target_is))) uint64_t name(uint64_t seed, uint64_t n)    \
	{                                                                                    \
		name##_t v[12];                                                              \
		uint64_t sum = 0;                                                            \
											     \
		for (int k = 0; k < 12; k++)                                                 \
			for (size_t j = 0; j < bytes / 4; j++)                               \
				v[k][j] = seed * 977 + k * 131 + j;                          \
		for (uint64_t i = 0; i < n; i++) {                                           \
			_Pragma("GCC unroll 12")                                             \
			for (int k = 0; k < 12; k++)                                         \
				v[k] = v[k] * 1664525u + v[(k + 5) % 12] + (v[k] >> 11);     \
		}                                                                            \
		for (int k = 0; k < 12; k++)                                                 \
			for (size_t j = 0; j < bytes / 4; j++)                               \
				sum = sum * 31 + v[k][j];                                    \
		return sum;                                                                  \
	}

#if defined(__x86_64__)
VECTORS(vectors, 16, "sse4.1")
VECTORS(vectors256, 32, "avx2")
VECTORS(vectors512, 64, "avx512f,avx512dq,avx512bw")
#else
VECTORS(vectors, 16, "+simd")
#endif

static void computes(struct sched_req *r)
{
	if (work == floats)
		fesetround(FE_UPWARD);
	while (!atomic_load(&enough)) {
		if (work(r->id, ROUNDS) != answer[r->id])
			atomic_store(&wrong, 1);
		r->work++;
	}
	fesetround(FE_TONEAREST);
}

static void *watches(void *arg)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		usleep(1000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 <
			 LIMIT_MS &&
		 (sched_sum_parked(PREEMPT_SIGNAL) < ENOUGH || sched_sum_moved() < ENOUGH / 20));
	atomic_store(&enough, true);
	return NULL;
}

static void run(void (*fn)(struct sched_req *))
{
	pthread_t watch;

	atomic_store(&enough, false);
	atomic_store(&wrong, 0);
	assert_int_equal(preempt_signal_install(SHUNT_SIGNAL), 0);
	for (int i = 0; i < SCHED_REQS; i++)
		sched_add(i, fn);
	pthread_create(&watch, NULL, watches, NULL);
	sched_run(SCHED_THREADS, true, 20);
	pthread_join(watch, NULL);
	fprintf(stderr, "parked by signals %lu, moved %lu\n", sched_sum_parked(PREEMPT_SIGNAL),
		sched_sum_moved());
	assert_int_equal(wrong, 0);
	assert_true(sched_sum_parked(PREEMPT_SIGNAL) >= ENOUGH);
	assert_true(sched_sum_moved() >= ENOUGH / 20);
}

static void comes_out_right(uint64_t (*fn)(uint64_t, uint64_t))
{
	int mode = fegetround();

	work = fn;
	if (work == floats)
		fesetround(FE_UPWARD);
	for (int i = 0; i < SCHED_REQS; i++)
		answer[i] = work(i, ROUNDS);
	fesetround(mode);
	run(computes);
}

static void test_integers_come_out_right(void **state)
{
	comes_out_right(integers);
}

static void test_floats_come_out_right_in_their_rounding_mode(void **state)
{
	comes_out_right(floats);
}

static void test_vectors_come_out_right(void **state)
{
	comes_out_right(vectors);
}

#if defined(__x86_64__)
static void test_avx2_vectors_come_out_right(void **state)
{
	if (!__builtin_cpu_supports("avx2")) {
		puts("skip: the CPU has no AVX2");
		skip();
	}
	comes_out_right(vectors256);
}

static void test_avx512_vectors_come_out_right(void **state)
{
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512bw")) {
		puts("skip: the CPU has no AVX-512");
		skip();
	}
	comes_out_right(vectors512);
}
#endif

/* errno is the request's own, whatever the scheduler and others on the thread do to theirs. */
static void keeps_errno(struct sched_req *r)
{
	while (!atomic_load(&enough)) {
		errno = 1000 + r->id;
		if (integers(r->id, ROUNDS) != answer[r->id])
			atomic_store(&wrong, 1);
		if (errno != 1000 + r->id)
			atomic_store(&wrong, 1);
	}
}

static void test_errno_goes_along(void **state)
{
	for (int i = 0; i < SCHED_REQS; i++)
		answer[i] = integers(i, ROUNDS);
	run(keeps_errno);
}

/* A thread's alternate stack stays its own, though requests
 * that were stopped on another come and go. */
static void minds_its_stack(struct sched_req *r)
{
	while (!atomic_load(&enough)) {
		stack_t st;

		if (integers(r->id, ROUNDS) != answer[r->id])
			atomic_store(&wrong, 1);
		shunt_nopreempt_begin();
		sigaltstack(NULL, &st);
		if (st.ss_sp != sched_me()->alt || (st.ss_flags & ~SS_ONSTACK))
			atomic_store(&wrong, 1);
		shunt_nopreempt_end();
	}
}

static void test_alternate_stacks_stay_with_their_threads(void **state)
{
	for (int i = 0; i < SCHED_REQS; i++)
		answer[i] = integers(i, ROUNDS);
	run(minds_its_stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_come_out_right),
		cmocka_unit_test(test_floats_come_out_right_in_their_rounding_mode),
		cmocka_unit_test(test_vectors_come_out_right),
#if defined(__x86_64__)
		cmocka_unit_test(test_avx2_vectors_come_out_right),
		cmocka_unit_test(test_avx512_vectors_come_out_right),
#endif
		cmocka_unit_test(test_errno_goes_along),
		cmocka_unit_test(test_alternate_stacks_stay_with_their_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
