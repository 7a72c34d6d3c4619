// SPDX-License-Identifier: BSD-2-Clause
/*
 * lint.c - reading and checking an object from end to end; its findings
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "lint.h"

#define FINDINGS 1024 /* more are a flood that nobody reads */

const struct lint_rule_info lint_rules[LINT_NR_RULES] = {
#define RULE_INFO(id, name, refuses, instead) [RULE_##id] = { name, refuses, instead },
	LINT_RULES(RULE_INFO)
#undef RULE_INFO
};

int lint_read(struct lint_object *o, void *data, size_t len, char *why, size_t why_len)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->data = data;
	o->len = len;
	snprintf(why, why_len, "no memory");
	err = image_read(o, why, why_len);
	if (!err)
		err = maps_read(o, why, why_len);
	if (!err)
		err = lines_read(o);
	return err ? err : link_progs(o, why, why_len);
}

void lint_check(struct lint_object *o)
{
	maps_check(o);
	for (int i = 0; i < o->nprogs; i++) {
		struct lint_prog *p = &o->progs[i];

		if (p->xdp)
			prog_check(o, p);
		else
			lint_say(o, RULE_PROG_TYPE, p, p->insns[0].at,
				 "program '%s' is of section '%s', which is not XDP's", p->name, p->section);
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

static bool said(const struct lint_object *o, enum lint_rule rule, const struct lint_prog *prog,
		 struct lint_place at, const char *text)
{
	for (int i = 0; i < o->nfindings; i++) {
		const struct lint_finding *f = &o->findings[i];

		if (f->rule != rule || f->prog != prog || f->at.sec != at.sec || f->at.off != at.off)
			continue;
		/* One path may tell it in other numbers than the next. */
		if (at.sec >= 0 || !strcmp(f->text, text))
			return true;
	}
	return false;
}

void lint_say(struct lint_object *o, enum lint_rule rule, const struct lint_prog *prog,
	      struct lint_place at, const char *fmt, ...)
{
	struct lint_finding *f;
	char text[sizeof(f->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	o->refused |= lint_rules[rule].refuses;
	if (said(o, rule, prog, at, text) || o->nfindings == FINDINGS)
		return;
	if (o->nfindings == o->findings_room) {
		int room = o->findings_room ? 2 * o->findings_room : 32;

		f = reallocarray(o->findings, room, sizeof(*f));
		if (!f) {
			o->no_memory = true;
			return;
		}
		o->findings = f;
		o->findings_room = room;
	}
	f = &o->findings[o->nfindings++];
	*f = (struct lint_finding){ .rule = rule, .prog = prog, .at = at };
	memcpy(f->text, text, sizeof(f->text));
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
