/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maps.h - maps of the scheduler of threads, and how they are got at
 */
#pragma once

#include "kernel.h"

#include <shunt/sched.h>

#define ARRAY_OF(name, n)                                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, n);                                                            \
		__type(key, __u32);                                                                \
		__type(value, type_of_##name);                                                     \
	} name SEC(".maps")

typedef struct shunt_sched_cfg type_of_cfg;
typedef struct shunt_sched_life type_of_life;
typedef __u32 type_of_slo_us;
typedef __u32 type_of_quantum_us;
typedef __u64 type_of_knobs;

/* A thread's own: written with its run queue's lock held. */
struct thread {
	__u64 cgroup;   /* for which, with this prio and gen, */
	__u32 gen;
	__s32 prio;
	__u8 found;     /* this is the class; + 1, 0: not looked for yet */
	__u8 cls;       /* of the last enqueue */
	__u8 held;      /* 1: in the queue of its class */
	__u8 placed;    /* 1: select_cpu found it an idle CPU, which looks by itself */
	__u8 head;      /* 1: to be queued before the others of its class, as of at_ns */
	__u8 pad[3];
	__u64 at_ns;    /* last enqueue */
	__u64 began_ns; /* to run */
	__u64 ran_ns;   /* since it blocked last */
	__u64 cpus;     /* that it may run on, as of its last enqueue */
	__u32 obj;      /* its object (offload.h); 0: it has none */
	__u32 ver;      /* of the object */
};

/* Of a CPU; written by it, in dispatch() and running(). */
enum how { HOW_KERNEL, HOW_FALLBACK, HOW_REFUSED, HOW_TAKEN };

struct place {
	__u64 how; /* enum how: the thread that was moved to this CPU comes by */
	__u64 fence; /* an atomic on it is a barrier (offload.h) */
} __shunt_line;

typedef struct place type_of_places;

/* Of a class, when it was measured last; written by the timer. */
struct sum {
	__u64 ended;
	__u64 ran_ns;
};

typedef struct sum type_of_sums;

struct turn {
	struct bpf_timer timer;
};

typedef struct turn type_of_turns;
typedef struct shunt_policy_slot type_of_policy;
typedef __u32 type_of_objects;

ARRAY_OF(cfg, 1);
ARRAY_OF(life, 1);
ARRAY_OF(slo_us, SHUNT_CLASSES);
ARRAY_OF(quantum_us, SHUNT_CLASSES);
ARRAY_OF(knobs, SHUNT_KNOBS);
ARRAY_OF(places, SHUNT_CORES);
ARRAY_OF(turns, 1);
ARRAY_OF(sums, SHUNT_CLASSES);
ARRAY_OF(policy, 1);  /* by the loader: the policy's native code, for an agent */
ARRAY_OF(objects, 1); /* how many objects threads have been given so far */

/* Agents map these, for reading. */
#define MAPPED(name, kind)                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, struct kind);                                                        \
	} name SEC(".maps")

MAPPED(view, shunt_view);
MAPPED(offload, shunt_sched_offload);

/* Objects of threads that are gone, to be given to others. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, SHUNT_SCHED_OBJECTS);
	__type(value, __u32);
} gone SEC(".maps");

/* The memory of the agent in force: nobody reads that of the one before. */
struct agent_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_off_agent));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct agent_map);
} agents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SHUNT_CLASSES);
	__type(key, __u32);
	__type(value, struct shunt_sched_counts);
} counts SEC(".maps");

/* By id of the cgroup: a class + 1. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHUNT_SCHED_CGROUPS);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

/* A class + 1. Written by the loader, by a descriptor of the thread, and at a fork; it goes with
 * the thread. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} tags SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

static const __u32 the_only = 0;

static __always_inline struct shunt_sched_cfg *get_cfg(void)
{
	return bpf_map_lookup_elem(&cfg, &the_only);
}

static __always_inline struct shunt_sched_life *get_life(void)
{
	return bpf_map_lookup_elem(&life, &the_only);
}

static __always_inline struct shunt_view *get_view(void)
{
	return bpf_map_lookup_elem(&view, &the_only);
}

static __always_inline struct shunt_sched_offload *get_offload(void)
{
	return bpf_map_lookup_elem(&offload, &the_only);
}

static __always_inline struct place *get_place(__u32 cpu)
{
	return bpf_map_lookup_elem(&places, &cpu);
}

static __always_inline struct shunt_sched_counts *get_counts(__u32 cls)
{
	return bpf_map_lookup_elem(&counts, &cls);
}

static __always_inline struct thread *get_thread(struct task_struct *p)
{
	return bpf_task_storage_get(&threads, p, 0, 0);
}
