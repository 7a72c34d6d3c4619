// SPDX-License-Identifier: BSD-2-Clause
/*
 * trace_write.c - a trace of memory is written, scan by scan: what changed since the last one
 */
#include <errno.h>
#include <stdlib.h>

#include "trace.h"

void mem_trace_begin(struct mem_trace_out *out, FILE *f)
{
	*out = (struct mem_trace_out){ .f = f };
	fputs("shunt-mem-trace 1\n", f);
}

static bool is_same(const struct mem_traced *a, const struct mem_traced *b)
{
	return a->start == b->start && a->end == b->end;
}

static void write_known(const struct mem_trace_out *out, const struct mem_written *was,
			const struct mem_traced *now)
{
	if (now->used_kib || now->rss_kib != was->t.rss_kib)
		fprintf(out->f, "= %u %u %u\n", was->id, now->rss_kib, now->used_kib);
}

static void write_new(const struct mem_trace_out *out, const struct mem_traced *t, unsigned int id)
{
	fprintf(out->f, "+ %u %llx %llu %u %u\n", id, t->start, (t->end - t->start) >> 10,
		t->rss_kib, t->used_kib);
}

/* Both lists are in the order of addresses: they are gone through side by side. */
static void write_changes(struct mem_trace_out *out, struct mem_written *to,
			  const struct mem_traced *t, int n)
{
	const struct mem_written *was = out->last, *end = was + out->n;

	for (int i = 0; i < n; i++) {
		for (; was < end && was->t.start < t[i].start; was++)
			fprintf(out->f, "- %u\n", was->id);
		to[i].t = t[i];
		if (was < end && is_same(&was->t, &t[i])) {
			to[i].id = was->id;
			write_known(out, was++, &t[i]);
			continue;
		}
		if (was < end && was->t.start == t[i].start)
			fprintf(out->f, "- %u\n", was++->id);
		to[i].id = out->next_id++;
		write_new(out, &t[i], to[i].id);
	}
	for (; was < end; was++)
		fprintf(out->f, "- %u\n", was->id);
}

int mem_trace_scan(struct mem_trace_out *out, __u64 at_ms, const struct mem_traced *t, int n)
{
	struct mem_written *to = calloc(n ? n : 1, sizeof(*to));

	if (!to)
		return -ENOMEM;
	if (!out->scans++)
		out->first_ms = at_ms;
	else if (at_ms <= out->last_ms)
		at_ms = out->last_ms + 1;
	out->last_ms = at_ms;
	fprintf(out->f, "scan %llu\n", at_ms - out->first_ms);
	write_changes(out, to, t, n);
	free(out->last);
	out->last = to;
	out->n = n;
	return fflush(out->f) ? -errno : 0;
}

int mem_trace_end(struct mem_trace_out *out)
{
	fprintf(out->f, "end %u\n", out->scans);
	free(out->last);
	out->last = NULL;
	return fflush(out->f) || ferror(out->f) ? -EIO : 0;
}
