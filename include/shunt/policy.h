/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * policy.h - writing a policy: its functions, the view that it reads, its answers
 *
 * A policy is one C file that includes this header, names itself with SHUNT_POLICY() and defines
 *
 *   steer(v, ev)    a request of class ev->cls arrived: a core (0…63), SHUNT_HOLD, SHUNT_REJECT
 *                   or SHUNT_DROP. Runs in XDP, once a request: it should cost a few nanoseconds.
 *   select(v, ev)   core ev->core is free: the class to serve next, one of the bits of ev->waiting,
 *                   or SHUNT_GO_ON for none of them. Every class must be served by some core.
 *                   Asked to yield (ev->run_cls != SHUNT_NONE), the running request is a candidate
 *                   like the others: its class is in ev->waiting as if it had been put back into
 *                   its queue. The request goes on if select names its class and it is that class's
 *                   next, or by SHUNT_GO_ON.
 *   requeue(v, ev)  a request of class ev->cls was preempted: SHUNT_HEAD or SHUNT_TAIL.
 *                   Optional: #define SHUNT_HAS_REQUEUE. Without it, as the class is configured.
 *   done(v, ev)     a request of class ev->cls ended after ev->service_ns, or expired.
 *                   Optional: #define SHUNT_HAS_DONE.
 *
 * all static, over a view of the domain (include/shunt/abi.h) that it reads through the
 * functions below. No globals, no division by a variable but by shunt_div() and shunt_mod(), loops
 * bounded by constants and without branches (the verifier follows every path: shunt_less,
 * shunt_some and shunt_pick instead of if, ?: and comparisons). The same file is compiled into the
 * XDP program and into native code for workers, and must answer alike in both: so it calls only the
 * functions of this header.
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
 * so that a clock or a hash that is not read costs nothing.
 */
#define SHUNT_POLICY(policy_name, policy_flags, policy_text)                                       \
	enum { shunt_policy_flags = (policy_flags) };                                              \
	SHUNT_TARGET_ASSERT(policy_flags);                                                         \
	SHUNT_CHECK_HEADS(policy_flags)                                                            \
	__attribute__((section(SHUNT_POLICY_SEC), used, visibility("default")))                    \
	const struct shunt_policy_desc shunt_policy = {                                            \
		.abi = SHUNT_ABI,                                                                  \
		.flags = (policy_flags) | SHUNT_TARGET_FLAGS,                                      \
		.name = policy_name,                                                               \
		.text = policy_text,                                                               \
	}

/* Where a policy is compiled, what it reads of heads is held against its flags: without the flag
 * they stay 0. */
#ifdef SHUNT_POLICY_FILE
__shunt_inline void shunt_reads_heads(void);
extern void shunt_no_heads(void) __attribute__((error(
	"the policy reads when requests arrived or were queued: add SHUNT_NEEDS_HEADS")));
#define SHUNT_CHECK_HEADS(policy_flags)                                                            \
	__shunt_inline void shunt_reads_heads(void)                                                \
	{                                                                                          \
		if (!((policy_flags)&SHUNT_NEEDS_HEADS))                                           \
			shunt_no_heads();                                                          \
	}
#else
#define shunt_reads_heads() ((void)0)
#define SHUNT_CHECK_HEADS(policy_flags)
#endif

typedef const struct shunt_event shunt_event;

/* In place of "static const" before a table: SHUNT_TABLE int mine[4]
 * = { 3, 1, 4, 1 }; its index goes through shunt_index(). */
#ifdef __bpf__
#define SHUNT_TABLE static const __attribute__((section(".rodata")))
#else
#define SHUNT_TABLE static const
#endif

/*
 * Hides from the compiler where x is from, so that it makes no comparison of it: BPF has no
 * instruction that sets a register by a comparison, only branches, and the verifier follows each
 * branch both ways. A card's programs are short of instructions, and have no such loops.
 */
#if defined(__bpf__) && !defined(SHUNT_TARGET_NFP)
#define SHUNT_NO_BRANCH(x) asm("" : "+r"(x))
#else
#define SHUNT_NO_BRANCH(x)
#endif

/* 1 if a < b, else 0; both below 2^63. No branch. */
__shunt_inline __u64 shunt_less(__u64 a, __u64 b)
{
	__u64 sign = a - b;

	SHUNT_NO_BRANCH(sign);
	return sign >> 63;
}

/* yes if cond is 1, no if it is 0. No branch: the asm hides
 * from the compiler that it could be one. */
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

