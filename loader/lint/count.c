// SPDX-License-Identifier: BSD-2-Clause
/*
 * count.c - how many of the card's instructions a program becomes
 *
 * As the driver of Linux 6.1 makes them (drivers/net/ethernet/netronome/nfp/bpf/jit.c), counted
 * instead of made: registers have 32 bits there, a constant that does not fit an operand is loaded
 * first, by one instruction or two, and whoever reads memory or sets an address register waits.
 */
#include <stdlib.h>

#include "walk.h"

#define PROLOGUE 2      /* the packet's length */
#define EPILOGUE 13     /* the result becomes an action */
#define WINDOW 8        /* what the card fetches ahead */
#define SAVE_REGS 18    /* subroutines: 9 to push R6 to R9, 9 to pop them */

struct count {
	struct walk *w;
	__u32 depth; /* of the current function's stack, as a multiple of 4 */
	bool main;
};

/* --- constants ------------------------------------------------------------------------------------ */

static bool fits_16_bits(__u32 v)
{
	return !(v & 0xffff0000) || !(v & 0xff0000ff) || !(v & 0xffff);
}

static __u32 load_const(__u32 v)
{
	return fits_16_bits(v) || fits_16_bits(~v) ? 1 : 2;
}

/* An operand of 8 bits is part of the instruction; so is one of 5 or 8 bits of those that take less. */
static __u32 operand(__u32 v)
{
	return v <= 0xff ? 0 : load_const(v);
}

static __u32 short_operand(__u32 v)
{
	return v <= 0x7f ? 0 : load_const(v);
}

static __u32 zero_extend(const struct seen *s)
{
	return s->zero_extends;
}

/* --- arithmetic ------------------------------------------------------------------------------------- */

/* A bitwise operation with all bits or none is a constant, a negation or nothing. */
static __u32 half_with_const(__u8 op, __u32 v)
{
	if (op == BPF_AND && (!v || !~v))
		return !v;
	if ((op == BPF_OR || op == BPF_XOR) && (!v || !~v))
		return !!v;
	return operand(v) + 1;
}

static __u32 with_const(struct bpf_insn i, const struct seen *s, bool is32)
{
	__u8 op = BPF_OP(i.code);

	/* A small negative number is taken from as a small positive one. */
	if ((op == BPF_ADD || op == BPF_SUB) && i.imm < 0)
		i.imm = -(__u32)i.imm;
	if (is32)
		return half_with_const(op, i.imm) + zero_extend(s);
	if ((op == BPF_AND && i.imm == -1) || ((op == BPF_OR || op == BPF_XOR) && !i.imm))
		return 0;
	return half_with_const(op, i.imm) + half_with_const(op, i.imm < 0 ? ~0u : 0);
}

static __u32 shift_const(__u8 op, unsigned int n)
{
	if (!n)
		return 0;
	return op == BPF_ARSH && n != 32 ? 3 : 2;
}

static __u32 shift64(const struct bpf_insn *i, const struct seen *s)
{
	__u8 op = BPF_OP(i->code);

	if (BPF_SRC(i->code) == BPF_K)
		return shift_const(op, i->imm);
	if (s->umin_src == s->umax_src)
		return shift_const(op, s->umin_src & 0xff);
	if (s->umax_src < 32)
		return op == BPF_LSH ? 5 : 4;
	if (s->umin_src >= 32)
		return 3;
	return op == BPF_LSH ? 10 : 9;
}

static __u32 shift32(const struct bpf_insn *i, const struct seen *s)
{
	__u32 one = BPF_OP(i->code) == BPF_ARSH ? 2 : 1;

	if (BPF_SRC(i->code) == BPF_K)
		return (i->imm ? one : 0) + zero_extend(s);
	if (s->umin_src == s->umax_src)
		return ((s->umin_src & 0xff) ? one : 0) + zero_extend(s);
	return 2 + zero_extend(s);
}

