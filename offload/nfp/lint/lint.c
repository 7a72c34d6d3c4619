// SPDX-License-Identifier: BSD-2-Clause
/*
 * lint.c - reading and checking an object from end to end
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "lint.h"

int lint_read(struct lint_object *o, void *data, size_t len, struct why *why)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->data = data;
	o->len = len;
	err = image_read(o, why);
	if (!err)
		err = maps_read(o, why);
	if (!err)
		err = lines_read(o);
	if (!err)
		err = link_progs(o, why);
	if (err)
		why_fail(why, err, "no memory"); /* all other failures are told */
	return err;
}

void lint_check(struct lint_object *o)
{
	maps_check(o);
	for (int i = 0; i < o->nprogs; i++) {
		struct lint_prog *p = &o->progs[i];

		if (p->xdp)
			prog_check(o, p);
		else
			lint_finding(o, RULE_PROG_TYPE, p, p->insns[0].at,
				     "program '%s' is of section '%s', which is not XDP's", p->name,
				     p->section);
	}
}

void lint_free(struct lint_object *o)
{
	for (int i = 0; i < o->nprogs; i++)
		free(o->progs[i].insns);
	free(o->progs);
	free(o->maps);
	free(o->funcs);
	free(o->lines);
	free(o->findings);
	image_free(o->image);
	free(o->data);
	memset(o, 0, sizeof(*o));
}

/* The last line that begins at or before the place. Lines are sorted. */
const struct lint_line *lint_line(const struct lint_object *o, struct lint_place at)
{
	__u32 low = 0, high = o->nlines;

	while (low < high) {
		__u32 mid = low + (high - low) / 2;
		const struct lint_line *l = &o->lines[mid];

		if (l->at.sec < at.sec || (l->at.sec == at.sec && l->at.off <= at.off))
			low = mid + 1;
		else
			high = mid;
	}
	return low && o->lines[low - 1].at.sec == at.sec ? &o->lines[low - 1] : NULL;
}

bool lint_refused(const struct lint_object *o)
{
	return o->refused;
}
