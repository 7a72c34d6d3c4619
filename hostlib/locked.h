/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locked.h - "the caller holds the lock", as an assertion of debug builds
 *
 * SHUNT_DEBUG is defined for unit tests and with SAN=1; elsewhere nothing is compiled in.
 */
#pragma once

#ifdef SHUNT_DEBUG
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* A word that is 1 while the lock is held. */
#define MUST_HOLD(word) assert(atomic_load_explicit(word, memory_order_relaxed))
#define MUST_HOLD_MUTEX(mutex) assert(pthread_mutex_trylock(mutex) == EBUSY)
#else
#define MUST_HOLD(word) ((void)0)
#define MUST_HOLD_MUTEX(mutex) ((void)0)
#endif