static __u32 multiply(const struct bpf_insn *i, const struct seen *s)
{
	bool by_reg = BPF_SRC(i->code) == BPF_X;
	__u64 right = by_reg ? s->umax_src : (__u32)i->imm;
	__u32 before = by_reg ? 0 : operand(i->imm);

	return before + (s->umax_dst > UINT16_MAX || right > UINT16_MAX ? 7 : 4);
}

/* Division by a constant is a multiplication: the factor for l bits of n, and its shift. */
struct reciprocal {
	__u32 factor;
	unsigned int shift, exponent;
	bool wide; /* 33 bits */
};

static struct reciprocal reciprocal(__u32 d, unsigned int bits)
{
	unsigned int l = d > 1 ? 32 - __builtin_clz(d - 1) : 0, post = l;
	unsigned __int128 low, high;

	low = ((unsigned __int128)1 << (32 + l)) / d;
	high = (((unsigned __int128)1 << (32 + l)) + ((unsigned __int128)1 << (32 + l - bits))) / d;
	for (; post > 0; post--) {
		if (low >> 1 >= high >> 1)
			break;
		low >>= 1;
		high >>= 1;
	}
	return (struct reciprocal){ .factor = (__u32)high, .shift = post, .exponent = l,
				    .wide = high > UINT32_MAX };
}

static __u32 divide_by(__u64 d)
{
	struct reciprocal r;
	unsigned int exponent;
	__u32 before = 0;

	if (!d || d > UINT32_MAX)
		return 1;
	if (d > 1U << 31)
		return operand(d) + 3;
	r = reciprocal(d, 32);
	exponent = r.exponent;
	if (r.wide && !(d & 1)) {
		unsigned int zeros = __builtin_ctz(d);

		r = reciprocal(d >> zeros, 32 - zeros);
		before = 1;
	}
	if (d == 1ULL << exponent)
		return operand(r.factor) + 1;
	return operand(r.factor) + (r.wide ? 7 + 4 : before + 7 + 1);
}

static __u32 move(const struct count *c, const struct bpf_insn *i, bool is32)
{
	if (BPF_SRC(i->code) == BPF_K)
		return load_const(i->imm) + (is32 ? 1 : load_const(i->imm < 0 ? ~0u : 0));
	if (!is32 && i->src_reg == FP)
		return operand(c->depth) + 2;
	return 2;
}

static __u32 count_alu(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	bool is32 = BPF_CLASS(i->code) == BPF_ALU, by_reg = BPF_SRC(i->code) == BPF_X;

	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		return move(c, i, is32);
	case BPF_MUL:
		return multiply(i, s);
	case BPF_DIV:
		return divide_by(by_reg ? s->umin_src : (__u64)i->imm);
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return is32 ? shift32(i, s) : shift64(i, s);
	case BPF_NEG:
		return is32 ? 1 + zero_extend(s) : 2;
	case BPF_END:
		return i->imm == 64 ? 5 : 3;
	default:
		if (!by_reg)
			return with_const(*i, s, is32);
		return is32 ? 1 + zero_extend(s) : 2;
	}
}

/* --- memory ----------------------------------------------------------------------------------------- */

/* Words of the stack at off, of a register: each piece is moved by itself. */
static __u32 stack_pieces(__s32 off, int size, bool load, bool far, bool moving)
{
	__u32 n = 0, byte = 0, reg = 0, before = 255;
	bool first = true;

	while (size) {
		int slice = (4 - (off & 3)) < 4 - (int)byte ? 4 - (off & 3) : 4 - (int)byte;
		bool fresh, last, step, high;

		slice = slice < size ? slice : size;
		last = slice == size;
		fresh = reg != before;
		if (moving)
			off = off & 3;
		step = moving && fresh && !last;
		high = off / 4 > 7; /* such a word is copied to be taken apart */
		if (slice == 4) {
			n++;
		} else if (load) {
			n += 1 + (high && (first || !fresh)) + step;
		} else {
			n += 1 + (high && (first || last));
			if (fresh || last)
				n += high + step;
		}
		before = reg;
		first = false;
		byte += slice;
		if (byte >= 4) {
			byte -= 4;
			reg++;
		}
		size -= slice;
		off += slice;
	}
	return n;
}

