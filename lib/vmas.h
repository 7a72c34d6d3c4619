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
	bool anonymous;  /* private, and of no file; or memory of actors, of a file in memory */
	bool can_cool;   /* neither locked, nor of huge pages or a device */
	bool is_old;     /* by the caller: no page of it was used since it was made cold */
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
 * Makes all pages cold of those mappings that are anonymous, and not old. Which were is noted; one
 * that has gone meanwhile is not. How many, or -errno.
 */
int vmas_cool(struct vmas *v, int pidfd, struct why *why);

struct vma_range {
	__u64 start, end;
	__u64 kib; /* of it, that are there: some mappings are terabytes of which little is used */
};

/* How many bytes behind the first "done" ones have about *room bytes of pages that are there. Takes
 * those off *room. */
__u64 vma_part(const struct vma_range *range, __u64 done, double *room);

/*
 * process_madvise() of ranges, in pieces that hold the process's mmap() up for two milliseconds at
 * most: how many ranges were done, from the first on; the one behind has gone, or is of another
 * kind by now. Or -errno.
 */
int vmas_advise(const struct vma_range *range, int n, int pidfd, int advice);
