// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_replay.c - a policy of memory on a trace: what it sees, and what comes of its decisions
 */
#include <stdlib.h>

#include "mem.h"

static int grow(struct replay *r, int n)
{
	struct replayed *more;

	if (n <= r->n)
		return 0;
	more = reallocarray(r->b, n, sizeof(*more));
	if (!more)
		return -1;
	for (int i = r->n; i < n; i++)
		more[i] = (struct replayed){ 0 };
	r->b = more;
	r->n = n;
	return 0;
}

/* What scans of the process itself would say: see ../loader/mem/batches.c. */
static struct mem_view look(struct replayed *b, const struct mem_read *t)
{
	bool back = b->out && t->used_kib;
	bool seen = t->used_kib || b->is_marked;
	struct mem_view v = { .rss_kib = b->out && !back ? 0 : t->rss_kib,
			      .used_kib = seen && !t->used_kib ? t->rss_kib : t->used_kib,
			      .swap_kib = b->out && !back ? t->rss_kib : 0,
			      .was_cold = b->cold, .came_back = back };

	if (b->cold && !seen)
		b->idle += b->idle < MEM_MOST_SCANS;
	else
		b->idle = 0;
	v.idle = b->idle;
	b->is_marked = seen;
	return v;
}

static void obey(struct replay *r, struct replayed *b, const struct mem_read *t, unsigned int what)
{
	b->cold = b->idle || what & MEM_COOL;
	if (what & MEM_COOL && b->is_marked) {
		r->cooled_kib += t->rss_kib;
		b->is_marked = false;
	}
	if (what & MEM_GOES && !b->out) {
		r->went_kib += t->rss_kib;
		b->out = true;
	}
}

/* Pages that the program waited for. */
static uint32_t one(struct replay *r, struct replayed *b, const struct mem_read *t, uint64_t ms)
{
	uint32_t pages = 0;
	struct mem_view v;

	if (!b->is_there)
		*b = (struct replayed){ .is_there = true, .is_marked = true };
	if (b->out && t->used_kib)
		pages = t->used_kib / 4;
	else if (b->out)
		r->out_kib_ms += (double)t->rss_kib * ms;
	v = look(b, t);
	if (v.came_back) {
		r->returns++;
		b->out = false;
	}
	obey(r, b, t, r->policy->batch(&r->all, &b->own, &v));
	return pages;
}

int replay_scan(struct replay *r, const struct mem_trace *t, uint64_t ms)
{
	uint64_t pages = 0;

	if (grow(r, t->n))
		return -1;
	for (int i = 0; i < t->n; i++) {
		if (t->b[i].is_there)
			pages += one(r, &r->b[i], &t->b[i], ms);
		else
			r->b[i].is_there = false;
	}
	r->refaults += pages;
	if (ms && pages * 1e3 / ms > r->worst)
		r->worst = pages * 1e3 / ms;
	return 0;
}
