// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctx_work.c - see ctx_work.h
 */
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ctx_work.h"

#define THREADS_MAX 8

/* Code that may be left anywhere is put together, so that a signal handler can tell. */
#define WORK __attribute__((noinline, section("ctx_work_text")))
extern const char __start_ctx_work_text[], __stop_ctx_work_text[];

typedef uint64_t vec128 __attribute__((vector_size(16)));
typedef uint64_t vec256 __attribute__((vector_size(32)));
typedef uint64_t vec512 __attribute__((vector_size(64)));

/* No call: it may be interrupted too. */
#define bits_of(x) ((union { double d; uint64_t u; }){ .d = (x) }.u)

/*
 * Everything that is kept lives in registers over the pause: integers, doubles, vectors, and on
 * x86-64 a long double. The inner loop is what a signal interrupts.
 */
#define DEFINE_WORK(name, vec, attributes) \
static WORK attributes void name(struct work *w, double third) \
{ \
	uint64_t a = w->seed, b = ~a, c = a * 3, sum = 0, i; \
	double x = third; \
	long double z = third; \
	vec v = { a, b }, u = { c, a }; \
 \
	for (i = 0; i < w->steps && !w->stop; i++) { \
		for (int k = 0; k < 16; k++) { \
			a ^= a << 13; \
			a ^= a >> 7; \
			a ^= a << 17; \
			b = b * 6364136223846793005ULL + a; \
			c = (c << 9 | c >> 55) + b; \
			x = x * third + (double)((int64_t)a >> 11); \
			z = z * third + x; \
			v = (v << 5 ^ v >> 3) + u; \
			u = u * 5 + v; \
		} \
		sum = sum * 31 + (a ^ c) + bits_of(x) + bits_of(z); \
		for (unsigned int k = 0; k < sizeof(vec) / 8; k++) \
			sum += v[k] ^ u[k]; \
		if (w->pause) \
			w->pause(w); \
	} \
	w->answer = sum; \
	w->steps = i; \
}

DEFINE_WORK(work_128, vec128, )
#if defined(__x86_64__)
DEFINE_WORK(work_256, vec256, __attribute__((target("avx2"))))
DEFINE_WORK(work_512, vec512, __attribute__((target("avx512f"))))
#endif

bool work_has(uintptr_t pc)
{
	return pc >= (uintptr_t)__start_ctx_work_text && pc < (uintptr_t)__stop_ctx_work_text;
}

void work_do(struct work *w)
{
	static const int modes[4] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	static volatile double three = 3;
	void (*fn)(struct work *w, double third) = work_128;
	int was = fegetround();

#if defined(__x86_64__)
	if (w->kind & 4)
		fn = __builtin_cpu_supports("avx512f") ? work_512 :
		     __builtin_cpu_supports("avx2") ? work_256 : work_128;
#endif
	fesetround(modes[w->kind & 3]);
	fn(w, 1 / three);
	fesetround(was);
}

/* --- threads ---------------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	struct work **ready; /* a queue: the oldest first */
	unsigned int n, left;
	const struct work_hooks *hooks;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void work_main(void *arg)
{
	struct work *w = arg;

	work_do(w);
	w->done = true;
	ctx_exit(w->ctx);
}

/* The oldest that another thread ran last; else the oldest, if any will do. */
static struct work *take(int thread, bool any)
{
	struct work *w = NULL;
	unsigned int i;

	pthread_mutex_lock(&all.lock);
	for (i = 0; i < all.n && all.ready[i]->last == thread; i++)
		;
	if (i == all.n && any)
		i = 0;
	if (i < all.n) {
		w = all.ready[i];
		memmove(&all.ready[i], &all.ready[i + 1], (--all.n - i) * sizeof(w));
	}
	pthread_mutex_unlock(&all.lock);
	return w;
}

static void give_back(struct work *w)
{
	pthread_mutex_lock(&all.lock);
	if (w->done)
		all.left--;
	else
		all.ready[all.n++] = w;
	pthread_mutex_unlock(&all.lock);
}

static bool is_over(void)
{
	bool over;

	pthread_mutex_lock(&all.lock);
	over = !all.left;
	pthread_mutex_unlock(&all.lock);
	return over;
}

static void nothing(void)
{
}

static void nothing_about(struct work *w)
{
}

static const struct work_hooks none = { nothing, nothing_about, nothing };

static void *thread_main(void *arg)
{
	int thread = (int)(intptr_t)arg;
	struct ctx_home home = { 0 };
	struct work *w;

	all.hooks->begin();
	while (!is_over()) {
		w = take(thread, false);
		if (!w) { /* the others may share our CPU */
			sched_yield();
			w = take(thread, true);
		}
		if (!w)
			continue;
		w->moves += w->last >= 0 && w->last != thread;
		w->last = thread;
		all.hooks->running(w);
		ctx_enter(&home, w->ctx);
		all.hooks->running(NULL);
		give_back(w);
	}
	all.hooks->end();
	return NULL;
}

void work_share(struct ctx_pool *pool, struct work *w, unsigned int n, unsigned int threads,
		const struct work_hooks *hooks)
{
	pthread_t t[THREADS_MAX];

	all.ready = calloc(n, sizeof(*all.ready));
	all.n = all.left = n;
	all.hooks = hooks ? hooks : &none;
	for (unsigned int i = 0; i < n; i++) {
		all.ready[i] = &w[i];
		w[i].last = -1;
		w[i].ctx = ctx_get(pool);
		ctx_start(w[i].ctx, work_main, &w[i]);
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, thread_main, (void *)(intptr_t)i);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	for (unsigned int i = 0; i < n; i++)
		ctx_put(pool, w[i].ctx);
	free(all.ready);
}
