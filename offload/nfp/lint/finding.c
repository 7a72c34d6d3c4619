// SPDX-License-Identifier: BSD-2-Clause
/*
 * finding.c - the rules, and the findings of an object
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"

#define FINDINGS 1024 /* more are too many to read */

const struct lint_rule_info lint_rules[LINT_NR_RULES] = {
#define RULE_INFO(id, name, refuses, instead) [RULE_##id] = { name, refuses, instead },
	LINT_RULES(RULE_INFO)
#undef RULE_INFO
};

static bool said(const struct lint_object *o, enum lint_rule rule, const struct lint_prog *prog,
		 struct lint_place at, const char *text)
{
	for (int i = 0; i < o->nfindings; i++) {
		const struct lint_finding *f = &o->findings[i];

		if (f->rule != rule || f->prog != prog || f->at.sec != at.sec ||
		    f->at.off != at.off)
			continue;
		/* One path may tell it in other numbers than the next. */
		if (at.sec >= 0 || !strcmp(f->text, text))
			return true;
	}
	return false;
}

void lint_finding(struct lint_object *o, enum lint_rule rule, const struct lint_prog *prog,
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
