// SPDX-License-Identifier: BSD-2-Clause
/*
 * record.c - what a scan saw of each batch goes to a trace
 */
#include <errno.h>
#include <stdlib.h>

#include "mem.h"
#include "mem/trace.h"

int mem_record(struct mem_trace_out *out, const struct mem_batches *all, __u64 at_ns)
{
	struct mem_traced *t = calloc(all->n ? all->n : 1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	for (int i = 0; i < all->n; i++) {
		const struct mem_batch *b = &all->b[i];

		t[i] = (struct mem_traced){ b->range.start, b->range.end, b->rss_kib,
					    b->used_kib };
	}
	err = mem_trace_scan(out, at_ns / 1000000, t, all->n);
	free(t);
	return err;
}
