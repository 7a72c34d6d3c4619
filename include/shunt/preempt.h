/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * preempt.h - where a request may be stopped, and where it must not be
 *
 * A request that has used up its quantum while others wait gets a mark. The request yields at the
 * next safepoint (put in by the compiler, or by hand), or, if it reaches none, is stopped by a
 * signal. Another thread of the process may resume it: so an address of a thread-local variable is
 * good only up to the next safepoint. The value of errno survives, in files that include this
 * header.
 *
 * A no-preempt region is a stretch of code in which a request is not stopped. A held pthread mutex,
 * rwlock or spinlock, a held FILE (flockfile) and calls of malloc and its kin are regions by
 * themselves; SHUNT_GUARD=0 in the environment turns these automatic ones off.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Begins and ends a region. Regions nest; the last end takes a mark that came meanwhile. */
void shunt_nopreempt_begin(void);
void shunt_nopreempt_end(void);

/* Calls fn(arg) in a region and returns what it returns. fn
 * must return: no longjmp, no C++ exception. */
long shunt_call_safe(long (*fn)(void *arg), void *arg);

/*
 * Signals stop a request only where the CPU is in registered text: to begin with, the program's
 * own. Adds that of a shared object which the program's requests run, and which holds no lock of
 * its own making while it runs. -EINVAL: empty, or wraps; -ENOSPC: more than 63 of them.
 */
int shunt_register_text(const void *start, size_t len);

/* Before a function: shunt-cc puts no safepoints into it. */
#define SHUNT_NO_SAFEPOINTS __attribute__((annotate("shunt_nopreempt")))

/* Called by shunt_safepoint() when the core's word is not 0. */
void shunt_safepoint_slow(void);

/*
 * The C library declares the place of errno constant, so compilers ask for it once in a function
 * and would go on to read the errno of a thread that the request has left. shunt_errno() asks each
 * time.
 */
int *shunt_errno(void);
#ifndef SHUNT_KEEP_ERRNO
#undef errno
#define errno (*shunt_errno())
#endif

/*
 * The first field of the thread-local variable shunt_tls is the address of a word that is not 0
 * when this core may have to yield. The address is read in assembly because the compiler may keep
 * the address of a thread-local variable over a call, and the call may end on another thread.
 */
static inline void shunt_safepoint(void)
{
	const volatile uint32_t *look;

#if defined(__x86_64__)
	__asm__ volatile("movq shunt_tls@gottpoff(%%rip), %0\n\t"
			 "movq %%fs:(%0), %0"
			 : "=r"(look));
#elif defined(__aarch64__)
	uint64_t off;

	__asm__ volatile("adrp %1, :gottprel:shunt_tls\n\t"
			 "ldr %1, [%1, #:gottprel_lo12:shunt_tls]\n\t"
			 "mrs %0, tpidr_el0\n\t"
			 "ldr %0, [%0, %1]"
			 : "=&r"(look), "=&r"(off));
#else
#error "shunt preempts on x86-64 and aarch64"
#endif
	if (__builtin_expect(*look, 0))
		shunt_safepoint_slow();
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