static __u32 count_stack(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	int size = access_size(i->code);
	__s32 off = c->depth + i->off + s->ptr.off + (__s32)s->ptr.var.bits.value;
	bool load = is_load(i), narrow = load && size < 8, far = true, moving = false;
	__u32 n = 0;

	if (s->moves || s->caller_frame) {
		n = operand(i->off) + 1;
		moving = true;
	} else if (off + size <= 64) {
		far = false;
	} else if ((off & ~31) == ((off + size - 1) & ~31)) {
		n = operand(off & ~31) + 1;
		off &= 31;
	} else {
		n = operand(off & ~3) + 1;
		moving = true;
	}
	if (far)
		n += 1 + (narrow && s->zero_extends ? 2 : 3);
	if (narrow)
		n += zero_extend(s);
	return n + stack_pieces(off, size, load, far, moving);
}

static __u32 add_offset(__u32 off)
{
	return short_operand(off) + (off ? 2 : 0);
}

static __u32 move_words(int size)
{
	return size == 8 ? 2 : 1;
}

/* A copy: read all, write all, and leave in the register what the last load left there. */
static __u32 count_copy(const struct seen *s)
{
	__u32 len = abs(s->gather), words = (len + 3) / 4;
	__s32 to = s->copy_to;
	__u32 n = s->ptr.type == R_VALUE ? add_offset(s->copy_from) : short_operand(s->copy_from);

	n += (len > 32) + 1 + words + short_operand(to);
	if (len <= 8 || (len <= 32 && len % 4 == 0))
		n += 1;
	else if (len <= 32 || len % 4 == 0)
		n += 2;
	else if (len <= 40)
		n += 2 + short_operand(to + 32);
	else
		n += 3 + short_operand((__u8)(to + (words - 1) * 4));
	return n + 2; /* both halves */
}

static __u32 fill_cache(const struct seen *s)
{
	return short_operand(s->cache_start) + (s->cache_end - s->cache_start > 32) + 1;
}

static __u32 from_cache(const struct bpf_insn *i, const struct seen *s, int size)
{
	int off = (i->off - s->cache_start) & 3;

	if (!off)
		return size == 8 ? 2 : 1 + zero_extend(s);
	if (size == 8)
		return 4;
	return (size > 4 - off ? 2 : 1) + zero_extend(s);
}

static __u32 count_load(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	int size = access_size(i->code);
	__u32 zext = size < 8 ? zero_extend(s) : 0;

	if (s->gather)
		return count_copy(s);
	switch (s->ptr.type) {
	case R_CTX:
		return 2;
	case R_STACK:
		return count_stack(c, i, s);
	case R_VALUE:
		return add_offset(i->off) + 1 + move_words(size) + zext;
	default:
		if (s->cache_end)
			return (s->cache_fill ? fill_cache(s) : 0) + from_cache(i, s, size);
		return short_operand(i->off) + 1 + move_words(size) + zext;
	}
}

static __u32 count_store(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	switch (s->ptr.type) {
	case R_CTX:
		return 5;
	case R_STACK:
		return count_stack(c, i, s);
	default:
		return short_operand(i->off) + move_words(access_size(i->code)) + 1;
	}
}

/* An addition of at most 16 bits is part of the command; what may be more has code for both. */
static __u32 count_atomic(const struct bpf_insn *i, const struct seen *s)
{
	__u32 n = operand(i->off) + (i->off ? 2 : 0);

	if (s->add_small)
		n += 3;
	if (s->add_large)
		n += BPF_SIZE(i->code) == BPF_DW ? 3 : 2;
	if (s->add_small && s->add_large)
		n += 5;
	return n;
}

/* --- jumps and calls ---------------------------------------------------------------------------- */

