// SPDX-License-Identifier: BSD-2-Clause
/*
 * ideal_jobs.c - jobs of ideal runs: their arrival and end, and heaps of them
 */
#include <errno.h>
#include <math.h>

#include "ideal.h"

int heap_push(struct heap *h, const struct job *j)
{
	int i;

	if (h->n == JOBS)
		return -1;
	for (i = ++h->n; i > 1 && h->job[i / 2].key > j->key; i /= 2)
		h->job[i] = h->job[i / 2];
	h->job[i] = *j;
	return 0;
}

struct job heap_take(struct heap *h, int i)
{
	struct job out = h->job[i], last = h->job[h->n--];
	int child;

	for (; i > 1 && h->job[i / 2].key > last.key; i /= 2)
		h->job[i] = h->job[i / 2];
	for (; (child = 2 * i) <= h->n; i = child) {
		child += child < h->n && h->job[child + 1].key < h->job[child].key;
		if (h->job[child].key >= last.key)
			break;
		h->job[i] = h->job[child];
	}
	if (i <= h->n)
		h->job[i] = last;
	return out;
}

int ideal_draw(struct ideal_run *x, struct why *why)
{
	int end = source_next(&x->src, &x->next, why);

	x->more = !end;
	return end < 0 ? -1 : 0;
}

double ideal_due(const struct ideal_run *x)
{
	return x->more ? (double)x->next.at / TICKS_NS : INFINITY;
}

int ideal_arrive(struct ideal_run *x, struct job *j, struct why *why)
{
	*j = (struct job){ .arrival = ideal_due(x), .service = (double)x->next.service / TICKS_NS,
			   .n = x->n++, .cls = x->next.cls };
	x->events++;
	if (j->n >= x->warm) {
		if (!x->first)
			x->first = j->arrival;
		x->last = j->arrival;
		x->r->cls[j->cls].arrived++;
		measure_arrival(&x->m, j->n, x->run.n + x->wait.n + x->queued);
	}
	return ideal_draw(x, why);
}

void ideal_leave(struct ideal_run *x, const struct job *j, double at)
{
	double sojourn = at > j->arrival ? at - j->arrival : 0;

	x->events++;
	x->work += j->service;
	x->in_time += x->more && x->first;
	if (j->n >= x->warm)
		measure_end(&x->m, j->cls, sojourn, j->service,
			    j->service > 0 ? sojourn / j->service : 1);
}

bool ideal_stopped(struct ideal_run *x, volatile sig_atomic_t *stop)
{
	return !(x->events & 0x3fff) && stop && *stop;
}
