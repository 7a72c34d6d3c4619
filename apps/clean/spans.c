// SPDX-License-Identifier: BSD-2-Clause
/*
 * spans.c - which requests are set aside: those due in a gap of either side, shortly before it, or
 * in its backlog
 */
#include <errno.h>
#include <stdlib.h>

#include "clean.h"

/*
 * Twice as much before and of the backlog, four times as much after: if that moves the result, the
 * rule is too narrow.
 */
struct rule rule_widened(const struct rule *r)
{
	return (struct rule){ 2 * r->before, 4 * r->after, 2 * r->backlog + 1, 2 * r->under_way,
			      2 * r->under_way_most };
}

static int by_begin(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static uint64_t less(uint64_t at, uint64_t by)
{
	return at > by ? at - by : 0;
}

/* So long before a gap of this length requests are set aside. */
static uint64_t before_gap(const struct rule *r, uint64_t length)
{
	double under_way = r->under_way * length;

	if (r->under_way_most && under_way > r->under_way_most)
		under_way = r->under_way_most;
	return under_way > r->before ? under_way : r->before;
}

static void add_all(struct spans *s, const struct gaps *g, const struct rule *r, int64_t shift)
{
	for (size_t i = 0; i < g->n; i++) {
		uint64_t from = g->gap[i].from + shift, to = g->gap[i].to + shift;
		uint64_t length = to - from;

		to += r->after + r->backlog * length;
		s->span[s->n++] = (struct span){ less(from, before_gap(r, length)), to };
	}
}

/* Sorted spans that overlap or touch become one. */
static void join(struct spans *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (n && s->span[i].from <= s->span[n - 1].to) {
			if (s->span[i].to > s->span[n - 1].to)
				s->span[n - 1].to = s->span[i].to;
		} else {
			s->span[n++] = s->span[i];
		}
	}
	s->n = n;
}

int spans_of(struct spans *s, const struct window *w, const struct rule *r, int64_t shift)
{
	*s = (struct spans){ .span = malloc((w->client.n + w->server.n + 1) * sizeof(*s->span)) };
	if (!s->span)
		return -ENOMEM;
	add_all(s, &w->client, r, shift);
	add_all(s, &w->server, r, shift);
	qsort(s->span, s->n, sizeof(*s->span), by_begin);
	join(s);
	return 0;
}

void spans_free(struct spans *s)
{
	free(s->span);
	*s = (struct spans){ 0 };
}

bool spans_have(const struct spans *s, uint64_t due)
{
	/* spans before low begin at due or earlier, those from high on later */
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->span[mid].from <= due)
			low = mid + 1;
		else
			high = mid;
	}
	return low && due <= s->span[low - 1].to;
}
