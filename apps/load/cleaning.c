// SPDX-License-Identifier: BSD-2-Clause
/*
 * cleaning.c - the run in windows, and its numbers without what was due in gaps of this process or
 * of the server
 *
 * While requests leave, a reply costs a store of sixteen bytes into memory that is there already;
 * all else waits until the interval has ended.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "server_gaps.h"

#define WINDOW_NS 250000000.0
#define REPLIES_MOST (8 << 20)
#define GAPS_MOST 65536
#define AROUND_NS 2000000000ULL /* gaps so far from a window may still have their backlog in it */

struct cleaning {
	struct reply *reply;
	size_t n, room;
	struct gap *gap; /* of this process */
	size_t gaps, missed;
	bool there; /* sum[] has something */
	struct summary sum[MIX_CLASSES];
	struct why why; /* the reason why it has not, or why the server's gaps are not known */
};

static size_t expected(const struct options *o)
{
	double n = o->rate * fmin(o->report > 0 ? o->report : o->seconds, o->seconds) * 1.2 + 4096;

	if (o->count && n > o->count + 4096)
		n = o->count + 4096;
	return n < REPLIES_MOST ? n : REPLIES_MOST;
}

/*
 * With --report it takes some time of the client, 10 ms and more, so only for those who asked for
 * it.
 */
int cleaning_open(struct load *l, struct why *why)
{
	struct cleaning *a;
	int fd;

	if (l->o.closed || (l->o.report > 0 && !l->o.gaps && !l->o.windows))
		return 0;
	if (l->o.windows) { /* known before the run, not after it */
		fd = store_open(l->o.windows, why);
		if (fd < 0)
			return fd;
		close(fd);
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return why_fail(why, -ENOMEM, "no memory for each request's latency");
	l->cleaning = a;
	a->room = expected(&l->o);
	a->reply = malloc(a->room * sizeof(*a->reply));
	a->gap = malloc(GAPS_MOST * sizeof(*a->gap));
	if (!a->reply || !a->gap)
		return why_fail(why, -ENOMEM, "no memory for each request's latency");
	memset(a->reply, 0, a->room * sizeof(*a->reply)); /* pages that are there already */
	memset(a->gap, 0, GAPS_MOST * sizeof(*a->gap));
	return 0;
}

void cleaning_close(struct load *l)
{
	if (!l->cleaning)
		return;
	free(l->cleaning->reply);
	free(l->cleaning->gap);
	why_forget(&l->cleaning->why);
	free(l->cleaning);
	l->cleaning = NULL;
}

void cleaning_reply(struct cleaning *a, const struct pending *p, uint64_t now)
{
	uint64_t latency = now - p->due;

	if (!a)
		return;
	if (a->n == a->room) {
		a->missed++;
		return;
	}
	if (!now || latency >= CLEAN_NO_REPLY)
		latency = now ? CLEAN_NO_REPLY - 1 : CLEAN_NO_REPLY;
	a->reply[a->n++] = (struct reply){ p->due, latency, p->cls, p->late };
}

void cleaning_gap(struct cleaning *a, uint64_t from, uint64_t to, uint64_t row)
{
	if (a && a->gaps < GAPS_MOST)
		a->gap[a->gaps++] = (struct gap){ from, to, row };
}

/* The gaps that lie around a window. */
static struct gaps around(const struct gaps *all, uint64_t begin, uint64_t end)
{
	size_t from = 0, to;

	while (from < all->n && all->gap[from].to + AROUND_NS < begin)
		from++;
	for (to = from; to < all->n && all->gap[to].from < end + AROUND_NS;)
		to++;
	return (struct gaps){ all->gap + from, to - from };
}

static int by_due(const void *a, const void *b)
{
	const struct reply *x = a, *y = b;

	return (x->due > y->due) - (x->due < y->due);
}

/*
 * Into equal windows of about WINDOW_NS. A reply that came in this interval to a request of the one
 * before is in the first.
 */
static int cut(struct cleaning *a, const struct gaps *server, enum noted noted, uint64_t from,
	       uint64_t to, struct windows *w)
{
	size_t n = fmax(1, round((to - from) / WINDOW_NS)), at = 0;
	struct gaps client = { a->gap, a->gaps };

	qsort(a->reply, a->n, sizeof(*a->reply), by_due);
	if (a->n && a->reply[0].due < from)
		from = a->reply[0].due;
	*w = (struct windows){ calloc(n, sizeof(*w->window)), n };
	if (!w->window)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint64_t begin = from + (to - from) * i / n, end = from + (to - from) * (i + 1) / n;
		size_t first = at;

		while (at < a->n && (i == n - 1 || a->reply[at].due < end))
			at++;
		w->window[i] = (struct window){ begin, end, a->reply + first, at - first,
						around(&client, begin, end),
						around(server, begin, end), noted };
	}
	return 0;
}

static enum noted read_server(const struct load *l, uint64_t from, uint64_t to, struct gaps *server)
{
	struct cleaning *a = l->cleaning;
	uint64_t early = from - l->start > AROUND_NS ? from - AROUND_NS : l->start;
	enum noted noted;

