/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * event.h - what a policy is asked about at an arrival: only what its flags say it looks at
 *
 * Included after the policy's file, which defines the flags.
 */
#pragma once

#include "classify.h"

/* A constant for each flag: what the policy does not need is not in the program. */
static __always_inline int needs(enum shunt_policy_flags flag)
{
	return !!((int)shunt_policy_flags & flag);
}

static __always_inline void fill_event(struct shunt_event *ev, const struct shunt_packet *p,
				       const struct shunt_port *port)
{
	if (needs(SHUNT_NEEDS_FLOW))
		ev->flow_hash = hash_flow(p);
	if (needs(SHUNT_NEEDS_KEY))
		ev->key_hash = hash_key(p, port);
	if (needs(SHUNT_NEEDS_HINT))
		ev->hint = read_hint(p, port);
	if (needs(SHUNT_NEEDS_RANDOM))
		ev->random = bpf_get_prandom_u32();
	if (needs(SHUNT_NEEDS_NOW))
		ev->now_ns = bpf_ktime_get_ns();
}
