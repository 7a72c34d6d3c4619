// SPDX-License-Identifier: BSD-2-Clause
/*
 * scalar_op.c - arithmetic on numbers of which something is known
 */
#include "scalar_impl.h"

static struct bits bits_mul(struct bits a, struct bits b)
{
	struct bits sum = { 0, 0 };
	__u64 known = a.value * b.value;

	while (a.value || a.unknown) {
		if (a.value & 1)
			sum = bits_add(sum, (struct bits){ 0, b.unknown });
		else if (a.unknown & 1)
			sum = bits_add(sum, (struct bits){ 0, b.value | b.unknown });
		a = (struct bits){ a.value >> 1, a.unknown >> 1 };
		b = (struct bits){ b.value << 1, b.unknown << 1 };
	}
	return bits_add((struct bits){ known, 0 }, sum);
}

/* [min, max] + [bmin, bmax], or everything where that overflows. */
#define ADD_RANGE(min, max, bmin, bmax, MIN, MAX)                                                  \
	do {                                                                                       \
		if ((int)__builtin_add_overflow(min, bmin, &(min)) |                               \
		    __builtin_add_overflow(max, bmax, &(max))) {                                   \
			(min) = MIN;                                                               \
			(max) = MAX;                                                               \
		}                                                                                  \
	} while (0)

#define SUB_RANGE(min, max, bmin, bmax, MIN, MAX)                                                  \
	do {                                                                                       \
		if ((int)__builtin_sub_overflow(min, bmax, &(min)) |                               \
		    __builtin_sub_overflow(max, bmin, &(max))) {                                   \
			(min) = MIN;                                                               \
			(max) = MAX;                                                               \
		}                                                                                  \
	} while (0)

static void add64(struct scalar *d, const struct scalar *s)
{
	ADD_RANGE(d->smin, d->smax, s->smin, s->smax, INT64_MIN, INT64_MAX);
	ADD_RANGE(d->umin, d->umax, s->umin, s->umax, 0, UINT64_MAX);
}

static void sub64(struct scalar *d, const struct scalar *s)
{
	SUB_RANGE(d->smin, d->smax, s->smin, s->smax, INT64_MIN, INT64_MAX);
	SUB_RANGE(d->umin, d->umax, s->umin, s->umax, 0, UINT64_MAX);
}

static void add(struct scalar *d, const struct scalar *s)
{
	ADD_RANGE(d->smin32, d->smax32, s->smin32, s->smax32, INT32_MIN, INT32_MAX);
	ADD_RANGE(d->umin32, d->umax32, s->umin32, s->umax32, 0, UINT32_MAX);
	add64(d, s);
	d->bits = bits_add(d->bits, s->bits);
}

static void sub(struct scalar *d, const struct scalar *s)
{
	SUB_RANGE(d->smin32, d->smax32, s->smin32, s->smax32, INT32_MIN, INT32_MAX);
	SUB_RANGE(d->umin32, d->umax32, s->umin32, s->umax32, 0, UINT32_MAX);
	sub64(d, s);
	d->bits = bits_sub(d->bits, s->bits);
}

/* Where neither is negative nor too large, the product's
 * signed range is the unsigned one if it fits. */
#define MUL_RANGE(d, s, smin, smax, umin, umax, HALF, SMIN, SMAX, forget)                         \
	do {                                                                                      \
		if ((s)->smin < 0 || (d)->smin < 0 || (s)->umax > (HALF) || (d)->umax > (HALF)) { \
			forget(d);                                                                \
			break;                                                                    \
		}                                                                                 \
		(d)->umin *= (s)->umin;                                                           \
		(d)->umax *= (s)->umax;                                                           \
		(d)->smin = (d)->umax > (SMAX) ? (SMIN) : (typeof((d)->smin))(d)->umin;           \
		(d)->smax = (d)->umax > (SMAX) ? (SMAX) : (typeof((d)->smax))(d)->umax;           \
	} while (0)

static void mul(struct scalar *d, const struct scalar *s)
{
	d->bits = bits_mul(d->bits, s->bits);
	MUL_RANGE(d, s, smin32, smax32, umin32, umax32, UINT16_MAX, INT32_MIN, INT32_MAX, forget32);
	MUL_RANGE(d, s, smin, smax, umin, umax, UINT32_MAX, INT64_MIN, INT64_MAX, forget64);
}

/* The signed ranges after a bitwise operation: the unsigned ones, if both were positive. */
static void signs_after(struct scalar *d, bool positive32, bool positive)
{
	d->smin32 = positive32 ? (__s32)d->umin32 : INT32_MIN;
	d->smax32 = positive32 ? (__s32)d->umax32 : INT32_MAX;
	d->smin = positive ? (__s64)d->umin : INT64_MIN;
	d->smax = positive ? (__s64)d->umax : INT64_MAX;
}

static void bitwise(struct scalar *d, const struct scalar *s, __u8 op)
{
	bool positive32 = d->smin32 >= 0 && s->smin32 >= 0, positive = d->smin >= 0 && s->smin >= 0;
	struct bits b = op == BPF_AND ? bits_and(d->bits, s->bits) :
			op == BPF_OR  ? bits_or(d->bits, s->bits) :
					bits_xor(d->bits, s->bits);

	d->bits = b;
	if (op == BPF_OR) {
		d->umin32 = most(d->umin32, s->umin32);
		d->umin = most(d->umin, s->umin);
	} else {
		d->umin32 = b.value;
		d->umin = b.value;
	}
	if (op == BPF_AND) {
		d->umax32 = least(d->umax32, s->umax32);
		d->umax = least(d->umax, s->umax);
	} else {
		d->umax32 = (__u32)b.value | (__u32)b.unknown;
		d->umax = b.value | b.unknown;
	}
	signs_after(d, positive32, positive);
	/* A known result leaves nothing to ranges that were wrong before (a branch never taken). */
	if (!(__u32)b.unknown) {
		d->smin32 = d->smax32 = (__s32)b.value;
		d->umin32 = d->umax32 = (__u32)b.value;
	}
	if (!b.unknown)
		*d = scalar_const(b.value);
	range_from_bits32(d);
	range_from_bits64(d);
}

