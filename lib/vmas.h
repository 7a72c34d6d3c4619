/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmas.h - the memory of a process, mapping by mapping: what is there, and what was used since it
 * was last made cold
 *
 * Pages are marked as old by madvise(MADV_COLD), from outside by process_madvise(): it clears their
 * referenced bits, and has every CPU forget its translations, so that the next access sets them
 * again. (clear_refs does not flush: pages that are used all the time stay in the TLB and look
 * unused.) Cold pages are the first to go when memory gets scarce.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

#include "why.h"

struct vma {
	__u64 start, end;
	__u64 rss_kib, referenced_kib, swap_kib;
	bool anonymous;  /* private, and of no file */
	bool can_cool;   /* neither locked, nor of huge pages or a device */
	bool cooled;     /* by vmas_cool() */
	char name[48];   /* of the file, or [heap]; "" */
};

struct vmas {
	struct vma *vma;
	int n, room;
};

/* /proc/PID/smaps, what has no pages included. 0, or -errno with the reason in why. */
int vmas_read(struct vmas *to, pid_t pid, struct why *why);
void vmas_free(struct vmas *v);
/* The mapping that holds an address; NULL: none does. */
struct vma *vmas_find(const struct vmas *v, __u64 address);
/*
 * Makes all pages cold of those mappings that are anonymous. Which were is noted; one that has gone
 * meanwhile is not. How many, or -errno.
 */
int vmas_cool(struct vmas *v, int pidfd, struct why *why);
