/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preempt.h - what decides whether the request that runs on this thread may be stopped now
 *
 * The scheduler's side: preempt_worker_begin() once a thread; then preempt_request_begin() as the
 * first thing on a new request's stack and preempt_request_end() as the last. The scheduler's
 * function "point" parks requests.
 *
 *   depth = 1 in the scheduler, from preempt_worker_begin() on and in "point";
 *   depth = 0 in a request that may be stopped; more in its regions.
 *
 * A request that returns from "point" does so with depth 1 of whichever thread it is on then.
 *
 * The library's own code is never switched away from, wherever it is linked: code that runs in a
 * request without a region (what begins and ends regions) is PREEMPT_TEXT, which the signal handler
 * leaves alone; all else that a handler may call (shunt_send) holds a region.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <shunt/preempt.h>

enum preempt_way {
	PREEMPT_SAFEPOINT, /* a call: safepoint, or end of a region */
	PREEMPT_SIGNAL,    /* anywhere in application text */
};

/* The signal handler's findings, counted by the thread on which it ran. */
enum preempt_why {
	PREEMPT_TAKEN,    /* switched away */
	PREEMPT_STRANGER, /* the thread is no worker */
	PREEMPT_STALE,    /* no mark: it came too late */
	PREEMPT_REGION,   /* in a no-preempt region, or in the scheduler */
	PREEMPT_FOREIGN,  /* not in registered text */
	PREEMPT_HANDLER,  /* in another signal's handler, or on its stack */
	PREEMPT_LOCAL,    /* perhaps about to use a thread-local: a register holds its address */
	PREEMPT_NR_WHY,
};

/* A request's thread reads these fields. initial-exec: one load from the thread pointer. */
struct preempt_tls {
	volatile uint32_t *look; /* scheduler: not 0 = yield. First:
				  * safepoints know it by its place */
	uint32_t depth;          /* regions, nested */
	uint32_t skip;           /* scheduler: so many safepoints need not be looked into */
	bool pending;            /* a mark or signal was put off: taken at the end of the region */
	bool stay;               /* at PREEMPT_SIGNAL: resume this request on this thread only */
	uint16_t held;           /* times in a row that the handler found PREEMPT_LOCAL */
	int32_t tid;             /* of a worker; else 0 */
	uint64_t mask;           /* signals blocked in a worker's thread */
	uintptr_t local, local_len; /* where its thread-local variables are */
	uint64_t why[PREEMPT_NR_WHY];
};
_Static_assert(offsetof(struct preempt_tls, look) == 0, "shunt_safepoint() reads it there");
_Static_assert(offsetof(struct preempt_tls, skip) == 12, "safepoint.S counts it down there");

#define PREEMPT_TLS _Thread_local __attribute__((tls_model("initial-exec")))
extern PREEMPT_TLS struct preempt_tls shunt_tls __attribute__((visibility("default")));

/* Where threads look that are no workers: always 0. */
extern volatile uint32_t preempt_never;

#define PREEMPT_TEXT __attribute__((section("shunt_text"), noinline))

/* The shunt_tls of the running thread. In assembly, because the compiler assumes that a function
 * stays on one thread: it would keep the address over calls that may end on another thread. */
#define PREEMPT_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
PREEMPT_INLINE struct preempt_tls *preempt_here(void)
{
	struct preempt_tls *t;

	__asm__ volatile("movq %%fs:0, %0\n\t"
			 "addq shunt_tls@gottpoff(%%rip), %0"
			 : "=r"(t) : : "cc");
	return t;
}

/* The three accesses of the guards leave no address behind in a register: see PREEMPT_LOCAL. */
PREEMPT_INLINE uintptr_t preempt_offset(void)
{
	uintptr_t off;

	__asm__("movq shunt_tls@gottpoff(%%rip), %0" : "=r"(off));
	return off;
}

PREEMPT_INLINE uint32_t preempt_depth(void)
{
	uint32_t depth;

	__asm__ volatile("movl %%fs:%c1(%2), %0" : "=r"(depth)
			 : "i"(offsetof(struct preempt_tls, depth)), "r"(preempt_offset()));
	return depth;
}

PREEMPT_INLINE void preempt_depth_add(uint32_t by)
{
	__asm__ volatile("addl %0, %%fs:%c1(%2)"
			 :
			 : "r"(by), "i"(offsetof(struct preempt_tls, depth)), "r"(preempt_offset())
			 : "cc", "memory");
}

PREEMPT_INLINE bool preempt_pending(void)
{
	uint8_t pending;

	__asm__ volatile("movb %%fs:%c1(%2), %0" : "=q"(pending)
			 : "i"(offsetof(struct preempt_tls, pending)), "r"(preempt_offset()));
	return pending;
}
#elif defined(__aarch64__)
PREEMPT_INLINE struct preempt_tls *preempt_here(void)
{
	struct preempt_tls *t;
	uint64_t off;

	__asm__ volatile("adrp %1, :gottprel:shunt_tls\n\t"
			 "ldr %1, [%1, #:gottprel_lo12:shunt_tls]\n\t"
			 "mrs %0, tpidr_el0\n\t"
			 "add %0, %0, %1"
			 : "=&r"(t), "=&r"(off));
	return t;
}

PREEMPT_INLINE uint32_t preempt_depth(void)
{
	return preempt_here()->depth;
}

PREEMPT_INLINE void preempt_depth_add(uint32_t by)
{
	preempt_here()->depth += by;
}

PREEMPT_INLINE bool preempt_pending(void)
{
	return preempt_here()->pending;
}
#endif

/* preempt.c: the scheduler's side */
/*
 * Makes the thread a worker's: depth is 1. "point", the same for all threads, parks the running
 * request, if the mark is for it and something else shall run, and returns when it is resumed,
 * perhaps on another thread.
 */
void preempt_worker_begin(volatile uint32_t *look, void (*point)(enum preempt_way way));
void preempt_worker_end(void);
void preempt_request_begin(void);
uint32_t preempt_request_end(void); /* regions that the request did not end */

/* preempt.c: regions and text, for guards and the signal handler */
void preempt_away(enum preempt_way way);      /* depth is 0: calls "point", keeps errno */
void preempt_late(const void *caller);        /* a region ended with something pending */
bool preempt_in_text(const void *pc);
int preempt_register_program(void);           /* the main program's text */

/* signal.c */
/* The process's handler for the signal: as often installed as removed, it is away. 0 or -errno. */
int preempt_signal_install(int signal);
void preempt_signal_remove(int signal);
void preempt_signal_unblock(int signal); /* in the calling thread, before preempt_worker_begin() */
