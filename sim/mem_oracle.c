// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_oracle.c - the most memory that can be given back for a number of refaults, by who knows the
 * future
 */
#include <stdlib.h>

#include "mem.h"

static int grow(struct oracle *o, int n)
{
	struct waiting *more;

	if (n <= o->nb)
		return 0;
	more = reallocarray(o->b, n, sizeof(*more));
	if (!more)
		return -1;
	for (int i = o->nb; i < n; i++)
		more[i] = (struct waiting){ 0 };
	o->b = more;
	o->nb = n;
	return 0;
}

static int add(struct oracle *o, struct waiting *b, uint32_t pages)
{
	struct idle_time *more;

	if (!b->kib_ms)
		return 0;
	if (o->n == o->room) {
		int room = o->room ? 2 * o->room : 1024;

		more = reallocarray(o->time, room, sizeof(*more));
		if (!more)
			return -1;
		o->time = more;
		o->room = room;
	}
	o->time[o->n++] = (struct idle_time){ b->kib_ms, pages };
	o->refaults += pages;
	b->kib_ms = 0;
	return 0;
}

int oracle_scan(struct oracle *o, const struct mem_trace *t, uint64_t ms)
{
	int err = grow(o, t->n);

	for (int i = 0; i < t->n && !err; i++) {
		const struct mem_read *now = &t->b[i];
		struct waiting *b = &o->b[i];
		double kib_ms = (double)now->rss_kib * ms;

		if (!now->is_there) {
			err = add(o, b, 0);
			continue;
		}
		if (b->is_there) /* it was at the last scan */
			o->all_kib_ms += kib_ms;
		if (now->used_kib) {
			err = add(o, b, now->used_kib / 4);
		} else if (b->is_there) {
			b->kib_ms += kib_ms;
			o->unused_kib_ms += kib_ms;
		}
		b->is_there = true;
	}
	return err;
}

/* The best bargains come first. */
static int by_price(const void *a, const void *b)
{
	const struct idle_time *x = a, *y = b;
	double mine = x->kib_ms * y->pages, theirs = y->kib_ms * x->pages;

	return mine < theirs ? 1 : mine > theirs ? -1 : 0;
}

int oracle_end(struct oracle *o)
{
	int err = 0;

	for (int i = 0; i < o->nb && !err; i++)
		err = add(o, &o->b[i], 0);
	if (o->n)
		qsort(o->time, o->n, sizeof(*o->time), by_price);
	return err;
}

double oracle_kib_ms(const struct oracle *o, uint64_t refaults)
{
	double sum = 0;

	for (int i = 0; i < o->n; i++) {
		const struct idle_time *t = &o->time[i];

		if (t->pages > refaults)
			return sum + t->kib_ms * refaults / t->pages;
		sum += t->kib_ms;
		refaults -= t->pages;
	}
	return sum;
}
