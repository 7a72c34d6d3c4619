/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx.h - contexts: what a request runs on, so that it can
 * be left half way and go on later, elsewhere
 *
 * A context is a guarded stack out of a pool, with the registers that a function call keeps. A
 * thread enters it from its own stack (its "home"); the context leaves to the home of whichever
 * thread runs it then. So a request may be left on one core and go on, on another core of the
 * process:
 *
 *   home, of each thread         context
 *   c = ctx_get(pool)
 *   ctx_start(c, fn, arg)
 *   ctx_enter(&home, c)   ──►    fn(arg)
 *   ...publish c...       ◄──    ctx_leave(c)
 *   another thread:
 *   ctx_enter(&home2, c)  ──►    ctx_leave() returns
 *   ctx_put(pool, c)      ◄──    ctx_exit(c)
 *
 * Rules for the owner (the scheduler):
 * - A left context may be given to other threads only after ctx_enter() has returned: before that
 *   it still runs. Publish with release, take with acquire; the switch itself has no barrier.
 * - fn never returns; its last word is ctx_exit(), or it serves request after request in a loop and
 *   leaves in between, which saves ctx_start().
 *
 * Kept over ctx_leave(): callee-saved registers, errno, C++ exceptions that are being handled or
 * thrown (once the thread has called ctx_home_init()), and the floating-point environment that is a
 * request's own: all of MXCSR, x87's control word and exception flags (x86-64); FPCR, FPSR and d8
 * to d15 (aarch64). A new context has the control words of the thread that called ctx_start(), and
 * no exception flags. Not kept: caller-saved registers (all vector registers on x86-64: a caller of
 * ctx_leave() has spilled them, a signal frame holds them), the signal mask, and on the home's side
 * exception flags.
 *
 * Code that leaves from a signal handler must not be on an alternate signal stack; the new code
 * runs with the handler's signal mask unless that is undone; and after ctx_leave() comes
 * stacks_moved() (stacks.h).
 *
 * Thread-local storage belongs to the thread, not to the context:
 * - After ctx_leave() the code may be on another thread. errno is carried along; other thread-local
 *   variables are those of the new thread.
 * - Compilers keep the address of a thread-local variable in a register or on the stack, over calls
 *   too, and errno's (__errno_location() is "const"). A function that touches one both before and
 *   after a point where it may be left can use the old thread's: reach it through a function that
 *   is not inlined (attribute noipa), or forbid preemption between.
 * - State that a library keeps per thread across calls (malloc's caches, locale, a mutex's owner,
 *   pthread_self() in a lock) must not be torn: no preemption in a critical section,
 *   or while a lock is held.
 * - Stack protector and pointer guard are the same in all threads of a process: no problem.
 *
 * x86-64 CET: the switch is marked and works with IBT. The switch is not marked for shadow stacks,
 * so glibc runs a program that links it without them; if a thread has one nevertheless,
 * ctx_pool_init() fails with -ENOTSUP. aarch64: works with pointer authentication; has BTI's
 * landing pads; SME's ZA must be off.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx_layout.h"

#if defined(__SANITIZE_ADDRESS__)
#define CTX_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define CTX_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTX_ASAN 1
#elif __has_feature(thread_sanitizer)
#define CTX_TSAN 1
#endif
#endif

#define CTX_STACK_DEFAULT 65536
#define CTX_MAX (1u << 20) /* contexts a pool; vm.max_map_count / 2 bounds it earlier */

/* The C++ runtime's exceptions of a thread: its ABI
 * calls them __cxa_eh_globals. All zeros: none. */
struct ctx_exceptions {
	void *caught;
	uintptr_t uncaught; /* an unsigned int, and padding */
};

/* A thread's own stack, while the thread is in a context.
 * The thread's alone; zeroed before its first use. */
struct ctx_home {
	void *sp;
	struct ctx_exceptions *exceptions; /* of the thread; NULL: not kept */
#ifdef CTX_ASAN
	const void *stack; /* where the thread's own stack is: told by the sanitizer */
	size_t stack_size;
	void *fake;
#endif
#ifdef CTX_TSAN
	void *fiber;
#endif
};

/* Written by the thread that has the context: one at a time. */
struct ctx {
	struct ctx *next; /* the owner's, from ctx_get() to ctx_put() */
	void *sp;         /* saved, while it is left */
	struct ctx_home *home; /* of the thread that entered it last */
	void (*fn)(void *arg);
	void *arg;
	char *stack;      /* lowest byte */
	char *top;        /* behind the highest */
	_Atomic uint32_t below; /* the pool's: index + 1 of the next free one */
#ifdef CTX_ASAN
	void *fake;
#endif
#ifdef CTX_TSAN
	void *fiber;
	unsigned int starts;
#endif
} __attribute__((aligned(64)));

struct ctx_pool {
	struct ctx *ctx;
	char *map;
	size_t map_len, slot; /* bytes: of all, and from one stack to the next */
	size_t stack_size;    /* usable bytes a stack */
	unsigned int n;
	int place;            /* in the table of stacks.c */
	_Atomic uint64_t free __attribute__((aligned(64))); /* tag << 32 | index + 1 of the top */
};

/* The smallest stack that is accepted: 8 KiB, and room for
 * a signal frame with all vector registers. */
size_t ctx_stack_min(void);

/*
 * Makes n contexts with stacks of stack_size bytes, rounded up to whole pages (0:
 * CTX_STACK_DEFAULT), a guard below each. Untouched pages cost no memory. -EINVAL: n is 0 or above
 * CTX_MAX, or the stacks are below ctx_stack_min(); -ENOMEM: no memory, or 2 n mappings exceed
 * vm.max_map_count; -ENOSPC: too many pools (STACKS_MAX); -ENOTSUP: this thread has a shadow stack.
 */
int ctx_pool_init(struct ctx_pool *p, unsigned int n, size_t stack_size);

/* No context of it is in use or entered. A zeroed pool is fine. */
void ctx_pool_free(struct ctx_pool *p);

/* Any thread; lock-free; the one put last comes first, as its stack is hot. NULL: none is left. */
struct ctx *ctx_get(struct ctx_pool *p);
void ctx_put(struct ctx_pool *p, struct ctx *c);

/* The next ctx_enter() calls fn(arg) on a fresh stack; whatever c was doing is forgotten. */
void ctx_start(struct ctx *c, void (*fn)(void *arg), void *arg);

/* Called once by a thread whose contexts may run C++. The
 * thread handles no exception when it enters a context. */
void ctx_home_init(struct ctx_home *home);

/* From a thread's own stack into a context; returns when the context has left. */
void ctx_enter(struct ctx_home *home, struct ctx *to);

/* From the context to the home of the thread that runs it;
 * returns when any thread enters it again. */
void ctx_leave(struct ctx *self);

/* Leaves the context for good. c may be started again, or put back. */
void ctx_exit(struct ctx *self) __attribute__((noreturn));
