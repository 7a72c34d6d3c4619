/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * policy.h - writing a policy: what it is asked, what it may look at, what it answers
 *
 * A policy is one C file that includes this header, names itself with SHUNT_POLICY() and defines
 *
 *   steer(v, ev)    a request of class ev->cls arrived: a core (0…63), SHUNT_HOLD, SHUNT_REJECT
 *                   or SHUNT_DROP. Runs in XDP, once a request: it should cost a few nanoseconds.
 *   select(v, ev)   core ev->core is free: the class to serve next, one of the bits of ev->waiting,
 *                   or SHUNT_GO_ON for none of them. Every class must be served by some core.
 *                   Asked to yield (ev->run_cls != SHUNT_NONE), the running request is a candidate like
 *                   the others: its class is in ev->waiting as if it had been put back into its queue.
 *                   It goes on if select names its class and it is that class's next, or by SHUNT_GO_ON.
 *   requeue(v, ev)  a request of class ev->cls was preempted: SHUNT_HEAD or SHUNT_TAIL.
 *                   Optional: #define SHUNT_HAS_REQUEUE. Without it, as the class is configured.
 *   done(v, ev)     a request of class ev->cls ended after ev->service_ns.
 *                   Optional: #define SHUNT_HAS_DONE.
 *
 * all static, over a view of the domain (include/shunt/abi.h) that it reads through the
 * functions below. No globals, no division by a variable, loops bounded by constants and without
 * branches (the verifier follows every path: shunt_less and shunt_pick instead of if). The same
 * file is compiled into the XDP program and into native code for workers, and must answer alike
 * in both: so it calls nothing but what is here.
 */
#pragma once

#include <shunt/abi.h>

#define SHUNT_HOLD (-1)
#define SHUNT_REJECT (-2)
#define SHUNT_DROP (-3)
#define SHUNT_GO_ON (-1)

#define __shunt_inline static inline __attribute__((always_inline, unused))

/*
 * Names the policy. The flags (enum shunt_policy_flags) tell what its functions read of the event,
 * so that nobody pays for a clock or a hash that is not looked at.
 */
#define SHUNT_POLICY(policy_name, policy_flags, policy_text)                                       \
	enum { shunt_policy_flags = (policy_flags) };                                              \
	__attribute__((section(SHUNT_POLICY_SEC), used, visibility("default")))                    \
	const struct shunt_policy_desc shunt_policy = {                                            \
		.abi = SHUNT_ABI,                                                                  \
		.flags = (policy_flags),                                                           \
		.name = policy_name,                                                               \
		.text = policy_text,                                                               \
	}

typedef struct shunt_view shunt_view;
typedef const struct shunt_event shunt_event;

/* 1 if a < b, else 0; both below 2^63. No branch. */
__shunt_inline __u64 shunt_less(__u64 a, __u64 b)
{
	return (a - b) >> 63;
}

/* yes if cond is 1, no if it is 0. No branch: the asm hides from the compiler that it could be one. */
__shunt_inline __u64 shunt_pick(__u64 cond, __u64 yes, __u64 no)
{
	__u64 mask = -cond;

	asm volatile("" : "+r"(mask));
	return (yes & mask) | (no & ~mask);
}

__shunt_inline __u64 shunt_min(__u64 a, __u64 b)
{
	return shunt_pick(shunt_less(a, b), a, b);
}

/* 1 if x is not 0, else 0; x below 2^63. No branch. */
__shunt_inline __u64 shunt_some(__u64 x)
{
	return shunt_less(0, x);
}

/* 1 if bit i of mask is set, else 0. */
__shunt_inline __u64 shunt_bit(__u64 mask, __u32 i)
{
	return mask >> (i & 63) & 1;
}

/* x bounded to 0 … n - 1, n a power of two; an AND that the compiler cannot reason away. */
#ifdef __bpf__
#define shunt_index(x, n)                                                                          \
	({                                                                                         \
		__u64 __x = (x);                                                                   \
		asm volatile("%0 &= %1" : "+r"(__x) : "i"((n) - 1));                               \
		__x;                                                                               \
	})
#else
#define shunt_index(x, n) ((__u64)(x) & ((n) - 1))
#endif

/* Cores with a worker thread, one bit each. */
__shunt_inline __u64 shunt_up(const shunt_view *v)
{
	return v->up;
}

/* Cores with nothing to do, one bit each. */
__shunt_inline __u64 shunt_idle(const shunt_view *v)
{
	return *(volatile const __u64 *)&v->idle & v->up;
}

/* How many cores are up. */
__shunt_inline __u32 shunt_cores(const shunt_view *v)
{
	__u32 n = v->ncores_up;

	return n <= SHUNT_CORES ? n : SHUNT_CORES;
}

