// SPDX-License-Identifier: BSD-2-Clause
/*
 * advise_run.c - a run that searches and recommendations ask for, and what it came to
 */
#include <string.h>

#include "advise.h"

struct point *advise_run(struct advice *a, struct sweep *s, const struct search *x, int cores,
			 int longer)
{
	struct point *p = sweep_add(s);

	if (!p)
		return NULL;
	p->system = a->k.name;
	p->c.policy = x->p;
	p->c.w = &a->w;
	p->c.costs = a->k;
	p->c.cores = cores;
	p->c.domains = a->g.domains;
	p->c.rate = a->rate;
	p->c.requests = requests_of(a->o, &a->w) * (a->w.trace_n ? 1 : longer);
	p->c.seed = a->o->seed;
	p->c.quantum_us = x->quantum_us;
	p->c.preempt = x->quantum_us > 0;
	memcpy(p->c.knob, a->knob, sizeof(a->knob));
	return p;
}

void advise_outcome(const struct advice *a, const struct outcome *o, FILE *to)
{
	char text[NUMBER_TEXT];

	for (int c = 0; c < a->w.nclasses; c++) {
		fprintf(to, "%s%s %s", c ? "  " : "", a->w.cls[c].name,
			number_text(text, o->at[c], o->half[c]));
		if (a->w.cls[c].slo_us > 0)
			fprintf(to, " of %.4g us (%.2g %% late)", a->w.cls[c].slo_us,
				100 * o->miss[c]);
	}
}
