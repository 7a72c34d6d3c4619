// SPDX-License-Identifier: BSD-2-Clause
/*
 * batches.c - what is known of each batch of a process, from one scan to the next
 */
#include <errno.h>
#include <stdlib.h>

#include "mem.h"

static bool is_batch(const struct vma *v)
{
	return v->anonymous && v->can_cool && (v->rss_kib || v->swap_kib);
}

/*
 * The pages of a mapping that has taken this one's place, or of a program that was executed
 * meanwhile, are new: the processor has marked them as used, so that they count as used here.
 */
static struct mem_batch next(const struct vma *v, const struct mem_batch *was)
{
	struct mem_batch b = { .range = { v->start, v->end, v->rss_kib }, .rss_kib = v->rss_kib,
			       .used_kib = v->referenced_kib, .swap_kib = v->swap_kib };

	if (!was)
		return b;
	b.own = was->own;
	b.is_back = was->is_back;
	b.was_cold = was->cooled;
	b.came_back = b.used_kib && (b.swap_kib < was->swap_kib || (was->went && b.swap_kib));
	if (was->cooled && !b.used_kib)
		b.idle = was->idle < MEM_MOST_SCANS ? was->idle + 1 : MEM_MOST_SCANS;
	return b;
}

/* Both lists are in the order of addresses. */
int mem_batches_take(struct mem_batches *now, struct mem_batches *before, const struct vmas *v)
{
	struct mem_batch *was = before->b, *end = before->b + before->n;

	now->n = 0;
	now->b = calloc(v->n ? v->n : 1, sizeof(*now->b));
	if (!now->b)
		return -ENOMEM;
	for (int i = 0; i < v->n; i++) {
		const struct vma *vma = &v->vma[i];
		bool is_known;

		if (!is_batch(vma))
			continue;
		while (was < end && was->range.start < vma->start)
			was++;
		is_known = was < end && was->range.start == vma->start &&
			   was->range.end == vma->end;
		now->b[now->n++] = next(vma, is_known ? was : NULL);
	}
	mem_batches_free(before);
	return 0;
}

/* Nothing is to be cleared of pages that were not used: one step less. */
void mem_batches_mark(const struct mem_batches *now, struct vmas *v)
{
	const struct mem_batch *b = now->b;

	for (int i = 0; i < v->n; i++) {
		if (!is_batch(&v->vma[i]))
			continue;
		v->vma[i].is_old = b->idle > 0 || !b->is_to_cool;
		b++;
	}
}

void mem_batches_cooled(struct mem_batches *now, const struct vmas *v)
{
	struct mem_batch *b = now->b;

	for (int i = 0; i < v->n; i++) {
		if (!is_batch(&v->vma[i]))
			continue;
		b->cooled = v->vma[i].cooled || b->idle > 0;
		b++;
	}
}

void mem_batches_free(struct mem_batches *b)
{
	free(b->b);
	*b = (struct mem_batches){ 0 };
}