static void left_low(struct scalar *d, unsigned int n)
{
	d->smin32 = INT32_MIN;
	d->smax32 = INT32_MAX;
	if (n > 31 || d->umax32 > 1ULL << (31 - n)) {
		d->umin32 = 0;
		d->umax32 = UINT32_MAX;
	} else {
		d->umin32 <<= n;
		d->umax32 <<= n;
	}
}

static void left(struct scalar *d, unsigned int n, bool is32)
{
	if (is32) {
		left_low(d, n);
		d->bits = bits_low32((struct bits){ bits_low32(d->bits).value << n,
						    bits_low32(d->bits).unknown << n });
		forget64(d);
		range_from_bits32(d);
		return;
	}
	/* By 32: the first half of extending a sign. */
	d->smax = n == 32 ? (__s64)((__u64)d->smax32 << 32) : INT64_MAX;
	d->smin = n == 32 ? (__s64)((__u64)d->smin32 << 32) : INT64_MIN;
	if (d->umax > 1ULL << (63 - n)) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	} else {
		d->umin <<= n;
		d->umax <<= n;
	}
	left_low(d, n);
	d->bits = (struct bits){ d->bits.value << n, d->bits.unknown << n };
	range_from_bits32(d);
	range_from_bits64(d);
}

static void right(struct scalar *d, unsigned int n, bool is32)
{
	if (is32) {
		d->smin32 = INT32_MIN;
		d->smax32 = INT32_MAX;
		d->bits = (struct bits){ bits_low32(d->bits).value >> n,
					 bits_low32(d->bits).unknown >> n };
		d->umin32 >>= n;
		d->umax32 >>= n;
		forget64(d);
		range_from_bits32(d);
		return;
	}
	d->smin = INT64_MIN;
	d->smax = INT64_MAX;
	d->bits = (struct bits){ d->bits.value >> n, d->bits.unknown >> n };
	d->umin >>= n;
	d->umax >>= n;
	forget32(d);
	range_from_bits32(d);
	range_from_bits64(d);
}

static void right_signed(struct scalar *d, unsigned int n, bool is32)
{
	if (is32) {
		d->smin32 >>= n;
		d->smax32 >>= n;
		d->bits = (struct bits){ (__u32)((__s32)d->bits.value >> n),
					 (__u32)((__s32)d->bits.unknown >> n) };
		d->umin32 = 0;
		d->umax32 = UINT32_MAX;
		forget64(d);
		range_from_bits32(d);
		return;
	}
	d->smin >>= n;
	d->smax >>= n;
	d->bits = (struct bits){ (__u64)((__s64)d->bits.value >> n),
				 (__u64)((__s64)d->bits.unknown >> n) };
	d->umin = 0;
	d->umax = UINT64_MAX;
	forget32(d);
	range_from_bits32(d);
	range_from_bits64(d);
}

/* Ranges that contradict each other come from a branch that is never taken. */
static bool sound(const struct scalar *s, bool is32, bool known)
{
	if (is32)
		return s->smin32 <= s->smax32 && s->umin32 <= s->umax32 &&
		       !(known && (s->smin32 != s->smax32 || s->umin32 != s->umax32));
	return s->smin <= s->smax && s->umin <= s->umax &&
	       !(known && (s->smin != s->smax || s->umin != s->umax));
}

static void shift(struct scalar *d, const struct scalar *s, __u8 op, bool is32)
{
	unsigned int n = is32 ? s->umin32 : s->umin;

	if (s->umax >= (is32 ? 32 : 64))
		*d = scalar_any();
	else if (op == BPF_LSH)
		left(d, n, is32);
	else if (op == BPF_RSH)
		right(d, n, is32);
	else
		right_signed(d, n, is32);
}

void scalar_op(struct scalar *d, struct scalar s, __u8 op, bool is32)
{
	bool known = is32 ? !(__u32)s.bits.unknown : !s.bits.unknown;

	if (!sound(&s, is32, known) ||
	    (!known && op != BPF_ADD && op != BPF_SUB && op != BPF_AND)) {
		*d = scalar_any(); /* all 64 bits, even after a 32-bit operation */
		return;
	}
	switch (op) {
	case BPF_ADD:
		add(d, &s);
		break;
	case BPF_SUB:
		sub(d, &s);
		break;
	case BPF_MUL:
		mul(d, &s);
		break;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		bitwise(d, &s, op);
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		shift(d, &s, op, is32);
		break;
	default:
		*d = scalar_any();
		break;
	}
	if (is32)
		clear_high32(d);
	settle(d);
}

void scalar_shift_pointer(struct scalar *ptr, const struct scalar *by, bool subtract)
{
	if (subtract) {
		sub64(ptr, by);
		ptr->bits = bits_sub(ptr->bits, by->bits);
	} else {
		add64(ptr, by);
		ptr->bits = bits_add(ptr->bits, by->bits);
	}
	forget32(ptr);
	settle(ptr);
}
