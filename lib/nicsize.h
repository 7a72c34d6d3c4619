/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nicsize.h - how many slots of which size a NIC's program has: fixed before it is loaded
 */
#pragma once

#include <linux/types.h>

struct bpf_object;

struct shunt_nic_sizes {
	__u32 slots; /* entries, slot 0 not counted; 0: SHUNT_NIC_SLOTS - 1 */
	__u32 frame; /* bytes of a slot, a multiple of 8; 0:
		      * SHUNT_NIC_FRAME, which is also the most */
	__u32 actors; /* 1: rules may name some */
};

/* -EINVAL: it is no NIC's program, or cannot have these. */
int shunt_nic_set_sizes(struct bpf_object *obj, const struct shunt_nic_sizes *sizes);
