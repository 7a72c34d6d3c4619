// SPDX-License-Identifier: BSD-2-Clause
/*
 * recommend.c - what the searches of shunt-sim advise found
 * is tried with other seeds, and the best of it named
 *
 * Searches that found equally few cores are all tried with those before any of them gets one more.
 */
#include <errno.h>
#include <stdlib.h>

#include "advise.h"
#include "table.h"

#define SEEDS 5 /* others, with which what was found is tried */

static double most_late(const struct outcome *o, const struct goal *g)
{
	double most = 0;

	for (int c = 0; c < g->w->nclasses; c++)
		most = g->w->cls[c].slo_us > 0 && o->miss[c] > most ? o->miss[c] : most;
	return most;
}

static bool does(const struct outcome *o, const struct goal *g)
{
	return o->verdict == MEETS || (o->verdict == CLOSE && most_late(o, g) <= g->misses);
}

static bool is_worse(const struct outcome *a, const struct outcome *b, const struct goal *g)
{
	if (does(a, g) != does(b, g))
		return !does(a, g);
	if ((a->verdict == FAILS) != (b->verdict == FAILS))
		return a->verdict == FAILS;
	return most_late(a, g) > most_late(b, g);
}

/* Runs the found policy, quantum and cores with other seeds. 0, or as sweep_run(). */
static int confirm(struct advice *a, struct try *t)
{
	struct sweep sw = { .jobs = a->o->jobs, .quiet = a->o->quiet };
	struct outcome o;
	int res;

	if (!sw.quiet)
		fprintf(stderr, "%s with %g us on %d cores: other seeds\n", t->s.p->name,
			t->s.quantum_us, t->s.best.cores);
	for (int i = 1; i <= SEEDS; i++) {
		struct point *p = advise_run(a, &sw, &t->s, t->s.best.cores, LONGER);

		if (!p)
			return -ENOMEM;
		p->c.seed += i;
	}
	res = sweep_run(&sw);
	t->met = 0;
	for (int i = 0; i < sw.n && !res; i++) {
		outcome_of(&o, &a->g, &sw.p[i]);
		t->met += does(&o, &a->g);
		if (!i || is_worse(&o, &t->worst, &a->g))
			t->worst = o;
	}
	sweep_free(&sw);
	return res;
}

/* The search with the fewest cores, of those that found a number and may have more yet; NULL:
 * none. */
static struct try *fewest(struct advice *a)
{
	struct try *best = NULL;

	for (int i = 0; i < a->n; i++) {
		struct try *t = &a->try[i];

		if (t->s.best.cores && !t->ended && (!best || t->s.best.cores < best->s.best.cores))
			best = t;
	}
	return best;
}

/* The one that all seeds agree on, or else the one that most do; res: 0, or as sweep_run(). */
static struct try *choose(struct advice *a, int *res)
{
	struct try *t, *most = NULL;
	int each;

	while ((t = fewest(a))) {
		*res = confirm(a, t);
		if (*res || t->met == SEEDS)
			return t;
		each = t->s.best.domains > 0 ? t->s.best.domains : 1;
		if (t->s.best.cores + each > a->g.most) {
			t->ended = true;
			most = most && most->met >= t->met ? most : t;
		} else {
			t->s.best.cores += each;
			t->s.fewer = t->worst;
		}
	}
	return most;
}

static void print_fewer(const struct advice *a, const struct search *s)
{
	char why[256], text[320];

	if (!s->fewer.cores) {
		printf("Fewer cores cannot carry the load.\n");
		return;
	}
	outcome_reason(&s->fewer, &a->g, why, sizeof(why));
	snprintf(text, sizeof(text), "%d %s: %s.", s->fewer.cores, s->fewer.verdict == CLOSE ?
		 s->fewer.cores > 1 ? "cores: not sure" : "core: not sure" :
		 s->fewer.cores > 1 ? "cores do not do" : "core does not do", why);
	table_wrap(stdout, text, 0, 2);
}

static void print_choice(const struct advice *a, const struct search *s)
{
	printf("\nTake %s", s->p->name);
	if (s->quantum_us > 0)
		printf(" with a quantum of %g us", s->quantum_us);
	printf(" on %d core%s (%.0f %% busy with the requests themselves).\n", s->best.cores,
	       s->best.cores > 1 ? "s" : "",
	       100 * a->rate * a->w.mean_ns / 1e9 /
		       speed_of(&a->k, s->best.cores - a->g.reserved, a->g.domains));
}

/* Of which class what part was late, with the seed that most were late with. */
static void print_seeds(const struct advice *a, const struct try *t)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	printf("%d of %d other seeds meet the objectives", t->met, SEEDS);
	if (!to) {
		puts(".");
		return;
	}
	fputs("  ", to);
	advise_outcome(a, &t->worst, to);
	fclose(to);
	puts("; the latest:");
	table_wrap(stdout, text, 0, 2);
	free(text);
}

/* The objectives are met by no search: are they missed by all, or is it not known? */
static int print_none(const struct advice *a)
{
	const struct outcome *o = NULL;
	char why[256], text[480];
	int c;

	for (int i = 0; i < a->n && !o; i++)
		o = a->try[i].s.fewer.verdict == CLOSE ? &a->try[i].s.fewer : NULL;
	c = o ? too_few(o, &a->g) : -1;
	if (!o) {
		printf("\nNo policy meets the objectives with up to %d cores.\n", a->g.most);
	} else if (c >= 0) {
		snprintf(text, sizeof(text),
			 "Cannot tell: class '%s' has %.0f measured requests; --misses %g %% takes "
			 "at least %.0f: %s", a->w.cls[c].name, o->done[c], 100 * a->g.misses,
			 requests_least(&a->g), a->w.trace_n
				 ? "a longer trace, a larger --misses, or --rate with times drawn "
				   "from file()."
				 : "more --requests, or a larger --misses.");
		putchar('\n');
		table_wrap(stdout, text, 0, 2);
	} else {
		outcome_reason(o, &a->g, why, sizeof(why));
		snprintf(text, sizeof(text), "Cannot tell: with %d cores %s: more requests, or a "
			 "larger --misses.", o->cores, why);
		putchar('\n');
		table_wrap(stdout, text, 0, 2);
	}
	return EXIT_FAILED;
}

int recommend(struct advice *a)
{
	bool one = a->w.trace_n && !a->w.trace_draws;
	struct try *t;
	int res = 0;

	if (!a->try[0].s.best.cores)
		return print_none(a);
	t = one ? &a->try[0] : choose(a, &res);
	if (res)
		return res == -EINTR ? EXIT_INTERRUPTED : EXIT_FAILED;
	print_choice(a, &t->s);
	if (one) {
		puts("A trace is one sample: no other seeds.");
	} else {
		print_seeds(a, t);
	}
	print_fewer(a, &t->s);
	return EXIT_OK;
}
