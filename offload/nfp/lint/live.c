// SPDX-License-Identifier: BSD-2-Clause
/*
 * live.c - which registers and slots of the states that
 * were kept matter, and of which numbers the range
 *
 * As the kernel finds out: a register that is read before it is written was needed in the state
 * kept last, and so on before that one. A number's range mattered if it decided a branch or was
 * added to a pointer: then the ranges mattered that it was computed from.
 */
#include "walk.h"

static __u64 bit(int n)
{
	return 1ULL << n;
}

/* The same call's frame in a state that was kept; NULL: the call came later. */
static struct frame *frame_in(struct saved *s, const struct frame *f, int number)
{
	struct frame *kept = s && number <= s->state.cur ? s->state.frames[number] : NULL;

	return kept && kept->start == f->start && kept->callsite == f->callsite ? kept : NULL;
}

static void read_by(struct walk *w, int number, __u16 regs, __u64 slots)
{
	const struct frame *f = w->state->frames[number];
	struct saved *s = w->state->parent;
	struct frame *kept;

	for (; (kept = frame_in(s, f, number)); s = s->parent, f = kept) {
		regs &= ~f->wrote;
		slots &= ~f->wrote_slots;
		if (!(regs & ~kept->read) && !(slots & ~kept->read_slots))
			return;
		kept->read |= regs;
		kept->read_slots |= slots;
	}
}

void live_read(struct walk *w, int r)
{
	if (r != FP)
		read_by(w, w->state->cur, bit(r), 0);
}

void live_read_stack(struct walk *w, int number, int off, int size)
{
	for (int at = off & ~7; at < off + size; at += 8)
		read_by(w, number, 0, bit((-at - 1) / 8));
}

/* A part of a slot that is written does not hide what was there. */
void live_write_stack(struct walk *w, int number, int off, int size)
{
	if (size == 8 && off % 8 == 0)
		w->state->frames[number]->wrote_slots |= bit((-off - 1) / 8);
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void join(struct from *all, const struct from *more)
{
	all->regs |= more->regs;
	all->slots |= more->slots;
}

/* Marks numbers of a kept state; returns what those were computed from that were not marked yet. */
static struct from mark_exact(struct frame *f, struct from of)
{
	struct from before = { 0, 0 };

	for (int r = 0; r < FP; r++) {
		if (!(of.regs & ~f->exact & bit(r)) || f->regs[r].type != R_NUMBER)
			continue;
		f->exact |= bit(r);
		join(&before, &f->from[r]);
	}
	for (int n = 0; n < f->nslots; n++) {
		if (!(of.slots & ~f->exact_slots & bit(n)) || f->slots[n].kind[0] != SLOT_REG ||
		    f->slots[n].reg.type != R_NUMBER)
			continue;
		f->exact_slots |= bit(n);
		join(&before, &f->slot_from[n]);
	}
	return before;
}

static void exact(struct walk *w, struct from of)
{
	const struct frame *f = cur_frame(w);
	struct saved *s = w->state->parent;
	struct frame *kept;

	for (; (of.regs || of.slots) && (kept = frame_in(s, f, w->state->cur)); s = s->parent) {
		of = mark_exact(kept, of);
		f = kept;
	}
}

void live_exact(struct walk *w, int r)
{
	if (reg_of(w, r)->type == R_NUMBER)
		exact(w, cur_frame(w)->from[r]);
}

/* The way on from such a state is known; so the values that mattered there matter here. */
void live_as(struct walk *w, const struct saved *s)
{
	for (int i = 0; i <= s->state.cur; i++)
		read_by(w, i, s->state.frames[i]->read, s->state.frames[i]->read_slots);
	for (int r = 0; r < FP; r++) {
		if (s->state.frames[s->state.cur]->exact & bit(r))
			live_exact(w, r);
	}
	for (int n = 0; n < SLOTS; n++) {
		if (s->state.frames[s->state.cur]->exact_slots & bit(n))
			exact(w, cur_frame(w)->slot_from[n]);
	}
}

/* The state was kept: from here on, all comes from it.
 * Through calls the kernel follows no number: all matter. */
void live_begin(struct walk *w, struct saved *kept)
{
	for (int i = 0; i <= w->state->cur; i++) {
		struct frame *f = w->state->frames[i], *old = kept->state.frames[i];

		old->exact = w->calls ? ~0 : 0;
		old->exact_slots = w->calls ? ~0ULL : 0;
		f->wrote = 0;
		f->wrote_slots = 0;
		for (int r = 0; r < REGS; r++)
			f->from[r] = (struct from){ r < FP ? bit(r) : 0, 0 };
		for (int n = 0; n < SLOTS; n++)
			f->slot_from[n] = (struct from){ 0, bit(n) };
	}
}

/* --- instructions ----------------------------------------------------------------------------- */

static void alu(struct frame *f, const struct bpf_insn *i)
{
	struct from *dst = &f->from[i->dst_reg];
	bool by_reg = BPF_SRC(i->code) == BPF_X && BPF_OP(i->code) != BPF_END;

	if (BPF_OP(i->code) == BPF_MOV)
		*dst = by_reg ? f->from[i->src_reg] : (struct from){ 0, 0 };
	else if (by_reg)
		join(dst, &f->from[i->src_reg]);
	f->wrote |= bit(i->dst_reg);
}

static void load(struct frame *f, const struct bpf_insn *i)
{
	bool fill = is_load(i) && i->src_reg == FP && i->off < 0 && i->off >= -8 * SLOTS;

	f->from[i->dst_reg] = fill ? f->slot_from[(-i->off - 1) / 8] : (struct from){ 0, 0 };
	f->wrote |= bit(i->dst_reg);
}

static void store(struct frame *f, const struct bpf_insn *i)
{
	if (i->dst_reg == FP && i->off < 0 && i->off >= -8 * SLOTS)
		f->slot_from[(-i->off - 1) / 8] = is_store(i) ? f->from[i->src_reg]
							      : (struct from){ 0, 0 };
}

/* Behind an instruction: f is the frame that it ran in. */
void live_pass(struct frame *f, const struct bpf_insn *i)
{
	if (is_alu(i)) {
		alu(f, i);
	} else if (is_load(i) || BPF_CLASS(i->code) == BPF_LD) {
		load(f, i);
	} else if (is_store(i) || BPF_CLASS(i->code) == BPF_ST) {
		store(f, i);
	} else if (is_call(i)) {
		for (int r = BPF_REG_0; r <= BPF_REG_5; r++)
			f->from[r] = (struct from){ 0, 0 };
		f->wrote |= 0x3f;
	}
}
