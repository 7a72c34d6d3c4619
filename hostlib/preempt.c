// SPDX-License-Identifier: BSD-2-Clause
/*
 * preempt.c - safepoints, no-preempt regions, and the text in which signals may stop a request
 */
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "preempt.h"

#define TEXTS 64
#define LOCALS_MAX (1UL << 20) /* bytes from the thread pointer, either way */

volatile uint32_t preempt_never;
PREEMPT_TLS struct preempt_tls shunt_tls = { .look = &preempt_never };

/* Registered text. Entries are only added, under the
 * lock; the handler reads as many as ntexts says. */
static struct {
	uintptr_t start, len;
} texts[TEXTS];
static uint32_t ntexts;
static pthread_mutex_t texts_lock = PTHREAD_MUTEX_INITIALIZER;

extern const char __start_shunt_text[] __attribute__((visibility("hidden")));
extern const char __stop_shunt_text[] __attribute__((visibility("hidden")));

/* --- stopping --------------------------------------------------------------------------------- */

PREEMPT_TEXT int *shunt_errno(void)
{
	__asm__ volatile("" : : : "memory"); /* or the compiler finds that this function
					      * is as constant as the one that it calls */
	return __errno_location();
}

/* A yield that was put off was for the request that ran on this thread before. */
PREEMPT_INLINE void fresh(struct preempt_tls *t)
{
	t->pending = false;
	t->stay = false;
	t->held = 0;
}

/* The scheduler's; written before any thread can be stopped. */
static void (*park)(enum preempt_way way);

PREEMPT_TEXT void preempt_away(enum preempt_way way)
{
	void (*point)(enum preempt_way) = __atomic_load_n(&park, __ATOMIC_RELAXED);
	int err = errno;

	preempt_here()->pending = false;
	if (!point)
		return;
	preempt_here()->depth++; /* the scheduler's region; the thread
				  * that returns from it leaves it */
	point(way);
	fresh(preempt_here());
	preempt_here()->depth--;
	errno = err;
}

PREEMPT_TEXT void shunt_safepoint_slow(void)
{
	struct preempt_tls *t = preempt_here();

	if (t->skip)
		t->skip--;
	else if (t->depth)
		t->pending = true;
	else
		preempt_away(PREEMPT_SAFEPOINT);
}

/*
 * A library that called a guarded function may hold locks that no guard sees (printf calls malloc
 * with its FILE locked): only what returns to application text is a place to stop.
 */
PREEMPT_TEXT void preempt_late(const void *caller)
{
	struct preempt_tls *t = preempt_here();

	if (!*t->look)
		t->pending = false;
	else if (preempt_in_text(caller))
		preempt_away(PREEMPT_SAFEPOINT);
}

/* --- regions ---------------------------------------------------------------------------------- */

PREEMPT_TEXT void shunt_nopreempt_begin(void)
{
	preempt_depth_add(1);
}

PREEMPT_TEXT void shunt_nopreempt_end(void)
{
	uint32_t depth = preempt_depth();

	if (depth)
		preempt_depth_add(-1);
	if (__builtin_expect(preempt_pending(), 0) && depth <= 1)
		preempt_away(PREEMPT_SAFEPOINT);
}

PREEMPT_TEXT long shunt_call_safe(long (*fn)(void *arg), void *arg)
{
	long ret;

	shunt_nopreempt_begin();
	ret = fn(arg);
	shunt_nopreempt_end();
	return ret;
}

/* --- workers and requests --------------------------------------------------------------------- */

/* The child of a fork has one thread, and it serves nobody. */
static void forget_in_child(void)
{
	preempt_worker_end();
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_in_child);
}

/* Finds the variables of one object, if they are beside the
 * thread pointer (those of dlopen()ed ones may not be). */
static int find_locals(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct preempt_tls *t = arg;
	uintptr_t at = (uintptr_t)info->dlpi_tls_data, end = t->local + t->local_len;

	for (int i = 0; at && i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_TLS ||
		    at - (t->local - LOCALS_MAX) > 2 * LOCALS_MAX)
			continue;
		if (end < at + info->dlpi_phdr[i].p_memsz)
			end = at + info->dlpi_phdr[i].p_memsz;
		if (t->local > at)
			t->local = at;
		t->local_len = end - t->local;
	}
	return 0;
}

void preempt_worker_begin(volatile uint32_t *look, void (*point)(enum preempt_way way))
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct preempt_tls *t = preempt_here();
	sigset_t set;

	__atomic_store_n(&park, point, __ATOMIC_RELAXED);
	pthread_once(&once, watch_forks);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	memcpy(&t->mask, &set, sizeof(t->mask));
	t->local = (uintptr_t)__builtin_thread_pointer();
	t->local_len = 1; /* pthread_self() on x86-64 */
	dl_iterate_phdr(find_locals, t);
	t->tid = syscall(SYS_gettid);
	t->pending = false;
	t->depth = 1;
	/* all this before the handler takes us for a worker */
	atomic_signal_fence(memory_order_seq_cst);
	t->look = look;
}

void preempt_worker_end(void)
{
	struct preempt_tls *t = preempt_here();

	t->look = &preempt_never;
	atomic_signal_fence(memory_order_seq_cst);
	t->tid = 0;
	t->depth = 0;
	t->pending = false;
}

PREEMPT_TEXT void preempt_request_begin(void)
{
	struct preempt_tls *t = preempt_here();

	fresh(t);
	t->depth = 0;
}

PREEMPT_TEXT uint32_t preempt_request_end(void)
{
	struct preempt_tls *t = preempt_here();
	uint32_t left = t->depth;

	t->depth = 1;
	fresh(t);
	return left;
}

/* --- application text ------------------------------------------------------------------------- */

PREEMPT_TEXT bool preempt_in_text(const void *pc)
{
	uint32_t n = __atomic_load_n(&ntexts, __ATOMIC_ACQUIRE); /* before the entries it counts */
	uintptr_t at = (uintptr_t)pc;

	if (at - (uintptr_t)__start_shunt_text < (size_t)(__stop_shunt_text - __start_shunt_text))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (at - texts[i].start < texts[i].len)
			return true;
	}
	return false;
}

int shunt_register_text(const void *start, size_t len)
{
	uintptr_t from = (uintptr_t)start;
	int err = 0;

	if (!len || from + len - 1 < from)
		return -EINVAL;
	pthread_mutex_lock(&texts_lock);
	for (uint32_t i = 0; i < ntexts; i++) {
		if (from - texts[i].start < texts[i].len &&
		    len <= texts[i].len - (from - texts[i].start))
			goto out; /* known */
	}
	if (ntexts == TEXTS) {
		err = -ENOSPC;
		goto out;
	}
	texts[ntexts].start = from;
	texts[ntexts].len = len;
	__atomic_store_n(&ntexts, ntexts + 1, __ATOMIC_RELEASE); /* after the entry */
out:
	pthread_mutex_unlock(&texts_lock);
	return err;
}

/* The first object is the program. */
static int register_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	int *err = arg;

	for (int i = 0; i < info->dlpi_phnum && !*err; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X))
			*err = shunt_register_text((const void *)(info->dlpi_addr + p->p_vaddr),
						   p->p_memsz);
	}
	return 1;
}

int preempt_register_program(void)
{
	int err = 0;

	dl_iterate_phdr(register_object, &err);
	return err;
}