/* 1 if x is not 0, else 0. No branch. */
__shunt_inline __u64 shunt_some(__u64 x)
{
	__u64 minus = -x;

	SHUNT_NO_BRANCH(minus);
	return (x | minus) >> 63;
}

/* 1 if bit i of mask is set, else 0. */
__shunt_inline __u64 shunt_bit(__u64 mask, __u32 i)
{
	return mask >> (i & 63) & 1;
}

/* x bounded to 0 … n - 1, n a power of two; an AND that the compiler cannot reason away, unless x
 * is a constant, as in a loop that is unrolled. */
#ifdef __bpf__
#define shunt_index(x, n)                                                                          \
	({                                                                                         \
		__u64 __x = (x);                                                                   \
		if (__builtin_constant_p(__x))                                                     \
			__x &= (n) - 1;                                                            \
		else                                                                               \
			asm volatile("%0 &= %1" : "+r"(__x) : "i"((n) - 1));                       \
		__x;                                                                               \
	})
#else
#define shunt_index(x, n) ((__u64)(x) & ((n) - 1))
#endif

/*
 * Says nothing new about a 32-bit x: but kernels before 6.9 forget after an XOR or a shift that it
 * is one, and the card multiplies nothing else. A move to itself; no instruction of the CPU.
 */
#ifdef __bpf__
#define SHUNT_U32(x) asm volatile("%0 = %0" : "+w"(x))
#else
#define SHUNT_U32(x)
#endif

/* A hash or random word spread over 0 … n - 1, without a division. */
__shunt_inline __u32 shunt_scale(__u32 word, __u32 n)
{
	SHUNT_U32(word);
	SHUNT_U32(n);
	return (__u64)word * n >> 32;
}

#ifdef SHUNT_TARGET_NFP
#define SHUNT_NO_DIVISION                                                                          \
	"the card divides by constants only: shunt_scale() spreads a hash, products compare ratios"
extern __u64 shunt_div(__u64 a, __u64 b) __attribute__((error(SHUNT_NO_DIVISION)));
extern __u64 shunt_mod(__u64 a, __u64 b) __attribute__((error(SHUNT_NO_DIVISION)));
#else
/*
 * a / b, and 0 if b is 0, in BPF as in native code. A plain division by a variable is refused: of
 * zero it is 0 in BPF, and in a worker the end of the process.
 */
__shunt_inline __u64 shunt_div(__u64 a, __u64 b)
{
#ifdef __bpf__
	asm volatile("%0 /= %1" : "+r"(a) : "r"(b));
	return a;
#else
	return b ? a / b : 0;
#endif
}

/* a % b, and 0 if b is 0. */
__shunt_inline __u64 shunt_mod(__u64 a, __u64 b)
{
	return (a - shunt_div(a, b) * b) & -shunt_some(b);
}
#endif

/* How many bits are set. Neither BPF nor plain x86-64 has an instruction for it: they are counted
 * in pairs, fours, eights; no branch. */
__shunt_inline __u32 shunt_ones(__u64 mask)
{
	mask -= mask >> 1 & 0x5555555555555555;
	mask = (mask & 0x3333333333333333) + (mask >> 2 & 0x3333333333333333);
	mask = (mask + (mask >> 4)) & 0x0f0f0f0f0f0f0f0f;
#ifdef SHUNT_TARGET_NFP /* multiplies 32-bit words only (verifier.c:581-595) */
	mask += mask >> 32;
	mask += mask >> 16;
	return (mask + (mask >> 8)) & 0x7f;
#else
	return mask * 0x0101010101010101 >> 56;
#endif
}

/* Number of the lowest bit that is set (mask is not 0): counts
 * the ones below that bit, as a branch would be mispredicted. */
__shunt_inline int shunt_first(__u64 mask)
{
#ifdef __bpf__
	return shunt_ones((mask & -mask) - 1);
#else
	return mask ? __builtin_ctzll(mask) : 64;
#endif
}

/*
 * Accessors of the view, by where the policy runs: on the host, on a card (SHUNT_TARGET_NFP), or on
 * the host knowing what a card would know (SHUNT_TARGET_EMU).
 */
#ifndef SHUNT_TARGET_NFP
#include <shunt/policy_view.h>
#endif
#if defined(SHUNT_TARGET_NFP) || defined(SHUNT_TARGET_EMU)
#include <shunt/policy_nfp.h>
#else
typedef struct shunt_view shunt_view;
#define SHUNT_TARGET_FLAGS 0
#define SHUNT_TARGET_ASSERT(policy_flags)
#endif

