// SPDX-License-Identifier: BSD-2-Clause
/*
 * scalar_test.c - comparisons of numbers of which something is known, and what is learned from them
 */
#include "scalar_impl.h"

__u8 scalar_flip(__u8 op)
{
	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
	case BPF_JSET:
		return op;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSLE:
		return BPF_JSGE;
	case BPF_JSLT:
		return BPF_JSGT;
	default:
		return 0;
	}
}

static int order(bool always, bool never)
{
	return always ? 1 : never ? 0 : -1;
}

int scalar_test(const struct scalar *s, __u64 value, __u8 op, bool is32)
{
	struct bits b = is32 ? bits_low32(s->bits) : s->bits;
	__u64 v = is32 ? (__u32)value : value;
	__s64 sv = is32 ? (__s32)value : (__s64)value;
	__u64 umin = is32 ? s->umin32 : s->umin, umax = is32 ? s->umax32 : s->umax;
	__s64 smin = is32 ? s->smin32 : s->smin, smax = is32 ? s->smax32 : s->smax;

	switch (op) {
	case BPF_JEQ:
		return b.unknown ? -1 : b.value == v;
	case BPF_JNE:
		return b.unknown ? -1 : b.value != v;
	case BPF_JSET:
		return order(b.value & v, !((b.value | b.unknown) & v));
	case BPF_JGT:
		return order(umin > v, umax <= v);
	case BPF_JGE:
		return order(umin >= v, umax < v);
	case BPF_JLT:
		return order(umax < v, umin >= v);
	case BPF_JLE:
		return order(umax <= v, umin > v);
	case BPF_JSGT:
		return order(smin > sv, smax <= sv);
	case BPF_JSGE:
		return order(smin >= sv, smax < sv);
	case BPF_JSLT:
		return order(smax < sv, smin >= sv);
	case BPF_JSLE:
		return order(smax <= sv, smin > sv);
	default:
		return -1;
	}
}

/* s is the value, of which the other bits and ranges may say more. */
static void learn_value(struct scalar *s, __u64 value, bool is32)
{
	if (!is32) {
		*s = scalar_const(value);
		return;
	}
	s->bits = bits_or(bits_high32(s->bits), (struct bits){ (__u32)value, 0 });
	s->smin32 = s->smax32 = (__s32)value;
	s->umin32 = s->umax32 = (__u32)value;
}

static bool one_bit(__u64 v)
{
	return v && !(v & (v - 1));
}

static void learn_set(struct scalar *yes, struct scalar *no, __u64 value, bool is32)
{
	struct bits lows = is32 ? bits_low32(no->bits) : no->bits;
	__u64 v = is32 ? (__u32)value : value;

	lows = bits_and(lows, (struct bits){ ~v, 0 });
	forget64(no);
	forget32(no);
	no->bits = is32 ? bits_or(bits_high32(no->bits), bits_low32(lows)) : lows;
	if (one_bit(v))
		yes->bits = bits_or(yes->bits, (struct bits){ v, 0 });
}

/* above: s is at least bound + 1 where the test holds, and at most bound where it does not. */
static void learn_unsigned(struct scalar *above, struct scalar *below, __u64 min, __u64 max,
			   bool is32)
{
	if (is32) {
		above->umin32 = most(above->umin32, (__u32)min);
		below->umax32 = least(below->umax32, (__u32)max);
	} else {
		above->umin = most(above->umin, min);
		below->umax = least(below->umax, max);
	}
}

static void learn_signed(struct scalar *above, struct scalar *below, __u64 min, __u64 max,
			 bool is32)
{
	if (is32) {
		above->smin32 = most(above->smin32, (__s32)min);
		below->smax32 = least(below->smax32, (__s32)max);
	} else {
		above->smin = most(above->smin, (__s64)min);
		below->smax = least(below->smax, (__s64)max);
	}
}

/* Comparisons by size: what the branch learns that is taken ("other": the one that is not) is "at
 * least value", or more than value. */
static const struct order {
	__u8 op;
	bool is_signed, other, more;
} orders[] = {
	{ BPF_JGE, false, false, false }, { BPF_JGT, false, false, true },
	{ BPF_JLT, false, true, false },  { BPF_JLE, false, true, true },
	{ BPF_JSGE, true, false, false }, { BPF_JSGT, true, false, true },
	{ BPF_JSLT, true, true, false },  { BPF_JSLE, true, true, true },
};

/* False: it is no such comparison. */
static bool learn_order(struct scalar *yes, struct scalar *no, __u64 value, __u8 op, bool is32)
{
	for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct order *o = &orders[i];
		struct scalar *above = o->other ? no : yes, *below = o->other ? yes : no;
		__u64 bound = value + o->more;

		if (o->op != op)
			continue;
		if (o->is_signed)
			learn_signed(above, below, bound, bound - 1, is32);
		else
			learn_unsigned(above, below, bound, bound - 1, is32);
		return true;
	}
	return false;
}

void scalar_learn(struct scalar *yes, struct scalar *no, __u64 value, __u8 op, bool is32)
{
	switch (op) {
	case BPF_JEQ:
		learn_value(yes, value, is32);
		break;
	case BPF_JNE:
		learn_value(no, value, is32);
		break;
	case BPF_JSET:
		learn_set(yes, no, value, is32);
		break;
	default:
		if (!learn_order(yes, no, value, op, is32))
			return;
	}
	if (is32) {
		low_to_all(yes);
		low_to_all(no);
	} else {
		all_to_low(yes);
		all_to_low(no);
	}
}
