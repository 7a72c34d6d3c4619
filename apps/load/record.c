// SPDX-License-Identifier: BSD-2-Clause
/*
 * record.c - the requests that were sent, as a trace that shunt-sim replays: "TIME_US CLASS
 * SERVICE_US FLOW", a line a request
 *
 * Times are those at which requests were due. Requests are kept in memory until the end: writing
 * would make the next ones late.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define RECORDS_FIRST 4096
#define RECORDS_MOST 200000000 /* 24 bytes each */

struct record {
	uint64_t due;
	uint32_t service_ns;
	uint16_t flow;
	uint8_t cls;
};

struct recorder {
	FILE *f;
	const char *path;
	struct record *r;
	size_t n, room;
	uint64_t missed; /* for which there was no memory */
};

/* As many as the rate promises, so that memory need not be fetched while requests are due. */
static size_t expected(const struct options *o)
{
	double n = o->closed ? RECORDS_FIRST : o->rate * o->seconds * 1.1 + RECORDS_FIRST;

	if (o->count && n > o->count)
		n = o->count;
	return n < RECORDS_MOST ? n : RECORDS_MOST;
}

int record_open(struct load *l)
{
	struct recorder *rec = calloc(1, sizeof(*rec));

	if (!rec)
		return -ENOMEM;
	rec->path = l->o.record;
	rec->room = expected(&l->o);
	rec->r = malloc(rec->room * sizeof(*rec->r));
	rec->f = rec->r ? fopen(rec->path, "w") : NULL;
	if (!rec->f) {
		free(rec->r);
		free(rec);
		return -errno;
	}
	memset(rec->r, 0, rec->room * sizeof(*rec->r)); /* pages that are there already */
	l->recorder = rec;
	return 0;
}

void record_add(struct recorder *rec, const struct request *r)
{
	struct record *more;

	if (rec->n == rec->room) {
		more = rec->room < RECORDS_MOST ? realloc(rec->r, 2 * rec->room * sizeof(*more))
						: NULL;
		if (!more) {
			rec->missed++;
			return;
		}
		rec->r = more;
		rec->room *= 2;
	}
	rec->r[rec->n++] = (struct record){ r->due, r->service_ns, r->flow, r->cls };
}

/* The classes by what was sent, in the language of
 * shunt-sim; nothing if a service time is not known. */
static void write_workload(const struct recorder *rec, const struct mix *m)
{
	uint64_t n[MIX_CLASSES] = { 0 };
	double sum[MIX_CLASSES] = { 0 };
	const char *between = "# workload: ";

	for (size_t i = 0; i < rec->n; i++) {
		if (!rec->r[i].service_ns)
			return;
		n[rec->r[i].cls]++;
		sum[rec->r[i].cls] += rec->r[i].service_ns / 1e3;
	}
	for (int c = 0; c < m->classes; c++) {
		if (!n[c])
			continue;
		fprintf(rec->f, "%s%s=%.8g:%.6gus", between, m->name[c], (double)n[c] / rec->n,
			sum[c] / n[c]);
		between = ",";
	}
	fputc('\n', rec->f);
}

int record_close(struct load *l)
{
	struct recorder *rec = l->recorder;
	int err = 0;

	if (!rec)
		return 0;
	fputs("# TIME_US CLASS SERVICE_US FLOW, by shunt-load " SHUNT_VERSION "\n", rec->f);
	write_workload(rec, &l->o.mix);
	for (size_t i = 0; i < rec->n; i++) {
		const struct record *r = &rec->r[i];

		fprintf(rec->f, "%.3f %s ", (r->due - rec->r[0].due) / 1e3, l->o.mix.name[r->cls]);
		if (r->service_ns)
			fprintf(rec->f, "%.3f %u\n", r->service_ns / 1e3, r->flow);
		else
			fprintf(rec->f, "- %u\n", r->flow);
	}
	if (rec->missed)
		fprintf(stderr, "shunt-load: '%s' lacks the last %lu requests: no memory\n",
			rec->path, rec->missed);
	err = ferror(rec->f) ? -EIO : 0;
	if (fclose(rec->f) && !err)
		err = -errno;
	free(rec->r);
	free(rec);
	l->recorder = NULL;
	return err;
}
