// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - which batches go: those that were not used in so many scans
 */
#include "mem.h"

void mem_policy(struct mem_batches *b)
{
	for (int i = 0; i < b->n; i++)
		b->b[i].goes = b->b[i].rss_kib && b->b[i].idle >= b->b[i].need;
}
