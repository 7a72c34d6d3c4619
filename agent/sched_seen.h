/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_seen.h - what the agent knows of threads: those that wait, by class, and what each CPU runs
 *
 * Learned from events, each of which has it look at the thread's object: so an event that was lost
 * leaves a thread unknown until its next one, and nothing wrong for longer.
 */
#pragma once

#include <shunt/sched.h>

struct shunt_off_view;

struct seen_thread {
	__u32 next, prev;  /* of those that wait in its class, by the time since when */
	__u32 ver;
	__u8 state, cls;   /* enum shunt_off_state */
	__u8 staged;       /* for a CPU, + 1; 0: for none */
	__u8 core;
	__u64 since_ns;
	__u64 cpus;        /* that it may run on, a bit each */
};

struct seen {
	__u32 first[SHUNT_CLASSES], last[SHUNT_CLASSES]; /* objects; 0: none waits */
	__u32 runs[SHUNT_CORES];                         /* object; 0: none that is known */
	struct seen_thread thread[SHUNT_SCHED_OBJECTS];
};

/* The object as it is now. */
void seen_look(struct seen *s, struct shunt_off_view *v, __u32 obj);
/* The first thread of the class that may run on the CPU and is staged for none; 0: there is none,
 * of those that are looked at. */
__u32 seen_head(const struct seen *s, __u32 cls, __u32 cpu);
