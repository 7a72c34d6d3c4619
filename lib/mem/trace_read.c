// SPDX-License-Identifier: BSD-2-Clause
/*
 * trace_read.c - a trace of memory is read, scan by scan; of any author: each value is looked at
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define MOST_MS (1ULL << 40)
#define HEAD "shunt-mem-trace 1"

static int bad(const struct mem_trace *t, struct why *why, const char *what)
{
	return why_fail(why, -1, "'%s' line %lu %s", t->path, t->line, what);
}

/* 1: t->text is the next line, without its end; 0: there is none, or the last has no end. */
static int next_line(struct mem_trace *t, struct why *why)
{
	size_t len;

	if (!fgets(t->text, sizeof(t->text), t->f))
		return ferror(t->f) ? why_fail(why, -1, "cannot read '%s'", t->path) : 0;
	t->line++;
	len = strlen(t->text);
	if (len && t->text[len - 1] == '\n') {
		t->text[len - 1] = '\0';
		return 1;
	}
	return feof(t->f) ? 0 : bad(t, why, "is too long, or no text");
}

int mem_trace_open(struct mem_trace *t, const char *path, struct why *why)
{
	int got;

	*t = (struct mem_trace){ .path = path, .f = fopen(path, "re") };
	if (!t->f)
		return why_fail(why, -1, "cannot read '%s': %s", path, strerror(errno));
	got = next_line(t, why);
	if (got > 0 && !strcmp(t->text, HEAD))
		return 0;
	if (got >= 0)
		why_fail(why, -1, "'%s' is no trace of memory, or of another version: its first "
			 "line is not '" HEAD "'", path);
	why_hint(why, "'shunt mem record' writes one");
	mem_trace_close(t);
	return -1;
}

void mem_trace_close(struct mem_trace *t)
{
	if (t->f)
		fclose(t->f);
	free(t->b);
	t->f = NULL;
	t->b = NULL;
	t->n = 0;
}

/* One number in *at, up to most, and what is behind it; false: there is none. */
static bool number(const char **at, int base, __u64 most, __u64 *to)
{
	char *end;

	if (**at != ' ' || !strchr("0123456789abcdef", (*at)[1]) || !(*at)[1])
		return false;
	errno = 0;
	*to = strtoull(*at + 1, &end, base);
	if (errno || end == *at + 1 || *to > most)
		return false;
	*at = end;
	return true;
}

static struct mem_read *add(struct mem_trace *t)
{
	struct mem_read *more;

	if (t->n == t->room) {
		int room = t->room ? 2 * t->room : 256;

		more = reallocarray(t->b, room, sizeof(*more));
		if (!more)
			return NULL;
		t->b = more;
		t->room = room;
	}
	t->b[t->n] = (struct mem_read){ 0 };
	return &t->b[t->n++];
}

static int take_new(struct mem_trace *t, const char *at, struct why *why)
{
	__u64 id, start, kib, rss, used;
	struct mem_read *b;

	if (!number(&at, 10, MEM_TRACE_BATCHES - 1, &id) || !number(&at, 16, ~0ULL, &start) ||
	    !number(&at, 10, ~0ULL >> 10, &kib) || !number(&at, 10, MEM_TRACE_KIB, &rss) ||
	    !number(&at, 10, rss, &used) || *at)
		return bad(t, why, "is not '+ ID START KIB RSS USED'");
	if (id != (__u64)t->n)
		return bad(t, why, "has not the next ID");
	if (rss > kib || start + (kib << 10) < start)
		return bad(t, why, "has a batch that is larger than its mapping");
	b = add(t);
	if (!b)
		return why_fail(why, -1, "no memory");
	*b = (struct mem_read){ start, kib, rss, used, true };
	return 0;
}

static int take_known(struct mem_trace *t, const char *at, bool is_gone, struct why *why)
{
	__u64 id, rss = 0, used = 0;

	if (!number(&at, 10, MEM_TRACE_BATCHES - 1, &id) ||
	    (!is_gone && (!number(&at, 10, MEM_TRACE_KIB, &rss) || !number(&at, 10, rss, &used))) ||
	    *at)
		return bad(t, why, is_gone ? "is not '- ID'" : "is not '= ID RSS USED'");
	if (id >= (__u64)t->n || !t->b[id].is_there)
		return bad(t, why, "names a batch that is not there");
	if (rss > t->b[id].kib)
		return bad(t, why, "has a batch that is larger than its mapping");
	t->b[id].rss_kib = rss;
	t->b[id].used_kib = used;
	t->b[id].is_there = !is_gone;
	return 0;
}

/* 1: a batch; 0: the scan is over, the line says what comes; -1: bad. */
static int take_line(struct mem_trace *t, struct why *why)
{
	switch (t->text[0]) {
	case '+': return take_new(t, t->text + 1, why) ? -1 : 1;
	case '=': return take_known(t, t->text + 1, false, why) ? -1 : 1;
	case '-': return take_known(t, t->text + 1, true, why) ? -1 : 1;
	}
	return 0;
}

static int take_scan(struct mem_trace *t, struct why *why)
{
	const char *at = t->text + 4;
	__u64 ms;

	if (strncmp(t->text, "scan", 4) || !number(&at, 10, MOST_MS, &ms) || *at)
		return bad(t, why, "is none of '+', '=', '-', 'scan MS', 'end SCANS'");
	if (t->scans ? ms <= t->at_ms : ms != 0)
		return bad(t, why, t->scans ? "goes back in time" : "does not begin with 0 ms");
	t->at_ms = ms;
	t->scans++;
	for (int i = 0; i < t->n; i++)
		t->b[i].used_kib = 0;
	return 0;
}

/* The last line: 0 if it is right, and nothing is behind it. */
static int take_end(struct mem_trace *t, struct why *why)
{
	const char *at = t->text + 3;
	__u64 scans;

	if (!number(&at, 10, ~0ULL, &scans) || *at || scans != t->scans)
		return bad(t, why, "does not say how many scans there were");
	if (fgetc(t->f) != EOF)
		return bad(t, why, "is not the last");
	return 0;
}

int mem_trace_next(struct mem_trace *t, struct why *why)
{
	int got = t->has_text ? 1 : next_line(t, why);

	if (got > 0 && !strncmp(t->text, "end", 3))
		return take_end(t, why);
	if (got > 0 && take_scan(t, why))
		return -1;
	t->has_text = false;
	while (got > 0) {
		got = next_line(t, why);
		if (got > 0) {
			int took = take_line(t, why);

			if (took < 0)
				return -1;
			t->has_text = !took;
			if (!took)
				return 1;
		}
	}
	t->is_cut = !got;
	return got;
}
