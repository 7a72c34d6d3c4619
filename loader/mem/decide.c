// SPDX-License-Identifier: BSD-2-Clause
/*
 * decide.c - the policy is asked about each batch
 */
#include "mem.h"

void mem_decide(struct mem_batches *all, const struct mem_policy *policy, struct mem_all *state)
{
	for (int i = 0; i < all->n; i++) {
		struct mem_batch *b = &all->b[i];
		struct mem_view v = { .rss_kib = b->rss_kib, .used_kib = b->used_kib,
				      .swap_kib = b->swap_kib, .idle = b->idle,
				      .was_cold = b->was_cold, .came_back = b->came_back };
		unsigned int what = policy->batch(state, &b->own, &v);

		b->goes = what & MEM_GOES;
		b->is_to_cool = what & MEM_COOL;
	}
}
