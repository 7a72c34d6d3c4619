// SPDX-License-Identifier: BSD-2-Clause
/*
 * walk.c - one program: every path from its start to its ends, then its size and its stack
 */
#include <stdlib.h>

#include "walk.h"

#define STEPS 1000000   /* what the kernel takes, too */
#define LONGEST 8192    /* instructions: far beyond what becomes a program of the card's */

/* An instruction that the card has not; what it would have computed is not asked about. */
static enum step unsupported(struct walk *w, const struct bpf_insn *insn)
{
	__u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (is_alu(insn) && op == BPF_MOD)
		complain(w, RULE_MODULO, "a remainder");
	else if (is_alu(insn) && op == BPF_END)
		complain(w, RULE_BYTE_SWAP, "a byte swap to little endian, or without condition");
	else if (class == BPF_LD)
		complain(w, RULE_BAD_INSN, "an old packet access (%#x), which XDP has not",
			 insn->code);
	else
		complain(w, RULE_OPCODE, "instruction %#x", insn->code);
	if (is_alu(insn) || class == BPF_LDX) {
		*reg_of(w, insn->dst_reg) = reg_spoilt();
		return STEP_NEXT;
	}
	return STEP_END;
}

static bool supported_alu(const struct bpf_insn *insn)
{
	__u8 op = BPF_OP(insn->code);

	if (op == BPF_END)
		return insn->code == (BPF_ALU | BPF_END | BPF_TO_BE);
	if (op == BPF_NEG)
		return BPF_SRC(insn->code) == BPF_K;
	return op <= BPF_ARSH && op != BPF_MOD;
}

static enum step do_jump(struct walk *w, const struct lint_insn *at)
{
	const struct bpf_insn *insn = &at->insn;

	if (is_call(insn))
		return do_call(w, at);
	if (is_exit(insn))
		return do_exit(w);
	if (insn->code == (BPF_JMP | BPF_JA)) {
		w->state->at += 1 + insn->off;
		return STEP_JUMP;
	}
	if (BPF_OP(insn->code) == BPF_JA || BPF_OP(insn->code) == BPF_CALL ||
	    BPF_OP(insn->code) == BPF_EXIT || BPF_OP(insn->code) > BPF_JSLE)
		return unsupported(w, insn);
	return do_branch(w, insn);
}

static enum step do_insn(struct walk *w)
{
	const struct lint_insn *at = &w->insns[w->state->at];
	const struct bpf_insn *insn = &at->insn;

	if (!well_formed(w, insn))
		return STEP_END;
	if (is_alu(insn))
		return supported_alu(insn) ? do_alu(w, insn) : unsupported(w, insn);
	if (is_jump(insn))
		return do_jump(w, at);
	if (is_load(insn))
		return do_load(w, insn);
	if (is_store(insn) || (insn->code & ~0x18) == (BPF_ST | BPF_MEM))
		return do_store(w, insn);
	if (is_atomic(insn) && access_size(insn->code) >= 4)
		return do_atomic(w, insn);
	if (is_wide(insn))
		return do_wide(w, at);
	return unsupported(w, insn);
}

static void follow_path(struct walk *w)
{
	enum step step = STEP_NEXT;
	int frame;

	while (step != STEP_END && !w->stopped) {
		const struct bpf_insn *insn = &w->insns[w->state->at].insn;
		struct seen *seen = &w->seen[w->state->at];

		if (++w->steps > STEPS) {
			complain(w, RULE_UNBOUNDED,
				 "not done after %d instructions, where the kernel gives up",
				 STEPS);
			w->stopped = true;
			return;
		}
		if (++w->o->nsteps > LINT_ALL_STEPS) {
			w->stopped = w->o->too_much = true;
			return;
		}
		if (seen->meeting && known_state(w))
			return;
		w->jumps += is_jump(insn);
		seen->reached = true;
		if (is_wide(insn))
			seen[1].reached = true;
		frame = w->state->cur;
		step = do_insn(w);
		if (step != STEP_END && frame <= w->state->cur)
			live_pass(w->state->frames[frame], insn);
		if (step == STEP_NEXT)
			w->state->at += is_wide(insn) ? 2 : 1;
	}
}

static void follow_all(struct walk *w)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s)
		s->frames[0] = frame_new(0, 0, 0);
	if (!s || !s->frames[0]) {
		free(s);
		w->stopped = true;
		return;
	}
	s->frames[0]->regs[BPF_REG_1] = reg_number(scalar_const(0));
	s->frames[0]->regs[BPF_REG_1].type = R_CTX;
	w->state = s;
	while (w->state) {
		follow_path(w);
		path_ends(w, w->state->parent);
		state_free(w->state);
		w->state = w->npending && !w->stopped ? w->pending[--w->npending] : NULL;
	}
}

