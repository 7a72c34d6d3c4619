// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_paper.c - shunt-sim paper: a figure is drawn, printed and held against its text
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"
#include "table.h"

/* The plots as numbers; those that are no answer have a star. */
static void print_plot(const struct plot *p)
{
	struct table t = { 0 };
	bool any = false;

	table_text(&t, "%s: %s", p->title, p->y_name);
	table_begin(&t);
	table_cell(&t, "%s", p->x_name);
	for (int i = 0; i < p->n; i++)
		table_cell(&t, "%s ", p->curve[i].name);
	for (int k = 0; p->n && k < p->curve[0].n; k++) {
		table_begin(&t);
		table_cell(&t, "%.5g", p->curve[0].x[k]);
		for (int i = 0; i < p->n; i++) {
			const struct curve *c = &p->curve[i];
			bool hollow = k < c->n && c->hollow && c->hollow[k];

			if (k < c->n && !isnan(c->y[k]))
				table_cell(&t, "%.5g%s", c->y[k], hollow ? "*" : " ");
			else
				table_cell(&t, "- ");
			any |= hollow;
		}
	}
	putchar('\n');
	table_print(&t, stdout);
	table_free(&t);
	if (any)
		printf("* %s\n", p->hollow);
}

static int finish(struct figure *f)
{
	int err = 0, bad = write_files(f->o, &f->s);

	for (int i = 0; i < f->nplots; i++)
		print_plot(&f->plot[i]);
	if (f->o->svg)
		err = svg_write(f->plot, f->nplots, f->o->svg);
	if (err)
		complain("cannot write '%s': %s", f->o->svg, strerror(-err));
	printf("\nstatements: %d hold, %d in direction only, %d do not\n", f->agree[HOLDS],
	       f->agree[DIRECTION], f->agree[DOES_NOT]);
	return err || bad || f->agree[DOES_NOT] ? EXIT_FAILED : EXIT_OK;
}

static void release(struct figure *f)
{
	for (int i = 0; i < f->nplots; i++) {
		for (int k = 0; k < f->plot[i].n; k++) {
			free(f->plot[i].curve[k].x);
			free(f->plot[i].curve[k].y);
			free(f->plot[i].curve[k].half);
			free(f->plot[i].curve[k].hollow);
			free(f->plot[i].curve[k].low);
			free(f->plot[i].curve[k].high);
		}
	}
	sweep_free(&f->s);
	for (int i = 0; i < f->npolicies; i++)
		policy_close(&f->policy[i]);
	for (int i = 0; i < f->nwork; i++)
		workload_free(&f->work[i]);
	free(f);
}

int cmd_paper(struct options *o)
{
	struct figure *f;
	int err = -1;

	if (o->argc != 1) {
		complain("which figure? (shunt-sim list)");
		return EXIT_USAGE;
	}
	if (try_files(o))
		return EXIT_FAILED;
	for (int i = 0; paper_figures[i].name; i++) {
		if (strcmp(o->argv[0], paper_figures[i].name))
			continue;
		f = calloc(1, sizeof(*f));
		if (!f)
			return complain("no memory");
		f->o = o;
		err = paper_figures[i].draw(f);
		if (!err)
			err = finish(f);
		else if (f->interrupted)
			err = EXIT_INTERRUPTED;
		release(f);
		return err;
	}
	complain("unknown figure '%s' (shunt-sim list)", o->argv[0]);
	return EXIT_USAGE;
}
