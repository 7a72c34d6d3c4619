/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * wake.h - the first request after the agent fell asleep wakes it
 *
 * No request is missed, and none pays for that: this program has no barrier between its look at the
 * word and its counts. The agent sets the word, waits until all programs that were running have
 * ended (an RCU grace period), and looks at the counts again. A program that the wait was for has
 * counted by then; every other one began later and sees the word (agent/wake.c).
 *
 * Included behind the maps.
 */
#pragma once

static __always_inline void wake_agent(struct shunt_domain *dom)
{
	__u32 nothing = 0;

	/* Several queues may feed one domain: one of their programs wakes. */
	if (__builtin_expect(dom->asleep, 0) && __sync_lock_test_and_set(&dom->asleep, 0))
		bpf_ringbuf_output(&wake, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}