/* --- the stack: frames of callers and callees together ---------------------------------------- */

/* A function's own frame on the card: its locals, and for a
 * callee its return address and R6 to R9. */
static __u32 own_stack(const struct walk *w, __u32 start)
{
	return w->stack_depth[start] + (start ? 4 + (saves_regs(w, start) ? 32 : 0) : 0);
}

static __u32 stack_with_callees(const struct walk *w, __u32 start, __u32 *known, int depth)
{
	__u32 most = 0, own = (own_stack(w, start) + 63) & ~63u;

	if (depth == FRAMES)
		return 0; /* said already: calls nest too deep */
	for (__u32 i = start; i < w->n && (i == start || !w->seen[i].func_start); i++) {
		const struct lint_insn *at = &w->insns[i];
		__u32 callee = i + 1 + at->insn.imm;

		if (!is_func_call(&at->insn) || at->ref != REF_FUNC)
			continue;
		if (!known[callee])
			known[callee] = stack_with_callees(w, callee, known, depth + 1);
		most = known[callee] > most ? known[callee] : most;
	}
	return own + most;
}

static void check_stack(struct walk *w)
{
	__u32 *known = calloc(w->n, sizeof(*known));

	if (!known)
		return;
	w->p->stack = stack_with_callees(w, 0, known, 0);
	free(known);
	if (w->p->stack > NFP_STACK)
		lint_finding(w->o, RULE_STACK_SIZE, w->p, w->insns[0].at,
			     "program '%s' has %u bytes of stack", w->p->name, w->p->stack);
}

static void conclude_prog(struct walk *w)
{
	struct lint_prog *p = w->p;

	check_stack(w);
	flow_zero_extends(w);
	p->estimate = count_insns(w);
	if (p->estimate > NFP_MAX_INSNS)
		lint_finding(w->o, RULE_TOO_LONG, p, p->insns[0].at,
			     "program '%s' becomes some %u instructions of the card's", p->name,
			     p->estimate);
	if (p->packet_end > NFP_PACKET)
		lint_finding(w->o, RULE_PACKET_DEPTH, p, p->insns[0].at,
			     "program '%s' may look at byte %u of a packet", p->name,
			     p->packet_end);
}

static bool walk_alloc(struct walk *w)
{
	w->seen = calloc(w->n, sizeof(*w->seen));
	w->wide = calloc(w->n, sizeof(*w->wide));
	w->saved = calloc(w->n, sizeof(*w->saved));
	w->stack_depth = calloc(w->n, sizeof(*w->stack_depth));
	w->owner = calloc(w->n, sizeof(*w->owner));
	if (!w->seen || !w->wide || !w->saved || !w->stack_depth || !w->owner)
		return false;
	for (__u32 i = 0; i < w->n; i++) {
		w->seen[i].umin_src = ~0ULL;
		w->seen[i].umin_dst = ~0ULL;
	}
	return true;
}

static void saved_free(struct saved *s)
{
	for (struct saved *next; s; s = next) {
		next = s->next;
		for (int f = 0; f < FRAMES; f++)
			free(s->state.frames[f]);
		free(s);
	}
}

static void walk_free(struct walk *w)
{
	for (__u32 i = 0; w->saved && i < w->n; i++)
		saved_free(w->saved[i]);
	saved_free(w->dropped);
	while (w->npending)
		state_free(w->pending[--w->npending]);
	free(w->pending);
	free(w->seen);
	free(w->wide);
	free(w->saved);
	free(w->stack_depth);
	free(w->owner);
}

void prog_check(struct lint_object *o, struct lint_prog *p)
{
	struct walk w = { .o = o, .p = p, .insns = p->insns, .n = p->ninsns, .adjust_head = -2 };

	if (o->too_much)
		return;
	if (p->ninsns > LONGEST) {
		lint_finding(o, RULE_TOO_LONG, p, p->insns[0].at,
			     "program '%s' has %u instructions, before the "
			     "card's are made of them",
			     p->name, p->ninsns);
		return;
	}
	if (!walk_alloc(&w)) {
		o->no_memory = true;
	} else if (flow_check(&w)) {
		follow_all(&w);
		if (w.stopped)
			o->no_memory |= w.steps <= STEPS && w.npending < PENDING && !o->too_much;
		else
			conclude_prog(&w);
	}
	walk_free(&w);
}
