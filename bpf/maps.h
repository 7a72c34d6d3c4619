/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maps.h - the maps of one interface, pinned in /sys/fs/bpf/shunt/IFNAME/ under their names
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <shunt/abi.h>

#define SHUNT_ARRAY(map, value_type, entries, flags)                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, flags);                                                          \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} map SEC(".maps")

/* Tunables: one u32 a class, 0 = unset, so that bpftool can set them while traffic flows. */
SHUNT_ARRAY(slo_us, __u32, SHUNT_CLASSES, 0);
SHUNT_ARRAY(quantum_us, __u32, SHUNT_CLASSES, 0);
SHUNT_ARRAY(hold_limit, __u32, SHUNT_CLASSES, 0);
SHUNT_ARRAY(admit, __u32, SHUNT_CLASSES, 0);
SHUNT_ARRAY(least, __u32, SHUNT_CLASSES, 0);
SHUNT_ARRAY(knobs, __u64, SHUNT_KNOBS, 0);

/* Configuration: the loader writes it, XDP and the agent read it. */
SHUNT_ARRAY(cfg, struct shunt_cfg, 1, 0);
SHUNT_ARRAY(classes, struct shunt_class, SHUNT_CLASSES, 0);
SHUNT_ARRAY(ports, struct shunt_port, 65536, BPF_F_MMAPABLE); /* 8 bytes at once: by a mapping */
SHUNT_ARRAY(rules, struct shunt_rule, SHUNT_RULES, 0);
SHUNT_ARRAY(refuse, struct shunt_refuse, SHUNT_REFUSALS, 0);
SHUNT_ARRAY(programs, struct shunt_program, SHUNT_PROGRAMS, 0);
SHUNT_ARRAY(own, struct shunt_own, 1, BPF_F_MMAPABLE); /* the agent keeps it current by a mapping */

/* From queue to domain. The agent stores to
 * domains[].up and to its own counts through a mapping. */
SHUNT_ARRAY(queues, struct shunt_queue, SHUNT_QUEUES, 0);
SHUNT_ARRAY(domains, struct shunt_domain, SHUNT_DOMAINS, BPF_F_MMAPABLE);
SHUNT_ARRAY(agent, struct shunt_agent, SHUNT_DOMAINS, BPF_F_MMAPABLE);

/* XDP's own counts; the last value is for queues that are no domain. */
SHUNT_ARRAY(ingress, struct shunt_ingress, SHUNT_QUEUES + 1, BPF_F_MMAPABLE);

/* XDP's, of all queues: the rate of each port's refusals. */
SHUNT_ARRAY(refuse_drawn, struct shunt_refuse_drawn, SHUNT_REFUSALS, 0);

/* CPUs that domains share. Frozen by the loader: BPF programs alone write it. */
SHUNT_ARRAY(seats, struct shunt_seats, 1, BPF_F_MMAPABLE);

/* Actors. XDP's counts are those of each CPU. */
SHUNT_ARRAY(actors, struct shunt_actor_row, SHUNT_ACTORS, BPF_F_MMAPABLE);
SHUNT_ARRAY(actor_agent, struct shunt_actor_agent, SHUNT_ACTORS, BPF_F_MMAPABLE);
SHUNT_ARRAY(actor_at, struct shunt_actor_at, SHUNT_ACTORS, BPF_F_MMAPABLE);
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SHUNT_ACTORS);
	__type(key, __u32);
	__type(value, struct shunt_actor_in);
} actor_in SEC(".maps");

/* The policy that is loaded, kept for the workers that will ask for it. XDP never reads it. */
SHUNT_ARRAY(policy, struct shunt_policy_slot, 2, 0);

/* Policies that were put out of force. XDP never reads it. */
SHUNT_ARRAY(put_out, struct shunt_refused, SHUNT_REFUSED, 0);

/* The views: one map a domain, so that a worker can be given its own domain's and no other. */
struct shunt_view_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	/* not __type: clang 14 leaves it a forward */
	__uint(value_size, sizeof(struct shunt_view));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SHUNT_DOMAINS);
	__type(key, __u32);
	__array(values, struct shunt_view_map);
} views SEC(".maps");

static __always_inline struct shunt_view *find_view(__u32 domain)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&views, &domain);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

/* The AF_XDP sockets of every domain: SHUNT_SLOTS each. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, SHUNT_DOMAINS * SHUNT_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

/* By which XDP wakes the agent: a record without contents, once for each time that it sleeps. The
 * loader makes it a page long. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

/* One entry: the program that signals a request which heeded
 * no mark (signal.bpf.c), where the kernel has it. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} signals SEC(".maps");
