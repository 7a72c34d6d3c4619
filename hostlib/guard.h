/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.h - the C library's functions that are no-preempt regions, or begin or end one
 *
 * The guards have the names of those functions, so the calls of every shared object in the process
 * come here first. Each calls the next definition of its name: the C library's, or that of another
 * interposer.
 */
#pragma once

#include <pthread.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

#include "preempt.h"

/* X(returns, name, parameters) */
#define GUARD_MALLOC(X)                                                         \
	X(void *, malloc, (size_t))                                             \
	X(void *, calloc, (size_t, size_t))                                     \
	X(void *, realloc, (void *, size_t))                                    \
	X(void *, reallocarray, (void *, size_t, size_t))                       \
	X(void, free, (void *))                                                 \
	X(int, posix_memalign, (void **, size_t, size_t))                       \
	X(void *, aligned_alloc, (size_t, size_t))                              \
	X(void *, memalign, (size_t, size_t))                                   \
	X(void *, valloc, (size_t))                                             \
	X(void *, pvalloc, (size_t))

#define GUARD_LOCKS(X)                                                                           \
	X(int, pthread_mutex_lock, (pthread_mutex_t *))                                          \
	X(int, pthread_mutex_trylock, (pthread_mutex_t *))                                       \
	X(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *))            \
	X(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *)) \
	X(int, pthread_mutex_unlock, (pthread_mutex_t *))                                        \
	X(int, pthread_rwlock_rdlock, (pthread_rwlock_t *))                                      \
	X(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *))                                   \
	X(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *, const struct timespec *))        \
	X(int, pthread_rwlock_clockrdlock,                                                       \
	  (pthread_rwlock_t *, clockid_t, const struct timespec *))                              \
	X(int, pthread_rwlock_wrlock, (pthread_rwlock_t *))                                      \
	X(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *))                                   \
	X(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *, const struct timespec *))        \
	X(int, pthread_rwlock_clockwrlock,                                                       \
	  (pthread_rwlock_t *, clockid_t, const struct timespec *))                              \
	X(int, pthread_rwlock_unlock, (pthread_rwlock_t *))                                      \
	X(int, pthread_spin_lock, (pthread_spinlock_t *))                                        \
	X(int, pthread_spin_trylock, (pthread_spinlock_t *))                                     \
	X(int, pthread_spin_unlock, (pthread_spinlock_t *))                                      \
	X(int, mtx_lock, (mtx_t *))                                                              \
	X(int, mtx_trylock, (mtx_t *))                                                           \
	X(int, mtx_timedlock, (mtx_t *, const struct timespec *))                                \
	X(int, mtx_unlock, (mtx_t *))                                                            \
	X(int, pthread_once, (pthread_once_t *, void (*)(void)))                                 \
	X(void, call_once, (once_flag *, void (*)(void)))                                        \
	X(void, flockfile, (FILE *))                                                             \
	X(int, ftrylockfile, (FILE *))                                                           \
	X(void, funlockfile, (FILE *))                                                           \
	X(FILE *, fopencookie, (void *, const char *, cookie_io_functions_t))

#define GUARD_FIELD(ret, name, args) ret (*name) args;
struct guard_real {
	GUARD_MALLOC(GUARD_FIELD)
	GUARD_LOCKS(GUARD_FIELD)
};

extern struct guard_real guard_next; /* NULL until guard_find() */
extern uint32_t guard_on;            /* 1, or 0 with SHUNT_GUARD=0: what a guard counts as */
extern PREEMPT_TLS bool guard_finding;

void guard_find(void);

/* The next definition of NAME. */
#define guard_real(name) \
	({ if (__builtin_expect(!guard_next.name, 0)) guard_find(); guard_next.name; })

#define GUARD __attribute__((visibility("default"), section("shunt_text"), noinline))
#define CALLER __builtin_return_address(0)

PREEMPT_INLINE void guard_enter(void)
{
	preempt_depth_add(guard_on);
}

/* caller: where the guarded function returns to. */
PREEMPT_INLINE void guard_leave(const void *caller)
{
	uint32_t depth = preempt_depth();

	if (depth) { /* another request may unlock a lock that was locked in one */
		preempt_depth_add(-guard_on);
		depth -= guard_on;
	}
	if (__builtin_expect(preempt_pending(), 0) && !depth)
		preempt_late(caller);
}