/* The i-th core that is up, i < shunt_cores(). */
__shunt_inline int shunt_core_at(const shunt_view *v, __u32 i)
{
	return v->order[shunt_index(i, SHUNT_CORES)];
}

/* Requests steered to a core that it has not finished. */
__shunt_inline __u32 shunt_load(const shunt_view *v, __u32 core)
{
	core = shunt_index(core, SHUNT_CORES);
	return v->sent[core] - *(volatile const __u32 *)&v->done[core];
}

/* Requests of a class that wait in its hold queue. */
__shunt_inline __u32 shunt_backlog(const shunt_view *v, __u32 cls)
{
	cls = shunt_index(cls, SHUNT_CLASSES);
	return v->enq[cls] - *(volatile const __u32 *)&v->deq[cls];
}

/* Arrival of the next request of a class, as the core that asks sees it (SHUNT_NEEDS_HEADS). */
__shunt_inline __u64 shunt_head_ns(const shunt_view *v, shunt_event *ev, __u32 cls)
{
	const struct shunt_core_heads *h = &v->core[shunt_index(ev->core, SHUNT_CORES)].heads;

	return h->head_ns[shunt_index(cls, SHUNT_CLASSES)] & ~(1ULL << 63);
}

/* Since when it is queued: its arrival, or when it was preempted to the tail (SHUNT_NEEDS_HEADS). */
__shunt_inline __u64 shunt_queued_ns(const shunt_view *v, shunt_event *ev, __u32 cls)
{
	const struct shunt_core_heads *h = &v->core[shunt_index(ev->core, SHUNT_CORES)].heads;

	return h->queued_ns[shunt_index(cls, SHUNT_CLASSES)] & ~(1ULL << 63);
}

/* Of the classes that wait, the one whose next request is queued longest: one queue for all. */
__shunt_inline int shunt_oldest(const shunt_view *v, shunt_event *ev)
{
	__u64 oldest = ~0ULL >> 1, older;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		older = shunt_bit(ev->waiting, c) & shunt_less(shunt_queued_ns(v, ev, c), oldest);
		oldest = shunt_pick(older, shunt_queued_ns(v, ev, c), oldest);
		best = shunt_pick(older, c, best);
	}
	return best;
}

/* How long that request has waited, in ns, at most 2^32 - 1. */
__shunt_inline __u32 shunt_waited(const shunt_view *v, shunt_event *ev, __u32 cls)
{
	__u64 head = shunt_head_ns(v, ev, cls), now = ev->now_ns & ~(1ULL << 63);

	return shunt_min(shunt_pick(shunt_less(now, head), 0, now - head), ~0u);
}

/* The class's objective in microseconds, 1 … SHUNT_SLO_MAX_US; 0 = it has none. */
__shunt_inline __u32 shunt_slo_us(const shunt_view *v, __u32 cls)
{
	return shunt_min(v->slo_us[shunt_index(cls, SHUNT_CLASSES)], SHUNT_SLO_MAX_US);
}

/* A number that the operator (shunt knob) or plan() sets. */
__shunt_inline __u64 shunt_knob(const shunt_view *v, __u32 i)
{
	return v->knob[shunt_index(i, SHUNT_KNOBS)];
}

/* The policy's own memory: many cores at once, so it changes by these two only. */
__shunt_inline __u64 shunt_state(const shunt_view *v, __u32 i)
{
	return *(volatile const __u64 *)&v->state[shunt_index(i, SHUNT_STATES)];
}

__shunt_inline __u64 shunt_add(shunt_view *v, __u32 i, __u64 x)
{
	return __sync_fetch_and_add(&v->state[shunt_index(i, SHUNT_STATES)], x);
}

__shunt_inline __u64 shunt_cas(shunt_view *v, __u32 i, __u64 old, __u64 new_)
{
	return __sync_val_compare_and_swap(&v->state[shunt_index(i, SHUNT_STATES)], old, new_);
}

/*
 * Number of the lowest bit that is set; mask is not 0. BPF has no instruction for it: the ones below
 * that bit are counted, in pairs, fours, eights; no branch, since which core is idle is not to be predicted.
 */
__shunt_inline int shunt_first(__u64 mask)
{
#ifdef __bpf__
	__u64 ones = (mask & -mask) - 1;

	ones -= ones >> 1 & 0x5555555555555555;
	ones = (ones & 0x3333333333333333) + (ones >> 2 & 0x3333333333333333);
	ones = (ones + (ones >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return ones * 0x0101010101010101 >> 56;
#else
	return mask ? __builtin_ctzll(mask) : 64;
#endif
}

/* A hash or random word spread over 0 … n - 1, without a division. */
__shunt_inline __u32 shunt_scale(__u32 word, __u32 n)
{
	return (__u64)word * n >> 32;
}
