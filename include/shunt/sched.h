/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * sched.h - threads under a policy (sched_ext): the maps that the scheduler in the kernel and the
 * loader share
 *
 * Pinned below BPFFS/shunt/SHUNT_SCHED_PINS: no interface has so long a name.
 */
#pragma once

#include <shunt/abi.h>
#include <shunt/offload.h>

#define SHUNT_SCHED_SEC ".shunt.sched" /* of a bundle: a whole BPF object, the same policy for
					* threads */
#define SHUNT_SCHED_PINS "scheduler-of-threads"
#define SHUNT_SCHED_OPS "shunt_ops" /* the map that is the scheduler */
#define SHUNT_SCHED_RING "ring"     /* the program that has CPUs look, pinned */
#define SHUNT_SCHED_OBJECTS 32768u  /* threads that decisions can name, and nobody */
#define SHUNT_SCHED_CGROUPS 256
#define SHUNT_SCHED_NICES 40        /* -20 to 19 */
#define SHUNT_SCHED_SLICE_US 20000  /* of a class without a quantum: threads cannot be let run to
				     * their end, as requests are */
#define SHUNT_SCHED_SLICE_MIN_US 100
#define SHUNT_SCHED_STALL_MS 30000 /* a thread that waits longer has the kernel eject the scheduler:
				     * the most that the kernel lets one ask for */

/* By the loader, before the scheduler is registered. */
struct shunt_sched_cfg {
	__u32 abi;
	__u32 nclasses;
	__u32 dflt;   /* the class of threads that nothing else gives one */
	__u32 gen;    /* goes on when the map cgroups, or nice, changes */
	__u8 nice[SHUNT_SCHED_NICES]; /* by nice + 20: the class + 1; 0: this says nothing */
	char class_name[SHUNT_CLASSES][SHUNT_NAME_LEN];
	struct shunt_policy_desc desc;
	__u32 ejected; /* schedulers of shunt that the kernel ejected before this one, in turn */
	__u32 pad[5];
};

/*
 * Of a class, on one CPU: written by that CPU alone, with interrupts off.
 *
 * A thread is inserted when it has nothing but to wait for a CPU, and starts when a CPU runs it.
 * inserted = fallback + refused + taken + kernel + withdrawn + those that wait.
 */
struct shunt_sched_counts {
	__u64 inserted;  /* into the class's queue */
	__u64 taken;     /* started by an agent's decision */
	__u64 fallback;  /* started as the policy said, in place */
	__u64 refused;   /* started, but the policy named no class that waits, or would have left
			  * the CPU idle: the lowest class that waits was served */
	__u64 kernel;    /* started by the kernel while it went past the scheduler (suspend, or
			  * a CPU that goes) */
	__u64 withdrawn; /* left the queue otherwise: its affinity, class or scheduler changed;
			  * if it is still to run it was inserted again */
	__u64 went_on;   /* slices that ended, and the thread went on: not inserted */
	__u64 direct;    /* threads of the kernel bound to one CPU: never queued */
	__u64 ended;     /* threads that blocked, or ended */
	__u64 ran_ns;    /* for which threads ran */
	__u64 preempted; /* slices that ended, and another thread ran */
	__u64 pad[5];
};

/*
 * The scheduler's side of offload.h, the map "offload": as shunt_off_open() lays out a mechanism's
 * memory with a queue and a slot a CPU. An object is a thread: "key" is its number, "arg" the CPUs
 * that it may run on.
 *
 * ctl is written by the loader, and its epoch by the shuntd that takes over, with the lock of the
 * load; a queue by its CPU with interrupts off; "done" by who dispatches for the CPU, with the lock
 * of its run queue; an object with the lock of its thread's run queue.
 *
 * The agent's side is the one value of a map of its own, which is the one entry of the map of maps
 * "agents".
 */
struct shunt_sched_offload {
	struct shunt_off_ctl ctl;
	__u8 pad[4096 - sizeof(struct shunt_off_ctl)];
	struct shunt_off_queue queue[SHUNT_CORES];
	struct shunt_off_done done[SHUNT_CORES];
	struct shunt_off_object object[SHUNT_SCHED_OBJECTS];
};

SHUNT_ASSERT(sizeof(struct shunt_sched_offload) % 4096 == 0, "whole pages");

/* The context of the program "ring". */
struct shunt_sched_ring {
	__u64 cpus; /* that look whether there is a decision for them, a bit each */
};

/* Of the scheduler as a whole. Written by its timer alone, but for the exit. */
struct shunt_sched_life {
	__u64 timers;    /* turns of the timer */
	__u64 missed;    /* idle CPUs that were found beside a thread that waited for a turn */
	__u64 plans;     /* calls of plan() */
	__u64 exit_ns;   /* by the kernel's call of exit(); 0: it runs */
	__u32 exit_kind; /* the kernel's enum scx_exit_kind */
	__u32 pad;
	char reason[64];
	char text[128];
};