static __u32 compare_const(const struct bpf_insn *i, bool is32)
{
	__s64 imm = i->imm;
	__u8 op = BPF_OP(i->code);

	if (imm < 0 && (op == BPF_JGE || op == BPF_JSGE || op == BPF_JLT || op == BPF_JSLT))
		imm = (__s32)-(__u32)i->imm;
	return operand(imm) + (is32 ? 0 : operand((__u64)imm >> 32) + 1) + 2;
}

static __u32 branch_const(const struct bpf_insn *i, bool is32)
{
	__u32 low = i->imm, high = i->imm < 0 ? ~0u : 0;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		if (is32)
			return operand(low) + 2;
		return (low ? operand(low) + 1 : 0) + (high ? operand(high) + 1 : 0) + 2;
	case BPF_JNE:
		if (!low)
			return 2;
		return operand(low) + 2 + (is32 ? 0 : operand(high) + 2);
	case BPF_JSET:
		return operand(low) + 2 + (!is32 && high);
	default:
		return compare_const(i, is32);
	}
}

static __u32 count_branch(const struct bpf_insn *i)
{
	bool is32 = BPF_CLASS(i->code) == BPF_JMP32;

	if (BPF_SRC(i->code) == BPF_K)
		return branch_const(i, is32);
	if (is32)
		return 2;
	return BPF_OP(i->code) == BPF_JNE || BPF_OP(i->code) == BPF_JSET || BPF_OP(i->code) == BPF_JEQ ? 4 : 3;
}

static __u32 count_helper(const struct count *c, __u32 at, const struct seen *s)
{
	switch (c->w->insns[at].insn.imm) {
	case BPF_FUNC_map_lookup_elem:
		/* A key that is not at the start of the stack costs setting an address register, twice. */
		return 3 + (s->key_moves || (__s64)c->depth + s->key_off ? 5 : 0);
	case BPF_FUNC_get_prandom_u32:
		return 3;
	case BPF_FUNC_xdp_adjust_head:
		return c->w->adjust_head == (int)at ? 5 : 16;
	case BPF_FUNC_xdp_adjust_tail:
		return 11;
	default:
		return 3; /* perf_event_output */
	}
}

static bool saves_regs(const struct walk *w, __u32 start)
{
	for (__u32 i = start; i < w->n && (i == start || !w->seen[i].func_start); i++) {
		if (w->insns[i].insn.dst_reg >= BPF_REG_6 && w->insns[i].insn.dst_reg <= BPF_REG_9)
			return true;
	}
	return false;
}

static __u32 count_call(const struct count *c, __u32 at)
{
	__u32 frame = (c->depth + 63) & ~63u;
	__u32 n = saves_regs(c->w, at + 1 + c->w->insns[at].insn.imm) ? 3 : 2;

	return frame ? n + 2 * operand(frame) + 2 + 5 : n;
}

static __u32 count_jump(const struct count *c, __u32 at, const struct seen *s)
{
	const struct bpf_insn *i = &c->w->insns[at].insn;

	if (is_func_call(i))
		return count_call(c, at);
	if (is_call(i))
		return count_helper(c, at, s);
	if (is_exit(i))
		return c->main ? 1 : 2;
	return is_branch(i) ? count_branch(i) : 1;
}

/* --- the program --------------------------------------------------------------------------------- */

/* A jump that goes nowhere once what is never reached was taken out. */
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
	/* The driver takes a program that starts by saving its argument for one made of classic BPF. */
	for (__u32 i = 0; i < w->n; i++) {
		const struct bpf_insn *insn = &w->insns[i].insn;

		if (insn->code == (BPF_ALU64 | BPF_XOR | BPF_X) && insn->src_reg == insn->dst_reg)
			continue;
		if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == 1 && insn->dst_reg == 6)
			w->seen[i].skip = true;
		if (!w->seen[i].skip)
			return;
	}
}

static __u32 count_wide(const struct walk *w, __u32 at)
{
	__u32 low = w->insns[at].insn.imm, high = w->insns[at + 1].insn.imm;

	/* A map's number is small. */
	if (w->insns[at].ref == REF_MAP)
		return 2;
	return load_const(low) + (low == high ? 1 : load_const(high));
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
