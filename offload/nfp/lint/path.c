// SPDX-License-Identifier: BSD-2-Clause
/*
 * path.c - the path that is followed: findings on it, branches off it, registers that its code uses
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "walk.h"

void complain(struct walk *w, enum lint_rule rule, const char *fmt, ...)
{
	char text[192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	lint_finding(w->o, rule, w->p, w->insns[w->state->at].at, "%s", text);
}

bool written(struct walk *w, int r)
{
	live_read(w, r);
	if (reg_of(w, r)->type != R_NONE)
		return true;
	complain(w, RULE_UNINIT, "register %d may have no value here", r);
	return false;
}

bool push_path(struct walk *w, struct state *s)
{
	struct state **room;

	if (w->npending == w->pending_room) {
		room = reallocarray(w->pending, w->npending + 64, sizeof(*room));
		if (!room || w->npending >= PENDING) {
			free(room ? NULL : room);
			if (room)
				w->pending = room;
			if (room)
				complain(w, RULE_UNBOUNDED,
					 "more than %d branches wait to be followed", PENDING);
			w->stopped = true;
			state_free(s);
			return false;
		}
		w->pending = room;
		w->pending_room = w->npending + 64;
	}
	w->pending[w->npending++] = s;
	if (s->parent)
		s->parent->running++;
	return true;
}

bool saves_regs(const struct walk *w, __u32 start)
{
	for (__u32 i = start; i < w->n && (i == start || !w->seen[i].func_start); i++) {
		if (w->insns[i].insn.dst_reg >= BPF_REG_6 && w->insns[i].insn.dst_reg <= BPF_REG_9)
			return true;
	}
	return false;
}