/* The less loaded of two random cores (power of two choices),
 * of n from the first-th that is up. n is not 0. */
__shunt_inline int shunt_less_loaded(const shunt_view *v, __u32 random, __u32 first, __u32 n)
{
	int a = shunt_core_at(v, first + shunt_scale(random << 16, n));
	int b = shunt_core_at(v, first + shunt_scale(random & 0xffff0000, n));

	return shunt_load(v, b) < shunt_load(v, a) ? b : a;
}

/*
 * A number that is a constant is checked by the compiler. One that is not is bounded; of knobs,
 * states and cores' states one too large is counted, as it names another's ("bad_index" of shunt
 * stats).
 */
#define SHUNT_WITHIN(i, n)                                                                         \
	({                                                                                         \
		SHUNT_ASSERT((__u64)__builtin_choose_expr(__builtin_constant_p(i), (i), 0) < (n),  \
			     "there are " #n " of them, and this is none");                        \
		(i);                                                                               \
	})
#define shunt_knob(v, i) shunt_knob(v, SHUNT_WITHIN(i, SHUNT_KNOBS))
#define shunt_state(v, i) shunt_state(v, SHUNT_WITHIN(i, SHUNT_STATES))
#define shunt_add(v, i, x) shunt_add(v, SHUNT_WITHIN(i, SHUNT_STATES), x)
#define shunt_cas(v, i, old, new_) shunt_cas(v, SHUNT_WITHIN(i, SHUNT_STATES), old, new_)
#define shunt_core_state(v, core, i)                                                               \
	shunt_core_state(v, SHUNT_WITHIN(core, SHUNT_CORES), SHUNT_WITHIN(i, SHUNT_CORE_STATES))
#define shunt_core_add(v, core, i, x)                                                              \
	shunt_core_add(v, SHUNT_WITHIN(core, SHUNT_CORES), SHUNT_WITHIN(i, SHUNT_CORE_STATES), x)
#define shunt_core_cas(v, core, i, old, new_)                                                  \
	shunt_core_cas(v, SHUNT_WITHIN(core, SHUNT_CORES), SHUNT_WITHIN(i, SHUNT_CORE_STATES), \
		       old, new_)
#define shunt_load(v, core) shunt_load(v, SHUNT_WITHIN(core, SHUNT_CORES))
#define shunt_core_at(v, i) shunt_core_at(v, SHUNT_WITHIN(i, SHUNT_CORES))
#define shunt_backlog(v, cls) shunt_backlog(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_taken(v, cls) shunt_taken(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_parked(v, cls) shunt_parked(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_seen(v, core) shunt_seen(v, SHUNT_WITHIN(core, SHUNT_CORES))
#define shunt_runs(v, core, cls)                                                                   \
	shunt_runs(v, SHUNT_WITHIN(core, SHUNT_CORES), SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_head_ns(v, ev, cls)                                                                  \
	(shunt_reads_heads(), shunt_head_ns(v, ev, SHUNT_WITHIN(cls, SHUNT_CLASSES)))
#define shunt_queued_ns(v, ev, cls)                                                                \
	(shunt_reads_heads(), shunt_queued_ns(v, ev, SHUNT_WITHIN(cls, SHUNT_CLASSES)))
#define shunt_oldest(v, ev) (shunt_reads_heads(), shunt_oldest(v, ev))
#define shunt_waited(v, ev, cls)                                                                   \
	(shunt_reads_heads(), shunt_waited(v, ev, SHUNT_WITHIN(cls, SHUNT_CLASSES)))
#define shunt_slo_us(v, cls) shunt_slo_us(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_mean_ns(v, cls) shunt_mean_ns(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_sigma_ns(v, cls) shunt_sigma_ns(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_rate(v, cls) shunt_rate(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_quantum_us(v, cls) shunt_quantum_us(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_slack(v, cls) shunt_slack(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_least(v, cls) shunt_least(v, SHUNT_WITHIN(cls, SHUNT_CLASSES))
#define shunt_plan(v, i) shunt_plan(v, SHUNT_WITHIN(i, SHUNT_PLANS))
#define shunt_plan_set(v, i, x) shunt_plan_set(v, SHUNT_WITHIN(i, SHUNT_PLANS), x)
#define shunt_deadline_ns(v, cls, arrival_ns) \
	shunt_deadline_ns(v, SHUNT_WITHIN(cls, SHUNT_CLASSES), arrival_ns)
