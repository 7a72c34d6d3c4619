/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * state.h - the NIC program's maps, and how to get at them
 *
 * The number of slots and their size are set before loading: bpf_map__set_max_entries of nic_slots
 * and nic_data, bpf_map__set_value_size of nic_data, and nic_frame in .rodata to the same size.
 */
#pragma once

#include <shunt/nic.h>

#include "../maps.h"

SHUNT_ARRAY(nic, struct shunt_nic, 1, BPF_F_MMAPABLE);
SHUNT_ARRAY(nic_cores, struct shunt_nic_core, SHUNT_CORES, BPF_F_MMAPABLE);
SHUNT_ARRAY(nic_cfg, struct shunt_nic_cfg, 1, 0);
SHUNT_ARRAY(nic_ports, struct shunt_nic_port, SHUNT_CORES, 0);
SHUNT_ARRAY(nic_cmd, struct shunt_nic_cmd, 1, BPF_F_MMAPABLE);
SHUNT_ARRAY(nic_actors, struct shunt_nic_actor, SHUNT_ACTORS, 0);
SHUNT_ARRAY(nic_slots, struct shunt_nic_slot, SHUNT_NIC_SLOTS, 0);

/* The bytes of requests that wait. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SHUNT_NIC_SLOTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SHUNT_NIC_FRAME);
} nic_data SEC(".maps");

const volatile __u32 nic_frame = SHUNT_NIC_FRAME;
const volatile __u32 nic_slots_max = SHUNT_NIC_SLOTS;
/* May rules name actors? Set before loading, too: where they may not, the verifier leaves out all
 * that asks. */
const volatile __u32 nic_has_actors;

static __always_inline struct shunt_nic *get_nic(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&nic, &zero);
}

static __always_inline struct shunt_nic_cfg *get_cfg(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&nic_cfg, &zero);
}

static __always_inline struct shunt_nic_core *get_core(__u32 core)
{
	return bpf_map_lookup_elem(&nic_cores, &core);
}

static __always_inline struct shunt_nic_slot *get_slot(__u32 slot)
{
	return bpf_map_lookup_elem(&nic_slots, &slot);
}

static __always_inline struct shunt_view *get_view(void)
{
	return find_view(0);
}

static __always_inline __u32 outstanding_max(const struct shunt_nic_cfg *cfg)
{
	__u32 k = cfg->k;

	return k && k <= SHUNT_WIRE_K_MAX ? k : SHUNT_WIRE_K;
}

/* How long a request of the class may run while others wait; 0: until it ends. */
static __always_inline __u32 quantum_of(__u32 cls)
{
	__u32 zero = 0, key = shunt_index(cls, SHUNT_CLASSES);
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);
	__u32 *us = bpf_map_lookup_elem(&quantum_us, &key);

	return c && c->flags & SHUNT_CFG_PREEMPT && us ? shunt_min(*us, SHUNT_SLO_MAX_US) : 0;
}

/* Bytes of the frame. At once: the verifier lets no packet pointer be cut to 32 bits and put by. */
static __always_inline __u32 frame_bytes(struct xdp_md *ctx)
{
	__u64 len = (void *)(long)ctx->data_end - (void *)(long)ctx->data;

	asm volatile("" : "+r"(len));
	return len;
}

/* Puts the head of a class into the view for select(), as this core sees it. */
static __always_inline void set_head(struct shunt_view *v, __u32 core, __u32 cls, __u64 ns)
{
	struct shunt_core_heads *h = &v->core[shunt_index(core, SHUNT_CORES)].heads;

	cls = shunt_index(cls, SHUNT_CLASSES);
	h->head_ns[cls] = ns;
	h->queued_ns[cls] = ns; /* a resumed one keeps the place of its arrival */
}
