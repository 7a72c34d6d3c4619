// SPDX-License-Identifier: BSD-2-Clause
/*
 * count.c - how many of the card's instructions a program becomes
 *
 * As the driver of Linux 6.1 makes them (drivers/net/ethernet/netronome/nfp/bpf/jit.c), counted
 * instead of made: registers have 32 bits there, a constant that does not fit an operand is loaded
 * first, by one instruction or two, and instructions that
 * read memory or set an address register wait.
 */
#include "count.h"

#define PROLOGUE 2      /* the packet's length */
#define EPILOGUE 13     /* the result becomes an action */
#define WINDOW 8        /* what the card fetches ahead */
#define SAVE_REGS 18    /* subroutines: 9 to push R6 to R9, 9 to pop them */

/* A jump to the next instruction, once unreachable code was removed. */
static bool jumps_nowhere(const struct walk *w, __u32 i)
{
	const struct bpf_insn *insn = &w->insns[i].insn;
	__s64 target = (__s64)i + 1 + insn->off, next = i + 1;

	if (is_branch(insn) && !w->seen[target].reached)
		return true;
	if (is_branch(insn) && w->seen[next].reached)
		return false;
	while (next < target && !w->seen[next].reached)
		next++;
	return next == target;
}

static void skip_dead(struct walk *w)
{
	for (__u32 i = 0; i < w->n; i++) {
		const struct bpf_insn *insn = &w->insns[i].insn;
		bool jumps = is_branch(insn) || insn->code == (BPF_JMP | BPF_JA);

		w->seen[i].skip = !w->seen[i].reached || (jumps && jumps_nowhere(w, i));
	}
	/* The driver takes a program that starts by saving
	 * its argument for one made of classic BPF. */
	for (__u32 i = 0; i < w->n; i++) {
		const struct bpf_insn *insn = &w->insns[i].insn;

		if (insn->code == (BPF_ALU64 | BPF_XOR | BPF_X) && insn->src_reg == insn->dst_reg)
			continue;
		if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == 1 &&
		    insn->dst_reg == 6)
			w->seen[i].skip = true;
		if (!w->seen[i].skip)
			return;
	}
}

static __u32 count_insn(const struct count *c, __u32 at)
{
	const struct bpf_insn *i = &c->w->insns[at].insn;
	const struct seen *s = &c->w->seen[at];

	if (is_alu(i))
		return count_alu(c, i, s);
	if (is_jump(i))
		return count_jump(c, at, s);
	if (is_load(i))
		return count_load(c, i, s);
	if (is_store(i))
		return count_store(c, i, s);
	if (is_atomic(i))
		return count_atomic(i, s);
	return is_wide(i) ? count_wide(c->w, at) : 2;
}

__u32 count_insns(struct walk *w)
{
	struct count c = { .w = w, .depth = (w->stack_depth[0] + 3) & ~3u, .main = true };
	__u32 n = PROLOGUE + EPILOGUE + WINDOW;
	bool saves = false;

	skip_dead(w);
	gather_copies(w);
	cache_packet(w);
	for (__u32 i = 0; i < w->n; i++) {
		if (w->seen[i].func_start) {
			bool pushes = saves_regs(w, i);

			saves |= pushes;
			c.main = false;
			c.depth = (w->stack_depth[i] + 4 + (pushes ? 32 : 0) + 3) & ~3u;
			n++; /* the return address */
		}
		if (!w->seen[i].skip && !(i && is_wide(&w->insns[i - 1].insn)))
			n += count_insn(&c, i);
	}
	return n + (saves ? SAVE_REGS : 0);
}
