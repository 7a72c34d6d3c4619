// SPDX-License-Identifier: BSD-2-Clause
/*
 * state.c - registers and stack on one path
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

struct reg reg_number(struct scalar s)
{
	struct reg r;

	memset(&r, 0, sizeof(r));
	r.type = R_NUMBER;
	r.var = s;
	return r;
}

struct reg reg_spoilt(void)
{
	struct reg r = reg_number(scalar_any());

	r.type = R_SPOILT;
	return r;
}

struct frame *frame_new(__u32 start, __u32 callsite, int number)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->start = start;
	f->callsite = callsite;
	f->regs[FP] = reg_number(scalar_const(0));
	f->regs[FP].type = R_STACK;
	f->regs[FP].frame = number;
	return f;
}

static size_t frame_size(const struct frame *f)
{
	return offsetof(struct frame, slots) + f->nslots * sizeof(f->slots[0]);
}

size_t state_size(const struct state *s)
{
	size_t size = sizeof(*s);

	for (int i = 0; i <= s->cur; i++)
		size += sizeof(*s->frames[i]);
	return size;
}

struct state *state_copy(const struct state *s)
{
	struct state *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *s;
	memset(copy->frames, 0, sizeof(copy->frames));
	for (int i = 0; i <= s->cur; i++) {
		copy->frames[i] = calloc(1, sizeof(*copy->frames[i]));
		if (!copy->frames[i]) {
			state_free(copy);
			return NULL;
		}
		memcpy(copy->frames[i], s->frames[i], frame_size(s->frames[i]));
	}
	return copy;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	for (int i = 0; i < FRAMES; i++)
		free(s->frames[i]);
	free(s);
}

struct frame *cur_frame(struct walk *w)
{
	return w->state->frames[w->state->cur];
}

struct reg *reg_of(struct walk *w, int r)
{
	return &cur_frame(w)->regs[r];
}

void each_reg(struct state *s, void (*fn)(struct reg *r, void *arg), void *arg)
{
	for (int i = 0; i <= s->cur; i++) {
		struct frame *f = s->frames[i];

		for (int r = 0; r < REGS; r++)
			fn(&f->regs[r], arg);
		for (int n = 0; n < f->nslots; n++) {
			if (f->slots[n].kind[7] == SLOT_REG)
				fn(&f->slots[n].reg, arg);
		}
	}
}

static bool is_zero(const struct reg *r)
{
	return r->type == R_NUMBER && scalar_is_const(&r->var) && !r->var.bits.value;
}

static bool is_bounded(const struct reg *r)
{
	return r->type == R_NUMBER &&
	       (r->var.bits.unknown != ~0ULL || r->var.smin != INT64_MIN ||
		r->var.smax != INT64_MAX || r->var.umin || r->var.umax != ~0ULL);
}

static void touch(struct frame *f, int n)
{
	while (f->nslots <= n) {
		memset(&f->slots[f->nslots], 0, sizeof(f->slots[0]));
		f->nslots++;
	}
}

/* off is negative, within the stack; the access stays inside a slot or is of pieces of two. */
void stack_write(struct frame *f, int off, int size, const struct reg *value)
{
	int first = -off - 1, n = first / 8;
	struct slot *s;

	touch(f, n);
	s = &f->slots[n];
	if (off % 8 == 0 && ((is_bounded(value) && !is_zero(value)) ||
			     (size == 8 && value->type != R_NUMBER && value->type != R_NONE))) {
		s->reg = *value;
		for (int i = 0; i < 8; i++) {
			/* The bytes that a narrow store leaves
			 * alone are no more part of a number. */
			if (i < size)
				s->kind[i] = SLOT_REG;
			else if (s->kind[i] == SLOT_REG)
				s->kind[i] = SLOT_MISC;
		}
		if (size < 8 && value->var.umax >> (size * 8))
			s->reg.id = 0;
		s->reg.narrow = size < 8 ? size : 0;
		return;
	}
	for (int i = 0; i < 8; i++) {
		if (s->kind[i] == SLOT_REG)
			s->kind[i] = SLOT_MISC;
	}
	for (int i = 0; i < size; i++) {
		int at = off + i, slot = (-at - 1) / 8;

		touch(f, slot);
		f->slots[slot].kind[at & 7] = is_zero(value) ? SLOT_ZERO : SLOT_MISC;
	}
}

struct reg stack_read(const struct frame *f, int off, int size)
{
	int n = (-off - 1) / 8, zeros = 0;
	const struct slot *s = &f->slots[n];
	int kept;

	if (n >= f->nslots)
		return reg_number(scalar_any());
	kept = s->kind[0] != SLOT_REG ? 0 : s->reg.narrow ? (int)s->reg.narrow : 8;
	if (kept && off % 8 == 0 && size == kept) {
		struct reg r = s->reg;

		r.narrow = 0;
		return r;
	}
	if (s->kind[0] == SLOT_REG && s->reg.type == R_SPOILT)
		return reg_spoilt();
	for (int i = 0; i < size; i++)
		zeros += s->kind[(off + i) & 7] == SLOT_ZERO;
	return reg_number(zeros == size ? scalar_const(0) : scalar_any());
}
