// SPDX-License-Identifier: BSD-2-Clause
/*
 * advise_table.c - what the searches of shunt-sim advise found, a line each
 */
#include <stdlib.h>
#include <string.h>

#include "advise.h"
#include "table.h"

static void cores_cell(struct table *t, const struct search *s)
{
	bool ended = s->phase == SEARCH_END;

	if (s->best.cores)
		table_cell(t, "%s%d", ended ? "" : "<= ", s->best.cores);
	else
		table_cell(t, "%s", !ended                     ? "?" :
				    s->fewer.verdict == CLOSE ? "unsure" : "none");
}

/* How late each class is, or why the objectives are not met. */
static void outcome_cell(struct table *t, const struct advice *a, const struct search *s)
{
	char *text = NULL, why[256];
	size_t len;
	FILE *to;

	if (!s->best.cores && s->fewer.cores) {
		outcome_reason(&s->fewer, &a->g, why, sizeof(why));
		table_cell(t, "with %d: %s", s->fewer.cores, why);
	}
	to = s->best.cores ? open_memstream(&text, &len) : NULL;
	if (!to)
		return;
	advise_outcome(a, &s->best, to);
	fclose(to);
	table_cell(t, "%s", text);
	free(text);
}

void advise_table(const struct advice *a)
{
	struct table t = { .left = 1 | 1 << 3 };

	table_text(&t, "%g requests a second of %s", a->rate, a->w.text);
	table_text(&t, "on '%s'; at most %g %% of a class later than its objective. %s of each "
		   "class:", a->k.name, 100 * a->g.misses, a->g.metric);
	table_text(&t, "%s", "");
	table_begin(&t);
	table_cell(&t, "policy");
	table_cell(&t, "quantum");
	table_cell(&t, "cores");
	for (int i = 0; i < a->n; i++) {
		const struct search *s = &a->try[i].s;

		table_begin(&t);
		table_cell(&t, "%s", s->p->name);
		if (s->quantum_us > 0)
			table_cell(&t, "%g us", s->quantum_us);
		else
			table_cell(&t, "-");
		cores_cell(&t, s);
		outcome_cell(&t, a, s);
	}
	table_print(&t, stdout);
	table_free(&t);
}
