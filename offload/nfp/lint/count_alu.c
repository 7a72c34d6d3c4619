// SPDX-License-Identifier: BSD-2-Clause
/*
 * count_alu.c - how many of the card's instructions arithmetic and constants become
 */
#include "count.h"

static bool fits_16_bits(__u32 v)
{
	return !(v & 0xffff0000) || !(v & 0xff0000ff) || !(v & 0xffff);
}

__u32 load_const(__u32 v)
{
	return fits_16_bits(v) || fits_16_bits(~v) ? 1 : 2;
}

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

__u32 count_alu(const struct count *c, const struct bpf_insn *i, const struct seen *s)
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

__u32 count_wide(const struct walk *w, __u32 at)
{
	__u32 low = w->insns[at].insn.imm, high = w->insns[at + 1].insn.imm;

	/* A map's number is small. */
	if (w->insns[at].ref == REF_MAP)
		return 2;
	return load_const(low) + (low == high ? 1 : load_const(high));
}
