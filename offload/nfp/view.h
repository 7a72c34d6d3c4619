/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * view.h - what the host published, looked up once for a decision
 */
#pragma once

#include <shunt/policy_nfp.h>

#include "maps.h"

/* 0: there is no such group. */
static __always_inline int nfp_view_of(__u32 group, struct shunt_nfp_view *v)
{
	__u32 key = group;

	v->group = bpf_map_lookup_elem(&nfp_group, &key);
	v->order = bpf_map_lookup_elem(&nfp_order, &key);
	v->loads = bpf_map_lookup_elem(&nfp_loads, &key);
	return v->group && v->order && v->loads;
}