	*server = (struct gaps){ 0 };
	why_forget(&a->why);
	if (!l->o.gaps) {
		why_fail(&a->why, -ENOENT,
			 "--gaps names no file in which the server notes its gaps");
		return NOTED_NOT;
	}
	noted = server_gaps_read(l->o.gaps, early, to, server, &a->why);
	if (noted == NOTED_NOT)
		why_context(&a->why, "--gaps %s", l->o.gaps);
	return noted;
}

/* Keeps the gaps that the next interval may need: their backlog may reach into it. */
static void begin_next(struct cleaning *a, uint64_t from)
{
	struct gaps late = around(&(struct gaps){ a->gap, a->gaps }, from, from);

	memmove(a->gap, late.gap, late.n * sizeof(*a->gap));
	a->gaps = late.n;
	a->n = a->missed = 0;
}

static int keep(const struct load *l, const struct windows *w)
{
	struct offered o = { l->o.rate, 0, l->o.server_times, l->o.mix.classes, { "" } };

	if (!l->o.windows)
		return 0;
	o.mix = store_mix(l->o.mix_text);
	memcpy(o.name, l->o.mix.name, l->o.mix.classes * sizeof(*o.name));
	return store_append(l->o.windows, w, &o);
}

static int look_at(const struct load *l, const struct windows *w)
{
	struct rule rule = { .before = RULE_BEFORE_NS, .after = RULE_AFTER_NS,
			     .backlog = l->o.backlog, .under_way = l->o.under_way };
	struct cleaning *a = l->cleaning;
	int err = 0;

	for (int c = 0; c < l->o.mix.classes; c++)
		rule.under_way_most = fmax(rule.under_way_most, l->o.mix.slo_ns[c]);
	for (int c = 0; c < l->o.mix.classes && !err; c++)
		err = summarize(&a->sum[c], w, &rule, c, l->o.mix.slo_ns[c]);
	a->there = !err;
	if (err) {
		why_forget(&a->why);
		why_fail(&a->why, err, "no memory");
	}
	return keep(l, w);
}

int cleaning_ends(struct load *l, uint64_t from, uint64_t to)
{
	struct cleaning *a = l->cleaning;
	struct windows w = { 0 };
	struct gaps server;
	enum noted noted;
	int err = 0;

	if (!a)
		return 0;
	a->there = false;
	noted = read_server(l, from, to, &server);
	if (a->missed || a->gaps == GAPS_MOST) {
		why_forget(&a->why);
		why_fail(&a->why, -ENOSPC,
			 "more than %d requests or %d gaps: --report makes the intervals shorter",
			 REPLIES_MOST, GAPS_MOST);
	} else if (to > from && a->n && !cut(a, &server, noted, from, to, &w)) {
		err = look_at(l, &w);
	}
	free(w.window);
	free(server.gap);
	begin_next(a, to);
	return err;
}

static const char *reason(const struct load *l)
{
	if (l->cleaning)
		return l->cleaning->why.text ? l->cleaning->why.text : "";
	return l->o.closed ? "closed loop: a request is due when another was answered"
			   : "--report without --gaps";
}

/* Beside a summary, too: the reason why the server's gaps are not known. */
void cleaning_json(FILE *f, const struct load *l, int cls)
{
	fputs(",\"clean\":", f);
	if (l->cleaning && l->cleaning->there)
		summary_json(f, &l->cleaning->sum[cls]);
	else
		fputs("null", f);
	fprintf(f, ",\"clean_why\":\"%s\"", reason(l));
}

static void print_class(FILE *f, const char *name, const struct summary *s)
{
	fprintf(f, "# %s, stalls set aside: ", name);
	if (isinf(s->clean[P99].at))
		fprintf(f, "no p99, as %zu of the %zu kept requests were not answered", s->lost,
			s->kept);
	else if (isnan(s->clean[P99].at))
		fputs("no p99", f);
	else
		fprintf(f, "p99 %.1f us", s->clean[P99].at);
	if (isfinite(s->clean[P99].low) && isfinite(s->clean[P99].high))
		fprintf(f, " (%.1f to %.1f)", s->clean[P99].low, s->clean[P99].high);
	fprintf(f, "; %.0f %% of %zu kept; gaps a second: client %.0f, server %.0f", s->due ?
		100.0 * s->kept / s->due : 0,
		s->due, s->client.each_s, s->server.each_s);
	if (s->slo_ns && s->kept)
		fprintf(f, "; in time %.2f %%", 100.0 * s->in_time / s->kept);
	fprintf(f, "%s%s\n", s->why[0] ? "; nothing to compare by: " : "", s->why);
}

void cleaning_table(FILE *f, const struct load *l)
{
	const struct cleaning *a = l->cleaning;

	for (int c = 0; a && a->there && c < l->o.mix.classes; c++) {
		if (a->sum[c].due)
			print_class(f, l->o.mix.name[c], &a->sum[c]);
	}
	if (a && l->o.gaps && a->why.text)
		fprintf(f, "# %s\n", a->why.text);
}
