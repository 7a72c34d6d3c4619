// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard.c - who holds a lock is not stopped: pthread
 * mutexes, rwlocks and spinlocks, C11 mutexes, FILEs
 *
 * A request that is parked with a lock held can deadlock its core: the next request there waits for
 * the lock, and the thread with it. So the region lasts from a successful lock to its unlock. While
 * it waits for the lock, a thread is in the C library, where nothing is stopped either.
 *
 * Condition variables need no guard: pthread_cond_wait() gives the mutex back and takes it again
 * inside the C library, and returns with it held, as it was called.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "guard.h"

/* EOWNERDEAD: a robust mutex whose owner died; it is held. */
PREEMPT_INLINE int entered(int err)
{
	if (!err || err == EOWNERDEAD)
		guard_enter();
	return err;
}

#define TAKES(name, params, args) \
	GUARD int name params { return entered(guard_real(name) args); }

#define GIVES(name, params, args)                  \
	GUARD int name params                      \
	{                                          \
		int err = guard_real(name) args;   \
						   \
		if (!err)                          \
			guard_leave(CALLER);       \
		return err;                        \
	}

typedef const struct timespec *when;

/* --- mutexes ---------------------------------------------------------------------------------- */

TAKES(pthread_mutex_lock, (pthread_mutex_t *m), (m))
TAKES(pthread_mutex_trylock, (pthread_mutex_t *m), (m))
TAKES(pthread_mutex_timedlock, (pthread_mutex_t *m, when t), (m, t))
TAKES(pthread_mutex_clocklock, (pthread_mutex_t *m, clockid_t c, when t), (m, c, t))

/*
 * Did this thread lock it? A normal mutex may be unlocked by a thread that did not, which must not
 * end a region of its own; who did lock it is not stopped until its request ends. A holder stays on
 * its thread, so the thread tells. No owner: a lock that was elided. INT_MAX: robust, and its owner
 * died (only who holds it can unlock such a one). Both are this thread's.
 */
PREEMPT_INLINE bool ours(const pthread_mutex_t *m)
{
	int tid = preempt_here()->tid, owner = m->__data.__owner;

	return owner == tid || !tid || !owner || owner == INT_MAX;
}

GUARD int pthread_mutex_unlock(pthread_mutex_t *m)
{
	bool mine = ours(m); /* before: then it may be anyone's, or gone */
	int err = guard_real(pthread_mutex_unlock)(m);

	if (!err && mine)
		guard_leave(CALLER);
	return err;
}

/* thrd_success is 0, and a C11 mutex is a pthread mutex inside. */
TAKES(mtx_lock, (mtx_t *m), (m))
TAKES(mtx_trylock, (mtx_t *m), (m))
TAKES(mtx_timedlock, (mtx_t *m, when t), (m, t))

GUARD int mtx_unlock(mtx_t *m)
{
	bool mine = ours((pthread_mutex_t *)m);
	int err = guard_real(mtx_unlock)(m);

	if (!err && mine)
		guard_leave(CALLER);
	return err;
}

/* --- rwlocks and spinlocks: only the holder may unlock ---------------------------------------- */

TAKES(pthread_rwlock_rdlock, (pthread_rwlock_t *l), (l))
TAKES(pthread_rwlock_tryrdlock, (pthread_rwlock_t *l), (l))
TAKES(pthread_rwlock_timedrdlock, (pthread_rwlock_t *l, when t), (l, t))
TAKES(pthread_rwlock_clockrdlock, (pthread_rwlock_t *l, clockid_t c, when t), (l, c, t))
TAKES(pthread_rwlock_wrlock, (pthread_rwlock_t *l), (l))
TAKES(pthread_rwlock_trywrlock, (pthread_rwlock_t *l), (l))
TAKES(pthread_rwlock_timedwrlock, (pthread_rwlock_t *l, when t), (l, t))
TAKES(pthread_rwlock_clockwrlock, (pthread_rwlock_t *l, clockid_t c, when t), (l, c, t))
GIVES(pthread_rwlock_unlock, (pthread_rwlock_t *l), (l))

TAKES(pthread_spin_lock, (pthread_spinlock_t *l), (l))
TAKES(pthread_spin_trylock, (pthread_spinlock_t *l), (l))
GIVES(pthread_spin_unlock, (pthread_spinlock_t *l), (l))

/* --- once: others wait for the one that is in it ---------------------------------------------- */

GUARD int pthread_once(pthread_once_t *once, void (*init)(void))
{
	int err;

	guard_enter();
	err = guard_real(pthread_once)(once, init);
	guard_leave(CALLER);
	return err;
}

GUARD void call_once(once_flag *once, void (*init)(void))
{
	guard_enter();
	guard_real(call_once)(once, init);
	guard_leave(CALLER);
}

/* --- stdio: inside the C library nothing is stopped; here is where it lets go of the CPU ------ */

GUARD void flockfile(FILE *f)
{
	guard_real(flockfile)(f);
	guard_enter();
}

TAKES(ftrylockfile, (FILE *f), (f))

GUARD void funlockfile(FILE *f)
{
	guard_real(funlockfile)(f);
	guard_leave(CALLER);
}

/* fopencookie: the application's functions are called with the FILE locked. */
struct cookie {
	cookie_io_functions_t fn;
	void *arg;
};

static PREEMPT_TEXT ssize_t cookie_read(void *arg, char *buf, size_t len)
{
	struct cookie *c = arg;
	ssize_t n;

	guard_enter();
	n = c->fn.read(c->arg, buf, len);
	guard_leave(NULL); /* back into the C library: not a place to stop */
	return n;
}

static PREEMPT_TEXT ssize_t cookie_write(void *arg, const char *buf, size_t len)
{
	struct cookie *c = arg;
	ssize_t n;

	guard_enter();
	n = c->fn.write(c->arg, buf, len);
	guard_leave(NULL);
	return n;
}

static PREEMPT_TEXT int cookie_seek(void *arg, off64_t *at, int whence)
{
	struct cookie *c = arg;
	int err;

	guard_enter();
	err = c->fn.seek(c->arg, at, whence);
	guard_leave(NULL);
	return err;
}

static PREEMPT_TEXT int cookie_close(void *arg)
{
	struct cookie *c = arg;
	int err = 0;

	guard_enter();
	if (c->fn.close)
		err = c->fn.close(c->arg);
	free(c);
	guard_leave(NULL);
	return err;
}

GUARD FILE *fopencookie(void *arg, const char *mode, cookie_io_functions_t fn)
{
	struct cookie *c = malloc(sizeof(*c));
	cookie_io_functions_t ours = {
		.read = fn.read ? cookie_read : NULL,
		.write = fn.write ? cookie_write : NULL,
		.seek = fn.seek ? cookie_seek : NULL,
		.close = cookie_close,
	};
	FILE *f;

	if (!c)
		return NULL;
	*c = (struct cookie){ .fn = fn, .arg = arg };
	f = guard_real(fopencookie)(c, mode, ours);
	if (!f)
		free(c);
	return f;
}
