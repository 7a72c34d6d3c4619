/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * policy_nfp.h - the accessors of a policy on the card: values that the host published (nfp.h)
 *
 * Used through policy.h, in place of policy_view.h. Accessors of values that the card cannot know
 * are declared with the reason: the compiler shows it at the policy's own line. "verifier.c" is the
 * card's, in Linux drivers/net/ethernet/netronome/nfp/bpf/.
 */
#pragma once

#include <shunt/nfp.h>

#define SHUNT_TARGET_FLAGS SHUNT_NFP_FLAGS

#define SHUNT_TARGET_ASSERT(policy_flags)                                                        \
	SHUNT_ASSERT(!((policy_flags)&SHUNT_NEEDS_NOW),                                          \
		     "SHUNT_NEEDS_NOW: the card has no clock that a program can read: of the "   \
		     "helpers it has "                                                           \
		     "map_lookup, get_prandom_u32, adjust_head, adjust_tail, perf_event_output " \
		     "(verifier.c:170-308)")

struct shunt_nfp_view {
	const struct shunt_nfp_group *group;
	const struct shunt_nfp_bytes *order, *loads;
};

typedef struct shunt_nfp_view shunt_view;

/* Beside the accessors of a view that is shared, where
 * there is one: the view's type tells which is meant. */
#define __shunt_card static inline __attribute__((always_inline, unused, overloadable))

/* Byte i: offsets into a map's value must be constants, so the word is found by comparing. */
__shunt_inline __u32 shunt_nfp_byte(const struct shunt_nfp_bytes *b, __u32 i)
{
	__u64 word;

	switch (i >> 3 & 7) {
	case 0:
		word = b->word[0];
		break;
	case 1:
		word = b->word[1];
		break;
	case 2:
		word = b->word[2];
		break;
	case 3:
		word = b->word[3];
		break;
	case 4:
		word = b->word[4];
		break;
	case 5:
		word = b->word[5];
		break;
	case 6:
		word = b->word[6];
		break;
	default:
		return 0;
	}
	return word >> (i & 7) * 8 & 0xff;
}

__shunt_card __u64 shunt_up(const shunt_view *v)
{
	return v->group->up;
}

__shunt_card __u32 shunt_cores(const shunt_view *v)
{
	__u32 n = v->group->ncores;

	return n <= SHUNT_NFP_CORES ? n : SHUNT_NFP_CORES;
}

__shunt_card int shunt_core_at(const shunt_view *v, __u32 i)
{
	return shunt_nfp_byte(v->order, i);
}

/* A core's load, as last published; SHUNT_NFP_LOAD_MAX stands for more, too. */
__shunt_card __u32 shunt_load(const shunt_view *v, __u32 core)
{
	return shunt_nfp_byte(v->loads, core);
}

/* The map is the including program's. */
__shunt_card __u64 shunt_knob(const shunt_view *v, __u32 i)
{
	__u32 key = i & (SHUNT_KNOBS - 1);
	const __u64 *knob = bpf_map_lookup_elem(&knobs, &key);

	return knob ? *knob : 0;
}

#define SHUNT_NFP_NO_SEATS "services share no CPUs where a card decides: load refuses seats there"

#define SHUNT_NFP_LACKS(type, name, args, why)                                                     \
	extern type name args __attribute__((error(why), overloadable))

#define SHUNT_NFP_NO_STATE                                                                       \
	"the card cannot read what it writes: it stores to no map (verifier.c:478), and a word " \
	"it adds to "                                                                            \
	"it may not read (verifier.c:396-402)"
#define SHUNT_NFP_NO_HOLD                                                                        \
	"the card has no hold queues: its only answer is a receive queue (ctx->rx_queue_index, " \
	"verifier.c:507-519)"

#define SHUNT_NFP_NO_TIMES                                                                       \
	"the card is told loads and knobs: shunt_knob() can stand for a mean that the operator " \
	"knows"

#define SHUNT_NFP_NO_RUN "the card is told loads and knobs, not what cores run"

#define SHUNT_NFP_NO_PLAN                                                                         \
	"shuntd calls plan() on the host and tells the card nothing of it: shunt_knob() is what " \
	"both read"

SHUNT_NFP_LACKS(__u64, shunt_idle, (const shunt_view *v),
		"an idle core is claimed by an atomic with a result, and the card adds without one "
		"(verifier.c:532-545): two requests would take one idle core until the host "
		"publishes again");
SHUNT_NFP_LACKS(__u32, shunt_backlog, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u32, shunt_taken, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u32, shunt_parked, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u64, shunt_seen, (const shunt_view *v, __u32 core), SHUNT_NFP_NO_RUN);
SHUNT_NFP_LACKS(__u64, shunt_runs, (const shunt_view *v, __u32 core, __u32 cls), SHUNT_NFP_NO_RUN);
SHUNT_NFP_LACKS(__u64, shunt_head_ns, (const shunt_view *v, shunt_event *ev, __u32 cls),
		SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u64, shunt_queued_ns, (const shunt_view *v, shunt_event *ev, __u32 cls),
		SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(int, shunt_oldest, (const shunt_view *v, shunt_event *ev), SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u32, shunt_waited, (const shunt_view *v, shunt_event *ev, __u32 cls),
		SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u32, shunt_slo_us, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u64, shunt_deadline_ns, (const shunt_view *v, __u32 cls, __u64 arrival_ns),
		SHUNT_NFP_NO_HOLD);
SHUNT_NFP_LACKS(__u32, shunt_mean_ns, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u32, shunt_sigma_ns, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u32, shunt_rate, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u32, shunt_slack, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u32, shunt_least, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u32, shunt_quantum_us, (const shunt_view *v, __u32 cls), SHUNT_NFP_NO_TIMES);
SHUNT_NFP_LACKS(__u64, shunt_there, (const shunt_view *v), SHUNT_NFP_NO_SEATS);
SHUNT_NFP_LACKS(__u64, shunt_away, (const shunt_view *v), SHUNT_NFP_NO_SEATS);
SHUNT_NFP_LACKS(__u32, shunt_switch_ns, (const shunt_view *v), SHUNT_NFP_NO_SEATS);
SHUNT_NFP_LACKS(__u64, shunt_plan, (const shunt_view *v, __u32 i), SHUNT_NFP_NO_PLAN);
SHUNT_NFP_LACKS(void, shunt_plan_set, (shunt_view *v, __u32 i, __u64 x), SHUNT_NFP_NO_PLAN);
SHUNT_NFP_LACKS(__u64, shunt_state, (const shunt_view *v, __u32 i), SHUNT_NFP_NO_STATE);
SHUNT_NFP_LACKS(__u64, shunt_add, (shunt_view *v, __u32 i, __u64 x), SHUNT_NFP_NO_STATE);
SHUNT_NFP_LACKS(__u64, shunt_cas, (shunt_view * v, __u32 i, __u64 old, __u64 new_),
		SHUNT_NFP_NO_STATE);
SHUNT_NFP_LACKS(__u64, shunt_core_state, (const shunt_view *v, __u32 core, __u32 i),
		SHUNT_NFP_NO_STATE);
SHUNT_NFP_LACKS(__u64, shunt_core_add, (shunt_view * v, __u32 core, __u32 i, __u64 x),
		SHUNT_NFP_NO_STATE);
SHUNT_NFP_LACKS(__u64, shunt_core_cas, (shunt_view * v, __u32 core, __u32 i, __u64 old, __u64 new_),
		SHUNT_NFP_NO_STATE);
