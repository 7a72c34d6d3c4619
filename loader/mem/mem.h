/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - shunt mem: memory that a running process does not use goes to swap, batch by batch
 *
 * A batch is a mapping of a process: 256 KiB of its memory where split.c is in it, else as the
 * process made it. A scan reads which batches were used since the last one (../../lib/vmas.h). The
 * policy names those that go; they go until the next scan, some each second. The guard counts what
 * the process waits for because it comes back from swap: above the budget nothing goes, and what
 * went comes back. One thread has all of this; nothing of it is in the process.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include <linux/types.h>

#include "mem/policy.h"
#include "vmas.h"
#include "why.h"

struct mem_options {
	double seconds;      /* between two scans, at least */
	const struct mem_policy *policy;
	unsigned int scans;  /* how careful the policy is to be */
	unsigned int budget; /* refaults a second */
	unsigned long count; /* of scans; 0: until the process ends */
	bool dry_run;        /* nothing goes */
	bool record;         /* what scans see is written, as ../../lib/mem/trace.h says */
};

/* --- target.c: the process -------------------------------------------------------------------- */

/* Its number may be another process's as soon as it was waited for: what is known by it holds only
 * while mem_target_is_alive(). */
struct mem_target {
	pid_t pid;
	int pidfd;
	int folder; /* /proc/PID; locked, as two that look on would each miss what the other saw */
};

/* 0, or -errno with the reason in why; -EBUSY: another shunt mem has it. */
int mem_target_open(struct mem_target *t, pid_t pid, struct why *why);
void mem_target_close(struct mem_target *t);
bool mem_target_is_alive(const struct mem_target *t);
/* Page faults for which the process had to wait for a page to be read, since it began. */
int mem_target_faults(const struct mem_target *t, __u64 *faults);

/* --- swap.c: where memory goes ---------------------------------------------------------------- */

struct mem_swap {
	__u64 total_kib, free_kib;
	__u64 cached_kib;                   /* in memory and in swap, too */
	__u64 zram_data_kib, zram_used_kib; /* what zram holds, and the memory that it takes */
};

int mem_swap_read(struct mem_swap *s);
/* Has it room for what would go? */
bool mem_swap_has_room(const struct mem_swap *s);
/* The memory that so much of what is swapped out takes in zram. */
__u64 mem_swap_price_kib(const struct mem_swap *s, __u64 swap_kib);

/* --- batches.c -------------------------------------------------------------------------------- */

struct mem_batch {
	struct vma_range range;
	__u32 rss_kib, used_kib, swap_kib;
	__u16 idle;      /* scans, one after the other, that found it unused */
	bool cooled;     /* the next scan tells whether it was used */
	bool was_cold;   /* this one does */
	bool came_back;  /* some of it, since the last scan */
	bool went;       /* since the scan */
	bool is_back;    /* as a whole, since it went: what the process has not used is in memory */
	bool goes;       /* the policy's word */
	bool is_to_cool; /* ... */
	struct mem_own own;
};

struct mem_batches {
	struct mem_batch *b;
	int n;
};

/* The batches of a scan, with what was known of those that are still there; before is freed. */
int mem_batches_take(struct mem_batches *now, struct mem_batches *before, const struct vmas *v);
/* Notes in v which of them vmas_cool() is to leave alone. */
void mem_batches_mark(const struct mem_batches *now, struct vmas *v);
/* Notes which of them were made cold by vmas_cool(). */
void mem_batches_cooled(struct mem_batches *now, const struct vmas *v);
void mem_batches_free(struct mem_batches *b);

/* --- decide.c --------------------------------------------------------------------------------- */

/* Asks the policy about each batch. */
void mem_decide(struct mem_batches *all, const struct mem_policy *policy, struct mem_all *state);

/* --- record.c --------------------------------------------------------------------------------- */

struct mem_trace_out;
/* The batches of a scan, as they were at at_ns. 0, or -errno. */
int mem_record(struct mem_trace_out *out, const struct mem_batches *all, __u64 at_ns);

/* --- guard.c ---------------------------------------------------------------------------------- */

enum mem_verdict {
	MEM_GO,    /* batches may go */
	MEM_PAUSE, /* none may */
	MEM_BACK,  /* none may, and the batches that came back in part come back as a whole */
	MEM_ALL,   /* none may, and all come back */
};

struct mem_guard {
	unsigned int budget;
	double own_rate;        /* faults of the process itself, before anything went */
	double rate;            /* at the last look */
	__u64 faults, at_ns;    /* then */
	__u64 until_ns;         /* of the pause */
	__u64 pause_ns;         /* the length of the next one */
	__u64 trips;            /* pauses, so far */
	bool has_looked;
	bool has_tripped;       /* at the last look */
	unsigned int looks_over; /* above the budget, one after the other */
	bool are_all_back;      /* since it tripped */
};

void mem_guard_begin(struct mem_guard *g, unsigned int budget);
/* A look, each second or so. */
enum mem_verdict mem_guard_look(struct mem_guard *g, __u64 faults, bool anything_out, __u64 now_ns);

/* --- watch.c ---------------------------------------------------------------------------------- */

struct mem_sums {
	__u64 scans;
	__u64 rss_kib, used_kib, idle_kib, swap_kib, cold_kib; /* at the last scan */
	__u64 batches, split_kib; /* mappings, and how much of the memory is in ones of 256 KiB */
	__u64 out_kib, back_kib;  /* asked for, since the beginning */
	double scan_s, act_s, policy_s; /* of CPU time */
};

/* How far all batches were gone through. */
struct mem_cursor {
	int at;       /* a batch */
	__u64 offset; /* in it */
};

struct mem_watch {
	const struct mem_options *o;
	struct mem_target *target;
	struct why *why;
	struct mem_batches now;
	struct mem_all policy;  /* the policy's memory of the process */
	struct mem_guard guard;
	struct mem_swap swap;
	struct mem_sums sums;
	__u64 began_ns, scan_at_ns, look_at_ns;
	double interval_s;      /* of the last scan to the next */
	struct mem_cursor out_at, back_at; /* what goes, or comes back, next */
	enum mem_verdict verdict;
	__u64 asked_kib, swap_before_kib; /* since the last scan; at it */
	int refused;            /* scans until it is tried again, as the kernel let nothing go */
	/* called after each scan */
	void (*tell)(const struct mem_watch *w, void *arg);
	void *arg;
};

/* Fails unless shunt may look at the process, and make its pages old. */
int mem_watch_begin(struct mem_watch *w);
/* Until the process ends or the count is reached: 0; or the number of a signal, from
 * signals (a signalfd); or -errno. */
int mem_watch_run(struct mem_watch *w, int signals);
/* Until the process ends (0), or a signal comes: its number. Nothing is scanned. */
int mem_watch_wait(const struct mem_watch *w, int signals);
void mem_watch_end(struct mem_watch *w);

/* --- start.c: a program, with split.c in it --------------------------------------------------- */

struct mem_program {
	pid_t pid;
	int go;     /* the program begins when a byte is written */
	int report; /* an errno, where it could not be executed */
};

/* args[0] is looked up in PATH, its mappings are split into batches. It waits for
 * mem_program_go(). */
int mem_program_start(struct mem_program *p, const char *split, unsigned int batch_kib,
		      char *const *args, struct why *why);
/* Lets it begin; fails where it cannot be executed. */
int mem_program_go(struct mem_program *p, const char *name, struct why *why);
/* Waits for its end: the exit status as a shell has it. */
int mem_program_wait(struct mem_program *p);
/* Ends one that has not begun. */
void mem_program_drop(struct mem_program *p);
